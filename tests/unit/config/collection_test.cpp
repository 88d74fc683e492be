// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "collection_fixture.hpp"

#include <fmt/format.h>

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

TEST_CASE("a name is found by its words, whatever their case and what stands between them") {
    CollectionFixture collection;
    collection.write("config.yaml", "defaults: [_self_]\n");
    for (const char* name :
         {"training/llama/llama3_2_1b_pretrain", "training/llama/hf_llama3_2_11b_seq8k_pretrain",
          "training/llama/hf_llama3_1_8b_seq8k_lora", "fine-tuning/qwen/llmft_qwen3_8b_seq4k_sft_lora",
          "training/mixtral/mixtral_8x7b", "training/deepseek/r1_distilled_qwen_1_dot_5b"})
        collection.write(fmt::format("recipes/{}.yaml", name), "run: {name: a}\n");
    const auto message = [&](const std::string& name) {
        const auto resolved = compose(collection.request(name));
        REQUIRE_FALSE(resolved);
        CHECK(resolved.error().front().code == "compose.unknown_recipe");
        return resolved.error().front().message;
    };
    const std::string one = "did you mean `training/llama/llama3_2_1b_pretrain`";
    for (const char* name : {"llama-3.2-1b", "meta-llama/Llama-3.2-1B", "Llama 3.2 1B", "LLAMA3_2_1B"}) {
        INFO(name);
        CHECK(message(name).contains(one));
    }
    for (const char* name : {"LLAMA3", "llama3.2", "Llama-3"}) {
        INFO(name);
        CHECK(message(name).contains("training/llama/llama3_2_1b_pretrain"));
    }
    CHECK(message("qwen3 8b").contains("did you mean `fine-tuning/qwen/llmft_qwen3_8b_seq4k_sft_lora`"));
    CHECK(message("Mixtral-8x7B-v0.1").contains("did you mean `training/mixtral/mixtral_8x7b`"));
    CHECK(message("gpt2") == "there is no recipe `gpt2`; 6 recipes were looked through");
    CHECK(message("3 2 1") == "there is no recipe `3 2 1`; 6 recipes were looked through");
}

TEST_CASE(
    "a name that ends in .yaml means the file that is here, another the collection's recipe, and a hint says so") {
    const CollectionFixture collection = two_folders();
    const CollectionFixture here;
    here.write("large.yaml", "run: {name: here}\n");
    const auto name_of = [&](const std::string& name, const std::string& hint) {
        ComposeRequest request = collection.request(name);
        request.working_directory = here.directory();
        const auto resolved = compose(request);
        REQUIRE(resolved);
        REQUIRE(resolved->notes.size() == 1);
        CHECK(resolved->notes.front().code == "compose.shadowed");
        CHECK(resolved->notes.front().message == hint);
        return *resolved->root.at("recipes.run.name")->as_string();
    };
    CHECK(name_of("large.yaml", "is the file that is meant, and not the recipe training/b/large") == "here");
    CHECK(name_of("large", "is the recipe that is meant; the file here is --recipe=large.yaml") == "l");
}

TEST_CASE(
    "a relative search path counts from where the command runs, else from the collection or the folder above it") {
    const CollectionFixture checkout;
    checkout.write(
        "collection/config.yaml",
        "defaults: [_self_, {recipes: a}]\nhydra: {searchpath: ['file://collection/more', inner, nowhere]}\n");
    checkout.write("collection/recipes/a.yaml", "defaults: [/extra/x@x, /extra/y@y]\nrun: {name: a}\n");
    checkout.write("collection/more/extra/x.yaml", "v: 1\n");
    checkout.write("collection/inner/extra/y.yaml", "v: 2\n");
    const CollectionFixture here;
    ComposeRequest request = checkout.request("a");
    request.collections = {checkout.directory() / "collection"};
    request.working_directory = here.directory();
    const auto resolved = compose(request);
    REQUIRE(resolved);
    CHECK(to_json(*resolved->root.at("recipes")) == R"({"x":{"v":1},"y":{"v":2},"run":{"name":"a"}})");
    REQUIRE(resolved->notes.size() == 1);
    CHECK(resolved->notes.front().message == "`nowhere` is no folder that exists, so nothing is looked up there");
    here.write("inner/extra/y.yaml", "v: 3\n");
    CHECK(*compose(request)->root.at("recipes.y.v")->as_int() == 3);
}

TEST_CASE("a file's name that is mistyped leads to the file that is there") {
    const CollectionFixture collection = two_folders();
    collection.write("mine/mlp.yaml", "run: {name: m}\n");
    CHECK(compose(collection.request("mine/mpl.yaml")).error().front().fix == "mine/mlp.yaml");
    CHECK(compose(collection.request("./mine/mlp2.yaml")).error().front().fix == "./mine/mlp.yaml");
    CHECK(compose(collection.request("mine/mpl")).error().front().fix.empty());
}
