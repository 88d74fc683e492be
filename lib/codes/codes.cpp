// SPDX-License-Identifier: Apache-2.0
// The table of diagnostic codes.
#include "codes/codes.hpp"

#include "codes/examples.hpp"
#include "validate/validate.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::codes {
namespace {

constexpr std::string_view hydra = "Hydra and OmegaConf, whose composition this follows";
constexpr std::string_view slurm = "sbatch(1), srun(1)";
constexpr std::string_view sites = "docs/site.md";
constexpr std::string_view plans = "docs/plan.md";
constexpr std::string_view slurm_nodes = "slurm.conf(5), what slurmctld tells of its nodes and partitions";
constexpr std::string_view nodes = "docs/nodes.md";
constexpr std::string_view boxes = "docs/containers.md";
constexpr std::string_view secrets = "docs/secrets.md";
constexpr std::string_view training_code = "docs/code.md";

Code problem(std::string_view code, std::string_view summary, std::string_view source, std::string_view example = {}) {
    return {.code = code, .summary = summary, .source = source, .example = example, .fixed = true};
}

Code note(std::string_view code, Severity severity, std::string_view summary, std::string_view source,
          std::string_view example = {}) {
    return {.code = code, .severity = severity, .summary = summary, .source = source, .example = example};
}

/// Codes that no rule of validation has.
std::vector<Code> others() {
    return {
        problem("compose.unknown_recipe", "No collection has a recipe of this name.", hydra, "--recipe=llama4_2b"),
        problem("compose.ambiguous_recipe", "Several recipes have this base name.", "docs/plan.md"),
        problem("compose.no_collection", "A collection cannot be read, or has no config.yaml.", hydra),
        problem("compose.yaml", "A file is no YAML that OmegaConf would read.", hydra),
        problem("compose.duplicate_key", "A map has a key twice.", hydra),
        problem("compose.unknown_key", "An override or an interpolation names a key that there is not.", hydra,
                "--recipe-set=trainer.nodes=4"),
        problem("compose.type", "An override puts a value where another kind must be.", hydra),
        problem("compose.override_syntax", "An override is not in Hydra's grammar.", hydra, "--recipe-set=a=[1"),
        problem("compose.sweep", "An override asks for several runs; a job is one.", hydra, "--recipe-set=a=1,2"),
        problem("compose.interpolation", "An interpolation cannot be resolved.", hydra),
        problem("compose.missing_value", "A value that has to be given, ???, is needed and was not given.", hydra),
        problem("compose.unknown_group_option", "A group of configurations has no such option.", hydra,
                "cluster=slrum"),
        problem("compose.key_exists", "`+` adds a key, and this one is there.", hydra,
                "--recipe-set=+trainer.num_nodes=4"),
        problem("compose.json", "A text is no JSON of a plan.", "RFC 8259"),
        problem("compose.cycle", "Interpolations or defaults lead back to themselves.", hydra),
        problem("compose.too_large", "A configuration is beyond all reason.", "limits against hostile input"),
        note("compose.shadowed", Severity::warning, "A recipe hides another of the same name.", hydra),
        note("compose.search_path", Severity::warning,
             "A folder to look for recipes in is not there, or is not followed.", hydra, "SLURM_RECIPE_PATH=/nowhere"),
        note("compose.deprecated", Severity::warning, "A form of composition that Hydra has given up.", hydra),
        problem("hardware.file", "A hardware file does not say what hardware.schema.json asks for.",
                "etc/hardware.schema.json"),
        problem("family.file", "A file of families does not say what families.schema.json asks for.",
                "etc/families.schema.json"),
        problem("site.file", "The site file has an unknown key or a wrong value.", sites),
        problem("site.plugin_argument", "plugstack.conf gives the plugin an argument that it does not know.", sites),
        problem("submit.no_recipe", "--recipe-set needs a recipe.", slurm),
        problem("submit.conflict", "Two spellings of one setting, of one level, disagree.", slurm,
                "-N 4 --recipe-set=trainer.num_nodes=8"),
        problem("submit.node_range", "A recipe runs on a number of nodes, not on a range.", slurm, "-N 2-4"),
        problem("submit.tasks_per_node", "torchrun is one task per node.", slurm, "--ntasks-per-node=4"),
        problem("submit.gpus",
                "A request of GPUs that the nodes cannot share evenly, or that splits a node's among tasks.", slurm,
                "-N 4 -G 6"),
        problem("submit.allocation", "The step wants more nodes than its allocation has.", slurm),
        problem("submit.nothing_to_run", "Neither a batch script nor the recipe says what to run.", slurm),
        problem("submit.heterogeneous", "A recipe cannot be part of a heterogeneous job.", slurm),
        note("submit.no_pyxis", Severity::error, "A recipe that wants a container, on a cluster without pyxis.",
             "pyxis, github.com/NVIDIA/pyxis", "container=/fsx/train.sqsh"),
        note("submit.default_recipe", Severity::hint,
             "The recipe is the one that SBATCH_RECIPE, SALLOC_RECIPE or SLURM_RECIPE names.", slurm,
             "SBATCH_RECIPE=llama4_2b"),
        note("submit.other_cluster", Severity::hint, "The job goes to another cluster, which is not looked at.", slurm,
             "-M other"),
        note("submit.other_user", Severity::warning, "root submits for somebody else, and composes with root's rights.",
             slurm, "--uid=nobody"),
        problem("submit.scrontab", "scrontab asks no plugin for a plan; its line can call sbatch --recipe.",
                "scrontab(1)", "#SCRON --recipe=llama3_2_1b_pretrain"),
        problem("submit.option", "Slurm does not take an option that the recipe asks for.", slurm),
        problem("launch.launcher", "launch.launcher is torchrun or direct.", plans),
        problem("launch.arguments", "The entry script's arguments are a list.", plans),
        problem("launch.setup", "launch.setup is a list of shell commands.", plans),
        problem("launch.entry_missing", "The entry script is not there.", plans),
        problem("launch.code_url",
                "git.repo_url_or_path is an absolute path, or an address that git may be given, without a token.",
                training_code, "git.repo_url_or_path=https://me:secret@host/code.git"),
        problem("launch.code_reference", "git.branch names a branch or tag, git.commit a commit.", training_code,
                "git.commit=v1.0"),
        problem("launch.code_value", "A key of git is a text of one line.", training_code, "git.branch=1.5"),
        problem("launch.code_entry", "What runs lies in the code, or is a module of it.", training_code,
                "git.entry_script=../train.py"),
        note("launch.code_token", Severity::warning,
             "The token's file can be read by you and nobody else, and travels encrypted.", training_code,
             "chmod 644 $HOME/.git-token"),
        note("launch.code_in_place", Severity::warning,
             "A path is used as it lies there, whatever branch or commit is named.", training_code,
             "git.repo_url_or_path=/fsx/code git.branch=main"),
        note("launch.code_unpinned", Severity::warning,
             "Without git.commit the code can change between submission, start and requeue.", training_code,
             "git.repo_url_or_path=https://host/code.git"),
        note("launch.code_batch", Severity::warning, "Only a batch job clones code.", training_code,
             "salloc --recipe=NAME"),
        problem("launch.script_line", "A value cannot stand on a line of a batch script.", plans),
        note("launch.not_honoured", Severity::warning,
             "A key of HyperPod's launcher that this version does not act upon.",
             "launcher of aws/sagemaker-hyperpod-recipes", "git.update_adapter=true"),
        note("secret.literal", Severity::warning, "A recipe names where its secrets are, and does not hold them.",
             secrets, "++env_vars.WANDB_API_KEY=0123456789"),
        problem("secret.visible", "No secret is in a name or path that everybody reads.", secrets,
                "run.name='${env_vars.HF_TOKEN}'"),
        problem("secret.file", "A recipe's secrets travel in a file of yours, of at most 64 KiB.", secrets,
                "XDG_STATE_HOME=/proc sbatch --recipe=NAME"),
        problem("resources.time_limit", "run.time_limit is a time as Slurm writes it.", slurm, "run.time_limit=soon"),
        problem("environment.invalid", "env_vars holds names of variables and texts.", "environ(7)"),
        problem("container.image", "The container is no image that pyxis takes.", boxes, "container=/fsx/image.sif"),
        problem("container.missing", "The image's directory is here and the image is not.", boxes),
        problem("container.unreadable", "You may not read the image.", boxes),
        note("container.not_visible", Severity::warning, "Neither the image nor its directory is on this host.", boxes),
        note("container.rewritten", Severity::hint, "An image's name is another to pyxis than to Docker.", boxes,
             "container=nvcr.io/nvidia/pytorch:24.10-py3"),
        note("container.region", Severity::warning, "The image is in the registry of another AWS region.", boxes),
        problem("container.mount_form", "A mount is SOURCE[:TARGET[:ro]], of absolute paths that pyxis does not split.",
                boxes, "cluster.container_mounts=[data]"),
        note("container.mount_missing", Severity::warning, "The source of a mount is not there.", boxes),
        note("container.mount_over", Severity::warning, "A mount hides a part of another, or takes its place.", boxes),
        note("container.mount_system", Severity::warning, "A mount hides what the image needs for itself.", boxes),
        problem("container.mounts_too_long", "The list of mounts is longer than pyxis reads.", boxes),
        problem("container.enroot", "srecipe image --run finds no enroot.", boxes),
        problem("container.nothing_to_import", "The recipe has no image of a registry.", boxes),
        problem("container.srun_argument", "cluster.srun_args says to pyxis what other keys say.", boxes,
                "cluster.srun_args=[--container-image=x]"),
        note("paths.node_local", Severity::warning, "A job of several nodes writes where only one of them looks.",
             boxes, "exp_manager.exp_dir=/dev/shm/x trainer.num_nodes=4"),
        note("paths.not_writable", Severity::error, "You may not write where the recipe does.", boxes,
             "exp_manager.exp_dir=/proc/x"),
        note("paths.space", Severity::warning, "A checkpoint is larger than what is free.", boxes),
        note("paths.results_not_created", Severity::warning,
             "The results directory cannot be made; the log goes elsewhere.", "mkdir(2)"),
        problem("plan.too_large", "The launch plan is larger than what travels with a job.", plans),
        problem("plan.malformed", "A launch plan is not one of ours.", plans),
        problem("plan.version", "The plan was made by another version: all hosts need the same.", plans),
        problem("controller.node_count", "slurmctld was asked for another number of nodes than the plan has.", plans),
        problem("controller.gpus", "slurmctld was asked for fewer GPUs per node than the plan has.", plans),
        note("policy.recipe_required", Severity::error, "The site wants every job of this partition to have a recipe.",
             sites),
        note("policy.instance_type", Severity::error, "The site gives recipes other instance types.", sites),
        note("policy.max_nodes", Severity::error, "The site gives such a recipe fewer nodes.", sites),
        note("cluster.nodes", Severity::error, "No partition that was asked for has as many nodes of that kind.",
             slurm_nodes, "-p train --recipe-set=trainer.num_nodes=1000"),
        note("cluster.node_list", Severity::error, "A node that -w asks for is not of the kind that the recipe wants.",
             slurm_nodes),
        note("cluster.max_nodes", Severity::error, "The partition gives a job fewer nodes.", slurm_nodes),
        note("cluster.time_limit", Severity::error, "The partition ends jobs earlier.", slurm_nodes),
        note("cluster.unavailable", Severity::warning, "Nodes of the kind are down, so the job will wait.",
             slurm_nodes),
        note("cluster.no_inventory", Severity::hint, "slurmctld has just started and does not know its nodes yet.",
             slurm_nodes),
        problem("rendezvous.no_head", "A step cannot tell its head node.", plans),
        note("rendezvous.exported", Severity::hint,
             "A variable of the rendezvous was exported; each step sets its own.", nodes, "export MASTER_PORT=29500"),
        problem("node.devices", "The step has fewer devices on a node than the recipe runs on.", nodes,
                "srun --gpus-per-node=7 torchrun"),
        problem("node.world", "The degrees do not divide the world of the step's real nodes.", nodes,
                "scontrol update JobId=N NumNodes=3"),
        note("node.count", Severity::hint,
             "A step has other nodes than the recipe was planned for, which its degrees divide.", nodes,
             "srun -N2 torchrun, in a job of 4 nodes"),
        problem("node.image", "The container image cannot be read on a node.", nodes),
        problem("node.no_pyxis", "A node has no pyxis to start the recipe's container.", nodes),
        note("node.mounts", Severity::warning, "A step's own mounts replace the recipe's, and enroot has not our hook.",
             nodes, "srun --container-mounts=/scratch torchrun"),
        note("node.own_image", Severity::hint, "A step has an image of its own.", nodes,
             "srun --container-image=ubuntu bash"),
        problem("node.not_shared", "A node does not see what the head node wrote into a directory of the job's.",
                nodes),
        problem("node.directory", "A directory that the job writes to cannot be written to on a node.", nodes),
        problem("node.configuration", "The recipe's configuration cannot be written or found on a node.", nodes),
        problem("node.secrets",
                "The file of the recipe's secrets cannot be read on a node, or is not the user's alone.", secrets),
        problem("node.code", "The training code cannot be cloned on the job's first node.", training_code),
        problem("node.head_name", "A node cannot resolve the head node's name.", nodes),
        problem("node.port", "Another program on the head node holds the rendezvous port.", nodes),
        problem("node.no_answer", "A file system or name server does not answer a node in time.", nodes),
        note("node.manifest", Severity::warning, "The manifest cannot be written; the job goes on.", nodes),
        problem("measurements.line", "A line of measured runs lacks what a prediction needs.", "docs/memory.md"),
        problem("fit.measurements", "The file of measured runs cannot be read.", "docs/memory.md"),
        problem("fit.sweep", "A sweep is one key with some values.", "docs/memory.md",
                "--sweep model.shard_degree=2,4,8"),
        problem("fit.plot", "The picture cannot be written.", "docs/memory.md"),
        problem("doctor.slurm", "This host reaches a Slurm cluster.", "scontrol(1)"),
        problem("doctor.plugstack", "plugstack.conf names spank_recipe.so once, by a path that is there.", "spank(7)"),
        problem("doctor.plugin", "Slurm loads plugins that were built for its version.", "README.md"),
        note("doctor.job_submit", Severity::warning, "slurmctld loads job_submit_recipe.so.", "slurm.conf(5)"),
        problem("doctor.collection", "The site's collections can be read, and hold recipes.", sites),
        problem("cli.unknown_code", "srecipe explain knows no such code.", "docs/diagnostics.md"),
    };
}

/// Groups in the order in which a job meets them.
std::size_t rank_of(std::string_view code) {
    constexpr std::array<std::string_view, 27> groups{
        "compose", "devices",     "precision", "layout",       "batch",      "model",     "data",
        "paths",   "environment", "memory",    "launch",       "secret",     "resources", "container",
        "submit",  "controller",  "policy",    "cluster",      "rendezvous", "node",      "plan",
        "site",    "hardware",    "family",    "measurements", "fit",        "doctor"};
    return static_cast<std::size_t>(std::ranges::find(groups, code.substr(0, code.find('.'))) - groups.begin());
}

std::vector<Code> collect() {
    std::vector<Code> codes = others();
    for (const validate::RuleInfo& rule : validate::rules())
        codes.push_back({.code = rule.code,
                         .severity = rule.severity,
                         .summary = rule.summary,
                         .source = rule.source,
                         .example = example_of(rule.code),
                         .is_rule = true,
                         .fixed = !rule.can_be_forced});
    std::ranges::stable_sort(codes, {}, [](const Code& code) { return rank_of(code.code); });
    return codes;
}

/// A | would end a cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string code_cell(std::string_view text) {
    return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

}  // namespace

