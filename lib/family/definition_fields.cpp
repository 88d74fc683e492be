// SPDX-License-Identifier: Apache-2.0
// Reads one family as etc/families.schema.json describes it.
#include "family/definition_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace recipe::family {
namespace {

using config::Value;

template <class Record>
using Field = tables::Field<Record, FieldContext>;

constexpr std::size_t max_text = 512;

// --- one value -----------------------------------------------------------------------------------------------------

bool read_text(std::string& target, const Value& value) {
    const std::string* text = value.as_string();
    if (text == nullptr || text->empty() || text->size() > max_text) return false;
    target = *text;
    return true;
}

bool read_path(std::string& target, const Value& value) {
    return read_text(target, value) && is_path(target);
}

bool read_flag(bool& target, const Value& value) {
    const auto flag = value.as_bool();
    if (flag) target = *flag;
    return flag.has_value();
}

template <class Enum, std::size_t size>
bool read_word(Enum& target, const Value& value, const std::array<Enum, size>& words) {
    const auto is_word = [&](Enum word) { return value.is_string() && *value.as_string() == to_string(word); };
    const auto found = std::ranges::find_if(words, is_word);
    if (found != words.end()) target = *found;
    return found != words.end();
}

std::optional<Key> key_named(std::string_view name) {
    for (std::size_t index = 0; index < key_count; ++index)
        if (name_of(static_cast<Key>(index)) == name) return static_cast<Key>(index);
    return std::nullopt;
}

/// A scalar as the memory model spells it.
std::optional<std::string> spelt(const Value& value) {
    if (const auto flag = value.as_bool()) return *flag ? "true" : "false";
    if (value.as_number() || (value.is_string() && !value.as_string()->empty())) return config::to_python_text(value);
    return std::nullopt;
}

bool read_paths(std::vector<std::string>& paths, const Value& value) {
    if (value.is_string()) return read_path(paths.emplace_back(), value);
    const auto read = [&](const Value& item) { return read_path(paths.emplace_back(), item); };
    return value.is_list() && value.size() > 0 && std::ranges::all_of(value.items(), read);
}

// --- conditions ----------------------------------------------------------------------------------------------------

bool read_test(Condition& condition, Condition::Test test, const Value& value) {
    if (condition.test != Condition::Test::given || !read_text(condition.text, value)) return false;
    condition.test = test;
    return true;
}

bool read_flag_test(Condition& condition, Condition::Test test, const Value& value) {
    if (condition.test != Condition::Test::given || value.as_bool() != true) return false;
    condition.test = test;
    return true;
}

constexpr std::array<Field<Condition>, 5> condition_fields{{
    {"path", "a path of keys, or a list of some", true,
     [](Condition& c, const Value& v, FieldContext&) { return read_paths(c.paths, v); }},
    {"equals", "a text, and the only test", false,
     [](Condition& c, const Value& v, FieldContext&) { return read_test(c, Condition::Test::equals, v); }},
    {"starts_with", "a text, and the only test", false,
     [](Condition& c, const Value& v, FieldContext&) { return read_test(c, Condition::Test::starts_with, v); }},
    {"is_map", "true, and the only test", false,
     [](Condition& c, const Value& v, FieldContext&) { return read_flag_test(c, Condition::Test::is_map, v); }},
    {"absent", "true, and the only test", false,
     [](Condition& c, const Value& v, FieldContext&) { return read_flag_test(c, Condition::Test::absent, v); }},
}};

bool read_conditions(std::vector<Condition>& conditions, const Value& value, FieldContext& context) {
    if (!value.is_list()) return false;
    conditions.clear();
    for (const Value& item : value.items())
        tables::read_record(conditions.emplace_back(), context.key + ".when", item, true, condition_fields, context);
    return true;
}

// --- keys ----------------------------------------------------------------------------------------------------------

constexpr std::string_view some_paths = "a path of keys, or a list of some";

constexpr std::array<Field<Place>, 2> place_fields{{
    {"path", some_paths, true, [](Place& p, const Value& v, FieldContext&) { return read_paths(p.paths, v); }},
    {"default", "true, false, an int or a text", false,
     [](Place& p, const Value& v, FieldContext&) {
         p.otherwise = v;
         p.otherwise.set_position({});
         return v.as_bool().has_value() || v.as_int().has_value() || (v.is_string() && !v.as_string()->empty());
     }},
}};

/// null: the family has no such thing.
void read_place(Place& place, const std::string& key, const Value& value, FieldContext& context) {
    place = {};
    if (value.is_null()) return;
    if (value.is_map()) {
        tables::read_record(place, key, value, true, place_fields, context);
    } else if (!read_paths(place.paths, value)) {
        context.problems.add(value, key,
                             fmt::format("{} is to be {}, a map of path and default, or null", key, some_paths));
    }
}

bool read_keys(Family& family, const Value& value, FieldContext& context) {
    for (const config::Entry& entry : value.entries()) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = context.key + ".keys." + name;
        if (const auto known = key_named(name))
            read_place(family.places[static_cast<std::size_t>(*known)], key, entry.value, context);
        else
            context.problems.add(entry.key, key, fmt::format("no family has a key {}", name));
    }
    return value.is_map();
}

