// SPDX-License-Identifier: Apache-2.0
// Writes, reads and removes the user's files of secrets.
#include "spank/host/secret_files.hpp"

#include "diagnostic/codes/node.hpp"
#include "secret/secret.hpp"
#include "spank/host/own_directory.hpp"
#include "spank/host/own_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace recipe::spank {
namespace {

constexpr std::size_t random_bytes = 16;
constexpr std::size_t label_digits = 8;
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
    return problem.empty() ? write_own_file(path, text) : problem;
}

Expected<std::string> read_secrets(const std::string& path) {
    auto text = read_own_file(path, secret::max_bytes, Others::read_or_write);
    if (!text) return cannot_read(path, text.error());
    static_cast<void>(
        utimensat(AT_FDCWD, (path + std::string(secret::git_ending)).c_str(), nullptr, AT_SYMLINK_NOFOLLOW));
    return std::move(*text);
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
    remove_unused(directory, now, secret::is_file_of_ours);
}

}  // namespace recipe::spank
