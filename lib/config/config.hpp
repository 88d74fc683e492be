// SPDX-License-Identifier: Apache-2.0
// Recipes as Hydra and OmegaConf would resolve them: composition, overrides, interpolation, and the text forms of
// values.
//
// Everything here is a pure function of its arguments and of the files of the collections: the environment is passed
// in, nothing is printed, no exception leaves (std::bad_alloc apart). Every failure is a Diagnostic with the code group
// "compose." and, where there is one, the place.
//
// value/value.hpp has the types alone, for headers that speak of values and compose nothing.
#pragma once

#include "config/compose/compose.hpp"
#include "config/value/value.hpp"
#include "config/yaml/yaml.hpp"
