// SPDX-License-Identifier: Apache-2.0
// What the generators of constant tables have in common: C++ texts, files, and messages. They run on the build host
// only.
#include "config/yaml/yaml.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

namespace recipe::tables {

std::string literal(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += {'\\', c};
        else if (c >= ' ' && c != '\x7f')
            result += c;
        // Three octal digits end by themselves, whatever follows.
        else
            result += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
    return result + '"';
}

std::string identifier(std::string_view name) {
    std::string result(name);
    std::ranges::replace_if(result, [](char c) { return c == '.' || c == '-'; }, '_');
    return result;
}

namespace {

std::string content_of(const char* file) {
    std::ifstream input(file);
    return {std::istreambuf_iterator<char>(input), {}};
}

}  // namespace

int generate(std::span<char*> arguments,
             Expected<std::string> (*constants)(const config::Value& document, const std::string& file)) try {
    if (arguments.size() != 3) {
        fmt::print(stderr, "usage: {} DATA.yaml TABLES.cpp\n", arguments.empty() ? "generate" : arguments[0]);
        return 2;
    }
    const std::filesystem::path input = arguments[1];
    const Expected<config::Value> document = config::load_yaml(input);
    const Expected<std::string> text =
        document ? constants(*document, input.string()) : std::unexpected(document.error());
    if (!text) {
        for (const Diagnostic& problem : text.error())
            fmt::print(stderr, "{}: error: {}: {} [{}]\n", to_string(problem.source), problem.key, problem.message,
                       problem.code.name());
        return 1;
    }
    if (content_of(arguments[2]) == *text) return 0;  // nothing is built again
    std::ofstream output(arguments[2]);
    output << *text << std::flush;
    if (output.good()) return 0;
    fmt::print(stderr, "{} cannot be written\n", arguments[2]);
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
}

}  // namespace recipe::tables
