// SPDX-License-Identifier: Apache-2.0
// YAML documents with the scalar rules of OmegaConf.
#pragma once

#include "config/value/value.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace recipe::config {

/// One YAML document with OmegaConf's scalar rules. `name` is what diagnostics call it.
[[nodiscard]] Expected<Value> parse_yaml(std::string_view text, std::string name);
/// The same from a file, refused when larger than 4 MiB, not a regular file, or unreadable.
[[nodiscard]] Expected<Value> load_yaml(const std::filesystem::path& file);

/// YAML files that were read already. Compositions that share one parse each file once; parsing is most of their time.
class Documents {
public:
    /// As load_yaml().
    [[nodiscard]] Expected<Value> load(const std::filesystem::path& file);

private:
    std::map<std::filesystem::path, Value> read_;
};

}  // namespace recipe::config
