// SPDX-License-Identifier: Apache-2.0
// What Hydra 1.3 itself may be configured with. A recipe collection sets some of it; it has no effect here, but a name
// that Hydra does not know is refused as Hydra refuses it. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

#include <span>

namespace recipe::config {

/// Whether Hydra has such a config group of its own: "hydra/job_logging".
[[nodiscard]] bool is_hydra_group(std::string_view group);
/// The options that it ships for the group.
[[nodiscard]] std::vector<std::string> hydra_options(std::string_view group);

/// Whether a key below `hydra` exists: "run.dir", "job_logging.root.level". Where Hydra takes any key, all exist.
[[nodiscard]] bool is_hydra_key(std::string_view dotted_path);
/// Whether keys may be added below this one.
/// The groups of Hydra's own defaults list with their options, in its order; an empty option is none.
[[nodiscard]] std::span<const std::pair<std::string_view, std::string_view>> hydra_choices();
/// Keys that Hydra leaves null or missing (???) unless the configuration sets them.
[[nodiscard]] bool is_null_in_hydra(std::string_view path);
/// Maps of which hydra_tree() has all that Hydra has; of others only what the configuration itself says.
[[nodiscard]] bool is_whole_in_hydra_tree(std::string_view path);
[[nodiscard]] bool is_open_hydra_key(std::string_view dotted_path);
/// Keys below `hydra` that have no such place, for messages with suggestions.
[[nodiscard]] std::vector<std::string> hydra_keys();

/// The first key of a `hydra:` section that Hydra does not know.
[[nodiscard]] std::optional<Diagnostic> check_hydra_section(const Value& section);

/// What `${hydra:...}` selects from: Hydra's defaults, the section of the root configuration, and the choices made.
[[nodiscard]] Value hydra_tree(const Value& section, Value choices, const std::string& working_directory);

}  // namespace recipe::config
