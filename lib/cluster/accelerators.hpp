// SPDX-License-Identifier: Apache-2.0
// Which accelerator a GRES type means. Private to this module.
#pragma once

#include "hardware/hardware.hpp"

#include <string_view>

namespace recipe::cluster {

/// The catalogue's accelerator of a GRES type as administrators write it or as AutoDetect=nvml finds it: "a10g",
/// "nvidia_a10g", "nvidia_a100-sxm4-80gb". nullptr: none, or several ("a100" is a100-40 or a100-80).
[[nodiscard]] const hardware::Accelerator* accelerator_of_gres(const hardware::Catalogue& catalogue,
                                                               std::string_view type);

/// False only when the GRES type is certainly another accelerator than `model`.
[[nodiscard]] bool may_be(const hardware::Catalogue& catalogue, std::string_view gres_type, std::string_view model);

}  // namespace recipe::cluster
