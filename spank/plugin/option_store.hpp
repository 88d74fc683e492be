// SPDX-License-Identifier: Apache-2.0
// What the user gave with --recipe, --recipe-set and --recipe-step, kept by the option callbacks, which must not do
// more than that.
#pragma once

#include "spank/plugin/hooks.hpp"

namespace recipe::spank {

class OptionStore {
public:
    /// Each keeps a copy; false when the text is too long or there are too many.
    bool set_recipe(const char* text);
    bool add_set(const char* text);
    void set_force() { force_ = true; }
    /// False: not one of the words that it takes.
    bool set_step(const char* text);
    void set_piped_script(const char* text) { piped_script_ = text; }

    [[nodiscard]] StoredOptions view(int component) const {
        return {recipe_, shadowed_recipe_, sets_, set_count_, force_, component, piped_script_};
    }
    /// "train", "helper", or null: srun finds out. It asks for no recipe.
    [[nodiscard]] const char* step() const { return step_; }
    [[nodiscard]] bool empty() const { return recipe_ == nullptr && set_count_ == 0 && !force_; }

private:
    static constexpr int max_sets = 512;
    static constexpr unsigned long longest = 16 * 1024;

    char* recipe_ = nullptr;
    char* shadowed_recipe_ = nullptr;
    char* sets_[max_sets] = {};
    int set_count_ = 0;
    bool force_ = false;
    const char* step_ = nullptr;
    const char* piped_script_ = nullptr;
};

}  // namespace recipe::spank
