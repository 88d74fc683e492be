// SPDX-License-Identifier: Apache-2.0
// What the fields of a site's hardware file may hold, up to their limits.
#include "catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "hardware/hardware.hpp"

using namespace recipe;
using hardware::Catalogue;

namespace {

/// "" or what is said of the file.
std::string message_of(const std::string& text) {
    const HardwareFile file(text);
    const auto catalogue = Catalogue::load({file.path});
    return catalogue ? std::string() : catalogue.error().front().message;
}

std::string accelerator_with(const std::string& field) {
    return message_of("accelerators: {a10g: {" + field + "}}");
}

std::string instance_with(const std::string& field) {
    return message_of("instance_types: {g5.xlarge: {" + field + "}}");
}

std::string profile_with(const std::string& field) {
    return message_of("profiles: {p: {instance_types: [x], environment: {}}}\n").empty()
               ? message_of("profiles: {p: {instance_types: [x], environment: {A: b}, " + field + "}}")
               : "the profile itself is refused";
}

std::string environment(const std::string& variable) {
    return message_of("profiles: {p: {instance_types: [x], environment: {" + variable + "}}}");
}

}  // namespace

TEST_CASE("a field takes what it is for, up to its limits") {
    const std::string name(64, 'n');
    for (const std::string& field :
         {std::string("memory_gib: 1000000"), std::string("memory_gib: 0.001"), std::string("usable_gib: 1000000"),
          std::string("usable_gib: ~"), std::string("bf16_tflops: 1.5"), std::string("compute_capability: 1"),
          std::string("compute_capability: 99.9"), std::string("compute_capability: ~"), std::string("ranks: 1"),
          std::string("ranks: 1024"), std::string("cores: 1024"), std::string("kind: neuron"),
          std::string("bf16: false"), "name: " + name, "fabric: " + name}) {
        INFO(field);
        CHECK(accelerator_with(field).empty());
    }
    for (const char* field : {"devices: 1", "devices: 1024", "vcpus: 0", "vcpus: 1000000", "vcpus: ~", "memory_gib: ~",
                              "memory_gib: 1000000", "network_gbps: 0", "network_gbps: ~", "network_gbps: 1000000",
                              "efa_devices: 0", "efa_devices: 1000000", "gpudirect_rdma: true", "accelerator: A10G"}) {
        INFO(field);
        CHECK(instance_with(field).empty());
    }
    for (const char* field : {"efa: true", "efa: false"}) CHECK(profile_with(field).empty());
    for (const char* variable : {"A: 1", "A: ''", "_: x", "a9_Z0: x", "A: -5", "'z': x", "A: 'true'"}) {
        INFO(variable);
        CHECK(environment(variable).empty());
    }
    CHECK(environment(name + ": x").empty());
    CHECK(message_of("accelerators: ~\ninstance_types: ~\nprofiles: ~\n").empty());
}

