// SPDX-License-Identifier: Apache-2.0
// The data that we ship, etc/hardware.yaml, as the build has made constants of it.
#include "catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "hardware/hardware.hpp"
#include "source_file.hpp"

#include <algorithm>
#include <cmath>

using namespace recipe;

namespace {

const hardware::Catalogue& shipped() {
    static const hardware::Catalogue catalogue;
    return catalogue;
}

}  // namespace

TEST_CASE("shipped instance types have the devices that torchrun starts processes for") {
    const std::pair<const char*, int> expected[] = {
        {"g5.16xlarge", 1},      {"g5.12xlarge", 4},    {"g5.24xlarge", 4},     {"g5.48xlarge", 8},
        {"p5.4xlarge", 1},       {"p5.48xlarge", 8},    {"p4d.24xlarge", 8},    {"g4dn.metal", 8},
        {"trn1.2xlarge", 2},     {"trn1.32xlarge", 32}, {"trn1n.32xlarge", 32}, {"trn2.48xlarge", 64},
        {"p6-b300.48xlarge", 8}, {"dgx-h100", 8},       {"hgx-h100-4", 4}};
    for (const auto& [name, devices] : expected) {
        INFO(name);
        const auto* instance = shipped().instance(name);
        REQUIRE(instance != nullptr);
        CHECK(instance->devices == devices);
    }
}

TEST_CASE("shipped: a fraction of a GPU is not an instance type to train on") {
    for (const char* name : {"g6f.large", "g6f.xlarge", "g6f.2xlarge", "g6f.4xlarge", "gr6f.4xlarge"})
        CHECK(shipped().instance(name) == nullptr);
}

TEST_CASE("shipped facts agree with each other") {
    for (const std::string& name : shipped().instance_names()) {
        INFO(name);
        const auto* instance = shipped().instance(name);
        const auto* accelerator = shipped().accelerator(instance->accelerator);
        REQUIRE(accelerator != nullptr);
        // Of CUDA: bf16 came with Ampere (8.0), fp8 with Ada (8.9), fp4 with Blackwell (10.0).
        const hardware::Kind& kind = shipped().kind_of(*accelerator);
        CHECK(accelerator->kind == kind.counted_as);
        CHECK(accelerator->compute_capability.has_value() == (kind.framework == "CUDA"));
        if (accelerator->compute_capability) {
            CHECK(accelerator->bf16 == (*accelerator->compute_capability >= 80));
            CHECK(accelerator->fp8 == (*accelerator->compute_capability >= 89));
            CHECK(accelerator->fp4 == (*accelerator->compute_capability >= 100));
        }
        CHECK(instance->nvlink_domain % instance->devices == 0);
        CHECK(instance->devices % accelerator->ranks == 0);
        if (accelerator->usable_gib) {
            CHECK(*accelerator->usable_gib < accelerator->memory_gib);
            CHECK(*accelerator->usable_gib > 0.9 * accelerator->memory_gib);
        }
        CHECK_FALSE(accelerator->fabric.empty());
    }
    CHECK(shipped().accelerator("a10g")->name == "NVIDIA A10G");
    CHECK(hardware::compute_capability_text(*shipped().accelerator("b300")->compute_capability) == "10.3");
}

TEST_CASE("the hardware constants are what a program would read from the file") {
    const auto read = hardware::Catalogue::load({source_file("etc/hardware.yaml")});
    REQUIRE(read);
    REQUIRE(read->accelerators().size() == shipped().accelerators().size());
    for (const auto* entry : read->accelerators()) {
        INFO(entry->model);
        const auto* constant = shipped().accelerator(entry->model);
        REQUIRE(constant != nullptr);
        REQUIRE(constant != entry);
        CHECK(constant->model == entry->model);
        CHECK(constant->name == entry->name);
        CHECK(constant->kind_name == entry->kind_name);
        CHECK(constant->kind == entry->kind);
        CHECK(constant->fp4 == entry->fp4);
        CHECK(constant->memory_gib == entry->memory_gib);
        CHECK(constant->usable_gib == entry->usable_gib);
        CHECK(constant->compute_capability == entry->compute_capability);
        CHECK(constant->bf16 == entry->bf16);
        CHECK(constant->fp8 == entry->fp8);
        CHECK(constant->fabric == entry->fabric);
        CHECK(constant->ranks == entry->ranks);
        CHECK(constant->cores == entry->cores);
        CHECK(constant->bf16_tflops == entry->bf16_tflops);
        CHECK(constant->sources.source == entry->sources.source);
        CHECK(std::ranges::equal(constant->sources.unverified, entry->sources.unverified));
    }
    REQUIRE(read->instances().size() == shipped().instances().size());
    for (const auto* entry : read->instances()) {
        INFO(entry->name);
        const auto* constant = shipped().instance(entry->name);
        REQUIRE(constant != nullptr);
        REQUIRE(constant != entry);
        CHECK(constant->name == entry->name);
        CHECK(constant->accelerator == entry->accelerator);
        CHECK(constant->devices == entry->devices);
        CHECK(constant->vcpus == entry->vcpus);
        CHECK(constant->memory_gib == entry->memory_gib);
        CHECK(constant->efa_devices == entry->efa_devices);
        CHECK(constant->network_gbps == entry->network_gbps);
        CHECK(constant->gpudirect_rdma == entry->gpudirect_rdma);
        CHECK(constant->nvlink_domain == entry->nvlink_domain);
        CHECK(constant->architecture == entry->architecture);
        CHECK(constant->sources.source == entry->sources.source);
        CHECK(std::ranges::equal(constant->sources.unverified, entry->sources.unverified));
        CHECK(read->environment_of(*entry) == shipped().environment_of(*constant));
    }
}

