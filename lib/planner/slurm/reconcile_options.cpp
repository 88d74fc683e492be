// SPDX-License-Identifier: Apache-2.0
// Holds Slurm options against the --recipe-sets of the same job.
#include "planner/slurm/reconcile_options.hpp"

#include "diagnostic/codes/submit.hpp"
#include "planner/keys.hpp"
#include "planner/slurm/slurm_options.hpp"
#include "slurm_text/shown_text.hpp"
#include "slurm_text/time_limit.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::planner {
namespace {

using config::Override;
using config::Resolved;
using config::Value;

/// The strongest --recipe-set that touched a key.
struct Touch {
    Level level;
    const Override* override;
};

std::optional<Touch> touch_of(const std::string& key, const std::vector<LeveledOverride>& given,
                              const Resolved& resolved) {
    std::optional<Touch> strongest;
    for (const config::AppliedOverride& applied : resolved.overrides) {
        if (applied.key != key || applied.index >= given.size()) continue;
        const LeveledOverride& by = given[applied.index];
        if (by.level && (!strongest || *by.level >= strongest->level)) strongest = Touch{*by.level, &by.override};
    }
    return strongest;
}

/// `key` as the user would type it.
Diagnostic conflict(const SlurmOption& option, const Touch& touch, const std::string& key,
                    std::string_view slurm_value) {
    return {.code = codes::submit.conflict,
            .key = key,
            .source = {.name = option.spelling},
            .message = fmt::format("{} and {} ({}) are two spellings of one setting and disagree", option.spelling,
                                   touch.override->text, touch.override->name),
            .fix = fmt::format("leave one of them out, or say --recipe-set={}={}", key, slurm_value)};
}

/// Collects what wins, setting by setting.
class Reconciler {
public:
    Reconciler(const SubmitRequest& request, const std::vector<LeveledOverride>& given, const Resolved& resolved)
        : request_(request), given_(given), resolved_(resolved) {}

    Expected<std::vector<Override>> run(Diagnostics& notes) {
        nodes();
        devices();
        time_limit();
        if (has_errors(problems_)) return std::unexpected(std::move(problems_));
        append(notes, std::move(problems_));
        return std::move(overrides_);
    }

private:
    /// Decides between a Slurm option and a key whose value differs. True when the option wins.
    bool option_wins(const SlurmOption& option, const std::string& key, std::string_view slurm_value,
                     std::string_view override_value) {
        const auto touch = touch_of(key, given_, resolved_);
        if (touch && touch->level > option.level) {
            trace::info([&] { return fmt::format("{} wins over {}", touch->override->name, option.spelling); });
            return false;
        }
        if (touch && touch->level == option.level) {
            problems_.push_back(conflict(option, *touch, config::typed_key(resolved_.root, key), slurm_value));
            return false;
        }
        trace::info([&] {
            return fmt::format(
                "{} wins over {}", option.spelling,
                touch ? touch->override->name : "the recipe's " + config::typed_key(resolved_.root, key));
        });
        overrides_.push_back({fmt::format("++{}={}", key, override_value), option.spelling});
        return true;
    }

    std::int64_t int_at(const std::string& key, std::int64_t otherwise) const {
        const Value* value = resolved_.root.at(key);
        return value != nullptr ? value->as_int().value_or(otherwise) : otherwise;
    }

    bool differs(const std::string& key, std::int64_t number) const {
        const Value* value = resolved_.root.at(key);
        return value == nullptr || value->as_int() != number;
    }

    void nodes() {
        const std::string key = nodes_key(resolved_.root);
        nodes_ = int_at(key, 1);
        if (const SlurmOption* option = find_option(request_, "nodes")) {
            const auto requested = node_count(option);
            if (!requested) return append(problems_, requested.error());
            wanted_nodes(key, *option, **requested);
        } else if (const auto implied = nodes_of_tasks(request_)) {
            wanted_nodes(key, implied->by, implied->nodes);
        }
        listed_nodes(key);
    }

    void wanted_nodes(const std::string& key, const SlurmOption& option, std::int64_t nodes) {
        if (!differs(key, nodes)) return;
        const std::string number = std::to_string(nodes);
        if (option_wins(option, key, number, number)) nodes_ = nodes;
    }

    /// Slurm gives a job all nodes of its list, and others beside them where it asks for more.
    void listed_nodes(const std::string& key) {
        const SlurmOption* list = find_option(request_, "nodelist");
        const std::int64_t listed = request_.listed_nodes.value_or(0);
        if (list == nullptr || nodes_ >= listed) return;
        // Who asks for fewer, as strongly as the list does.
        const SlurmOption* nodes = find_option(request_, "nodes");
        const auto touch = touch_of(key, given_, resolved_);
        std::string rival;
        if (nodes != nullptr && nodes->level >= list->level)
            rival = nodes->spelling;
        else if (touch && touch->level >= list->level)
            rival = fmt::format("{} ({})", touch->override->text, touch->override->name);
        else
            return wanted_nodes(key, *list, listed);
        problems_.push_back(
            {.code = codes::submit.conflict,
             .key = config::typed_key(resolved_.root, key),
             .source = {.name = list->spelling},
             .message = fmt::format("{} lists {} nodes, of which a job gets every one, and {} asks for {}",
                                    list->spelling, listed, rival, nodes_),
             .fix = nodes != nullptr
                        ? fmt::format("-N {}", listed)
                        : fmt::format("--recipe-set={}={}", config::typed_key(resolved_.root, key), listed)});
    }

