// SPDX-License-Identifier: Apache-2.0
// Users of this host by name. Asks its name service, which may take its time: never to be called from a hook.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace recipe::job_submit {

struct Users {
    std::vector<std::uint32_t> ids;
    std::vector<std::string> unknown;  // names that this host has not, or not yet
};

/// A name in digits that no user has is a number of one.
[[nodiscard]] Users users_of(const std::vector<std::string>& names);

}  // namespace recipe::job_submit
