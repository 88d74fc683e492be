// SPDX-License-Identifier: Apache-2.0
// Commands that produce each diagnostic, for documentation and tests.
#include "codes/examples.hpp"

#include <algorithm>
#include <array>

namespace recipe::codes {
namespace {

struct Example {
    std::string_view code;
    std::string_view overrides;
};

constexpr std::array examples{
    Example{"devices.type", "trainer.devices='\"8\"'"},
    Example{"devices.range", "trainer.num_nodes=0"},
    Example{"devices.unset", "trainer.devices=null"},
    Example{"devices.unknown_instance", "instance_type=g5.96xlarge"},
    Example{"devices.exceeds", "instance_type=g5.12xlarge trainer.devices=8"},
    Example{"devices.partial", "instance_type=p5.48xlarge trainer.devices=4"},
    Example{"devices.accelerator_mismatch", "instance_type=trn1.32xlarge, with trainer.accelerator=gpu"},
    Example{"devices.not_listed", "instance_type=g5.12xlarge, and instance_types: [ml.p5.48xlarge] in the recipe"},
    Example{"precision.fp8", "instance_type=g5.48xlarge model.fp8=True"},
    Example{"precision.bf16", "instance_type=p3dn.24xlarge trainer.precision=bf16"},
    Example{"precision.fp8_unused", "use_smp_model=False model.fp8=True, for SageMaker's adapter"},
    Example{"precision.fp8_leftover", "model.fp8=False, with model.fp8_amax_history_len=1024"},
    Example{"layout.type", "model.shard_degree=4.5"},
    Example{"layout.range", "model.tensor_model_parallel_degree=0"},
    Example{"layout.world_not_divisible", "trainer.num_nodes=1 trainer.devices=8 model.shard_degree=5"},
    Example{"layout.context", "model.shard_degree=8 model.context_parallel_degree=16"},
    Example{"layout.heads", "model.tensor_model_parallel_degree=16, with model.num_key_value_heads=8"},
    Example{"layout.model_parallel",
            "model.tensor_model_parallel_size=8 model.pipeline_model_parallel_size=3, for NeMo"},
    Example{"layout.layers", "model.num_layers=32 model.pipeline_model_parallel_size=3, for NeMo"},
    Example{"layout.virtual_pipeline", "model.virtual_pipeline_model_parallel_size=2, without a pipeline"},
    Example{"layout.sequence", "model.context_parallel_size=4 model.encoder_seq_length=4100, for NeMo"},
    Example{"layout.vocabulary", "model.tensor_model_parallel_degree=8 model.vocab_size=50257"},
    Example{"layout.experts", "model.expert_model_parallel_size=4 model.num_moe_experts=6, for NeMo"},
    Example{"layout.expert_ranks", "model.tensor_model_parallel_size=8 model.expert_model_parallel_size=8, on 8 ranks"},
    Example{"layout.across_nodes", "trainer.num_nodes=2 trainer.devices=4 model.tensor_model_parallel_degree=8"},
    Example{"batch.type", "model.train_batch_size=1.5"},
    Example{"batch.range", "model.train_batch_size=0"},
    Example{"batch.global", "model.global_batch_size=100 model.micro_batch_size=1, for NeMo on 128 ranks"},
    Example{"batch.interleaved", "4 micro-batches in a pipeline of 8 stages with virtual stages"},
    Example{"batch.accumulation", "trainer.accumulate_grad_batches=4, for NeMo"},
    Example{"model.type", "model.num_hidden_layers=many"},
    Example{"model.range", "model.vocab_size=-1"},
    Example{"model.switch", "model.activation_checkpointing=yes"},
    Example{"model.smp", "use_smp_model=False model.tensor_model_parallel_degree=2, for SageMaker's adapter"},
    Example{"model.peft", "use_smp_model=True model.peft.peft_type=lora, for SageMaker's adapter"},
    Example{"model.weights", "model.do_finetune=True model.hf_model_name_or_path=null, for SageMaker's adapter"},
    Example{"model.sharding_strategy", "model.sharding_strategy=hybrid"},
    Example{"data.missing", "model.data.use_synthetic_data=False model.data.train_dir=null"},
    Example{"data.not_set", "data.train_dir=null, for neuronx-distributed-training"},
    Example{"data.synthetic_images", "model.multi_modal=True model.data.use_synthetic_data=True"},
    Example{"data.not_visible", "model.data.train_dir=/fsx/nowhere"},
    Example{"paths.results_relative", "run.results_dir=results"},
    Example{"launch.unknown_key", "++cluster.partitoin=gpu"},
    Example{"model.misspelt", "~model.shard_degree +model.shard_dergee=8"},
    Example{"model.misplaced", "+memory.loss=chunked"},
    Example{"program.unknown_key", "+model.nonsense=3"},
    Example{"program.unsupported", "model.context_parallel_degree=2 model.shard_degree=2"},
    Example{"paths.results_denied", "base_results_dir=/proc/results"},
    Example{"paths.none", "exp_manager.checkpoint_dir=None/checkpoints/"},
    Example{"paths.relative", "exp_manager.checkpoint_dir=checkpoints"},
    Example{"memory.assumption", "+recipes.memory.loss=imaginary"},
    Example{"memory.does_not_fit", "instance_type=g5.48xlarge, for Llama 3.2 1B at sequence 8192 and micro batch 2"},
    Example{"memory.tight", "instance_type=g5.48xlarge model.train_batch_size=1, for the same"},
    Example{"environment.overridden", "++env_vars.MASTER_PORT=29500"},
    Example{"environment.harmful", "++env_vars.NCCL_SOCKET_IFNAME=eth0"},
    Example{"environment.obsolete", "++env_vars.FI_EFA_FORK_SAFE=1"},
};

}  // namespace

std::string_view example_of(std::string_view code) {
    const auto* found = std::ranges::find(examples, code, &Example::code);
    return found == examples.end() ? std::string_view() : found->overrides;
}

}  // namespace recipe::codes
