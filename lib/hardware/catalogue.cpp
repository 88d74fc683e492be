// SPDX-License-Identifier: Apache-2.0
// Looks up instance types and accelerators.
#include "hardware/catalogue_file.hpp"

#include "config/yaml/yaml.hpp"
#include "diagnostic/codes/tools.hpp"
#include "hardware/hardware.hpp"

#include <fnmatch.h>
#include <algorithm>
#include <utility>

namespace recipe::hardware {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    // Not std::tolower: the names are ASCII and the user's locale must not matter.
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

}  // namespace

std::string canonical_instance_name(std::string_view name) {
    std::string canonical = lower(name);
    // SageMaker's prefix for the same machines.
    if (canonical.starts_with("ml.")) canonical.erase(0, 3);
    return canonical;
}

std::string compute_capability_text(int compute_capability) {
    return std::to_string(compute_capability / 10) + '.' + std::to_string(compute_capability % 10);
}

Expected<Catalogue> Catalogue::load(const std::vector<std::filesystem::path>& files) {
    Catalogue catalogue;
    Diagnostics problems;
    std::map<std::string, config::Position, std::less<>> places;
    for (const std::filesystem::path& file : files) {
        Expected<config::Value> document = config::load_yaml(file);
        if (!document) {
            append(problems, std::move(document.error()));
            continue;
        }
        append(problems, merge_file(*document, file.string(),
                                    {catalogue.accelerators_, catalogue.instances_, catalogue.profiles_, places}));
    }
    for (const auto& [name, instance] : catalogue.instances_) {
        if (catalogue.accelerators_.contains(instance.accelerator)) continue;
        problems.push_back({.code = codes::hardware.file,
                            .key = "instance_types." + name,
                            .source = places[name].source(),
                            .message = "no hardware file has the accelerator " + instance.accelerator + " of " + name});
    }
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    return catalogue;
}

const InstanceType* Catalogue::instance(std::string_view name) const {
    const auto found = instances_.find(canonical_instance_name(name));
    return found == instances_.end() ? nullptr : &found->second;
}

const Accelerator* Catalogue::accelerator(std::string_view model) const {
    const auto found = accelerators_.find(lower(model));
    return found == accelerators_.end() ? nullptr : &found->second;
}

std::vector<std::pair<std::string, std::string>> Catalogue::environment_of(const InstanceType& instance) const {
    std::vector<std::pair<std::string, std::string>> environment;
    const auto is_of = [&](const std::string& pattern) {
        return fnmatch(pattern.c_str(), instance.name.c_str(), 0) == 0;
    };
    for (const auto& [name, profile] : profiles_) {
        if ((profile.efa && instance.efa_devices == 0) || std::ranges::none_of(profile.instance_types, is_of)) continue;
        for (const auto& variable : profile.environment)
            if (std::ranges::count(environment, variable.first, &std::pair<std::string, std::string>::first) == 0)
                environment.push_back(variable);
    }
    return environment;
}

std::vector<std::string> Catalogue::instance_names() const {
    std::vector<std::string> names;
    names.reserve(instances_.size());
    for (const auto& [name, instance] : instances_) names.push_back(name);
    return names;
}

std::vector<std::string> Catalogue::accelerator_models() const {
    std::vector<std::string> models;
    models.reserve(accelerators_.size());
    for (const auto& [model, accelerator] : accelerators_) models.push_back(model);
    return models;
}

}  // namespace recipe::hardware