TEST_CASE("the constants of kinds are what a program would read from the file") {
    const auto read = hardware::Catalogue::load({source_file("etc/hardware.yaml")});
    REQUIRE(read);
    REQUIRE(read->kinds().size() == shipped().kinds().size());
    for (std::size_t i = 0; i < read->kinds().size(); ++i) {
        const hardware::Kind& entry = *read->kinds()[i];
        const hardware::Kind& constant = *shipped().kinds()[i];
        INFO(entry.name);
        CHECK(constant.name == entry.name);
        CHECK(constant.device == entry.device);
        CHECK(constant.counted_as == entry.counted_as);
        CHECK(constant.framework == entry.framework);
        CHECK(constant.device_files == entry.device_files);
        CHECK(constant.control_file == entry.control_file);
        CHECK(std::ranges::equal(constant.visible, entry.visible));
        CHECK(std::ranges::equal(constant.repeats, entry.repeats));
        CHECK(constant.part_variable == entry.part_variable);
        CHECK(constant.part_number_file == entry.part_number_file);
        CHECK(std::ranges::equal(constant.words, entry.words));
        CHECK(constant.source == entry.source);
    }
}

TEST_CASE("shipped rows each name their source, and which of their fields nobody has checked") {
    const auto known = [](const hardware::Sources& sources, std::initializer_list<std::string_view> fields) {
        return std::ranges::all_of(sources.unverified, [&](std::string_view field) {
            return field == "all" || std::ranges::find(fields, field) != fields.end();
        });
    };
    for (const auto* accelerator : shipped().accelerators()) {
        INFO(accelerator->model);
        CHECK(accelerator->sources.source.size() > 8);
        CHECK(known(accelerator->sources, {"memory_gib", "usable_gib", "compute_capability", "bf16", "fp8", "fp4",
                                           "fabric", "ranks", "cores", "bf16_tflops"}));
    }
    for (const auto* instance : shipped().instances()) {
        INFO(instance->name);
        // The name of a source that the file lacks would stand as it is.
        CHECK(instance->sources.source.contains(' '));
        CHECK(known(instance->sources, {"accelerator", "devices", "vcpus", "memory_gib", "network_gbps", "efa_devices",
                                        "gpudirect_rdma", "nvlink_domain", "architecture"}));
    }
    for (const auto* kind : shipped().kinds()) CHECK_FALSE(kind->source.empty());
    for (const auto* profile : shipped().profiles()) CHECK_FALSE(profile->source.empty());
    CHECK(shipped().instance("p5.48xlarge")->sources.source.starts_with("AWS, EC2 DescribeInstanceTypes"));
    CHECK(shipped().instance("p5.48xlarge")->sources.unverified.empty());
    CHECK(shipped().instance("dgx-h100")->sources.source == "NVIDIA, DGX H100/H200 User Guide");
    CHECK(std::ranges::count(shipped().instance("dgx-h100")->sources.unverified, "network_gbps") == 1);
    CHECK(shipped().accelerator("trainium3")->sources.unverified.front() == "all");
}

TEST_CASE("a site's row may name its source, or one that its file names once") {
    const HardwareFile file(
        "sources: {ours: measured here}\n"
        "instance_types:\n"
        "  box: {accelerator: h100, devices: 4, source: ours, unverified: [network_gbps]}\n"
        "  p5.48xlarge: {source: an invoice}\n");
    const auto catalogue = hardware::Catalogue::load({file.path});
    REQUIRE(catalogue);
    CHECK(catalogue->instance("box")->sources.source == "measured here");
    CHECK(catalogue->instance("box")->sources.unverified.front() == "network_gbps");
    CHECK(catalogue->instance("p5.48xlarge")->sources.source == "an invoice");
    const auto refused = [](const std::string& text) {
        return !hardware::Catalogue::load({HardwareFile(text).path}).has_value();
    };
    CHECK(refused("sources: [ours]\n"));
    CHECK(refused("instance_types: {p5.48xlarge: {source: 5}}\n"));
    CHECK(refused("instance_types: {p5.48xlarge: {source: ''}}\n"));
    CHECK(refused("instance_types: {p5.48xlarge: {source: " + std::string(241, 'x') + "}}\n"));
    CHECK_FALSE(refused("instance_types: {p5.48xlarge: {source: " + std::string(240, 'x') + "}}\n"));
    CHECK(refused("instance_types: {p5.48xlarge: {unverified: vcpus}}\n"));
}

