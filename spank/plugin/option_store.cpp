// SPDX-License-Identifier: Apache-2.0
// Keeps what the option callbacks were given.
#include "spank/plugin/option_store.hpp"

#include <string_view>

#include <stdlib.h>
#include <string.h>

namespace recipe::spank {
namespace {

char* copy_of(std::string_view text) {
    char* copy = static_cast<char*>(malloc(text.size() + 1));
    if (copy == nullptr) return nullptr;
    memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

}  // namespace

bool OptionStore::set_recipe(const char* text) {
    if (text == nullptr || std::string_view(text).size() > longest) return false;
    if (recipe_ != nullptr && std::string_view(recipe_) != text) {
        free(shadowed_recipe_);
        shadowed_recipe_ = recipe_;
        recipe_ = nullptr;
    }
    free(recipe_);
    recipe_ = copy_of(text);
    return recipe_ != nullptr;
}

bool OptionStore::add_set(const char* text) {
    if (text == nullptr || std::string_view(text).size() > longest || set_count_ == max_sets) return false;
    sets_[set_count_] = copy_of(text);
    if (sets_[set_count_] == nullptr) return false;
    ++set_count_;
    return true;
}

bool OptionStore::set_step(const char* text) {
    if (text == nullptr) return false;
    const std::string_view word = text;
    step_ = nullptr;
    for (const char* role : {"train", "helper"})
        if (word == role) step_ = role;
    return step_ != nullptr || word == "auto";
}

}  // namespace recipe::spank
