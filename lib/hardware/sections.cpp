// SPDX-License-Identifier: Apache-2.0
// Looking up entries by name, and how names are spelt: what the catalogue and the generator of its constants share.
#include "hardware/hardware.hpp"

#include <algorithm>

namespace recipe::hardware {
namespace {

std::string_view name_of(const Kind& kind) {
    return kind.name;
}
std::string_view name_of(const Accelerator& accelerator) {
    return accelerator.model;
}
std::string_view name_of(const InstanceType& instance) {
    return instance.name;
}
std::string_view name_of(const Profile& profile) {
    return profile.name;
}

}  // namespace

template <class Entry>
const Entry* Section<Entry>::find(std::string_view name) const {
    if (const auto found = of_site.find(name); found != of_site.end()) return &found->second;
    const auto by_name = [](const Entry& entry) { return name_of(entry); };
    const auto found = std::ranges::lower_bound(installed, name, {}, by_name);
    return found != installed.end() && name_of(*found) == name ? &*found : nullptr;
}

template <class Entry>
std::vector<const Entry*> Section<Entry>::all() const {
    std::vector<const Entry*> entries;
    entries.reserve(installed.size() + of_site.size());
    for (const Entry& entry : installed)
        if (!of_site.contains(name_of(entry))) entries.push_back(&entry);
    for (const auto& [name, entry] : of_site) entries.push_back(&entry);
    std::ranges::sort(entries, {}, [](const Entry* entry) { return name_of(*entry); });
    return entries;
}

template struct Section<Kind>;
template struct Section<Accelerator>;
template struct Section<InstanceType>;
template struct Section<Profile>;

std::string canonical_instance_name(std::string_view name) {
    // Not std::tolower: the names are ASCII and the user's locale must not matter.
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    std::string canonical(name);
    std::ranges::transform(canonical, canonical.begin(), lower);
    // SageMaker's prefix for the same machines.
    if (canonical.starts_with("ml.")) canonical.erase(0, 3);
    return canonical;
}

}  // namespace recipe::hardware
