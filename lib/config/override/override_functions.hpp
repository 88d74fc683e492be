// SPDX-License-Identifier: Apache-2.0
// The functions of Hydra's override grammar: casts, sweeps, sort, shuffle, tag, glob. Internal to lib/config.
#pragma once

#include "config/override/override_ast.hpp"

#include <expected>
#include <map>

namespace recipe::config {

struct FunctionCall {
    std::string name;
    std::vector<Element> arguments;
    std::map<std::string, Element> named;
};

/// What the call yields, or what is wrong with it.
[[nodiscard]] std::expected<Element, std::string> evaluate(FunctionCall call);

[[nodiscard]] Element make_sweep(Sweep sweep);

}  // namespace recipe::config
