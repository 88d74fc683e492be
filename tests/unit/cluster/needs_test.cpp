// SPDX-License-Identifier: Apache-2.0
// What a job needs of its devices, held against the nodes that Slurm may choose.
#include "../catch.hpp"
#include "clusters.hpp"

#include "cluster/accelerators.hpp"
#include "cluster/needs.hpp"

using namespace recipe;
using cluster::JobRequirements;
using cluster::NodeRecord;
using test::ClusterBuilder;
using validate::DeviceNeeds;

namespace {

const NodeRecord p4d{.features = "p4d.24xlarge,efa", .gres = "gpu:a100:8", .memory_mib = 1'100'000};
const NodeRecord v100{.features = "", .gres = "gpu:v100:8", .memory_mib = 700'000};
const NodeRecord untold{.features = "", .gres = "gpu:8", .memory_mib = 700'000};

constexpr std::int64_t GiB = 1024;
/// More than an A10G has, and less than an A100.
const DeviceNeeds large{.memory = validate::MemoryNeeds{28 * GiB, 30 * GiB, 31 * GiB, 2 * GiB}, .bf16 = true};
/// In the band of an A10G's 22.04 GiB.
const DeviceNeeds narrow{.memory = validate::MemoryNeeds{20 * GiB, 20 * GiB, 21 * GiB, 2 * GiB}};

JobRequirements job(const DeviceNeeds& needs, std::uint32_t nodes = 2) {
    return {.partitions = {"train"},
            .nodes = nodes,
            .device = plan::Device::gpu,
            .devices = 8,
            .needs = &needs,
            .question = [] { return "llama trainer.num_nodes=2"; }};
}

Diagnostics check(const ClusterBuilder& builder, const JobRequirements& requirements) {
    return cluster::check(builder.take(), test::shipped_catalogue(), {}, requirements);
}

std::string code_of(const Diagnostics& found) {
    return found.empty() ? "" : std::string(found.front().code.name());
}

std::string fix_of(const Diagnostics& found) {
    return found.empty() ? "nothing found" : found.front().fix;
}

}  // namespace

TEST_CASE("devices that lack memory are refused with the device, the partition and what shows the fixes") {
    const auto problems = check(ClusterBuilder().nodes("train", 4, test::g5), job(large));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "memory.does_not_fit");
    CHECK(problems.front().severity == Severity::error);
    CHECK(problems.front().key == "instance_type");
    CHECK(problems.front().message ==
          "a rank needs 30.0 GiB at its peak, and each NVIDIA A10G of partition train (g5.48xlarge) has 20.0 GiB for "
          "it; 28.0 GiB to 31.0 GiB with what is not known of its program; `srecipe fit llama trainer.num_nodes=2 "
          "instance_type=g5.48xlarge` shows what would do");
    CHECK(problems.front().fix.empty());
}

TEST_CASE("devices that suffice are accepted without a word") {
    CHECK(check(ClusterBuilder().nodes("train", 2, p4d), job(large)).empty());
    const DeviceNeeds little{.memory = validate::MemoryNeeds{GiB, GiB, GiB, GiB}, .bf16 = true};
    CHECK(check(ClusterBuilder().nodes("train", 2, test::g5), job(little)).empty());
}

TEST_CASE("the memory's band decides between an error, a warning and silence, to the MiB") {
    const std::int64_t usable = cluster::device_of(*test::shipped_catalogue().accelerator("a10g")).usable_mib;
    const auto with = [&](std::int64_t low, std::int64_t high) {
        const DeviceNeeds needs{.memory = validate::MemoryNeeds{low, low, high, 0}};
        return code_of(check(ClusterBuilder().nodes("train", 2, test::g5), job(needs)));
    };
    CHECK(with(usable, usable) == "");
    CHECK(with(usable, usable + 1) == "memory.tight");
    CHECK(with(usable + 1, usable + 1) == "memory.does_not_fit");
    const auto tight = check(ClusterBuilder().nodes("train", 2, test::g5), job(narrow));
    REQUIRE(tight.size() == 1);
    CHECK(tight.front().severity == Severity::warning);
    CHECK(tight.front().message ==
          "a rank needs 20.0 GiB at its peak, and each NVIDIA A10G of partition train (g5.48xlarge) has 20.0 GiB for "
          "it: it may or may not fit");
}

TEST_CASE("memory that nobody predicted is said, where the devices are known") {
    const DeviceNeeds formats{.memory = {}, .bf16 = true};
    const auto notes = check(ClusterBuilder().nodes("train", 2, test::g5), job(formats));
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().code == "memory.unknown");
    CHECK(notes.front().severity == Severity::hint);
    CHECK(notes.front().message ==
          "whether it fits the memory of NVIDIA A10G of partition train (g5.48xlarge) was not looked at; `srecipe fit "
          "llama trainer.num_nodes=2 instance_type=g5.48xlarge` says why");
}