    void devices() {
        const Value* accelerator = resolved_.root.at("recipes.trainer.accelerator");
        if (accelerator != nullptr && accelerator->as_string() != nullptr && *accelerator->as_string() == "cpu")
            return enough_tasks();
        const bool direct = launcher_of(resolved_.root) == plan::Launcher::direct;
        const SlurmOption* tasks = find_option(request_, "ntasks-per-node");
        const auto task_count = tasks != nullptr ? slurm_text::gres_count(tasks->value, "") : std::nullopt;
        std::vector<GpuRequest> slurm_overrides = gpu_requests(request_, std::max<std::int64_t>(nodes_, 1), 1);
        if (direct && task_count) slurm_overrides.push_back({*task_count, tasks});
        if (const auto all = devices_of_tasks(direct)) slurm_overrides.push_back(*all);
        std::ranges::stable_sort(slurm_overrides, std::ranges::greater{},
                                 [](const GpuRequest& requested) { return requested.option->level; });
        const std::string key = devices_key(resolved_.root);
        devices_ = int_at(key, 1);
        if (!slurm_overrides.empty()) one_device_request(key, slurm_overrides);
        // Copied out: g++ looks into an empty optional before it asks whether it is one, which valgrind reports.
        const std::int64_t asked = task_count.value_or(1);
        if (!direct && one_task_has_all_gpus() && asked != 1 && asked != devices_) wrong_task_count(*tasks);
        tasks_of_devices();
        enough_tasks();
    }

    /// What -n says of a node's devices: with a task for each, or with --ntasks-per-gpu.
    std::optional<GpuRequest> devices_of_tasks(bool direct) const {
        const SlurmOption* tasks = find_option(request_, "ntasks");
        const auto count = count_of(request_, "ntasks");
        const bool per_gpu_given = find_option(request_, "ntasks-per-gpu") != nullptr;
        const std::int64_t per_gpu = std::max<std::int64_t>(count_of(request_, "ntasks-per-gpu").value_or(1), 1);
        if (!count || (!direct && !per_gpu_given)) return std::nullopt;
        if (!per_gpu_given && find_option(request_, "ntasks-per-node") != nullptr) return std::nullopt;
        const std::int64_t of_a_step = per_gpu * std::max<std::int64_t>(nodes_, 1);
        if (*count < of_a_step) return std::nullopt;  // too few; enough_tasks says so
        return GpuRequest{.devices_per_node = *count / of_a_step, .option = tasks, .uneven = *count % of_a_step != 0};
    }

    /// Our own script starts its tasks as the recipe says. A script of the user's own may start other steps than the
    /// options say, and of a step that srun starts its command tells more: see node::tasks_problem().
    void of_a_script(Diagnostic problem) {
        if (request_.tool == Tool::srun || request_.tool == Tool::srun_in_job) return;
        if (!request_.needs_entry) problem.severity = Severity::warning;
        problems_.push_back(std::move(problem));
    }

    /// A process for each device is what both launchers come to.
    void tasks_of_devices() {
        const SlurmOption* per_gpu = find_option(request_, "ntasks-per-gpu");
        const auto count = count_of(request_, "ntasks-per-gpu");
        if (per_gpu == nullptr || !count || *count == 1) return;
        of_a_script({.code = codes::submit.tasks_per_node,
                     .key = "launch.launcher",
                     .source = {.name = per_gpu->spelling},
                     .message = fmt::format("each of the {} devices of a node has one process; {} would start "
                                            "{} for each",
                                            devices_, per_gpu->spelling, *count),
                     .fix = "--ntasks-per-gpu=1"});
    }

    /// Slurm starts at least one task on each node, and would take nodes away from the job.
    void enough_tasks() {
        const SlurmOption* tasks = find_option(request_, "ntasks");
        const auto count = count_of(request_, "ntasks");
        if (!count || *count >= nodes_ || has_errors(problems_)) return;
        const std::string key = config::typed_key(resolved_.root, nodes_key(resolved_.root));
        problems_.push_back({.code = codes::submit.conflict,
                             .key = key,
                             .source = {.name = tasks->spelling},
                             .message = fmt::format("{} starts {} on the {} of {}={}, and each node takes one at least",
                                                    tasks->spelling, slurm_text::counted(*count, "task"),
                                                    slurm_text::counted(nodes_, "node"), key, nodes_),
                             .fix = fmt::format("leave {} out", tasks->spelling)});
    }

