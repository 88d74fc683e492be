// SPDX-License-Identifier: Apache-2.0
// No memory, at each allocation of the library: the C API says so in its status, slurmctld's decision and a node's
// reading of a plan throw what their C boundary catches, and the next call answers as if nothing had been.
//
// Prints how many places were tried. RECIPE_ALLOCATIONS=all tries every one, and not those of a draw.
#include "decide.hpp"
#include "failing_new.hpp"
#include "node/node.hpp"
#include "plan/plan.hpp"
#include "recipe/recipe.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace recipe;
using test::Failing;

struct Call {
    std::string name;
    /// What it answers, as text. "": it said that there is no memory.
    std::function<std::string()> run;
};

[[noreturn]] void fail(const Call& call, const Failing& failing, const std::string& what) {
    std::fprintf(stderr, "%s: %s, when allocation %llu%s fails\n", call.name.c_str(), what.c_str(),
                 static_cast<unsigned long long>(failing.number),
                 failing.mode == Failing::Mode::from ? " and each later one" : "");
    std::exit(1);
}

std::string api(int (*function)(const char*, char**), const std::string& request) {
    char* answer = nullptr;
    const int status = function(request.c_str(), &answer);
    const std::unique_ptr<char, decltype(&recipe_free)> mine(answer, recipe_free);
    std::string text = answer != nullptr ? answer : "";
    if (text.empty() != (status == RECIPE_NO_MEMORY)) return "a status that does not fit its answer";
    return text;
}

/// As job_submit's and the SPANK plugins' entry points call the library.
std::string guarded(const std::function<std::string()>& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return "";
    }
}

std::vector<Call> calls(const std::string& site) {
    const std::string where = R"("site":")" + site + R"(","environment":{"HOME":"/root"},"working_directory":"/tmp")";
    const std::string request =
        R"({"recipe":"llama_tiny_cpu_pretrain",)" + where + R"(,"overrides":["trainer.num_nodes=2"]})";
    const std::string refused =
        R"({"recipe":"llama3_2_1b_pretrain",)" + where +
        R"(,"overrides":["instance_type=g5.48xlarge","model.tensor_model_parallel_degree=3","trainer.precission=fp8"]})";
    const std::string many = R"({)" + where + "}";
    const auto plan = nlohmann::json::parse(api(recipe_plan, request)).at("plan").dump();
    std::vector<Call> all{
        {"recipe_version", [] { return api(recipe_version, "{}"); }},
        {"recipe_list", [=] { return api(recipe_list, many); }},
        {"recipe_compose", [=] { return api(recipe_compose, request); }},
        {"recipe_check", [=] { return api(recipe_check, request); }},
        {"recipe_check of a refused recipe", [=] { return api(recipe_check, refused); }},
        {"recipe_plan", [=] { return api(recipe_plan, request); }},
        {"recipe_fit", [=] { return api(recipe_fit, refused); }},
        {"a request that is none", [=] { return api(recipe_check, R"({"recipe":[1,)"); }},
    };
    all.push_back({"slurmctld's decision", [=] {
                       return guarded([&] {
                           const job_submit::Snapshot snapshot;
                           const auto decision = job_submit::decide({.plan = plan, .partitions = "train"}, snapshot);
                           return decision ? decision->fills.name.value_or("no name")
                                           : decision.error().front().message;
                       });
                   }});
    all.push_back({"a node's step", [=] {
                       return guarded([&] {
                           const auto read = plan::from_json(plan);
                           if (!read) return read.error().front().message;
                           const node::Facts facts{
                               .job_id = 7, .node_count = 2, .task_count = 2, .tasks_here = 1, .head = "n1"};
                           const auto changes = node::rendezvous_environment(*read, facts, {});
                           const auto manifest = node::manifest_with("", *read, facts, {.time = 1, .host = "n1"});
                           return node::config_text(*read, facts) + std::to_string(changes ? changes->size() : 0) +
                                  (manifest && *manifest ? **manifest : "none");
                       });
                   }});
    return all;
}

/// Each of the first hundred, and a draw of the others.
std::vector<std::uint64_t> places(std::uint64_t count, bool all) {
    std::vector<std::uint64_t> chosen;
    std::minstd_rand random(7);
    for (std::uint64_t number = 1; number <= count; ++number)
        if (all || number <= 100 || random() % count < 250) chosen.push_back(number);
    return chosen;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const char* const how = std::getenv("RECIPE_ALLOCATIONS");
    const bool all = how != nullptr && std::string(how) == "all";
    for (const Call& call : calls(argv[1])) {
        const std::string expected = call.run();
        test::fail_allocations({});
        (void)call.run();
        const std::uint64_t count = test::count_allocations();
        std::uint64_t tried = 0;
        for (const std::uint64_t number : places(count, all))
            for (const Failing::Mode mode : {Failing::Mode::one, Failing::Mode::from}) {
                const Failing failing{.mode = mode, .number = number};
                std::string answer;
                test::fail_allocations(failing);
                try {
                    answer = call.run();
                } catch (const std::bad_alloc&) {
                    answer = "";  // of the text that the test itself makes
                }
                (void)test::count_allocations();
                // A log line or a hint that could not be made is no reason to refuse.
                if (!answer.empty() && answer != expected && !answer.contains("api.failed"))
                    fail(call, failing, "another answer: " + answer.substr(0, 300));
                if (number % 16 == 0 && call.run() != expected) fail(call, failing, "another answer afterwards");
                ++tried;
            }
        if (call.run() != expected) fail(call, {}, "another answer afterwards");
        std::printf("out of memory: %s: %llu of %llu allocations\n", call.name.c_str(),
                    static_cast<unsigned long long>(tried / 2), static_cast<unsigned long long>(count));
    }
    return 0;
}
