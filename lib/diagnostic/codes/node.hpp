// SPDX-License-Identifier: Apache-2.0
// Codes of launch plans, and of steps on their nodes.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

struct RendezvousCodes {
    Code no_head{
        .name = "rendezvous.no_head",
        .fixed = true,
        .summary = "A step cannot tell its head node.",
        .source = "docs/plan.md",
    };
    Code exported{
        .name = "rendezvous.exported",
        .severity = Severity::hint,
        .summary = "A variable of the rendezvous was exported; each step sets its own.",
        .source = "docs/nodes.md",
        .example = "export MASTER_PORT=29500",
    };
};
inline constexpr RendezvousCodes rendezvous{};

struct NodeCodes {
    Code devices{
        .name = "node.devices",
        .fixed = true,
        .summary = "The step has fewer devices on a node than the recipe runs on.",
        .source = "docs/nodes.md",
        .example = "srun --gpus-per-node=7 torchrun",
    };
    Code world{
        .name = "node.world",
        .fixed = true,
        .summary = "The degrees do not divide the world of the step's real nodes.",
        .source = "docs/nodes.md",
        .example = "scontrol update JobId=N NumNodes=3",
    };
    Code tasks{
        .name = "node.tasks",
        .fixed = true,
        .summary = "A training step's tasks leave its program without a world.",
        .source = "docs/nodes.md",
        .example = "srun --ntasks-per-node=8 torchrun train.py",
    };
    Code count{
        .name = "node.count",
        .severity = Severity::hint,
        .summary = "A step has other nodes than the recipe was planned for, which its degrees divide.",
        .source = "docs/nodes.md",
        .example = "srun -N2 torchrun, in a job of 4 nodes",
    };
    Code image{
        .name = "node.image",
        .fixed = true,
        .summary = "The container image cannot be read on a node.",
        .source = "docs/nodes.md",
    };
    Code no_pyxis{
        .name = "node.no_pyxis",
        .fixed = true,
        .summary = "A node has no pyxis to start the recipe's container.",
        .source = "docs/nodes.md",
    };
    Code mounts{
        .name = "node.mounts",
        .severity = Severity::warning,
        .summary = "A step's own mounts replace the recipe's, and enroot has not our hook.",
        .source = "docs/nodes.md",
        .example = "srun --container-mounts=/scratch torchrun",
    };
    Code own_image{
        .name = "node.own_image",
        .severity = Severity::hint,
        .summary = "A step has an image of its own.",
        .source = "docs/nodes.md",
        .example = "srun --container-image=ubuntu bash",
    };
    Code not_shared{
        .name = "node.not_shared",
        .fixed = true,
        .summary = "A node does not see what the head node wrote into a directory of the job's.",
        .source = "docs/nodes.md",
    };
    Code directory{
        .name = "node.directory",
        .fixed = true,
        .summary = "A directory that the job writes to cannot be written to on a node.",
        .source = "docs/nodes.md",
    };
    Code foreign{
        .name = "node.foreign",
        .fixed = true,
        .summary =
            "A directory of the job's, or a file in it, is another user's, a link, or open to others for writing.",
        .source = "docs/nodes.md",
    };
    Code configuration{
        .name = "node.configuration",
        .fixed = true,
        .summary = "The recipe's configuration cannot be written or found on a node.",
        .source = "docs/nodes.md",
    };
    Code secrets{
        .name = "node.secrets",
        .fixed = true,
        .summary = "The file of the recipe's secrets cannot be read on a node, or is not the user's alone.",
        .source = "docs/secrets.md",
    };
    Code code{
        .name = "node.code",
        .fixed = true,
        .summary = "The training code cannot be cloned on the job's first node.",
        .source = "docs/code.md",
    };
    Code head_name{
        .name = "node.head_name",
        .fixed = true,
        .summary = "A node cannot resolve the head node's name.",
        .source = "docs/nodes.md",
    };
    Code port{
        .name = "node.port",
        .fixed = true,
        .summary = "Another program on the head node holds the rendezvous port.",
        .source = "docs/nodes.md",
    };
    Code no_answer{
        .name = "node.no_answer",
        .fixed = true,
        .summary = "A file system or name server does not answer a node in time.",
        .source = "docs/nodes.md",
    };
    Code manifest{
        .name = "node.manifest",
        .severity = Severity::warning,
        .summary = "The manifest cannot be written; the job goes on.",
        .source = "docs/nodes.md",
    };
};
inline constexpr NodeCodes node{};

struct PlanCodes {
    Code text{
        .name = "plan.text",
        .fixed = true,
        .summary = "A text or list of the launch plan is longer or deeper than what travels, or no UTF-8.",
        .source = "docs/plan.md",
    };
    Code too_large{
        .name = "plan.too_large",
        .fixed = true,
        .summary = "The launch plan, or its configuration, is larger than what travels with a job.",
        .source = "docs/plan.md",
    };
    Code file{
        .name = "plan.file",
        .fixed = true,
        .summary =
            "The file of a configuration that its plan has no room for cannot be written or read, or is another.",
        .source = "docs/plan.md",
    };
    Code malformed{
        .name = "plan.malformed",
        .fixed = true,
        .summary = "A launch plan is not one of ours.",
        .source = "docs/plan.md",
    };
    Code version{
        .name = "plan.version",
        .fixed = true,
        .summary = "The plan was made by another version: all hosts need the same.",
        .source = "docs/plan.md",
    };
};
inline constexpr PlanCodes plan{};

}  // namespace recipe::codes
