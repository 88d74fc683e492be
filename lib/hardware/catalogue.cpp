// SPDX-License-Identifier: Apache-2.0
// The hardware catalogue: what the build has made of etc/hardware.yaml, and a site's additions.
#include "config/yaml/yaml.hpp"
#include "hardware/catalogue_file.hpp"
#include "hardware/hardware.hpp"
#include "hardware/shipped.hpp"

#include <fnmatch.h>
#include <algorithm>
#include <utility>

namespace recipe::hardware {

std::string compute_capability_text(int compute_capability) {
    return std::to_string(compute_capability / 10) + '.' + std::to_string(compute_capability % 10);
}

bool computes_in_fp4(const Accelerator& accelerator) noexcept {
    return accelerator.compute_capability ? *accelerator.compute_capability >= 100 : accelerator.fp4;
}

Catalogue::Catalogue()
    : sections_{.kinds = {.installed = shipped_kinds, .of_site = {}},
                .accelerators = {.installed = shipped_accelerators, .of_site = {}},
                .instance_types = {.installed = shipped_instance_types, .of_site = {}},
                .profiles = {.installed = shipped_profiles, .of_site = {}},
                .texts = {}} {}

Expected<Catalogue> Catalogue::load(const std::vector<std::filesystem::path>& site_files) {
    Catalogue catalogue;
    Diagnostics problems;
    Merger merger(catalogue.sections_);
    for (const std::filesystem::path& file : site_files) {
        Expected<config::Value> document = config::load_yaml(file);
        append(problems, document ? merger.merge(*document, file.string()) : std::move(document.error()));
    }
    append(problems, merger.missing_accelerators());
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    return catalogue;
}

std::optional<std::int64_t> devices_of(std::string_view instance,
                                       const std::vector<std::filesystem::path>& site_files) {
    const Expected<Catalogue> catalogue = Catalogue::load(site_files);
    const InstanceType* found = catalogue ? catalogue->instance(instance) : nullptr;
    return found != nullptr ? std::optional<std::int64_t>(found->devices) : std::nullopt;
}

const InstanceType* Catalogue::instance(std::string_view name) const {
    return sections_.instance_types.find(canonical_instance_name(name));
}

const Accelerator* Catalogue::accelerator(std::string_view model) const {
    return sections_.accelerators.find(canonical_instance_name(model));
}

std::vector<const InstanceType*> Catalogue::instances() const {
    return sections_.instance_types.all();
}

std::vector<const Accelerator*> Catalogue::accelerators() const {
    return sections_.accelerators.all();
}

std::vector<const Kind*> Catalogue::kinds() const {
    return sections_.kinds.all();
}

const Kind& Catalogue::kind_of(const Accelerator& accelerator) const {
    // Files are refused whose accelerators are of no kind.
    return *sections_.kinds.find(accelerator.kind_name);
}

std::vector<std::string> Catalogue::instance_names() const {
    std::vector<std::string> names;
    for (const InstanceType* instance : instances()) names.emplace_back(instance->name);
    return names;
}

std::vector<const Profile*> Catalogue::profiles() const {
    return sections_.profiles.all();
}

std::vector<const Profile*> Catalogue::profiles_of(const InstanceType& instance) const {
    const std::string type(instance.name);
    const auto is_of = [&](std::string_view pattern) {
        return fnmatch(std::string(pattern).c_str(), type.c_str(), 0) == 0;
    };
    std::vector<const Profile*> fitting = profiles();
    std::erase_if(fitting, [&](const Profile* profile) {
        return (profile->efa && instance.efa_devices == 0) || std::ranges::none_of(profile->instance_types, is_of);
    });
    return fitting;
}

std::vector<std::pair<std::string, std::string>> Catalogue::environment_of(const InstanceType& instance) const {
    std::vector<std::pair<std::string, std::string>> environment;
    for (const Profile* profile : profiles_of(instance))
        for (const auto& [name, value] : profile->environment)
            if (std::ranges::count(environment, name, &std::pair<std::string, std::string>::first) == 0)
                environment.emplace_back(name, value);
    return environment;
}

}  // namespace recipe::hardware
