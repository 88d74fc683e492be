// SPDX-License-Identifier: Apache-2.0
// A fix that is printed is one that was tried: of every code's example, and of what people type.
#include "planner/true_fixes.hpp"
#include "catch.hpp"
#include "diagnostic/codes.hpp"
#include "diagnostic/codes/layout.hpp"
#include "planner/planner.hpp"
#include "submitting.hpp"

#include <algorithm>
#include <sstream>

namespace recipe::planner {
namespace {

std::ptrdiff_t errors(const Diagnostics& all, DiagnosticCode code) {
    return std::ranges::count_if(all,
                                 [&](const Diagnostic& d) { return d.severity == Severity::error && d.code == code; });
}

test::Submitting example_of(const std::string& recipe, std::string_view overrides) {
    test::Submitting submitting(recipe);
    std::istringstream words{std::string(overrides)};
    for (std::string word; words >> word;) submitting.set(word);
    return submitting;
}

/// Holds each fix of the outcome against the outcome with it. Returns how many there were to hold.
std::size_t hold_fixes(const std::string& recipe, const std::string& overrides) {
    const Outcome before = prepare(example_of(recipe, overrides).without_script().request());
    std::size_t held = 0;
    for (const Diagnostic& diagnostic : before.diagnostics) {
        if (diagnostic.severity != Severity::error || !diagnostic.fix.starts_with("--recipe-set=")) continue;
        if (diagnostic.fix.find_first_of("$'\"`") != std::string::npos) continue;
        std::string fix = diagnostic.fix;
        for (std::size_t at = 0; (at = fix.find("--recipe-set=")) != std::string::npos;) fix.erase(at, 13);
        INFO(recipe << ' ' << overrides << ": " << diagnostic.message << "\nfix " << fix);
        const Outcome after = prepare(example_of(recipe, overrides + ' ' + fix).without_script().request());
        CHECK(errors(after.diagnostics, diagnostic.code) < errors(before.diagnostics, diagnostic.code));
        for (const Diagnostic& later : after.diagnostics)
            if (later.severity == Severity::error)
                CHECK(errors(after.diagnostics, later.code) <= errors(before.diagnostics, later.code));
        ++held;
    }
    return held;
}

}  // namespace

TEST_CASE("the fixes of every code's example do what they say") {
    std::size_t held = 0;
    for (const codes::Code& code : codes::all()) {
        if (code.example.empty() || !code.is_rule) continue;
        for (const char* recipe : {"llama3_2_1b_pretrain", "llama_tiny_cpu_pretrain"})
            for (const char* on : {"", " instance_type=g5.48xlarge", " instance_type=p5.48xlarge trainer.num_nodes=3"})
                held += hold_fixes(recipe, std::string(code.example) + on);
    }
    CHECK(held > 20);
}

TEST_CASE("a fix that does not help, brings another error or silences rules is not printed") {
    const SubmitRequest request = test::Submitting("x").request();
    const Diagnostic wrong{.code = codes::layout.heads, .message = "wrong", .fix = "--recipe-set=a=1"};
    const Trial before{.composed = true, .family = "hf", .rules = {"r", "s"}, .kept = {"s"}, .found = {wrong}};
    const auto fix_after = [&](const Trial& after, const std::string& fix = "--recipe-set=a=1") {
        Diagnostics diagnostics{wrong};
        diagnostics.front().fix = fix;
        keep_true_fixes(request, before, [&](const SubmitRequest&) { return after; }, diagnostics);
        return diagnostics.front().fix;
    };
    const Trial good{.composed = true, .family = "hf", .rules = {"s"}, .kept = {"s"}, .found = {}};
    CHECK(fix_after(good) == "--recipe-set=a=1");
    Trial bad = good;
    bad.composed = false;
    CHECK(fix_after(bad).empty());
    bad = good;
    bad.family = "other";
    CHECK(fix_after(bad).empty());
    bad = good;
    bad.rules = {"r"};  // "s" was kept, and applies no longer
    CHECK(fix_after(bad).empty());
    bad = good;
    bad.found = {wrong};
    CHECK(fix_after(bad).empty());
    bad = good;
    bad.found = {{.code = codes::layout.context, .message = "another"}};
    CHECK(fix_after(bad).empty());
    // What cannot be tried stays.
    CHECK(fix_after(bad, "chmod 600 x") == "chmod 600 x");
    CHECK(fix_after(bad, "--recipe-set=a=$PWD/x") == "--recipe-set=a=$PWD/x");
}

TEST_CASE("a fix is tried with the words that a shell makes of it") {
    const SubmitRequest request = test::Submitting("x").request();
    Diagnostics diagnostics{{.code = codes::layout.heads,
                             .message = "wrong",
                             .fix = "--recipe-set=a='b c' --recipe-set=\"d=[1, 2]\" --recipe-set=e=f\\ g"}};
    std::vector<std::string> tried;
    keep_true_fixes(
        request, {.composed = true, .found = diagnostics},
        [&](const SubmitRequest& changed) {
            for (const RecipeSet& set : changed.sets) tried.push_back(set.text);
            return Trial{.composed = true};
        },
        diagnostics);
    CHECK(tried == std::vector<std::string>{"a=b c", "d=[1, 2]", "e=f g"});
}

}  // namespace recipe::planner
