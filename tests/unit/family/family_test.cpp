// SPDX-License-Identifier: Apache-2.0
// Which family a recipe is of, what that knows of it, and what a site adds.
#include "family/family.hpp"
#include "config/yaml/yaml.hpp"

#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "source_file.hpp"

#include <algorithm>

namespace recipe::family {
namespace {

const Families& families() {
    static const Families installed;
    return installed;
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
    const auto loaded = Families::load({file.path});
    REQUIRE_FALSE(loaded);
    return loaded.error();
}

}  // namespace

TEST_CASE("the family of a recipe follows from what will run") {
    CHECK(family_of("recipes: {run: {model_type: hf}}") == "hf");
    CHECK(family_of("{launch: {entry_script: train.py}, recipes: {run: {model_type: hf}}}") == "hf");
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
    when:
      - {path: recipes.run.model_type, equals: hf}
      - {path: recipes.ours, is_map: true}
    keys:
      tensor: {path: ours.tp, default: 2}
      expert: null
  nemo:
    keys: {layers: model.depth}
)");
    const auto loaded = Families::load({file.path});
    REQUIRE(loaded);
    const Family& ours = loaded->of(configuration("recipes: {run: {model_type: hf}, ours: {tp: 4}}"));
    CHECK(ours.name == "ours");
    CHECK(ours.place(Key::tensor).paths == std::vector<std::string>{"ours.tp"});
    CHECK(ours.place(Key::tensor).otherwise == config::Value::integer(2));
    CHECK(ours.memory.size() == families().find("hf")->memory.size());
    CHECK_FALSE(ours.has(Key::expert));
    CHECK(ours.has(Key::shard));
    CHECK(loaded->of(configuration("recipes: {run: {model_type: hf}}")).name == "hf");
    const Family* nemo = loaded->find("nemo");
    REQUIRE(nemo != nullptr);
    CHECK(nemo->place(Key::layers).paths == std::vector<std::string>{"model.depth"});
    CHECK(nemo->has(Key::tensor));
    CHECK(loaded->of(configuration("recipes: {model: {tensor_model_parallel_size: 1}}")).name == "nemo");
}

TEST_CASE("a family says when it is the one") {
    const HardwareFile file(R"(
families:
  given: {when: [{path: a}]}
  map: {when: [{path: b, is_map: true}]}
  equal: {when: [{path: c, equals: one and two}]}
  prefix: {when: [{path: c, starts_with: one}]}
  both: {when: [{path: d}, {path: e}]}
)");
    const auto loaded = Families::load({file.path});
    REQUIRE(loaded);
    const auto name = [&](std::string_view yaml) { return loaded->of(configuration(yaml)).name; };
    CHECK(name("a: 0") == "given");
    CHECK(name("a: {}") == "given");
    CHECK(name("a: null") == "other");
    CHECK(name("a: ''") == "other");
    CHECK(name("b: {}") == "map");
    CHECK(name("b: []") == "other");
    CHECK(name("c: one and two") == "equal");
    CHECK(name("c: one and more") == "prefix");
    CHECK(name("c: on e") == "other");
    CHECK(name("c: 1") == "other");
    CHECK(name("{d: 1, e: 1}") == "both");
    CHECK(name("d: 1") == "other");
}

TEST_CASE("a site's families are asked before the shipped ones, in the order of its file") {
    const HardwareFile first("families: {early: {when: [{path: x}]}}");
    const HardwareFile second("families: {two: {like: one, when: [{path: y}]}, one: {when: [{path: y}]}}");
    const auto loaded = Families::load({first.path, second.path});
    REQUIRE(loaded);
    std::vector<std::string> names;
    for (const Definition* definition : loaded->all()) names.push_back(definition->family.name);
    REQUIRE(names.size() == families().all().size() + 3);
    CHECK(std::vector(names.begin(), names.begin() + 4) == std::vector<std::string>{"two", "one", "early", "custom"});
    CHECK(loaded->of(configuration("{x: 1, y: 1}")).name == "two");
}

TEST_CASE("where a site leaves no family for the rest, an unknown one without keys takes it") {
    const HardwareFile file("families: {other: {when: [{path: never}]}}");
    const auto loaded = Families::load({file.path});
    REQUIRE(loaded);
    const Family& family = loaded->of(configuration("{}"));
    CHECK(family.name == "unknown");
    CHECK(family.shard_may_be_unset);
    CHECK_FALSE(family.has(Key::tensor));
}

