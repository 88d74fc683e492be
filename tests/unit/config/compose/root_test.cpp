// SPDX-License-Identifier: Apache-2.0
// The root configuration: which recipe it names, where it looks, and what is filled in.
#include "../collection_fixture.hpp"
#include "catch.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

CollectionFixture two_recipes() {
    CollectionFixture collection;
    collection.write("config.yaml",
                     "defaults: [_self_, {cluster: slurm}, {recipes: training/small}]\n"
                     "base: null\nset: /r\ninstance_type: g5\n");
    collection.write("cluster/slurm.yaml", "exclusive: true\n");
    collection.write("cluster/k8s.yaml", "namespace: default\n");
    for (const char* name : {"small", "large"})
        collection.write(fmt::format("recipes/training/{}.yaml", name),
                         fmt::format("run: {{name: {}, dir: null}}\ntrainer: {{num_nodes: 1}}\n", name));
    return collection;
}

std::string json(const Value& root, const std::string& key) {
    const Value* value = root.at(key);
    return value == nullptr ? "(none)" : to_json(*value);
}

Diagnostic refusal(const Expected<Resolved>& resolved) {
    REQUIRE_FALSE(resolved);
    REQUIRE(resolved.error().size() == 1);
    return resolved.error().front();
}

}  // namespace

TEST_CASE("the result is named after the recipe that was composed, whoever chose it") {
    const CollectionFixture collection = two_recipes();
    const auto large = collection.directory() / "recipes/training/large.yaml";
    for (const char* option : {"training/large", "training/large.yaml"}) {
        const auto chosen = compose(collection.request("training/small", {std::string("recipes=") + option}));
        REQUIRE(chosen);
        CHECK(chosen->recipe == "training/large");
        CHECK(chosen->recipe_file == large);
        CHECK(json(chosen->root, "recipes.run.name") == R"("large")");
    }
    const auto named = compose(collection.request("training/large"));
    REQUIRE(named);
    CHECK(named->recipe == "training/large");
    CHECK(named->recipe_file == large);
    const auto by_root = compose(collection.request(""));
    REQUIRE(by_root);
    CHECK(by_root->recipe == "training/small");
    CHECK(by_root->recipe_file == collection.directory() / "recipes/training/small.yaml");
    CHECK(by_root->collection == collection.directory());
    CHECK_FALSE(by_root->outside);
}

TEST_CASE("a root that names no recipe takes the one that is asked for") {
    CollectionFixture collection = two_recipes();
    collection.write("config.yaml", "defaults: [_self_, {cluster: slurm}]\n");
    CHECK(json(compose(collection.request("training/large"))->root, "recipes.run.name") == R"("large")");
    CHECK(json(compose(collection.request(""))->root, "recipes") == "(none)");
    collection.write("config.yaml", "defaults: [_self_, {recipes@other: training/small}]\n");
    const auto both = compose(collection.request("training/large"));
    REQUIRE(both);
    CHECK(json(both->root, "other.run.name") == R"("small")");
    CHECK(json(both->root, "recipes.run.name") == R"("large")");
}

TEST_CASE("training stands beside recipes, resolved or not") {
    CollectionFixture collection = two_recipes();
    for (const auto& resolved :
         {compose(collection.request("large")), compose_unresolved(collection.request("large"))}) {
        REQUIRE(resolved);
        CHECK(json(resolved->root, "training") == json(resolved->root, "recipes"));
        CHECK(json(resolved->root, "training.run.name") == R"("large")");
    }
    collection.write("config.yaml", "a: 1\n");
    CHECK(json(compose_unresolved(collection.request(""))->root, "training") == "(none)");
}

TEST_CASE("overrides are listed in the order in which they were given, those of groups among them") {
    const CollectionFixture collection = two_recipes();
    const auto resolved =
        compose(collection.request("small", {"trainer.num_nodes=2", "cluster=k8s", "+x={a:{},b:{c:1}}",
                                             "instance_type=p5", "recipes=training/large"}));
    REQUIRE(resolved);
    std::vector<std::string> keys;
    for (const AppliedOverride& applied : resolved->overrides)
        keys.push_back(fmt::format("{} {}", applied.index, applied.key));
    CHECK(keys == std::vector<std::string>{"0 recipes.trainer.num_nodes", "1 cluster", "2 x.a", "2 x.b.c",
                                           "3 instance_type", "4 recipes"});
}

