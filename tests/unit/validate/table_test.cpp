// SPDX-License-Identifier: Apache-2.0
// Every rule of the table: a neighbour that passes, the recipe that fails, and where the rule has a fix, the recipe
// with it.
#include "catch.hpp"
#include "diagnostic/codes.hpp"
#include "diagnostic/codes/layout.hpp"
#include "recipes_of_families.hpp"

#include <algorithm>
#include <set>

namespace recipe::validate {
namespace {

struct Case {
    const char* code;
    RecipeUnderTest (*base)();
    const char* passing;
    const char* failing;
    Severity severity;
    bool has_fix;
};

constexpr Severity error = Severity::error;
constexpr Severity warning = Severity::warning;
constexpr Severity hint = Severity::hint;

RecipeUnderTest with_deepspeed() {
    return RecipeUnderTest(R"(
instance_type: p4d.24xlarge
recipes:
  run: {name: ds, results_dir: /fsx/results}
  trainer: {devices: 8, num_nodes: 1}
  deepspeed:
    train_micro_batch_size_per_gpu: 2
    train_batch_size: 16
    bf16: {enabled: true}
    fp16: {enabled: false}
    zero_optimization: {stage: 3, offload_param: {device: none}}
)");
}

const Case cases[] = {
    {"batch.identity", with_deepspeed, "deepspeed.train_batch_size=16", "deepspeed.train_batch_size=17", error, true},
    {"layout.zero_stage", with_deepspeed, "deepspeed.zero_optimization.stage=0", "deepspeed.zero_optimization.stage=4",
     error, true},
    {"layout.offload", with_deepspeed, "deepspeed.zero_optimization.offload_param.device=cpu",
     "deepspeed.zero_optimization.offload_param.device=cpu deepspeed.zero_optimization.stage=2", warning, true},
    {"precision.exclusive", with_deepspeed, "deepspeed.fp16.enabled=False", "deepspeed.fp16.enabled=True", error, true},
    {"launch.kind", llama, "++cluster.cpus_per_task=3", "++cluster.cpus_per_task=-3", error, false},
    {"launch.kind", llama, "++cluster.container_mounts=[/a:/b]", "++cluster.container_mounts=/a:/b", error, true},
    {"launch.kind", llama, "++cluster.mem=64G", "++cluster.mem=lots", error, false},
    {"launch.kind", llama, "++cluster.mem=0", "++cluster.mem=-3", error, false},
    {"launch.kind", llama, "++cluster.gpus_per_node=a100:4", "++cluster.gpus_per_node=lots", error, false},
    {"launch.kind", llama, "++cluster.exclusive=False", "++cluster.exclusive=maybe", error, false},
    {"launch.kind", llama, "++cluster.partition=gpu", "++cluster.partition=[gpu,big]", error, false},
    {"launch.kind", llama, "++cluster.partition=gpu", "++cluster.partition=[gpu]", error, true},
    {"launch.kind", llama, "++env_vars.A=1", "++env_vars=abc", error, false},
    {"launch.kind", llama, "run.name=5", "run.name=[a]", error, false},
    {"devices.type", llama, "trainer.devices=8", "trainer.devices='8'", error, true},
    {"devices.type", llama, "trainer.devices=8", "trainer.devices=many", error, false},
    {"devices.range", llama, "trainer.num_nodes=100000 trainer.devices=8", "trainer.num_nodes=0", error, false},
    {"devices.unset", llama, "trainer.devices=null instance_type=p5.48xlarge", "trainer.devices=null", warning, false},
    {"devices.unknown_instance", llama, "instance_type=ML.P5.48xlarge", "instance_type=p5.49xlarge", warning, true},
    {"devices.exceeds", llama, "instance_type=g5.48xlarge", "instance_type=g5.12xlarge", error, true},
    {"devices.exceeds", neuron, "instance_type=trn2.48xlarge ++env_vars.NEURON_LOGICAL_NC_CONFIG=1 trainer.devices=128",
     "instance_type=trn2.48xlarge trainer.devices=128", error, true},
    {"devices.partial", llama, "instance_type=p5.48xlarge",
     "instance_type=p5.48xlarge trainer.devices=4 trainer.num_nodes=2", warning, true},
    {"devices.accelerator_mismatch", llama, "instance_type=p5.48xlarge", "instance_type=trn1.32xlarge", error, false},
    {"devices.accelerator_mismatch", neuron, "instance_type=trn1n.32xlarge",
     "instance_type=p5.48xlarge trainer.devices=8", error, false},
    {"devices.not_listed", llama, "instance_type=p5.48xlarge ++recipes.instance_types=[ml.p5.48xlarge]",
     "instance_type=p4d.24xlarge ++recipes.instance_types=[ml.p5.48xlarge]", warning, false},
    {"precision.fp8", llama, "instance_type=g6.48xlarge model.fp8=True", "instance_type=g5.48xlarge model.fp8=True",
     error, true},
    {"precision.fp8", adapter, "instance_type=p4d.24xlarge", "instance_type=p4d.24xlarge model.fp8=null", error, true},
    {"precision.fp8", adapter, "instance_type=p4d.24xlarge model.fp8=null use_smp_model=False",
     "instance_type=p4d.24xlarge model.fp8=null", error, true},
    {"precision.fp8", nemo, "instance_type=p4d.24xlarge", "instance_type=p4d.24xlarge model.fp8=true", error, true},
    {"devices.kernels", llmft,
     "instance_type=g5.48xlarge ++recipes.training_config.model_config.attn_implementation=flash_attention_2",
     "instance_type=g4dn.metal ++recipes.training_config.model_config.attn_implementation=flash_attention_2", error,
     true},
    {"devices.kernels", llmft,
     "instance_type=p4d.24xlarge ++recipes.training_config.model_config.attn_implementation=vllm-flash-attn3",
     "instance_type=g5.48xlarge ++recipes.training_config.model_config.attn_implementation=vllm-flash-attn3", error,
     false},
    {"devices.kernels", adapter,
     "instance_type=p3dn.24xlarge ++recipes.use_smp_model=True ++recipes.model.use_flash_attention=True",
     "instance_type=p3dn.24xlarge ++recipes.use_smp_model=False ++recipes.model.use_flash_attention=True", error, true},
    {"devices.kernels", adapter, "instance_type=p4d.24xlarge ++recipes.use_smp_model=False",
     "instance_type=p3dn.24xlarge ++recipes.use_smp_model=False", error, false},
    {"devices.kernels", verl, "instance_type=p4d.24xlarge", "instance_type=p3dn.24xlarge", error, false},
    {"layout.ulysses", verl,
     "training_config.actor_rollout_ref.model.path=Qwen/Qwen2.5-7B-Instruct "
     "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=4",
     "training_config.actor_rollout_ref.model.path=Qwen/Qwen2.5-7B-Instruct "
     "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=8",
     error, true},
    {"layout.heads", neuron,
     "model.num_attention_heads=null model.num_key_value_heads=null "
     "++recipes.model.model_config=meta-llama/Meta-Llama-3-8B distributed_strategy.kv_replicator=4",
     "model.num_attention_heads=null model.num_key_value_heads=null "
     "++recipes.model.model_config=meta-llama/Meta-Llama-3-8B distributed_strategy.kv_replicator=1",
     error, true},
    {"precision.fp4", llama, "instance_type=p6-b200.48xlarge trainer.precision=nvfp4",
     "instance_type=p5.48xlarge trainer.precision=nvfp4", error, true},
    {"precision.bf16", llama, "instance_type=p4d.24xlarge", "instance_type=p3dn.24xlarge", error, true},
    {"precision.fp8_unused", adapter, "model.fp8=True", "model.fp8=True use_smp_model=False", hint, true},
    {"precision.fp8_leftover", llama, "model.fp8=True ++recipes.model.fp8_amax_history_len=16",
     "++recipes.model.fp8_amax_history_len=16", hint, false},
    {"layout.type", llama, "model.shard_degree=4", "model.shard_degree=4.5", error, false},
    {"layout.type", llama, "model.shard_degree=4", "model.shard_degree='4'", warning, true},
    {"layout.range", llama, "model.tensor_model_parallel_degree=1", "model.tensor_model_parallel_degree=0", error,
     false},
    {"layout.world_not_divisible", llama, "model.shard_degree=4", "model.shard_degree=5", error, true},
    {"layout.world_not_divisible", adapter, "trainer.num_nodes=4 model.expert_model_parallel_degree=4",
     "trainer.num_nodes=4 model.expert_model_parallel_degree=3", error, true},
    {"layout.context", llama, "model.context_parallel_degree=8", "model.context_parallel_degree=16", error, true},
    {"layout.heads", llama, "model.tensor_model_parallel_degree=8 model.shard_degree=1",
     "trainer.num_nodes=2 model.tensor_model_parallel_degree=16 model.shard_degree=1", error, true},
    {"layout.heads", nemo, "model.num_query_groups=4", "model.num_attention_heads=30 model.num_query_groups=null",
     error, true},
    {"layout.heads", nemo, "model.num_query_groups=4", "model.num_query_groups=2", warning, true},
    {"layout.heads", nemo, "model.num_query_groups=4", "model.num_query_groups=6", error, true},
    {"layout.heads", neuron, "distributed_strategy.kv_replicator=4", "distributed_strategy.kv_replicator=1", error,
     true},
    {"layout.model_parallel", nemo, "trainer.num_nodes=2",
     "model.tensor_model_parallel_size=3 model.num_attention_heads=null "
     "model.num_query_groups=null model.sequence_parallel=false",
     error, true},
    {"layout.model_parallel", neuron, "distributed_strategy.pipeline_model_parallel_size=4",
     "distributed_strategy.pipeline_model_parallel_size=8", error, true},
    {"layout.layers", nemo, "model.num_layers=34", "model.num_layers=33", error, true},
    {"layout.layers", nemo, "model.virtual_pipeline_model_parallel_size=4",
     "model.virtual_pipeline_model_parallel_size=3", error, true},
    {"layout.virtual_pipeline", nemo, "model.virtual_pipeline_model_parallel_size=2",
     "model.pipeline_model_parallel_size=1 model.virtual_pipeline_model_parallel_size=2", warning, true},
    {"layout.sequence", nemo, "model.encoder_seq_length=8196", "model.encoder_seq_length=8194", error, true},
    {"layout.sequence", nemo, "model.context_parallel_size=2 model.encoder_seq_length=8192",
     "model.context_parallel_size=2 model.encoder_seq_length=8196", error, true},
    {"layout.vocabulary", neuron, "model.vocab_size=32000", "model.vocab_size=50257", warning, true},
    {"layout.experts", nemo, "model.expert_model_parallel_size=4 model.num_moe_experts=8",
     "model.expert_model_parallel_size=4 model.num_moe_experts=6", error, true},
    {"layout.expert_ranks", nemo, "model.expert_model_parallel_size=4 model.num_moe_experts=24",
     "model.expert_model_parallel_size=3 model.num_moe_experts=24", error, true},
    {"layout.across_nodes", nemo, "trainer.num_nodes=4",
     "model.tensor_model_parallel_size=16 model.pipeline_model_parallel_size=1 model.num_query_groups=16", warning,
     false},
    {"batch.type", nemo, "model.micro_batch_size=2", "model.micro_batch_size=two", error, false},
    {"batch.range", nemo, "model.micro_batch_size=2", "model.micro_batch_size=0", error, false},
    {"batch.global", nemo, "model.global_batch_size=4", "model.global_batch_size=6", error, true},
    {"batch.global", neuron, "data.global_batch_size=4", "data.global_batch_size=6", error, true},
    {"batch.interleaved", nemo, "model.virtual_pipeline_model_parallel_size=2 model.global_batch_size=8",
     "model.virtual_pipeline_model_parallel_size=2 model.global_batch_size=4", warning, true},
    {"batch.accumulation", nemo, "trainer.accumulate_grad_batches=1", "trainer.accumulate_grad_batches=2", warning,
     true},
    {"layout.ray", verl, "training_config.trainer.nnodes=2", "training_config.trainer.nnodes=4", error, true},
    {"layout.ray", verl, "training_config.trainer.n_gpus_per_node=8", "training_config.trainer.n_gpus_per_node=16",
     error, true},
    {"layout.ray", verl, "trainer.num_nodes=2", "trainer.num_nodes=4", warning, true},
    {"layout.sharing", llmft, "training_config.training_args.ring_attn_size=4",
     "training_config.training_args.ring_attn_size=3", error, true},
    {"layout.sharing", llmft,
     "training_config.training_args.ring_attn_size=4 training_config.training_args.ulysses_sequence_parallel_size=2",
     "training_config.training_args.ring_attn_size=8 training_config.training_args.ulysses_sequence_parallel_size=2",
     error, true},
    {"layout.sharing", llmft, "training_config.training_args.ulysses_sequence_parallel_size=8",
     "training_config.training_args.ulysses_sequence_parallel_size=16", error, true},
    {"layout.sharing", verl, "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=4",
     "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=3", error, true},
    {"layout.mesh", verl, "training_config.actor_rollout_ref.actor.fsdp_config.fsdp_size=8",
     "training_config.actor_rollout_ref.actor.fsdp_config.fsdp_size=6", warning, true},
    {"layout.rollout", verl, "training_config.actor_rollout_ref.rollout.tensor_model_parallel_size=8",
     "training_config.actor_rollout_ref.rollout.tensor_model_parallel_size=3", error, true},
    {"layout.rollout", verl, "training_config.actor_rollout_ref.rollout.data_parallel_size=2",
     "training_config.actor_rollout_ref.rollout.data_parallel_size=3", error, true},
    {"layout.actor", verl, "training_config.actor_rollout_ref.actor.strategy=megatron",
     "training_config.actor_rollout_ref.actor.strategy=megatron "
     "training_config.actor_rollout_ref.actor.megatron.tensor_model_parallel_size=3",
     error, true},
    {"layout.actor", verl,
     "training_config.actor_rollout_ref.actor.strategy=fsdp2 "
     "training_config.actor_rollout_ref.actor.megatron.tensor_model_parallel_size=3",
     "training_config.actor_rollout_ref.actor.strategy=megatron "
     "training_config.actor_rollout_ref.actor.megatron.context_parallel_size=3",
     error, true},
    {"layout.padding", verl, "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=2",
     "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=2 "
     "training_config.actor_rollout_ref.model.use_remove_padding=false",
     error, true},
    {"batch.answers", verl, "training_config.data.train_batch_size=126", "training_config.data.train_batch_size=127",
     error, true},
    {"batch.answers", verl,
     "training_config.data.train_batch_size=127 training_config.actor_rollout_ref.actor.use_dynamic_bsz=true",
     "training_config.data.train_batch_size=100 training_config.actor_rollout_ref.rollout.n=1", error, true},
    {"batch.answers", verl,
     "training_config.actor_rollout_ref.actor.strategy=megatron training_config.data.train_batch_size=127",
     "training_config.actor_rollout_ref.actor.strategy=megatron training_config.data.train_batch_size=127 "
     "training_config.actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=16",
     error, true},
    {"batch.steps", verl, "training_config.actor_rollout_ref.actor.ppo_mini_batch_size=128",
     "training_config.actor_rollout_ref.actor.ppo_mini_batch_size=256", error, true},
    {"batch.steps", verl,
     "training_config.actor_rollout_ref.actor.ppo_mini_batch_size=256 "
     "training_config.actor_rollout_ref.actor.use_dynamic_bsz=true",
     "training_config.actor_rollout_ref.actor.ppo_mini_batch_size=1", error, true},
    {"batch.steps", verl, "training_config.actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=16",
     "training_config.actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=3", error, true},
    {"batch.steps", verl, "training_config.actor_rollout_ref.actor.ppo_micro_batch_size=16",
     "training_config.actor_rollout_ref.actor.ppo_micro_batch_size=8", error, true},
    {"batch.global", llmft,
     "training_config.training_args.train_batch_size=2 training_config.training_args.ring_attn_size=4",
     "training_config.training_args.train_batch_size=2", warning, true},
    {"model.head_size", nemo, "++recipes.model.hidden_size=4096", "++recipes.model.hidden_size=4100", error, true},
    {"model.head_size", adapter, "++recipes.model.hidden_size=2048 ++recipes.model.head_dim=64",
     "++recipes.model.hidden_size=2048 ++recipes.model.head_dim=128", hint, true},
    {"model.kv_heads", adapter, "model.num_key_value_heads=4", "model.num_key_value_heads=6", error, true},
    {"model.kv_heads", nemo, "model.num_query_groups=16", "model.num_query_groups=12", error, true},
    {"model.value", verl, "++recipes.training_config.actor_rollout_ref.actor.loss_agg_mode=token-mean",
     "++recipes.training_config.actor_rollout_ref.actor.loss_agg_mode=token-means", error, true},
    {"model.value", verl, "++recipes.training_config.actor_rollout_ref.rollout.n=8",
     "++recipes.training_config.actor_rollout_ref.rollout.n=0", error, false},
    {"model.value", verl, "++recipes.training_config.actor_rollout_ref.rollout.gpu_memory_utilization=0.6",
     "++recipes.training_config.actor_rollout_ref.rollout.gpu_memory_utilization=60", error, false},
    {"model.value", verl, "++recipes.training_config.actor_rollout_ref.actor.use_dynamic_bsz=true",
     "++recipes.training_config.actor_rollout_ref.actor.use_dynamic_bsz='yes'", error, true},
    {"model.value", llmft, "++recipes.training_config.training_args.learning_rate='1e-5'",
     "++recipes.training_config.training_args.learning_rate=fast", error, false},
    {"model.value", llmft, "++recipes.training_config.training_args.lr_warmup_ratio=0",
     "++recipes.training_config.training_args.lr_warmup_ratio=10", error, false},
    {"model.value", llmft,
     "++recipes.training_config.training_args.strategy.fsdp_config.sharding_strategy=HYBRID_SHARD",
     "++recipes.training_config.training_args.strategy.fsdp_config.sharding_strategy=HYBRID_SHARDS", error, true},
    {"model.value", nemo, "++recipes.model.hidden_dropout=0.1", "++recipes.model.hidden_dropout=1.5", error, false},
    {"model.value", nemo, "++recipes.model.normalization=rmsnorm", "++recipes.model.normalization=rms_norm", error,
     true},
    {"model.value", neuron, "++recipes.run.compile=1", "++recipes.run.compile=2", error, false},
    {"model.value", neuron, "++recipes.precision.type=bf16SR", "++recipes.precision.type=bf16", error, false},
    {"model.value", adapter, "++recipes.model.optim.lr=1e-4", "++recipes.model.optim.lr=-1", error, false},
    {"model.value", adapter, "++recipes.model.grad_clip=null", "++recipes.model.grad_clip=true", error, false},
    {"model.type", adapter, "++recipes.model.num_hidden_layers=16", "++recipes.model.num_hidden_layers=many", warning,
     false},
    {"model.range", adapter, "++recipes.model.vocab_size=1", "++recipes.model.vocab_size=-1", warning, false},
    {"model.switch", adapter, "model.fp8=False", "model.fp8='yes'", warning, true},
    {"model.smp", adapter, "model.tensor_model_parallel_degree=2 model.shard_degree=4",
     "model.tensor_model_parallel_degree=2 model.shard_degree=4 use_smp_model=False", error, true},
    {"model.peft", adapter, "++recipes.model.peft.peft_type=lora use_smp_model=False",
     "++recipes.model.peft.peft_type=lora", error, true},
    {"model.peft", adapter, "use_smp_model=True",
     "++recipes.model.peft.peft_type=lora model.tensor_model_parallel_degree=2 model.shard_degree=4", error, true},
    {"model.weights", adapter, "model.do_finetune=True ++recipes.model.hf_model_name_or_path=/fsx/weights",
     "model.do_finetune=True", warning, false},
    {"model.sharding_strategy", adapter, "model.sharding_strategy=full_shard", "model.sharding_strategy=full", error,
     true},
    {"data.missing", llama, "model.data.use_synthetic_data=False model.data.train_dir=/fsx/data",
     "model.data.use_synthetic_data=False", error, true},
    {"data.not_set", neuron, "data.train_dir=/fsx/data", "data.train_dir=null", warning, false},
    {"data.synthetic_images", adapter, "++recipes.model.multi_modal=False", "++recipes.model.multi_modal=True", warning,
     true},
    {"paths.results_relative", llama, "run.results_dir=/fsx", "run.results_dir=here", error, true},
    {"paths.none", llama, "++recipes.exp_manager.checkpoint_dir=/fsx/checkpoints",
     "++recipes.exp_manager.checkpoint_dir=None/checkpoints/", error, false},
    {"paths.none", llama, "++recipes.exp_manager.checkpoint_dir=/fsx/checkpoints",
     "++recipes.exp_manager.exp_dir=null ++recipes.exp_manager.checkpoint_dir=None/checkpoints/", hint, false},
    {"paths.relative", llama, "++recipes.exp_manager.checkpoint_dir=/fsx/here",
     "++recipes.exp_manager.checkpoint_dir=here", error, true},
    {"environment.loader", llama, "++env_vars.LD_DEBUG=libs", "++env_vars.LD_PRELOAD=/opt/hook.so", warning, false},
    {"environment.overridden", llama, "++env_vars.OURS=1", "++env_vars.MASTER_PORT=29500", warning, false},
    {"environment.harmful", llama, "++env_vars.NCCL_SOCKET_IFNAME=^lo,docker", "++env_vars.NCCL_SOCKET_IFNAME=eth0",
     warning, false},
    {"environment.harmful", llama, "++env_vars.NCCL_SOCKET_IFNAME=^lo,docker", "++env_vars.NCCL_SOCKET_IFNAME=^docker0",
     warning, false},
    {"environment.harmful", nemo, "++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=1",
     "++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8", warning, true},
    {"environment.harmful", llama, "++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8",
     "++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=1", warning, false},
    {"environment.obsolete", llama, "instance_type=p5.48xlarge ++env_vars.FI_PROVIDER=efa",
     "instance_type=g5.xlarge trainer.devices=1 model.shard_degree=1 ++env_vars.FI_PROVIDER=efa", hint, false},
    {"launch.unknown_key", llama, "++cluster.partition=gpu", "++cluster.partitoin=gpu", hint, false},
    {"model.misspelt", llama, "++recipes.model.activation_checkpointing=true",
     "++recipes.model.activation_chekpointing=true", hint, false},
    {"model.unread", llama, "++instance_type=p5.48xlarge", "+nodes=4", warning, false},
    {"model.unread", llama, "++recipes.run.time_limit=5", "++recipes.run.requeue=true", warning, false},
    {"launch.kind", llama, "++recipes.model.data.use_synthetic_data=true", "model.data=null", warning, false},
    {"model.misplaced", llama, "+recipes.memory.loss=chunked", "+memory.loss=chunked", warning, true},
    {"memory.does_not_fit", sized, "instance_type=p5.48xlarge", "instance_type=g5.48xlarge", error, true},
    {"memory.tight", sized, "instance_type=p5.48xlarge",
     "instance_type=g5.48xlarge model.train_batch_size=1 model.max_context_width=6144", warning, false},
    {"memory.unknown", sized, "instance_type=p5.48xlarge", "instance_type=p5.48xlarge model.vocab_size=null", hint,
     false},
    {"memory.assumption", sized, "++recipes.memory.loss=chunked", "++recipes.memory.loss=imaginary", error, false},
};

/// Rules that look at this host's files have tests of their own.
const std::set<std::string_view> tested_elsewhere{"data.not_visible", "paths.results_denied", "program.unsupported",
                                                  "program.unknown_key"};

}  // namespace

TEST_CASE("Ulysses is held against the heads of the model that verl's recipe names") {
    const auto found = [](const char* model, int degree, const char* more = "") {
        return verl().with(
            "training_config.actor_rollout_ref.model.path=" + std::string(model) +
            " training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size=" + std::to_string(degree) + more);
    };
    const std::string key = "training_config.actor_rollout_ref.actor.ulysses_sequence_parallel_size ";
    CHECK(found("Qwen/Qwen2.5-7B-Instruct", 8).only("layout.ulysses").message ==
          key + "8 does not divide 28 attention heads");
    // 24 heads and 8 of keys and values.
    CHECK(found("meta-llama/Llama-3.2-3B-Instruct", 3).only("layout.ulysses").message ==
          key + "3 neither divides 8 key-value heads nor is a multiple of them");
    CHECK_FALSE(found("meta-llama/Llama-3.2-3B-Instruct", 8).says("layout.ulysses"));
    CHECK_FALSE(found("meta-llama/Llama-3.2-3B-Instruct", 4).says("layout.ulysses"));
    CHECK_FALSE(found("Qwen/Qwen2.5-7B-Instruct", 1).says("layout.ulysses"));
    // A multiple of the four key-value heads that divides the 28 others.
    CHECK_FALSE(found("Qwen/Qwen2.5-7B-Instruct", 28).says("layout.ulysses"));
    CHECK_FALSE(found("nobody/knows-it", 8).says("layout.ulysses"));
    CHECK_FALSE(found("Qwen/Qwen2.5-7B-Instruct", 8, " training_config.actor_rollout_ref.actor.strategy=megatron")
                    .says("layout.ulysses"));
}

TEST_CASE("each rule passes a neighbour of the recipe that it finds fault with") {
    for (const Case& row : cases) {
        const RecipeUnderTest passing = row.base().with(row.passing), failing = row.base().with(row.failing);
        INFO(row.code << ": " << row.failing << "; neighbour " << row.passing << "; finds " << failing.codes()
                      << " and " << passing.codes());
        CHECK_FALSE(passing.says(row.code));
        REQUIRE(failing.says(row.code));
        const Diagnostic diagnostic = failing.only(row.code);
        CHECK(diagnostic.severity == row.severity);
        CHECK_FALSE(diagnostic.key.empty());
        CHECK_FALSE(diagnostic.message.empty());
        if (row.has_fix) failing.require_fix_of(row.code);
    }
}

TEST_CASE("every rule is in the table of tests, and every code there is a rule's") {
    std::set<std::string_view> tested = tested_elsewhere;
    for (const Case& row : cases) tested.insert(row.code);
    for (const std::string_view code : tested) {
        INFO(code);
        REQUIRE(codes::find(code) != nullptr);
        CHECK(codes::find(code)->is_rule);
    }
    for (const codes::Code& code : codes::all()) {
        if (!code.is_rule) continue;
        INFO(code.name);
        CHECK(tested.contains(code.name));
    }
}

TEST_CASE("a site's severities raise, lower and silence, and force leaves what it may not touch") {
    const auto found = [] {
        return llama()
            .with("instance_type=g5.12xlarge model.fp8=True run.results_dir=here trainer.devices=8")
            .check()
            .diagnostics;
    };
    Diagnostics diagnostics = found();
    apply_severities({{"devices.exceeds", Severity::warning}, {"precision.fp8", std::nullopt}}, diagnostics);
    CHECK(std::ranges::none_of(diagnostics, [](const Diagnostic& d) { return d.code == "precision.fp8"; }));
    CHECK(std::ranges::any_of(diagnostics, [](const Diagnostic& d) {
        return d.code == "devices.exceeds" && d.severity == Severity::warning;
    }));

    const Severities site{{"precision.fp8", Severity::error}};
    CHECK(forced_codes(site, found()) == std::vector<std::string>{"devices.exceeds"});
    CHECK(forced_codes({}, found()) == std::vector<std::string>{"devices.exceeds", "precision.fp8"});
    // What is no error any more is not forced; what the site makes one is its policy.
    CHECK(forced_codes({{"devices.exceeds", Severity::warning}, {"precision.fp8", std::nullopt}}, found()).empty());
    const Diagnostics warning{{.code = codes::devices.partial}};
    CHECK(forced_codes({}, warning).empty());
    CHECK(forced_codes({{"devices.partial", Severity::error}}, warning).empty());
}

TEST_CASE("a batch is not counted over ranks that a wrong number leaves unknown") {
    const auto says = [](const std::string& overrides) {
        return nemo().with("model.micro_batch_size=4 model.global_batch_size=6 " + overrides).says("batch.global");
    };
    CHECK(says(""));
    for (const char* wrong : {"model.tensor_model_parallel_size=many", "model.pipeline_model_parallel_size=0",
                              "model.context_parallel_size=many", "trainer.num_nodes=0", "trainer.devices=many",
                              "model.tensor_model_parallel_size=3", "model.micro_batch_size=many"}) {
        INFO(wrong);
        CHECK_FALSE(says(wrong));
    }
}

}  // namespace recipe::validate
