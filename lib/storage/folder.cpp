// SPDX-License-Identifier: Apache-2.0
// Reads folders. std::filesystem's iterators end the process where there is no memory for a path: libstdc++'s are
// noexcept inside.
#include "storage/storage.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <memory>

namespace recipe::storage {
namespace {

struct Close {
    void operator()(DIR* folder) const noexcept { closedir(folder); }
};

/// Some file systems do not say it beside the name.
bool is_folder(DIR* folder, const dirent& entry) noexcept {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status{};
    return fstatat(dirfd(folder), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::vector<FolderEntry> entries_of(const std::string& folder, std::size_t limit) {
    std::vector<FolderEntry> entries;
    if (!answers(folder)) return entries;
    const std::unique_ptr<DIR, Close> open(opendir(folder.c_str()));
    if (!open) return entries;
    while (entries.size() < limit) {
        const dirent* const entry = readdir(open.get());  // of a folder that no other thread reads
        if (entry == nullptr) break;
        std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        entries.push_back({.name = std::move(name), .is_folder = is_folder(open.get(), *entry)});
    }
    return entries;
}

}  // namespace recipe::storage
