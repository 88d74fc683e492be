// SPDX-License-Identifier: Apache-2.0
// A directory of the job's, and the files in it, reached by a descriptor and not by name: whoever may write above it
// can have made it, or put another in its place. Only what belongs to the user, and what nobody else may write to, is
// read or written; nothing of the rest is believed.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace recipe::spank {

/// Why something is not taken for the user's own.
struct NotOwn {
    enum class Kind : std::uint8_t { missing, foreign, open_to_others, unusable };
    Kind kind = Kind::unusable;
    std::string why;  // "/results/llama/7 belongs to mallory (uid 1001)", "cannot open …: Permission denied"

    /// It may be what somebody else wants to be found there.
    [[nodiscard]] bool is_suspect() const noexcept { return kind == Kind::foreign || kind == Kind::open_to_others; }
};

/// A file descriptor that closes itself; -1: none.
class Descriptor {
public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// Names below are of one part, without slashes.
class OwnDirectory {
public:
    /// The directory, which is not made. A link in its place is foreign.
    [[nodiscard]] static std::expected<OwnDirectory, NotOwn> open(const std::string& path);
    /// The same; what is missing of the path is made first, with mode 0700.
    [[nodiscard]] static std::expected<OwnDirectory, NotOwn> make(const std::string& path);
    [[nodiscard]] std::expected<OwnDirectory, NotOwn> below(const std::string& name) const;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// A regular file of the user's own, opened with these flags of open(2) and O_NOFOLLOW.
    [[nodiscard]] std::expected<Descriptor, NotOwn> open_file(const std::string& name, int flags) const;
    /// Whether the name is that of this very file: whoever had a lock on it may have put another in its place.
    [[nodiscard]] bool is_named(const std::string& name, const Descriptor& file) const;

    /// Creates the file (0600) with this content, atomically. One that is there already is left as it is: whoever
    /// comes first writes. "" or what went wrong.
    [[nodiscard]] std::string write_once(const std::string& name, std::string_view content) const;
    /// Gives the file this content, atomically. "" or what went wrong.
    [[nodiscard]] std::string replace(const std::string& name, std::string_view content) const;
    /// Creates it. False: it was there before, or cannot be created.
    [[nodiscard]] bool create(const std::string& name, std::string_view content) const;

private:
    OwnDirectory(Descriptor directory, std::string path) : directory_(std::move(directory)), path_(std::move(path)) {}
    [[nodiscard]] static std::expected<OwnDirectory, NotOwn> open_at(int above, const std::string& name,
                                                                     std::string path);
    template <class PutInPlace>
    [[nodiscard]] std::string write_beside(const std::string& name, std::string_view content,
                                           PutInPlace put_in_place) const;

    Descriptor directory_;
    std::string path_;
};

/// mkdir -p with mode 0700. Several nodes may do it at once. False: errno says why.
[[nodiscard]] bool make_directories(const std::string& directory);

/// The same in an open directory.
[[nodiscard]] bool create_file_at(int directory, const std::string& name, std::string_view content);

/// "mallory (uid 1001)", or "uid 1001" of one without a name.
[[nodiscard]] std::string user_name(uid_t user);

/// Creates `path`, whose directory is there, with this content and mode 0600. What is there already is neither changed
/// nor followed. False: errno says why.
[[nodiscard]] bool create_file(const std::string& path, std::string_view content);

}  // namespace recipe::spank