TEST_CASE("there may be many overrides, but not any number") {
    const CollectionFixture collection = two_recipes();
    std::vector<std::string> overrides(2000, "base=1");
    CHECK(compose(collection.request("small", overrides)));
    overrides.emplace_back("base=1");
    const Diagnostic problem = refusal(compose(collection.request("small", overrides)));
    CHECK(problem.code == "compose.too_large");
    CHECK(problem.message == "2001 overrides; at most 2000 are taken");
}

TEST_CASE("a sweep is refused with what may have been meant") {
    const CollectionFixture collection = two_recipes();
    const auto resolved = compose(collection.request("small", {"base=a,b", "bad", "trainer.num_nodes=range(1,3)"}));
    REQUIRE_FALSE(resolved);
    REQUIRE(resolved.error().size() == 3);
    const Diagnostic& problem = resolved.error().front();
    CHECK(problem.code == "compose.sweep");
    CHECK(problem.key == "base");
    CHECK(problem.source == Source{"override 1", 0, 6, "base=a,b"});
    CHECK(problem.message ==
          "this is a sweep: it gives `base` several values, for a job each. Sweeps are not supported; submit one job "
          "per value. For a list say `base=[a,b]`, for a text with commas `base='a,b'`");
    CHECK(resolved.error()[1].code == "compose.override_syntax");
    CHECK(resolved.error()[2].key == "trainer.num_nodes");
}

TEST_CASE("without a root configuration, or with one that is no map, nothing is composed") {
    CollectionFixture collection;
    collection.write("recipes/a.yaml", "x: 1\n");
    const Diagnostic none = refusal(compose(collection.request("a")));
    CHECK(none.code == "compose.no_collection");
    CHECK(none.message == "no recipe collection with a config.yaml is known");
    CHECK(refusal(compose(ComposeRequest{})).code == "compose.no_collection");
    collection.write("config.yaml", "[1]\n");
    const Diagnostic list = refusal(compose(collection.request("a")));
    CHECK(list.code == "compose.no_collection");
    CHECK(list.message == "the root configuration is a map");
    CHECK(list.source.name == (collection.directory() / "config.yaml").string());
}

TEST_CASE("a text is filled in for what is null, where what it refers to is there") {
    const CollectionFixture collection = two_recipes();
    const auto filled = [&](const NullDefault& fill, const std::string& override = "instance_type=p5") {
        ComposeRequest request = collection.request("small", {override});
        request.null_defaults = {fill};
        const auto resolved = compose(request);
        REQUIRE(resolved);
        return json(resolved->root, fill.key);
    };
    CHECK(filled({"recipes.run.dir", "${set}/x", "set"}) == R"("/r/x")");
    CHECK(filled({"recipes.run.dir", "${set}/x", "set"}, "run.dir=/mine") == R"("/mine")");
    CHECK(filled({"recipes.run.dir", "${set}/x", "set"}, "set=null") == "null");
    CHECK(filled({"recipes.run.dir", "${set}/x", "base"}) == "null");
    CHECK(filled({"recipes.run.dir", "${set}/x", "nowhere"}) == "null");
    CHECK(filled({"recipes.run.name", "${set}/x", "set"}) == R"("small")");
    CHECK(filled({"recipes.run.nowhere", "${set}/x", "set"}) == "(none)");
    CHECK(filled({"nowhere.dir", "${set}/x", "set"}) == "(none)");

    ComposeRequest request = collection.request("small");
    request.null_defaults = {{"recipes.run.dir", "text", "set"}};
    CHECK(compose(request)->root.at("recipes.run.dir")->position().line == 1);
    CHECK(compose(request)->root.at("recipes.run.dir")->position().column == 25);
}

