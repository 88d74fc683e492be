// SPDX-License-Identifier: Apache-2.0
// Writes, reads and removes the user's files of secrets.
#include "spank/host/secret_files.hpp"

#include "diagnostic/codes/node.hpp"
#include "secret/secret.hpp"
#include "spank/host/config_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace recipe::spank {
namespace {

constexpr std::size_t random_bytes = 16;
constexpr std::size_t label_digits = 8;
constexpr int max_entries = 4096;  // of a directory that is searched
constexpr mode_t of_others = S_IRWXG | S_IRWXO;

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

std::string because(std::string_view doing, std::string_view path) {
    return fmt::format("{} {}: {}", doing, path, std::strerror(errno));
}

/// The user's own, whatever was there before.
std::string make_private_directory(const std::string& directory) {
    if (!make_directories(directory)) return because("cannot create", directory);
    const File opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status{};
    if (opened.get() < 0 || fstat(opened.get(), &status) != 0) return because("cannot open", directory);
    if (status.st_uid != geteuid()) return fmt::format("{} belongs to another user", directory);
    if ((status.st_mode & of_others) != 0 && fchmod(opened.get(), S_IRWXU) != 0)
        return because("cannot change the mode of", directory);
    return {};
}

/// "" when the file is what write_secrets() makes.
std::string why_not_private(int file) {
    struct stat status{};
    if (fstat(file, &status) != 0) return std::strerror(errno);
    if (!S_ISREG(status.st_mode)) return "it is no regular file";
    if (status.st_uid != geteuid()) return "it belongs to another user";
    if ((status.st_mode & of_others) != 0) return "others may read or write it";
    if (status.st_size > static_cast<off_t>(secret::max_bytes))
        return fmt::format("it has more than {} bytes", secret::max_bytes);
    return {};
}

std::string read_all(int file, std::string& text) {
    std::array<char, 4096> chunk{};
    while (text.size() <= secret::max_bytes) {
        const ssize_t got = read(file, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::strerror(errno);
        if (got == 0) return {};
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return fmt::format("it has more than {} bytes", secret::max_bytes);  // it grew
}

std::unexpected<Diagnostics> cannot_read(const std::string& path, const std::string& why) {
    return refuse({.code = codes::node.secrets,
                   .message = fmt::format("the file of the recipe's secrets {}: {}", path, why),
                   .fix = "submit the job again, with XDG_STATE_HOME on storage that all nodes share"});
}

}  // namespace

std::string new_secrets_file(const std::string& directory) {
    std::array<unsigned char, random_bytes> bits{};
    if (getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) return {};
    std::string name;
    for (const unsigned char byte : bits) name += fmt::format("{:02x}", byte);
    return secret::secret_path(directory, name);
}

std::string label_of(std::string_view secrets_file) {
    return std::string(secrets_file.substr(secrets_file.rfind('/') + 1, label_digits));
}

std::string write_secrets(const std::string& path, std::string_view text) {
    std::string problem = make_private_directory(path.substr(0, path.rfind('/')));
    if (!problem.empty() || create(path, text)) return problem;
    const bool foreign = errno == EEXIST;
    problem = because("cannot write", path);
    if (!foreign) unlink(path.c_str());
    return problem;
}

Expected<std::string> read_secrets(const std::string& path) {
    const File file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file.get() < 0) return cannot_read(path, errno == ELOOP ? "it is a link" : std::strerror(errno));
    std::string problem = why_not_private(file.get());
    std::string text;
    if (problem.empty()) problem = read_all(file.get(), text);
    if (!problem.empty()) return cannot_read(path, problem);
    static_cast<void>(futimens(file.get(), nullptr));
    static_cast<void>(
        utimensat(AT_FDCWD, (path + std::string(secret::git_ending)).c_str(), nullptr, AT_SYMLINK_NOFOLLOW));
    return text;
}

Expected<std::vector<std::string>> read_secret_texts(const std::string& path) {
    const Expected<std::string> file = read_secrets(path);
    if (!file) return std::unexpected(file.error());
    Expected<std::vector<std::string>> texts = secret::parse_secret_file(*file);
    if (!texts) return cannot_read(path, "it is none of ours");
    return texts;
}

void remove_secrets(const std::string& path) {
    if (!secret::is_file_of_ours(path) || path.ends_with(secret::git_ending)) return;
    unlink(path.c_str());
    unlink((path + std::string(secret::git_ending)).c_str());
}

void remove_old_secrets(const std::string& directory, std::int64_t now) {
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(opendir(directory.c_str()), closedir);
    if (opened == nullptr) return;
    const int at = dirfd(opened.get());
    const std::int64_t oldest = now - std::chrono::duration_cast<std::chrono::seconds>(max_unused).count();
    const dirent* entry = nullptr;
    for (int i = 0; i < max_entries && (entry = readdir(opened.get())) != nullptr; ++i) {
        struct stat status{};
        if (!secret::is_file_of_ours(directory + '/' + entry->d_name)) continue;
        if (fstatat(at, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
        if (status.st_uid == geteuid() && status.st_mtime < oldest) unlinkat(at, entry->d_name, 0);
    }
}

}  // namespace recipe::spank
