// SPDX-License-Identifier: Apache-2.0
// generate_configuration_keys KEYS.yaml TABLES.cpp: makes the constants of shipped.hpp of etc/keys.yaml. Runs when the
// project is built.
#include "diagnostic/codes/tools.hpp"
#include "keys/keys.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>

namespace recipe::keys {
namespace {

using config::Value;
using tables::literal;

constexpr std::array<std::string_view, 8> kinds{"any", "count", "flag", "gpus", "memory", "section", "text", "texts"};
constexpr std::array<std::string_view, 5> recipes{"all", "custom", "known_family", "slurm", "without_code"};

struct Context {
    tables::Problems& problems;
};

struct Row {
    std::string kind;
    std::string of = "all";
    std::int64_t most = 1'000'000'000;
};

struct Words {
    std::string words;
    std::string names;
};

template <std::size_t size>
bool read_word(std::string& into, const Value& value, const std::array<std::string_view, size>& known) {
    if (value.as_string() == nullptr || std::ranges::find(known, *value.as_string()) == known.end()) return false;
    into = *value.as_string();
    return true;
}

bool read_texts(std::string& into, const Value& value) {
    if (!value.is_list() || value.size() == 0) return false;
    for (const Value& item : value.items()) {
        if (item.as_string() == nullptr) return false;
        into += literal(*item.as_string()) + ", ";
    }
    return true;
}

constexpr std::array<tables::Field<Row, Context>, 3> fields{{
    {"kind", "the name of a kind", true,
     [](Row& row, const Value& value, Context&) { return read_word(row.kind, value, kinds); }},
    {"of", "the name of some recipes", false,
     [](Row& row, const Value& value, Context&) { return read_word(row.of, value, recipes); }},
    {"most", "a number above 0", false,
     [](Row& row, const Value& value, Context&) {
         row.most = value.as_int().value_or(0);
         return row.most > 0;
     }},
}};

struct ValueRow {
    std::string kind;
    std::int64_t least = std::numeric_limits<std::int64_t>::min();
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::string words;
};

constexpr std::array<std::string_view, 5> forms{"int", "number", "flag", "word", "text"};

bool read_limit(std::int64_t& into, const Value& value) {
    const auto number = value.as_int();
    if (number) into = *number;
    return number.has_value();
}

constexpr std::array<tables::Field<ValueRow, Context>, 4> value_fields{{
    {"kind", "int, number, flag, word or text", true,
     [](ValueRow& row, const Value& value, Context&) { return read_word(row.kind, value, forms); }},
    {"least", "an int", false,
     [](ValueRow& row, const Value& value, Context&) { return read_limit(row.least, value); }},
    {"most", "an int", false, [](ValueRow& row, const Value& value, Context&) { return read_limit(row.most, value); }},
    {"words", "a list of words", false,
     [](ValueRow& row, const Value& value, Context&) { return read_texts(row.words, value); }},
}};

constexpr std::array<tables::Field<Words, Context>, 2> word_fields{{
    {"words", "a list of words", true,
     [](Words& row, const Value& value, Context&) { return read_texts(row.words, value); }},
    {"names", "a list of words", true,
     [](Words& row, const Value& value, Context&) { return read_texts(row.names, value); }},
}};

std::string key_rows(const Value& section, Context& context) {
    std::string rows;
    for (const config::Entry& entry : section.entries()) {
        const std::string path = config::to_python_text(entry.key);
        Row row;
        if (tables::read_record(row, path, entry.value, true, fields, context))
            rows += fmt::format("    {{{}, Kind::{}, Of::{}, {}}},\n", literal(path), row.kind, row.of, row.most);
    }
    return rows;
}

/// Arrays of words, and the rows that refer to them.
std::string synonym_rows(const Value& list, std::string& arrays, Context& context) {
    std::string rows;
    for (const Value& item : list.items()) {
        const std::size_t number = static_cast<std::size_t>(&item - list.items().data());
        Words words;
        if (!tables::read_record(words, fmt::format("synonyms.{}", number), item, true, word_fields, context)) continue;
        arrays += fmt::format(
            "constexpr std::string_view words_{0}[] = {{{1}}};\nconstexpr std::string_view names_{0}[] = "
            "{{{2}}};\n",
            number, words.words, words.names);
        rows += fmt::format("    {{words_{0}, names_{0}}},\n", number);
    }
    return rows;
}

std::string limit(std::int64_t number, std::string_view otherwise) {
    const bool is_none =
        number == std::numeric_limits<std::int64_t>::min() || number == std::numeric_limits<std::int64_t>::max();
    return is_none ? fmt::format("std::numeric_limits<std::int64_t>::{}()", otherwise) : std::to_string(number);
}

/// An array of rows for each family, with the arrays of words before it, and the rows that refer to these.
std::string value_rows(const Value& families, std::string& arrays, Context& context) {
    std::string all;
    for (const config::Entry& family : families.entries()) {
        const std::string name = tables::identifier(config::to_python_text(family.key));
        std::string rows;
        std::size_t number = 0;
        for (const config::Entry& entry : family.value.entries()) {
            const std::string path = config::to_python_text(entry.key);
            ValueRow row;
            if (!tables::read_record(row, path, entry.value, true, value_fields, context)) continue;
            if ((row.kind == "word") == row.words.empty())
                context.problems.add(entry.value, path, path + " has words exactly where its kind is word");
            std::string words = "{}";
            if (!row.words.empty()) {
                words = fmt::format("choices_{}_{}", name, number++);
                arrays += fmt::format("constexpr std::string_view {}[] = {{{}}};\n", words, row.words);
            }
            rows += fmt::format("    {{{}, Form::{}, {}, {}, {}}},\n", literal("recipes." + path),
                                row.kind == "int" ? "integer" : row.kind, limit(row.least, "min"),
                                limit(row.most, "max"), words);
        }
        arrays += fmt::format("constexpr Value values_{}[] = {{\n{}}};\n", name, rows);
        all += fmt::format("    {{{}, values_{}}},\n", literal(config::to_python_text(family.key)), name);
    }
    return all;
}

Expected<std::string> constants(const Value& document, const std::string& file) {
    tables::Problems problems(codes::family.file, file);
    Context context{problems};
    const Value* keys = document.find("keys");
    const Value* synonyms = document.find("synonyms");
    const Value* values = document.find("values");
    if (values == nullptr || !values->is_map() || keys == nullptr || !keys->is_map() || synonyms == nullptr ||
        !synonyms->is_list()) {
        problems.add(document, "keys", "keys and values are to be maps, and synonyms a list");
        return std::unexpected(problems.take());
    }
    const std::string rows = key_rows(*keys, context);
    std::string arrays;
    const std::string words = synonym_rows(*synonyms, arrays, context);
    const std::string families = value_rows(*values, arrays, context);
    if (problems.count() > 0) return std::unexpected(problems.take());
    return fmt::format(
        "// Made of etc/keys.yaml by generate_configuration_keys.\n#include \"keys/shipped.hpp\"\n\n#include "
        "<limits>\n\n"
        "namespace recipe::keys {{\nnamespace {{\n\nconstexpr Key keys[] = {{\n{}}};\n\n{}"
        "constexpr Synonyms synonyms[] = {{\n{}}};\n\nconstexpr FamilyValues values[] = {{\n{}}};\n\n}}  // "
        "namespace\n\n"
        "constinit const std::span<const FamilyValues> shipped_values = values;\n"
        "constinit const std::span<const Key> shipped_keys = keys;\n"
        "constinit const std::span<const Synonyms> shipped_synonyms = synonyms;\n\n}}  // namespace recipe::keys\n",
        rows, arrays, words, families);
}

}  // namespace
}  // namespace recipe::keys

int main(int argc, char** argv) {
    return recipe::tables::generate({argv, static_cast<std::size_t>(argc)}, recipe::keys::constants);
}
