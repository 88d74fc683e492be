// SPDX-License-Identifier: Apache-2.0
// Counts generic resources.
#include "slurm_text/gres.hpp"

#include "slurm_text/lists.hpp"

#include <algorithm>

namespace recipe::slurm_text {
namespace {

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
    item = item.substr(0, item.find('('));                                      // "gpu:a10g:8(S:0-1)": sockets
    const auto number = parse_count(item.substr(item.find_last_of(":=") + 1));  // nowhere + 1: from its beginning
    return number ? number : std::optional<std::int64_t>(1);
}

}  // namespace

std::optional<std::int64_t> gres_count(std::string_view text, std::string_view prefix) {
    std::optional<std::int64_t> total;
    for (const std::string_view item : split(text, EmptyItems::kept))
        if (const auto number = item_count(item, prefix)) total = total.value_or(0) + *number;
    return total;
}

std::vector<std::string_view> gres_types(std::string_view text, std::string_view prefix) {
    std::vector<std::string_view> types;
    for (std::string_view item : split(text)) {
        for (const std::string_view kind : {"gres:", "gres/"})
            if (item.starts_with(kind)) item.remove_prefix(kind.size());
        if (!item.starts_with(prefix) || item.size() <= prefix.size() || item[prefix.size()] != ':') continue;
        item.remove_prefix(prefix.size() + 1);
        const std::string_view type = item.substr(0, item.find_first_of(":=("));
        if (!type.empty() && !parse_count(type)) types.push_back(type);
    }
    return types;
}

bool has_gpu_type(std::string_view gres_types) {
    const std::vector<std::string_view> types = split(gres_types);
    return std::ranges::find(types, "gpu") != types.end();
}

}  // namespace recipe::slurm_text
