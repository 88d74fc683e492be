// SPDX-License-Identifier: Apache-2.0
// Runs the corpus through the recipe engine and prints, file by file, how many cases agree.
#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/override/override_ast.hpp"
#include "expected_value.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace recipe;
using config::Value;
namespace fs = std::filesystem;

namespace {

constexpr int skipped = 77;

/// Cases whose result depends on time or host, which we refuse on purpose.
const std::set<std::string> exempt = {"res-now", "res-python-version"};

struct Tally {
    std::string name;
    int agree = 0;
    int total = 0;
    int exempted = 0;

    void count(bool same, const std::string& what, const std::string& expected, const std::string& actual) {
        ++total;
        if (same) {
            ++agree;
        } else {
            fmt::print("  {}: {}\n    expected {}\n    found    {}\n", name, what, expected, actual);
        }
    }
};

std::vector<Value> read_lines(const fs::path& file) {
    std::ifstream stream(file);
    std::vector<Value> lines;
    for (std::string line; std::getline(stream, line);) {
        auto value = config::from_json(line, line.size());
        if (value) {
            lines.push_back(std::move(*value));
        } else {
            fmt::print("{}: cannot read: {}\n", file.string(), line);
        }
    }
    return lines;
}

const std::string& text(const Value& line, std::string_view key) {
    static const std::string none;
    const Value* value = line.find(key);
    return value && value->is_string() ? *value->as_string() : none;
}

bool is_ok(const Value& line) {
    return line.find("ok")->as_bool().value_or(false);
}

std::string first_message(const Diagnostics& problems) {
    return problems.empty() ? "refused" : "refused: " + problems.front().message;
}

// --- overrides as texts --------------------------------------------------------------------------------------------

Value encode(const config::Element& element) {
    switch (element.kind) {
        case config::Element::Kind::scalar: {
            if (element.quote == 0) return element.scalar;
            Value quoted = Value::map();
            quoted.set(Value::string("quoted"), element.scalar);
            quoted.set(Value::string("quote"), Value::string(element.quote == '\'' ? "single" : "double"));
            return quoted;
        }
        case config::Element::Kind::list: {
            Value list = Value::list();
            for (const config::Element& item : element.items) list.push_back(encode(item));
            return list;
        }
        case config::Element::Kind::map: {
            Value map = Value::map();
            for (const auto& [key, value] : element.entries) map.set(key, encode(value));
            return map;
        }
        case config::Element::Kind::sweep:
            break;
    }
    return {};
}

std::string value_type(const config::Element& element) {
    if (element.kind != config::Element::Kind::sweep) return "ELEMENT";
    switch (element.sweep->kind) {
        case config::Sweep::Kind::choice:
            return "CHOICE_SWEEP";
        case config::Sweep::Kind::simple_choice:
            return "SIMPLE_CHOICE_SWEEP";
        case config::Sweep::Kind::range:
            return "RANGE_SWEEP";
        case config::Sweep::Kind::interval:
            return "INTERVAL_SWEEP";
        case config::Sweep::Kind::glob:
            return "GLOB_CHOICE_SWEEP";
    }
    return "";
}

Value describe_override(const config::ParsedOverride& parsed) {
    constexpr const char* types[] = {"CHANGE", "ADD", "FORCE_ADD", "DEL"};
    Value result = Value::map();
    result.set(Value::string("type"), Value::string(types[static_cast<int>(parsed.type)]));
    result.set(Value::string("key"), Value::string(parsed.key));
    result.set(Value::string("package"), parsed.package ? Value::string(*parsed.package) : Value::null());
    result.set(Value::string("value_type"), parsed.value ? Value::string(value_type(*parsed.value)) : Value::null());
    if (parsed.value && parsed.value->kind != config::Element::Kind::sweep)
        result.set(Value::string("value"), encode(*parsed.value));
    return result;
}

Tally check_overrides(const fs::path& corpus) {
    Tally tally{"grammar/hydra_override.jsonl"};
    for (const Value& line : read_lines(corpus / "grammar" / "hydra_override.jsonl")) {
        const std::string& input = text(line, "input");
        const auto parsed = config::parse_override({input, "corpus"});
        if (!is_ok(line) || !parsed) {
            tally.count(is_ok(line) == parsed.has_value(), input, is_ok(line) ? "accepted" : "refused",
                        parsed ? config::to_json(describe_override(*parsed)) : first_message(parsed.error()));
            continue;
        }
        Value expected = Value::map();
        for (const char* key : {"type", "key", "package", "value_type"})
            expected.set(Value::string(key), *line.find(key));
        const std::string& type = text(line, "value_type");
        if (type == "ELEMENT") expected.set(Value::string("value"), conformance::decode(*line.find("value")));
        const Value actual = describe_override(*parsed);
        tally.count(actual == expected, input, config::to_json(expected), config::to_json(actual));
    }
    return tally;
}

// --- interpolations ------------------------------------------------------------------------------------------------

Tally check_interpolations(const fs::path& corpus) {
    Tally tally{"grammar/omegaconf_value.jsonl"};
    const config::Environment environment{{"ORACLE_SET", "from-env"}, {"ORACLE_INT", "007"}};
    const std::vector<Value> lines = read_lines(corpus / "grammar" / "omegaconf_value.jsonl");
    if (lines.empty()) return tally;
    const Value& base = *lines.front().find("base");
    for (std::size_t i = 1; i < lines.size(); ++i) {
        Value root = base;
        const std::string& input = text(lines[i], "input");
        root.set(Value::string("v"), *lines[i].find("input"));
        Diagnostics notes;
        auto resolved = config::Resolver(root, {.environment = &environment, .hydra = {}}).resolve_all(notes);
        if (!is_ok(lines[i]) || !resolved) {
            tally.count(is_ok(lines[i]) == resolved.has_value(), input, is_ok(lines[i]) ? "accepted" : "refused",
                        resolved ? config::to_json(*resolved->find("v")) : first_message(resolved.error()));
            continue;
        }
        const Value expected = conformance::decode(*lines[i].find("value"));
        tally.count(*resolved->find("v") == expected, input, config::to_json(expected),
                    config::to_json(*resolved->find("v")));
    }
    return tally;
}

// --- YAML ----------------------------------------------------------------------------------------------------------

Tally check_yaml_scalars(const fs::path& corpus) {
    Tally tally{"grammar/yaml_scalar.jsonl"};
    for (const Value& line : read_lines(corpus / "grammar" / "yaml_scalar.jsonl")) {
        const std::string& input = text(line, "input");
        auto parsed = config::parse_yaml("x: " + input + "\n", "corpus");
        if (!is_ok(line) || !parsed) {
            tally.count(is_ok(line) == parsed.has_value(), input, is_ok(line) ? "accepted" : "refused",
                        parsed ? config::to_json(*parsed) : first_message(parsed.error()));
            continue;
        }
        const Value expected = conformance::decode(*line.find("value"));
        const Value* actual = parsed->find("x");
        const bool same = actual && *actual == expected && config::to_yaml(*parsed) == text(line, "to_yaml");
        tally.count(same, input, config::to_json(expected) + " " + text(line, "to_yaml"),
                    config::to_json(*parsed) + " " + config::to_yaml(*parsed));
    }
    return tally;
}

Tally check_formats(const fs::path& corpus) {
    Tally tally{"grammar/format.jsonl"};
    for (const Value& line : read_lines(corpus / "grammar" / "format.jsonl")) {
        const Value value = conformance::decode(*line.find("value"));
        Value map = Value::map();
        map.set(Value::string("x"), value);
        const std::string yaml = config::to_yaml(map);
        const std::string in_string = "[" + config::to_python_text(value) + "]";
        const bool same =
            yaml == text(line, "to_yaml") && (!line.find("in_string") || in_string == text(line, "in_string"));
        tally.count(same, config::to_json(*line.find("value")), text(line, "to_yaml") + text(line, "in_string"),
                    yaml + in_string);
    }
    return tally;
}

// --- whole compositions --------------------------------------------------------------------------------------------

Tally check_cases(const fs::path& corpus) {
    Tally tally{"expected/cases.jsonl"};
    for (const Value& line : read_lines(corpus / "expected" / "cases.jsonl")) {
        const std::string id = line.find("id") ? text(line, "id") : text(line, "recipe");
        config::ComposeRequest request;
        request.collections = {corpus / "hyperpod-v1.0.1" / "recipes_collection"};
        request.environment = {{"ORACLE_SET", "from-env"}, {"ORACLE_INT", "007"}};
        request.working_directory = "/";
        for (const Value& override : line.find("overrides")->items())
            request.overrides.push_back({*override.as_string(), "override"});
        const auto resolved = config::compose(request);
        const bool needs_alias = !is_ok(line) && text(line, "error").find("'training.") != std::string::npos;
        if (exempt.contains(id) || needs_alias) {
            ++tally.exempted;
            if (needs_alias && !resolved)
                tally.count(false, id, "accepted, since `training` stands for `recipes`",
                            first_message(resolved.error()));
            continue;
        }
        if (!is_ok(line) || !resolved) {
            tally.count(is_ok(line) == resolved.has_value(), id, is_ok(line) ? "accepted" : "refused",
                        resolved ? "accepted" : first_message(resolved.error()));
            continue;
        }
        Value expected;
        if (const Value* inline_value = line.find("resolved")) {
            expected = *inline_value;
        } else {
            std::ifstream stream(corpus / "expected" / text(line, "file"));
            std::stringstream content;
            content << stream.rdbuf();
            expected = config::from_json(content.str(), content.str().size()).value_or(Value{});
        }
        expected = conformance::decode(expected);
        const Value* recipes = resolved->root.find("recipes");
        const Value actual = recipes ? conformance::with_string_keys(*recipes) : Value{};
        tally.count(actual == expected, id, config::to_json(expected), config::to_json(actual));
    }
    return tally;
}

}  // namespace

int main() {
    const char* given = std::getenv("RECIPE_CORPUS");
    const fs::path corpus = given ? fs::path(given) : fs::path(RECIPE_SOURCE_DIR) / ".." / "shared" / "corpus";
    if (!fs::is_directory(corpus / "grammar")) {
        fmt::print("skipped: there is no corpus at {}; RECIPE_CORPUS names another place\n",
                   corpus.lexically_normal().string());
        return skipped;
    }
    bool all = true;
    for (const Tally& tally : {check_overrides(corpus), check_interpolations(corpus), check_yaml_scalars(corpus),
                               check_formats(corpus), check_cases(corpus)}) {
        fmt::print("{}: {} of {} agree{}\n", tally.name, tally.agree, tally.total,
                   tally.exempted > 0 ? fmt::format(", {} exempt", tally.exempted) : "");
        all = all && tally.agree == tally.total;
    }
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
