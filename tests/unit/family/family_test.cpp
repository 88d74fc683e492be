// SPDX-License-Identifier: Apache-2.0
#include "family/family.hpp"
#include "config/config.hpp"

#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "source_file.hpp"

#include <algorithm>

namespace recipe::family {
namespace {

const std::filesystem::path shipped = source_file("etc/families.yaml");

const Families& families() {
    static const Families loaded = [] {
        auto families = Families::load({shipped});
        if (!families) throw std::runtime_error(families.error().front().message);
        return std::move(*families);
    }();
    return loaded;
}

config::Value configuration(std::string_view yaml) {
    auto parsed = config::parse_yaml(yaml, "test.yaml");
    REQUIRE(parsed);
    return std::move(*parsed);
}

std::string family_of(std::string_view yaml) {
    return families().of(configuration(yaml)).name;
}

Diagnostics refusal(std::string_view text) {
    const HardwareFile file(text);
    const auto loaded = Families::load({shipped, file.path});
    REQUIRE_FALSE(loaded);
    return loaded.error();
}

}  // namespace

TEST_CASE("the family of a recipe follows from what will run") {
    CHECK(family_of("recipes: {run: {model_type: hf}}") == "hf");
    CHECK(family_of("{launch: {entry_script: train.py}, recipes: {run: {model_type: hf}}}") == "torch");
    CHECK(family_of("{launch: {entry_script: ''}, recipes: {run: {model_type: hf}}}") == "hf");
    CHECK(family_of("{launch: {entry_script: null}, recipes: {run: {model_type: hf}}}") == "hf");
    CHECK(family_of("{training_cfg: {entry_script: train.py}}") == "custom");
    CHECK(family_of("recipes: {run: {model_type: neuron-hf}}") == "neuron");
    CHECK(family_of("recipes: {run: {model_type: llm_finetuning_aws}}") == "llmft");
    CHECK(family_of("recipes: {run: {model_type: verl}, training_config: {actor_rollout_ref: {actor: {}}}}") == "verl");
    CHECK(family_of("recipes: {run: {model_type: verl}, training_config: {engine: {}}}") == "verl_sft");
    CHECK(family_of("recipes: {run: {model_type: hyperpod_checkpointless_nemo}}") == "checkpointless");
    CHECK(family_of("recipes: {run: {model_type: 'amazon.nova-lite-v1:0:300k'}}") == "nova");
    CHECK(family_of("recipes: {model: {tensor_model_parallel_size: 1}}") == "nemo");
    CHECK(family_of("recipes: {run: {model_type: something-new}}") == "other");
    CHECK(family_of("recipes: {}") == "other");
    CHECK(family_of("{}") == "other");
}

TEST_CASE("a family says where a number is and what the program takes without it") {
    const config::Value root =
        configuration("recipes: {run: {model_type: hf}, model: {shard_degree: 8, num_hidden_layers: null}}");
    const Family& hf = families().of(root);
    REQUIRE(hf.value(root, Key::shard) != nullptr);
    CHECK(hf.value(root, Key::shard)->as_int() == 8);
    CHECK(hf.path(root, Key::shard) == "recipes.model.shard_degree");
    CHECK(hf.value(root, Key::layers) == nullptr);
    CHECK(hf.path(root, Key::layers) == "recipes.model.num_hidden_layers");
    REQUIRE(hf.value(root, Key::fp8) != nullptr);
    CHECK(hf.value(root, Key::fp8)->as_bool() == true);
    CHECK(hf.value(root, Key::tensor)->as_int() == 1);
    CHECK_FALSE(hf.has(Key::pipeline));
    CHECK(hf.path(root, Key::pipeline).empty());
}

TEST_CASE("the first of several places that is given counts") {
    const config::Value root = configuration(
        "recipes: {run: {model_type: neuron-hf}, model: {encoder_seq_length: 4096}, data: {seq_length: null}}");
    const Family& neuron = families().of(root);
    CHECK(neuron.path(root, Key::sequence_length) == "recipes.model.encoder_seq_length");
    CHECK(neuron.value(root, Key::sequence_length)->as_int() == 4096);
}

TEST_CASE("a family that is like another takes what it does not say itself") {
    const Family* torch = families().find("torch");
    const Family* hf = families().find("hf");
    REQUIRE(torch != nullptr);
    REQUIRE(hf != nullptr);
    CHECK(torch->place(Key::layers).paths == hf->place(Key::layers).paths);
    CHECK(torch->place(Key::fp8).otherwise == config::Value::boolean(false));
    CHECK(torch->layout == Layout::fsdp);
    CHECK(torch->devices == Devices::any);
    CHECK_FALSE(torch->has(Key::smp));
}

TEST_CASE("a site's file adds families and changes keys of the shipped ones") {
    const HardwareFile file(R"(
families:
  ours:
    title: our program
    like: hf
    when: |
      recipes.run.model_type = hf
      recipes.ours {}
    keys: |
      tensor  ours.tp = 2
      expert  -
  nemo:
    keys: layers model.depth
)");
    const auto loaded = Families::load({shipped, file.path});
    REQUIRE(loaded);
    const Family& ours = loaded->of(configuration("recipes: {run: {model_type: hf}, ours: {tp: 4}}"));
    CHECK(ours.name == "ours");
    CHECK(ours.place(Key::tensor).paths == std::vector<std::string>{"ours.tp"});
    CHECK_FALSE(ours.has(Key::expert));
    CHECK(ours.has(Key::shard));
    CHECK(loaded->of(configuration("recipes: {run: {model_type: hf}}")).name == "hf");
    const Family* nemo = loaded->find("nemo");
    REQUIRE(nemo != nullptr);
    CHECK(nemo->place(Key::layers).paths == std::vector<std::string>{"model.depth"});
    CHECK(nemo->has(Key::tensor));
    CHECK(loaded->of(configuration("recipes: {model: {tensor_model_parallel_size: 1}}")).name == "nemo");
}

TEST_CASE("a wrong families file is refused with its place") {
    for (const std::string_view text :
         {"families: []", "other: 1", "families: {x: 1}", "families: {x: {keys: 'tensr model.tp'}}",
          "families: {x: {keys: 'tensor'}}", "families: {x: {keys: 'tensor model.tp = 1 2'}}",
          "families: {x: {keys: 'tensor model..tp/x'}}", "families: {x: {when: 'a b'}}",
          "families: {x: {layout: square}}", "families: {x: {devices: tpu}}", "families: {x: {like: nobody}}",
          "families: {x: {code: 'repository'}}", "families: {x: {code: 'entry a.py unless b'}}",
          "families: {x: {code: 'run a.py'}}", "families: {x: {shard_may_be_unset: 1}}",
          "families: {x: {colour: red}}"}) {
        INFO(text);
        const Diagnostics problems = refusal(text);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().code == "family.file");
        CHECK_FALSE(problems.front().source.empty());
        CHECK_FALSE(problems.front().message.empty());
    }
}