    void one_device_request(const std::string& key, const std::vector<GpuRequest>& slurm_overrides) {
        const GpuRequest& first = slurm_overrides.front();
        if (first.uneven) return uneven(key, first);
        for (const GpuRequest& other : slurm_overrides) {
            if (other.option->level != first.option->level || other.devices_per_node == first.devices_per_node)
                continue;
            problems_.push_back(
                {.code = codes::submit.conflict,
                 .key = "trainer.devices",
                 .source = {.name = first.option->spelling},
                 .message = fmt::format("{} means {} devices per node and {} means {}", first.option->spelling,
                                        first.devices_per_node, other.option->spelling, other.devices_per_node),
                 .fix = "leave one of them out"});
            return;
        }
        if (!differs(key, first.devices_per_node)) return;
        const std::string number = std::to_string(first.devices_per_node);
        if (option_wins(*first.option, key, number, number)) devices_ = first.devices_per_node;
    }

    void uneven(const std::string& key, const GpuRequest& requested) {
        const auto touch = touch_of(key, given_, resolved_);
        if (touch && touch->level > requested.option->level) return;
        const bool of_tasks = requested.option->name == "ntasks";
        problems_.push_back(
            {.code = codes::submit.gpus,
             .key = "trainer.devices",
             .source = {.name = requested.option->spelling},
             .message = fmt::format("{} {} cannot be spread evenly over {} nodes", requested.option->value,
                                    of_tasks ? "tasks" : "GPUs", nodes_),
             .fix = fmt::format("{} {}", of_tasks ? "-n" : "-G", (requested.devices_per_node + 1) * nodes_)});
    }

    /// torchrun's one task per node must have the node's GPUs, and Slurm would give it the share of one task. False: it
    /// is told of that, and of the number of tasks with it.
    bool one_task_has_all_gpus() {
        const SlurmOption* per_task = find_option(request_, "gpus-per-task");
        const std::int64_t tasks = tasks_on_a_node(request_, std::max<std::int64_t>(nodes_, 1), 1);
        if (per_task == nullptr || tasks == 1) return true;
        if (!request_.needs_entry && tasks == devices_)
            return true;  // a task for each device, as python train.py wants it
        of_a_script(
            {.code = codes::submit.gpus,
             .key = "trainer.devices",
             .source = {.name = per_task->spelling},
             .message = fmt::format("torchrun is one task per node and needs all {} GPUs of it; {} would give it "
                                    "the GPUs of one task of several",
                                    devices_, per_task->spelling),
             .fix = fmt::format("--gpus-per-node={}", devices_)});
        return false;
    }

    void wrong_task_count(const SlurmOption& tasks) {
        of_a_script(
            {.code = codes::submit.tasks_per_node,
             .key = "launch.launcher",
             .source = {.name = tasks.spelling},
             .message = fmt::format("torchrun is started once per node and makes the {} processes itself; {} is "
                                    "neither 1 nor that number",
                                    devices_, tasks.spelling),
             .fix = "--ntasks-per-node=1"});
    }

    void time_limit() {
        const SlurmOption* option = find_option(request_, "time");
        if (option == nullptr) return;
        const auto requested = slurm_text::parse_time_limit(option->value);
        if (!requested) return;  // Slurm has its own word on it
        const std::string key = time_limit_key(resolved_.root);
        const Value* value = resolved_.root.at(key);
        const auto said = value != nullptr && !value->is_null() ? time_limit_of(*value) : std::nullopt;
        if (said && *said == *requested) return;
        const std::string text = *requested ? slurm_text::format_time_limit(**requested) : "UNLIMITED";
        option_wins(*option, key, text, "'" + text + "'");
    }

    const SubmitRequest& request_;
    const std::vector<LeveledOverride>& given_;
    const Resolved& resolved_;
    std::vector<Override> overrides_;
    Diagnostics problems_;
    std::int64_t nodes_ = 1;
    std::int64_t devices_ = 1;
};

}  // namespace

std::vector<LeveledOverride> overrides_of(const SubmitRequest& request) {
    std::vector<LeveledOverride> overrides;
    for (const std::string& text : request.inherited_overrides)
        overrides.push_back({{text, std::string(inherited_name)}, std::nullopt});
    std::size_t number = 0;
    for (const RecipeSet& set : request.sets) {
        ++number;
        overrides.push_back(
            {{set.text, set.name.empty() ? fmt::format("--recipe-set {}", number) : set.name}, set.level});
    }
    return overrides;
}

Expected<std::vector<Override>> reconcile_options(const SubmitRequest& request,
                                                  const std::vector<LeveledOverride>& given, const Resolved& resolved,
                                                  Diagnostics& notes) {
    return Reconciler(request, given, resolved).run(notes);
}

std::vector<std::string> typed_variables(const std::vector<LeveledOverride>& given, const Resolved& resolved) {
    constexpr std::string_view root = "env_vars.";
    std::vector<std::string> names;
    for (const config::AppliedOverride& applied : resolved.overrides) {
        const bool typed = applied.index < given.size() && given[applied.index].level == Level::command_line;
        if (typed && applied.key.starts_with(root)) names.push_back(applied.key.substr(root.size()));
    }
    return names;
}

}  // namespace recipe::planner
