// SPDX-License-Identifier: Apache-2.0
// Codes of the model and its program, of data, paths and variables, and of memory.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

namespace sources {

inline constexpr std::string_view adapter_schemas =
    "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py";
inline constexpr std::string_view working_directories =
    "sbatch(1) --chdir and container working directories: a relative path means another place in each";
inline constexpr std::string_view memory_model = "lib/memory/formulas.cpp, docs/memory.md";
inline constexpr std::string_view program_keys =
    "keys.yaml beside the entry script; the script refuses by the same table";

}  // namespace sources

struct ModelCodes {
    Code type{
        .name = "model.type",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The numbers of the model's shape are ints.",
        .source = sources::adapter_schemas,
        .example = "model.num_hidden_layers=many",
    };
    Code range{
        .name = "model.range",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The numbers of the model's shape are positive and below all reason.",
        .source = sources::adapter_schemas,
        .example = "model.vocab_size=-1",
    };
    Code switch_{
        .name = "model.switch",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "What is on or off is true or false and no text.",
        .source = "Hydra's override grammar: `k=yes` is the text yes; programs differ in what they make of it",
        .example = "model.activation_checkpointing=yes",
    };
    Code value{
        .name = "model.value",
        .is_rule = true,
        .summary = "Keys of a family's program have values that it takes: kinds, ranges, words.",
        .source = "etc/keys.yaml, section values, which names the sources of each family",
        .example = "actor.loss_agg_mode=token-means, for verl",
    };
    Code head_size{
        .name = "model.head_size",
        .is_rule = true,
        .summary = "The attention heads divide the hidden size, where no size of a head is given.",
        .source = "NVIDIA/Megatron-LM, core/transformer/transformer_config.py; huggingface/transformers, models/llama",
        .example = "model.hidden_size=2000 model.num_attention_heads=32",
    };
    Code kv_heads{
        .name = "model.kv_heads",
        .is_rule = true,
        .summary = "The key-value heads divide the attention heads.",
        .source = "huggingface/transformers, models/llama (repeat_kv); NVIDIA/Megatron-LM, transformer_config.py",
        .example = "model.num_attention_heads=32 model.num_key_value_heads=6",
    };
    Code smp{
        .name = "model.smp",
        .is_rule = true,
        .summary = "SageMaker's adapter splits tensors and experts with use_smp_model on only.",
        .source =
            "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py: \"Non SMP Model implementations "
            "do "
            "not support tensor_model_parallel_degree or expert_model_parallel_degree > 1\"",
        .example = "use_smp_model=False model.tensor_model_parallel_degree=2, for SageMaker's adapter",
    };
    Code peft{
        .name = "model.peft",
        .is_rule = true,
        .summary = "SageMaker's adapter fine-tunes adapters (PEFT) with use_smp_model off only.",
        .source =
            "aws/sagemaker-hyperpod-training-adapter-for-nemo, collections/model/sagemaker_base_model.py: \"Must set "
            "use_smp_model=False to use PEFT\"",
        .example = "use_smp_model=True model.peft.peft_type=lora, for SageMaker's adapter",
    };
    Code weights{
        .name = "model.weights",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "Fine-tuning starts from weights.",
        .source =
            "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py: \"Must provide "
            "'hf_model_name_or_path' or set 'do_finetune' to False\"",
        .example = "model.do_finetune=True model.hf_model_name_or_path=null, for SageMaker's adapter",
    };
    Code sharding_strategy{
        .name = "model.sharding_strategy",
        .is_rule = true,
        .summary = "The sharding strategy is one that there is.",
        .source = sources::adapter_schemas,
        .example = "model.sharding_strategy=hybrid",
    };
    Code misspelt{
        .name = "model.misspelt",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "A key that is nearly one which the program reads, and which is missing, is that one.",
        .source = "etc/families.yaml, which names the keys",
        .example = "~model.shard_degree +model.shard_dergee=8",
    };
    Code misplaced{
        .name = "model.misplaced",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "Sections of a recipe stand below `recipes`.",
        .source = "docs/deviations.md: where an addition goes",
        .example = "+memory.loss=chunked",
    };
    Code unread{
        .name = "model.unread",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "What an override adds beside the recipe, or to its run section, is a key that is read.",
        .source = "docs/deviations.md: where an addition goes",
        .example = "+nodes=4",
    };
};
inline constexpr ModelCodes model{};

struct ProgramCodes {
    Code unsupported{
        .name = "program.unsupported",
        .is_rule = true,
        .summary =
            "The recipe asks the entry script for nothing that this does not do, and leaves out nothing that it needs.",
        .source = sources::program_keys,
        .example = "model.context_parallel_degree=2 model.shard_degree=2",
    };
    Code unknown_key{
        .name = "program.unknown_key",
        .is_rule = true,
        .summary = "The entry script reads the keys that the recipe sets.",
        .source = sources::program_keys,
        .example = "+model.nonsense=3",
    };
};
inline constexpr ProgramCodes program{};

struct DataCodes {
    Code missing{
        .name = "data.missing",
        .is_rule = true,
        .summary = "A recipe has a training directory or uses synthetic data.",
        .source =
            "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py: \"'train_dir' is required\"",
        .example = "model.data.use_synthetic_data=False model.data.train_dir=null",
    };
    Code not_set{
        .name = "data.not_set",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "A recipe says what to train on.",
        .source = "neuronx-distributed-training, data.train_dir; verl, data.train_files",
        .example = "data.train_dir=null, for neuronx-distributed-training",
    };
    Code synthetic_images{
        .name = "data.synthetic_images",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "There is no synthetic data for models that look at images.",
        .source =
            "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py: \"'use_synthetic_data' not "
            "supported with 'multi_modal' training\"",
        .example = "model.multi_modal=True model.data.use_synthetic_data=True",
    };
    Code not_visible{
        .name = "data.not_visible",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The data is where the recipe says, as far as the submitting host can see.",
        .source = "access(2); the job may see other folders",
        .example = "model.data.train_dir=/fsx/nowhere",
    };
};
inline constexpr DataCodes data{};

