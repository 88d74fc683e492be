// SPDX-License-Identifier: Apache-2.0
// generate_keys KEYS.yaml CONSTANTS.cpp: makes the constants of shipped_keys.hpp when the project is built.
#include "diagnostic/codes/tools.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace recipe::planner {
namespace {

Expected<std::string> constants(const config::Value& document, const std::string& file) {
    std::ifstream input(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(input), {});
    const std::string json = config::to_json(document);
    if (config::from_json(json, json.size()) != document)
        return refuse({.code = codes::api.failed, .source = {.name = file}, .message = "JSON does not say the same"});
    return fmt::format(
        "#include \"planner/program/shipped_keys.hpp\"\n\n"
        "namespace recipe::planner {{\n\n"
        "const std::string_view shipped_keys_yaml = {};\n\n"
        "const std::string_view shipped_keys_json = {};\n\n"
        "}}  // namespace recipe::planner\n",
        tables::literal(text), tables::literal(json));
}

}  // namespace
}  // namespace recipe::planner

int main(int count, char** arguments) {
    return recipe::tables::generate({arguments, static_cast<std::size_t>(count)}, recipe::planner::constants);
}