TEST_CASE("the search path is a list of folders, and the first on the command line wins") {
    CollectionFixture collection = two_recipes();
    collection.write("more/db/x.yaml", "from: more\n");
    collection.write("other/db/x.yaml", "from: other\n");
    const auto from = [&](const std::vector<std::string>& overrides) {
        auto all = overrides;
        all.emplace_back("+db=x");
        const auto resolved = compose(collection.request("small", all));
        return resolved ? json(resolved->root, "db.from") : resolved.error().front().message;
    };
    CHECK(from({"hydra.searchpath=[more]"}) == R"("more")");
    CHECK(from({"hydra.searchpath=[file://more]"}) == R"("more")");
    CHECK(from({"hydra.searchpath=[other,more]"}) == R"("other")");
    CHECK(from({"hydra.searchpath=[other]", "hydra.searchpath=[more]"}) == R"("other")");
    CHECK(from({"hydra.searchpath=more"}) == "`hydra.searchpath` is a list of strings");
    CHECK(from({"hydra.searchpath=[1]"}) == "`hydra.searchpath` is a list of strings");
    CHECK(from({"hydra.searchpath=[more,[other]]"}) == "`hydra.searchpath` is a list of strings");
    const std::string lost = from({"hydra.searchpath=null"});
    CHECK(lost != R"("more")");

    const Diagnostic problem = refusal(compose(collection.request("small", {"hydra.searchpath=more"})));
    CHECK(problem.code == "compose.type");
    CHECK(problem.key == "hydra.searchpath");
    CHECK(problem.source == Source{"override 1", 0, 18, "hydra.searchpath=more"});
    CHECK(compose(collection.request("small", {"hydra.searchpath=null"})));

    // The command line takes the place of what the root says.
    collection.write("config.yaml", "defaults: [_self_, {recipes: training/small}]\nhydra: {searchpath: [other]}\n");
    CHECK(from({}) == R"("other")");
    CHECK(from({"hydra.searchpath=[more]"}) == R"("more")");
}

TEST_CASE("a folder of the search path counts from where the command runs, from the collection, or from beside it") {
    const CollectionFixture parent;
    const CollectionFixture here;
    parent.write("c/config.yaml", "defaults: [_self_, {db: x}]\nhydra: {searchpath: [more]}\n");
    const auto from = [&](const std::string& collection) {
        ComposeRequest request;
        request.collections = {parent.directory() / collection};
        request.working_directory = here.directory();
        const auto resolved = compose(request);
        return resolved ? json(resolved->root, "db.from") : "(none)";
    };
    CHECK(from("c") == "(none)");
    parent.write("more/db/x.yaml", "from: parent\n");
    CHECK(from("c") == R"("parent")");
    CHECK(from("c/") == R"("parent")");
    parent.write("c/more/db/x.yaml", "from: collection\n");
    CHECK(from("c") == R"("collection")");
    here.write("more/db/x.yaml", "from: here\n");
    CHECK(from("c") == R"("here")");
}

TEST_CASE("what is no folder is noted, and the rest of the search path is used") {
    const CollectionFixture collection = two_recipes();
    collection.write("more/db/x.yaml", "from: more\n");
    const auto resolved =
        compose(collection.request("small", {"hydra.searchpath=['pkg://some.where',nowhere,more]", "+db=x"}));
    REQUIRE(resolved);
    CHECK(json(resolved->root, "db.from") == R"("more")");
    REQUIRE(resolved->notes.size() == 2);
    CHECK(resolved->notes[0].code == "compose.search_path");
    CHECK(resolved->notes[0].key == "hydra.searchpath");
    CHECK(resolved->notes[0].source.name == "override 1");
    CHECK(resolved->notes[0].source.column == 18);
    CHECK(resolved->notes[0].message == "`pkg://some.where` is no folder, so nothing is looked up there");
    CHECK(resolved->notes[1].message == "`nowhere` is no folder that exists, so nothing is looked up there");
}

TEST_CASE("the search path is a matter of the root configuration alone") {
    CollectionFixture collection = two_recipes();
    collection.write("extra.yaml", "hydra: {searchpath: [x]}\n");
    collection.write("config.yaml", "defaults: [extra, _self_]\n");
    const Diagnostic problem = refusal(compose(collection.request("")));
    CHECK(problem.code == "compose.unknown_key");
    CHECK(problem.key == "hydra.searchpath");
    CHECK(problem.source.line == 1);
    CHECK(problem.source.column == 21);
    CHECK(problem.message == "`hydra.searchpath` can be set in the root configuration only");
    collection.write("config.yaml", "defaults: [{extra@pack: x}, _self_]\n");
    collection.write("extra/x.yaml", "hydra: {searchpath: [x]}\n");
    CHECK(json(compose(collection.request(""))->root, "pack.hydra.searchpath") == R"(["x"])");
}