// --- memory --------------------------------------------------------------------------------------------------------

struct Assumption {
    std::string name;
    std::vector<MemoryLine> lines;
};

bool add_line(Assumption& assumption, const Value& value, std::optional<Key> when) {
    auto text = spelt(value);
    if (!text) return false;
    assumption.lines.push_back({.name = assumption.name, .value = std::move(*text), .when = when});
    return true;
}

constexpr std::string_view a_scalar = "a text, a number, true or false";

constexpr std::array<Field<Assumption>, 2> assumption_fields{{
    {"value", a_scalar, false,
     [](Assumption& a, const Value& v, FieldContext&) { return add_line(a, v, std::nullopt); }},
    {"if", "a map of keys, and what the assumption is where each is true", true,
     [](Assumption& a, const Value& v, FieldContext&) {
         return v.is_map() && std::ranges::all_of(v.entries(), [&](const config::Entry& entry) {
                    const auto when = key_named(config::to_python_text(entry.key));
                    return when && add_line(a, entry.value, when);
                });
     }},
}};

/// In place of what an earlier file, or the family that this one is like, said of it. What the words mean is the memory
/// model's to say.
void read_assumption(Family& family, const std::string& key, const config::Entry& entry, FieldContext& context) {
    Assumption assumption{.name = config::to_python_text(entry.key), .lines = {}};
    if (entry.value.is_map()) {
        tables::read_record(assumption, key, entry.value, true, assumption_fields, context);
        // What holds under a condition beats what holds always.
        std::ranges::stable_sort(assumption.lines, {}, [](const MemoryLine& line) { return line.when.has_value(); });
    } else if (!add_line(assumption, entry.value, std::nullopt)) {
        context.problems.add(entry.value, key, fmt::format("{} is to be {}, or a map of value and if", key, a_scalar));
    }
    std::erase_if(family.memory, [&](const MemoryLine& line) { return line.name == assumption.name; });
    family.memory.insert(family.memory.end(), assumption.lines.begin(), assumption.lines.end());
}

bool read_memory(Family& family, const Value& value, FieldContext& context) {
    for (const config::Entry& entry : value.entries()) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = context.key + ".memory." + name;
        if (std::ranges::find(assumption_names, name) != assumption_names.end())
            read_assumption(family, key, entry, context);
        else
            context.problems.add(entry.key, key,
                                 fmt::format("the memory model has no assumption {}; it has {}", name,
                                             fmt::join(assumption_names, ", ")));
    }
    return value.is_map();
}

// --- code ----------------------------------------------------------------------------------------------------------

constexpr std::string_view a_text = "a text";

constexpr std::array<Field<DefaultCode::Entry>, 3> entry_fields{{
    {"program", a_text, true,
     [](DefaultCode::Entry& e, const Value& v, FieldContext&) { return read_text(e.program, v); }},
    {"folder", a_text, false,
     [](DefaultCode::Entry& e, const Value& v, FieldContext&) { return read_text(e.folder, v); }},
    {"word", a_text, false, [](DefaultCode::Entry& e, const Value& v, FieldContext&) { return read_text(e.word, v); }},
}};

constexpr std::array<Field<DefaultCode::Variable>, 3> variable_fields{{
    {"name", a_text, true,
     [](DefaultCode::Variable& e, const Value& v, FieldContext&) { return read_text(e.name, v); }},
    {"path", "a path of keys", false,
     [](DefaultCode::Variable& e, const Value& v, FieldContext&) { return read_path(e.path, v); }},
    {"default", a_text, false,
     [](DefaultCode::Variable& e, const Value& v, FieldContext&) { return read_text(e.otherwise, v); }},
}};

