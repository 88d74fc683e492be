// SPDX-License-Identifier: Apache-2.0
// Which accelerator a GRES type means. Private to this module.
#pragma once

#include "cluster/cluster.hpp"
#include "hardware/hardware.hpp"

#include <string_view>
#include <vector>

namespace recipe::cluster {

/// The catalogue's accelerator of a GRES type as administrators write it or as AutoDetect=nvml finds it: "a10g",
/// "nvidia_a10g", "nvidia_a100-sxm4-80gb". nullptr: none, several ("a100" is a100-40 or a100-80), or a part of one
/// ("a100_1g.5gb").
[[nodiscard]] const hardware::Accelerator* accelerator_of_gres(const hardware::Catalogue& catalogue,
                                                               std::string_view type);

/// The devices of a node's GRES of this kind ("gpu"), and what they may be. A part of a GPU (MIG) has the memory that
/// its profile names, and never more.
[[nodiscard]] std::vector<DeviceType> devices_of_gres(const hardware::Catalogue& catalogue, std::string_view gres,
                                                      std::string_view kind);

/// As a rank has it.
[[nodiscard]] Device device_of(const hardware::Accelerator& accelerator);

/// False only when the GRES type is certainly another accelerator than `model`.
[[nodiscard]] bool may_be(const hardware::Catalogue& catalogue, std::string_view gres_type, std::string_view model);

}  // namespace recipe::cluster
