// SPDX-License-Identifier: Apache-2.0
// The Slurm options that a plan fills in.
#include "planner/slurm/options_to_set.hpp"

#include "diagnostic/codes/submit.hpp"
#include "planner/slurm/slurm_options.hpp"
#include "slurm_text/lists.hpp"
#include "slurm_text/time_limit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

using config::Value;

/// Keys of the recipe that HyperPod's launcher hands to sbatch as they are, and the option each becomes.
struct PassedKey {
    std::string_view key;
    std::string_view option;
};
constexpr std::array passed_keys{
    PassedKey{"cluster.account", "account"},           PassedKey{"cluster.array", "array"},
    PassedKey{"cluster.comment", "comment"},           PassedKey{"cluster.constraint", "constraint"},
    PassedKey{"cluster.cpus_per_gpu", "cpus-per-gpu"}, PassedKey{"cluster.cpus_per_task", "cpus-per-task"},
    PassedKey{"cluster.exclude", "exclude"},           PassedKey{"cluster.mem", "mem"},
    PassedKey{"cluster.mem_per_cpu", "mem-per-cpu"},   PassedKey{"cluster.mem_per_gpu", "mem-per-gpu"},
    PassedKey{"cluster.partition", "partition"},       PassedKey{"cluster.qos", "qos"},
    PassedKey{"recipes.run.dependency", "dependency"}, PassedKey{"training_cfg.run.dependency", "dependency"},
};
constexpr std::array passed_gpu_keys{
    PassedKey{"cluster.gpus_per_node", "gpus-per-node"},
    PassedKey{"cluster.gpus_per_task", "gpus-per-task"},
    PassedKey{"cluster.gres", "gres"},
    PassedKey{"cluster.num_gpus", "gpus"},
};
constexpr std::array memory_options{"mem", "mem-per-cpu", "mem-per-gpu"};
constexpr std::array sharing_options{"exclusive", "oversubscribe"};

const Value* given(const Value& root, std::string_view key) {
    const Value* value = root.at(key);
    return value != nullptr && !value->is_null() ? value : nullptr;
}

/// A bare number under `cluster.mem` is GB; 0 means all of the node's memory, to the launcher as to Slurm.
std::string option_text(std::string_view option, const Value& value) {
    std::string text = config::to_python_text(value);
    if (option.starts_with("mem") && value.as_int().value_or(0) > 0) text += 'G';
    return text;
}

/// `value` with the count of its one GPU item replaced; nothing when it has none or several.
std::optional<std::string> with_count(std::string_view value, std::string_view prefix, std::int64_t count) {
    std::vector<std::string> items;
    int replaced = 0;
    for (const std::string_view part : slurm_text::split(value, slurm_text::EmptyItems::kept)) {
        std::string& item = items.emplace_back(part);
        if (!slurm_text::gres_count(item, prefix)) continue;
        const std::size_t digits = item.find_last_not_of("0123456789");
        const bool has_count = digits == std::string::npos || digits + 1 < item.size();
        if (has_count)
            item.erase(digits == std::string::npos ? 0 : digits + 1);
        else
            item += ':';
        item += std::to_string(count);
        ++replaced;
    }
    if (replaced != 1) return std::nullopt;
    return fmt::format("{}", fmt::join(items, ","));
}

class Filler {
public:
    Filler(const SubmitRequest& request, const Value& root, const Checked& checked, const Job& job)
        : request_(request),
          root_(root),
          layout_(checked.result.layout),
          forced_(checked.forced),
          job_(job),
          tasks_per_node_(plan::tasks_per_node(job.launcher, layout_)),
          step_(request.tool == Tool::srun_in_job) {}

    Expected<std::vector<OptionToSet>> run() {
        set_if_other("nodes", layout_.nodes);
        tasks();
        if (!step_) {
            passed();
            forced();
            gpus();
            sharing();
            time_limit();
            if (!is_set("job-name") && !job_.resources.job_name.empty()) set("job-name", job_.resources.job_name);
            if (request_.tool == Tool::sbatch) logs();
        }
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        return std::move(options_);
    }

private:
    bool is_set(std::string_view name) const { return find_option(request_, name) != nullptr; }
    bool is_set_or_filled(std::string_view name) const {
        return is_set(name) ||
               std::ranges::any_of(options_, [&](const OptionToSet& option) { return option.name == name; });
    }
    void set(std::string_view name, std::string value) { options_.push_back({std::string(name), std::move(value)}); }

    /// Accounting shows it, and whoever reads the job's record.
    void forced() {
        if (forced_.empty() || is_set_or_filled("comment")) return;
        set("comment", fmt::format("recipe-force: {}", fmt::join(forced_, ",")));
    }

    void set_if_other(std::string_view name, std::int64_t number) {
        const SlurmOption* option = find_option(request_, name);
        const std::string text = std::to_string(number);
        if (option == nullptr || (option->value != text && option->value != text + '-' + text)) set(name, text);
    }

    void tasks() {
        const bool per_gpu = is_set("ntasks-per-gpu");  // Slurm takes no --ntasks-per-node beside it
        const bool total_given = is_set("ntasks");
        if (total_given || per_gpu || is_set("ntasks-per-node")) {
            follow_devices();
            if (per_gpu && !total_given && (request_.tool == Tool::srun || step_)) set("ntasks", tasks_in_all());
            return;
        }
        set("ntasks-per-node", std::to_string(tasks_per_node_));
        // srun derives its number of tasks from -N before plugins can set options; sbatch and salloc leave it to
        // slurmctld.
        if (request_.tool == Tool::srun || step_) set("ntasks", tasks_in_all());
    }

