// SPDX-License-Identifier: Apache-2.0
// etc/models.yaml as constants, each list sorted by name. The build makes the definitions (generate.cpp). Private to
// this module.
#pragma once

#include "models/models.hpp"

namespace recipe::models {

extern const std::span<const Model> shipped_models;
extern const std::span<const Name> shipped_names;

}  // namespace recipe::models
