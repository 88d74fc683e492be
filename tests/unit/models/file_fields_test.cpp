// SPDX-License-Identifier: Apache-2.0
// Each field of a file of models alone, and the parameters that a shape gives.
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "models/models.hpp"

#include <fmt/format.h>

using namespace recipe;
using models::Model;

namespace {

/// A model with what it needs, and more.
std::string text_with(std::string_view more) {
    return fmt::format(
        "models: {{ours: {{ids: [a/Ours], hidden: 8, layers: 6, heads: 4, kv_heads: 2, head_dim: 3, ffn: 20, vocab: "
        "100{}{}}}}}",
        more.empty() ? "" : ", ", more);
}

Model read(std::string_view more) {
    const std::string text = text_with(more);
    INFO(text);
    const HardwareFile file(text);
    const auto catalogue = models::Catalogue::load({file.path});
    if (!catalogue) FAIL(catalogue.error().front().message);
    Model model = *catalogue->find("ours");
    model.name = model.source = model.date = {};  // of a catalogue that is gone
    model.ids = {};
    return model;
}

std::string refused_text(const std::string& text) {
    INFO(text);
    const HardwareFile file(text);
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE_FALSE(catalogue);
    return catalogue.error().front().message;
}

std::string refused(std::string_view more) {
    return refused_text(text_with(more));
}

struct Number {
    const char* name;
    std::int64_t Model::* member;
    std::int64_t greatest = models::max_dimension;
};

constexpr std::int64_t most = models::max_parameters;
// Those that a model may be without.
constexpr std::array<Number, 30> numbers{{{"parameters", &Model::parameters, most},
                                          {"other_parameters", &Model::other_parameters, most},
                                          {"positions", &Model::positions},
                                          {"layer_embedding", &Model::layer_embedding},
                                          {"experts", &Model::experts},
                                          {"experts_per_token", &Model::experts_per_token},
                                          {"expert_ffn", &Model::expert_ffn},
                                          {"shared_ffn", &Model::shared_ffn},
                                          {"expert_hidden", &Model::expert_hidden},
                                          {"dense_layers", &Model::dense_layers},
                                          {"q_lora_rank", &Model::q_lora_rank},
                                          {"kv_lora_rank", &Model::kv_lora_rank},
                                          {"qk_nope_head_dim", &Model::qk_nope_head_dim},
                                          {"qk_rope_head_dim", &Model::qk_rope_head_dim},
                                          {"v_head_dim", &Model::v_head_dim},
                                          {"sliding_window", &Model::sliding_window},
                                          {"sliding_layers", &Model::sliding_layers},
                                          {"global_kv_heads", &Model::global_kv_heads},
                                          {"global_head_dim", &Model::global_head_dim},
                                          {"linear_layers", &Model::linear_layers},
                                          {"linear_key_heads", &Model::linear_key_heads},
                                          {"linear_key_dim", &Model::linear_key_dim},
                                          {"linear_value_heads", &Model::linear_value_heads},
                                          {"linear_value_dim", &Model::linear_value_dim},
                                          {"mamba_layers", &Model::mamba_layers},
                                          {"mamba_heads", &Model::mamba_heads},
                                          {"mamba_head_dim", &Model::mamba_head_dim},
                                          {"mamba_groups", &Model::mamba_groups},
                                          {"mamba_state", &Model::mamba_state},
                                          {"mlp_layers", &Model::mlp_layers}}};

// Those that it may not, as text_with() has them.
constexpr std::array<Number, 7> needed{{{"hidden", &Model::hidden, 8},
                                        {"layers", &Model::layers, 6},
                                        {"heads", &Model::heads, 4},
                                        {"kv_heads", &Model::kv_heads, 2},
                                        {"head_dim", &Model::head_dim, 3},
                                        {"ffn", &Model::ffn, 20},
                                        {"vocab", &Model::vocab, 100}}};

struct Flag {
    const char* name;
    bool Model::* member;
    bool otherwise = false;
};
constexpr std::array<Flag, 11> flags{{{"multimodal", &Model::multimodal},
                                      {"tied_embeddings", &Model::tied_embeddings},
                                      {"gated_ffn", &Model::gated_ffn, true},
                                      {"attention_bias", &Model::attention_bias},
                                      {"gated_attention", &Model::gated_attention},
                                      {"qk_norm", &Model::qk_norm},
                                      {"four_norms", &Model::four_norms},
                                      {"wide_norms", &Model::wide_norms},
                                      {"soft_capped", &Model::soft_capped},
                                      {"sinks", &Model::sinks},
                                      {"clamped_gate", &Model::clamped_gate}}};

/// What another number needs beside it, or the number would contradict the rest.
std::string beside(const std::string& name) {
    if (name == "experts") return ", expert_ffn: 5";
    if (name == "experts_per_token") return ", experts: 16777216, expert_ffn: 5";
    if (name == "other_parameters") return ", parameters: 100000000000000";
    return "";
}

}  // namespace

