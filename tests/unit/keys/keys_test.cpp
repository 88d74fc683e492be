// SPDX-License-Identifier: Apache-2.0
// The table of keys is whole, and leads from what people write to what is read.
#include "keys/keys.hpp"

#include "../source_file.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "diagnostic/codes.hpp"
#include "family/family.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace recipe::keys {
namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The texts in the sources that are keys of a configuration: paths that begin with a section, and single words that a
/// configuration's root is asked for.
std::set<std::string> keys_in_sources() {
    const std::regex path(
        R"re("((?:recipes|training_cfg|cluster|launch|git|run|trainer|exp_manager)\.[a-z0-9_.]*[a-z0-9_])")re");
    const std::regex word(R"re(\broot(?:_|\(\))?\.(?:find|at|find_mutable)\("([a-z_]+)"\))re");
    std::set<std::string> found;
    for (const char* folder : {"lib", "spank", "job_submit", "cli"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(source_file(folder))) {
            const std::string name = entry.path().string();
            // Those rooms name codes, and keys of Hydra's own.
            if (!name.ends_with(".cpp") || name.contains("/diagnostic/") || name.contains("/config/hydra/")) continue;
            const std::string text = text_of(entry.path());
            for (const std::regex* pattern : {&path, &word})
                for (std::sregex_iterator at(text.begin(), text.end(), *pattern), end; at != end; ++at)
                    found.insert((*at)[1]);
        }
    }
    return found;
}

/// The places of all families' keys, from the root.
std::set<std::string> keys_of_families() {
    std::set<std::string> found;
    const Expected<family::Families> families = family::Families::load({});
    REQUIRE(families);
    for (const family::Definition* each : families->all())
        for (const family::Place& place : each->family.places)
            for (const std::string& path : place.paths) found.insert(each->family.root + '.' + path);
    return found;
}

bool is_code(const std::string& name) {
    return codes::find(name) != nullptr;
}

}  // namespace

TEST_CASE("every key that the sources name is in the table, or a family's") {
    const std::set<std::string> of_families = keys_of_families();
    std::size_t seen = 0;
    for (const std::string& name : keys_in_sources()) {
        if (is_code(name)) continue;
        ++seen;
        INFO(name);
        const std::string below = "recipes." + name;
        CHECK((is_known(name) || is_known(below) || of_families.contains(name) || of_families.contains(below)));
    }
    CHECK(seen > 60);
}

TEST_CASE("a word leads to the names that it has in recipes, and the sections list what is read") {
    CHECK(names_for("nnodes") == std::vector<std::string_view>{"num_nodes", "nodes"});
    CHECK(names_for("nonsense").empty());
    const auto has = [](std::string_view section, std::string_view step) {
        const std::vector<std::string_view> steps = steps_below(section);
        return std::ranges::count(steps, step) == 1;
    };
    CHECK(has("", "cluster"));
    CHECK(has("", "training_cfg"));
    CHECK(has("cluster", "partition"));
    CHECK(has("recipes.run", "name"));
    CHECK_FALSE(has("cluster", "instance_type"));  // its place is the root
    CHECK_FALSE(has("cluster", "nonsense"));
    CHECK(steps_below("clust").empty());
    CHECK(has_step("cluster", "mem"));
    CHECK(has_step("", "git"));
    CHECK_FALSE(has_step("cluster", "cluster_type"));
    CHECK_FALSE(has_step("clust", "mem"));
    for (const Key& key : all()) {
        INFO(key.path);
        const bool is_number = key.kind == Kind::count || key.kind == Kind::gpus || key.kind == Kind::memory;
        CHECK((!is_number || key.most < 1'000'000'000));
        CHECK(std::ranges::count(all(), key.path, &Key::path) == 1);
    }
}

TEST_CASE("values of a family are its own, and words are there for words alone") {
    CHECK(values_of("nonsense").empty());
    CHECK(values_of("verl").size() > 20);
    for (const char* family : {"hf", "nemo", "checkpointless", "neuron", "llmft", "verl", "verl_sft"}) {
        INFO(family);
        REQUIRE_FALSE(values_of(family).empty());
        for (const Value& value : values_of(family)) {
            INFO(value.path);
            CHECK(value.path.starts_with("recipes."));
            CHECK(value.words.empty() == (value.form != Form::word));
            CHECK(value.least <= value.most);
        }
    }
}

}  // namespace recipe::keys
