// SPDX-License-Identifier: Apache-2.0
// A fix that is printed is one that was tried: of every code's example, and of what people type.
#include "planner/refusal/true_fixes.hpp"
#include "../trace/traced.hpp"
#include "catch.hpp"
#include "diagnostic/codes.hpp"
#include "diagnostic/codes/layout.hpp"
#include "planner/planner.hpp"
#include "submitting.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
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
        if (diagnostic.code.group() == "compose") continue;  // takes the place of what was typed
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

TEST_CASE("however many fixes are tried, each path is looked at once") {
    std::map<std::string, int> looked;
    // Several errors with fixes, a directory of results, data, and an entry script, none of them there.
    SubmitRequest request = example_of("llama3_2_1b_pretrain",
                                       "instance_type=p5.48xlarge model.tensor_model_parallel_degree=3 "
                                       "model.shard_degree=3 model.data.train_dir=/dead/data trainer.num_nodes=0 "
                                       "model.data.use_synthetic_data=false base_results_dir=/dead/results "
                                       "launch.entry_script=/dead/code/train.py")
                                .without_script()
                                .request();
    request.host = storage::remembering({.status_of =
                                             [&](const std::string& path) {
                                                 ++looked["status " + path];
                                                 return storage::PathStatus();
                                             },
                                         .content =
                                             [&](const std::string& path) {
                                                 ++looked["content " + path];
                                                 return storage::Content::missing;
                                             },
                                         .exported = {},
                                         .access =
                                             [&](const std::string& path) {
                                                 ++looked["access " + path];
                                                 return storage::Access{
                                                     .error = ESTALE, .read_error = ESTALE, .write_error = ESTALE};
                                             }});
    const Outcome outcome = prepare(request);
    CHECK_FALSE(outcome.submission);
    CHECK(std::ranges::count_if(outcome.diagnostics, [](const Diagnostic& d) { return !d.fix.empty(); }) > 1);
    for (const char* path : {"access /dead/data", "access /dead/code/train.py", "access /dead/code/keys.yaml"}) {
        INFO(path);
        CHECK(looked.contains(path));
    }
    for (const auto& [path, times] : looked) {
        INFO(path);
        CHECK(times == 1);
    }
}

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
    const auto fix_of_warning = [&](const Trial& after) {
        Diagnostics diagnostics{wrong};
        diagnostics.front().severity = Severity::warning;
        Trial before_it = before;
        before_it.found.front().severity = Severity::warning;
        keep_true_fixes(request, before_it, [&](const SubmitRequest&) { return after; }, diagnostics);
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
    // Nor of a warning, which may not bring another.
    bad = good;
    bad.found = {{.code = codes::layout.context, .severity = Severity::warning, .message = "another"}};
    CHECK(fix_after(bad) == "--recipe-set=a=1");
    CHECK(fix_of_warning(bad).empty());
    CHECK(fix_of_warning(good) == "--recipe-set=a=1");
    // Nor may it leave unknown what was known to fit, or not to.
    using Memory = validate::Result::Memory;
    const auto fix_between = [&](Memory earlier, Memory later) {
        Trial first = before, then = good;
        first.memory = earlier;
        then.memory = later;
        Diagnostics diagnostics{wrong};
        keep_true_fixes(request, first, [&](const SubmitRequest&) { return then; }, diagnostics);
        return diagnostics.front().fix;
    };
    CHECK(fix_between(Memory::known, Memory::unknown).empty());
    CHECK(fix_between(Memory::known, Memory::known) == "--recipe-set=a=1");
    CHECK(fix_between(Memory::unknown, Memory::unknown) == "--recipe-set=a=1");
    CHECK(fix_between(Memory::not_asked, Memory::unknown) == "--recipe-set=a=1");
    // What cannot be tried stays.
    CHECK(fix_after(bad, "chmod 600 x") == "chmod 600 x");
    CHECK(fix_after(bad, "--recipe-set=a=$PWD/x") == "--recipe-set=a=$PWD/x");
}