constexpr std::array<Field<DefaultCode>, 5> code_fields{{
    {"configuration", a_text, false,
     [](DefaultCode& c, const Value& v, FieldContext&) { return read_text(c.configuration, v); }},
    {"variables", "a list of variables", false,
     [](DefaultCode& c, const Value& v, FieldContext& context) {
         for (const Value& item : v.items())
             tables::read_record(c.variables.emplace_back(), context.key + ".code.variables", item, true,
                                 variable_fields, context);
         return v.is_list();
     }},
    {"repository", a_text, false,
     [](DefaultCode& c, const Value& v, FieldContext&) { return read_text(c.repository, v); }},
    {"branch", a_text, false, [](DefaultCode& c, const Value& v, FieldContext&) { return read_text(c.branch, v); }},
    {"entries", "a list of programs", true,
     [](DefaultCode& c, const Value& v, FieldContext& context) {
         for (const Value& item : v.items())
             tables::read_record(c.entries.emplace_back(), context.key + ".code.entries", item, true, entry_fields,
                                 context);
         return v.is_list();
     }},
}};

/// null: nothing.
bool read_code(DefaultCode& code, const Value& value, FieldContext& context) {
    code = {};
    if (!value.is_null()) tables::read_record(code, context.key + ".code", value, true, code_fields, context);
    return true;
}

// --- a family ------------------------------------------------------------------------------------------------------

constexpr std::array all_devices{Devices::any, Devices::gpu, Devices::neuron};
constexpr std::array all_layouts{Layout::none, Layout::fsdp, Layout::ranks, Layout::megatron, Layout::neuron};
constexpr std::array all_runs_as{RunsAs::python, RunsAs::module, RunsAs::shell};

bool read_platforms(std::vector<Platform>& platforms, const Value& value) {
    platforms.clear();
    return value.is_list() && value.size() > 0 && std::ranges::all_of(value.items(), [&](const Value& item) {
               return read_word(platforms.emplace_back(), item, all_platforms);
           });
}

constexpr std::array<Field<Definition>, 12> definition_fields{{
    {"title", a_text, false, [](Definition& d, const Value& v, FieldContext&) { return read_text(d.family.title, v); }},
    {"like", "a family of this or an earlier file", false,
     [](Definition&, const Value&, FieldContext&) { return true; }},  // which comes before all others
    {"when", "a list of conditions", false,
     [](Definition& d, const Value& v, FieldContext& context) { return read_conditions(d.when, v, context); }},
    {"root", "a path of keys", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_path(d.family.root, v); }},
    {"devices", "any, gpu or neuron", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_word(d.family.devices, v, all_devices); }},
    {"layout", "none, fsdp, ranks, megatron or neuron", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_word(d.family.layout, v, all_layouts); }},
    {"runs_on", "a list of slurm, slurm_script, k8s and sm_jobs", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_platforms(d.family.runs_on, v); }},
    {"runs_as", "python, module or shell", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_word(d.family.runs_as, v, all_runs_as); }},
    {"shard_may_be_unset", "true or false", false,
     [](Definition& d, const Value& v, FieldContext&) { return read_flag(d.family.shard_may_be_unset, v); }},
    {"keys", "a map of keys", false,
     [](Definition& d, const Value& v, FieldContext& context) { return read_keys(d.family, v, context); }},
    {"code", "a map of repository, branch and entries, or null", false,
     [](Definition& d, const Value& v, FieldContext& context) { return read_code(d.family.code, v, context); }},
    {"memory", "a map of assumptions", false,
     [](Definition& d, const Value& v, FieldContext& context) { return read_memory(d.family, v, context); }},
}};

/// Those of a family that are said of its program. `script` and `name` are whoever found the file's to read.
constexpr std::array<Field<Family>, 7> program_fields{{
    {"name", a_text, true, [](Family& f, const Value& v, FieldContext&) { return read_text(f.program, v); }},
    {"script", a_text, true, [](Family&, const Value& v, FieldContext&) { return v.is_string(); }},
    {"title", a_text, true, [](Family& f, const Value& v, FieldContext&) { return read_text(f.title, v); }},
    {"devices", "any, gpu or neuron", false,
     [](Family& f, const Value& v, FieldContext&) { return read_word(f.devices, v, all_devices); }},
    {"shard_may_be_unset", "true or false", false,
     [](Family& f, const Value& v, FieldContext&) { return read_flag(f.shard_may_be_unset, v); }},
    {"keys", "a map of keys", false,
     [](Family& f, const Value& v, FieldContext& context) { return read_keys(f, v, context); }},
    {"memory", "a map of assumptions", false,
     [](Family& f, const Value& v, FieldContext& context) { return read_memory(f, v, context); }},
}};

}  // namespace

bool is_path(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !text.empty() && text.front() != '.' && text.back() != '.' && !text.contains("..") &&
           std::ranges::all_of(text, allowed);
}

void read_definition(Definition& definition, const Value& value, FieldContext& context) {
    tables::read_record(definition, context.key, value, false, definition_fields, context);
}

void read_program(Family& family, const Value& value, FieldContext& context) {
    tables::read_record(family, context.key, value, true, program_fields, context);
}

}  // namespace recipe::family
