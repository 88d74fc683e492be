// SPDX-License-Identifier: Apache-2.0
// Reads Slurm's host lists.
#include "spank/host/hosts.hpp"

#include "spank/slurm_headers.hpp"

#include <cstdlib>

namespace recipe::spank {

std::string host_at(const char* list, std::size_t place) {
    const auto hosts = slurm_hostlist_create(list);  // hostlist_t or hostlist_t*, as the version has it
    if (hosts == nullptr) return {};
    char* host = slurm_hostlist_shift(hosts);
    for (; host != nullptr && place > 0; --place) {
        std::free(host);
        host = slurm_hostlist_shift(hosts);
    }
    std::string name = host != nullptr ? host : "";
    std::free(host);
    slurm_hostlist_destroy(hosts);
    return name;
}

std::optional<std::int64_t> count_hosts(const std::string& list) {
    const auto hosts = slurm_hostlist_create(list.c_str());
    if (hosts == nullptr) return std::nullopt;
    slurm_hostlist_uniq(hosts);
    const int count = slurm_hostlist_count(hosts);
    slurm_hostlist_destroy(hosts);
    return count;
}

}  // namespace recipe::spank
