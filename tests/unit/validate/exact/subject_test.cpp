// SPDX-License-Identifier: Apache-2.0
// What the rules check, as it is read of a configuration.
#include "catch.hpp"
#include "read_subject.hpp"

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace recipe::validate {
namespace {

std::string hf(const std::string& model, const std::string& more = "") {
    return fmt::format("recipes: {{run: {{model_type: hf}}, model: {{{}}}}}\n{}", model, more);
}

using State = Number::State;

/// One number of a family's recipe, by what the recipe says of it.
struct Row {
    const char* key;
    Number Subject::* number;
    std::int64_t most;
    std::int64_t otherwise = 0;  // 0: nobody says
};

constexpr std::array<Row, 10> of_adapter{{{"tensor_model_parallel_degree", &Subject::tensor, max_degree, 1},
                                          {"shard_degree", &Subject::shard, max_degree},
                                          {"expert_model_parallel_degree", &Subject::expert, max_degree, 1},
                                          {"context_parallel_degree", &Subject::context, max_degree, 1},
                                          {"max_context_width", &Subject::sequence, max_size, 2048},
                                          {"train_batch_size", &Subject::micro_batch, max_size, 2},
                                          {"num_hidden_layers", &Subject::layers, max_size},
                                          {"num_attention_heads", &Subject::attention_heads, max_size},
                                          {"num_key_value_heads", &Subject::key_value_heads, max_size},
                                          {"vocab_size", &Subject::vocabulary, max_size}}};

}  // namespace

TEST_CASE("each number is read from its key, within its limits") {
    for (const Row& row : of_adapter) {
        INFO(row.key);
        const auto read = [&](const std::string& value) {
            const ReadSubject subject(hf(fmt::format("{}: {}", row.key, value)));
            return (*subject).*row.number;
        };
        for (const std::int64_t good : {std::int64_t{1}, std::int64_t{7}, row.most}) {
            const Number number = read(std::to_string(good));
            CHECK(number.state == State::good);
            CHECK(number.number == good);
            CHECK_FALSE(number.lenient);
            CHECK(number.usable());
            CHECK(number.known());
            CHECK(number.found.path == fmt::format("recipes.model.{}", row.key));
            CHECK(number.found.key == fmt::format("model.{}", row.key));
        }
        const std::int64_t otherwise = row.otherwise > 0 ? row.otherwise : 1;
        for (const std::string& bad : {std::string("0"), std::string("-3"), std::to_string(row.most + 1),
                                       std::string("99999999999999999999999")}) {
            const Number number = read(bad);
            CHECK(number.state == State::out_of_range);
            CHECK(number.number == otherwise);
            CHECK(number.most == row.most);
            CHECK_FALSE(number.usable());
            CHECK_FALSE(number.known());
        }
        for (const char* bad : {"x", "true", "1.5", "[1]", "'0'", "-1.0"}) {
            const Number number = read(bad);
            CHECK(number.state == State::wrong_type);
            CHECK_FALSE(number.usable());
            CHECK_FALSE(number.known());
        }
        // Some programs take a number's text, and a float that is whole.
        for (const char* text : {"'7'", "7.0"}) {
            const Number number = read(text);
            CHECK(number.state == State::good);
            CHECK(number.number == 7);
            CHECK(number.lenient);
        }
        for (const char* nothing : {"null", "~"}) {
            const Number number = read(nothing);
            CHECK(number.state == State::unset);
            CHECK(number.number == otherwise);
            CHECK(number.has_default == (row.otherwise > 0));
            CHECK(number.usable());
            CHECK(number.known() == (row.otherwise > 0));
        }
    }
}

TEST_CASE("numbers of nodes and devices are ints alone, and `run` comes before `trainer`") {
    const auto read = [](const std::string& recipe) { return ReadSubject("recipes: {" + recipe + "}"); };
    CHECK(read("run: {nodes: 3}, trainer: {num_nodes: 2}")->nodes.number == 3);
    CHECK(read("run: {nodes: null}, trainer: {num_nodes: 2}")->nodes.number == 2);
    CHECK(read("trainer: {num_nodes: 100000}")->nodes.state == State::good);
    CHECK(read("trainer: {num_nodes: 100001}")->nodes.state == State::out_of_range);
    CHECK(read("trainer: {num_nodes: '2'}")->nodes.state == State::wrong_type);
    CHECK(read("run: {ntasks_per_node: 3}, trainer: {devices: 2}")->devices.number == 3);
    CHECK(read("trainer: {devices: 1024}")->devices.state == State::good);
    CHECK(read("trainer: {devices: 1025}")->devices.state == State::out_of_range);
    CHECK(read("trainer: {devices: 2.0}")->devices.state == State::wrong_type);
    const ReadSubject none("{}");
    CHECK(none->nodes.state == State::unset);
    CHECK(none->nodes.number == 1);
    CHECK(none->devices.number == 1);
    CHECK(none->layout == Layout());
    CHECK(none->layout_known);
    CHECK(none->data_parallel() == 0);
    CHECK(none->tensor.state == State::unset);
    CHECK_FALSE(none->tensor.known());
    CHECK(none->tensor.most == max_degree);
    CHECK(none->heads.attention == 0);
    CHECK(none->node_devices == 0);
    CHECK_FALSE(none->instance_type);
    CHECK_FALSE(none->on_known_devices());
}

TEST_CASE("all devices of a node are meant where the recipe leaves them open, if they are known") {
    const auto devices = [](const std::string& value, const std::string& instance, const std::string& accelerator) {
        const ReadSubject subject(fmt::format(
            "instance_type: {}\nrecipes: {{trainer: {{devices: {}, accelerator: {}}}}}", instance, value, accelerator));
        return std::pair(subject->devices.state, subject->devices.number);
    };
    using Pair = std::pair<State, std::int64_t>;
    CHECK(devices("auto", "g5.12xlarge", "gpu") == Pair(State::good, 4));
    CHECK(devices("null", "g5.12xlarge", "gpu") == Pair(State::good, 4));
    CHECK(devices("2", "g5.12xlarge", "gpu") == Pair(State::good, 2));
    CHECK(devices("all", "g5.12xlarge", "gpu") == Pair(State::wrong_type, 1));
    CHECK(devices("auto", "null", "gpu") == Pair(State::wrong_type, 1));
    CHECK(devices("null", "null", "gpu") == Pair(State::unset, 1));
    CHECK(devices("null", "g5.12xlarge", "cpu") == Pair(State::unset, 1));
}

TEST_CASE("an instance type is known by its canonical name") {
    const ReadSubject known("instance_type: ml.P5.48xlarge\nrecipes: {}");
    CHECK(known->instance_type == "p5.48xlarge");
    REQUIRE(known->instance != nullptr);
    REQUIRE(known->accelerator != nullptr);
    CHECK(known->devices_of_node() == 8);
    CHECK(known->on_known_devices());
    CHECK(known->describe_accelerator() == "NVIDIA H100 (p5.48xlarge, compute capability 9.0)");
    CHECK(ReadSubject("instance_type: trn1.32xlarge")->describe_accelerator() == "AWS Trainium (trn1.32xlarge)");
    const ReadSubject unknown("instance_type: our-box");
    CHECK(unknown->instance_type == "our-box");
    CHECK(unknown->instance == nullptr);
    CHECK(unknown->accelerator == nullptr);
    CHECK(unknown->devices_of_node() == 0);
    CHECK_FALSE(ReadSubject("instance_type: ''")->instance_type);
    CHECK_FALSE(ReadSubject("instance_type: null")->instance_type);
    CHECK(ReadSubject("instance_type: 5")->instance_type == "5");
}

TEST_CASE("a recipe is for the devices that it names, else for its family's") {
    const auto wanted = [](const std::string& type, const std::string& accelerator) {
        return ReadSubject(
                   fmt::format("recipes: {{run: {{model_type: {}}}, trainer: {{accelerator: {}}}}}", type, accelerator))
            ->wanted;
    };
    CHECK(wanted("hf", "null") == Wanted::gpu);
    CHECK(wanted("neuron-x", "null") == Wanted::neuron);
    CHECK(wanted("mtrl", "null") == Wanted::any);
    CHECK(wanted("hf", "3") == Wanted::gpu);
    CHECK(wanted("mtrl", "auto") == Wanted::any);
    CHECK(wanted("neuron-x", "auto") == Wanted::neuron);
    CHECK(wanted("hf", "cpu") == Wanted::cpu);
    for (const char* word : {"gpu", "cuda"}) CHECK(wanted("mtrl", word) == Wanted::gpu);
    for (const char* word : {"neuron", "trainium", "trn", "xla"}) CHECK(wanted("hf", word) == Wanted::neuron);
}

TEST_CASE("NeuronCores of a node are counted as the environment sets them") {
    const auto cores = [](const std::string& instance, const std::string& variables) {
        return ReadSubject(fmt::format("instance_type: {}\nenv_vars: {{{}}}", instance, variables))->devices_of_node();
    };
    // Sixteen chips of eight physical cores, of which two make one.
    CHECK(cores("trn2.48xlarge", "") == 64);
    CHECK(cores("trn2.48xlarge", "NEURON_LOGICAL_NC_CONFIG: 1") == 128);
    CHECK(cores("trn2.48xlarge", "NEURON_LOGICAL_NC_CONFIG: '1'") == 128);
    CHECK(cores("trn2.48xlarge", "NEURON_LOGICAL_NC_CONFIG: 2") == 64);
    CHECK(cores("trn2.48xlarge", "NEURON_RT_VIRTUAL_CORE_SIZE: 1") == 128);
    CHECK(cores("trn2.48xlarge", "NEURON_RT_VIRTUAL_CORE_SIZE: 2") == 64);
    CHECK(cores("trn2.48xlarge", "NEURON_LOGICAL_NC_CONFIG: 2, NEURON_RT_VIRTUAL_CORE_SIZE: 1") == 64);
    CHECK(cores("trn1.32xlarge", "NEURON_LOGICAL_NC_CONFIG: 1") == 32);
    CHECK(cores("p5.48xlarge", "NEURON_LOGICAL_NC_CONFIG: 1") == 8);
}

TEST_CASE("a key is set as an override reaches it, and added where the recipe lacks it") {
    const ReadSubject subject(hf("fp8: true, other: null"));
    CHECK(subject->set(subject->find("model.fp8"), "False") == "--recipe-set=model.fp8=False");
    CHECK(subject->set(subject->find("model.other"), "3") == "--recipe-set=model.other=3");
    CHECK(subject->set(subject->find("model.none"), "3") == "--recipe-set=++recipes.model.none=3");
    CHECK(subject->find("model.fp8").given());
    CHECK_FALSE(subject->find("model.other").given());
    CHECK_FALSE(subject->find("model.none").given());
    CHECK(subject->find(family::Key::fp8).path == "recipes.model.fp8");
    CHECK(subject->is_on(family::Key::fp8));
    CHECK_FALSE(subject->is_on(family::Key::synthetic));
    CHECK_FALSE(subject->is_on(family::Key::data));  // nobody says
    CHECK(subject->find(family::Key::pipeline).path.empty());
    CHECK(ReadSubject("training_cfg: {run: {nodes: 2}}")->find("run.nodes").path == "training_cfg.run.nodes");
}

TEST_CASE("a layout has the degrees of its family, and is known where none of them is wrong") {
    const std::string degrees =
        "tensor_model_parallel_degree: 2, shard_degree: 3, expert_model_parallel_degree: 5, context_parallel_degree: 7";
    const ReadSubject subject(hf(degrees));
    CHECK(subject->layout == Layout{.tensor = 2, .shard = 3, .expert = 5, .context = 7});
    CHECK(subject->layout_known);
    CHECK(subject->data_parallel() == 0);  // of a family that shards
    for (const char* key :
         {"tensor_model_parallel_degree", "shard_degree", "expert_model_parallel_degree", "context_parallel_degree"}) {
        INFO(key);
        CHECK_FALSE(ReadSubject(hf(fmt::format("{}: x", key)))->layout_known);
        CHECK_FALSE(ReadSubject(hf(fmt::format("{}: 0", key)))->layout_known);
    }
    CHECK_FALSE(ReadSubject("recipes: {trainer: {devices: x}}")->layout_known);
    CHECK_FALSE(ReadSubject("recipes: {trainer: {num_nodes: 0}}")->layout_known);
    const ReadSubject nemo("recipes: {model: {tensor_model_parallel_size: 2, context_parallel_size: 3}}");
    CHECK(nemo->layout == Layout());
    CHECK(nemo->tensor.number == 2);
}

TEST_CASE("no_shard keeps a whole copy on every rank, where the program reads it so") {
    const auto shard = [](const std::string& type, const std::string& model) {
        const ReadSubject subject(fmt::format("recipes: {{run: {{model_type: {}}}, model: {{{}}}}}", type, model));
        return subject->layout.shard;
    };
    CHECK(shard("null", "shard_degree: 4, sharding_strategy: no_shard") == 1);
    CHECK(shard("null", "shard_degree: 4, sharding_strategy: full_shard") == 4);
    CHECK(shard("null", "shard_degree: 4, sharding_strategy: null") == 4);
    CHECK(shard("null", "shard_degree: 4, sharding_strategy: 3") == 4);
    CHECK(shard("hf", "shard_degree: 4, sharding_strategy: no_shard") == 4);
    // What is wrong stays wrong.
    CHECK(ReadSubject("recipes: {model: {shard_degree: 0, sharding_strategy: no_shard}}")->shard.state ==
          State::out_of_range);
    CHECK(ReadSubject("recipes: {model: {shard_degree: 4, sharding_strategy: no_shard}}")->shard.found.key ==
          "model.shard_degree");
}

TEST_CASE("heads are known where the recipe says them") {
    CHECK(ReadSubject(hf("num_attention_heads: 12, num_key_value_heads: 4"))->heads.attention == 12);
    CHECK(ReadSubject(hf("num_attention_heads: 12, num_key_value_heads: 4"))->heads.key_value == 4);
    CHECK(ReadSubject(hf("num_attention_heads: x"))->heads.attention == 0);
    CHECK(ReadSubject(hf("num_attention_heads: 12"))->heads.key_value == 0);
}

TEST_CASE("ranks that see different data are what the model's copy leaves of the world") {
    const auto nemo = [](const std::string& model, const std::string& trainer = "devices: 8, num_nodes: 4") {
        return ReadSubject(fmt::format("recipes: {{trainer: {{{}}}, model: {{tensor_model_parallel_size: 2{}}}}}",
                                       trainer, model))
            ->data_parallel();
    };
    CHECK(nemo("") == 16);
    CHECK(nemo(", pipeline_model_parallel_size: 4") == 4);
    CHECK(nemo(", pipeline_model_parallel_size: 4, context_parallel_size: 2") == 2);
    CHECK(nemo(", expert_model_parallel_size: 4") == 16);
    CHECK(nemo(", pipeline_model_parallel_size: 3") == 0);  // 32 ranks and copies of 6
    CHECK(nemo(", pipeline_model_parallel_size: x") == 0);
    CHECK(nemo(", pipeline_model_parallel_size: 0") == 0);
    CHECK(nemo(", context_parallel_size: 0") == 0);
    CHECK(nemo("", "devices: x") == 0);
    CHECK(ReadSubject("recipes: {trainer: {devices: 8}, model: {tensor_model_parallel_size: x}}")->data_parallel() ==
          0);
    CHECK(ReadSubject("recipes: {run: {model_type: neuron}, trainer: {devices: 8}, distributed_strategy: "
                      "{tensor_model_parallel_size: 4}}")
              ->data_parallel() == 2);
    const auto llmft = [](const std::string& arguments) {
        return ReadSubject(
            "recipes: {run: {model_type: llm_finetuning_aws}, trainer: {devices: 8}, training_config: "
            "{training_args: {" +
            arguments + "}}}");
    };
    CHECK(llmft("")->data_parallel() == 8);
    CHECK(llmft("ulysses_sequence_parallel_size: 2, ring_attn_size: 2")->data_parallel() == 2);
    CHECK(llmft("ulysses_sequence_parallel_size: 2")->data_parallel() == 4);
    // The ring's degree alone is the context-parallel one, and does not count twice.
    CHECK(llmft("ring_attn_size: 4")->data_parallel() == 2);
    CHECK(llmft("ring_attn_size: 4")->ring.number == 1);
    CHECK(llmft("ulysses_sequence_parallel_size: 2, ring_attn_size: 4")->ring.number == 4);
    CHECK(llmft("ulysses_sequence_parallel_size: 2, ring_attn_size: 0")->ring.state == State::out_of_range);
    CHECK(llmft("ulysses_sequence_parallel_size: 2, ring_attn_size: 1000001")->ring.state == State::out_of_range);
}

namespace {

/// A folder with a config.json for one test.
class Folder {
public:
    explicit Folder(const std::string& json) {
        std::array<char, 40> name{"/tmp/recipe-subject-XXXXXX"};
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name.data();
        std::ofstream(path_ + "/config.json") << json;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// The heads of a recipe for neuronx-distributed-training: of attention, of keys and values.
std::pair<std::int64_t, std::int64_t> heads_of(const std::string& config, const std::string& more = "",
                                               int read_error = 0, bool with_host = true) {
    storage::Host host;
    host.access = [&](const std::string& path) {
        const bool is_file = std::filesystem::is_regular_file(path);
        return storage::Access{.is_file = is_file, .read_error = is_file ? read_error : ENOENT};
    };
    const ReadSubject subject(
        fmt::format("recipes: {{run: {{model_type: neuron}}, model: {{model_config: '{}'{}}}}}", config, more),
        with_host ? &host : nullptr);
    return {subject->heads.attention, subject->heads.key_value};
}

}  // namespace

TEST_CASE("heads of a model that the recipe names are its config.json's") {
    using Pair = std::pair<std::int64_t, std::int64_t>;
    const Folder folder(R"({"num_attention_heads": 12, "num_key_value_heads": 4})");
    const std::string file = folder.path() + "/config.json";
    CHECK(heads_of(file) == Pair(12, 4));
    CHECK(heads_of(folder.path()) == Pair(12, 4));
    // What the recipe says itself counts.
    CHECK(heads_of(file, ", num_key_value_heads: 2") == Pair(12, 2));
    CHECK(heads_of(file, ", num_attention_heads: 6") == Pair(6, 0));
    CHECK(heads_of(file, "", 0, false) == Pair(0, 0));
    CHECK(heads_of(file, "", EACCES) == Pair(0, 0));
    CHECK(heads_of(folder.path() + "/none") == Pair(0, 0));
    CHECK(heads_of("x" + file) == Pair(0, 0));
    CHECK(heads_of("") == Pair(0, 0));
    const auto of_text = [](const std::string& json) { return heads_of(Folder(json).path()); };
    CHECK(of_text(R"({"num_attention_heads": 1, "num_key_value_heads": 1000000000})") == Pair(1, 1'000'000'000));
    CHECK(of_text(R"({"num_attention_heads": 0, "num_key_value_heads": 1000000001})") == Pair(0, 0));
    CHECK(of_text(R"({"num_attention_heads": -1, "num_key_value_heads": "4"})") == Pair(0, 0));
    CHECK(of_text("{}") == Pair(0, 0));
    CHECK(of_text("[12]") == Pair(0, 0));
    CHECK(of_text("{") == Pair(0, 0));
    // Another family's recipe says its heads itself.
    storage::Host host;
    host.access = storage::access_of;
    const ReadSubject other(hf("hf_model_name_or_path: '" + folder.path() + "'"), &host);
    CHECK(other->heads.attention == 0);
}

}  // namespace recipe::validate
