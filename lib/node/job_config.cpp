// SPDX-License-Identifier: Apache-2.0
// The configuration file and directories of one job.
#include "node/node.hpp"

#include <fmt/format.h>

namespace recipe::node {
namespace {

using config::Value;

/// `text` with the placeholder at its beginning replaced. Slashes may be doubled where a recipe joined paths.
std::string with_job_directory(const std::string& text, const std::string& results_dir, const std::string& directory) {
    constexpr std::string_view mark = "%j";
    if (!text.starts_with(results_dir)) return text;
    const std::size_t at = text.find_first_not_of('/', results_dir.size());
    if (at == std::string::npos || at == results_dir.size() || text.compare(at, mark.size(), mark) != 0) return text;
    const std::string rest = text.substr(at + mark.size());
    return rest.empty() || rest.front() == '/' ? directory + rest : text;
}

Value with_job_directory(const Value& value, const std::string& results_dir, const std::string& directory) {
    if (const std::string* text = value.as_string())
        return Value::string(with_job_directory(*text, results_dir, directory));
    if (value.is_list()) {
        Value list = Value::list();
        for (const Value& item : value.items()) list.push_back(with_job_directory(item, results_dir, directory));
        return list;
    }
    if (!value.is_map()) return value;
    Value map = Value::map();
    for (const config::Entry& entry : value.entries())
        map.set(entry.key, with_job_directory(entry.value, results_dir, directory));
    return map;
}

}  // namespace

std::string job_directory(const plan::LaunchPlan& plan, const Facts& facts) {
    if (facts.array_job_id) return fmt::format("{}/{}_{}", plan.results_dir, *facts.array_job_id, facts.array_task_id);
    return fmt::format("{}/{}", plan.results_dir, facts.job_id);
}

std::optional<std::string> code_directory(const plan::LaunchPlan& plan, const Facts& facts) {
    if (!plan.code) return std::nullopt;
    return with_job_directory(plan::code_directory(plan.results_dir), plan.results_dir, job_directory(plan, facts));
}

plan::Entry entry_of(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::string directory = job_directory(plan, facts);
    plan::Entry entry = plan.entry;
    for (std::string* text : {&entry.program, &entry.directory})
        *text = with_job_directory(*text, plan.results_dir, directory);
    for (std::string& argument : entry.arguments) argument = with_job_directory(argument, plan.results_dir, directory);
    if (entry.config_arguments) {
        const std::string file = config_file(plan, facts);
        entry.arguments.insert(entry.arguments.begin(),
                               {"--config-path=" + directory, "--config-name=" + file.substr(file.rfind('/') + 1)});
    }
    return entry;
}

std::string config_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/recipe-{}.yaml", job_directory(plan, facts), plan.digest.substr(0, 12));
}

std::vector<std::string> written_directories(const plan::LaunchPlan& plan, const Facts& facts) {
    std::vector<std::string> directories;
    for (const std::string& directory : plan.written_directories)
        directories.push_back(with_job_directory(directory, plan.results_dir, job_directory(plan, facts)));
    return directories;
}

std::string report_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/environment-{}.txt", job_directory(plan, facts), facts.restart_count);
}

std::string manifest_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/manifest.json", job_directory(plan, facts));
}

std::string config_text(const plan::LaunchPlan& plan, const Facts& facts) {
    return config::to_yaml(with_job_directory(plan.config, plan.results_dir, job_directory(plan, facts)));
}

}  // namespace recipe::node
