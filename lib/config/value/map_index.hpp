// SPDX-License-Identifier: Apache-2.0
// Where each key of a large map stands. Internal to lib/config.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace recipe::config {

/// A table of positions by the hashes of what stands there. It is one block of memory, and copies as one.
class MapIndex {
public:
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    void add(std::size_t hash, std::size_t position);

    /// The position that was added with this hash and of which `is_meant` says that it is the one; npos: none.
    template <class IsMeant>
    [[nodiscard]] std::size_t find(std::size_t hash, IsMeant is_meant) const {
        const auto wanted = static_cast<std::uint32_t>(hash);
        for (std::size_t i = wanted; !slots_.empty(); ++i) {
            const Slot& slot = slots_[i & (slots_.size() - 1)];
            if (slot.position == empty) break;
            if (slot.hash == wanted && is_meant(slot.position)) return slot.position;
        }
        return npos;
    }

private:
    static constexpr std::uint32_t empty = static_cast<std::uint32_t>(-1);
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t position = empty;
    };

    void insert(Slot slot);
    void grow();

    std::vector<Slot> slots_;  // a power of two, never more than half of them in use
    std::size_t used_ = 0;
};

}  // namespace recipe::config
