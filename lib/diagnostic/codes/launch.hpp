// SPDX-License-Identifier: Apache-2.0
// Codes of what a job starts: program, code, secrets, container.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

struct LaunchCodes {
    Code launcher{
        .name = "launch.launcher",
        .fixed = true,
        .summary = "launch.launcher is torchrun or direct.",
        .source = "docs/plan.md",
    };
    Code arguments{
        .name = "launch.arguments",
        .fixed = true,
        .summary = "The entry script's arguments are a list.",
        .source = "docs/plan.md",
    };
    Code setup{
        .name = "launch.setup",
        .fixed = true,
        .summary = "launch.setup is a list of shell commands.",
        .source = "docs/plan.md",
    };
    Code entry_missing{
        .name = "launch.entry_missing",
        .fixed = true,
        .summary = "The entry script is not there.",
        .source = "docs/plan.md",
    };
    Code program_of_collection{
        .name = "launch.program_of_collection",
        .severity = Severity::hint,
        .summary = "A recipe file that builds on no other names the program that runs.",
        .source = "docs/own-recipe.md; without one the collection's own runs, with keys of its own",
    };
    Code code_url{
        .name = "launch.code_url",
        .fixed = true,
        .summary = "git.repo_url_or_path is an absolute path, or an address that git may be given, without a token.",
        .source = "docs/code.md",
        .example = "git.repo_url_or_path=https://me:secret@host/code.git",
    };
    Code code_reference{
        .name = "launch.code_reference",
        .fixed = true,
        .summary = "git.branch names a branch or tag, git.commit a commit.",
        .source = "docs/code.md",
        .example = "git.commit=v1.0",
    };
    Code code_value{
        .name = "launch.code_value",
        .fixed = true,
        .summary = "A key of git is a text of one line.",
        .source = "docs/code.md",
        .example = "git.branch=1.5",
    };
    Code code_entry{
        .name = "launch.code_entry",
        .fixed = true,
        .summary = "What runs lies in the code, or is a module of it.",
        .source = "docs/code.md",
        .example = "git.entry_script=../train.py",
    };
    Code code_token{
        .name = "launch.code_token",
        .severity = Severity::warning,
        .summary = "The token's file can be read by you and nobody else, and travels encrypted.",
        .source = "docs/code.md",
        .example = "chmod 644 $HOME/.git-token",
    };
    Code code_in_place{
        .name = "launch.code_in_place",
        .severity = Severity::warning,
        .summary = "A path is used as it lies there, whatever branch or commit is named.",
        .source = "docs/code.md",
        .example = "git.repo_url_or_path=/fsx/code git.branch=main",
    };
    Code code_unpinned{
        .name = "launch.code_unpinned",
        .severity = Severity::warning,
        .summary = "Without git.commit the code can change between submission, start and requeue.",
        .source = "docs/code.md",
        .example = "git.repo_url_or_path=https://host/code.git",
    };
    Code code_batch{
        .name = "launch.code_batch",
        .severity = Severity::warning,
        .summary = "Only a batch job clones code.",
        .source = "docs/code.md",
        .example = "salloc --recipe=NAME",
    };
    Code script_line{
        .name = "launch.script_line",
        .fixed = true,
        .summary = "A value cannot stand on a line of a batch script.",
        .source = "docs/plan.md",
    };
    Code not_honoured{
        .name = "launch.not_honoured",
        .severity = Severity::warning,
        .summary = "A key of HyperPod's launcher that this version does not act upon.",
        .source = "launcher of aws/sagemaker-hyperpod-recipes",
        .example = "git.update_adapter=true",
    };
    Code not_installed{
        .name = "launch.not_installed",
        .severity = Severity::hint,
        .summary = "HyperPod's launcher installs a version of transformers for some models; nothing is installed here.",
        .source = "launcher/nemo/stages.py of aws/sagemaker-hyperpod-recipes",
        .example = "model.model_type=llama_v4 container=/fsx/train.sqsh",
    };
    Code starts_over{
        .name = "launch.starts_over",
        .severity = Severity::warning,
        .summary = "A job that may be requeued keeps a checkpoint to go on from.",
        .source = "sbatch(1) --requeue; exp_manager of NVIDIA/NeMo",
        .example = "--requeue --recipe-set=exp_manager.checkpoint_callback_params.save_top_k=0",
    };
    Code unknown_key{
        .name = "launch.unknown_key",
        .severity = Severity::hint,
        .is_rule = true,
        .summary = "Keys of `cluster` are those that become options of sbatch or srun.",
        .source = "launcher of aws/sagemaker-hyperpod-recipes, launcher/nemo/slurm_launcher.py",
        .example = "++cluster.partitoin=gpu",
    };
    Code kind{
        .name = "launch.kind",
        .is_rule = true,
        .summary = "A key that is acted on has a value of the kind that it takes.",
        .source = "docs/submitting.md; a value of another kind would be dropped without a word",
        .example = "++cluster.cpus_per_task=-3",
    };
};
inline constexpr LaunchCodes launch{};

