// SPDX-License-Identifier: Apache-2.0
#include "codes/codes.hpp"

#include "catch.hpp"
#include "source_file.hpp"
#include "validate/validate.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace recipe::codes {
namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Codes that the sources write into diagnostics.
std::set<std::string> written_codes() {
    // As a designated initializer, or as an argument of a function that makes the diagnostic.
    const std::regex pattern("(?:\\.code = \"([a-z_]+\\.[a-z_0-9]+)\")|(?:\"(compose\\.[a-z_]+)\")");
    std::set<std::string> codes;
    for (const char* folder : {"lib", "cli", "spank", "job_submit"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(source_file(folder))) {
            if (entry.path().extension() != ".cpp") continue;
            const std::string text = text_of(entry.path());
            for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
                codes.insert((*at)[1].matched ? (*at)[1] : (*at)[2]);
        }
    return codes;
}

}  // namespace

TEST_CASE("every code that the sources write can be explained") {
    const std::set<std::string> written = written_codes();
    CHECK(written.size() > 30);
    for (const std::string& code : written) {
        INFO(code);
        CHECK(find(code) != nullptr);
    }
}

TEST_CASE("every code is there once, with a summary and a source, and every rule with an example") {
    std::set<std::string_view> seen;
    for (const Code& code : all()) {
        INFO(code.code);
        CHECK(seen.insert(code.code).second);
        CHECK(code.summary.ends_with('.'));
        CHECK_FALSE(code.source.empty());
        if (code.is_rule) CHECK_FALSE(code.example.empty());
        CHECK(to_text(code).find(code.summary) != std::string::npos);
    }
    for (const validate::RuleInfo& rule : validate::rules()) CHECK(seen.contains(rule.code));
    CHECK(find("precision.fp9") == nullptr);
}

TEST_CASE("docs/diagnostics.md is what the tables say") {
    CHECK(text_of(source_file("docs/diagnostics.md")) == to_markdown());
}

}  // namespace recipe::codes