TEST_CASE("shipped kinds say how each maker's devices are found") {
    const auto kind = [](std::string_view model) { return shipped().kind_of(*shipped().accelerator(model)); };
    CHECK(kind("h100").framework == "CUDA");
    CHECK(kind("mi300x").framework == "ROCm");
    CHECK(kind("mi300x").counted_as == hardware::DeviceKind::gpu);
    CHECK(kind("mi300x").control_file == "kfd");
    CHECK(std::ranges::count(kind("mi300x").visible, "ROCR_VISIBLE_DEVICES") == 1);
    CHECK(std::ranges::count(kind("mi300x").visible, "HIP_VISIBLE_DEVICES") == 1);
    CHECK(std::ranges::count(kind("mi300x").repeats, "CUDA_VISIBLE_DEVICES") == 1);
    CHECK(std::ranges::count(kind("gaudi3").visible, "HABANA_VISIBLE_MODULES") == 1);
    CHECK(kind("gaudi3").part_variable == "HABANA_VISIBLE_MODULES");
    CHECK(kind("gaudi3").part_number_file.contains('N'));
    CHECK(std::ranges::count(kind("gaudi3").words, "gpu") == 0);
    CHECK(std::ranges::count(kind("trainium3").visible, "NEURON_RT_VISIBLE_CORES") == 1);
    CHECK(kind("trainium3").counted_as == hardware::DeviceKind::neuron);
}

TEST_CASE("shipped: UltraServers are domains of NVLink on arm64 hosts") {
    for (const auto& [name, domain] :
         {std::pair{"p6e-gb200.36xlarge", 36}, std::pair{"ml.u-p6e-gb200x36", 36}, std::pair{"u-p6e-gb200x72", 72},
          std::pair{"u-p6e-gb300x72", 72}, std::pair{"dgx-gb200", 72}, std::pair{"p5.48xlarge", 0}}) {
        INFO(name);
        const auto* instance = shipped().instance(name);
        REQUIRE(instance != nullptr);
        CHECK(instance->nvlink_domain == domain);
        CHECK(instance->architecture == (domain > 0 ? "arm64" : "x86_64"));
    }
    CHECK(shipped().environment_of(*shipped().instance("p6e-gb200.36xlarge")).front().first == "FI_EFA_USE_HUGE_PAGE");
}

TEST_CASE("a site's file may have a kind of its own, wherever it stands") {
    const HardwareFile file(
        "accelerators: {t1: {name: Maker T1, kind: tensor, memory_gib: 32, bf16: true, fp8: false}}\n"
        "kinds: {tensor: {device: T1, counted_as: gpu, framework: T, device_files: tensor, visible: [T_VISIBLE], "
        "words: [tensor]}}\n");
    const auto catalogue = hardware::Catalogue::load({file.path});
    REQUIRE(catalogue);
    const hardware::Accelerator* accelerator = catalogue->accelerator("t1");
    REQUIRE(accelerator != nullptr);
    CHECK(catalogue->kind_of(*accelerator).device_files == "tensor");
    CHECK(catalogue->kinds().size() == shipped().kinds().size() + 1);
}

TEST_CASE("shipped profiles set little: nothing that current libraries choose themselves") {
    using Environment = std::vector<std::pair<std::string, std::string>>;
    CHECK(shipped().environment_of(*shipped().instance("p5.48xlarge")) ==
          Environment{{"FI_EFA_USE_HUGE_PAGE", "0"}, {"NCCL_SOCKET_IFNAME", "^lo,docker,veth"}});
    CHECK(shipped().environment_of(*shipped().instance("g5.xlarge")) ==
          Environment{{"NCCL_SHM_USE_CUDA_MEMCPY", "1"}, {"NCCL_SOCKET_IFNAME", "^lo,docker,veth"}});
    CHECK(shipped().environment_of(*shipped().instance("trn1.32xlarge")) == Environment{{"FI_EFA_USE_HUGE_PAGE", "0"}});
    CHECK(shipped().environment_of(*shipped().instance("dgx-h100")).empty());
}
