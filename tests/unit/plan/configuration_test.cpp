// SPDX-License-Identifier: Apache-2.0
// A configuration that its plan has no room for.
#include "catch.hpp"
#include "config/config.hpp"
#include "plan/plan.hpp"
#include "sample_plan.hpp"

#include <functional>
#include <limits>
#include <string>

using namespace recipe;
using config::Value;
using test::sample_plan;

namespace {

const std::string name = "0123456789abcdef0123456789abcdef";

/// A plan whose configuration has at least so many bytes, in a file.
plan::LaunchPlan large_plan(std::size_t bytes = 1024 * 1024) {
    plan::LaunchPlan plan = sample_plan();
    Value list = Value::list();
    for (std::size_t size = 0; size < bytes; size += 64) list.push_back(Value::string(std::string(64, 'x')));
    plan.config.set(Value::string("blob"), list);
    plan.config.set(Value::string("none"), Value::floating(std::numeric_limits<double>::infinity()));
    plan.digest = plan::digest_of(plan.config);
    plan.configuration_file = {.path = plan::configuration_path(plan.results_dir, name),
                               .bytes = plan::config_json(plan.config).size()};
    return plan;
}

std::string refusal_of(const plan::LaunchPlan& plan, std::string_view text) {
    const auto config = plan::configuration_from_json(plan, text);
    REQUIRE_FALSE(config);
    CHECK(config.error().front().code == "plan.file");
    return config.error().front().message;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

std::string problem_of(const std::string& json) {
    const auto plan = plan::from_json(json);
    REQUIRE_FALSE(plan);
    CHECK(plan.error().front().code == "plan.malformed");
    CHECK_FALSE(plan::from_json_without_config(json));
    return plan.error().front().message;
}

}  // namespace

TEST_CASE("a large configuration comes back whole from its file, and its plan from the wire") {
    const plan::LaunchPlan plan = large_plan();
    const std::string file = plan::config_json(plan.config);
    REQUIRE(file.size() > 1024 * 1024);
    const auto json = plan::to_json(plan);
    REQUIRE(json);
    CHECK(json->size() < 1024);
    const auto back = plan::from_json(*json);
    REQUIRE(back);
    CHECK(back->config.is_null());
    CHECK(back->configuration_file == plan.configuration_file);
    CHECK(back->digest == plan.digest);
    CHECK(plan::from_json_without_config(*json) == *back);
    CHECK(plan::summary_from_json(*json).value() == static_cast<const plan::Summary&>(plan));
    const auto config = plan::configuration_from_json(*back, file);
    REQUIRE(config);
    CHECK(*config == plan.config);
}

TEST_CASE("a plan that has room for its configuration says nothing of a file") {
    CHECK(plan::to_json(sample_plan()).value().find("configuration_file") == std::string::npos);
    CHECK_FALSE(plan::from_json(plan::to_json(sample_plan()).value())->configuration_file);
}

TEST_CASE("another text than the one submitted is refused, whatever it is") {
    const plan::LaunchPlan plan = large_plan(1000);
    const std::string file = plan::config_json(plan.config);
    CHECK(refusal_of(plan, replaced(file, "\"num_nodes\":4", "\"num_nodes\":5")) ==
          "it was changed since the job was submitted");
    const std::string sizes = " bytes, and the job was submitted with " + std::to_string(file.size());
    CHECK(refusal_of(plan, file.substr(0, file.size() / 2)) == "it has " + std::to_string(file.size() / 2) + sizes);
    CHECK(refusal_of(plan, "") == "it has 0" + sizes);
    CHECK(refusal_of(plan, file + ' ') == "it has " + std::to_string(file.size() + 1) + sizes);
    // A plan that names no file has none to compare with.
    plan::LaunchPlan other = sample_plan();
    CHECK(refusal_of(other, "1") == "it has 1 bytes, and the job was submitted with 0");
}

TEST_CASE("a file with the right digest that is no configuration is refused") {
    for (const std::string text : {"{", "{\"a\":{\"$int\":1}}", "\xFF", "{\"a\":1,\"a\":2}"}) {
        plan::LaunchPlan plan = large_plan(1000);
        plan.digest = plan::digest_of_json(text);
        plan.configuration_file->bytes = text.size();
        CHECK_FALSE(refusal_of(plan, text).empty());
    }
    plan::LaunchPlan plan = large_plan(1000);
    const auto nested = [&](std::size_t levels) {
        const std::string text = std::string(levels, '[') + std::string(levels, ']');
        plan.digest = plan::digest_of_json(text);
        plan.configuration_file->bytes = text.size();
        return plan::configuration_from_json(plan, text).has_value();
    };
    CHECK(nested(63));
    CHECK_FALSE(nested(64));
}

TEST_CASE("only a file of ours in the plan's own results directory is taken from the wire") {
    const plan::LaunchPlan plan = large_plan(1000);
    const std::string json = plan::to_json(plan).value();
    const std::string path = plan.configuration_file->path;
    CHECK(path == "/fsx/results/.configuration-" + name);
    for (const std::string other :
         {"/etc/shadow", "/fsx/results/recipe.yaml", "/fsx/other/.configuration-0123456789abcdef0123456789abcdef",
          "/fsx/results.configuration-0123456789abcdef0123456789abcdef",
          "/fsx/results/../.configuration-0123456789abcdef0123456789abcdef",
          "/fsx/results/.configuration-0123456789abcdef0123456789abcdeg",
          "/fsx/results/.configuration-0123456789abcdef0123456789abcde",
          "fsx/results/.configuration-0123456789abcdef0123456789abcdef", ""})
        CHECK(problem_of(replaced(json, path, other)).ends_with("configuration_file is none of ours"));
    const std::string bytes = "\"bytes\":" + std::to_string(plan.configuration_file->bytes);
    CHECK(plan::from_json(replaced(json, bytes, "\"bytes\":" + std::to_string(plan::max_configuration_bytes))));
    for (const std::string other : {"-1", "\"1\"", "null"}) problem_of(replaced(json, bytes, "\"bytes\":" + other));
    problem_of(replaced(json, bytes, "\"bytes\":" + std::to_string(plan::max_configuration_bytes + 1)));
    problem_of(replaced(json, bytes, bytes + ",\"owner\":0"));
    // With the configuration in both places nobody could say which is meant.
    const auto twice = plan::from_json(replaced(json, "\"config\":null", "\"config\":{}"));
    REQUIRE_FALSE(twice);
    CHECK(twice.error().front().message.ends_with("it has its configuration twice"));
}

TEST_CASE("a configuration of just the greatest size is taken, and none of a byte more") {
    plan::LaunchPlan plan = large_plan(1000);
    plan.config.set(Value::string("text"), Value::string(""));
    const std::size_t rest = plan::config_json(plan.config).size();
    const auto with_bytes = [&](std::size_t bytes) {
        plan.config.set(Value::string("text"), Value::string(std::string(bytes - rest, 'x')));
        plan.digest = plan::digest_of(plan.config);
        plan.configuration_file->bytes = bytes;
        return plan::to_json(plan);
    };
    REQUIRE(with_bytes(plan::max_configuration_bytes));
    CHECK(plan::configuration_from_json(plan, plan::config_json(plan.config)));
    const auto larger = with_bytes(plan::max_configuration_bytes + 1);
    REQUIRE_FALSE(larger);
    const Diagnostic& problem = larger.error().front();
    CHECK(problem.code == "plan.too_large");
    CHECK(problem.key == "text");
    CHECK(problem.message ==
          "the resolved recipe has 4194305 bytes; 4194304 is the most that travels with a job; text "
          "has " +
              std::to_string(plan::max_configuration_bytes + 3 - rest) + " of them");
    CHECK(problem.fix ==
          "keep long lists and texts of text in files that the program reads, and their paths in the recipe");
}

TEST_CASE("what leaves a plan too large without its configuration is named, with the way out") {
    struct Case {
        std::function<void(plan::LaunchPlan&, std::string)> grow;
        std::string key;
        std::string fix;
    };
    const std::vector<Case> cases{
        {[](plan::LaunchPlan& plan, std::string text) { plan.environment = {{"A", std::move(text)}}; }, "env_vars",
         "export"},
        {[](plan::LaunchPlan& plan, std::string text) { plan.entry.arguments = {std::move(text)}; }, "launch.args",
         "file"},
        {[](plan::LaunchPlan& plan, std::string text) { plan.setup = {std::move(text)}; }, "launch.setup", "script"},
        {[](plan::LaunchPlan& plan, std::string text) { plan.srun_arguments = {std::move(text)}; }, "cluster.srun_args",
         "srun"},
        {[](plan::LaunchPlan& plan, std::string text) { plan.overrides = {std::move(text)}; }, "--recipe-set",
         "srecipe new"},
        {[](plan::LaunchPlan& plan, std::string text) { plan.recipe = std::move(text); }, "", "files"},
    };
    for (const Case& one : cases) {
        plan::LaunchPlan plan = large_plan(1000);
        one.grow(plan, std::string(plan::max_bytes, 'x'));
        const auto json = plan::to_json(plan);
        REQUIRE_FALSE(json);
        const Diagnostic& problem = json.error().front();
        CAPTURE(one.key);
        CHECK(problem.code == "plan.too_large");
        CHECK((one.key.starts_with("--") ? problem.source.name : problem.key) == one.key);
        CHECK(problem.message.find(" bytes without its configuration; 32768 is the most") != std::string::npos);
        CHECK((problem.message.find(" of them") != std::string::npos) == !one.key.empty());
        CHECK(problem.fix.find(one.fix) != std::string::npos);
    }
}