TEST_CASE("number formats that the devices do not compute in are refused, each by its code") {
    const DeviceNeeds all{.memory = {}, .bf16 = true, .fp8 = true, .fp4 = true};
    const auto problems = check(ClusterBuilder().nodes("train", 2, v100), job(all));
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].code == "precision.fp8");
    CHECK(problems[1].code == "precision.fp4");
    CHECK(problems[2].code == "precision.bf16");
    CHECK(problems[2].message.starts_with("the recipe computes in bfloat16, and NVIDIA V100 of partition train"));
    CHECK(problems[2].message.contains("does not, which needs compute capability 8.0 or later"));
    const DeviceNeeds fp8{.memory = {}, .fp8 = true};
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, p4d), job(fp8))) == "precision.fp8");
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:h100:8"}), job(fp8))) == "memory.unknown");
}

TEST_CASE("kernels that the devices do not run are refused, by the compute capability") {
    const DeviceNeeds third{.memory = {}, .capabilities = {{80, 86}, {90, 100}}};
    const auto problems = check(ClusterBuilder().nodes("train", 2, test::g5), job(third));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "devices.kernels");
    CHECK(problems.front().severity == Severity::error);
    CHECK(problems.front().message.starts_with(
        "the recipe's kernels run on compute capability 8.0 to 8.5 or 9.x, and NVIDIA A10G of partition train "
        "(g5.48xlarge) has 8.6; "));
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, p4d), job(third))) == "memory.unknown");
    // Of another maker's devices nobody asks it.
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:mi300x:8"}), job(third))) == "memory.unknown");
    CHECK(fix_of(check(ClusterBuilder().nodes("train", 2, test::g5).nodes("big", 2, p4d), job(third))) == "-p big");
}

TEST_CASE("another maker's devices are told without a compute capability") {
    const DeviceNeeds formats{.memory = {}, .fp8 = true, .fp4 = true};
    const auto problems = check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:mi250x:8"}), job(formats));
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].code == "precision.fp8");
    CHECK(problems[0].message.contains("does not"));
    CHECK_FALSE(problems[0].message.contains("compute capability"));
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:mi355x:8"}), job(formats))) ==
          "memory.unknown");
}

TEST_CASE("another partition whose devices suffice is the fix, unless nobody may know of it or it is too small") {
    ClusterBuilder builder;
    builder.nodes("train", 4, test::g5).nodes("big", 2, p4d).nodes("both", 4, p4d).nodes("both", 1, test::g5);
    const auto problems = check(builder, job(large));
    CHECK(problems.front().message.contains(". Enough nodes suffice in partition big; `srecipe"));
    CHECK(fix_of(problems) == "-p big");
    CHECK(fix_of(check(builder, job(large, 3))) == "");
    builder.part("big").hidden = true;
    CHECK(fix_of(check(builder, job(large))) == "");
}

