// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace recipe::job_submit {

/// The parts of a comma-separated list that are not empty.
[[nodiscard]] inline std::vector<std::string_view> words_of(std::string_view list) {
    std::vector<std::string_view> words;
    while (!list.empty()) {
        const std::string_view word = list.substr(0, list.find(','));
        if (!word.empty()) words.push_back(word);
        list.remove_prefix(word.size() < list.size() ? word.size() + 1 : list.size());
    }
    return words;
}

}  // namespace recipe::job_submit
