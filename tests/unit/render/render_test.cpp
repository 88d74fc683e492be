// SPDX-License-Identifier: Apache-2.0
#include "render/render.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/node.hpp"

using namespace recipe;

TEST_CASE("a diagnostic shows its key, place, line with a caret, and fix") {
    const Diagnostic diagnostic{.code = codes::precision.fp8,
                                .key = "model.fp8",
                                .source = {.name = "r.yaml", .line = 12, .column = 8, .excerpt = "  fp8: True"},
                                .message = "no fp8 here",
                                .fix = "--recipe-set=model.fp8=False"};
    CHECK(render::lines(diagnostic) ==
          std::vector<std::string>{"model.fp8: no fp8 here [precision.fp8]", "    at r.yaml:12:8", "        fp8: True",
                                   "             ^", "    fix: --recipe-set=model.fp8=False"});
}

TEST_CASE("the caret counts what the terminal shows, not bytes") {
    const Diagnostic diagnostic{.code = codes::compose.yaml,
                                .source = {.name = "f", .line = 1, .column = 6, .excerpt = "ñé: x"},
                                .message = "m"};
    CHECK(render::lines(diagnostic)[3] ==
          "      "
          "   ^");
}

TEST_CASE("a value cannot forge lines or escape sequences") {
    const Diagnostic diagnostic{
        .code = codes::compose.yaml, .key = "k\ny", .message = std::string("x\x1b[31m\n") + std::string(5000, 'z')};
    for (const std::string& line : render::lines(diagnostic)) {
        CHECK(line.find('\n') == std::string::npos);
        CHECK(line.find('\x1b') == std::string::npos);
        CHECK(line.size() < 1200);
    }
}

TEST_CASE("the terminal shows the worst first") {
    const std::string text = render::text(
        {{.code = codes::node.own_image, .message = "hint"}, {.code = codes::node.image, .message = "bad"}}, false);
    CHECK(text == "error: bad [node.image]\nhint: hint [node.own_image]\n");
}

TEST_CASE("on a terminal each severity has a colour of its own, which ends where the message begins") {
    const auto coloured = [](Severity severity) {
        return render::text({{.code = codes::node.image, .severity = severity, .message = "m"}}, true);
    };
    CHECK(coloured(Severity::error).starts_with("\033[1;31merror"));
    CHECK(coloured(Severity::warning).starts_with("\033[1;33mwarning"));
    CHECK(coloured(Severity::hint).starts_with("\033[1;36mhint"));
    for (const Severity severity : {Severity::error, Severity::warning, Severity::hint})
        CHECK(coloured(severity).find("\033[0m") < coloured(severity).find("m [node.image]"));
}

TEST_CASE("JSON has a diagnostic's place as a text and in parts") {
    const Diagnostics diagnostics{{.code = codes::precision.fp8,
                                   .key = "k",
                                   .source = {.name = "r.yaml", .line = 12, .column = 8, .excerpt = "  fp8: True"},
                                   .message = "m",
                                   .fix = "f"},
                                  {.code = codes::node.own_image, .message = "n"}};
    CHECK(
        config::to_json(render::diagnostics_json(diagnostics)) ==
        R"([{"severity":"error","code":"precision.fp8","key":"k","source":"r.yaml:12:8","place":{"name":"r.yaml","line":12,)"
        R"("column":8,"excerpt":"  fp8: True"},"message":"m","fix":"f"},{"severity":"hint","code":"node.own_image","key":"",)"
        R"("source":"","place":null,"message":"n","fix":""}])");
}

TEST_CASE("a caret stands below the line that has its column, up to its end") {
    const auto shown = [](int column, std::string excerpt) {
        return render::lines({.code = codes::compose.yaml,
                              .source = {.name = "f", .line = 1, .column = column, .excerpt = std::move(excerpt)},
                              .message = "m"});
    };
    CHECK(shown(1, "abc").back() == "      ^");
    CHECK(shown(3, "abc").back() == "        ^");
    CHECK(shown(4, "abc").back() == "         ^");
    for (const int column : {0, -1, 5}) CHECK(shown(column, "abc").size() == 2);
    CHECK(shown(1, "").size() == 2);
    CHECK(shown(1, std::string(1023, 'x')).size() == 4);
    CHECK(shown(1, std::string(1024, 'x')).size() == 2);
    // A tab is as wide as the caret counts it.
    CHECK(shown(2, "\tx")[2] == "       x");
    CHECK(shown(2, "\tx")[3] == "       ^");
}

TEST_CASE("a key is said once") {
    const auto first = [](const char* key, const char* message) {
        return render::lines({.code = codes::compose.yaml, .key = key, .message = message}).front();
    };
    CHECK(first("a.b", "a.b is wrong") == "a.b is wrong [compose.yaml]");
    CHECK(first("a.b", "`a.b` is wrong") == "`a.b` is wrong [compose.yaml]");
    CHECK(first("a.b", "wrong a.b") == "a.b: wrong a.b [compose.yaml]");
    CHECK(first("a.b", "`a.c` is wrong") == "a.b: `a.c` is wrong [compose.yaml]");
    CHECK(first("", "wrong") == "wrong [compose.yaml]");
}

TEST_CASE("of equally bad diagnostics the first is shown first, and each line ends") {
    const auto of = [](Severity severity, const char* message) {
        return Diagnostic{.code = codes::node.image, .severity = severity, .message = message, .fix = "f"};
    };
    CHECK(render::text({of(Severity::hint, "a"), of(Severity::warning, "b"), of(Severity::error, "c"),
                        of(Severity::warning, "d")},
                       false) ==
          "error: c [node.image]\n    fix: f\nwarning: b [node.image]\n    fix: f\n"
          "warning: d [node.image]\n    fix: f\nhint: a [node.image]\n    fix: f\n");
    CHECK(render::text({}, true).empty());
}

TEST_CASE("JSON says whether all is well, and of which recipe it speaks") {
    const auto said = [](Severity severity) {
        return config::parse_yaml(
                   render::json({{.code = codes::node.image, .severity = severity, .message = "m"}}, "x"), "json")
            .value();
    };
    CHECK(said(Severity::error).at("ok")->as_bool() == false);
    CHECK(said(Severity::warning).at("ok")->as_bool() == true);
    CHECK(*said(Severity::hint).at("recipe")->as_string() == "x");
    CHECK(said(Severity::hint).at("diagnostics")->size() == 1);
}
