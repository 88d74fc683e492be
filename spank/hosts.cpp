#include "hosts.hpp"

#include "slurm_headers.hpp"

#include <cstdlib>

namespace recipe::spank {

std::string first_host(const char* list) {
    const auto hosts = slurm_hostlist_create(list);  // hostlist_t or hostlist_t*, as the version has it
    if (hosts == nullptr) return {};
    char* first = slurm_hostlist_shift(hosts);
    std::string name = first != nullptr ? first : "";
    std::free(first);
    slurm_hostlist_destroy(hosts);
    return name;
}

}  // namespace recipe::spank
