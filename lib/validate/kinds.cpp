// SPDX-License-Identifier: Apache-2.0
// The kinds of the keys that are acted on: a value of another kind would be dropped without a word.
#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/model.hpp"
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace recipe::validate {
namespace {

using config::Value;

/// What a kind takes, and how one is written.
struct Kind {
    bool (*takes)(const Value&);
    std::string_view form;
};

bool is_text(const Value& value) {
    return value.is_string() || value.as_integer() != nullptr;
}

std::string_view text_of(const Value& value) {
    return value.as_string() != nullptr ? std::string_view(*value.as_string()) : std::string_view();
}

std::optional<std::int64_t> int_of(const Value& value) {
    if (value.as_int()) return value.as_int();
    std::int64_t number = 0;
    const std::string_view text = text_of(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool is_count(const Value& value) {
    return int_of(value).value_or(0) > 0;
}

/// As sbatch(1), --mem: a number, with K, M, G or T.
bool is_memory(const Value& value) {
    if (const auto number = int_of(value)) return *number >= 0;
    const std::string_view text = text_of(value);
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    return digits > 0 && digits + 1 == text.size() && std::string_view("KMGTkmgt").contains(text.back());
}

/// "4", "a100:4", "a100:2,h100:2".
bool is_gpus(const Value& value) {
    return is_count(value) || text_of(value).contains(':');
}

bool is_list_of_texts(const Value& value) {
    return value.is_list() &&
           std::ranges::all_of(value.items(), [](const Value& item) { return item.is_null() || is_text(item); });
}

bool is_map(const Value& value) {
    return value.is_map();
}

bool is_flag(const Value& value) {
    return value.as_bool().has_value();
}

constexpr Kind a_text{is_text, "a text"};
constexpr Kind a_count{is_count, "a number above 0"};
constexpr Kind a_memory{is_memory, "GB per node or unit, such as 64, a text such as 64G, or 0 for all"};
constexpr Kind gpus{is_gpus, "a number of GPUs, or a text such as a100:4"};
constexpr Kind a_flag{is_flag, "true or false"};
constexpr Kind some_texts{is_list_of_texts, "a list of texts, such as [/a:/b]"};
constexpr Kind a_section{is_map, "a section of keys"};

/// Of which recipes a row is true. A program of one's own may have a text for its model; of `git` the planner judges
/// what it reads.
enum class Where : std::uint8_t { all, slurm, known_family, without_code };

struct Row {
    std::string_view path;  // from the root
    const Kind& kind;
    Where where = Where::all;
};

/// What another rule or the planner refuses by itself is not here: container, launch.*, cluster.srun_args, degrees.
constexpr std::array rows{
    Row{"base_results_dir", a_text},
    Row{"cluster_type", a_text},
    Row{"env_vars", a_section},
    Row{"git", a_section},
    Row{"git.branch", a_text, Where::without_code},
    Row{"git.commit", a_text, Where::without_code},
    Row{"git.entry_module", a_text, Where::without_code},
    Row{"git.entry_script", a_text, Where::without_code},
    Row{"git.token_file", a_text, Where::without_code},
    Row{"instance_type", a_text},
    Row{"launch", a_section},
    Row{"recipes.exp_manager", a_section},
    Row{"recipes.exp_manager.checkpoint_callback_params", a_section},
    Row{"recipes.exp_manager.checkpoint_dir", a_text},
    Row{"recipes.exp_manager.exp_dir", a_text},
    Row{"recipes.memory", a_section},
    Row{"recipes.model", a_section, Where::known_family},
    Row{"recipes.model.data", a_section, Where::known_family},
    Row{"recipes.run", a_section},
    Row{"recipes.run.name", a_text},
    Row{"recipes.run.results_dir", a_text},
    Row{"recipes.trainer", a_section},
    Row{"cluster", a_section, Where::slurm},
    Row{"cluster.account", a_text, Where::slurm},
    Row{"cluster.array", a_text, Where::slurm},
    Row{"cluster.comment", a_text, Where::slurm},
    Row{"cluster.constraint", a_text, Where::slurm},
    Row{"cluster.container_mounts", some_texts, Where::slurm},
    Row{"cluster.cpus_per_gpu", a_count, Where::slurm},
    Row{"cluster.cpus_per_task", a_count, Where::slurm},
    Row{"cluster.exclude", a_text, Where::slurm},
    Row{"cluster.exclusive", a_flag, Where::slurm},
    Row{"cluster.gpus_per_node", gpus, Where::slurm},
    Row{"cluster.gpus_per_task", gpus, Where::slurm},
    Row{"cluster.gres", a_text, Where::slurm},
    Row{"cluster.job_name_prefix", a_text, Where::slurm},
    Row{"cluster.mem", a_memory, Where::slurm},
    Row{"cluster.mem_per_cpu", a_memory, Where::slurm},
    Row{"cluster.mem_per_gpu", a_memory, Where::slurm},
    Row{"cluster.num_gpus", gpus, Where::slurm},
    Row{"cluster.partition", a_text, Where::slurm},
    Row{"cluster.qos", a_text, Where::slurm},
    Row{"cluster.stderr_to_stdout", a_flag, Where::slurm},
};

bool is_for_slurm(const Subject& s) {
    const Value* type = s.root.find("cluster_type");
    const std::string* name = type != nullptr ? type->as_string() : nullptr;
    return name == nullptr || *name == "slurm" || *name == "bcm";
}

/// "a" for [a] where a text is wanted, "[a]" for "a" where a list is, "True" for the text "yes".
std::string mended(const Kind& kind, const Value& value) {
    if (&kind == &a_text && value.is_list() && value.size() == 1 && is_text(value.items().front()))
        return config::to_python_text(value.items().front());
    if (&kind == &some_texts && value.is_string()) return fmt::format("[{}]", *value.as_string());
    if (&kind == &a_flag && value.is_string()) {
        std::string small = *value.as_string();
        std::ranges::transform(small, small.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (const std::string_view yes : {"true", "yes", "on", "1"})
            if (small == yes) return "True";
        for (const std::string_view no : {"false", "no", "off", "0"})
            if (small == no) return "False";
    }
    return {};
}

/// An override has it, and no file: those have lines.
bool was_typed(const Value& value) {
    return value.position().line == 0 && !value.position().source().empty();
}

std::string describe_fault(const Found& found, const Kind& kind) {
    if (found.value->is_null())
        return fmt::format("{} was set to null: whatever it held is gone, and all its keys are unset", found.key);
    return fmt::format("{} is {} `{}`; it takes {}", found.key, config::describe(found.value->kind()),
                       truncate(*found.value), kind.form);
}

bool always(const Subject&) {
    return true;
}

Findings wrong_kind(const Subject& s) {
    const bool slurm = is_for_slurm(s);
    const bool known = s.family.layout != family::Layout::none;
    const Value* repository = s.root.at("git.repo_url_or_path");
    const bool code = repository != nullptr && !repository->is_null();
    Findings findings;
    for (const Row& row : rows) {
        if ((row.where == Where::slurm && !slurm) || (row.where == Where::known_family && !known) ||
            (row.where == Where::without_code && code))
            continue;
        const Value* value = s.root.at(row.path);
        if (value == nullptr || row.kind.takes(*value)) continue;
        const bool section_gone =
            value->is_null() && &row.kind == &a_section && row.path != "env_vars" && was_typed(*value);
        if (value->is_null() && !section_gone) continue;
        const Found found{.path = std::string(row.path), .key = config::typed_key(s.root, row.path), .value = value};
        const std::string better = mended(row.kind, *value);
        findings.push_back({.at = found,
                            .message = describe_fault(found, row.kind),
                            .fix = better.empty() ? std::string() : s.set(found, better),
                            .severity = section_gone ? std::optional(Severity::warning) : std::nullopt});
    }
    return findings;
}

// --- additions that nobody reads -----------------------------------------------------------------------------------

constexpr std::array<std::string_view, 15> read_at_root{
    "base_results_dir", "cluster",          "cluster_type", "container",       "container_mounts",
    "entry_module",     "env_vars",         "git",          "hydra",           "launch",
    "recipes",          "slurm_docker_cfg", "training_cfg", "training_config", "instance_type"};

constexpr std::array<std::string_view, 9> read_of_run{"name",       "results_dir",    "time_limit",
                                                      "model_type", "nodes",          "ntasks_per_node",
                                                      "dependency", "dlio_benchmark", "base_results_dir"};

template <std::size_t size>
void find_unread(const Value& map, const std::string& prefix, const std::array<std::string_view, size>& read,
                 Findings& findings) {
    for (const config::Entry& entry : map.entries()) {
        const std::string* name = entry.key.as_string();
        if (name == nullptr || entry.value.is_map() || entry.value.is_null() || !was_typed(entry.value)) continue;
        if (std::ranges::find(read, *name) != read.end()) continue;
        const std::string key = prefix + *name;
        findings.push_back(
            {.at = {.path = key, .key = key, .value = &entry.value},
             .message = fmt::format("{} was added, and nothing of ours reads it", truncate(Value::string(key))),
             .fix = {}});
    }
}

/// Hydra lets one add what one wants, to be referred to by an interpolation; more often it is a misspelling.
Findings unread_addition(const Subject& s) {
    Findings findings;
    find_unread(s.root, "", read_at_root, findings);
    if (const Value* run = s.root.at("recipes.run"); run != nullptr && run->is_map())
        find_unread(*run, "run.", read_of_run, findings);
    return findings;
}

constexpr std::array<Rule, 2> table{{
    {codes::launch.kind, always, wrong_kind},
    {codes::model.unread, always, unread_addition},
}};

}  // namespace

std::span<const Rule> kinds_rules() {
    return table;
}

}  // namespace recipe::validate
