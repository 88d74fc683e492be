// SPDX-License-Identifier: Apache-2.0
// Which recipes a name may mean that none has. Internal to lib/config.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace recipe::config {

/// The recipes (paths under recipes/) whose names are nearest to one that is mistyped; else those that have its words,
/// best first, whatever their case and whatever stands between them: "meta-llama/Llama-3.2-1B" and "qwen3 8b" have
/// words and numbers. A recipe of which only the base name is near is named by that alone.
struct LikeRecipes {
    std::vector<std::string> names;
    bool by_spelling = false;  // so that the first is likely meant
};
[[nodiscard]] LikeRecipes recipes_like(std::string_view name, const std::vector<std::string>& recipes,
                                       std::size_t limit = 3);

}  // namespace recipe::config
