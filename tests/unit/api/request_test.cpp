// SPDX-License-Identifier: Apache-2.0
// Requests of librecipe: what each key means, and everything that is refused.
#include "api/request.hpp"

#include "catch.hpp"

#include <fmt/format.h>
#include <filesystem>

namespace recipe::api {
namespace {

Request accepted(Function function, std::string_view text) {
    Expected<Request> request = read_request(function, text);
    if (!request) UNSCOPED_INFO(request.error().front().message);
    REQUIRE(request);
    return std::move(*request);
}

/// The keys that are refused, in the order of the request.
std::vector<std::string> refused(Function function, std::string_view text) {
    const Expected<Request> request = read_request(function, text);
    INFO(text);
    REQUIRE_FALSE(request);
    std::vector<std::string> keys;
    for (const Diagnostic& problem : request.error()) {
        CHECK(problem.code == "api.request");
        CHECK(problem.severity == Severity::error);
        CHECK(problem.source.name == "request");
        CHECK_FALSE(problem.message.empty());
        keys.push_back(problem.key);
    }
    return keys;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("a request says which recipe, from where, and in which surroundings") {
    const Request request =
        accepted(Function::compose,
                 R"({"recipe": "r", "overrides": ["a=1", "+b=2"], "collections": ["one", "/two"], "site": "s.yaml",
            "environment": {"A": "", "B": "x=y"}, "working_directory": "/here"})");
    CHECK(request.subject.recipe == "r");
    CHECK(request.subject.overrides == Keys{"a=1", "+b=2"});
    CHECK(request.where.collections == std::vector<std::filesystem::path>{"one", "/two"});
    CHECK(request.where.collections_name == "collections");
    CHECK(request.where.site == "s.yaml");
    CHECK(request.where.environment == config::Environment{{"A", ""}, {"B", "x=y"}, {"PWD", "/here"}});
    CHECK(request.where.working_directory == "/here");
    CHECK(request.where.paths_from == "/here");
}

TEST_CASE("surroundings that a request does not name are the process's") {
    const Request request = accepted(Function::check, R"({"recipe": "r"})");
    CHECK(request.where.working_directory == std::filesystem::current_path());
    CHECK(request.where.environment == site::process_environment());
    CHECK_FALSE(request.where.site);
}

TEST_CASE("PWD is the working directory, unless the request's environment says otherwise") {
    CHECK(accepted(Function::list, R"({"working_directory": "/w"})").where.environment.find("PWD")->second == "/w");
    CHECK(accepted(Function::list, R"({"working_directory": "/w", "environment": {"PWD": "/p"}})")
              .where.environment.find("PWD")
              ->second == "/p");
    CHECK(accepted(Function::list, R"({"environment": {}})").where.environment.find("PWD")->second ==
          std::filesystem::current_path());
}

TEST_CASE("a submission is sbatch's without a script, unless the request says otherwise") {
    const query::Submission plain = accepted(Function::plan, R"({"recipe": "r"})").submission;
    CHECK(plain.tool == planner::Tool::sbatch);
    CHECK(plain.needs_entry);
    CHECK_FALSE(plain.force);
    CHECK_FALSE(plain.cluster_has_gpus);
    CHECK_FALSE(plain.has_pyxis);
    CHECK_FALSE(plain.allocated_nodes);

    const query::Submission other =
        accepted(Function::plan, R"({"recipe": "r", "tool": "srun_in_job", "script": true, "force": true,
                                     "cluster_has_gpus": true, "has_pyxis": false, "allocated_nodes": 4})")
            .submission;
    CHECK(other.tool == planner::Tool::srun_in_job);
    CHECK_FALSE(other.needs_entry);
    CHECK(other.force);
    CHECK(other.cluster_has_gpus);
    CHECK(other.has_pyxis == false);
    CHECK(other.allocated_nodes == 4);
    CHECK_FALSE(accepted(Function::plan, R"({"recipe": "r", "has_pyxis": null})").submission.has_pyxis);
    CHECK(accepted(Function::plan, R"({"recipe": "r", "tool": "salloc"})").submission.tool == planner::Tool::salloc);
    CHECK(accepted(Function::plan, R"({"recipe": "r", "tool": "srun"})").submission.tool == planner::Tool::srun);
}

TEST_CASE("Slurm options read as typed on the command line") {
    const auto options =
        accepted(Function::check, R"({"recipe": "r", "slurm_options": {"nodes": 4, "exclusive": "", "time": "1:00"}})")
            .submission.options;
    REQUIRE(options.size() == 3);
    CHECK(options[0].value == "4");
    CHECK(options[0].spelling == "--nodes=4");
    CHECK(options[0].level == planner::Level::command_line);
    CHECK(options[1].spelling == "--exclusive");
    CHECK(options[2].value == "1:00");
}

TEST_CASE("a sweep has a key and values") {
    const auto sweep =
        accepted(Function::fit, R"({"recipe": "r", "sweep": {"key": "a.b", "values": ["1", "x,y"]}})").sweep;
    REQUIRE(sweep);
    CHECK(sweep->with("x,y").text == "a.b=x,y");
    CHECK(sweep->with("1").name == "sweep");
    for (const char* wrong : {R"({"key": "a"})", R"({"values": ["1"]})", R"({"key": "a", "values": []})"})
        CHECK(refused(Function::fit, fmt::format(R"({{"recipe": "r", "sweep": {}}})", wrong)) == Keys{"sweep"});
    CHECK(refused(Function::fit, R"({"recipe": "r", "sweep": {"key": "", "values": [1]}})") ==
          Keys{"sweep.key", "sweep.values[0]"});
    CHECK(refused(Function::fit, R"({"recipe": "r", "sweep": {"key": "a", "step": 2}})") ==
          Keys{"sweep.step", "sweep"});
    CHECK(refused(Function::fit, R"({"recipe": "r", "sweep": []})") == Keys{"sweep"});
}

TEST_CASE("all that is wrong with a request is told together, by key") {
    CHECK(refused(Function::check,
                  R"({"overrides": ["", 1], "collections": "x", "site": "", "environment": {"A=": "x", "B": 1},
                      "working_directory": "here", "tool": "squeue", "slurm_options": {"nodez": 1, "nodes": []},
                      "script": 1, "force": "yes", "cluster_has_gpus": null, "has_pyxis": 0, "allocated_nodes": 0})") ==
          Keys{"overrides[0]", "overrides[1]", "collections", "site", "environment.A=", "environment.B",
               "working_directory", "tool", "slurm_options.nodez", "slurm_options.nodes", "script", "force",
               "cluster_has_gpus", "has_pyxis", "allocated_nodes", "recipe"});
    CHECK(refused(Function::compose, R"({"recipe": ""})") == Keys{"recipe"});
    CHECK(refused(Function::compose, R"({"recipe": null})") == Keys{"recipe"});
    CHECK(refused(Function::check, R"({"recipe": "r", "tool": 1})") == Keys{"tool"});
    CHECK(accepted(Function::check, R"({"recipe": "r", "allocated_nodes": 1})").submission.allocated_nodes == 1);
    CHECK(accepted(Function::check, R"({"recipe": "r", "allocated_nodes": 100000})").submission.allocated_nodes ==
          100000);
    CHECK(refused(Function::check, R"({"recipe": "r", "allocated_nodes": 100001})") == Keys{"allocated_nodes"});
    CHECK(refused(Function::list, R"({"environment": {"": "x"}})") == Keys{"environment"});
    CHECK(refused(Function::list, R"({"environment": []})") == Keys{"environment"});
    CHECK(refused(Function::list, R"({"working_directory": ""})") == Keys{"working_directory"});
}

