// SPDX-License-Identifier: Apache-2.0
// Codes of batch sizes.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

struct BatchCodes {
    Code type{
        .name = "batch.type",
        .is_rule = true,
        .summary = "Batch sizes and the sequence length are ints.",
        .source = "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py",
        .example = "model.train_batch_size=1.5",
    };
    Code range{
        .name = "batch.range",
        .is_rule = true,
        .summary = "Batch sizes and the sequence length are positive and below all reason.",
        .source = "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py",
        .example = "model.train_batch_size=0",
    };
    Code global{
        .name = "batch.global",
        .is_rule = true,
        .summary = "The global batch is a multiple of micro-batch × data-parallel ranks.",
        .source =
            "NVIDIA/Megatron-LM, core/num_microbatches_calculator.py: \"global batch size is not divisible by micro "
            "batch "
            "size times data parallel size\"; neuronx-distributed-training, the same",
        .example = "model.global_batch_size=100 model.micro_batch_size=1, for NeMo on 128 ranks",
    };
    Code interleaved{
        .name = "batch.interleaved",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "An interleaved pipeline has micro-batches in multiples of its stages.",
        .source =
            "NVIDIA/Megatron-LM, core/pipeline_parallel/schedules.py: \"number of microbatches is not divisible by "
            "pipeline-model-parallel-size when using interleaved schedule\"",
        .example = "4 micro-batches in a pipeline of 8 stages with virtual stages",
    };
    Code accumulation{
        .name = "batch.accumulation",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "NeMo accumulates gradients by its batch sizes, not by trainer.accumulate_grad_batches.",
        .source =
            "NVIDIA/NeMo, megatron_base_model.py: \"Gradient accumulation is done within training_step. "
            "trainer.accumulate_grad_batches must equal 1\"",
        .example = "trainer.accumulate_grad_batches=4, for NeMo",
    };
    Code answers{
        .name = "batch.answers",
        .is_rule = true,
        .summary =
            "verl's prompts × answers divide by the GPUs (Megatron: data-parallel ranks × micro-batch), unless "
            "batches are dynamic.",
        .source =
            "volcengine/verl, utils/config.py: \"real_train_batch_size must be divisible by minimal possible batch "
            "size\"",
        .example = "data.train_batch_size=3 with rollout.n 1 and use_dynamic_bsz false, for verl on 8 ranks",
    };
    Code steps{
        .name = "batch.steps",
        .is_rule = true,
        .summary = "verl's ppo_mini_batch_size is a part of the batch, and its share of a rank whole micro-batches.",
        .source = "volcengine/verl, workers/config/actor.py validate; workers/fsdp_workers.py, \"normalize config\"",
        .example = "actor.ppo_mini_batch_size=256 with data.train_batch_size 128",
    };
    Code identity{
        .name = "batch.identity",
        .is_rule = true,
        .summary = "DeepSpeed's train_batch_size is micro batch × accumulation × ranks.",
        .source = "deepspeedai/DeepSpeed, runtime/config.py _batch_assertion",
        .example = "deepspeed.train_batch_size=100, with 8 sequences on each of 8 ranks",
    };
};
inline constexpr BatchCodes batch{};

}  // namespace recipe::codes
