// SPDX-License-Identifier: Apache-2.0
// What a plain YAML scalar means to OmegaConf's loader: PyYAML's YAML 1.1 rules, without timestamps, with one more form
// of float. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

enum class YamlTag : std::uint8_t { null, boolean, integer, floating, merge, value, string };

/// The tag that PyYAML's resolver, as OmegaConf changes it, finds for a plain scalar.
[[nodiscard]] YamlTag resolve_plain(std::string_view text);

/// The value of a scalar under a tag; nullopt where PyYAML's constructor fails ("0x_", "!!int x") or a number is too
/// long.
[[nodiscard]] std::optional<Value> construct_scalar(YamlTag tag, std::string_view text);

/// y, n, yes, off, ...: what OmegaConf quotes when it writes a string.
[[nodiscard]] bool is_yaml_bool_word(std::string_view text);

}  // namespace recipe::config
