// SPDX-License-Identifier: Apache-2.0
// Reads from the words of a step's command whether it trains.
#include "node/node.hpp"

#include "slurm_text/lists.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

namespace recipe::node {
namespace {

using Words = std::span<const std::string>;

// Started once on each node, they make its processes and tell each its rank.
constexpr std::array<std::string_view, 2> launchers{"torchrun", "composer"};
constexpr std::array<std::string_view, 4> launcher_modules{"torch.distributed.run", "torch.distributed.launch",
                                                           "accelerate.commands.launch", "composer.cli.launcher"};
constexpr std::array<std::string_view, 3> launcher_files{"torch/distributed/run.py", "torch/distributed/launch.py",
                                                         "accelerate/commands/launch.py"};

constexpr std::array<std::string_view, 40> tools{"amd-smi",
                                                 "aws",
                                                 "cp",
                                                 "curl",
                                                 "date",
                                                 "dcgmi",
                                                 "df",
                                                 "du",
                                                 "find",
                                                 "git",
                                                 "gpustat",
                                                 "gsutil",
                                                 "hostname",
                                                 "huggingface-cli",
                                                 "hf",
                                                 "jupyter",
                                                 "ln",
                                                 "ls",
                                                 "mkdir",
                                                 "mv",
                                                 "neuron-ls",
                                                 "neuron-top",
                                                 "nvidia-smi",
                                                 "nvitop",
                                                 "nvtop",
                                                 "pip",
                                                 "pip3",
                                                 "ray",
                                                 "rclone",
                                                 "rm",
                                                 "rocm-smi",
                                                 "rsync",
                                                 "s5cmd",
                                                 "tar",
                                                 "tensorboard",
                                                 "unzip",
                                                 "wget",
                                                 "ps",
                                                 "neuron-monitor",
                                                 "uname"};

// What comes after their options is the command.
constexpr std::array<std::string_view, 22> wrappers{"env",        "exec",
                                                    "nice",       "ionice",
                                                    "numactl",    "taskset",
                                                    "timeout",    "time",
                                                    "stdbuf",     "nohup",
                                                    "setsid",     "nsys",
                                                    "ncu",        "perf",
                                                    "strace",     "uv",
                                                    "poetry",     "pixi",
                                                    "conda",      "mamba",
                                                    "micromamba", "neuron_parallel_compile"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_python(std::string_view name) {
    if (!name.starts_with("python")) return false;
    return name.find_first_not_of("0123456789.", std::string_view("python").size()) == std::string_view::npos;
}

/// The step may start in any directory, so that a relative name is the file's if the file ends with it.
bool names_file(std::string_view word, const std::string& file) {
    if (word.empty() || file.empty()) return false;
    const std::string said = std::filesystem::path(word).lexically_normal().string();
    const std::string known = std::filesystem::path(file).lexically_normal().string();
    if (said.starts_with('/')) return said == known;
    return known == said || known.ends_with('/' + said);
}

struct Found {
    Command command;
    Words arguments;  // of a launcher
};

/// The words after `python`.
Found of_python(Words words, const plan::Entry& entry) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        const Words rest = words.subspan(i + 1);
        if (word == "-W" || word == "-X") {
            ++i;
            continue;
        }
        if (word.starts_with("-m")) {
            const bool joined = word.size() > 2;
            if (!joined && rest.empty()) break;
            const std::string_view module = joined ? word.substr(2) : std::string_view(rest.front());
            if (is_one_of(launcher_modules, module)) return {Command::launcher, joined ? rest : rest.subspan(1)};
            if (!entry.module.empty() && module == entry.module) return {Command::own, {}};
            break;
        }
        if (word.starts_with('-') && word.size() > 1 && word != "-c") continue;
        const bool is_launcher =
            is_one_of(launchers, base_name(word)) ||
            std::ranges::any_of(launcher_files, [&](std::string_view file) { return word.ends_with(file); });
        if (is_launcher) return {Command::launcher, rest};
        if (names_file(word, entry.program)) return {Command::own, {}};
        break;
    }
    return {Command::script, {}};
}

/// Nothing: the word alone does not say.
std::optional<Found> of_word(Words words, const plan::Entry& entry) {
    const std::string_view word = words.front();
    const std::string_view name = base_name(word);
    const Words rest = words.subspan(1);
    if (is_one_of(launchers, name)) return Found{Command::launcher, rest};
    if (name == "accelerate" && !rest.empty() && rest.front() == "launch")
        return Found{Command::launcher, rest.subspan(1)};
    if (is_python(name)) return of_python(rest, entry);
    if (names_file(word, entry.program)) return Found{Command::own, {}};
    return std::nullopt;
}

Found command_in(Words words, const plan::Entry& entry) {
    if (words.empty()) return {Command::hidden, {}};
    if (const auto found = of_word(words, entry)) return *found;
    const std::string_view name = base_name(words.front());
    if (is_one_of(tools, name)) return {Command::helper, {}};
    if (!is_one_of(wrappers, name)) return {name.ends_with(".py") ? Command::script : Command::hidden, {}};
    for (std::size_t i = 1; i < words.size(); ++i)
        if (const auto found = of_word(words.subspan(i), entry)) return *found;
    return {Command::hidden, {}};
}

/// Scripts may make the world themselves: of one torchrun per node, each in a step of its own, or of one per task.
bool says_other_world(Words arguments, std::uint32_t nodes) {
    constexpr std::array<std::string_view, 4> options{"--nnodes", "--num_machines", "--num-machines", "--num_nodes"};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (!word.starts_with("--")) {
            const std::string_view before = i > 0 ? std::string_view(arguments[i - 1]) : "";
            if (before.starts_with('-') && before.find('=') == std::string_view::npos) continue;  // an option's value
            return false;  // the program: what follows is its own
        }
        if (word == "--standalone") return true;
        const std::size_t equals = word.find('=');
        if (!is_one_of(options, word.substr(0, equals))) continue;
        std::string_view value;
        if (equals != std::string_view::npos)
            value = word.substr(equals + 1);
        else if (i + 1 < arguments.size())
            value = arguments[i + 1];
        return slurm_text::parse_number<std::uint32_t>(value) != nodes;
    }
    return false;
}

}  // namespace

void read_command(const plan::LaunchPlan& plan, const std::vector<std::string>& words, Facts& facts) {
    const Found found = command_in(words, entry_of(plan, facts));
    facts.command = found.command;
    facts.own_world = found.command == Command::launcher && says_other_world(found.arguments, facts.node_count);
}

}  // namespace recipe::node
