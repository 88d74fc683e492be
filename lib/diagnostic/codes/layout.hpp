// SPDX-License-Identifier: Apache-2.0
// Codes of devices, precision, parallel degrees and batches.
#pragma once

#include "diagnostic/codes/batch.hpp"
#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

namespace sources {

inline constexpr std::string_view torchrun_devices =
    "torchrun starts --nproc_per_node processes and each takes the device of its local rank; instance types: AWS "
    "DescribeInstanceTypes";
inline constexpr std::string_view adapter_degrees =
    "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py validate_distributed_degrees";
inline constexpr std::string_view node_options = "sbatch(1) --nodes; torchrun --nproc_per_node";

}  // namespace sources

struct DevicesCodes {
    Code type{
        .name = "devices.type",
        .is_rule = true,
        .fixed = true,
        .summary = "The numbers of nodes and devices are ints.",
        .source = sources::node_options,
        .example = "trainer.devices='\"8\"'",
    };
    Code range{
        .name = "devices.range",
        .is_rule = true,
        .fixed = true,
        .summary = "The numbers of nodes and devices are positive and below all reason.",
        .source = sources::node_options,
        .example = "trainer.num_nodes=0",
    };
    Code unset{
        .name = "devices.unset",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The recipe or its instance type says how many devices a node has.",
        .source = sources::torchrun_devices,
        .example = "trainer.devices=null",
    };
    Code unknown_instance{
        .name = "devices.unknown_instance",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The instance type is in the hardware catalogue.",
        .source = "etc/hardware.yaml",
        .example = "instance_type=g5.96xlarge",
    };
    Code exceeds{
        .name = "devices.exceeds",
        .is_rule = true,
        .summary = "A node has the devices that the recipe uses.",
        .source = sources::torchrun_devices,
        .example = "instance_type=g5.12xlarge trainer.devices=8",
    };
    Code partial{
        .name = "devices.partial",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The recipe uses all devices of its nodes.",
        .source = "recipes take whole nodes (cluster.exclusive of HyperPod recipes)",
        .example = "instance_type=p5.48xlarge trainer.devices=4",
    };
    Code accelerator_mismatch{
        .name = "devices.accelerator_mismatch",
        .is_rule = true,
        .summary = "A recipe for GPUs runs on GPUs, one for NeuronCores on Trainium.",
        .source =
            "launcher of aws/sagemaker-hyperpod-recipes: GPU and Trainium recipes have different stages and images",
        .example = "instance_type=trn1.32xlarge, with trainer.accelerator=gpu",
    };
    Code kernels{
        .name = "devices.kernels",
        .is_rule = true,
        .summary = "The accelerator has a compute capability that the attention kernels of the recipe are built for.",
        .source =
            "Dao-AILab/flash-attention: \"FlashAttention only supports Ampere GPUs or newer\"; FlashAttention-3: "
            "\"compute capability >= 8 excluding 8.6 and 8.9 and Blackwell archs\"",
        .example = "instance_type=g4dn.12xlarge training_config.model_config.attn_implementation=flash_attention_2",
    };
    Code not_listed{
        .name = "devices.not_listed",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The instance type is one of those that the recipe lists.",
        .source =
            "instance_types of aws/sagemaker-hyperpod-recipes; some lists have types with fewer devices than the "
            "recipe "
            "asks for",
        .example = "instance_type=g5.12xlarge, and instance_types: [ml.p5.48xlarge] in the recipe",
    };
};
inline constexpr DevicesCodes devices{};

struct PrecisionCodes {
    Code fp8{
        .name = "precision.fp8",
        .is_rule = true,
        .summary = "The accelerator computes in fp8 where the recipe does (compute capability 8.9).",
        .source =
            "NVIDIA Transformer Engine, pytorch/fp8.py check_fp8_support: \"Device compute capability 8.9 or higher "
            "required\"",
        .example = "instance_type=g5.48xlarge model.fp8=True",
    };
    Code bf16{
        .name = "precision.bf16",
        .is_rule = true,
        .summary = "The accelerator computes in bfloat16 where the recipe does (compute capability 8.0).",
        .source = "CUDA C++ Programming Guide, compute capabilities; PyTorch torch.cuda.is_bf16_supported",
        .example = "instance_type=p3dn.24xlarge trainer.precision=bf16",
    };
    Code fp4{
        .name = "precision.fp4",
        .is_rule = true,
        .summary = "The accelerator computes in fp4 where the recipe does (compute capability 10.0).",
        .source = "NVIDIA Transformer Engine, NVFP4: \"Device compute capability 10.0 or higher required\"",
        .example = "instance_type=p5.48xlarge trainer.precision=nvfp4",
    };
    Code fp8_unused{
        .name = "precision.fp8_unused",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "SageMaker's adapter computes in fp8 with use_smp_model on only.",
        .source = "aws/sagemaker-hyperpod-training-adapter-for-nemo, collections/model/sagemaker_base_model.py",
        .example = "use_smp_model=False model.fp8=True, for SageMaker's adapter",
    };
    Code fp8_leftover{
        .name = "precision.fp8_leftover",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "fp8 settings stay behind when fp8 is off.",
        .source = "aws/sagemaker-hyperpod-training-adapter-for-nemo reads fp8_* only with fp8",
        .example = "model.fp8=False, with model.fp8_amax_history_len=1024",
    };
    Code exclusive{
        .name = "precision.exclusive",
        .is_rule = true,
        .summary = "DeepSpeed computes in bf16 or in fp16, not in both.",
        .source =
            "deepspeedai/DeepSpeed, runtime/config.py: \"bfloat16 and fp16 modes cannot be simultaneously enabled\"",
        .example = "deepspeed.fp16.enabled=True with deepspeed.bf16.enabled=True",
    };
};
inline constexpr PrecisionCodes precision{};

