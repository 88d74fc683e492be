// SPDX-License-Identifier: Apache-2.0
// Stacked bars as SVG.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace recipe::cli {

struct Bar {
    std::string label;
    std::vector<std::pair<std::string, double>> parts;  // GiB
    double limit = 0;                                   // GiB; 0: none is known
};

/// One picture: bars side by side, a line at each bar's limit, and a legend of the parts.
[[nodiscard]] std::string stacked_bars(const std::string& title, const std::vector<Bar>& bars);

}  // namespace recipe::cli
