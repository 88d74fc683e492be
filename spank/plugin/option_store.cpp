// SPDX-License-Identifier: Apache-2.0
// Keeps what the option callbacks were given.
#include "spank/plugin/option_store.hpp"

#include <stdlib.h>
#include <string.h>

namespace recipe::spank {

bool OptionStore::set_recipe(const char* text) {
    if (text == nullptr || strlen(text) > longest) return false;
    if (recipe_ != nullptr && strcmp(recipe_, text) != 0) {
        free(shadowed_recipe_);
        shadowed_recipe_ = recipe_;
        recipe_ = nullptr;
    }
    free(recipe_);
    recipe_ = strdup(text);
    return recipe_ != nullptr;
}

bool OptionStore::add_set(const char* text) {
    if (text == nullptr || strlen(text) > longest || set_count_ == max_sets) return false;
    sets_[set_count_] = strdup(text);
    if (sets_[set_count_] == nullptr) return false;
    ++set_count_;
    return true;
}

bool OptionStore::set_step(const char* text) {
    constexpr const char* roles[] = {"train", "helper"};
    if (text == nullptr) return false;
    step_ = nullptr;
    for (const char* role : roles)
        if (strcmp(text, role) == 0) step_ = role;
    return step_ != nullptr || strcmp(text, "auto") == 0;
}

}  // namespace recipe::spank
