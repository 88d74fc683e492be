// SPDX-License-Identifier: Apache-2.0
// The table of diagnostic codes: complete, used, and printed as the page has it.
#include "diagnostic/codes.hpp"

#include "catch.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/node.hpp"
#include "source_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <type_traits>

namespace recipe::codes {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
    std::ifstream stream(file);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The constants that the sources name outside the table: "submit.conflict" of codes::submit.conflict.
std::set<std::string> used_codes() {
    const std::regex constant(R"(codes::([a-z]+\.[a-z_0-9]+[a-z0-9]))");  // a keyword such as switch has a _ behind it
    const fs::path root = source_file();
    std::set<std::string> codes;
    for (const char* folder : {"lib", "cli", "spank", "job_submit"})
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const bool is_source = entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp";
            if (!is_source || entry.path().string().starts_with((root / "lib/diagnostic").string())) continue;
            const std::string text = text_of(entry.path());
            for (std::sregex_iterator at(text.begin(), text.end(), constant), end; at != end; ++at)
                codes.insert((*at)[1]);
        }
    return codes;
}

}  // namespace

TEST_CASE("a diagnostic's code is a row of the table, and nothing else compiles") {
    STATIC_REQUIRE(std::is_convertible_v<const Code&, DiagnosticCode>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<DiagnosticCode, Code>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<DiagnosticCode, const char*>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<DiagnosticCode, std::string>);
    STATIC_REQUIRE_FALSE(std::is_default_constructible_v<DiagnosticCode>);
    STATIC_REQUIRE_FALSE(std::is_default_constructible_v<Diagnostic>);
}

TEST_CASE("a diagnostic has the severity of its code, unless it says another") {
    CHECK(Diagnostic{.code = node.mounts}.severity == Severity::warning);
    CHECK(Diagnostic{.code = compose.yaml}.severity == Severity::error);
    CHECK(Diagnostic{.code = compose.yaml, .severity = Severity::hint}.severity == Severity::hint);
}

TEST_CASE("a diagnostic's code is compared by its name") {
    const Diagnostic diagnostic{.code = node.mounts};
    CHECK(diagnostic.code == "node.mounts");
    CHECK(diagnostic.code == *find("node.mounts"));
    CHECK_FALSE(diagnostic.code == node.image);
    CHECK(diagnostic.code.group() == "node");
}

TEST_CASE("every code of the table is used, by the constant that has its name") {
    const std::set<std::string> used = used_codes();
    for (const Code& code : all()) {
        INFO(code.name);
        CHECK(used.contains(std::string(code.name)));
    }
}

TEST_CASE("every code is there once, with a summary and a source, and every rule with an example") {
    std::set<std::string_view> seen;
    for (const Code& code : all()) {
        INFO(code.name);
        CHECK(seen.insert(code.name).second);
        CHECK(code.summary.ends_with('.'));
        CHECK_FALSE(code.source.empty());
        if (code.is_rule) CHECK_FALSE(code.example.empty());
        CHECK(to_text(code).find(code.summary) != std::string::npos);
        CHECK(find(code.name) == &code);
    }
    CHECK(find("precision.fp9") == nullptr);
}

TEST_CASE("a code is explained as a rule only where it is one, and how it is forced only where that is possible") {
    const auto says = [](const Code& code, std::string_view part) {
        return to_text(code).find(part) != std::string::npos;
    };
    std::size_t forceable = 0;
    for (const Code& code : all()) {
        INFO(code.name);
        const bool refuses = code.is_rule && code.severity == Severity::error;
        CHECK(says(code, "The rule: ") == code.is_rule);
        CHECK(says(code, "Broken by: ") == (code.is_rule && !code.example.empty()));
        CHECK(says(code, "--recipe-force makes it a warning") == (refuses && !code.fixed));
        CHECK(says(code, "No job can be planned against it") == (refuses && code.fixed));
        forceable += refuses && !code.fixed ? 1U : 0U;
    }
    CHECK(forceable > 10);
    CHECK(forceable < all().size() - 10);
}

TEST_CASE("docs/diagnostics.md is what the table says") {
    CHECK(text_of(source_file("docs/diagnostics.md")) == to_markdown());
}

}  // namespace recipe::codes
