// SPDX-License-Identifier: Apache-2.0
#include "catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "hardware/hardware.hpp"

using namespace recipe;
using hardware::Catalogue;

namespace {

constexpr std::string_view base = R"(
accelerators:
  a10g: gpu 22.35 22.04 8.6 true false pcie 1 70 NVIDIA A10G
  trainium: {name: AWS Trainium, kind: neuron, memory_gib: 32, bf16: true, fp8: true, ranks: 2}
instance_types:
  g5.12xlarge: a10g 4 48 192 40 1
  trn1.2xlarge: {accelerator: trainium, devices: 2}
)";

/// The one diagnostic about a site file on top of `base`.
Diagnostic problem_with(std::string_view site) {
    const HardwareFile first(base), second(site);
    const auto catalogue = Catalogue::load({first.path, second.path});
    REQUIRE_FALSE(catalogue);
    REQUIRE(catalogue.error().size() == 1);
    CHECK(catalogue.error().front().severity == Severity::error);
    return catalogue.error().front();
}

}  // namespace

TEST_CASE("a row and a map say the same") {
    const HardwareFile file(R"(
accelerators:
  row: gpu 22.35 22.04 8.6 true false pcie 1 70 NVIDIA A10G
  map: {kind: gpu, memory_gib: 22.35, usable_gib: 22.04, compute_capability: 8.6, bf16: true, fp8: false,
        fabric: pcie, bf16_tflops: 70, name: NVIDIA A10G}
instance_types:
  r: row 4 48 192 40.5 1 true
  m: {accelerator: map, devices: 4, vcpus: 48, memory_gib: 192, network_gbps: 40.5, efa_devices: 1,
      gpudirect_rdma: true}
)");
    const auto catalogue = Catalogue::load({file.path});
    REQUIRE(catalogue);
    for (const char* name : {"row", "map"}) {
        const auto* accelerator = catalogue->accelerator(name);
        REQUIRE(accelerator != nullptr);
        CHECK(accelerator->model == name);
        CHECK(accelerator->name == "NVIDIA A10G");
        CHECK(accelerator->kind == hardware::DeviceKind::gpu);
        CHECK(accelerator->memory_gib == 22.35);
        CHECK(accelerator->usable_gib == 22.04);
        CHECK(accelerator->compute_capability == 86);
        CHECK(accelerator->bf16);
        CHECK_FALSE(accelerator->fp8);
        CHECK(accelerator->fabric == "pcie");
        CHECK(accelerator->ranks == 1);
        CHECK(accelerator->bf16_tflops == 70);
    }
    for (const char* name : {"r", "m"}) {
        const auto* instance = catalogue->instance(name);
        REQUIRE(instance != nullptr);
        CHECK(instance->devices == 4);
        CHECK(instance->vcpus == 48);
        CHECK(instance->memory_gib == 192);
        CHECK(instance->network_gbps == 40.5);
        CHECK(instance->efa_devices == 1);
        CHECK(instance->gpudirect_rdma);
    }
}

TEST_CASE("what a row leaves out or marks unknown keeps its default") {
    const HardwareFile file("accelerators: {x: gpu 96 - - true true - 1 - X}\n");
    const auto refused = Catalogue::load({file.path});
    REQUIRE_FALSE(refused);  // a fabric is a text or not there
    const HardwareFile good("accelerators: {x: gpu 96 - - true true pcie 1 - X}\ninstance_types: {i: x 8}\n");
    const auto catalogue = Catalogue::load({good.path});
    REQUIRE(catalogue);
    CHECK_FALSE(catalogue->accelerator("x")->usable_gib);
    CHECK_FALSE(catalogue->accelerator("x")->compute_capability);
    CHECK(catalogue->instance("i")->vcpus == 0);
    CHECK_FALSE(catalogue->instance("i")->gpudirect_rdma);
}

TEST_CASE("the ml prefix and case do not matter") {
    const HardwareFile file(base);
    const auto catalogue = Catalogue::load({file.path});
    REQUIRE(catalogue);
    CHECK(catalogue->instance("ml.G5.12xlarge") == catalogue->instance("g5.12xlarge"));
    CHECK(catalogue->instance("ml.G5.12xlarge") != nullptr);
    CHECK(catalogue->accelerator("A10G") != nullptr);
    CHECK(catalogue->instance("g5.13xlarge") == nullptr);
    CHECK(catalogue->instance("") == nullptr);
    CHECK(hardware::canonical_instance_name("ML.P5.48XLARGE") == "p5.48xlarge");
    CHECK(catalogue->instance_names() == std::vector<std::string>{"g5.12xlarge", "trn1.2xlarge"});
}

