// SPDX-License-Identifier: Apache-2.0
// The form of hardware files. Private to this module.
#pragma once

#include "hardware/hardware.hpp"

namespace recipe::hardware {

/// Puts files into sections, one after the other.
class Merger {
public:
    explicit Merger(Sections& sections) : sections_(sections) {}

    /// Merges the good entries of one parsed file; everything else becomes a diagnostic (hardware.file). `file` is the
    /// place of what has none.
    [[nodiscard]] Diagnostics merge(const config::Value& document, const std::string& file);
    /// After the last file: the instance types that these files gave an accelerator which is not there.
    [[nodiscard]] Diagnostics missing_accelerators() const;

private:
    Sections& sections_;
    std::map<std::string_view, config::Position> instance_places_;  // of each one's last word
};

}  // namespace recipe::hardware