TEST_CASE("a partition of mixed devices is an error until the request keeps to the fitting ones") {
    ClusterBuilder builder;
    builder.nodes("train", 4, test::g5).nodes("train", 2, p4d);
    const auto problems = check(builder, job(large));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.mixed_devices");
    CHECK(
        problems.front().message ==
        "Slurm may choose nodes whose devices do not suffice, 4 of the 6 of partition train: a rank needs 30.0 GiB at "
        "its peak, and each NVIDIA A10G of these (g5.48xlarge) has 20.0 GiB for it; 28.0 GiB to 31.0 GiB with what "
        "is not known of its program");
    CHECK(problems.front().fix == "-C p4d.24xlarge");
    JobRequirements kept = job(large);
    kept.constraint = "p4d.24xlarge";
    CHECK(check(builder, kept).empty());
    kept.constraint = "efa";  // both have it
    CHECK(fix_of(check(builder, kept)) == "-C 'efa&p4d.24xlarge'");
    kept.constraint = "efa|p4d.24xlarge";
    CHECK(fix_of(check(builder, kept)) == "-C '(efa|p4d.24xlarge)&p4d.24xlarge'");
    kept.constraint = "efa&p4d.24xlarge";
    CHECK(check(builder, kept).empty());
}

TEST_CASE("without a feature that tells them apart the nodes that lack are left out by name") {
    ClusterBuilder builder;
    builder.nodes("train", 4, {.gres = "gpu:a10g:8"}).nodes("train", 2, {.gres = "gpu:a100-40:8"});
    CHECK(fix_of(check(builder, job(large))) == "-x train[1-4]");
    // Nodes of a partition that the job does not go to are nobody's business.
    ClusterBuilder beside;
    beside.nodes("train", 4, {.gres = "gpu:a10g:8"}).nodes("train", 2, {.gres = "gpu:a100-40:8"});
    beside.nodes("other", 3, {.gres = "gpu:a10g:8"});
    CHECK(fix_of(check(beside, job(large))) == "-x train[1-4]");
    JobRequirements kept = job(large);
    kept.excluded_nodes = {"train1", "train2", "train3"};
    CHECK(fix_of(check(builder, kept)) == "-x train[1-4]");
    kept.excluded_nodes = {"train1", "train2", "train3", "train4"};
    CHECK(check(builder, kept).empty());
    // One that would do is left out, too: then there are too few.
    kept.excluded_nodes = {"train1", "train2", "train3", "train6"};
    const auto problems = check(builder, kept);
    CHECK(code_of(problems) == "memory.does_not_fit");
    CHECK(problems.front().message.contains(", so that 1 of its 2 nodes suffice; the recipe wants 2"));
}

TEST_CASE("of several partitions Slurm may start the job in each") {
    ClusterBuilder builder;
    builder.nodes("train", 4, test::g5).nodes("big", 2, p4d).nodes("more", 3, p4d).nodes("cpu", 4, test::cpu_node);
    JobRequirements requirements = job(large);
    requirements.partitions = {"train", "big", "more"};
    const auto problems = check(builder, requirements);
    CHECK(code_of(problems) == "cluster.mixed_devices");
    CHECK(problems.front().fix == "-p big,more");
    requirements.partitions = {"big", "more"};
    CHECK(check(builder, requirements).empty());
    // Slurm itself keeps the job out of a partition that has too few nodes or no GPUs.
    requirements.partitions = {"cpu", "big"};
    CHECK(check(builder, requirements).empty());
    requirements.partitions = {"cpu", "train"};
    CHECK(code_of(check(builder, requirements)) == "memory.does_not_fit");
}

TEST_CASE("the default partition counts where none is named, and drained nodes as others") {
    ClusterBuilder builder;
    builder.nodes("train", 2, p4d).nodes("other", 2, test::g5);
    JobRequirements requirements = job(large);
    requirements.partitions = {};
    CHECK(check(builder, requirements).empty());
    builder.node(0).available = false;
    CHECK(code_of(check(builder, requirements)) == "cluster.unavailable");
    builder.nodes("train", 1, test::g5);
    CHECK(code_of(check(builder, requirements)) == "cluster.mixed_devices");
}

TEST_CASE("nodes that -w names must suffice, and are all there is to choose where they are as many") {
    ClusterBuilder builder;
    builder.nodes("train", 4, test::g5).nodes("train", 2, p4d);
    JobRequirements requirements = job(large);
    requirements.required_nodes = {"train5", "train6"};
    CHECK(check(builder, requirements).empty());
    requirements.required_nodes = {"train5"};
    CHECK(code_of(check(builder, requirements)) == "cluster.mixed_devices");
    requirements.required_nodes = {"train5", "train1"};
    const auto problems = check(builder, requirements);
    CHECK(code_of(problems) == "memory.does_not_fit");
    CHECK(problems.front().message.contains("each NVIDIA A10G of node train1 (g5.48xlarge), which -w asks for, has"));
}

