// SPDX-License-Identifier: Apache-2.0
// srecipe families: the families of recipes that are known, those of the site among them. What it says of one is of the
// form that families files have.
#include "context.hpp"
#include "diagnostic/codes/tools.hpp"
#include "table.hpp"

#include "family/family.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace recipe::cli {
namespace {

using config::Value;
using family::Condition;
using family::Definition;
using family::Key;

// --- for people ----------------------------------------------------------------------------------------------------

std::string words(const Condition& condition) {
    const std::string path = fmt::format("{}", fmt::join(condition.paths, " or "));
    switch (condition.test) {
        case Condition::Test::given:
            return path;
        case Condition::Test::equals:
            return fmt::format("{} = {}", path, condition.text);
        case Condition::Test::starts_with:
            return fmt::format("{} = {}...", path, condition.text);
        case Condition::Test::is_map:
            return fmt::format("{} is a map", path);
        case Condition::Test::absent:
            return fmt::format("no {}", path);
    }
    return {};
}

std::string families_table(const std::vector<const Definition*>& definitions) {
    std::vector<Row> rows;
    for (const Definition* definition : definitions) {
        std::vector<std::string> when;
        for (const Condition& condition : definition->when) when.push_back(words(condition));
        const family::Family& family = definition->family;
        rows.push_back({family.name, std::string(to_string(family.devices)), std::string(to_string(family.layout)),
                        family.title, when.empty() ? "no other fits" : fmt::format("{}", fmt::join(when, ", "))});
    }
    return table({{"family"}, {"devices"}, {"layout"}, {"run by"}, {"when"}}, rows);
}

// --- in the form of families files ---------------------------------------------------------------------------------

Value text(std::string_view value) {
    return Value::string(std::string(value));
}

Value map_of(std::initializer_list<std::pair<const char*, Value>> entries) {
    Value map = Value::map();
    for (const auto& [key, value] : entries) map.set(Value::string(key), value);
    return map;
}

Value value_of(const std::vector<std::string>& paths) {
    if (paths.size() == 1) return text(paths.front());
    Value list = Value::list();
    for (const std::string& path : paths) list.push_back(text(path));
    return list;
}

Value value_of(const Condition& condition) {
    Value map = map_of({{"path", value_of(condition.paths)}});
    if (condition.test == Condition::Test::equals) map.set(text("equals"), text(condition.text));
    if (condition.test == Condition::Test::starts_with) map.set(text("starts_with"), text(condition.text));
    if (condition.test == Condition::Test::is_map) map.set(text("is_map"), Value::boolean(true));
    if (condition.test == Condition::Test::absent) map.set(text("absent"), Value::boolean(true));
    return map;
}

Value value_of(const family::Place& place) {
    Value paths = value_of(place.paths);
    return place.otherwise.is_null() ? paths : map_of({{"path", paths}, {"default", place.otherwise}});
}

Value keys_of(const family::Family& family) {
    Value keys = Value::map();
    for (std::size_t index = 0; index < family::key_count; ++index)
        if (const auto key = static_cast<Key>(index); family.has(key))
            keys.set(text(name_of(key)), value_of(family.place(key)));
    return keys;
}

Value code_of(const family::DefaultCode& code) {
    if (code.entries.empty() && code.repository.empty()) return Value::null();
    Value entries = Value::list();
    for (const family::DefaultCode::Entry& entry : code.entries) {
        Value map = map_of({{"program", text(entry.program)}});
        if (!entry.folder.empty()) map.set(text("folder"), text(entry.folder));
        if (!entry.word.empty()) map.set(text("word"), text(entry.word));
        entries.push_back(map);
    }
    Value map = Value::map();
    if (!code.repository.empty()) map.set(text("repository"), text(code.repository));
    if (!code.branch.empty()) map.set(text("branch"), text(code.branch));
    map.set(text("entries"), entries);
    if (!code.configuration.empty()) map.set(text("configuration"), text(code.configuration));
    Value variables = Value::list();
    for (const family::DefaultCode::Variable& variable : code.variables) {
        Value row = map_of({{"name", text(variable.name)}});
        if (!variable.path.empty()) row.set(text("path"), text(variable.path));
        if (!variable.otherwise.empty()) row.set(text("default"), text(variable.otherwise));
        variables.push_back(row);
    }
    if (variables.size() > 0) map.set(text("variables"), variables);
    return map;
}

/// "true", "0.25" and "8" are what they look like.
Value assumption(const std::string& word) {
    if (word == "true" || word == "false") return Value::boolean(word == "true");
    if (const auto integer = config::Integer::from_digits(word)) return Value::integer(*integer);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} && end == word.data() + word.size() ? Value::floating(number) : text(word);
}

