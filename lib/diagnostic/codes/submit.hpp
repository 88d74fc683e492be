// SPDX-License-Identifier: Apache-2.0
// Codes of Slurm's options, and of a request against the site and the cluster.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

namespace sources {

inline constexpr std::string_view slurm_manuals = "sbatch(1), srun(1)";
inline constexpr std::string_view slurm_nodes = "slurm.conf(5), what slurmctld tells of its nodes and partitions";

}  // namespace sources

struct SubmitCodes {
    Code no_recipe{
        .name = "submit.no_recipe",
        .fixed = true,
        .summary = "--recipe-set and --recipe-step need a recipe, and --recipe a name.",
        .source = sources::slurm_manuals,
    };
    Code conflict{
        .name = "submit.conflict",
        .fixed = true,
        .summary = "Two spellings of one setting, of one level, disagree.",
        .source = sources::slurm_manuals,
        .example = "-N 4 --recipe-set=trainer.num_nodes=8",
    };
    Code node_range{
        .name = "submit.node_range",
        .fixed = true,
        .summary = "A recipe runs on a number of nodes, not on a range.",
        .source = sources::slurm_manuals,
        .example = "-N 2-4",
    };
    Code tasks_per_node{
        .name = "submit.tasks_per_node",
        .fixed = true,
        .summary = "torchrun is one task per node.",
        .source = sources::slurm_manuals,
        .example = "--ntasks-per-node=4",
    };
    Code gpus{
        .name = "submit.gpus",
        .fixed = true,
        .summary = "A request of GPUs that the nodes cannot share evenly, or that splits a node's among tasks.",
        .source = sources::slurm_manuals,
        .example = "-N 4 -G 6",
    };
    Code allocation{
        .name = "submit.allocation",
        .fixed = true,
        .summary = "The step wants more nodes than its allocation has.",
        .source = sources::slurm_manuals,
    };
    Code nothing_to_run{
        .name = "submit.nothing_to_run",
        .fixed = true,
        .summary = "Neither a batch script nor the recipe says what to run.",
        .source = sources::slurm_manuals,
    };
    Code platform{
        .name = "submit.platform",
        .summary = "A recipe that is set up for another platform, or whose program runs on another one only.",
        .source = "docs/from-hyperpod.md; main.py and launcher/ of aws/sagemaker-hyperpod-recipes",
        .example = "cluster=k8s cluster_type=k8s",
    };
    Code heterogeneous{
        .name = "submit.heterogeneous",
        .fixed = true,
        .summary = "A recipe cannot be part of a heterogeneous job.",
        .source = sources::slurm_manuals,
    };
    Code no_pyxis{
        .name = "submit.no_pyxis",
        .summary = "A recipe that wants a container, on a cluster without pyxis.",
        .source = "pyxis, github.com/NVIDIA/pyxis",
        .example = "container=/fsx/train.sqsh",
    };
    Code default_recipe{
        .name = "submit.default_recipe",
        .severity = Severity::hint,
        .summary = "The recipe is the one that SBATCH_RECIPE, SALLOC_RECIPE or SLURM_RECIPE names.",
        .source = sources::slurm_manuals,
        .example = "SBATCH_RECIPE=llama4_2b",
    };
    Code other_cluster{
        .name = "submit.other_cluster",
        .severity = Severity::hint,
        .summary = "The job goes to another cluster, which is not looked at.",
        .source = sources::slurm_manuals,
        .example = "-M other",
    };
    Code other_user{
        .name = "submit.other_user",
        .severity = Severity::warning,
        .summary = "root submits for somebody else, and composes with root's rights.",
        .source = sources::slurm_manuals,
        .example = "--uid=nobody",
    };
    Code scrontab{
        .name = "submit.scrontab",
        .fixed = true,
        .summary = "scrontab asks no plugin for a plan; its line can call sbatch --recipe.",
        .source = "scrontab(1)",
        .example = "#SCRON --recipe=llama3_2_1b_pretrain",
    };
    Code after_script{
        .name = "submit.after_script",
        .summary =
            "Slurm's options end at the name of the script or command: a --recipe behind it is an argument of that.",
        .source = "docs/submitting.md; sbatch(1)",
        .example = "sbatch train.sh --recipe=llama3_2_1b_pretrain",
    };
    Code script_line{
        .name = "submit.script_line",
        .summary = "A line with --recipe that is meant for sbatch, where sbatch reads none.",
        .source = "docs/submitting.md; sbatch(1)",
        .example = "# SBATCH --recipe=llama3_2_1b_pretrain",
    };
    Code no_shell{
        .name = "submit.no_shell",
        .summary = "An allocation without a shell has nowhere to keep a recipe for its steps.",
        .source = "docs/submitting.md; salloc(1)",
        .example = "salloc --no-shell --recipe=llama3_2_1b_pretrain",
    };
    Code no_variable{
        .name = "submit.no_variable",
        .summary = "A variable that looks like one of --recipe, and is none.",
        .source = "docs/submitting.md",
        .example = "SBATCH_RECIPE_SET=trainer.num_nodes=4",
    };
    Code log{
        .name = "submit.log",
        .summary =
            "A log, or the file of -i, that Slurm could not open: the job would end at its start, without a word.",
        .source = sources::slurm_manuals,
        .example = "-o logs/%j/out",
    };
    Code option{
        .name = "submit.option",
        .fixed = true,
        .summary = "Slurm does not take an option that the recipe asks for.",
        .source = sources::slurm_manuals,
    };
};
inline constexpr SubmitCodes submit{};