TEST_CASE("a function takes its own keys and no others") {
    CHECK(refused(Function::check, R"({"recipe": "r", "sweep": {}, "recipes": 1})") == Keys{"sweep", "recipes"});
    CHECK(refused(Function::compose, R"({"recipe": "r", "force": true})") == Keys{"force"});
    CHECK(refused(Function::fit, R"({"recipe": "r", "tool": "sbatch"})") == Keys{"tool"});
    CHECK(refused(Function::list, R"({"recipe": "r"})") == Keys{"recipe"});
    CHECK(refused(Function::version, R"({"recipe": "r"})") == Keys{"recipe"});
    CHECK(accepted(Function::version, "{}").where.environment.empty());
    CHECK(accepted(Function::plan, R"({"recipe": "r"})").subject.recipe == "r");
    for (const Function function : {Function::compose, Function::check, Function::plan, Function::fit})
        CHECK(refused(function, "{}") == Keys{"recipe"});
}

TEST_CASE("a text that is no JSON object, or a hostile one, is refused") {
    using namespace std::string_literals;
    const std::vector<std::string> texts{
        "",
        "[]",
        "null",
        "{",
        R"({"recipe": "r"} x)",
        R"({"recipe": "r", "recipe": "s"})",
        "{\"recipe\": \"\xff\"}",
        R"({"recipe": NaN})",
        R"({"recipe": 1e999})",
        R"({"recipe": "r",})",
        R"({"recipe": "r"} // comment)",
        "{\"recipe\": \"r\"\0}"s,
        std::string(1'000'000, '['),
        R"({"overrides": )" + std::string(8, '[') + std::string(8, ']') + "}",
        std::string(max_request_bytes + 1, ' '),
    };
    for (const std::string& text : texts) {
        INFO(text.substr(0, 40));
        CHECK(refused(Function::check, text) == Keys{""});
    }
    CHECK(refused(Function::check, R"({"overrides": )" + std::string(7, '[') + std::string(7, ']') + "}") ==
          Keys{"overrides[0]", "recipe"});
}

TEST_CASE("no text of a request holds a NUL, at which a path would end") {
    CHECK(refused(Function::check, R"({"recipe": "r\u0000x"})") == Keys{"recipe"});
    CHECK(refused(Function::check, R"({"recipe": "r", "environment": {"A": "\u0000"}})") == Keys{"environment.A"});
    CHECK(refused(Function::check, R"({"recipe": "r", "overrides": ["\u0000"]})") == Keys{"overrides[0]"});
}

TEST_CASE("lists are bounded") {
    const auto with_overrides = [](std::size_t count) {
        std::string list;
        for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + std::string(R"("a=1")");
        return fmt::format(R"({{"recipe": "r", "overrides": [{}]}})", list);
    };
    CHECK(accepted(Function::check, with_overrides(max_list_items)).subject.overrides.size() == max_list_items);
    CHECK(refused(Function::check, with_overrides(max_list_items + 1)) == Keys{"overrides"});
    std::string options;
    for (std::size_t i = 0; i <= max_list_items; ++i)
        options += fmt::format(R"({}"nodes{}": "1")", i == 0 ? "" : ",", i);
    // None of them is looked at.
    CHECK(refused(Function::check, fmt::format(R"({{"recipe": "r", "slurm_options": {{{}}}}})", options)) ==
          Keys{"slurm_options"});
}

}  // namespace recipe::api