TEST_CASE("a wrong families file is refused with its place") {
    struct Case {
        std::string_view text;
        std::string_view key;
        std::string_view says;
    };
    const Case cases[] = {
        {"families: []", "families", "a map"},
        {"other: 1", "", "the one key families"},
        {"families: {x: 1}", "families.x", "a map"},
        {"families: {'a b': {}}", "families", "names are of"},
        {"families: {x: {keys: tensor}}", "families.x", "keys of families.x is to be a map of keys"},
        {"families: {x: {keys: {tensr: model.tp}}}", "families.x.keys.tensr", "no family has a key tensr"},
        {"families: {x: {keys: {tensor: []}}}", "families.x.keys.tensor", "a path of keys"},
        {"families: {x: {keys: {tensor: 'model.tp x'}}}", "families.x.keys.tensor", "a path of keys"},
        {"families: {x: {keys: {tensor: model..tp}}}", "families.x.keys.tensor", "a path of keys"},
        {"families: {x: {keys: {tensor: {default: 1}}}}", "families.x.keys.tensor", "has no path"},
        {"families: {x: {keys: {tensor: {path: a, default: 1.5}}}}", "families.x.keys.tensor", "default of"},
        {"families: {x: {keys: {tensor: {path: a, otherwise: 1}}}}", "families.x.keys.tensor.otherwise", "no field"},
        {"families: {x: {when: a.b}}", "families.x", "a list of conditions"},
        {"families: {x: {when: [{equals: a}]}}", "families.x.when", "has no path"},
        {"families: {x: {when: [{path: a, equals: b, starts_with: b}]}}", "families.x.when", "the only test"},
        {"families: {x: {when: [{path: a, is_map: false}]}}", "families.x.when", "is_map of"},
        {"families: {x: {layout: square}}", "families.x", "none, fsdp, ranks, megatron or neuron"},
        {"families: {x: {devices: tpu}}", "families.x", "any, gpu or neuron"},
        {"families: {x: {like: nobody}}", "families.x", "like is to be a family"},
        {"families: {x: {like: 3}}", "families.x", "like is to be a family"},
        {"families: {x: {code: git}}", "families.x.code", "a map"},
        {"families: {x: {code: {repository: a}}}", "families.x.code", "has no entries"},
        {"families: {x: {code: {entries: [{folder: a}]}}}", "families.x.code.entries", "has no program"},
        {"families: {x: {code: {entries: [{program: a.py, unless: b}]}}}", "families.x.code.entries.unless",
         "no field"},
        {"families: {x: {memory: {los: fp32}}}", "families.x.memory.los", "no assumption los"},
        {"families: {x: {memory: {loss: null}}}", "families.x.memory.loss", "a text, a number"},
        {"families: {x: {memory: {loss: {value: fp32}}}}", "families.x.memory.loss", "has no if"},
        {"families: {x: {memory: {loss: {if: {tensr: fp32}}}}}", "families.x.memory.loss", "if of"},
        {"families: {x: {shard_may_be_unset: 1}}", "families.x", "true or false"},
        {"families: {x: {colour: red}}", "families.x.colour", "no field colour"},
    };
    for (const auto& [text, key, says] : cases) {
        INFO(text);
        const Diagnostics problems = refusal(text);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().code == "family.file");
        CHECK(problems.front().key == key);
        CHECK(problems.front().source.line == 1);
        CHECK(problems.front().message.contains(says));
    }
}

TEST_CASE("what a family says of memory replaces what it was like, assumption by assumption") {
    const HardwareFile file(R"(
families:
  mine:
    like: hf
    when: [{path: mine}]
    memory:
      loss: {value: bf16, if: {smp: chunked}}
      loss_chunks: 8
      below: 0.5
      sequence_parallel: true
)");
    const auto loaded = Families::load({file.path});
    REQUIRE(loaded);
    const Family& mine = *loaded->find("mine");
    const auto lines_of = [&](std::string_view name) {
        std::vector<std::string> lines;
        for (const MemoryLine& line : mine.memory)
            if (line.name == name)
                lines.push_back(line.value + (line.when ? " if " + std::string(name_of(*line.when)) : ""));
        return lines;
    };
    using Lines = std::vector<std::string>;
    CHECK(lines_of("loss") == Lines{"bf16", "chunked if smp"});
    CHECK(lines_of("loss_chunks") == Lines{"8"});
    CHECK(lines_of("below") == Lines{"0.5"});
    CHECK(lines_of("sequence_parallel") == Lines{"true"});
    CHECK(lines_of("norm") == Lines{"eager", "fused if smp"});
    CHECK(lines_of("wrapper") == Lines{"fsdp2"});
}

