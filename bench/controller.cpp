// SPDX-License-Identifier: Apache-2.0
// Times what slurmctld does with a plan, on a warm machine and this thread's processor time.
//
//   bench_controller NAME PLAN.json [NODES [ROUNDS]]      one line of JSON: {"name","value","quick","unit","target"}
//
// NAME: decide (accepted, in a partition of one kind), decide-refused (whose devices do not suffice) or decide-mixed
// (in a partition where Slurm may choose others than those that do, and no feature tells them apart). PLAN.json is what
// `srecipe plan` prints; the cluster has NODES nodes (default 10,000) in four partitions; it is asked ROUNDS times
// (default 2,000).
#include "decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace recipe;

[[noreturn]] void give_up(const Diagnostics& problems) {
    fmt::print(stderr, "bench_controller: {}\n", problems.empty() ? "failed" : problems.front().message);
    std::exit(1);
}

job_submit::Snapshot snapshot_of(int nodes) {
    std::vector<cluster::NodeRecord> records;
    std::vector<cluster::PartitionRecord> partitions{
        {.name = "all", .is_default = true}, {.name = "train"}, {.name = "cpu"}, {.name = "mixed"}};
    for (int i = 0; i < nodes; ++i) {
        const bool large = i % 4 == 1;  // and plain, as the few small ones beside them
        const bool gpu = i % 4 != 0;
        const bool small = i % 64 == 2;
        records.push_back({.name = fmt::format("n{}", i),
                           .features = !gpu             ? "c6i.32xlarge"
                                       : large || small ? "efa"
                                                        : "g5.48xlarge,efa",
                           .gres = !gpu    ? ""
                                   : large ? "gpu:h100:8"
                                           : "gpu:a10g:8",
                           .memory_mib = 700'000});
        for (cluster::PartitionRecord* partition : {&partitions[0], &partitions[!gpu ? 2 : large || small ? 3 : 1]})
            partition->nodes.push_back(static_cast<std::size_t>(i));
    }
    job_submit::Snapshot snapshot;
    snapshot.inventory = std::make_shared<const cluster::Inventory>(
        cluster::take_inventory(records, partitions, *snapshot.catalogue, {}));
    return snapshot;
}

double milliseconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string name = argc > 1 ? argv[1] : "";
    const int nodes = argc > 3 ? std::atoi(argv[3]) : 10'000;
    const std::size_t rounds = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 2'000;
    const bool known = name == "decide" || name == "decide-refused" || name == "decide-mixed";
    if (!known || argc < 3 || argc > 5 || nodes < 1 || rounds < 1) {
        fmt::print(stderr, "usage: bench_controller decide|decide-refused|decide-mixed PLAN.json [NODES [ROUNDS]]\n");
        return 2;
    }
    std::ifstream file(argv[2]);
    const std::string plan{std::istreambuf_iterator<char>(file), {}};
    const job_submit::Snapshot snapshot = snapshot_of(nodes);
    const job_submit::JobRequest request{
        .plan = plan, .partitions = name == "decide-mixed" ? "mixed" : "train", .cluster_has_gpus = true};
    const auto decided = job_submit::decide(request, snapshot);
    const std::string expected = name == "decide"           ? ""
                                 : name == "decide-refused" ? "memory.does_not_fit"
                                                            : "cluster.mixed_devices";
    if (!decided && decided.error().front().code.name() != expected) give_up(decided.error());
    if (decided && !expected.empty()) give_up({});
    std::vector<double> times;
    for (std::size_t i = 0; i < rounds; ++i) {
        const double start = milliseconds();
        static_cast<void>(job_submit::decide(request, snapshot));
        times.push_back(milliseconds() - start);
    }
    std::ranges::sort(times);
    fmt::print("{{\"name\":\"{}\",\"value\":{:.4f},\"quick\":{:.4f},\"p99\":{:.4f},\"unit\":\"ms\",\"target\":0.1}}\n",
               name, times[rounds / 2], times[rounds / 10], times[rounds * 99 / 100]);
    return 0;
}
