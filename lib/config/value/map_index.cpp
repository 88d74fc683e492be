// SPDX-License-Identifier: Apache-2.0
// The table that finds a key in a large map.
#include "config/value/map_index.hpp"

#include <utility>

namespace recipe::config {
namespace {

constexpr std::size_t smallest_table = 64;

}  // namespace

void MapIndex::add(std::size_t hash, std::size_t position) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    insert({static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(position)});
    ++used_;
}

void MapIndex::insert(Slot slot) {
    std::size_t i = slot.hash;
    while (slots_[i & (slots_.size() - 1)].position != empty) ++i;
    slots_[i & (slots_.size() - 1)] = slot;
}

void MapIndex::grow() {
    const std::size_t size = slots_.empty() ? smallest_table : 2 * slots_.size();
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size));
    for (const Slot& slot : old)
        if (slot.position != empty) insert(slot);
}

}  // namespace recipe::config
