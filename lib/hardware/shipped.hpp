// SPDX-License-Identifier: Apache-2.0
// etc/hardware.yaml as constants, each list sorted by name. The build makes the definitions (generate.cpp). Private to
// this module.
#pragma once

#include "hardware/hardware.hpp"

namespace recipe::hardware {

extern const std::span<const Kind> shipped_kinds;
extern const std::span<const Accelerator> shipped_accelerators;
extern const std::span<const InstanceType> shipped_instance_types;
extern const std::span<const Profile> shipped_profiles;

}  // namespace recipe::hardware
