// SPDX-License-Identifier: Apache-2.0
// Hosts that tests make up.
#pragma once

#include "storage/storage.hpp"

#include <map>
#include <string>

namespace recipe::test {

/// A host that has these directories and files, and nothing else.
struct MadeUpHost {
    struct Thing {
        std::string type = "lustre";
        std::uint64_t device = 1;
        double free_bytes = 1e15;
        int write_error = 0;
        storage::Content content = storage::Content::directory;
        storage::Exposed exposed{};
    };
    std::map<std::string, Thing> things;

    [[nodiscard]] storage::Host host() const {
        return {.status_of =
                    [things = things](const std::string& path) {
                        storage::PathStatus status;
                        std::string nearest = path;
                        while (nearest.size() > 1 && !things.contains(nearest))
                            nearest.resize(std::max<std::size_t>(nearest.rfind('/'), 1));
                        status.nearest = nearest;
                        status.exists = nearest == path;
                        if (const auto found = things.find(nearest); found != things.end()) {
                            status.type = found->second.type;
                            status.device = found->second.device;
                            status.free_bytes = found->second.free_bytes;
                            status.write_error = found->second.write_error;
                            status.exposed = found->second.exposed;
                            status.is_directory = found->second.content == storage::Content::directory;
                        }
                        return status;
                    },
                .content =
                    [things = things](const std::string& path) {
                        const auto found = things.find(path);
                        return found == things.end() ? storage::Content::missing : found->second.content;
                    },
                .exported = {}};
    }
};

}  // namespace recipe::test