TEST_CASE("what was typed wrongly is tried in its own place") {
    const auto said_of = [](std::initializer_list<const char*> sets, const char* recipe = "llama3_2_1b_pretrain") {
        test::Submitting submitting(recipe);
        for (const char* set : sets) submitting.set(set);
        std::vector<std::string> fixes;
        for (const Diagnostic& d : prepare(submitting.without_script().request()).diagnostics)
            if (d.severity == Severity::error) fixes.push_back(d.fix);
        return fixes;
    };
    using Fixes = std::vector<std::string>;
    CHECK(said_of({"nodes=2"}) == Fixes{"--recipe-set=trainer.num_nodes=2"});
    // One after another; the others stay wrong meanwhile.
    CHECK(said_of({"nodes=2", "model.hidden_sze=64"}) ==
          Fixes{"--recipe-set=trainer.num_nodes=2", "--recipe-set=model.hidden_size=64"});
    CHECK(said_of({"run.name=${trainer.num_nodes}"}) == Fixes{"--recipe-set='run.name=${recipes.trainer.num_nodes}'"});
    // The value is refused at the right key as well, and nobody reads what would be added.
    CHECK(said_of({"nodes=0"}) == Fixes{""});
    CHECK(said_of({"model.nonsense=1"}) == Fixes{""});
    CHECK(said_of({"run.nonsense=1"}) == Fixes{""});
    CHECK(said_of({"cluster.nonsense=1"}) == Fixes{""});
    CHECK(said_of({"nonsense=1"}) == Fixes{""});
}

TEST_CASE("a path or a variable that the reader fills in is tried as if it were there, and a form is not tried") {
    const SubmitRequest request = test::Submitting("x").request();
    const auto tried_with = [&](const std::string& fix) {
        Diagnostics diagnostics{{.code = codes::layout.heads, .message = "wrong", .fix = fix}};
        std::optional<SubmitRequest> tried;
        keep_true_fixes(
            request, {.composed = true, .found = diagnostics},
            [&](const SubmitRequest& changed) {
                tried = changed;
                return Trial{.composed = true};
            },
            diagnostics);
        CHECK(diagnostics.front().fix == fix);
        return tried;
    };
    const auto shared = tried_with("--recipe-set=a=/SHARED/DIRECTORY");
    REQUIRE(shared);
    const storage::PathStatus status = shared->host.status_of("/SHARED/DIRECTORY/x");
    CHECK(status.exists);
    CHECK(status.write_error == 0);
    CHECK(storage::kind_of(status.type) == storage::Kind::shared);
    CHECK_FALSE(shared->host.status_of("/elsewhere/x").exists);
    const auto exported = tried_with("--recipe-set='++env_vars.A=${oc.env:A_TOKEN}'");
    REQUIRE(exported);
    CHECK(exported->environment.contains("A_TOKEN"));
    for (const char* form : {"--recipe-set=a=VALUE", "--recipe-set=a=https://HOST/PATH.git", "--recipe-set=a=FILE"})
        CHECK_FALSE(tried_with(form));
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

TEST_CASE("whether a fix holds is traced, and after sixteen fixes no more are tried") {
    const SubmitRequest request = test::Submitting("x").request();
    const Diagnostic wrong{.code = codes::layout.heads, .message = "wrong", .fix = "--recipe-set=a=1"};
    const test::Traced traced(trace::Level::debug);
    const auto after = [&](std::size_t count, Diagnostics found) {
        Diagnostics diagnostics(count, wrong);
        std::size_t trials = 0;
        keep_true_fixes(
            request, {.composed = true, .found = diagnostics},
            [&](const SubmitRequest&) {
                ++trials;
                return Trial{.composed = true, .found = found};
            },
            diagnostics);
        const auto kept = std::ranges::count_if(diagnostics, [](const Diagnostic& d) { return !d.fix.empty(); });
        return std::pair(trials, kept);
    };
    CHECK(after(1, {}) == std::pair(std::size_t{1}, std::ptrdiff_t{1}));
    CHECK(traced.text() == "tried the fix of layout.heads: it holds\n");
    traced.lines.clear();
    CHECK(after(1, {wrong}) == std::pair(std::size_t{1}, std::ptrdiff_t{0}));
    CHECK(traced.text() == "tried the fix of layout.heads: it does not\n");
    CHECK(after(16, {}) == std::pair(std::size_t{16}, std::ptrdiff_t{16}));
    CHECK(after(18, {}) == std::pair(std::size_t{16}, std::ptrdiff_t{16}));
}

TEST_CASE("a variable that a fix names is taken as exported, whichever place it has in the fix") {
    SubmitRequest request = test::Submitting("x").request();
    request.environment["THERE"] = "mine";
    Diagnostics diagnostics{{.code = codes::layout.heads,
                             .message = "wrong",
                             .fix = "--recipe-set='a=${oc.env:ONE,x}-${oc.env:TWO}' --recipe-set='b=${oc.env:THERE}'"}};
    std::optional<SubmitRequest> tried;
    keep_true_fixes(
        request, {.composed = true, .found = diagnostics},
        [&](const SubmitRequest& changed) {
            tried = changed;
            return Trial{.composed = true};
        },
        diagnostics);
    REQUIRE(tried);
    CHECK(tried->environment.contains("ONE"));
    CHECK(tried->environment.contains("TWO"));
    CHECK(tried->environment.at("THERE") == "mine");
    CHECK(tried->environment.size() == request.environment.size() + 2);
}

}  // namespace recipe::planner
