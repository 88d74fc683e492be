// SPDX-License-Identifier: Apache-2.0
// Counts generic resources.
#include "slurm_text/gres.hpp"

#include <charconv>

namespace recipe::slurm_text {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) noexcept {
    std::int64_t value = 0;
    if (text.empty() || text.size() > 9) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::optional<std::int64_t> item_count(std::string_view item, std::string_view prefix) noexcept {
    for (const std::string_view kind : {"gres:", "gres/"})
        if (item.starts_with(kind)) item.remove_prefix(kind.size());
    if (!prefix.empty()) {
        if (!item.starts_with(prefix)) return std::nullopt;
        item.remove_prefix(prefix.size());
        if (item.empty()) return 1;
        if (item.front() != ':' && item.front() != '=') return std::nullopt;
        item.remove_prefix(1);
    }
    item = item.substr(0, item.find('('));  // "gpu:a10g:8(S:0-1)": sockets
    const std::size_t last = item.find_last_of(":=");
    const auto number = whole_number(last == std::string_view::npos ? item : item.substr(last + 1));
    return number ? number : std::optional<std::int64_t>(1);
}

}  // namespace

std::optional<std::int64_t> gres_count(std::string_view text, std::string_view prefix) noexcept {
    std::optional<std::int64_t> total;
    while (true) {
        const std::size_t comma = text.find(',');
        if (const auto number = item_count(text.substr(0, comma), prefix)) total = total.value_or(0) + *number;
        if (comma == std::string_view::npos) return total;
        text.remove_prefix(comma + 1);
    }
}

bool has_gpu_type(std::string_view gres_types) noexcept {
    while (true) {
        const std::size_t comma = gres_types.find(',');
        if (gres_types.substr(0, comma) == "gpu") return true;
        if (comma == std::string_view::npos) return false;
        gres_types.remove_prefix(comma + 1);
    }
}

}  // namespace recipe::slurm_text
