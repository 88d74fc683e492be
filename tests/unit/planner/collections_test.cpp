// SPDX-License-Identifier: Apache-2.0
// Whole collections of recipes that people publish, each with a program of the user's own in place of the family's.
// They are no part of the project: RECIPE_COLLECTIONS names some, parted by colons, and RECIPE_CORPUS a corpus that has
// one.
#include "catch.hpp"
#include "config/config.hpp"
#include "planner/check.hpp"
#include "planner/composition.hpp"
#include "public_collections.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>

namespace recipe::planner {

std::vector<std::filesystem::path> public_collections() {
    std::vector<std::filesystem::path> collections;
    if (const char* named = std::getenv("RECIPE_COLLECTIONS"); named != nullptr) {
        std::istringstream paths{named};
        for (std::string path; std::getline(paths, path, ':');)
            if (!path.empty()) collections.emplace_back(path);
    } else if (const char* corpus = std::getenv("RECIPE_CORPUS"); corpus != nullptr) {
        collections.push_back(std::filesystem::path(corpus) / "hyperpod-v1.0.1/recipes_collection");
    }
    return collections;
}

namespace {

using config::Value;

struct Verdict {
    std::string family;
    std::set<std::string> codes;
};

/// What the rules say of a recipe on an instance type; nothing where it cannot be composed.
std::optional<Verdict> verdict_on(const std::filesystem::path& collection, const std::string& recipe,
                                  const char* instance_type, bool own_program) {
    SubmitRequest request{.recipe = recipe, .needs_entry = true, .collections = {collection}};
    request.environment["HOME"] = "/home/user";
    request.working_directory = "/fsx";
    request.sets.push_back({.text = "base_results_dir=/fsx/results"});
    request.sets.push_back({.text = fmt::format("++instance_type={}", instance_type)});
    if (own_program) request.sets.push_back({.text = "++launch.entry_script=/fsx/train.py"});
    const auto composition = compose(request);
    if (!composition) return std::nullopt;
    Verdict verdict{.family = composition->family().name, .codes = {}};
    for (const Diagnostic& diagnostic : check(request, *composition).result.diagnostics)
        verdict.codes.emplace(diagnostic.code.name());
    return verdict;
}

}  // namespace

TEST_CASE("no rule is silent about a public recipe because a program of one's own runs it", "[corpus]") {
    const auto collections = public_collections();
    if (collections.empty()) {
        std::cout << "skipped: neither RECIPE_COLLECTIONS nor RECIPE_CORPUS is set: 0 public recipes were run with a "
                     "program of one's own\n";
        return;
    }
    std::size_t compared = 0;
    std::size_t not_composed = 0;
    std::size_t codes = 0;
    for (const std::filesystem::path& collection : collections) {
        const auto recipes = config::list_recipes({collection});
        REQUIRE(recipes);
        for (const config::RecipeFile& recipe : *recipes) {
            for (const char* instance_type : {"g4dn.12xlarge", "g5.48xlarge", "p5.48xlarge", "trn1.32xlarge"}) {
                const auto alone = verdict_on(collection, recipe.name, instance_type, false);
                const auto own = verdict_on(collection, recipe.name, instance_type, true);
                REQUIRE(alone.has_value() == own.has_value());
                if (!alone) {
                    ++not_composed;
                    continue;
                }
                INFO(recipe.name << " on " << instance_type << ": " << fmt::format("{}", fmt::join(alone->codes, " "))
                                 << "; with a program of one's own " << fmt::format("{}", fmt::join(own->codes, " ")));
                CHECK(own->family == alone->family);
                CHECK(std::ranges::includes(own->codes, alone->codes));
                ++compared;
                codes += alone->codes.size();
            }
        }
    }
    std::cout << compared << " public recipes on an instance type keep their family and " << codes
              << " findings with a program of one's own; " << not_composed << " could not be composed\n";
    CHECK(compared > 0);
    CHECK(codes > 0);
}

}  // namespace recipe::planner
