// SPDX-License-Identifier: Apache-2.0
// Reads and writes files of cases, and compares.
#include "case_file.hpp"

#include "catch.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace recipe::outcomes {
namespace {

constexpr std::string_view indentation = "  ";

std::string joined(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string request_text(const Case& one) {
    std::string text = "# " + one.title + '\n';
    for (const auto& [word, value] : one.request) text += fmt::format("{}: {}\n", word, value);
    return text;
}

}  // namespace

CaseFile parse(std::string_view text) {
    CaseFile file;
    std::istringstream lines{std::string(text)};
    bool in_a_case = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) {
            in_a_case = false;
            if (file.cases.empty()) file.introduction += '\n';
        } else if (line.starts_with("# ") && !in_a_case) {
            file.cases.push_back({.title = line.substr(2), .request = {}, .expected = {}});
            in_a_case = true;
        } else if (file.cases.empty()) {
            file.introduction += line + '\n';
        } else if (line.starts_with(indentation)) {
            file.cases.back().expected.push_back(line.substr(indentation.size()));
        } else {
            const std::size_t colon = line.find(": ");
            INFO(line);
            REQUIRE(colon != std::string::npos);
            file.cases.back().request.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        }
    }
    return file;
}

std::string to_text(const CaseFile& file) {
    std::string text = file.introduction;
    for (const Case& one : file.cases) {
        if (&one != file.cases.data()) text += '\n';
        text += request_text(one);
        for (const std::string& line : one.expected) text += fmt::format("{}{}\n", indentation, line);
    }
    return text;
}

void check_file(const std::string& name, const std::function<std::vector<std::string>(const Case&)>& produce) {
    const std::string path = source_file("tests/unit/outcomes/" + name);
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    CaseFile file = parse(text.str());
    REQUIRE_FALSE(file.cases.empty());
    const bool write = std::getenv("RECIPE_WRITE_OUTCOMES") != nullptr;
    std::set<std::string> requests;
    for (Case& one : file.cases) {
        const std::string request = request_text(one);
        if (!requests.insert(request).second) FAIL_CHECK(name << " has a case twice:\n" << request);
        std::vector<std::string> got = produce(one);
        if (!write && got != one.expected)
            FAIL_CHECK(name << ":\n" << request << "expected:\n" << joined(one.expected) << "\ngot:\n" << joined(got));
        one.expected = std::move(got);
    }
    if (!write) return;
    std::ofstream(path) << to_text(file);
    FAIL("wrote " << name << ": review what has changed, and run without RECIPE_WRITE_OUTCOMES");
}

}  // namespace recipe::outcomes
