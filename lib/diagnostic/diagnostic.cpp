// SPDX-License-Identifier: Apache-2.0
// Makes and sums up diagnostics.
#include "diagnostic/diagnostic.hpp"

#include <algorithm>
#include <iterator>

namespace recipe {

std::string_view to_string(Severity severity) noexcept {
    switch (severity) {
        case Severity::hint:
            return "hint";
        case Severity::warning:
            return "warning";
        case Severity::error:
            return "error";
    }
    return "error";
}

std::string to_string(const Source& source) {
    std::string text = source.name;
    if (source.line > 0) {
        text += ':' + std::to_string(source.line);
        if (source.column > 0) text += ':' + std::to_string(source.column);
    }
    return text;
}

bool has_errors(const Diagnostics& diagnostics) noexcept {
    return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::unexpected<Diagnostics> refuse(Diagnostic diagnostic) {
    Diagnostics diagnostics;
    diagnostics.push_back(std::move(diagnostic));
    return std::unexpected(std::move(diagnostics));
}

void append(Diagnostics& diagnostics, Diagnostics more) {
    diagnostics.insert(diagnostics.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace recipe
