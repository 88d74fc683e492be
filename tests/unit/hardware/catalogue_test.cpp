// SPDX-License-Identifier: Apache-2.0
// What a site's hardware files add to the installed catalogue, and what they may not say.
#include "catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "hardware/hardware.hpp"

using namespace recipe;
using hardware::Catalogue;

namespace {

Catalogue catalogue_of(std::string_view text) {
    const HardwareFile file(text);
    auto catalogue = Catalogue::load({file.path});
    if (!catalogue) FAIL(catalogue.error().front().message);
    return std::move(*catalogue);
}

/// The one diagnostic about a site's file.
Diagnostic problem_with(std::string_view text) {
    const HardwareFile file(text);
    const auto catalogue = Catalogue::load({file.path});
    REQUIRE_FALSE(catalogue);
    REQUIRE(catalogue.error().size() == 1);
    CHECK(catalogue.error().front().severity == Severity::error);
    return catalogue.error().front();
}

}  // namespace

TEST_CASE("an entry has the fields that its file gives") {
    const Catalogue catalogue = catalogue_of(R"(
accelerators:
  x1: {name: Maker X1, kind: gpu, memory_gib: 22.35, usable_gib: 22.04, compute_capability: 8.6, bf16: true, fp8: false,
       fabric: pcie, bf16_tflops: 70}
  n1: {name: Maker N1, kind: neuron, memory_gib: 96, bf16: true, fp8: true, ranks: 4, cores: 8}
instance_types:
  box: {accelerator: x1, devices: 4, vcpus: 48, memory_gib: 192, network_gbps: 40.5, efa_devices: 1,
        gpudirect_rdma: true}
)");
    const auto* gpu = catalogue.accelerator("x1");
    REQUIRE(gpu != nullptr);
    CHECK(gpu->model == "x1");
    CHECK(gpu->name == "Maker X1");
    CHECK(gpu->kind == hardware::DeviceKind::gpu);
    CHECK(gpu->memory_gib == 22.35);
    CHECK(gpu->usable_gib == 22.04);
    CHECK(gpu->compute_capability == 86);
    CHECK(gpu->bf16);
    CHECK_FALSE(gpu->fp8);
    CHECK(gpu->fabric == "pcie");
    CHECK(gpu->ranks == 1);
    CHECK(gpu->cores == 1);
    CHECK(gpu->bf16_tflops == 70.0);
    const auto* neuron = catalogue.accelerator("n1");
    REQUIRE(neuron != nullptr);
    CHECK(neuron->kind == hardware::DeviceKind::neuron);
    CHECK(neuron->ranks == 4);
    CHECK(neuron->cores == 8);
    const auto* instance = catalogue.instance("box");
    REQUIRE(instance != nullptr);
    CHECK(instance->name == "box");
    CHECK(instance->accelerator == "x1");
    CHECK(instance->devices == 4);
    CHECK(instance->vcpus == 48);
    CHECK(instance->memory_gib == 192);
    CHECK(instance->network_gbps == 40.5);
    CHECK(instance->efa_devices == 1);
    CHECK(instance->gpudirect_rdma);
}

TEST_CASE("what an entry leaves out or has as null keeps its default") {
    const Catalogue catalogue = catalogue_of(
        "accelerators: {x: {name: X, kind: gpu, memory_gib: 96, bf16: true, fp8: true, usable_gib: null}}\n"
        "instance_types: {i: {accelerator: x, devices: 8, vcpus: null}}\n");
    CHECK_FALSE(catalogue.accelerator("x")->usable_gib);
    CHECK_FALSE(catalogue.accelerator("x")->compute_capability);
    CHECK_FALSE(catalogue.accelerator("x")->bf16_tflops);
    CHECK(catalogue.accelerator("x")->fabric.empty());
    CHECK(catalogue.instance("i")->vcpus == 0);
    CHECK(catalogue.instance("i")->memory_gib == 0);
    CHECK_FALSE(catalogue.instance("i")->gpudirect_rdma);
}

TEST_CASE("the ml prefix and case do not matter") {
    const Catalogue catalogue = catalogue_of("instance_types: {ML.Our-Box: {accelerator: A10G, devices: 2}}");
    CHECK(catalogue.instance("ml.G5.12xlarge") == catalogue.instance("g5.12xlarge"));
    CHECK(catalogue.instance("ml.G5.12xlarge") != nullptr);
    CHECK(catalogue.accelerator("A10G") != nullptr);
    CHECK(catalogue.instance("our-box") != nullptr);
    CHECK(catalogue.instance("our-box") == catalogue.instance("ml.OUR-BOX"));
    CHECK(catalogue.instance("our-box")->accelerator == "a10g");
    CHECK(catalogue.instance("g5.13xlarge") == nullptr);
    CHECK(catalogue.instance("") == nullptr);
    CHECK(hardware::canonical_instance_name("ML.P5.48XLARGE") == "p5.48xlarge");
}

TEST_CASE("a site's file adds entries to the installed ones and changes single fields of them") {
    const Catalogue catalogue = catalogue_of(R"(
instance_types:
  ml.G5.12xlarge: {network_gbps: 200}
  our-box: {accelerator: a10g, devices: 2}
)");
    const Catalogue installed;
    CHECK(installed.instance("g5.12xlarge")->network_gbps == 40);
    CHECK(catalogue.instance("g5.12xlarge")->network_gbps == 200);
    CHECK(catalogue.instance("g5.12xlarge")->devices == 4);
    CHECK(catalogue.instance("g5.48xlarge") == installed.instance("g5.48xlarge"));
    CHECK(catalogue.instance("our-box")->devices == 2);
    CHECK(installed.instance("our-box") == nullptr);

    std::vector<std::string> names = installed.instance_names();
    names.emplace_back("our-box");
    std::ranges::sort(names);
    CHECK(catalogue.instance_names() == names);
}

