// SPDX-License-Identifier: Apache-2.0
// Writes a text to a descriptor.
#include "storage/write_all.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstddef>

namespace recipe::storage {

bool write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t count = write(descriptor, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        if (count == 0) return errno = EIO, false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace recipe::storage
