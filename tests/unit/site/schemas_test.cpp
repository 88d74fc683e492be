// SPDX-License-Identifier: Apache-2.0
// The files of etc/ are what their schemas say, and the loaders agree with the schemas.
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "config/yaml/yaml.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "memory/memory.hpp"
#include "models/models.hpp"
#include "site/site.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <fstream>

namespace recipe {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

/// What is wrong with a YAML text by a schema of etc/, joined; empty when nothing is.
std::string wrong_by(const std::string& schema_name, const config::Value& document) {
    std::ifstream file(source_file("etc/") + schema_name);
    const nlohmann::json schema_document = nlohmann::json::parse(file);
    valijson::Schema schema;
    valijson::SchemaParser().populateSchema(Adapter(schema_document), schema);
    const nlohmann::json json = nlohmann::json::parse(config::to_json(document));
    valijson::ValidationResults results;
    valijson::Validator validator;
    if (validator.validate(schema, Adapter(json), &results)) return {};
    std::string text;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
        for (const std::string& part : error.context) text += part;
        text += ": " + error.description + '\n';
    }
    return text.empty() ? "not valid" : text;
}

std::string wrong_by(const std::string& schema_name, std::string_view yaml) {
    const auto parsed = config::parse_yaml(yaml, "test.yaml");
    REQUIRE(parsed);
    return wrong_by(schema_name, *parsed);
}

}  // namespace

TEST_CASE("the shipped files are what their schemas ask for") {
    for (const auto& [file, schema] :
         {std::pair{"hardware.yaml", "hardware.schema.json"}, std::pair{"families.yaml", "families.schema.json"},
          std::pair{"models.yaml", "models.schema.json"}, std::pair{"keys.yaml", "keys.schema.json"},
          std::pair{"recipe.yaml", "recipe.schema.json"}}) {
        INFO(file);
        const auto document = config::load_yaml(source_file("etc/") + file);
        REQUIRE(document);
        CHECK(wrong_by(schema, *document) == "");
    }
}