TEST_CASE("of two files the later one wins, and may name what the earlier one has") {
    const HardwareFile first("accelerators: {x: {name: X, kind: gpu, memory_gib: 8, bf16: true, fp8: false}}");
    const HardwareFile second(
        "accelerators: {x: {fp8: true}}\ninstance_types: {box: {accelerator: x, devices: 1}, g5.xlarge: {accelerator: "
        "x}}");
    const auto catalogue = Catalogue::load({first.path, second.path});
    REQUIRE(catalogue);
    CHECK(catalogue->accelerator("x")->fp8);
    CHECK(catalogue->accelerator("x")->memory_gib == 8);
    CHECK(catalogue->instance("box")->accelerator == "x");
    CHECK(catalogue->instance("g5.xlarge")->accelerator == "x");
    CHECK(catalogue->instance("g5.xlarge")->vcpus == 4);
}

TEST_CASE("a copy of a catalogue outlives the one that read the file") {
    std::optional<Catalogue> copy;
    {
        const Catalogue catalogue = catalogue_of(
            "instance_types: {a-machine-with-a-long-name: {accelerator: a10g, devices: 2}}\n"
            "profiles: {a-profile-with-a-long-name: {instance_types: [a-machine-*], environment: {SOME_LONG_VARIABLE: "
            "some long value of it}}}");
        copy = catalogue;
    }
    const auto* instance = copy->instance("a-machine-with-a-long-name");
    REQUIRE(instance != nullptr);
    CHECK(instance->name == "a-machine-with-a-long-name");
    CHECK(copy->environment_of(*instance) ==
          std::vector<std::pair<std::string, std::string>>{{"SOME_LONG_VARIABLE", "some long value of it"}});
}

TEST_CASE("a profile is changed by its name, or switched off") {
    const Catalogue catalogue = catalogue_of(R"(
profiles:
  efa: {environment: {}}
  shared-memory: {environment: {NCCL_SHM_USE_CUDA_MEMCPY: 0}}
  a: {instance_types: [p5.*], environment: {NCCL_SOCKET_IFNAME: eth0}}
)");
    using Environment = std::vector<std::pair<std::string, std::string>>;
    CHECK(catalogue.environment_of(*catalogue.instance("p5.48xlarge")) == Environment{{"NCCL_SOCKET_IFNAME", "eth0"}});
    CHECK(catalogue.environment_of(*catalogue.instance("g5.48xlarge")) ==
          Environment{{"NCCL_SHM_USE_CUDA_MEMCPY", "0"}, {"NCCL_SOCKET_IFNAME", "^lo,docker,veth"}});
    CHECK(catalogue.profiles_of(*catalogue.instance("g5.48xlarge")).size() == 3);
}

TEST_CASE("a file of comments adds nothing") {
    const HardwareFile comments("# nothing yet\n"), sections("accelerators:\ninstance_types:\n");
    const auto catalogue = Catalogue::load({comments.path, sections.path});
    REQUIRE(catalogue);
    CHECK(catalogue->instances() == Catalogue().instances());
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
        {"instance_types:\n  x: {accelerator: a10g}", "instance_types.x", 2, "no devices"},
        {"instance_types:\n  x: {accelerator: a10g, devices: 8, gpudirect_rdma: maybe}", "instance_types.x", 2,
         "true or false"},
        {"instance_types:\n  x: a10g 8", "instance_types.x", 2, "a map, not a string"},
        {"instance_types:\n  x: null", "instance_types.x", 2, "a map, not null"},
        {"instance_types:\n  y: {accelerator: a10g, devices: 8}\n  x: {accelerator: h900, devices: 8}",
         "instance_types.x", 3, "no hardware file has the accelerator h900"},
        {"instance_types:\n  g5.xlarge: {accelerator: h900}", "instance_types.g5.xlarge", 2, "h900"},
        {"instance_types:\n  'a b': {accelerator: a10g, devices: 8}", "instance_types", 2, "names are of"},
        {"accelerators:\n  x: {name: X, kind: tpu, memory_gib: 3, bf16: true, fp8: true}", "accelerators.x", 2,
         "a kind that a hardware file has"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: -3, bf16: true, fp8: true}", "accelerators.x", 2,
         "above 0"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: .nan, bf16: true, fp8: true}", "accelerators.x", 2,
         "above 0"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, bf16: true, fp8: true, compute_capability: 860}",
         "accelerators.x", 2, "like 8.6"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, bf16: true, fp8: true, fabric: null}",
         "accelerators.x", 2, "a text"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, fp8: true, bf16: 1}", "accelerators.x", 2,
         "true or false"},
        {"accelerators:\n  x: {kind: gpu, memory_gib: 3, bf16: true, fp8: true}", "accelerators.x", 2, "no name"},
        {"accelerators:\n  x: {name: X, kind: gpu, memory_gib: 3, bf16: true}", "accelerators.x", 2, "no fp8"},
        {"profiles:\n  x: {instance_types: p5.*, environment: {}}", "profiles.x", 2, "a list of patterns"},
        {"profiles:\n  x: {instance_types: [p5.*], environment: {A: 1.5}}", "profiles.x", 2, "a text or an int"},
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