TEST_CASE("nodes of unknown devices count, and that is said") {
    ClusterBuilder builder;
    builder.nodes("train", 1, p4d).nodes("train", 2, untold);
    const auto notes = check(builder, job(large));
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().code == "cluster.unknown_devices");
    CHECK(notes.front().severity == Severity::hint);
    CHECK(notes.front().message ==
          "the devices of 2 of the 3 nodes of partition train that Slurm may choose are not known, and are taken to "
          "suffice");
    const auto nothing = check(ClusterBuilder().nodes("train", 2, untold), job(large));
    REQUIRE(nothing.size() == 1);
    CHECK(nothing.front().message ==
          "nothing says what devices the nodes of partition train have: the recipe was not held against any device");
    // Two A10Gs and one unknown: enough by itself, and Slurm may choose the others.
    builder.nodes("train", 2, test::g5);
    CHECK(code_of(check(builder, job(large))) == "cluster.mixed_devices");
}

TEST_CASE("a cluster without a GRES says nothing of its hardware") {
    const NodeRecord plain{.features = "", .gres = "", .memory_mib = 700'000};
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, plain), job(large))) == "cluster.unknown_devices");
    JobRequirements cpu = job(large);
    cpu.device = plan::Device::cpu;
    CHECK(check(ClusterBuilder().nodes("train", 2, plain), cpu).empty());
}

TEST_CASE("an instance type that the recipe names was held against it before") {
    JobRequirements named = job(large);
    named.instance_type = "g5.48xlarge";
    CHECK(check(ClusterBuilder().nodes("train", 2, test::g5), named).empty());
    // One that the catalogue does not have was not.
    named.instance_type = "q9.metal";
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:a10g:8"}), named)) == "memory.does_not_fit");
}

TEST_CASE("a type that may be several devices is judged where all of them agree") {
    // a100 is 40 or 80 GB.
    const NodeRecord a100{.features = "", .gres = "gpu:a100:8"};
    const auto with = [&](std::int64_t gib) {
        const DeviceNeeds needs{.memory = validate::MemoryNeeds{gib * GiB, gib * GiB, gib * GiB, 0}};
        return code_of(check(ClusterBuilder().nodes("train", 2, a100), job(needs)));
    };
    CHECK(with(30) == "");
    CHECK(with(60) == "cluster.unknown_devices");
    CHECK(with(90) == "memory.does_not_fit");
}

TEST_CASE("a part of a GPU has the memory of its profile, whatever the whole has") {
    const DeviceNeeds needs{.memory = validate::MemoryNeeds{12 * GiB, 12 * GiB, 12 * GiB, 0}, .bf16 = true};
    for (const char* gres : {"gpu:nvidia_h100_80gb_hbm3_1g.10gb:16", "gpu:a100_1g.10gb:16", "gpu:1g.10gb:16"}) {
        INFO(gres);
        CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = gres}), job(needs))) == "memory.does_not_fit");
    }
    CHECK(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:a100_3g.40gb:16"}), job(needs)).empty());
    // A feature that names the whole machine does not make the parts whole.
    const auto problems = check(
        ClusterBuilder().nodes("train", 2, {.features = "p5.48xlarge", .gres = "gpu:h100_1g.10gb:56"}), job(needs));
    CHECK(code_of(problems) == "memory.does_not_fit");
    CHECK(problems.front().message.contains("each NVIDIA H100 1g.10gb of partition train"));
    CHECK_FALSE(problems.front().message.contains("srecipe"));
}

