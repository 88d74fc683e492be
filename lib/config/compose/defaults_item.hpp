// SPDX-License-Identifier: Apache-2.0
// One entry of a defaults list and the names that follow from it: hydra/core/default_element.py. Internal to
// lib/config.
#pragma once

#include "config/value/value.hpp"

#include <variant>

namespace recipe::config {

struct DefaultsItem {
    enum class Kind : std::uint8_t { config, group };
    /// Not a bare vector: libstdc++ takes a variant of types that move without a throw for one that always has a value,
    /// and then destroys what was never there where a copy finds no memory.
    struct Options {
        std::vector<std::string> names;
        bool operator==(const Options&) const = default;
    };
    using Choice = std::variant<std::monostate, std::string, Options>;  // null, an option, a list of them

    Kind kind = Kind::config;
    std::string path;                    // of a config: its path, or _self_; of a group: the group's
    Choice choice;                       // of a group
    std::optional<std::string> package;  // after @
    bool optional = false;
    bool override_keyword = false;
    bool external = false;  // from the command line: +group=option
    bool primary = false;
    Position position;

    // Known once it hangs in the tree.
    std::string parent_group;
    std::string parent_package;
    std::optional<std::string> header_package;
    bool is_base = false;  // named by a recipe file of no collection: lands where that does, unless a package says else

    [[nodiscard]] bool is_group() const { return kind == Kind::group; }
    [[nodiscard]] bool is_self() const { return !is_group() && path == "_self_"; }
    [[nodiscard]] const std::string* option() const { return std::get_if<std::string>(&choice); }
    [[nodiscard]] const std::vector<std::string>* options() const {
        const auto* const list = std::get_if<Options>(&choice);
        return list != nullptr ? &list->names : nullptr;
    }

    void set_parent(const std::string& group, const std::string& package_of_parent);
    void set_header_package(const std::optional<std::string>& header);

    [[nodiscard]] std::string group_path() const;   // of a config: the folder that it is in
    [[nodiscard]] std::string config_path() const;  // of a group: with its option
    [[nodiscard]] std::optional<std::string> name() const;
    [[nodiscard]] std::string default_package() const;
    [[nodiscard]] std::string final_package(bool use_header = true) const;
    [[nodiscard]] std::string override_key() const;  // "db", "db@backup"
    [[nodiscard]] bool is_interpolation() const;
};

}  // namespace recipe::config
