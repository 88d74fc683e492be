// SPDX-License-Identifier: Apache-2.0
// What the recipe engine makes of a case, in a notation that Python's side writes as well.
#include "answers.hpp"

#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/override/override_ast.hpp"
#include "diagnostic/codes/compose.hpp"

#include <string>

namespace recipe::property {

using config::Value;

namespace {

Value text(std::string content) {
    return Value::string(std::move(content));
}

/// A value as JSON that tells all types apart: ["i", "1"], ["f", "1.0"], ["m", [[key, value], ...]].
Value typed(const Value& value) {
    using Kind = Value::Kind;
    switch (value.kind()) {
        case Kind::null:
            return Value::list({text("n")});
        case Kind::boolean:
            return Value::list({text("b"), value});
        case Kind::integer:
            return Value::list({text("i"), text(value.as_integer()->to_string())});
        case Kind::floating:
            return Value::list({text("f"), text(config::to_python_text(value))});
        case Kind::string:
            return Value::list({text("s"), value});
        case Kind::list: {
            Value items = Value::list();
            for (const Value& item : value.items()) items.push_back(typed(item));
            return Value::list({text("l"), std::move(items)});
        }
        case Kind::map: {
            Value pairs = Value::list();
            for (const config::Entry& entry : value.entries())
                pairs.push_back(Value::list({typed(entry.key), typed(entry.value)}));
            return Value::list({text("m"), std::move(pairs)});
        }
    }
    return {};
}

/// The same for an element of the override grammar, where quotes count, too.
Value typed(const config::Element& element) {
    using Kind = config::Element::Kind;
    switch (element.kind) {
        case Kind::scalar:
            return element.quote == 0 ? typed(element.scalar)
                                      : Value::list({text(element.quote == '\'' ? "q'" : "q\""), element.scalar});
        case Kind::list: {
            Value items = Value::list();
            for (const config::Element& item : element.items) items.push_back(typed(item));
            return Value::list({text("l"), std::move(items)});
        }
        case Kind::map: {
            Value pairs = Value::list();
            for (const auto& [key, value] : element.entries) pairs.push_back(Value::list({typed(key), typed(value)}));
            return Value::list({text("m"), std::move(pairs)});
        }
        case Kind::sweep:
            return Value::list({text("sweep")});
    }
    return {};
}

Value field(const Value& object, std::string_view key) {
    const Value* found = object.find(key);
    return found ? *found : Value::null();
}

std::string string_field(const Value& object, std::string_view key) {
    const Value* found = object.find(key);
    return found && found->is_string() ? *found->as_string() : std::string();
}

Value refusal(const Diagnostics& problems) {
    Value answer = Value::map();
    answer.set(text("ok"), Value::boolean(false));
    answer.set(text("code"), text(std::string(problems.front().code)));
    answer.set(text("message"), text(problems.front().message));
    return answer;
}

Value accepted(const Value& value) {
    Value answer = Value::map();
    answer.set(text("ok"), Value::boolean(true));
    answer.set(text("value"), typed(value));
    answer.set(text("yaml"), text(config::to_yaml(value)));
    return answer;
}

config::Environment environment_of(const Value& question) {
    config::Environment environment;
    const Value given = field(question, "env");
    for (const config::Entry& entry : given.entries()) environment[*entry.key.as_string()] = *entry.value.as_string();
    return environment;
}

Value answer_yaml(const Value& question) {
    const auto value = config::parse_yaml(string_field(question, "text"), "case");
    return value ? accepted(*value) : refusal(value.error());
}

Value answer_resolve(const Value& question) {
    const auto value = config::parse_yaml(string_field(question, "text"), "case");
    if (!value) return refusal(value.error());
    if (!value->is_map() && !value->is_list()) return accepted(*value);  // no configuration, so nothing to resolve
    const config::Environment environment = environment_of(question);
    Diagnostics notes;
    const auto resolved = config::Resolver(*value, {.environment = &environment, .hydra = {}}).resolve_all(notes);
    return resolved ? accepted(*resolved) : refusal(resolved.error());
}

Value answer_override(const Value& question) {
    constexpr const char* types[] = {"CHANGE", "ADD", "FORCE_ADD", "DEL"};
    const auto parsed = config::parse_override({string_field(question, "text"), "case"});
    if (!parsed) return refusal(parsed.error());
    Value answer = Value::map();
    answer.set(text("ok"), Value::boolean(true));
    answer.set(text("type"), text(types[static_cast<int>(parsed->type)]));
    answer.set(text("key"), text(parsed->key));
    answer.set(text("package"), parsed->package ? text(*parsed->package) : Value::null());
    answer.set(text("value"), parsed->value ? typed(*parsed->value) : Value::null());
    return answer;
}

Value answer_compose(const Value& question) {
    config::ComposeRequest request;
    request.collections = {string_field(question, "collection")};
    request.recipe = string_field(question, "recipe");
    request.environment = environment_of(question);
    const std::string folder = string_field(question, "working_directory");
    request.working_directory = folder.empty() ? string_field(question, "collection") : folder;
    const Value overrides = field(question, "overrides");
    for (const Value& override : overrides.items()) request.overrides.push_back({*override.as_string(), "override"});
    auto resolved = config::compose(request);
    if (!resolved) return refusal(resolved.error());
    resolved->root.erase("training");
    return accepted(resolved->root);
}

}  // namespace

Value answer(const Value& question) {
    const std::string kind = string_field(question, "kind");
    if (kind == "yaml") return answer_yaml(question);
    if (kind == "resolve") return answer_resolve(question);
    if (kind == "override") return answer_override(question);
    if (kind == "compose") return answer_compose(question);
    return refusal({{.code = codes::compose.json, .message = "no such kind of case: " + kind}});
}

}  // namespace recipe::property
