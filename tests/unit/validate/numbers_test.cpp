// SPDX-License-Identifier: Apache-2.0
// What a number and a switch of a recipe mean, and how values are shown.
#include "catch.hpp"
#include "config/config.hpp"
#include "diagnostic/codes/layout.hpp"
#include "validate/rule.hpp"

#include <string>

namespace recipe::validate {
namespace {

config::Value value(const std::string& yaml) {
    auto parsed = config::parse_yaml("a: " + yaml, "test.yaml");
    REQUIRE(parsed);
    return *parsed->find("a");
}

}  // namespace

TEST_CASE("a switch is on by true, 1 and the words that pydantic takes for it") {
    for (const char* on :
         {"true", "1", "1.0", "'1'", "'on'", "'T'", "'True'", "'TRUE'", "'yes'", "'YES'", "'y'", "'t'"}) {
        INFO(on);
        CHECK(parse_bool(value(on)));
    }
    for (const char* off : {"false", "0", "2", "-1", "0.5", "1.5", "'0'", "'off'", "'no'", "'2'", "'yess'", "'trues'",
                            "'tru'", "''", "' on'", "null", "[1]", "{a: 1}", "[true]"}) {
        INFO(off);
        CHECK_FALSE(parse_bool(value(off)));
    }
}

TEST_CASE("a text or a float is an int where it is a whole one from 1 to the most") {
    struct Case {
        const char* given;
        std::optional<std::int64_t> meant;
    };
    for (const auto& [given, meant] : std::initializer_list<Case>{{"'1'", 1},
                                                                  {"'8'", 8},
                                                                  {"'9'", std::nullopt},
                                                                  {"'0'", std::nullopt},
                                                                  {"'-1'", std::nullopt},
                                                                  {"1.0", 1},
                                                                  {"8.0", 8},
                                                                  {"9.0", std::nullopt},
                                                                  {"8.5", std::nullopt},
                                                                  {"0.0", std::nullopt},
                                                                  {"-1.0", std::nullopt},
                                                                  {".nan", std::nullopt},
                                                                  {".inf", std::nullopt},
                                                                  {"1e300", std::nullopt},
                                                                  {"'x'", std::nullopt},
                                                                  {"''", std::nullopt},
                                                                  {"'8.0'", std::nullopt},
                                                                  {"[8]", std::nullopt},
                                                                  {"null", std::nullopt},
                                                                  {"true", std::nullopt},
                                                                  {"'99999999999999999999'", std::nullopt}}) {
        INFO(given);
        CHECK(coerce_int(value(given), 8) == meant);
    }
}

TEST_CASE("a value is shown up to forty bytes, and not cut within a character") {
    const auto shown = [](const std::string& text) { return truncate(config::Value::string(text)); };
    const std::string forty(40, 'a');
    CHECK(shown("") == "");
    CHECK(shown(forty) == forty);
    CHECK(shown(forty + 'b') == forty + "…");
    CHECK(shown(forty.substr(1) + "é") == forty.substr(1) + "…");
    CHECK(shown(forty.substr(2) + "éb") == forty.substr(2) + "é…");
    CHECK(shown(forty.substr(3) + "😀b") == forty.substr(3) + "…");
    CHECK(shown(std::string(60, '\x80')) == "…");
    CHECK(truncate(value("[1, 2]")) == "[1, 2]");
    CHECK(truncate(value("true")) == "True");
}

TEST_CASE("what is out of range is told with the range") {
    CHECK(explain_range("trainer.devices", 1024) == "trainer.devices must be from 1 to 1024");
}

namespace {

using Fixes = std::vector<std::string>;

/// An error with such fixes. The rules find what `rules` says of the configuration that a fix makes.
std::string kept(const Fixes& fixes, const std::function<Diagnostics(const config::Value&)>& rules,
                 Severity severity = Severity::error) {
    const config::Value root = value("{recipes: {model: {tp: 3}}, a: 1}");
    Diagnostics diagnostics{{.code = codes::layout.heads, .severity = severity, .message = "m", .fix = fixes.front()}};
    keep_good_fixes(root, diagnostics, {Fixes(fixes.begin() + 1, fixes.end())}, rules);
    return diagnostics.front().fix;
}

Diagnostics nothing(const config::Value&) {
    return {};
}

}  // namespace

TEST_CASE("of an error's fixes the first is kept that brings nothing new, else the one that brings fewest warnings") {
    const auto at = [](const config::Value& root) { return root.at("recipes.model.tp")->as_int().value_or(0); };
    const Diagnostic same{.code = codes::layout.heads, .severity = Severity::error, .message = "m"};
    const Diagnostic other{.code = codes::layout.context, .severity = Severity::error, .message = "m"};
    const auto warning = [](DiagnosticCode code) {
        return Diagnostic{.code = code, .severity = Severity::warning, .message = "m"};
    };
    const auto rules = [&](const config::Value& root) -> Diagnostics {
        switch (at(root)) {
            case 1:
                return {same};
            case 2:
                return {other};
            case 4:
                return {warning(codes::layout.heads), warning(codes::layout.experts)};
            case 8:
                return {warning(codes::layout.heads)};
            default:
                return {};
        }
    };
    const auto fix = [](int tp) { return "--recipe-set=model.tp=" + std::to_string(tp); };
    CHECK(kept({fix(16), fix(32)}, rules) == fix(16));
    CHECK(kept({fix(1), fix(16)}, rules) == fix(16));
    CHECK(kept({fix(2), fix(16)}, rules) == fix(16));
    CHECK(kept({fix(4), fix(8)}, rules) == fix(8));
    CHECK(kept({fix(8), fix(4)}, rules) == fix(8));
    CHECK(kept({fix(8), fix(16), fix(32)}, rules) == fix(16));
    CHECK(kept({fix(1), fix(2)}, rules).empty());
    CHECK(kept({"", fix(16)}, rules) == fix(16));
    // A warning keeps whatever it has, and so does what no override is.
    CHECK(kept({fix(1)}, rules, Severity::warning) == fix(1));
    for (const char* untried :
         {"chmod 600 x", "--recipe-set=a=$PWD/x", "--recipe-set=a='b'", "--recipe-set=a=\"b\"", "--recipe-set=a"}) {
        INFO(untried);
        CHECK(kept({untried}, [&](const config::Value&) { return Diagnostics{same}; }) == untried);
    }
    CHECK(kept({"--recipe-set=a=1 chmod"}, nothing) == "--recipe-set=a=1 chmod");
}

TEST_CASE("a fix is tried with the kinds of values that composition would read, and makes the sections it needs") {
    const auto tried = [](const std::string& fix) {
        config::Value seen;
        const auto look = [&](const config::Value& root) {
            seen = root;
            return Diagnostics();
        };
        CHECK(kept({fix}, look) == fix);
        return seen;
    };
    const auto typed = [&](const std::string& text) {
        return *tried("--recipe-set=++recipes.model.x=" + text).at("recipes.model.x");
    };
    CHECK(typed("null") == config::Value::null());
    CHECK(typed("True") == config::Value::boolean(true));
    CHECK(typed("true") == config::Value::boolean(true));
    CHECK(typed("False") == config::Value::boolean(false));
    CHECK(typed("false") == config::Value::boolean(false));
    CHECK(typed("12") == value("12"));
    CHECK(typed("1x") == config::Value::string("1x"));
    CHECK(typed("[a,2]") == value("[a, 2]"));
    CHECK(typed("") == config::Value::string(""));
    const config::Value both = tried("--recipe-set=model.tp=1 --recipe-set=++new.section.key=2");
    CHECK(both.at("recipes.model.tp")->as_int() == 1);
    CHECK(both.at("new.section.key")->as_int() == 2);
    CHECK(both.at("a")->as_int() == 1);
    // What was no section becomes one.
    CHECK(tried("--recipe-set=++a.b=2").at("a.b")->as_int() == 2);
}

}  // namespace recipe::validate