TEST_CASE("a file of models: what it does not say is nothing") {
    const Model m = read("");
    for (const Number& number : numbers) {
        INFO(number.name);
        CHECK(m.*number.member == 0);
    }
    for (const Number& number : needed) {
        INFO(number.name);
        CHECK(m.*number.member == number.greatest);
    }
    for (const Flag& flag : flags) {
        INFO(flag.name);
        CHECK(m.*flag.member == flag.otherwise);
    }
    CHECK(m.weights == models::Weights::bf16);
    const Model none;
    for (const Number& number : numbers) CHECK(none.*number.member == 0);
    for (const Number& number : needed) CHECK(none.*number.member == 0);
    for (const Flag& flag : flags) CHECK(none.*flag.member == flag.otherwise);
    CHECK(none.weights == models::Weights::bf16);
}

TEST_CASE("a file of models: each number is read into its own field, within its limits") {
    for (const Number& number : numbers) {
        INFO(number.name);
        // Layers of a kind are limited by the layers that there are.
        const bool of_layers = std::string_view(number.name).ends_with("_layers");
        const std::int64_t greatest = of_layers ? 6 : number.greatest;
        for (const std::int64_t value : {std::int64_t{1}, greatest}) {
            const Model m = read(fmt::format("{}: {}{}", number.name, value, beside(number.name)));
            for (const Number& other : numbers) {
                INFO(other.name);
                if (other.member == number.member)
                    CHECK(m.*other.member == value);
                else if (!beside(number.name).contains(other.name))
                    CHECK(m.*other.member == 0);
            }
        }
        const std::string range =
            fmt::format("{} of models.ours is to be an int from 0 to {}", number.name, number.greatest);
        CHECK(refused(fmt::format("{}: {}", number.name, number.greatest + 1)) == range);
        CHECK(refused(fmt::format("{}: -1", number.name)) == range);
        CHECK(refused(fmt::format("{}: '1'", number.name)) == range);
    }
    for (const Number& number : needed) {
        INFO(number.name);
        const std::string given = fmt::format("{}: {}", number.name, number.greatest);
        const auto with = [&](const std::string& text) {
            std::string all = text_with("");
            const std::size_t at = all.find(" " + given) + 1;
            return all.replace(at, given.size(), text);
        };
        const int least = std::string_view(number.name) == "ffn" ? 0 : 1;
        const std::string range =
            fmt::format("{} of models.ours is to be an int from {} to 16777216", number.name, least);
        CHECK(refused_text(with(fmt::format("{}: {}", number.name, least - 1))) == range);
        CHECK(refused_text(with(fmt::format("{}: 16777217", number.name))) == range);
        CHECK(refused_text(with("date: x")) == fmt::format("models.ours has no {}", number.name));
        for (const int value : {least, 16777216}) {
            const HardwareFile file(with(fmt::format("{}: {}", number.name, value)));
            const auto catalogue = models::Catalogue::load({file.path});
            REQUIRE(catalogue);
            CHECK(catalogue->find("a/ours")->*number.member == value);
        }
    }
}

