// SPDX-License-Identifier: Apache-2.0
// What the memory model says of whole public collections, as collections_test.cpp has them: for how many of their
// recipes it has an answer, that it refuses no pair of recipe and machine that was published, and refuses the hopeless.
#include "catch.hpp"
#include "config/config.hpp"
#include "memory/memory.hpp"
#include "planner/composition.hpp"
#include "public_collections.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace recipe::planner {
namespace {

/// Of the collection that public_pairs.txt speaks of.
constexpr std::size_t aws_recipes = 304;
constexpr std::size_t least_known = 240;

struct Assessed {
    std::optional<memory::Prediction> prediction{};
    memory::Verdict verdict{};
    double limit = 0;
    std::string unknown{};
    std::vector<std::string> published_on{};
    bool refused = false;
};

/// nullopt where it cannot be composed.
std::optional<Assessed> assessed(const std::filesystem::path& collection, const std::string& recipe,
                                 const std::string& instance_type, const std::vector<std::string>& more = {}) {
    SubmitRequest request{.recipe = recipe, .needs_entry = true, .collections = {collection}};
    request.environment["HOME"] = "/home/user";
    request.working_directory = "/fsx";
    request.sets.push_back({.text = "base_results_dir=/fsx/results"});
    if (!instance_type.empty()) request.sets.push_back({.text = "++instance_type=" + instance_type});
    for (const std::string& set : more) request.sets.push_back({.text = "++" + set});
    const auto composition = compose(request);
    if (!composition) return std::nullopt;
    const memory::Assessment a = memory::assess(composition->root(), composition->catalogue, composition->families,
                                                {.host = nullptr, .models = &composition->models});
    Assessed result{.prediction = a.prediction,
                    .verdict = a.verdict,
                    .limit = a.limit_bytes(),
                    .unknown = a.unknown.empty() ? "" : a.unknown.back(),
                    .refused = has_errors(a.diagnostics)};
    if (const config::Value* types = composition->root().at("recipes.instance_types"))
        for (const config::Value& type : types->items()) {
            std::string name = config::to_python_text(type);
            result.published_on.push_back(name.starts_with("ml.") ? name.substr(3) : name);
        }
    return result;
}

struct Pair {
    std::string kind, recipe, instance_type;
    std::vector<std::string> overrides;
    std::map<std::string, double> facts;
};

/// What is printed on the devices, in bytes; not ours to be wrong about.
double printed_memory(const std::string& instance_type) {
    static const std::map<std::string, double> gib{{"g5.48xlarge", 24},  {"g6.48xlarge", 24},   {"g6e.48xlarge", 48},
                                                   {"p4d.24xlarge", 40}, {"p4de.24xlarge", 80}, {"p5.48xlarge", 80}};
    return gib.at(instance_type) * 1024 * 1024 * 1024;
}

/// The least that a rank holds at once, whatever runs the recipe: its part of the states, the head's weights in 16 bits
/// while it multiplies, what is kept of each layer until the backward pass, and the logits.
double floor_bytes(const Pair& pair) {
    const auto fact = [&](const char* name) { return pair.facts.at(name); };
    const double kept = pair.facts.contains("kept") ? fact("kept") : fact("hidden");
    return fact("params") * fact("state") / fact("ranks") + 2 * fact("vocab") * fact("hidden") +
           2 * kept * fact("layers") * fact("tokens") + fact("logits") * fact("tokens") * fact("vocab");
}

std::vector<Pair> pairs(std::string_view kind) {
    std::ifstream file(source_file("tests/unit/planner/public_pairs.txt"));
    std::vector<Pair> found;
    for (std::string line; std::getline(file, line);) {
        Pair pair;
        std::istringstream words(line);
        words >> pair.kind >> pair.recipe >> pair.instance_type;
        if (pair.kind != kind) continue;
        std::string override_text;
        if (words >> override_text && override_text != "-") pair.overrides.push_back(override_text);
        for (std::string word; words >> word;) {
            const std::size_t equals = word.find('=');
            pair.facts[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
        }
        found.push_back(std::move(pair));
    }
    return found;
}

/// Those that have AWS's recipes.
std::vector<std::filesystem::path> collections_of_aws() {
    std::vector<std::filesystem::path> found;
    for (const std::filesystem::path& collection : public_collections())
        if (const auto recipes = config::list_recipes({collection}); recipes && recipes->size() == aws_recipes)
            found.push_back(collection);
    return found;
}

/// "the model's size: the recipe does not say …" is one reason for many recipes.
std::string kind_of(const std::string& reason) {
    return reason.substr(0, reason.find(':'));
}

}  // namespace

TEST_CASE("the memory model answers for the recipes of public collections, and refuses none that was published",
          "[corpus]") {
    const auto collections = public_collections();
    if (collections.empty())
        std::cout << "public memory: skipped, since neither RECIPE_COLLECTIONS nor RECIPE_CORPUS names a collection\n";
    for (const std::filesystem::path& collection : collections) {
        const auto recipes = config::list_recipes({collection});
        REQUIRE(recipes);
        std::size_t known = 0, published = 0;
        std::map<std::string, std::size_t> reasons;
        for (const config::RecipeFile& recipe : *recipes) {
            const auto first = assessed(collection, recipe.name, "");
            if (!first) {
                ++reasons["it cannot be composed"];
                continue;
            }
            std::optional<std::string> reason = "the device";
            std::vector<std::string> machines = first->published_on;
            if (machines.empty()) machines.emplace_back("p5.48xlarge");
            for (const std::string& machine : machines) {
                INFO(recipe.name << " on " << machine);
                const auto a = assessed(collection, recipe.name, machine);
                REQUIRE(a);
                if (a->prediction)
                    reason.reset();
                else if (reason)
                    reason = kind_of(a->unknown);
                if (first->published_on.empty()) continue;
                ++published;
                CHECK_FALSE(a->refused);
            }
            if (reason)
                ++reasons[*reason];
            else
                ++known;
        }
        std::vector<std::string> said;
        for (const auto& [reason, count] : reasons) said.push_back(fmt::format("{} for not knowing {}", count, reason));
        std::cout << fmt::format(
            "public memory: {} recipes, verdicts known {}, unknown {}{}; {} published pairs, none refused\n",
            recipes->size(), known, recipes->size() - known,
            said.empty() ? "" : fmt::format(" ({})", fmt::join(said, ", ")), published);
        if (recipes->size() == aws_recipes) CHECK(known >= least_known);
    }
}

TEST_CASE("published pairs are accepted, and hopeless ones refused", "[corpus]") {
    const auto accepted = pairs("accepted"), hopeless = pairs("hopeless");
    CHECK(accepted.size() >= 60);
    CHECK(hopeless.size() >= 40);
    CHECK(std::ranges::count_if(hopeless, [](const Pair& pair) { return pair.overrides.size() == 1; }) >= 10);
    const auto near = std::ranges::count_if(
        hopeless, [](const Pair& pair) { return floor_bytes(pair) <= 2 * printed_memory(pair.instance_type); });
    CHECK(2 * static_cast<std::size_t>(near) >= hopeless.size());
    for (const Pair& pair : hopeless) {
        INFO(pair.recipe << " on " << pair.instance_type);
        CHECK(floor_bytes(pair) > printed_memory(pair.instance_type));
    }
    for (const std::filesystem::path& collection : collections_of_aws()) {
        for (const Pair& pair : accepted) {
            INFO(pair.recipe << " on " << pair.instance_type);
            const auto a = assessed(collection, pair.recipe, pair.instance_type);
            REQUIRE(a);
            CHECK(std::ranges::find(a->published_on, pair.instance_type) != a->published_on.end());
            CHECK(a->prediction);
            CHECK_FALSE(a->refused);
        }
        for (const Pair& pair : hopeless) {
            INFO(pair.recipe << " on " << pair.instance_type << ' '
                             << fmt::format("{}", fmt::join(pair.overrides, " ")));
            const auto a = assessed(collection, pair.recipe, pair.instance_type, pair.overrides);
            REQUIRE(a);
            CHECK(a->refused);
            CHECK(a->verdict == memory::Verdict::does_not_fit);
            // A change of one key of a pair that was published.
            const bool was_published = std::ranges::find(a->published_on, pair.instance_type) != a->published_on.end();
            CHECK(was_published == !pair.overrides.empty());
            REQUIRE(a->prediction);
            CHECK(a->prediction->peak_bytes >= floor_bytes(pair));
        }
    }
}

}  // namespace recipe::planner