TEST_CASE("a later file adds entries and changes single fields") {
    const HardwareFile first(base);
    const HardwareFile site(R"(
instance_types:
  ml.G5.12xlarge: {network_gbps: 200}
  our-box: a10g 2
)");
    const auto catalogue = Catalogue::load({first.path, site.path});
    REQUIRE(catalogue);
    CHECK(catalogue->instance("g5.12xlarge")->network_gbps == 200);
    CHECK(catalogue->instance("g5.12xlarge")->devices == 4);
    CHECK(catalogue->instance("our-box")->devices == 2);
    CHECK(catalogue->instance_names().size() == 3);
}

TEST_CASE("a file of comments adds nothing") {
    const HardwareFile first(base), site("# nothing yet\n"), sections("accelerators:\ninstance_types:\n");
    CHECK(Catalogue::load({first.path, site.path, sections.path}));
}

TEST_CASE("what a hardware file may not say is refused at its line") {
    struct Case {
        const char* text;
        const char* key;
        int line;
        const char* says;
    };
    const Case cases[] = {
        {"gpus: {}", "gpus", 1, "no section gpus"},
        {"[]", "", 1, "a map, not a list"},
        {"instance_types: 3", "instance_types", 1, "a map, not an int"},
        {"instance_types:\n  x: {accelerator: a10g, devices: 2, gpus: 2}", "instance_types.x.gpus", 2, "no field gpus"},
        {"instance_types:\n  x: {accelerator: a10g, devices: two}", "instance_types.x", 2, "devices"},
        {"instance_types:\n  x: {accelerator: a10g, devices: 0}", "instance_types.x", 2, "1 to 1024"},
        {"instance_types:\n  x: {accelerator: a10g, devices: 2.0}", "instance_types.x", 2, "1 to 1024"},
        {"instance_types:\n  x: {devices: 2}", "instance_types.x", 2, "no accelerator"},
        {"instance_types:\n  x: a10g", "instance_types.x", 2, "no devices"},
        {"instance_types:\n  x: a10g 8 1 1 1 1 true more", "instance_types.x", 2, "true or false"},
        {"instance_types:\n  x: 8", "instance_types.x", 2, "a row or a map, not an int"},
        {"instance_types:\n  x: null", "instance_types.x", 2, "a row or a map, not null"},
        {"instance_types:\n  y: a10g 8\n  x: h900 8", "instance_types.x", 3,
         "no hardware file has the accelerator h900"},
        {"instance_types:\n  'a b': a10g 8", "instance_types", 2, "names are of"},
        {"accelerators:\n  x: {name: X, kind: tpu, memory_gib: 3, bf16: true, fp8: true}", "accelerators.x", 2,
         "gpu or neuron"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: -3, bf16: true, fp8: true}", "accelerators.x", 2,
         "above 0"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: .nan, bf16: true, fp8: true}", "accelerators.x", 2,
         "above 0"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, bf16: true, fp8: true, compute_capability: 860}",
         "accelerators.x", 2, "like 8.6"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, fp8: true, bf16: 1}", "accelerators.x", 2,
         "true or false"},
        {"accelerators:\n  x: {kind: gpu, memory_gib: 3, bf16: true, fp8: true}", "accelerators.x", 2, "no name"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, bf16: true}", "accelerators.x", 2, "no fp8"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        const Diagnostic diagnostic = problem_with(c.text);
        CHECK(diagnostic.code == "hardware.file");
        CHECK(diagnostic.key == c.key);
        CHECK(diagnostic.source.line == c.line);
        CHECK(diagnostic.source.name.find("hardware-test-") != std::string::npos);
        CHECK(diagnostic.message.contains(c.says));
    }
}

TEST_CASE("all problems of all files are reported together") {
    const HardwareFile first("accelerators: {x: 1}"), second("instance_types: {y: 1}\nz: 1");
    const auto catalogue = Catalogue::load({first.path, second.path});
    REQUIRE_FALSE(catalogue);
    CHECK(catalogue.error().size() == 3);
}

TEST_CASE("a file that is not there is a diagnostic") {
    const auto catalogue = Catalogue::load({"/nonexistent/hardware.yaml"});
    REQUIRE_FALSE(catalogue);
    const Diagnostic& diagnostic = catalogue.error().front();
    CHECK((diagnostic.source.name + diagnostic.message).contains("hardware.yaml"));
}
