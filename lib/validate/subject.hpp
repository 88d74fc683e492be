// What the rules look at: one composed configuration, read once, beside the hardware it names. Private to this module.
#pragma once

#include "validate/arithmetic.hpp"
#include "validate/family.hpp"

#include <string>

namespace recipe::validate {

/// A value of the recipe and how a user names it in an override.
struct Found {
    std::string path;                      // from the root: "recipes.model.fp8"
    std::string key;                       // as typed: "model.fp8"
    const config::Value* value = nullptr;  // null: the recipe has no such key

    [[nodiscard]] bool given() const noexcept { return value != nullptr && !value->is_null(); }
};

/// A positive int of the recipe.
struct Number {
    enum class State : std::uint8_t { unset, good, wrong_type, out_of_range };

    Found found;
    State state = State::unset;
    std::int64_t number = 1;  // 1 unless good
    std::int64_t most = 1;    // that is accepted

    [[nodiscard]] bool usable() const noexcept { return state == State::unset || state == State::good; }
};

struct Subject {
    Subject(const config::Resolved& resolved, const hardware::Catalogue& hardware_catalogue);

    /// A key by its path below `recipes` (`training_cfg` for custom training).
    [[nodiscard]] Found find(std::string_view path) const;
    /// "--recipe-set=model.fp8=False", with ++ where the recipe lacks the key.
    [[nodiscard]] std::string set(const Found& found, std::string_view value) const;

    /// Whether checks of the node's devices make sense: a known instance type, and a recipe that does not run on CPUs.
    [[nodiscard]] bool on_known_devices() const noexcept { return instance != nullptr && wanted != Wanted::cpu; }
    /// "NVIDIA A10G (g5.48xlarge, compute capability 8.6)"; only with an instance.
    [[nodiscard]] std::string describe_accelerator() const;

    const config::Value& root;
    const hardware::Catalogue& catalogue;
    const FamilyKeys& family;
    Wanted wanted;

    Found instance_key;
    std::optional<std::string> instance_type;  // canonical
    const hardware::InstanceType* instance = nullptr;
    const hardware::Accelerator* accelerator = nullptr;  // of the instance; set whenever that is

    Number nodes, devices;
    Number tensor, shard, expert, context;
    Heads heads;
    Layout layout;
    bool layout_known;  // no number of it is wrong

private:
    [[nodiscard]] Number number(std::initializer_list<std::string_view> paths, std::int64_t most) const;
    [[nodiscard]] Number read_devices() const;
    [[nodiscard]] Wanted read_wanted() const;
    [[nodiscard]] std::int64_t read_heads(std::string_view path) const;
};

}  // namespace recipe::validate