TEST_CASE("a family names what runs by the recipe's folder and name") {
    const HardwareFile file(R"(
families:
  ours:
    when: recipes.ours {}
    like: hf
    code: |
      repository  https://host/code.git main
      entry       lora.py   if llama/lora
      entry       llama.py  if llama
      entry       any.py
  bare:
    when: recipes.bare {}
    like: hf
    code: none
)");
    const auto loaded = Families::load({shipped, file.path});
    REQUIRE(loaded);
    const DefaultCode& code = loaded->find("ours")->code;
    CHECK(code.repository == "https://host/code.git");
    CHECK(code.branch == "main");
    const auto program = [&](const char* recipe) { return *code.program_for(recipe); };
    CHECK(program("training/llama/a_lora_8b") == "lora.py");
    CHECK(program("training/llama/a_8b") == "llama.py");
    CHECK(program("training/llama/lora/a_8b") == "llama.py");
    CHECK(program("training/llamas/a_8b") == "any.py");
    CHECK(program("llama") == "any.py");
    CHECK(program("training/llama") == "any.py");
    CHECK(program("/fsx/recipes/llama/mine.yaml") == "llama.py");
    CHECK(loaded->find("bare")->code.program_for("training/llama/x") == nullptr);
    CHECK(loaded->find("bare")->code.repository.empty());
    CHECK(loaded->find("torch")->code.entries.empty());
}

TEST_CASE("every key has a name of its own") {
    std::vector<std::string_view> names;
    for (std::size_t index = 0; index < key_count; ++index) names.push_back(name_of(static_cast<Key>(index)));
    std::ranges::sort(names);
    CHECK(std::ranges::adjacent_find(names) == names.end());
    CHECK_FALSE(names.front().empty());
}

TEST_CASE("a program writes checkpoints unless exp_manager says that it makes or keeps none") {
    const auto writes = [](std::string_view exp_manager) {
        const auto root = config::parse_yaml("recipes: {exp_manager: " + std::string(exp_manager) + "}", "test");
        REQUIRE(root);
        return writes_checkpoints(*root);
    };
    CHECK(writes("{}"));
    CHECK(writes("{create_checkpoint_callback: true, checkpoint_callback_params: {save_top_k: 3}}"));
    CHECK_FALSE(writes("{create_checkpoint_callback: false}"));
    CHECK_FALSE(writes("{checkpoint_callback_params: {save_top_k: 0}}"));
    CHECK(writes("{checkpoint_callback_params: {save_top_k: -1}}"));
}

}  // namespace recipe::family
