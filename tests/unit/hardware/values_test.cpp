// SPDX-License-Identifier: Apache-2.0
// Each field of a site's hardware file, where it is read to.
#include "catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "hardware/hardware.hpp"

#include <fmt/format.h>

using namespace recipe;
using hardware::Accelerator;
using hardware::Catalogue;
using hardware::InstanceType;

namespace {

constexpr const char* least = "name: N, kind: gpu, memory_gib: 3, bf16: false, fp8: false";

Catalogue load(const std::string& accelerator, const std::string& machine) {
    const HardwareFile file(
        fmt::format("accelerators: {{x1: {{{}{}}}}}\ninstance_types: {{box: {{accelerator: x1, "
                    "devices: 3{}}}}}\n",
                    least, accelerator.empty() ? "" : ", " + accelerator, machine.empty() ? "" : ", " + machine));
    auto catalogue = Catalogue::load({file.path});
    if (!catalogue) FAIL(catalogue.error().front().message);
    return *catalogue;
}

std::string refused(const std::string& text) {
    const HardwareFile file(text);
    const auto catalogue = Catalogue::load({file.path});
    REQUIRE_FALSE(catalogue);
    return catalogue.error().front().message;
}

}  // namespace

TEST_CASE("an accelerator of which little is said computes in no small format, and is shared by nobody") {
    const Catalogue catalogue = load("", "");
    const Accelerator* x1 = catalogue.accelerator("x1");
    REQUIRE(x1 != nullptr);
    CHECK(x1->model == "x1");
    CHECK(x1->name == "N");
    CHECK(x1->kind_name == "gpu");
    CHECK(x1->memory_gib == 3);
    CHECK_FALSE(x1->usable_gib);
    CHECK_FALSE(x1->compute_capability);
    for (const bool format : {x1->bf16, x1->fp8, x1->fp4}) CHECK_FALSE(format);
    CHECK(x1->ranks == 1);
    CHECK(x1->cores == 1);
    CHECK_FALSE(x1->bf16_tflops);
    const InstanceType* box = catalogue.instance("box");
    REQUIRE(box != nullptr);
    CHECK(box->accelerator == "x1");
    CHECK(box->devices == 3);
    CHECK(box->vcpus == 0);
    CHECK(box->memory_gib == 0);
    CHECK(box->network_gbps == 0);
    CHECK(box->efa_devices == 0);
    CHECK_FALSE(box->gpudirect_rdma);
    CHECK(box->nvlink_domain == 0);
}

TEST_CASE("each field of an accelerator and of a machine is read to its own place") {
    const auto accelerator = [](const std::string& field) { return *load(field, "").accelerator("x1"); };
    CHECK(accelerator("usable_gib: 2.5").usable_gib == 2.5);
    CHECK(accelerator("compute_capability: 8.6").compute_capability == 86);
    CHECK(accelerator("compute_capability: 10").compute_capability == 100);
    CHECK(accelerator("fp4: true").fp4);
    CHECK_FALSE(accelerator("fp4: true").fp8);
    CHECK(accelerator("ranks: 2").ranks == 2);
    CHECK(accelerator("cores: 4").cores == 4);
    CHECK(accelerator("bf16_tflops: 7.5").bf16_tflops == 7.5);
    const Catalogue fabric = load("fabric: wires", "");
    CHECK(fabric.accelerator("x1")->fabric == "wires");
    const auto machine = [](const std::string& field) { return *load("", field).instance("box"); };
    CHECK(machine("vcpus: 5").vcpus == 5);
    CHECK(machine("memory_gib: 7").memory_gib == 7);
    CHECK(machine("network_gbps: 9").network_gbps == 9);
    CHECK(machine("efa_devices: 2").efa_devices == 2);
    CHECK(machine("gpudirect_rdma: true").gpudirect_rdma);
    CHECK(machine("nvlink_domain: 72").nvlink_domain == 72);
    for (const char* flag : {"bf16", "fp8", "fp4"}) {
        const HardwareFile file(
            fmt::format("accelerators: {{a10g: {{{}: {}}}}}", flag, std::string_view(flag) == "fp4"));
        const auto changed = Catalogue::load({file.path});
        REQUIRE(changed);
        const Accelerator* a10g = changed->accelerator("a10g");
        CHECK(a10g->bf16 == (std::string_view(flag) != "bf16"));
        CHECK_FALSE(a10g->fp8);
        CHECK(a10g->fp4 == (std::string_view(flag) == "fp4"));
        CHECK(refused(fmt::format("accelerators: {{a10g: {{{}: 1}}}}", flag)) ==
              fmt::format("{} of accelerators.a10g is to be true or false", flag));
    }
}

TEST_CASE("the devices of a machine are known where the catalogue has it, with a site's files or without") {
    const HardwareFile file("instance_types: {box: {accelerator: h100, devices: 3}}");
    CHECK(hardware::devices_of("p5.48xlarge", {}) == 8);
    CHECK(hardware::devices_of("ML.P5.48xlarge", {}) == 8);
    CHECK(hardware::devices_of("box", {file.path}) == 3);
    CHECK(hardware::devices_of("box", {}) == std::nullopt);
    CHECK(hardware::devices_of("", {}) == std::nullopt);
    const HardwareFile wrong("instance_types: 3");
    CHECK(hardware::devices_of("p5.48xlarge", {wrong.path}) == std::nullopt);
}

TEST_CASE("a word that a unit ends is a number's, and no part of a model") {
    const auto accelerator = [](std::string_view typed) {
        return std::string(hardware::candidates_for(Catalogue(), typed).accelerator);
    };
    CHECK(accelerator("a100-80g") == "NVIDIA A100 80 GB");
    CHECK(accelerator("a100-80gb") == "NVIDIA A100 80 GB");
    CHECK(accelerator("h100g").empty());
    CHECK(accelerator("h100gb").empty());
    CHECK(accelerator("1024xh100") == "NVIDIA H100");
    CHECK(accelerator("1025xh100").empty());
    CHECK(accelerator("0xh100").empty());
    CHECK(accelerator("h100x1024") == "NVIDIA H100");
    CHECK(accelerator("h100x1025").empty());
}
