// SPDX-License-Identifier: Apache-2.0
// Draws recipes, keys that rules read, and values that nobody should write.
#include "drawing.hpp"

#include "config/config.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace recipe::fuzz {
namespace {

constexpr std::size_t max_lines = 12;

// Beside those of the families: what decides about nodes, programs, places and Slurm.
constexpr std::array common_keys{"instance_type",
                                 "cluster_type",
                                 "base_results_dir",
                                 "container",
                                 "container_mounts",
                                 "env_vars",
                                 "+env_vars.NCCL_SOCKET_IFNAME",
                                 "+env_vars.CUDA_VISIBLE_DEVICES",
                                 "+env_vars.A",
                                 "git",
                                 "git.repo_url_or_path",
                                 "git.commit",
                                 "git.entry_script",
                                 "+launch.entry_script",
                                 "+launch.entry_module",
                                 "+launch.launcher",
                                 "+launch.arguments",
                                 "+launch.setup",
                                 "+cluster.partition",
                                 "+cluster.array",
                                 "+cluster.mem",
                                 "+cluster.mem_per_cpu",
                                 "+cluster.cpus_per_task",
                                 "+cluster.gres",
                                 "+cluster.gpus_per_node",
                                 "+cluster.gpus_per_task",
                                 "+cluster.num_gpus",
                                 "+cluster.exclusive",
                                 "+cluster.container_mounts",
                                 "+cluster.srun_args",
                                 "cluster",
                                 "run",
                                 "run.name",
                                 "run.results_dir",
                                 "run.time_limit",
                                 "run.model_type",
                                 "trainer",
                                 "trainer.devices",
                                 "trainer.num_nodes",
                                 "trainer.accelerator",
                                 "trainer.precision",
                                 "trainer.max_steps",
                                 "trainer.accumulate_grad_batches",
                                 "model",
                                 "model.data",
                                 "training_config",
                                 "training_cfg",
                                 "exp_manager",
                                 "exp_manager.checkpoint_callback_params.every_n_train_steps",
                                 "+memory.loss",
                                 "+memory.loss_chunks",
                                 "+memory.framework",
                                 "+memory.wrapper",
                                 "+memory.below",
                                 "+memory.above",
                                 "+memory.hidden",
                                 "+memory.layers",
                                 "+memory.vocabulary",
                                 "+memory.heads",
                                 "nodes",
                                 "instance_typ",
                                 "hydra.searchpath"};

constexpr std::array options{"nodes",       "ntasks",        "ntasks-per-node", "time",           "gres",
                             "gpus",        "gpus-per-node", "gpus-per-task",   "exclusive",      "mem",
                             "mem-per-cpu", "cpus-per-task", "partition",       "array",          "nodelist",
                             "job-name",    "output",        "error",           "ntasks-per-gpu", "constraint"};

constexpr std::array values{"0",
                            "-1",
                            "-0",
                            "1.0",
                            "0.5",
                            "-2.5",
                            "1e308",
                            "1e-320",
                            "nan",
                            "inf",
                            "-inf",
                            "2147483647",
                            "2147483648",
                            "4294967296",
                            "9223372036854775807",
                            "-9223372036854775808",
                            "9223372036854775808",
                            "99999999999999999999999999",
                            "1000000",
                            "1000001",
                            "1000000000",
                            "1000000001",
                            "16777216",
                            "16777217",
                            "0x10",
                            "1_000",
                            "1:30",
                            "null",
                            "true",
                            "false",
                            "'true'",
                            "'8'",
                            "auto",
                            "''",
                            "' '",
                            "abc",
                            "[]",
                            "[1,2]",
                            "[null]",
                            "[a,[b]]",
                            "['/a:/b','/c']",
                            "{}",
                            "{a: 1}",
                            "{a: {b: [c]}}",
                            "/shared/x",
                            "/tmp/x",
                            "relative/x",
                            "s3://bucket/x",
                            "~/x",
                            "../..",
                            "'%j'",
                            "'a\x01'",
                            "'a\tb c'",
                            "'\xc3\xa9\xf0\x9f\x98\x80'",
                            "'\xff'",
                            "'${oc.env:HOME}'",
                            "${trainer.devices}",
                            "${recipes.trainer.num_nodes}",
                            "${recipes}",
                            "bf16",
                            "16-mixed",
                            "fp32",
                            "fp8",
                            "hf",
                            "verl",
                            "neuron_x",
                            "gpu",
                            "cpu",
                            "lora",
                            "selective",
                            "uniform",
                            "full_shard",
                            "llama_v3",
                            "meta-llama/Llama-3.2-1B",
                            "mixtral",
                            "direct",
                            "torchrun",
                            "1-00:00:00",
                            "UNLIMITED",
                            "gpu:8",
                            "a100:4",
                            "1-3",
                            "n[1-3]",
                            "64G",
                            "k8s",
                            "chunked",
                            "megatron",
                            "choice(1,2)",
                            "int(8)",
                            "str(8)"};

constexpr std::array ways{"sbatch", "script", "salloc", "srun", "step"};

std::size_t below(std::size_t count, std::minstd_rand& random) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}

template <class Range>
auto one_of(const Range& range, std::minstd_rand& random) {
    return range[below(std::size(range), random)];
}

std::string as_typed(std::string key) {
    constexpr std::string_view package = "recipes.";
    if (key.starts_with(package)) key.erase(0, package.size());
    return key;
}

