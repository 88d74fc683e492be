// SPDX-License-Identifier: Apache-2.0
// The one fix of a layout with pipelines: what it takes from the degrees, and what follows from that.
#include "catch.hpp"
#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"
#include "read_subject.hpp"
#include "validate/repair/repair.hpp"

#include <fmt/format.h>

#include <map>

namespace recipe::validate {
namespace {

using Values = std::map<std::string, std::string>;

std::string map_of(const Values& values) {
    std::string text;
    for (const auto& [key, value] : values) text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", key, value);
    return "{" + text + "}";
}

/// Of NeMo's recipe: 4 nodes of 8, 4 tensor- and 2 pipeline-parallel ranks, so that 4 ranks see different data.
std::string of_nemo(Values model, Values trainer = {}, const std::string& instance = "p5.48xlarge") {
    model.insert({{"micro_batch_size", "1"},
                  {"global_batch_size", "64"},
                  {"tensor_model_parallel_size", "4"},
                  {"pipeline_model_parallel_size", "2"},
                  {"virtual_pipeline_model_parallel_size", "null"},
                  {"context_parallel_size", "1"},
                  {"expert_model_parallel_size", "1"},
                  {"sequence_parallel", "true"},
                  {"encoder_seq_length", "8192"},
                  {"num_layers", "32"},
                  {"num_attention_heads", "32"},
                  {"num_query_groups", "8"}});
    trainer.insert({{"devices", "8"}, {"num_nodes", "4"}});
    const ReadSubject subject(fmt::format("instance_type: {}\nrecipes: {{trainer: {}, model: {}}}", instance,
                                          map_of(trainer), map_of(model)));
    return joint_fix(*subject);
}

/// Of neuronx-distributed's: 4 nodes of 32 cores, 32 tensor-parallel ranks.
std::string of_neuron(Values strategy, Values model = {}) {
    strategy.insert(
        {{"tensor_model_parallel_size", "32"}, {"pipeline_model_parallel_size", "1"}, {"kv_replicator", "4"}});
    model.insert({{"num_layers", "32"}, {"num_attention_heads", "32"}, {"num_key_value_heads", "8"}});
    const ReadSubject subject(
        fmt::format("recipes: {{run: {{model_type: neuron}}, trainer: {{devices: 32, num_nodes: 4}}, "
                    "distributed_strategy: {}, data: {{micro_batch_size: 1, global_batch_size: 1024}}, model: {}}}",
                    map_of(strategy), map_of(model)));
    return joint_fix(*subject);
}

/// "a=1 b=2", as --recipe-set says it; of keys of the model.
std::string sets(const std::string& words) {
    std::string fix;
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t end = std::min(words.find(' ', at), words.size());
        fix += fmt::format("{}--recipe-set={}", fix.empty() ? "" : " ", words.substr(at, end - at));
        at = end + 1;
    }
    return fix;
}

}  // namespace

TEST_CASE("a layout that breaks nothing is left as it is") {
    CHECK(of_nemo({}) == "");
    CHECK(of_nemo({{"virtual_pipeline_model_parallel_size", "4"}}) == "");
    CHECK(of_nemo({{"context_parallel_size", "2"}, {"num_moe_experts", "8"}, {"expert_model_parallel_size", "2"}}) ==
          "");
    CHECK(of_neuron({}) == "");
}

TEST_CASE("a layout whose numbers are wrong has no fix, nor one without pipelines") {
    for (const char* key : {"tensor_model_parallel_size", "pipeline_model_parallel_size", "context_parallel_size",
                            "expert_model_parallel_size", "virtual_pipeline_model_parallel_size"}) {
        INFO(key);
        CHECK(of_nemo({{key, "0"}, {"num_layers", "33"}}) == "");
        CHECK(of_nemo({{key, "x"}, {"num_layers", "33"}}) == "");
    }
    CHECK(of_nemo({{"num_layers", "33"}}, {{"num_nodes", "x"}}) == "");
    CHECK(of_neuron({{"kv_replicator", "0"}, {"tensor_model_parallel_size", "3"}}) == "");
    CHECK(joint_fix(
              *ReadSubject("recipes: {run: {model_type: hf}, trainer: {devices: 3}, model: {shard_degree: 8}}")) == "");
}

