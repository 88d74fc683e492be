#include "site/site.hpp"

#include <dlfcn.h>

namespace recipe::site {

std::filesystem::path data_directory() {
    Dl_info library{};
    if (dladdr(reinterpret_cast<const void*>(&data_directory), &library) == 0 || library.dli_fname == nullptr) return {};
    std::error_code error;
    const std::filesystem::path file = std::filesystem::canonical(library.dli_fname, error);
    if (error) return {};
    return (file.parent_path() / RECIPE_DATA_FROM_LIB).lexically_normal();
}

}  // namespace recipe::site
