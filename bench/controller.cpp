// SPDX-License-Identifier: Apache-2.0
// Times what slurmctld does with a plan, on a warm machine and this thread's processor time.
//
//   bench_controller PLAN.json [NODES [ROUNDS]]      one line of JSON: {"name","value","quick","unit","target"}
//
// PLAN.json is what `srecipe plan` prints; the cluster has NODES nodes (default 10,000) in three partitions; it is
// asked ROUNDS times (default 2,000).
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
        {.name = "all", .is_default = true}, {.name = "train"}, {.name = "cpu"}};
    for (int i = 0; i < nodes; ++i) {
        const bool gpu = i % 4 != 0;
        records.push_back({.name = fmt::format("n{}", i),
                           .features = gpu ? "g5.48xlarge,efa" : "c6i.32xlarge",
                           .gres = gpu ? "gpu:a10g:8" : "",
                           .memory_mib = 700'000});
        for (cluster::PartitionRecord* partition : {&partitions[0], &partitions[gpu ? 1 : 2]})
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
    const int nodes = argc > 2 ? std::atoi(argv[2]) : 10'000;
    const std::size_t rounds = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 2'000;
    if (argc < 2 || argc > 4 || nodes < 1 || rounds < 1) {
        fmt::print(stderr, "usage: bench_controller PLAN.json [NODES [ROUNDS]]\n");
        return 2;
    }
    std::ifstream file(argv[1]);
    const std::string plan{std::istreambuf_iterator<char>(file), {}};
    const job_submit::Snapshot snapshot = snapshot_of(nodes);
    const job_submit::JobRequest request{.plan = plan, .partitions = "train", .cluster_has_gpus = true};
    if (const auto decided = job_submit::decide(request, snapshot); !decided) give_up(decided.error());
    std::vector<double> times;
    for (std::size_t i = 0; i < rounds; ++i) {
        const double start = milliseconds();
        static_cast<void>(job_submit::decide(request, snapshot));
        times.push_back(milliseconds() - start);
    }
    std::ranges::sort(times);
    fmt::print(
        "{{\"name\":\"decide\",\"value\":{:.4f},\"quick\":{:.4f},\"p99\":{:.4f},\"unit\":\"ms\",\"target\":0.1}}\n",
        times[rounds / 2], times[rounds / 10], times[rounds * 99 / 100]);
    return 0;
}
