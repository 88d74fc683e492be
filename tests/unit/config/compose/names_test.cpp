// SPDX-License-Identifier: Apache-2.0
// Which recipes a name leads to, and which it may have meant.
#include "../collection_fixture.hpp"
#include "catch.hpp"
#include "config/compose/collection.hpp"
#include "config/compose/recipe_names.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

using Names = std::vector<std::string>;

Names like(std::string_view name, const Names& recipes) {
    return recipes_like(name, recipes).names;
}

}  // namespace

TEST_CASE("a mistyped name is near to paths first, then to base names, whatever its case") {
    const Names recipes{"train/alpha", "train/beta", "tune/gamma"};
    CHECK(like("train/alhpa", recipes) == Names{"train/alpha"});
    CHECK(like("alhpa", recipes) == Names{"alpha"});
    CHECK(like("ALHPA", recipes) == Names{"alpha"});
    CHECK(like("elsewhere/very/far/gama", recipes) == Names{"gamma"});
    CHECK(recipes_like("alhpa", recipes).by_spelling);
    CHECK(like("omicron", recipes).empty());
    CHECK(like("topp", {"top", "sub/top"}) == Names{"top"});
    CHECK(like(std::string(257, 'a'), {std::string(257, 'a')}).empty());
    CHECK(like(std::string(256, 'a'), {std::string(256, 'a')}) == Names{std::string(256, 'a')});
}

TEST_CASE("a name leads to the recipes that have half of its words, one of them telling") {
    const Names recipes{"run/aaaa_1_2_bbbb_x", "run/aaaa_2_1_bbbb_x", "run/cccc_1_2_dddd_x"};
    // What follows one another counts more.
    CHECK(like("Bbbb of AAAA 1.2", recipes) == Names{"run/aaaa_1_2_bbbb_x"});
    CHECK_FALSE(recipes_like("Bbbb of AAAA 1.2", recipes).by_spelling);
    CHECK(like("the big old new dddd model", recipes).empty());
    CHECK(like("1 2 x", recipes).empty());
    CHECK(like("my dddd", recipes) == Names{"run/cccc_1_2_dddd_x"});
}

TEST_CASE("a fragment of a name is worth a hint when it has three letters") {
    const Names recipes{"abcdefghij/klmnopqrst", "abcdefghij/uvw", "abcdefghij/xyz", "abcdefghij/wxy"};
    CHECK(like("nop", recipes) == Names{"abcdefghij/klmnopqrst"});
    CHECK(like("NOP", recipes) == Names{"abcdefghij/klmnopqrst"});
    CHECK(like("qq", {"abcqqdefghijk"}).empty());
    CHECK(like("fgh", recipes).size() == 3);
}

TEST_CASE("a recipe is found where its file is, and is one of the collection that the file lies in") {
    const CollectionFixture collection;
    collection.write("config.yaml", "a: 1\n");
    collection.write("recipes/sub/one.yaml", "x: 1\n");
    collection.write("mine.yaml", "x: 2\n");
    const auto found = [&](const std::string& name) {
        const auto result = find_recipe(collection.request(name));
        REQUIRE(result);
        return fmt::format("{} {}", result->name, result->collection == collection.directory());
    };
    CHECK(found("sub/one") == "sub/one true");
    CHECK(found("one") == "sub/one true");
    CHECK(found("recipes/sub/one.yaml") == "sub/one true");
    CHECK(found("./recipes/sub/one") == "sub/one true");
    CHECK(found("./recipes/../recipes/sub/one.yaml") == "sub/one true");
    const std::string mine = (collection.directory() / "mine.yaml").string();
    CHECK(found("mine.yaml") == mine + " false");
    CHECK(found("mine") == mine + " false");
    CHECK(found(mine) == mine + " false");
    CHECK(found(mine.substr(0, mine.size() - 5)) == mine + " false");

    const auto refused = [&](const std::string& name) { return find_recipe(collection.request(name)).error().front(); };
    CHECK(refused(std::string(4097, 'x')).message == "this is no name of a recipe");
    CHECK(refused(std::string(4096, 'x')).message.starts_with("there is no recipe `xxx"));
    CHECK(refused(std::string("a\0b", 3)).message == "this is no name of a recipe");
    CHECK(refused("./one").message == "there is no recipe `./one`; did you mean `one`?");
    CHECK(refused("unlike").message == "there is no recipe `unlike`; 1 recipes were looked through");
    CHECK(refused("unlike").code == "compose.unknown_recipe");
}

TEST_CASE("recipes are listed by name, each once, and other files are none") {
    const CollectionFixture first;
    first.write("recipes/b.yaml", "x: 1\n");
    first.write("recipes/a/c.yaml", "x: 1\n");
    first.write("recipes/a/readme.md", "x\n");
    first.write("other.yaml", "x: 1\n");
    const CollectionFixture second;
    second.write("recipes/b.yaml", "x: 2\n");
    second.write("recipes/aa.yaml", "x: 2\n");
    std::filesystem::create_directories(second.directory() / "recipes/folder.yaml");
    const auto listed = list_recipes({first.directory(), second.directory(), "/nonexistent"});
    REQUIRE(listed);
    Names names;
    for (const RecipeFile& recipe : *listed)
        names.push_back(recipe.name + (recipe.collection == first.directory() ? " 1" : " 2"));
    CHECK(names == Names{"a/c 1", "aa 2", "b 1"});
    CHECK((*listed)[0].file == first.directory() / "recipes/a/c.yaml");
    CHECK(has_recipes(first.directory()));
    CHECK_FALSE(has_recipes(first.directory() / "recipes"));
    CHECK_FALSE(has_recipes("/nonexistent"));

    CHECK(list_recipes({}).error().front().message == "no recipe collection is known");
    CHECK(list_recipes({"/nonexistent", "/nowhere"}).error().front().message ==
          "none of these folders exists: `/nonexistent`, `/nowhere`");
}

TEST_CASE("recipes lie in folders of a bounded depth") {
    const CollectionFixture collection;
    std::string folder = "recipes/";
    for (int i = 0; i < 16; ++i) folder += "d/";
    collection.write(folder + "deepest.yaml", "x: 1\n");
    collection.write(folder + "d/deeper.yaml", "x: 1\n");
    const auto listed = list_recipes({collection.directory()});
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().name.ends_with("d/deepest"));
}

TEST_CASE("the root configuration is that of the recipe's collection, else of the first that has one") {
    const CollectionFixture without;
    const CollectionFixture with;
    with.write("config.yaml", "a: 1\n");
    const CollectionFixture also;
    also.write("config.yaml", "a: 2\n");
    ComposeRequest request;
    request.collections = {without.directory(), with.directory(), also.directory()};
    CHECK(find_root_collection(request, {}) == with.directory());
    CHECK(find_root_collection(request, also.directory()) == also.directory());
    CHECK(find_root_collection(request, without.directory()) == with.directory());
    request.collections = {without.directory()};
    CHECK_FALSE(find_root_collection(request, {}));
}
