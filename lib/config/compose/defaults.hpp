// SPDX-License-Identifier: Apache-2.0
// Which configurations make up a composition, in which order, and where each goes: hydra/_internal/defaults_list.py.
// Internal to lib/config.
#pragma once

#include "config/compose/repository.hpp"
#include "config/override/override_ast.hpp"

namespace recipe::config {

/// One override with what became of its text.
struct GivenOverride {
    ParsedOverride parsed;
    Override given;
    std::size_t index = 0;  // into ComposeRequest::overrides, npos for the recipe of the request
};

/// One configuration of the result.
struct ComposedConfig {
    std::string config_path;
    std::string package;  // dotted; empty for the root
    bool primary = false;
};

struct DefaultsList {
    std::vector<ComposedConfig> configs;
    std::vector<std::pair<std::string, std::optional<std::string>>> choices;  // group -> option, in order
    std::vector<const GivenOverride*> config_overrides;                       // those that name keys, not groups
    std::vector<const GivenOverride*> group_overrides;
};

/// Follows the defaults lists from `primary`. All problems that can be found are reported together.
Expected<DefaultsList> make_defaults_list(Repository& repository, const std::string& primary,
                                          const std::vector<GivenOverride>& overrides);

}  // namespace recipe::config