Value memory_of(const family::Family& family) {
    Value memory = Value::map();
    for (const family::MemoryLine& line : family.memory) {
        Value* known = memory.find_mutable(line.name);
        if (!line.when) {
            memory.set(text(line.name), assumption(line.value));
            continue;
        }
        Value both = Value::map();
        if (known != nullptr && known->is_map())
            both = *known;
        else if (known != nullptr)
            both.set(text("value"), *known);
        Value conditions = both.find("if") != nullptr ? *both.find("if") : Value::map();
        conditions.set(text(name_of(*line.when)), assumption(line.value));
        both.set(text("if"), conditions);
        memory.set(text(line.name), both);
    }
    return memory;
}

Value value_of(const Definition& definition) {
    const family::Family& family = definition.family;
    Value when = Value::list();
    for (const Condition& condition : definition.when) when.push_back(value_of(condition));
    Value map = Value::map();
    if (!family.title.empty()) map.set(text("title"), text(family.title));
    map.set(text("when"), when);
    map.set(text("root"), text(family.root));
    map.set(text("devices"), text(to_string(family.devices)));
    map.set(text("layout"), text(to_string(family.layout)));
    Value platforms = Value::list();
    for (const family::Platform platform : family.runs_on) platforms.push_back(text(to_string(platform)));
    map.set(text("runs_on"), platforms);
    map.set(text("runs_as"), text(to_string(family.runs_as)));
    map.set(text("shard_may_be_unset"), Value::boolean(family.shard_may_be_unset));
    map.set(text("code"), code_of(family.code));
    map.set(text("keys"), keys_of(family));
    map.set(text("memory"), memory_of(family));
    return map;
}

Value value_of(const std::vector<const Definition*>& definitions) {
    Value families = Value::map();
    for (const Definition* definition : definitions) families.set(text(definition->family.name), value_of(*definition));
    return map_of({{"families", families}});
}

Diagnostic unknown_family(const family::Families& families, const std::string& name) {
    std::vector<std::string> names;
    for (const Definition* definition : families.all()) names.push_back(definition->family.name);
    const auto close = nearest(name, names);
    return {.code = codes::cli.unknown_family,
            .key = name,
            .source = {.name = "families"},
            .message = close.empty()
                           ? fmt::format("there is no such family; there are {}", fmt::join(names, ", "))
                           : fmt::format("there is no such family; did you mean {}?", fmt::join(close, " or "))};
}

}  // namespace

int families(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const Expected<family::Families> families = family::Families::load(context->settings->family_files);
    if (!families) return fail(families.error());
    std::vector<const Definition*> definitions = families->all();
    if (!arguments.name.empty()) {
        std::erase_if(definitions, [&](const Definition* d) { return d->family.name != arguments.name; });
        if (definitions.empty()) return fail({unknown_family(*families, arguments.name)});
    }
    if (arguments.format == Format::json)
        print_json(value_of(definitions));
    else if (!arguments.name.empty())
        print_data(config::to_yaml(value_of(definitions)));
    else
        print_text(families_table(definitions));
    return exit_good;
}

}  // namespace recipe::cli
