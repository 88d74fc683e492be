// SPDX-License-Identifier: Apache-2.0
// What a public recipe's program gets is what HyperPod's launcher gives it. The corpus, which has what Hydra and
// OmegaConf made of each recipe, is not part of the project; RECIPE_CORPUS names it.
#include "../../conformance/expected_value.hpp"
#include "../validate/recipe_under_test.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "node/node.hpp"
#include "plan/plan.hpp"
#include "planner/launch_plan.hpp"
#include "secret/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

using namespace recipe;
using config::Value;

namespace {

/// Where the launcher finds the program of a recipe, as its v1.0.1 has it.
std::string program_of_launcher(const std::string& recipe) {
    for (const char* folder : {"llama", "mistral", "mixtral"})
        if (recipe.find(std::string("/") + folder + '/') != std::string::npos)
            return std::string("examples/") + folder + '/' + folder + "_pretrain.py";
    // Later launchers have one for deepseek, and so have we; the corpus has no such recipe.
    return "examples/custom_model/custom_pretrain.py";
}

plan::LaunchPlan plan_of(const std::filesystem::path& collection, const Value& launched) {
    config::ComposeRequest request{.collections = {collection}, .recipe = *launched.find("recipe")->as_string()};
    // The first says which recipe, the others are the launcher's arguments.
    for (std::size_t index = 1; index < launched.find("overrides")->size(); ++index)
        request.overrides.push_back({*launched.find("overrides")->items()[index].as_string(), "corpus"});
    auto resolved = config::compose(request);
    REQUIRE(resolved);
    const planner::SubmitRequest submission{
        .needs_entry = true,
        .secrets_file = "/home/me/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef"};
    const planner::Composition composition{.resolved = std::move(*resolved), .families = validate::shipped_families()};
    const planner::Checked checked = planner::check(submission, composition);
    Diagnostics notes;
    auto job = planner::make_job(submission, composition, checked, notes);
    REQUIRE(job);
    const planner::Finished finished = planner::finish(submission, composition, checked, {.job = std::move(*job)});
    // As the node has it.
    auto read = plan::from_json(finished.submission.plan_json);
    REQUIRE(read);
    if (finished.submission.secret_files.empty()) return std::move(*read);
    const auto secrets = secret::parse_secret_file(finished.submission.secret_files.front().text);
    REQUIRE(secrets);
    return plan::restore_secrets(std::move(*read), *secrets);
}

Value expected_of(const std::filesystem::path& corpus, const Value& launched) {
    std::ifstream stream(corpus / "expected" / *launched.find("file")->as_string());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto read = config::from_json(text, text.size());
    REQUIRE(read);
    return conformance::decode(*read);
}

}  // namespace

TEST_CASE("a public recipe's program gets the file and the arguments that HyperPod's launcher gives it", "[corpus]") {
    const char* given = std::getenv("RECIPE_CORPUS");
    if (given == nullptr) {
        std::cout << "skipped: RECIPE_CORPUS names no corpus, so no public recipe was compared with the launcher\n";
        return;
    }
    const std::filesystem::path corpus = given;
    std::ifstream cases(corpus / "expected/cases.jsonl");
    std::size_t files = 0;
    std::size_t programs = 0;
    for (std::string line; std::getline(cases, line);) {
        const Value launched = config::from_json(line, line.size()).value();
        if (*launched.find("kind")->as_string() != "recipe" || launched.find("file") == nullptr) continue;
        const std::string recipe = *launched.find("recipe")->as_string();
        INFO(recipe);
        const plan::LaunchPlan plan = plan_of(corpus / "hyperpod-v1.0.1/recipes_collection", launched);
        const node::Facts facts{.job_id = 17};
        // As the program reads it. The corpus has sorted the keys.
        const auto written = config::parse_yaml(node::config_text(plan, facts), "written");
        REQUIRE(written);
        CHECK(*written == expected_of(corpus, launched));
        ++files;
        const std::string* type =
            plan.config.at("run.model_type") != nullptr ? plan.config.at("run.model_type")->as_string() : nullptr;
        if (type == nullptr || *type != "hf") continue;
        const plan::Entry entry = node::entry_of(plan, facts);
        const std::string directory = plan.results_dir + "/17";
        CHECK(plan.code->url == "https://github.com/aws/sagemaker-hyperpod-training-adapter-for-nemo.git");
        CHECK(entry.directory == directory + "/code");
        CHECK(entry.program == entry.directory + '/' + program_of_launcher(recipe));
        CHECK(entry.arguments ==
              std::vector<std::string>{"--config-path=" + directory,
                                       "--config-name=recipe-" + plan.digest.substr(0, 12) + ".yaml"});
        ++programs;
    }
    std::cout << files << " public recipes resolve to the launcher's file, " << programs
              << " start the launcher's program\n";
    CHECK(files == 46);
    CHECK(programs > 30);
}
