// SPDX-License-Identifier: Apache-2.0
#include "recipes_of_families.hpp"

namespace recipe::validate {

RecipeUnderTest nemo() {
    return RecipeUnderTest(R"(
instance_type: p5.48xlarge
env_vars: {NCCL_DEBUG: WARN}
recipes:
  run: {name: nemo, results_dir: /fsx/results}
  trainer: {devices: 8, num_nodes: 4, accelerator: gpu, precision: bf16, accumulate_grad_batches: 1}
  model:
    micro_batch_size: 1
    global_batch_size: 64
    tensor_model_parallel_size: 4
    pipeline_model_parallel_size: 2
    virtual_pipeline_model_parallel_size: null
    context_parallel_size: 1
    expert_model_parallel_size: 1
    sequence_parallel: true
    encoder_seq_length: 8192
    num_layers: 32
    num_attention_heads: 32
    num_query_groups: 8
    num_moe_experts: null
    fp8: false
)");
}

RecipeUnderTest neuron() {
    return RecipeUnderTest(R"(
instance_type: trn1.32xlarge
recipes:
  run: {name: neuron, results_dir: /fsx/results, model_type: neuron-hf}
  trainer: {devices: 32, num_nodes: 4}
  distributed_strategy:
    tensor_model_parallel_size: 32
    pipeline_model_parallel_size: 1
    virtual_pipeline_model_parallel_size: 1
    sequence_parallel: true
    kv_replicator: 4
  data: {micro_batch_size: 1, global_batch_size: 1024, train_dir: /fsx/data}
  model: {encoder_seq_length: 8192, num_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, vocab_size: 128256}
)");
}

RecipeUnderTest adapter() {
    return hyperpod_llama().with(
        "instance_type=p5.48xlarge ++recipes.use_smp_model=True ++recipes.model.do_finetune=False");
}

RecipeUnderTest verl() {
    return RecipeUnderTest(R"(
instance_type: p5.48xlarge
recipes:
  run: {name: verl, results_dir: /fsx/results, model_type: verl}
  trainer: {devices: 8, num_nodes: 2}
  training_config:
    trainer: {nnodes: 2, n_gpus_per_node: 8, default_local_dir: /fsx/results}
    data: {train_batch_size: 128, train_files: /fsx/data/train, val_files: /fsx/data/val}
    actor_rollout_ref:
      model: {path: /fsx/model, use_remove_padding: true}
      rollout: {tensor_model_parallel_size: 4, data_parallel_size: 1, pipeline_model_parallel_size: 1, n: 8}
      actor:
        strategy: fsdp2
        use_dynamic_bsz: false
        ppo_mini_batch_size: 32
        ppo_micro_batch_size: null
        ppo_micro_batch_size_per_gpu: 2
        ulysses_sequence_parallel_size: 1
        fsdp_config: {fsdp_size: -1}
        megatron: {tensor_model_parallel_size: 4, pipeline_model_parallel_size: 2, context_parallel_size: 1}
)");
}

RecipeUnderTest llmft() {
    return RecipeUnderTest(R"(
instance_type: p5.48xlarge
recipes:
  run: {name: llmft, results_dir: /fsx/results, model_type: llm_finetuning_aws}
  trainer: {devices: 8, num_nodes: 1}
  training_config:
    datasets: {train_data: {file_path: /fsx/data}}
    model_config: {model_name_or_path: /fsx/model}
    training_args:
      ulysses_sequence_parallel_size: 1
      ring_attn_size: 1
      max_len: 4096
      train_batch_size: 16
      micro_train_batch_size: 1
)");
}

/// Llama 3.2 1B, with all that its memory depends on.
RecipeUnderTest sized() {
    return RecipeUnderTest(R"(
instance_type: p5.48xlarge
launch: {entry_script: train.py}
recipes:
  run: {name: llama, results_dir: /fsx/results}
  trainer: {devices: 8, num_nodes: 1, accelerator: gpu, precision: bf16}
  model:
    train_batch_size: 2
    tensor_model_parallel_degree: 1
    sharding_strategy: hybrid_shard
    shard_degree: 8
    activation_checkpointing: false
    max_context_width: 8192
    num_hidden_layers: 16
    hidden_size: 2048
    num_attention_heads: 32
    num_key_value_heads: 8
    intermediate_size: 8192
    vocab_size: 128256
    tie_word_embeddings: true
    data: {use_synthetic_data: true}
)");
}

}  // namespace recipe::validate
