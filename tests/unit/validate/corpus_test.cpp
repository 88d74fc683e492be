// SPDX-License-Identifier: Apache-2.0
// Public recipes that work must pass: a wrong refusal is the worst thing that validation can do. The corpus is not part
// of the project; RECIPE_CORPUS names it.
#include "catch.hpp"
#include "config/config.hpp"
#include "recipe_under_test.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

namespace recipe::validate {
namespace {

/// The instance type that a recipe's name states: p4 is p4d, trn1 its whole node; what states none was made on p5.
std::string instance_named(const std::string& name) {
    if (name.find("trn1") != std::string::npos) return "ml.trn1.32xlarge";
    if (name.find("p4_") != std::string::npos) return "ml.p4de.24xlarge";
    return "ml.p5.48xlarge";
}

std::vector<config::Override> overrides_of(const config::Value& recipe, const std::string& name) {
    std::vector<config::Override> overrides{{"base_results_dir=/fsx/results", "override 1"},
                                            {"instance_type=" + instance_named(name), "override 2"}};
    const auto set = [&](const char* key, const char* value) {
        if (recipe.at(key) != nullptr) overrides.push_back({std::string(key) + '=' + value, "override 3"});
    };
    set("recipes.exp_manager.exp_dir", "/fsx/experiments");
    set("recipes.model.data.train_dir", "/fsx/data");
    set("recipes.data.train_dir", "/fsx/data");
    return overrides;
}

}  // namespace

TEST_CASE("every recipe of the public collection passes on the instance type of its name", "[corpus]") {
    const char* corpus = std::getenv("RECIPE_CORPUS");
    if (corpus == nullptr) {
        std::cout << "skipped: RECIPE_CORPUS names no corpus, so no public recipe was checked\n";
        return;
    }
    const std::filesystem::path collection = std::filesystem::path(corpus) / "hyperpod-v1.0.1/recipes_collection";
    const auto recipes = config::list_recipes({collection});
    REQUIRE(recipes);
    std::size_t passed = 0;
    for (const config::RecipeFile& recipe : *recipes) {
        config::ComposeRequest request{.collections = {collection}, .recipe = recipe.name};
        const auto plain = config::compose(request);
        INFO(recipe.name);
        REQUIRE(plain);
        request.overrides = overrides_of(plain->root, recipe.name);
        const auto resolved = config::compose(request);
        REQUIRE(resolved);
        const Result result = check(*resolved, {shipped_hardware(), shipped_families()});
        CHECK(result.instance != nullptr);
        for (const Diagnostic& diagnostic : result.diagnostics)
            if (diagnostic.severity == Severity::error)
                FAIL_CHECK(diagnostic.code.name() << ": " << diagnostic.message);
        passed += has_errors(result.diagnostics) ? 0U : 1U;
    }
    std::cout << passed << " of " << recipes->size() << " public recipes pass\n";
    CHECK(passed == recipes->size());
    CHECK(recipes->size() == 47);
}

}  // namespace recipe::validate
