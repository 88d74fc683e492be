// SPDX-License-Identifier: Apache-2.0
// Finds the installed data beside the object that this code is part of.
#include "site/site.hpp"

#include <dlfcn.h>

namespace recipe::site {
namespace {

// <prefix>/bin/srecipe, <prefix>/lib/slurm/x.so, <prefix>/lib/<architecture>/slurm-recipe/x.so
constexpr int deepest = 4;

std::filesystem::path find_data_directory() {
    Dl_info object{};
    if (dladdr(reinterpret_cast<const void*>(&find_data_directory), &object) == 0 || object.dli_fname == nullptr)
        return {};
    std::error_code error;
    // The main program is known by argv[0] alone.
    const bool is_path = std::filesystem::path(object.dli_fname).has_parent_path();
    std::filesystem::path directory = std::filesystem::canonical(is_path ? object.dli_fname : "/proc/self/exe", error);
    for (int level = 0; level < deepest && !error; ++level) {
        directory = directory.parent_path();
        if (std::filesystem::exists(directory / RECIPE_DATA_DIR / "recipes_collection", error))
            return directory / RECIPE_DATA_DIR;
    }
    return {};
}

}  // namespace

const std::filesystem::path& data_directory() {
    static const std::filesystem::path found = find_data_directory();
    return found;
}

}  // namespace recipe::site