TEST_CASE("stages hold as many layers each, and what is interleaved too, else there is less of it") {
    CHECK(of_nemo({{"num_layers", "33"}}) == sets("model.pipeline_model_parallel_size=1"));
    CHECK(of_nemo({{"num_layers", "33"}, {"virtual_pipeline_model_parallel_size", "2"}}) ==
          sets("model.pipeline_model_parallel_size=1 model.virtual_pipeline_model_parallel_size=null"));
    CHECK(of_nemo({{"pipeline_model_parallel_size", "1"}, {"virtual_pipeline_model_parallel_size", "2"}}) ==
          sets("model.virtual_pipeline_model_parallel_size=null"));
    // 36 layers are 18 for each of two stages, which are no four equal parts.
    CHECK(of_nemo({{"num_layers", "36"}, {"virtual_pipeline_model_parallel_size", "4"}}) ==
          sets("model.virtual_pipeline_model_parallel_size=null"));
    CHECK(of_nemo({{"num_layers", "36"}, {"virtual_pipeline_model_parallel_size", "9"}}) == "");
    CHECK(of_nemo({{"num_layers", "null"}, {"virtual_pipeline_model_parallel_size", "9"}}) == "");
    // neuronx-distributed cuts where it likes.
    CHECK(of_neuron({{"pipeline_model_parallel_size", "2"}}, {{"num_layers", "33"}}) == "");
}

TEST_CASE("a copy of the model divides the ranks: the least is taken from the degrees") {
    // 3 × 2 of 32: two tensor-parallel ranks lose a factor of 1.5, one stage a factor of 2 and three.
    CHECK(of_nemo(
              {{"tensor_model_parallel_size", "3"}, {"num_attention_heads", "null"}, {"sequence_parallel", "false"}}) ==
          sets("model.tensor_model_parallel_size=2"));
    // 4 × 2 × 3 of 32 ranks: two of the context's three stay.
    CHECK(of_nemo({{"context_parallel_size", "3"}, {"encoder_seq_length", "9216"}}) ==
          sets("model.context_parallel_size=2"));
    // 16 × 4 of 32: half of either; the larger tensor-parallel degree comes first.
    CHECK(of_nemo({{"tensor_model_parallel_size", "16"},
                   {"pipeline_model_parallel_size", "4"},
                   {"num_query_groups", "16"}}) == sets("model.pipeline_model_parallel_size=2"));
}

TEST_CASE("tensor-parallel ranks split the heads, and repeat those of keys and values where the program can") {
    CHECK(of_nemo({{"num_attention_heads", "30"}, {"num_query_groups", "null"}}) ==
          sets("model.tensor_model_parallel_size=2"));
    // Two key-value heads over four ranks: Megatron repeats them.
    CHECK(of_nemo({{"num_query_groups", "2"}}) == "");
    // Six of 32 heads are no equal groups; four are.
    CHECK(of_nemo({{"num_query_groups", "6"}}) == sets("model.num_query_groups=4"));
    CHECK(of_neuron({{"kv_replicator", "1"}}) == sets("distributed_strategy.kv_replicator=4"));
    CHECK(of_neuron({{"kv_replicator", "3"}}) == sets("distributed_strategy.kv_replicator=4"));
    // 12 heads of keys: 4 × 12 is no multiple of 32, nor 32 one of 12; of 96 heads 16 ranks have 6 each.
    CHECK(of_neuron({}, {{"num_attention_heads", "96"}, {"num_key_value_heads", "12"}}) ==
          sets("distributed_strategy.tensor_model_parallel_size=16"));
}

