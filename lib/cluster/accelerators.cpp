// SPDX-License-Identifier: Apache-2.0
// Finds a node's instance type by its devices.
#include "cluster/accelerators.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace recipe::cluster {
namespace {

using Words = std::vector<std::string>;

/// "nvidia_a100-sxm4-80gb" is nvidia, a100, sxm4, 80gb.
Words name_words(std::string_view text) {
    Words words(1);
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

/// "80" of a100-80 is "80gb" in the name that the driver gives.
bool has_word(const Words& words, const std::string& word) {
    return std::ranges::any_of(words, [&](const std::string& other) { return other == word || other == word + "gb"; });
}

bool has_all(const Words& words, const Words& wanted) {
    return std::ranges::all_of(wanted, [&](const std::string& word) { return has_word(words, word); });
}

}  // namespace

const hardware::Accelerator* accelerator_of_gres(const hardware::Catalogue& catalogue, std::string_view type) {
    if (type.empty()) return nullptr;
    if (const hardware::Accelerator* exact = catalogue.accelerator(type)) return exact;
    const Words words = name_words(type);
    const hardware::Accelerator* found = nullptr;
    for (const hardware::Accelerator* accelerator : catalogue.accelerators()) {
        if (!has_all(words, name_words(accelerator->model))) continue;
        if (found != nullptr) return nullptr;
        found = accelerator;
    }
    return found;
}

bool may_be(const hardware::Catalogue& catalogue, std::string_view gres_type, std::string_view model) {
    if (const hardware::Accelerator* accelerator = accelerator_of_gres(catalogue, gres_type))
        return accelerator->model == model;
    const Words words = name_words(gres_type);
    bool known = false;
    for (const hardware::Accelerator* other : catalogue.accelerators()) {
        const Words name = name_words(other->model);
        if (name.empty() || !has_word(words, name.front())) continue;
        if (other->model == model) return true;
        known = true;
    }
    return !known;
}

}  // namespace recipe::cluster