/// Where the families keep what they keep. What the layout is made of is there several times: of these many together
/// make a case.
std::map<std::string, std::vector<std::string>> keys_of_families() {
    std::map<std::string, std::vector<std::string>> keys;
    const family::Families families;
    for (const family::Definition* definition : families.all())
        for (std::size_t key = 0; key < family::key_count; ++key)
            for (const std::string& path : definition->family.places[key].paths)
                for (int times = key <= static_cast<std::size_t>(family::Key::positions) ? 4 : 1; times > 0; --times)
                    keys[definition->family.name].push_back(as_typed(definition->family.root + '.' + path));
    return keys;
}

/// Most overrides are of the recipe's own family: its name has the family's.
const std::vector<std::string>& keys_for(const std::string& recipe, std::minstd_rand& random) {
    static const auto keys = keys_of_families();
    const std::string_view name = std::string_view(recipe).substr(recipe.rfind('/') + 1);
    auto found = keys.end();
    for (auto row = keys.begin(); row != keys.end(); ++row)
        if (name.starts_with(row->first)) found = row;
    if (found == keys.end() && name.starts_with("llama")) found = keys.find("torch");
    if (found == keys.end() || found->second.empty() || below(16, random) == 0) do
            found = std::next(keys.begin(), static_cast<std::ptrdiff_t>(below(keys.size(), random)));
        while (found->second.empty());
    return found->second;
}

std::string draw_key(const std::string& recipe, std::minstd_rand& random) {
    if (below(5, random) == 0) return one_of(common_keys, random);
    return one_of(keys_for(recipe, random), random);
}

std::string draw_instance(std::minstd_rand& random) {
    static const std::vector<std::string> names = [] {
        const auto catalogue = hardware::Catalogue::load({});
        return catalogue ? catalogue->instance_names() : std::vector<std::string>{};
    }();
    return names.empty() || below(16, random) == 0 ? "p9.unknown" : one_of(names, random);
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

/// Most values are numbers: with one that no rule reads a request is over before the others are looked at.
std::string draw_value(std::minstd_rand& random) {
    constexpr std::size_t deep = 63;  // the most that an override's grammar takes is a little more
    constexpr std::size_t large = 8192;
    switch (below(64, random)) {
        case 0:
            return nested(1 + below(deep, random));
        case 1:
            return std::string(below(large, random), 'x');
        default:
            break;
    }
    switch (below(8, random)) {
        case 0:
            return one_of(values, random);
        case 1:
        case 2:
            return std::to_string(1 + below(17, random));
        case 3:
        case 4:
            return std::to_string((std::size_t{1} << below(18, random)) + below(3, random) - 1);
        default:
            return std::to_string(std::size_t{1} << below(10, random));
    }
}

std::string draw_line(const std::string& recipe, std::minstd_rand& random) {
    if (below(16, random) == 0) return std::string("--") + one_of(options, random) + '=' + draw_value(random);
    if (below(16, random) == 0) return "instance_type=" + draw_instance(random);
    std::string key = draw_key(recipe, random);
    if (below(48, random) == 0) return '~' + key;
    // One that the recipe lacks may be added, and as a part of a section that it has.
    if (!key.starts_with('+')) key.insert(0, below(16, random) == 0 ? "+" : "++");
    return key + '=' + draw_value(random);
}

}  // namespace

const std::vector<std::string>& recipes() {
    static const std::vector<std::string> names{"training/llama/hf",
                                                "training/llama/nemo",
                                                "training/llama/neuron",
                                                "training/llama/verl",
                                                "training/llama/verl_sft",
                                                "training/llama/llmft",
                                                "training/llama/checkpointless_pretrain",
                                                "training/mixtral/hf_moe",
                                                "training/other/nova",
                                                "training/other/mtrl",
                                                "training/other/plain",
                                                "custom",
                                                "training/llama/llama3_2_1b_pretrain",
                                                "training/llama/llama_tiny_cpu_pretrain"};
    return names;
}

Request request_of(std::string_view text) {
    Request request;
    const std::string_view first = text.substr(0, text.find('\n'));
    const std::size_t blank = std::min(first.find(' '), first.size());
    request.recipe = first.substr(0, blank);
    request.how = first.substr(std::min(blank + 1, first.size()));
    text.remove_prefix(std::min(first.size() + 1, text.size()));
    while (!text.empty() && request.lines.size() < max_lines) {
        const std::string_view line = text.substr(0, text.find('\n'));
        request.lines.emplace_back(line);
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return request;
}

std::string to_text(const Request& request) {
    std::string text = request.recipe + ' ' + request.how;
    for (const std::string& line : request.lines) text += '\n' + line;
    return text;
}

void change(Request& request, std::minstd_rand& random) {
    std::vector<std::string>& lines = request.lines;
    const std::size_t kind = below(10, random);
    if (kind == 0) {
        request.recipe = one_of(recipes(), random);
    } else if (kind == 1) {
        request.how = one_of(ways, random);
    } else if (kind == 2 && !lines.empty()) {
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size(), random)));
    } else if (kind <= 5 && !lines.empty()) {
        std::string& line = lines[below(lines.size(), random)];
        line = line.substr(0, line.find('=')) + '=' + draw_value(random);
    } else {
        if (lines.size() == max_lines) lines.erase(lines.begin());
        lines.push_back(draw_line(request.recipe, random));
    }
}

}  // namespace recipe::fuzz