struct ControllerCodes {
    Code node_count{
        .name = "controller.node_count",
        .fixed = true,
        .summary = "slurmctld was asked for another number of nodes than the plan has.",
        .source = "docs/plan.md",
    };
    Code gpus{
        .name = "controller.gpus",
        .fixed = true,
        .summary = "slurmctld was asked for fewer GPUs per node than the plan has.",
        .source = "docs/plan.md",
    };
};
inline constexpr ControllerCodes controller{};

struct PolicyCodes {
    Code unknown{
        .name = "policy.unknown",
        .fixed = true,
        .summary = "slurmctld cannot read the site's policy, never could, and is to refuse jobs until it can.",
        .source = "docs/site.md",
    };
    Code unknown_job{
        .name = "policy.unknown_job",
        .fixed = true,
        .summary = "Whether the site lets this job be changed so depends on its recipe, which slurmctld does not know.",
        .source = "docs/controller.md",
        .example = "scontrol update JobId=1 Partition=train",
    };
    Code recipe_required{
        .name = "policy.recipe_required",
        .summary = "The site wants every job of this partition to have a recipe.",
        .source = "docs/site.md",
    };
    Code instance_type{
        .name = "policy.instance_type",
        .summary = "The site gives recipes other instance types.",
        .source = "docs/site.md",
    };
    Code max_nodes{
        .name = "policy.max_nodes",
        .summary = "The site gives such a recipe fewer nodes.",
        .source = "docs/site.md",
    };
};
inline constexpr PolicyCodes policy{};

struct ClusterCodes {
    Code nodes{
        .name = "cluster.nodes",
        .summary = "No partition that was asked for has as many nodes of that kind.",
        .source = sources::slurm_nodes,
        .example = "-p train --recipe-set=trainer.num_nodes=1000",
    };
    Code gpu_type{
        .name = "cluster.gpu_type",
        .summary = "No node of the partition has GPUs of that name.",
        .source = sources::slurm_nodes,
        .example = "--gres=gpu:A10G:8",
    };
    Code node_list{
        .name = "cluster.node_list",
        .summary = "A node that -w asks for is not of the kind that the recipe wants.",
        .source = sources::slurm_nodes,
    };
    Code max_nodes{
        .name = "cluster.max_nodes",
        .summary = "The partition gives a job fewer nodes.",
        .source = sources::slurm_nodes,
    };
    Code time_limit{
        .name = "cluster.time_limit",
        .summary = "The partition ends jobs earlier.",
        .source = sources::slurm_nodes,
    };
    Code unavailable{
        .name = "cluster.unavailable",
        .severity = Severity::warning,
        .summary = "Nodes of the kind are down, so the job will wait.",
        .source = sources::slurm_nodes,
    };
    Code mixed_devices{
        .name = "cluster.mixed_devices",
        .summary = "Slurm may choose nodes whose devices lack what the recipe needs, beside nodes that have it.",
        .source = sources::slurm_nodes,
        .example = "-p a100,a10g",
    };
    Code unknown_devices{
        .name = "cluster.unknown_devices",
        .severity = Severity::hint,
        .summary = "Slurm does not say what devices some nodes have, so that the recipe is not held against them.",
        .source = sources::slurm_nodes,
    };
    Code no_inventory{
        .name = "cluster.no_inventory",
        .severity = Severity::hint,
        .summary = "slurmctld has just started and does not know its nodes yet.",
        .source = sources::slurm_nodes,
    };
};
inline constexpr ClusterCodes cluster{};

}  // namespace recipe::codes
