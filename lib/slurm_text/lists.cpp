// SPDX-License-Identifier: Apache-2.0
// Splits lists and parses numbers.
#include "slurm_text/lists.hpp"

namespace recipe::slurm_text {

std::vector<std::string_view> split(std::string_view list, EmptyItems empty) {
    std::vector<std::string_view> items;
    while (true) {
        const std::string_view item = list.substr(0, list.find(','));
        if (!item.empty() || empty == EmptyItems::kept) items.push_back(item);
        if (item.size() == list.size()) return items;
        list.remove_prefix(item.size() + 1);
    }
}

std::optional<std::int64_t> parse_count(std::string_view text) noexcept {
    if (text.size() > 9) return std::nullopt;
    return parse_number<std::uint32_t>(text);
}

}  // namespace recipe::slurm_text