TEST_CASE("a field refuses what is beyond its limits, and says what it takes") {
    struct Case {
        std::string field;
        std::string expected;
    };
    const std::string long_name(65, 'n');
    const Case accelerators[] = {
        {"memory_gib: 1000000.1", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: 0", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: -1", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: .nan", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: .inf", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: ~", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"memory_gib: '8'", "memory_gib of accelerators.a10g is to be a number above 0"},
        {"usable_gib: 0", "usable_gib of accelerators.a10g is to be a number above 0, or null"},
        {"bf16_tflops: x", "bf16_tflops of accelerators.a10g is to be a number above 0, or null"},
        {"compute_capability: 0.9", "compute_capability of accelerators.a10g is to be a number like 8.6, or null"},
        {"compute_capability: 100", "compute_capability of accelerators.a10g is to be a number like 8.6, or null"},
        {"compute_capability: .nan", "compute_capability of accelerators.a10g is to be a number like 8.6, or null"},
        {"ranks: 0", "ranks of accelerators.a10g is to be an int from 1 to 1024"},
        {"ranks: 1025", "ranks of accelerators.a10g is to be an int from 1 to 1024"},
        {"cores: 1.5", "cores of accelerators.a10g is to be an int from 1 to 1024"},
        {"kind: tpu", "kind of accelerators.a10g is to be a kind that a hardware file has: gpu, amd, gaudi, neuron"},
        {"kind: 1", "kind of accelerators.a10g is to be a kind that a hardware file has: gpu, amd, gaudi, neuron"},
        {"bf16: 1", "bf16 of accelerators.a10g is to be true or false"},
        {"fp8: ~", "fp8 of accelerators.a10g is to be true or false"},
        {"name: ''", "name of accelerators.a10g is to be a text of at most 64 characters"},
        {"name: " + long_name, "name of accelerators.a10g is to be a text of at most 64 characters"},
        {"fabric: 1", "fabric of accelerators.a10g is to be a text of at most 64 characters"},
    };
    for (const auto& [field, expected] : accelerators) {
        INFO(field);
        CHECK(accelerator_with(field) == expected);
    }
    const Case instances[] = {
        {"devices: 0", "devices of instance_types.g5.xlarge is to be an int from 1 to 1024"},
        {"devices: 1025", "devices of instance_types.g5.xlarge is to be an int from 1 to 1024"},
        {"vcpus: -1", "vcpus of instance_types.g5.xlarge is to be an int, or null"},
        {"vcpus: 1000001", "vcpus of instance_types.g5.xlarge is to be an int, or null"},
        {"memory_gib: 0", "memory_gib of instance_types.g5.xlarge is to be a number above 0, or null"},
        {"network_gbps: -0.1", "network_gbps of instance_types.g5.xlarge is to be a number, or null"},
        {"network_gbps: 1000001", "network_gbps of instance_types.g5.xlarge is to be a number, or null"},
        {"efa_devices: -1", "efa_devices of instance_types.g5.xlarge is to be an int"},
        {"efa_devices: ~", "efa_devices of instance_types.g5.xlarge is to be an int"},
        {"gpudirect_rdma: yes please", "gpudirect_rdma of instance_types.g5.xlarge is to be true or false"},
        {"accelerator: 1", "accelerator of instance_types.g5.xlarge is to be the model of an accelerator"},
    };
    for (const auto& [field, expected] : instances) {
        INFO(field);
        CHECK(instance_with(field) == expected);
    }
    const std::string variables = "environment of profiles.p is to be a map of variables, each a text or an int";
    for (const std::string& variable :
         {std::string("A-B: x"), std::string("9A: x"), std::string("'': x"), std::string("A: ~"),
          std::string("A: true"), std::string("A: 1.5"), std::string("A: [x]"), std::string("1: x"),
          std::string("'A@': x"), std::string("'A[': x"), std::string("'A`': x"), std::string("'A{': x"),
          std::string("'A/': x"), std::string("'A:': x"), std::string("'\xC3\x84': x"), long_name + ": x",
          std::string("SLURM_JOB_ID: x"), std::string("PET_NNODES: x")}) {
        INFO(variable);
        CHECK(environment(variable) == variables);
    }
    CHECK(message_of("profiles: {p: {instance_types: [x], environment: [A]}}") == variables);
    for (const char* list : {"x", "[1]", "['']", "[[x]]", "~"})
        CHECK(message_of("profiles: {p: {environment: {}, instance_types: " + std::string(list) + "}}") ==
              "instance_types of profiles.p is to be a list of patterns of instance types");
}

TEST_CASE("an entry's name is of few characters, and not too long") {
    const auto named = [](const std::string& name) {
        return message_of("instance_types: {'" + name + "': {accelerator: a10g, devices: 1}}");
    };
    for (const std::string& name : {std::string("a"), std::string("z9.0-a_9"), std::string("0"), std::string("9"),
                                    std::string("AZ"), std::string(64, 'n')}) {
        INFO(name);
        CHECK(named(name).empty());
    }
    for (const std::string& name :
         {std::string(), std::string("a b"), std::string("a/b"), std::string("a:b"), std::string("a*"),
          std::string("`"), std::string("{"), std::string("\xC3\xA4"), std::string(65, 'n')}) {
        INFO(name);
        CHECK(named(name) == "names are of letters, digits, dots, dashes and underscores");
    }
}