const std::vector<Code>& all() {
    static const std::vector<Code> codes = collect();
    return codes;
}

const Code* find(std::string_view code) {
    const auto found = std::ranges::find(all(), code, &Code::code);
    return found == all().end() ? nullptr : &*found;
}

std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Code& code : all()) names.emplace_back(code.code);
    return names;
}

std::string to_text(const Code& code) {
    std::string text = fmt::format("{}: {}\n\n{}{}\n", code.code, to_string(code.severity),
                                   code.is_rule ? "The rule: " : "", code.summary);
    text += fmt::format("Source: {}.\n",
                        code.source.ends_with('.') ? code.source.substr(0, code.source.size() - 1) : code.source);
    if (!code.example.empty())
        text += fmt::format("{}: {}\n", code.is_rule ? "Broken by" : "For example", code.example);
    if (code.is_rule && code.severity == Severity::error)
        text += code.fixed
                    ? "No job can be planned against it: neither a site nor --recipe-force changes that.\n"
                    : "--recipe-force makes it a warning for one job, unless the site's severities call it an error.\n";
    return text;
}

std::string to_markdown() {
    std::string text =
        "# Diagnostics\n\n"
        "Written by `srecipe explain --all`; do not edit.\n\n"
        "error: the job cannot work and is refused. warning: probably not meant; shown, and the job goes on. hint: "
        "good to know.\n"
        "Where a program's behaviour is not certain, a rule that is an error elsewhere is a warning. A site raises, "
        "lowers or\n"
        "silences a code in its `severities` (docs/site.md); `--recipe-force` makes warnings of the errors of rules "
        "for one job,\n"
        "except those marked *fixed*.\n";
    std::string_view group;
    for (const Code& code : all()) {
        const std::string_view its_group = code.code.substr(0, code.code.find('.'));
        if (its_group != group) {
            group = its_group;
            text += fmt::format(
                "\n## {}\n\n| code | severity | | source | example |\n| --- | --- | --- | --- | --- |\n", group);
        }
        text += fmt::format("| `{}` | {}{} | {} | {} | {} |\n", code.code, to_string(code.severity),
                            code.fixed && code.is_rule ? ", *fixed*" : "", cell(code.summary), cell(code.source),
                            code_cell(code.example));
    }
    return text;
}

}  // namespace recipe::codes