struct PathsCodes {
    Code node_local{
        .name = "paths.node_local",
        .severity = Severity::warning,
        .summary = "A job of several nodes writes where only one of them looks.",
        .source = "docs/containers.md",
        .example = "exp_manager.exp_dir=/dev/shm/x trainer.num_nodes=4",
    };
    Code not_writable{
        .name = "paths.not_writable",
        .summary = "You may not write where the recipe does.",
        .source = "docs/containers.md",
        .example = "exp_manager.exp_dir=/proc/x",
    };
    Code exposed{
        .name = "paths.exposed",
        .severity = Severity::warning,
        .summary = "Nobody else can put a directory in the place of the job's.",
        .source = "docs/nodes.md; open(2), sticky bit in inode(7)",
        .example = "chmod 777 results",
    };
    Code space{
        .name = "paths.space",
        .severity = Severity::warning,
        .summary = "A checkpoint is larger than what is free.",
        .source = "docs/containers.md",
    };
    Code no_answer{
        .name = "paths.no_answer",
        .fixed = true,
        .summary = "A file server does not answer the submitting host in time.",
        .source = "docs/nodes.md",
    };
    Code results_not_created{
        .name = "paths.results_not_created",
        .severity = Severity::warning,
        .summary = "The results directory cannot be made; the log goes elsewhere.",
        .source = "mkdir(2)",
    };
    Code results_relative{
        .name = "paths.results_relative",
        .is_rule = true,
        .fixed = true,
        .summary = "run.results_dir is an absolute path.",
        .source = sources::working_directories,
        .example = "run.results_dir=results",
    };
    Code results_denied{
        .name = "paths.results_denied",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "You may write to run.results_dir.",
        .source = "access(2); without it the log goes to the working directory",
        .example = "base_results_dir=/proc/results",
    };
    Code none{
        .name = "paths.none",
        .is_rule = true,
        .summary = "No path begins with None, which is what a key without a value becomes in a text.",
        .source = "OmegaConf's interpolation in texts; the checkpoints of such a job go to a folder None",
        .example = "exp_manager.checkpoint_dir=None/checkpoints/",
    };
    Code relative{
        .name = "paths.relative",
        .is_rule = true,
        .summary = "Paths that a job writes to are absolute.",
        .source = sources::working_directories,
        .example = "exp_manager.checkpoint_dir=checkpoints",
    };
};
inline constexpr PathsCodes paths{};

struct EnvironmentCodes {
    Code invalid{
        .name = "environment.invalid",
        .fixed = true,
        .summary = "env_vars holds names of variables and texts.",
        .source = "environ(7)",
    };
    Code reserved{
        .name = "environment.reserved",
        .fixed = true,
        .summary = "No variable is set by which Slurm, slurm-recipe or a step's rendezvous tells a job what it is.",
        .source = "docs/nodes.md; srun(1); torch.distributed.run",
        .example = "++env_vars.SLURM_JOB_ID=1",
    };
    Code loader{
        .name = "environment.loader",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "No variable decides which programs, libraries and modules run in place of the image's own.",
        .source = "ld.so(8), environ(7), bash(1), python(1)",
        .example = "++env_vars.LD_PRELOAD=/opt/hook.so",
    };
    Code overridden{
        .name = "environment.overridden",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "No variable is set that a step sets itself.",
        .source = "torchrun's and PyTorch's rendezvous variables; docs/plan.md",
        .example = "++env_vars.MASTER_PORT=29500",
    };
    Code harmful{
        .name = "environment.harmful",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "No variable is set that makes the job fail or crawl.",
        .source =
            "aws-ofi-nccl, doc/efa-env-var.md; NCCL environment variables; aws/deep-learning-containers#6469; "
            "horovod#700",
        .example = "++env_vars.NCCL_SOCKET_IFNAME=eth0",
    };
    Code obsolete{
        .name = "environment.obsolete",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "No variable is set that does nothing, or what the libraries do better.",
        .source =
            "aws-ofi-nccl, doc/efa-env-var.md and src/platform-aws.cpp; awsome-distributed-training, efa-cheatsheet.md",
        .example = "++env_vars.FI_EFA_FORK_SAFE=1",
    };
};
inline constexpr EnvironmentCodes environment{};

struct MemoryCodes {
    Code assumption{
        .name = "memory.assumption",
        .is_rule = true,
        .summary = "What a recipe says of its framework's memory is something that the model knows.",
        .source = sources::memory_model,
        .example = "+recipes.memory.loss=imaginary",
    };
    Code does_not_fit{
        .name = "memory.does_not_fit",
        .is_rule = true,
        .summary = "The peak of a training step is not above what the device has, whatever is uncertain of it.",
        .source = sources::memory_model,
        .example = "instance_type=g5.48xlarge, for Llama 3.2 1B at sequence 8192 and micro batch 2",
    };
    Code tight{
        .name = "memory.tight",
        .severity = Severity::warning,
        .is_rule = true,
        .summary = "The device has enough even where its memory is fragmented.",
        .source = sources::memory_model,
        .example = "instance_type=g5.48xlarge model.train_batch_size=1, for the same",
    };
    Code unknown{
        .name = "memory.unknown",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "What the training needs of the devices' memory can be predicted.",
        .source = sources::memory_model,
        .example = "model.vocab_size=null",
    };
};
inline constexpr MemoryCodes memory{};

}  // namespace recipe::codes