struct SecretCodes {
    Code literal{
        .name = "secret.literal",
        .severity = Severity::warning,
        .summary = "A recipe names where its secrets are, and does not hold them.",
        .source = "docs/secrets.md",
        .example = "++env_vars.WANDB_API_KEY=0123456789",
    };
    Code visible{
        .name = "secret.visible",
        .fixed = true,
        .summary = "No secret is in a name or path that everybody reads.",
        .source = "docs/secrets.md",
        .example = "run.name='${env_vars.HF_TOKEN}'",
    };
    Code file{
        .name = "secret.file",
        .fixed = true,
        .summary = "A recipe's secrets travel in a file of yours, of at most 64 KiB.",
        .source = "docs/secrets.md",
        .example = "XDG_STATE_HOME=/proc sbatch --recipe=NAME",
    };
};
inline constexpr SecretCodes secret{};

struct ResourcesCodes {
    Code time_limit{
        .name = "resources.time_limit",
        .fixed = true,
        .summary = "run.time_limit is a time as Slurm writes it.",
        .source = "sbatch(1), srun(1)",
        .example = "run.time_limit=soon",
    };
};
inline constexpr ResourcesCodes resources{};

struct ContainerCodes {
    Code image{
        .name = "container.image",
        .fixed = true,
        .summary = "The container is no image that pyxis takes.",
        .source = "docs/containers.md",
        .example = "container=/fsx/image.sif",
    };
    Code missing{
        .name = "container.missing",
        .fixed = true,
        .summary = "The image's directory is here and the image is not.",
        .source = "docs/containers.md",
    };
    Code unreadable{
        .name = "container.unreadable",
        .fixed = true,
        .summary = "You may not read the image.",
        .source = "docs/containers.md",
    };
    Code not_visible{
        .name = "container.not_visible",
        .severity = Severity::warning,
        .summary = "Neither the image nor its directory is on this host.",
        .source = "docs/containers.md",
    };
    Code rewritten{
        .name = "container.rewritten",
        .severity = Severity::hint,
        .summary = "An image's name is another to pyxis than to Docker.",
        .source = "docs/containers.md",
        .example = "container=nvcr.io/nvidia/pytorch:24.10-py3",
    };
    Code region{
        .name = "container.region",
        .severity = Severity::warning,
        .summary = "The image is in the registry of another AWS region.",
        .source = "docs/containers.md",
    };
    Code mount_form{
        .name = "container.mount_form",
        .fixed = true,
        .summary = "A mount is SOURCE[:TARGET[:ro]], of absolute paths that pyxis does not split.",
        .source = "docs/containers.md",
        .example = "cluster.container_mounts=[data]",
    };
    Code mount_missing{
        .name = "container.mount_missing",
        .severity = Severity::warning,
        .summary = "The source of a mount is not there.",
        .source = "docs/containers.md",
    };
    Code mount_over{
        .name = "container.mount_over",
        .severity = Severity::warning,
        .summary = "A mount hides a part of another, or takes its place.",
        .source = "docs/containers.md",
    };
    Code mount_system{
        .name = "container.mount_system",
        .severity = Severity::warning,
        .summary = "A mount hides what the image needs for itself.",
        .source = "docs/containers.md",
    };
    Code mounts_too_long{
        .name = "container.mounts_too_long",
        .fixed = true,
        .summary = "The list of mounts is longer than pyxis reads.",
        .source = "docs/containers.md",
    };
    Code enroot{
        .name = "container.enroot",
        .fixed = true,
        .summary = "srecipe image --run finds no enroot.",
        .source = "docs/containers.md",
    };
    Code nothing_to_import{
        .name = "container.nothing_to_import",
        .fixed = true,
        .summary = "The recipe has no image of a registry.",
        .source = "docs/containers.md",
    };
    Code srun_argument{
        .name = "container.srun_argument",
        .fixed = true,
        .summary = "cluster.srun_args says to pyxis what other keys say.",
        .source = "docs/containers.md",
        .example = "cluster.srun_args=[--container-image=x]",
    };
};
inline constexpr ContainerCodes container{};

}  // namespace recipe::codes