TEST_CASE("a profile has a number of compute units and of gigabytes, or it is a part of a name") {
    const auto device = [](const char* gres) {
        const auto types = cluster::devices_of_gres(test::shipped_catalogue(), gres, "gpu");
        REQUIRE(types.size() == 1);
        REQUIRE(types.front().candidates.size() == 1);
        return types.front().candidates.front();
    };
    const cluster::Device part = device("gpu:nvidia_h100_80gb_hbm3_1g.10gb:7");
    CHECK(part.name == "NVIDIA H100 1g.10gb");
    CHECK(part.usable_mib == 10 * 1024);
    CHECK(part.bf16);
    const cluster::Device alone = device("gpu:3g.40gb:2");
    CHECK(alone.name == "GPU 3g.40gb");
    CHECK(alone.usable_mib == 40 * 1024);
    CHECK(alone.fp4);  // nothing says that it has not
    for (const char* whole : {"gpu:nvidia_h100_80gb_hbm3_1g.0gb:7", "gpu:nvidia_h100_80gb_hbm3_1g.10:7",
                              "gpu:nvidia_h100_80gb_hbm3_g.10gb:7", "gpu:nvidia_h100_80gb_hbm3:7"}) {
        INFO(whole);
        CHECK(device(whole).name == "NVIDIA H100");
    }
}

TEST_CASE("of a node's several types only those that the request names are given to the job") {
    const NodeRecord two{.features = "", .gres = "gpu:a10g:8,gpu:a100-40:8"};
    ClusterBuilder builder;
    builder.nodes("train", 2, two);
    JobRequirements requirements = job(large);
    const auto problems = check(builder, requirements);
    CHECK(code_of(problems) == "memory.does_not_fit");
    CHECK(fix_of(problems) == "--gpus-per-node=a100-40:8");
    requirements.gpu_types = {"a100-40"};
    CHECK(check(builder, requirements).empty());
    requirements.gpu_types = {"a10g"};
    CHECK(code_of(check(builder, requirements)) == "memory.does_not_fit");
}

TEST_CASE("a type of the GRES that tells nothing gives way to the instance type") {
    const NodeRecord named{.features = "g5.48xlarge", .gres = "gpu:tesla:8"};
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, named), job(large))) == "memory.does_not_fit");
    CHECK(code_of(check(ClusterBuilder().nodes("train", 2, {.gres = "gpu:tesla:8"}), job(large))) ==
          "cluster.unknown_devices");
}

TEST_CASE("host lists are short, and name no node that was not named") {
    CHECK(cluster::host_list({}) == "");
    CHECK(cluster::host_list({"n1"}) == "n1");
    CHECK(cluster::host_list({"n2", "n1", "n10", "n9", "n11", "login"}) == "login,n[1-2,9-11]");
    CHECK(cluster::host_list({"gpu-008", "gpu-009", "gpu-010", "gpu-12"}) == "gpu-[12,008-010]");
    CHECK(cluster::host_list({"a1", "b2", "a2"}) == "a[1-2],b2");
    CHECK(cluster::host_list({"n0", "n9", "n10"}) == "n[0,9-10]");
    CHECK(cluster::host_list({"n1", "n1"}) == "n1");
    // Short names come first while runs are looked for, and each prefix once in the list.
    CHECK(cluster::host_list({"b1", "a10", "b12"}) == "a10,b[1,12]");
    CHECK(cluster::host_list({"b1", "b2", "aa1"}) == "aa1,b[1-2]");
    CHECK(cluster::host_list({"n1", "n3"}) == "n[1,3]");
    CHECK(cluster::host_list({"n99", "n100"}) == "n[99-100]");
    CHECK(cluster::host_list({"n09", "n10"}) == "n[09-10]");
    CHECK(cluster::host_list({"n9", "n010"}) == "n[9,010]");
    CHECK(cluster::host_list({"n99", "n0100"}) == "n[99,0100]");
    CHECK(cluster::host_list({"n00", "n01"}) == "n[00-01]");
    CHECK(cluster::host_list({"n0", "n1"}) == "n[0-1]");
    // Numbers of more than nine digits are part of a name.
    CHECK(cluster::host_list({"n123456788", "n123456789"}) == "n[123456788-123456789]");
    CHECK(cluster::host_list({"n1234567888", "n1234567889"}) == "n1234567888,n1234567889");
    CHECK(cluster::host_list({"7", "8"}) == "[7-8]");
    CHECK(cluster::host_list({"rack1-n2", "rack1-n1", "rack2-n1"}) == "rack1-n[1-2],rack2-n1");
}