    std::string tasks_in_all() const {
        const std::int64_t on_a_node = is_set("ntasks-per-gpu") ? layout_.devices_per_node : tasks_per_node_;
        return std::to_string(layout_.nodes * on_a_node);
    }

    /// A stronger --recipe-set changed the devices that have a task each: what a weaker place spelled has to follow.
    void follow_devices() {
        if (job_.launcher != plan::Launcher::direct) return;
        const auto per_node = count_of(request_, "ntasks-per-node");
        const auto in_all = count_of(request_, "ntasks");
        if (per_node && *per_node != tasks_per_node_) set("ntasks-per-node", std::to_string(tasks_per_node_));
        if (in_all && *in_all != layout_.nodes * tasks_per_node_) set("ntasks", tasks_in_all());
    }

    void passed() {
        for (const auto& [key, option] : passed_keys) {
            const Value* value = given(root_, key);
            if (value == nullptr || is_set(option)) continue;
            if (option == "array" && request_.tool != Tool::sbatch) continue;
            if (option.starts_with("mem") &&
                std::ranges::any_of(memory_options, [&](auto name) { return is_set(name); }))
                continue;
            set(option, option_text(option, *value));
        }
    }

    void gpus() {
        if (spells_gpus(request_)) return correct_gpus();
        bool recipe_spells = false;
        for (const auto& [key, option] : passed_gpu_keys) {
            const Value* value = given(root_, key);
            if (value == nullptr) continue;
            set(option, option_text(option, *value));
            recipe_spells = true;
        }
        if (!recipe_spells && job_.resources.request_gpus)
            set("gpus-per-node", std::to_string(layout_.devices_per_node));
    }

    /// A stronger --recipe-set changed the devices: what the user spelled in a weaker place has to follow.
    void correct_gpus() {
        if (job_.resources.device == plan::Device::cpu) return;
        for (const GpuRequest& requested : gpu_requests(request_, layout_.nodes, tasks_per_node_)) {
            const std::int64_t devices = layout_.devices_per_node;
            if (!requested.uneven && requested.devices_per_node == devices) continue;
            const std::string& name = requested.option->name;
            const std::int64_t number = name == "gpus" ? devices * layout_.nodes
                                        : name == "gpus-per-task"
                                            ? devices / tasks_on_a_node(request_, layout_.nodes, tasks_per_node_)
                                            : devices;
            if (const auto value = with_count(requested.option->value, name == "gres" ? "gpu" : "", number))
                set(name, *value);
            else
                problems_.push_back(
                    {.code = codes::submit.gpus,
                     .key = "trainer.devices",
                     .source = {.name = requested.option->spelling},
                     .message = fmt::format("{} asks for {} devices per node, the recipe for {}",
                                            requested.option->spelling, requested.devices_per_node, devices)});
        }
    }

    void sharing() {
        const bool said = std::ranges::any_of(sharing_options, [&](auto name) { return is_set(name); });
        if (job_.resources.exclusive && !said) {
            set("exclusive", "exclusive");
            // An exclusive job has all CPUs of its nodes, but of their memory only what it asks for.
            if (std::ranges::none_of(memory_options, [&](auto name) { return is_set_or_filled(name); }))
                set("mem", "0");
        }
        const bool shares_cpus = job_.resources.device == plan::Device::cpu && !job_.resources.exclusive;
        if (shares_cpus && job_.launcher == plan::Launcher::torchrun && !is_set_or_filled("cpus-per-task"))
            set("cpus-per-task", std::to_string(layout_.devices_per_node));
    }

    void time_limit() {
        const SlurmOption* option = find_option(request_, "time");
        const auto said = option != nullptr ? slurm_text::parse_time_limit(option->value) : std::nullopt;
        if (!job_.resources.time_limit) {
            if (said && *said) set("time", "UNLIMITED");  // a stronger --recipe-set took the limit away
            return;
        }
        if (said && *said == job_.resources.time_limit) return;
        set("time", slurm_text::format_time_limit(*job_.resources.time_limit));
    }

    void logs() {
        // A '%' of a path is not one of Slurm's patterns.
        std::string stem = job_.results_dir + "/log-";
        for (const char c : job_.resources.job_name) stem += c == '/' ? '_' : c;
        for (std::size_t at = 0; (at = stem.find('%', at)) != std::string::npos; at += 2) stem.insert(at, 1, '%');
        const std::string pattern = is_set_or_filled("array") ? "_%A_%a" : "_%j";
        if (!is_set("output")) set("output", stem + pattern + ".out");
        const Value* together = given(root_, "cluster.stderr_to_stdout");
        if (together != nullptr && together->as_bool() == false && !is_set("error"))
            set("error", stem + pattern + ".err");
    }

    const SubmitRequest& request_;
    const Value& root_;
    const validate::Layout& layout_;
    const std::vector<std::string>& forced_;
    const Job& job_;
    const std::int64_t tasks_per_node_;
    const bool step_;
    std::vector<OptionToSet> options_;
    Diagnostics problems_;
};

}  // namespace

Expected<std::vector<OptionToSet>> options_to_set(const SubmitRequest& request, const Value& root,
                                                  const Checked& checked, const Job& job) {
    return Filler(request, root, checked, job).run();
}

}  // namespace recipe::planner