TEST_CASE("a file of models: each flag is its own, and is true or false") {
    for (const Flag& flag : flags) {
        INFO(flag.name);
        for (const bool value : {true, false}) {
            const Model m = read(fmt::format("{}: {}", flag.name, value));
            for (const Flag& other : flags) {
                INFO(other.name);
                CHECK(m.*other.member == (other.member == flag.member ? value : other.otherwise));
            }
        }
        CHECK(refused(fmt::format("{}: 1", flag.name)) ==
              fmt::format("{} of models.ours is to be true or false", flag.name));
    }
}

TEST_CASE("a file of models: weights and texts") {
    CHECK(read("weights: bf16").weights == models::Weights::bf16);
    CHECK(read("weights: fp8").weights == models::Weights::fp8);
    CHECK(read("weights: mxfp4").weights == models::Weights::mxfp4);
    CHECK(refused("weights: 8") == "weights of models.ours is to be bf16, fp8 or mxfp4");

    const std::string longest(128, 'x');
    const HardwareFile file(text_with(fmt::format("source: {}, date: 2024-07", longest)));
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE(catalogue);
    CHECK(catalogue->find("ours")->source == longest);
    CHECK(catalogue->find("ours")->date == "2024-07");
    CHECK(catalogue->find("ours")->ids.size() == 1);
    const std::string a_text = "source of models.ours is to be a text of at most 128 characters";
    CHECK(refused(fmt::format("source: {}x", longest)) == a_text);
    CHECK(refused("source: ''") == a_text);
    CHECK(refused("source: 3") == a_text);
    CHECK(refused("date: 2024") == "date of models.ours is to be a text like 2024-07");
}

TEST_CASE("a file of models: ids and names") {
    const auto with_ids = [](const std::string& ids) {
        std::string text = text_with("");
        return text.replace(text.find("[a/Ours]"), 8, ids);
    };
    for (const char* ids : {"[]", "a/Ours", "[3]", "['']", "[a/Ours, 3]"})
        CHECK(refused_text(with_ids(ids)) == "ids of models.ours is to be a list of hub ids");
    const HardwareFile file(with_ids("[a/One, b/Two]"));
    const auto catalogue = models::Catalogue::load({file.path});
    REQUIRE(catalogue);
    for (const char* name : {"x/one", "TWO", "ours"}) CHECK(catalogue->find(name) == catalogue->find("ours"));
    CHECK(catalogue->find("three") == nullptr);

    const auto named = [](const std::string& name) {
        std::string text = text_with("");
        return text.replace(text.find("ours"), 4, "'" + name + "'");
    };
    const std::string longest = std::string(123, 'a') + "z0.-_";
    const HardwareFile odd(named(longest));
    CHECK(models::Catalogue::load({odd.path}));
    const std::string names = "names are of letters, digits, dots, dashes and underscores";
    for (const std::string& name :
         {longest + "9", std::string(), std::string("a b"), std::string("{"), std::string("`")})
        CHECK(refused_text(named(name)) == names);
}

TEST_CASE("a file of models: numbers may be as large as what they are part of") {
    CHECK(read("mamba_layers: 3, linear_layers: 2, mlp_layers: 1").mamba_layers == 3);
    CHECK(refused("mamba_layers: 3, linear_layers: 3, mlp_layers: 1")
              .ends_with("has more layers of one kind than layers"));
    CHECK(read("mamba_layers: 2, sliding_layers: 4").sliding_layers == 4);
    CHECK(
        refused("mamba_layers: 2, sliding_layers: 5").ends_with("has more sliding layers than layers with attention"));
    CHECK(read("mlp_layers: 2, dense_layers: 2").dense_layers == 2);
    CHECK(refused("mlp_layers: 2, dense_layers: 3").ends_with("has more dense layers than layers with an MLP"));
    CHECK(read("experts: 2, experts_per_token: 2, expert_ffn: 1").experts == 2);
    CHECK(read("parameters: 5, other_parameters: 5").parameters == 5);
    CHECK(refused("parameters: 5, other_parameters: 6").ends_with("has more other_parameters than parameters"));
    const HardwareFile empty("# nothing yet\n");
    CHECK(models::Catalogue::load({empty.path}));
    CHECK(refused_text("{models: {}, more: {}}") ==
          "a file of models is a map with the one key models, which is a map");
}
