// SPDX-License-Identifier: Apache-2.0
// generate_families FAMILIES.yaml TABLES.cpp: makes the constants of shipped.hpp of etc/families.yaml. Runs when the
// project is built, and refuses what a site's file would be refused for.
#include "family/families_file.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>

namespace recipe::family {
namespace {

using tables::identifier;
using tables::literal;

std::string word(Condition::Test test) {
    switch (test) {
        case Condition::Test::given:
            return "given";
        case Condition::Test::equals:
            return "equals";
        case Condition::Test::starts_with:
            return "starts_with";
        case Condition::Test::is_map:
            return "is_map";
        case Condition::Test::absent:
            return "absent";
    }
    return {};
}

std::string default_of(const config::Value& otherwise) {
    if (const auto flag = otherwise.as_bool()) return *flag ? "true" : "false";
    if (const auto number = otherwise.as_int()) return fmt::format("std::int64_t{{{}}}", *number);
    if (const std::string* text = otherwise.as_string()) return fmt::format("std::string_view({})", literal(*text));
    return "{}";
}

/// The arrays that one family's row refers to. C++ has none without elements: such a one has no name.
class Arrays {
public:
    explicit Arrays(std::string_view family) : family_(identifier(family)) {}

    /// The name of the array.
    std::string add(std::string_view type, std::string_view what, const std::string& elements) {
        if (elements.empty()) return "{}";
        const std::string name = fmt::format("{}_{}", family_, what);
        text_ += fmt::format("constexpr {} {}[] = {{{}}};\n", type, name, elements);
        return name;
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string family_;
    std::string text_;
};

std::string conditions(const std::vector<Condition>& when, Arrays& arrays) {
    std::string rows;
    for (const Condition& condition : when) {
        std::string paths;
        for (const std::string& path : condition.paths) paths += literal(path) + ", ";
        const std::string name = fmt::format("when_{}", &condition - when.data());
        rows += fmt::format("\n    {{{}, Condition::Test::{}, {}}},", arrays.add("std::string_view", name, paths),
                            word(condition.test), literal(condition.text));
    }
    return arrays.add("ShippedCondition", "when", rows);
}

std::string places(const Family& family, Arrays& arrays) {
    std::string rows;
    for (std::size_t index = 0; index < key_count; ++index) {
        const Place& place = family.places[index];
        if (place.paths.empty()) continue;
        const std::string_view key = name_of(static_cast<Key>(index));
        std::string paths;
        for (const std::string& path : place.paths) paths += literal(path) + ", ";
        rows += fmt::format("\n    {{Key::{}, {}, {}}},", key, arrays.add("std::string_view", key, paths),
                            default_of(place.otherwise));
    }
    return arrays.add("ShippedPlace", "places", rows);
}

std::string memory(const Family& family, Arrays& arrays) {
    std::string rows;
    for (const MemoryLine& line : family.memory)
        rows += fmt::format("\n    {{{}, {}, {}}},", literal(line.name), literal(line.value),
                            line.when ? fmt::format("Key::{}", name_of(*line.when)) : "std::nullopt");
    return arrays.add("ShippedMemoryLine", "memory", rows);
}

std::string platforms(const Family& family, Arrays& arrays) {
    std::string rows;
    for (const Platform platform : family.runs_on) rows += fmt::format("Platform::{}, ", to_string(platform));
    return arrays.add("Platform", "runs_on", rows);
}

std::string entries(const Family& family, Arrays& arrays) {
    std::string rows;
    for (const DefaultCode::Entry& entry : family.code.entries)
        rows +=
            fmt::format("\n    {{{}, {}, {}}},", literal(entry.program), literal(entry.folder), literal(entry.word));
    return arrays.add("ShippedEntry", "entries", rows);
}

std::string variables(const Family& family, Arrays& arrays) {
    std::string rows;
    for (const DefaultCode::Variable& variable : family.code.variables)
        rows += fmt::format("\n    {{{}, {}, {}}},", literal(variable.name), literal(variable.path),
                            literal(variable.otherwise));
    return arrays.add("ShippedVariable", "variables", rows);
}

Expected<std::string> constants(const config::Value& document, const std::string& file) {
    std::vector<Definition> definitions;
    if (Diagnostics problems = merge_file(document, file, definitions); has_errors(problems))
        return std::unexpected(std::move(problems));
    std::string text =
        "// Made of etc/families.yaml by generate_families.\n#include \"family/shipped.hpp\"\n\n"
        "namespace recipe::family {\nnamespace {\n\n";
    std::string rows;
    for (const auto& [family, when] : definitions) {
        Arrays arrays(family.name);
        const std::string when_rows = conditions(when, arrays);
        const std::string place_rows = places(family, arrays);
        const std::string memory_rows = memory(family, arrays);
        const std::string entry_rows = entries(family, arrays);
        const std::string platform_rows = platforms(family, arrays);
        const std::string variable_rows = variables(family, arrays);
        rows += fmt::format(
            "    {{.name = {}, .title = {}, .root = {}, .devices = Devices::{}, .layout = Layout::{},\n"
            "     .runs_on = {}, .runs_as = RunsAs::{}, .shard_may_be_unset = {}, .when = {}, .places = {}, .memory = "
            "{},\n"
            "     .repository = {}, .branch = {}, .configuration = {}, .entries = {}, .variables = {}}},\n",
            literal(family.name), literal(family.title), literal(family.root), to_string(family.devices),
            to_string(family.layout), platform_rows, to_string(family.runs_as), family.shard_may_be_unset, when_rows,
            place_rows, memory_rows, literal(family.code.repository), literal(family.code.branch),
            literal(family.code.configuration), entry_rows, variable_rows);
        text += arrays.text() + '\n';
    }
    return text + "constexpr ShippedFamily families[] = {\n" + rows +
           "};\n\n}  // namespace\n\nconstinit const std::span<const ShippedFamily> shipped_families = families;\n\n"
           "}  // namespace recipe::family\n";
}

}  // namespace
}  // namespace recipe::family

int main(int argc, char** argv) {
    return recipe::tables::generate({argv, static_cast<std::size_t>(argc)}, recipe::family::constants);
}
