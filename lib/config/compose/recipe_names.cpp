// SPDX-License-Identifier: Apache-2.0
// Compares names of recipes by spelling and by words.
#include "config/compose/recipe_names.hpp"

#include "diagnostic/diagnostic.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <span>

namespace recipe::config {
namespace {

constexpr std::size_t max_name_bytes = 256;  // keeps the work bounded when the name is hostile
constexpr std::size_t shortest_telling_word = 3;

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lowered;
}

std::string_view base_of(std::string_view name) {
    return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

/// "Llama-3.2-1B" -> llama, 3, 2, 1, b
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    int before = 0;
    for (const char c : lower(text)) {
        const auto byte = static_cast<unsigned char>(c);
        const int kind = std::isdigit(byte) != 0 ? 1 : std::isalpha(byte) != 0 ? 2 : 0;
        if (kind != 0 && kind != before) words.emplace_back();
        if (kind != 0) words.back() += c;
        before = kind;
    }
    return words;
}

bool is_telling(const std::string& word) {
    return word.size() >= shortest_telling_word && std::isalpha(static_cast<unsigned char>(word.front())) != 0;
}

/// How well a recipe's words answer those asked for, 0: not at all. What follows one another in both counts more, so
/// that 3.2 1b is nearer to 3_2_1b than to 3_1_2b.
std::size_t likeness(const std::vector<std::string>& asked, const std::vector<std::string>& words) {
    std::size_t found = 0;
    std::size_t pairs = 0;
    bool telling = false;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        if (std::ranges::find(words, asked[i]) == words.end()) continue;
        ++found;
        telling = telling || is_telling(asked[i]);
        if (i > 0 && !std::ranges::search(words, std::span(asked).subspan(i - 1, 2)).empty()) ++pairs;
    }
    return telling && 2 * found >= asked.size() ? found + 2 * pairs : 0;
}

std::vector<std::string> with_words_of(std::string_view name, const std::vector<std::string>& recipes,
                                       std::size_t limit) {
    const std::vector<std::string> asked = words_of(name);
    std::vector<std::pair<std::size_t, const std::string*>> alike;
    for (const std::string& recipe : recipes)
        if (const std::size_t likely = likeness(asked, words_of(recipe)); likely > 0)
            alike.emplace_back(likely, &recipe);
    std::ranges::stable_sort(alike, std::ranges::greater{}, [](const auto& entry) { return entry.first; });
    std::vector<std::string> names;
    for (const auto& [likely, recipe] : alike)
        if (names.size() < limit && 3 * likely >= 2 * alike.front().first) names.push_back(*recipe);
    return names;
}

}  // namespace

LikeRecipes recipes_like(std::string_view name, const std::vector<std::string>& recipes, std::size_t limit) {
    if (name.size() > max_name_bytes) return {};
    // By what is compared, in small letters: whole paths first, then base names.
    std::vector<std::string> lowered;
    std::map<std::string, std::string> meant;
    for (const std::string& recipe : recipes) {
        for (const std::string_view spelled : {std::string_view(recipe), base_of(recipe)}) {
            std::string small = lower(spelled);
            if (meant.emplace(small, spelled).second) lowered.push_back(std::move(small));
        }
    }
    std::vector<std::string> close = nearest(lower(name), lowered, limit);
    if (close.empty()) close = nearest(lower(base_of(name)), lowered, limit);
    for (std::string& found : close) found = meant.at(found);
    if (!close.empty()) return {std::move(close), true};
    close = with_words_of(name, recipes, limit);
    if (!close.empty()) return {std::move(close), false};
    // A fragment of a name is worth a hint too.
    for (const std::string& recipe : recipes)
        if (name.size() >= 3 && close.size() < limit && lower(recipe).contains(lower(name))) close.push_back(recipe);
    return {std::move(close), false};
}

}  // namespace recipe::config