struct LayoutCodes {
    Code type{
        .name = "layout.type",
        .is_rule = true,
        .fixed = true,
        .summary = "Parallel degrees are ints.",
        .source = sources::adapter_degrees,
        .example = "model.shard_degree=4.5",
    };
    Code range{
        .name = "layout.range",
        .is_rule = true,
        .fixed = true,
        .summary = "Parallel degrees are positive and below all reason.",
        .source = sources::adapter_degrees,
        .example = "model.tensor_model_parallel_degree=0",
    };
    Code world_not_divisible{
        .name = "layout.world_not_divisible",
        .is_rule = true,
        .summary = "nodes × devices divides by shard degree × tensor-parallel degree × expert-parallel degree.",
        .source = sources::adapter_degrees,
        .example = "trainer.num_nodes=1 trainer.devices=8 model.shard_degree=5",
    };
    Code context{
        .name = "layout.context",
        .is_rule = true,
        .summary = "The context-parallel degree is at most the shard degree.",
        .source = sources::adapter_degrees,
        .example = "model.shard_degree=8 model.context_parallel_degree=16",
    };
    Code heads{
        .name = "layout.heads",
        .is_rule = true,
        .summary = "The tensor-parallel degree divides the attention heads and the key-value heads.",
        .source =
            "NVIDIA Transformer Engine, attention: \"The number of GQA groups must be divisible by tensor parallel "
            "size\"; NVIDIA/Megatron-LM, core/transformer/transformer_config.py: \"num_attention_heads must be a "
            "multiple "
            "of tensor_model_parallel_size\"; neuronx-distributed, GQAQKVColumnParallelLinear: key-value heads × "
            "kv_size_multiplier",
        .example = "model.tensor_model_parallel_degree=16, with model.num_key_value_heads=8",
    };
    Code model_parallel{
        .name = "layout.model_parallel",
        .is_rule = true,
        .summary = "nodes × devices divides by tensor × pipeline × context parallelism (NeMo, neuronx-distributed).",
        .source =
            "NVIDIA/Megatron-LM, core/parallel_state.py and aws-neuron/neuronx-distributed, "
            "parallel_layers/parallel_state.py: \"world_size is not divisible by ...\"",
        .example = "model.tensor_model_parallel_size=8 model.pipeline_model_parallel_size=3, for NeMo",
    };
    Code layers{
        .name = "layout.layers",
        .is_rule = true,
        .summary = "The pipeline's stages, virtual ones included, have the same number of layers.",
        .source =
            "NVIDIA/Megatron-LM, core/transformer/transformer_config.py: \"num_layers must be divisible by "
            "pipeline_model_parallel_size\"",
        .example = "model.num_layers=32 model.pipeline_model_parallel_size=3, for NeMo",
    };
    Code virtual_pipeline{
        .name = "layout.virtual_pipeline",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "Only a pipeline has virtual stages.",
        .source =
            "NVIDIA/Megatron-LM, core/parallel_state.py: \"pipeline-model-parallel size should be greater than 1 with "
            "interleaved schedule\"",
        .example = "model.virtual_pipeline_model_parallel_size=2, without a pipeline",
    };
    Code sequence{
        .name = "layout.sequence",
        .is_rule = true,
        .summary = "The sequence is cut into equal pieces by sequence and context parallelism.",
        .source =
            "NVIDIA/Megatron-LM, core/tensor_parallel/mappings.py (sequence parallelism) and training/utils.py "
            "get_batch_on_this_cp_rank: 2 × context-parallel pieces",
        .example = "model.context_parallel_size=4 model.encoder_seq_length=4100, for NeMo",
    };
    Code vocabulary{
        .name = "layout.vocabulary",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The tensor-parallel degree divides the vocabulary where it is split and not padded.",
        .source = "aws-neuron/neuronx-distributed, parallel_layers/layers.py ParallelEmbedding",
        .example = "model.tensor_model_parallel_degree=8 model.vocab_size=50257",
    };
    Code experts{
        .name = "layout.experts",
        .is_rule = true,
        .summary = "The expert-parallel degree divides the experts.",
        .source =
            "NVIDIA/Megatron-LM, core/transformer/moe/moe_layer.py: num_moe_experts % expert_model_parallel_size == 0",
        .example = "model.expert_model_parallel_size=4 model.num_moe_experts=6, for NeMo",
    };
    Code expert_ranks{
        .name = "layout.expert_ranks",
        .is_rule = true,
        .summary = "The expert-parallel degree divides the ranks that experts are spread over.",
        .source = "NVIDIA/Megatron-LM, core/parallel_state.py initialize_model_parallel",
        .example = "model.tensor_model_parallel_size=8 model.expert_model_parallel_size=8, on 8 ranks",
    };
    Code across_nodes{
        .name = "layout.across_nodes",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "Tensor-parallel groups stay inside a node.",
        .source = "Megatron-LM, arXiv:2104.04473, section 3.2: tensor parallelism across nodes is bound by the network",
        .example = "trainer.num_nodes=2 trainer.devices=4 model.tensor_model_parallel_degree=8",
    };
    Code ray{
        .name = "layout.ray",
        .is_rule = true,
        .summary =
            "verl's trainer asks Ray for the nodes and GPUs that the job has. Fewer is a warning: the others idle.",
        .source =
            "volcengine/verl, single_controller/ray/base.py: \"Total available GPUs is less than total desired GPUs\"",
        .example = "trainer.num_nodes=4, for verl with trainer.nnodes 1",
    };
    Code sharing{
        .name = "layout.sharing",
        .is_rule = true,
        .summary = "The ranks divide into groups that share a sequence: ring attention, Ulysses.",
        .source = "volcengine/verl, workers/fsdp_workers.py (the mesh of dp × sp); for llmft what any ring asks for",
        .example = "training_config.training_args.ring_attn_size=3, for llmft on 8 ranks",
    };
    Code mesh{
        .name = "layout.mesh",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "fsdp_size divides the ranks: verl makes world // fsdp_size groups and asserts nothing.",
        .source = "volcengine/verl, workers/fsdp_workers.py create_device_mesh",
        .example = "fsdp_config.fsdp_size=3, for verl on 8 ranks",
    };
    Code rollout{
        .name = "layout.rollout",
        .is_rule = true,
        .summary = "The ranks divide into rollout engines of tensor × data × pipeline parallel.",
        .source = "volcengine/verl, workers/fsdp_workers.py _build_rollout: \"is not divisible by infer_world_size\"",
        .example = "rollout.tensor_model_parallel_size=3, for verl on 8 ranks",
    };
    Code actor{
        .name = "layout.actor",
        .is_rule = true,
        .summary = "The ranks divide by the degrees of verl's actor in Megatron: tensor × pipeline × context.",
        .source = "volcengine/verl, utils/config.py validate_config",
        .example = "actor.megatron.tensor_model_parallel_size=3, for verl on 8 ranks",
    };
    Code padding{
        .name = "layout.padding",
        .is_rule = true,
        .summary = "Ulysses in verl needs model.use_remove_padding.",
        .source = "volcengine/verl, workers/config/actor.py FSDPActorConfig.validate",
        .example = "actor.ulysses_sequence_parallel_size=2 with model.use_remove_padding=False",
    };
    Code ulysses{
        .name = "layout.ulysses",
        .is_rule = true,
        .summary =
            "Ulysses in verl divides the attention heads, and divides the key-value heads or is a multiple of them.",
        .source =
            "volcengine/verl, models/transformers/monkey_patch.py: \"num_attention_heads must be divisible by "
            "ulysses_sp_size\"",
        .example = "actor.ulysses_sequence_parallel_size=8 with model.path=Qwen/Qwen2.5-7B-Instruct, of 28 heads",
    };
    Code zero_stage{
        .name = "layout.zero_stage",
        .is_rule = true,
        .summary = "DeepSpeed's zero_optimization.stage is 0, 1, 2 or 3.",
        .source = "deepspeedai/DeepSpeed, runtime/zero/config.py ZeroStageEnum",
        .example = "deepspeed.zero_optimization.stage=4",
    };
    Code offload{
        .name = "layout.offload",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "DeepSpeed's offload_param is for stage 3; below it each rank keeps all weights.",
        .source = "DeepSpeed Configuration JSON, offload_param: \"valid only with stage 3\"",
        .example = "deepspeed.zero_optimization.offload_param.device=cpu with stage 2",
    };
};
inline constexpr LayoutCodes layout{};

}  // namespace recipe::codes
