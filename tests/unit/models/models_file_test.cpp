// SPDX-License-Identifier: Apache-2.0
// A site's own models.
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "diagnostic/codes/tools.hpp"
#include "models/models.hpp"

using namespace recipe;

namespace {

constexpr std::string_view ours =
    "models:\n"
    "  ours-9b:\n"
    "    ids: [site/Ours-9B, site/Ours-9B-Chat]\n"
    "    hidden: 4096\n    layers: 40\n    heads: 32\n    kv_heads: 8\n    head_dim: 128\n    ffn: 14336\n"
    "    vocab: 32000\n";

/// What the file is refused for: "key: message" of the first problem.
std::string refused(std::string_view text) {
    const HardwareFile file(text);
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE_FALSE(catalogue);
    const Diagnostic& first = catalogue.error().front();
    CHECK(first.code == codes::models.file);
    CHECK(first.source.name == file.path.string());
    return first.key + ": " + first.message;
}

}  // namespace

TEST_CASE("a site's file adds a model") {
    const HardwareFile file(ours);
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE(catalogue);
    const models::Catalogue copy = *catalogue;
    const models::Model* found = copy.find("/data/Ours-9B-chat");
    REQUIRE(found != nullptr);
    CHECK(found->name == "ours-9b");
    CHECK(found->layers == 40);
    CHECK(found->gated_ffn);
    CHECK(found->ids.back() == "site/Ours-9B-Chat");
    CHECK(copy.find("meta-llama/Llama-3.1-8B") != nullptr);
    CHECK(copy.all().size() == models::Catalogue().all().size() + 1);
}

TEST_CASE("a site's file changes a model that is installed") {
    const HardwareFile file("models: {Llama-3.1-8B: {vocab: 130000, ids: [site/Our-Llama]}}");
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE(catalogue);
    for (const char* id : {"site/Our-Llama", "meta-llama/Llama-3.1-8B"}) {
        INFO(id);
        const models::Model* found = catalogue->find(id);
        REQUIRE(found != nullptr);
        CHECK(found->vocab == 130000);
        CHECK(found->layers == 32);
    }
    CHECK(catalogue->all().size() == models::Catalogue().all().size());
}

TEST_CASE("a site's second file changes what its first has") {
    const HardwareFile first(ours);
    const HardwareFile second("models: {ours-9b: {layers: 44}}");
    const auto catalogue = models::Catalogue::load({first.path, second.path});
    REQUIRE(catalogue);
    CHECK(catalogue->find("site/Ours-9B")->layers == 44);
    CHECK(catalogue->find("site/Ours-9B")->hidden == 4096);
}

TEST_CASE("a site's file that is no file of models is refused") {
    CHECK(refused("models: 3") == ": a file of models is a map with the one key models, which is a map");
    CHECK(refused("a: {}") == ": a file of models is a map with the one key models, which is a map");
    CHECK(refused("models: {x: 3}") == "models.x: models.x is to be a map, not an int");
    CHECK(refused("models: {'a b': {}}") == "models: names are of letters, digits, dots, dashes and underscores");
    CHECK(refused("models: {llama-3.1-8b: {layrs: 3}}").starts_with("models.llama-3.1-8b.layrs: there is no field"));
    CHECK(refused("models: {llama-3.1-8b: {layers: 0}}") ==
          "models.llama-3.1-8b: layers of models.llama-3.1-8b is to be an int from 1 to 16777216");
    CHECK(refused("models: {llama-3.1-8b: {vocab: 99999999999}}") ==
          "models.llama-3.1-8b: vocab of models.llama-3.1-8b is to be an int from 1 to 16777216");
    CHECK(refused("models: {llama-3.1-8b: {weights: int3}}") ==
          "models.llama-3.1-8b: weights of models.llama-3.1-8b is to be bf16, fp8 or mxfp4");
    CHECK(refused("models: {llama-3.1-8b: {ids: []}}") ==
          "models.llama-3.1-8b: ids of models.llama-3.1-8b is to be a list of hub ids");
    CHECK(refused("models: {mine: {hidden: 1}}").starts_with("models.mine: models.mine has no layers"));
}

TEST_CASE("a model whose numbers contradict each other is refused") {
    CHECK(refused("models: {llama-3.1-8b: {mamba_layers: 40}}") ==
          "models.llama-3.1-8b: models.llama-3.1-8b has more layers of one kind than layers");
    CHECK(refused("models: {gemma-2-2b: {sliding_layers: 27}}") ==
          "models.gemma-2-2b: models.gemma-2-2b has more sliding layers than layers with attention");
    CHECK(refused("models: {deepseek-v3: {dense_layers: 62}}") ==
          "models.deepseek-v3: models.deepseek-v3 has more dense layers than layers with an MLP");
    CHECK(refused("models: {mixtral-8x7b: {experts_per_token: 9}}") ==
          "models.mixtral-8x7b: models.mixtral-8x7b has fewer experts than each token goes to");
    CHECK(refused("models: {llama-3.1-8b: {experts: 8, experts_per_token: 2}}") ==
          "models.llama-3.1-8b: models.llama-3.1-8b has experts and no expert_ffn");
    CHECK(refused("models: {llama-3.1-8b: {other_parameters: 9000000000}}") ==
          "models.llama-3.1-8b: models.llama-3.1-8b has more other_parameters than parameters");
}

TEST_CASE("two models of a site's files may not have one name") {
    const HardwareFile file("models: {llama-3.1-8b: {ids: [a/x]}, llama-3.2-1b: {ids: [b/X]}}");
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE_FALSE(catalogue);
    CHECK(catalogue.error().front().message == "x is already a name of llama-3.1-8b");
}
