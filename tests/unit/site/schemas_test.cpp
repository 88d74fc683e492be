// SPDX-License-Identifier: Apache-2.0
// The files of etc/ are what their schemas say, and the loaders agree with the schemas.
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "config/yaml/yaml.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "site/site.hpp"
#include "source_file.hpp"

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
          std::pair{"recipe.yaml", "recipe.schema.json"}}) {
        INFO(file);
        const auto document = config::load_yaml(source_file("etc/") + file);
        REQUIRE(document);
        CHECK(wrong_by(schema, *document) == "");
    }
}

TEST_CASE("the hardware schema and the loader refuse the same") {
    for (const std::string_view text :
         {"accelerators: {x: gpu 96 - - true true pcie 1 - X}",
          "accelerators: {x: {kind: neuron, memory_gib: 96, bf16: true, "
          "fp8: false, ranks: 4, cores: 8, name: X}}",
          "{}", "profiles: {mine: {instance_types: [p5*], efa: true, environment: {A: 1, B: two}}}"}) {
        INFO(text);
        CHECK(wrong_by("hardware.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(hardware::Catalogue::load({file.path}));
    }
    for (const std::string_view text :
         {"accelerators: []", "accelerators: {x: {kind: tpu}}", "accelerators: {x: {cores: 0}}",
          "accelerators: {x: gpu}", "machines: {}", "instance_types: {x: {colour: red}}",
          "profiles: {x: {environment: {A-B: 1}}}", "profiles: {x: {instance_types: p5*}}", "profiles: {x: p5}",
          "instance_types: {'a b': h100 8}"}) {
        INFO(text);
        CHECK(wrong_by("hardware.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(hardware::Catalogue::load({file.path}));
    }
}

TEST_CASE("the families schema and the loader refuse the same") {
    for (const std::string_view text :
         {"families: {x: {layout: square}}", "families: {x: {devices: tpu}}", "families: {x: {colour: red}}",
          "families: {x: {keys: 3}}", "families: []", "other: {}"}) {
        INFO(text);
        CHECK(wrong_by("families.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(family::Families::load({file.path}));
    }
}

TEST_CASE("the schema of site settings and the loader agree") {
    for (const std::string_view text : {"collections: [/fsx]", "severities: {precision.fp8: off, paths.none: error}",
                                        "# nothing", "rendezvous: {first_port: 25000, last_port: 26000}"}) {
        INFO(text);
        CHECK(wrong_by("recipe.schema.json", text) == "");
        const HardwareFile file(text);
        CHECK(site::load(file.path));
    }
    for (const std::string_view text :
         {"collections: [fsx]", "severities: {precision.fp8: loud}", "colour: red", "rendezvous: {first_port: 1}"}) {
        INFO(text);
        CHECK(wrong_by("recipe.schema.json", text) != "");
        const HardwareFile file(text);
        CHECK_FALSE(site::load(file.path));
    }
}

}  // namespace recipe
