// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "collection_fixture.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

CollectionFixture two_folders() {
    CollectionFixture collection;
    collection.write("config.yaml", "defaults: [_self_, {recipes: training/a/small}]\n");
    collection.write("recipes/training/a/small.yaml", "run: {name: a}\n");
    collection.write("recipes/training/b/small.yaml", "run: {name: b}\n");
    collection.write("recipes/training/b/large.yaml", "run: {name: l}\n");
    return collection;
}

}  // namespace

TEST_CASE("a recipe is found by its path, by the end of it, and by its file") {
    const CollectionFixture collection = two_folders();
    for (const std::string& name : std::vector<std::string>{
             "training/b/large", "training/b/large.yaml", "large", "b/large", "./recipes/training/b/large.yaml",
             (collection.directory() / "recipes/training/b/large.yaml").string()}) {
        INFO(name);
        const auto resolved = compose(collection.request(name));
        REQUIRE(resolved);
        CHECK(resolved->recipe == "training/b/large");
        CHECK(*resolved->root.at("recipes.run.name")->as_string() == "l");
    }
}

TEST_CASE("a name that several recipes end in is refused with all of them") {
    const CollectionFixture collection = two_folders();
    const auto resolved = compose(collection.request("small"));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().code == "compose.ambiguous_recipe");
    CHECK(resolved.error().front().message == "`small` may be `training/a/small`, `training/b/small`; say which");
}

TEST_CASE("the first collection that has a recipe wins and the hidden one is named") {
    const CollectionFixture first = two_folders();
    const CollectionFixture second = two_folders();
    ComposeRequest request = first.request("training/b/large");
    request.collections.push_back(second.directory());
    const auto resolved = compose(request);
    REQUIRE(resolved);
    CHECK(resolved->recipe_file == first.directory() / "recipes/training/b/large.yaml");
    REQUIRE(resolved->notes.size() == 1);
    CHECK(resolved->notes.front().code == "compose.shadowed");
    CHECK(list_recipes(request.collections)->size() == 3);
}

TEST_CASE("without a collection there is a clear refusal") {
    ComposeRequest request;
    request.recipe = "x";
    CHECK(compose(request).error().front().code == "compose.no_collection");
    request.collections = {"/nonexistent"};
    CHECK(compose(request).error().front().code == "compose.no_collection");
    CHECK_FALSE(list_recipes({"/nonexistent"}));
}

TEST_CASE("a hostile recipe name does no harm") {
    const CollectionFixture collection = two_folders();
    for (const std::string& name : {std::string("../../../../etc/passwd"), std::string(100'000, 'x'),
                                    std::string("a\0b", 3), std::string("/dev/zero"), std::string("/proc/self/mem")}) {
        const auto resolved = compose(collection.request(name));
        REQUIRE_FALSE(resolved);
        CHECK(resolved.error().front().code.group() == "compose");
    }
}