TEST_CASE("a sequence is cut into equal pieces") {
    CHECK(of_nemo({{"encoder_seq_length", "8194"}}) == sets("model.tensor_model_parallel_size=2"));
    CHECK(of_nemo({{"encoder_seq_length", "8194"}, {"sequence_parallel", "false"}}) == "");
    // Two pieces for each of two context-parallel ranks, and four tensor-parallel ones: 16.
    CHECK(of_nemo({{"context_parallel_size", "2"}, {"encoder_seq_length", "8200"}}) ==
          sets("model.context_parallel_size=1"));  // half of either would do
    CHECK(of_nemo({{"context_parallel_size", "2"}, {"encoder_seq_length", "8208"}}) == "");
    CHECK(of_nemo({{"context_parallel_size", "2"}, {"encoder_seq_length", "8196"}, {"sequence_parallel", "false"}}) ==
          "");
    CHECK(of_nemo({{"encoder_seq_length", "null"}}) == "");
}

TEST_CASE("experts follow the ranks and their own number, and the batch the ranks") {
    CHECK(of_nemo({{"expert_model_parallel_size", "3"}}) == sets("model.expert_model_parallel_size=2"));
    CHECK(of_nemo({{"expert_model_parallel_size", "8"}}) == sets("model.expert_model_parallel_size=4"));
    CHECK(of_nemo({{"expert_model_parallel_size", "4"}, {"num_moe_experts", "6"}}) ==
          sets("model.expert_model_parallel_size=2"));
    CHECK(of_nemo({{"global_batch_size", "6"}}) == sets("model.global_batch_size=8"));
    CHECK(of_nemo({{"global_batch_size", "8"}, {"micro_batch_size", "3"}}) == sets("model.global_batch_size=12"));
    CHECK(of_nemo({{"global_batch_size", "null"}}) == "");
    CHECK(of_nemo({{"global_batch_size", "6"}, {"micro_batch_size", "null"}}) == "");
    // Both: one stage of 33 layers leaves eight ranks, of which 12 sequences are no multiple.
    CHECK(of_nemo({{"num_layers", "33"}, {"global_batch_size", "12"}}) ==
          sets("model.pipeline_model_parallel_size=1 model.global_batch_size=16"));
    // Beyond the largest batch there is none.
    CHECK(of_nemo({{"global_batch_size", "999999999"}}) == sets("model.global_batch_size=1000000000"));
    CHECK(of_nemo({{"global_batch_size", "1000000000"}, {"micro_batch_size", "3"}}) == "");
}

TEST_CASE("nodes have the devices that they have, and are as many as hold the ranks") {
    CHECK(of_nemo({}, {{"devices", "16"}, {"num_nodes", "2"}}) == sets("trainer.num_nodes=4 trainer.devices=8"));
    // 20 ranks are two and a half nodes, so three: 24 ranks, three copies of eight, and 66 sequences.
    CHECK(of_nemo({}, {{"devices", "20"}, {"num_nodes", "1"}}) ==
          sets("trainer.num_nodes=3 trainer.devices=8 model.global_batch_size=66"));
    CHECK(of_nemo({}, {{"devices", "16"}, {"num_nodes", "2"}}, "null") == "");
    CHECK(of_nemo({}, {{"devices", "4"}, {"num_nodes", "2"}}) == "");
}

TEST_CASE("the joint fix is for what layouts, batches and groups of heads are refused for") {
    CHECK(is_of_joint_fix(codes::layout.heads));
    CHECK(is_of_joint_fix(codes::batch.global));
    CHECK(is_of_joint_fix(codes::model.kv_heads));
    CHECK(is_of_joint_fix(codes::devices.exceeds));
    CHECK_FALSE(is_of_joint_fix(codes::devices.partial));
    CHECK_FALSE(is_of_joint_fix(codes::model.head_size));
    CHECK_FALSE(is_of_joint_fix(codes::precision.fp8));
}

}  // namespace recipe::validate
