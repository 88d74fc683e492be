// SPDX-License-Identifier: Apache-2.0
// The format of hardware files. Private to this module.
#pragma once

#include "hardware/hardware.hpp"

namespace recipe::hardware {

/// What a file is merged into.
struct Entries {
    std::map<std::string, Accelerator, std::less<>>& accelerators;
    std::map<std::string, InstanceType, std::less<>>& instances;
    std::map<std::string, Profile, std::less<>>& profiles;
    std::map<std::string, config::Position, std::less<>>& instance_places;  // of each one's last word
};

/// Merges the good entries of one parsed file; everything else becomes a diagnostic (hardware.file). `file` is the
/// place of what has none.
[[nodiscard]] Diagnostics merge_file(const config::Value& document, const std::string& file, const Entries& entries);

}  // namespace recipe::hardware