TEST_CASE("the constants of families are what a program would read from the file") {
    const auto read = Families::load({source_file("etc/families.yaml")});
    REQUIRE(read);
    const auto constants = families().all();
    const auto files = read->all();
    REQUIRE(constants.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        const Family& constant = constants[i]->family;
        const Family& file = files[i]->family;
        INFO(file.name);
        CHECK(constant.name == file.name);
        CHECK(constant.title == file.title);
        CHECK(constant.root == file.root);
        CHECK(constant.devices == file.devices);
        CHECK(constant.layout == file.layout);
        CHECK(constant.shard_may_be_unset == file.shard_may_be_unset);
        CHECK(constants[i]->when.size() == files[i]->when.size());
        CHECK(constant.memory.size() == file.memory.size());
        CHECK(constant.code.repository == file.code.repository);
        CHECK(constant.code.entries.size() == file.code.entries.size());
        for (std::size_t key = 0; key < key_count; ++key) {
            INFO(name_of(static_cast<Key>(key)));
            CHECK(constant.places[key].paths == file.places[key].paths);
            CHECK(constant.places[key].otherwise == file.places[key].otherwise);
        }
    }
}

TEST_CASE("a family names what runs by the recipe's folder and name") {
    const HardwareFile file(R"(
families:
  ours:
    when: [{path: recipes.ours, is_map: true}]
    like: hf
    code:
      repository: https://host/code.git
      branch: main
      entries:
        - {program: lora.py, folder: llama, word: lora}
        - {program: llama.py, folder: llama}
        - {program: any.py}
  bare:
    when: [{path: recipes.bare, is_map: true}]
    like: hf
    code: null
)");
    const auto loaded = Families::load({file.path});
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

TEST_CASE("a program says of itself what a family says of its own") {
    const config::Value recipe = configuration("recipes: {run: {model_type: hf}}");
    const auto run_by = [&](std::string_view text) {
        return families().run_by(recipe, configuration(text), "keys.yaml");
    };
    const auto mine = run_by(
        "{name: mine, script: t.py, title: my trainer, devices: any, keys: {smp: null, fp8: {path: model.fp8, default: "
        "false}}, memory: {norm: fused}}");
    REQUIRE(mine);
    const Family& family = mine->of(recipe);
    CHECK(family.name == "hf");
    CHECK(family.title == "my trainer");
    CHECK(family.program == "mine");
    CHECK(family.program_known);
    CHECK_FALSE(family.has(Key::smp));
    CHECK(family.place(Key::fp8).otherwise == config::Value::boolean(false));
    CHECK(family.place(Key::layers).paths == families().of(recipe).place(Key::layers).paths);
    CHECK(families().of(recipe).program.empty());

    for (const char* wrong : {"{}", "[]", "{name: mine, script: t.py}", "{name: m, script: t, title: t, layout: fsdp}",
                              "{name: m, script: t, title: t, keys: {nonsense: a.b}}"}) {
        INFO(wrong);
        const auto refused = run_by(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "family.file");
    }
}

TEST_CASE("our trainer's keys.yaml gives keys the same defaults to both of its readers") {
    const config::Value keys = config::load_yaml(source_file("recipes_collection/entrypoints/keys.yaml")).value();
    std::size_t compared = 0;
    for (const config::Entry& entry : keys.at("program.keys")->entries()) {
        const config::Value* path = entry.value.find("path");
        if (path == nullptr) continue;
        INFO(*path->as_string());
        CHECK(*entry.value.find("default") == *keys.find("read")->find(*path->as_string())->find("default"));
        ++compared;
    }
    CHECK(compared > 0);
}

}  // namespace recipe::family