TEST_CASE("the hardware schema and the loader refuse the same") {
    for (const std::string_view text :
         {"accelerators: {x: {kind: gpu, memory_gib: 96, usable_gib: null, compute_capability: 8.6, bf16: true, fp8: "
          "false, "
          "fabric: pcie, name: X}}",
          "accelerators: {x: {kind: neuron, memory_gib: 96, bf16: true, fp8: false, ranks: 4, cores: 8, name: X}}",
          "{}", "# nothing", "instance_types: null", "instance_types: {g5.xlarge: {vcpus: null, network_gbps: 0}}",
          "profiles: {mine: {instance_types: [p5*], efa: true, environment: {A: 1, B: two}}}"}) {
        INFO(text);
        CHECK(wrong_by("hardware.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(hardware::Catalogue::load({file.path}));
    }
    for (const std::string_view text : {"accelerators: []",
                                        "accelerators: {x: {kind: 3}}",
                                        "kinds: {x: {counted_as: tpu}}",
                                        "kinds: {x: {visible: A}}",
                                        "accelerators: {x: {cores: 0}}",
                                        "accelerators: {x: gpu}",
                                        "accelerators: {x: {compute_capability: 860}}",
                                        "accelerators: {x: {memory_gib: 0}}",
                                        "accelerators: {x: {name: ''}}",
                                        "accelerators: {x: {fabric: null}}",
                                        "machines: {}",
                                        "instance_types: {x: {colour: red}}",
                                        "instance_types: {x: h100 8}",
                                        "instance_types: {x: {devices: 2.5}}",
                                        "instance_types: {x: {vcpus: -1}}",
                                        "instance_types: {x: null}",
                                        "profiles: {x: {environment: {A-B: 1}}}",
                                        "profiles: {x: {instance_types: p5*}}",
                                        "profiles: {x: p5}",
                                        "instance_types: {'a b': {devices: 8}}"}) {
        INFO(text);
        CHECK(wrong_by("hardware.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(hardware::Catalogue::load({file.path}));
    }
}

TEST_CASE("the models schema and the loader agree") {
    for (const std::string_view text :
         {"models: {}", "# nothing", "models: {llama-3.1-8b: {layers: 3, weights: fp8, tied_embeddings: true}}",
          "models: {x: {ids: [a/x], hidden: 1, layers: 1, heads: 1, kv_heads: 1, head_dim: 1, ffn: 0, vocab: 1}}"}) {
        INFO(text);
        CHECK(wrong_by("models.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(models::Catalogue::load({file.path}));
    }
    for (const std::string_view text :
         {"models: []", "other: {}", "{}", "models: {'a b': {}}", "models: {llama-3.1-8b: 3}",
          "models: {llama-3.1-8b: {ids: []}}", "models: {llama-3.1-8b: {ids: a/b}}",
          "models: {llama-3.1-8b: {colour: red}}", "models: {llama-3.1-8b: {layers: 0}}",
          "models: {llama-3.1-8b: {layers: 1.5}}", "models: {llama-3.1-8b: {experts: -1}}",
          "models: {llama-3.1-8b: {vocab: 16777217}}", "models: {llama-3.1-8b: {weights: int8}}",
          "models: {llama-3.1-8b: {source: ''}}", "models: {llama-3.1-8b: {gated_ffn: 1}}"}) {
        INFO(text);
        CHECK(wrong_by("models.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(models::Catalogue::load({file.path}));
    }
}

TEST_CASE("the families schema and the loader agree") {
    for (const std::string_view text :
         {"families: {}", "# nothing", "families: {x: {}}",
          "families: {x: {title: X, like: hf, root: a.b, devices: gpu}}",
          "families: {x: {when: [{path: a}, {path: b, equals: c}, {path: d, is_map: true}]}}",
          "families: {x: {when: []}}",
          "families: {x: {keys: {tensor: a.b, shard: [a, b], expert: null, context: {path: [a, b], default: true}}}}",
          "families: {x: {code: null}}",
          "families: {x: {code: {repository: a, branch: b, entries: [{program: c, folder: d, word: e}]}}}",
          "families: {x: {memory: {loss: bf16, below: 0.25, norm: {value: eager, if: {smp: fused, tensor: "
          "eager}}}}}"}) {
        INFO(text);
        CHECK(wrong_by("families.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(family::Families::load({file.path}));
    }
    for (const std::string_view text : {"families: {x: {layout: square}}",
                                        "families: {x: {devices: tpu}}",
                                        "families: {x: {colour: red}}",
                                        "families: {x: {keys: 3}}",
                                        "families: []",
                                        "other: {}",
                                        "families: {x: {keys: {tensr: a}}}",
                                        "families: {x: {keys: {tensor: []}}}",
                                        "families: {x: {keys: {tensor: a..b}}}",
                                        "families: {x: {keys: {tensor: {default: 1}}}}",
                                        "families: {x: {keys: {tensor: {path: a, default: 1.5}}}}",
                                        "families: {x: {when: a}}",
                                        "families: {x: {when: [a]}}",
                                        "families: {x: {when: [{equals: a}]}}",
                                        "families: {x: {when: [{path: a, is_map: false}]}}",
                                        "families: {x: {when: [{path: a, equals: b, starts_with: c}]}}",
                                        "families: {x: {code: git}}",
                                        "families: {x: {code: {repository: a}}}",
                                        "families: {x: {code: {entries: [{folder: a}]}}}",
                                        "families: {x: {memory: {los: fp32}}}",
                                        "families: {x: {memory: {loss: {value: fp32}}}}",
                                        "families: {x: {memory: {loss: {if: {tensr: fp32}}}}}",
                                        "families: {x: {title: ''}}",
                                        "families: {'a b': {}}"}) {
        INFO(text);
        CHECK(wrong_by("families.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(family::Families::load({file.path}));
    }
}

TEST_CASE("the families schema has every key and every assumption") {
    for (std::size_t index = 0; index < family::key_count; ++index) {
        const std::string_view key = name_of(static_cast<family::Key>(index));
        INFO(key);
        CHECK(wrong_by("families.schema.json", fmt::format("families: {{x: {{keys: {{{}: a}}}}}}", key)) == "");
        CHECK(wrong_by("families.schema.json",
                       fmt::format("families: {{x: {{memory: {{loss: {{if: {{{}: bf16}}}}}}}}}}", key)) == "");
    }
    // What the memory model takes for each, the schema takes.
    for (const auto& [name, value] : memory::describe(memory::Assumptions{.loss = memory::Loss::chunked})) {
        INFO(name);
        CHECK(wrong_by("families.schema.json", fmt::format("families: {{x: {{memory: {{{}: {}}}}}}}", name, value)) ==
              "");
    }
}

TEST_CASE("the schema of site settings and the loader agree") {
    for (const std::string_view text :
         {"collections: [/fsx]", "severities: {precision.fp8: off, paths.none: error}", "# nothing",
          "rendezvous: {first_port: 25000, last_port: 26000}", "user_site: true", "policy: {operators: [ada]}"}) {
        INFO(text);
        CHECK(wrong_by("recipe.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(site::load(file.path));
    }
    for (const std::string_view text :
         {"collections: [fsx]", "severities: {precision.fp8: loud}", "colour: red", "rendezvous: {first_port: 1}",
          "user_site: 1", "policy: {operators: ada}", "[]"}) {
        INFO(text);
        CHECK(wrong_by("recipe.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(site::load(file.path));
    }
}

}  // namespace recipe
