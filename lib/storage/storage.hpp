// SPDX-License-Identifier: Apache-2.0
// What a path leads to on the submitting host: is it there, on which file system, who else sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::storage {

/// Who sees what is written. memory: one node, until it restarts. local: one host, unless that exports it. shared: all
/// nodes. unknown: FUSE and the like can be either.
enum class Kind : std::uint8_t { memory, local, shared, unknown };

/// By the name that a file system has in /proc/mounts: "tmpfs", "ext4", "nfs", "lustre", ...
[[nodiscard]] Kind kind_of(std::string_view type) noexcept;

/// The name for statfs(2)'s f_type; "unknown" for what is not in the table. linux/magic.h and the file systems' own
/// sources.
[[nodiscard]] std::string_view type_of(std::uint64_t magic) noexcept;

/// A directory in which others may put something in the place of what is below it: its group or everybody may write to
/// it, and its sticky bit is not set. The own group of this process, and root's, are no others.
struct Exposed {
    std::string directory;  // empty: there is none
    unsigned mode = 0;
    unsigned owner = 0;  // user id

    bool operator==(const Exposed&) const = default;
};

/// A path as one host sees it.
struct PathStatus {
    bool exists = false;
    bool is_directory = false;
    std::string nearest = "/";  // the path itself, or what is there of it; "/" when nothing is
    // Of `nearest`:
    std::string type;          // of its file system
    std::uint64_t device = 0;  // distinguishes file systems
    double free_bytes = 0;     // for users
    int write_error = 0;       // errno of trying to write there; 0: one may
    Exposed exposed;           // it, or the nearest directory above it that is

    /// Nothing of it is visible here: another host may have it.
    [[nodiscard]] bool is_elsewhere() const noexcept { return !exists && nearest == "/"; }
};

/// What a file says of itself in its first bytes.
enum class Content : std::uint8_t { missing, unreadable, directory, squashfs, singularity, other };

/// Whether this process may use a path, as stat(2) and access(2) say.
struct Access {
    int error = 0;  // errno of stat(2); 0: it is there
    bool is_directory = false;
    bool is_file = false;
    unsigned mode = 0;    // its permissions
    int read_error = 0;   // errno of access(2) with R_OK; 0: one may
    int write_error = 0;  // with W_OK and X_OK, as a directory needs them

    [[nodiscard]] bool exists() const noexcept { return error == 0; }
};

/// Files are opened without waiting; nothing is written.
[[nodiscard]] PathStatus path_status(const std::string& path);
[[nodiscard]] Content content_of(const std::string& path);
[[nodiscard]] Access access_of(const std::string& path);

/// A small file's text: nullopt where it is not there, no regular file, not ours to read, or longer than any that a
/// model is described in.
[[nodiscard]] std::optional<std::string> text_of(const std::string& path);

/// What a folder holds.
struct FolderEntry {
    std::string name;
    bool is_folder = false;  // a link to one is none

    bool operator==(const FolderEntry&) const = default;
};

/// At most `limit` of them, in no order. None of a folder that is not there or may not be read.
[[nodiscard]] std::vector<FolderEntry> entries_of(const std::string& folder, std::size_t limit);

/// The submitting host, or what a test puts in its place.
struct Host {
    std::function<PathStatus(const std::string& path)> status_of;
    std::function<Content(const std::string& path)> content;
    std::vector<std::string> exported;  // directories that this host exports
    std::function<Access(const std::string& path)> access = access_of;
    std::function<std::optional<std::string>(const std::string& path)> text = text_of;
};

/// `host`, of which each question about a path is asked once: a request is tried several times over, and storage that
/// is dead is waited for once. What changes meanwhile is not seen; copies share what was seen. For one thread.
[[nodiscard]] Host remembering(Host host);

/// This host, remembering.
[[nodiscard]] Host this_host();

/// Whether storage answers where `path` leads, which every access to a path of a user's or a site's asks before: one to
/// a file server that is gone hangs in the kernel, where nothing can end it. True at once unless a Watch of this thread
/// is there. `path` may be relative, and need not be there.
[[nodiscard]] bool answers(const std::string& path);
[[nodiscard]] bool is_file(const std::string& path);       // a regular one, where storage answers
[[nodiscard]] bool is_directory(const std::string& path);  // likewise
[[nodiscard]] bool exists(const std::string& path);        // likewise

/// Asks a path's storage, and waits for the answer for at most so long. False: there was none.
using Ask = std::function<bool(const std::string& path, std::chrono::milliseconds limit)>;

/// Has a child process do it, for it can be left behind: this process ends when it wants to.
[[nodiscard]] bool ask_in_child(const std::string& path, std::chrono::milliseconds limit);

/// While it is there, answers() of its thread is true only of paths on file systems of this host, and on others that
/// have answered. Each is asked once; together they are waited for `limit` and no longer, and after the first that is
/// silent nothing is asked any more.
class Watch {
public:
    explicit Watch(std::chrono::milliseconds limit);
    /// For tests. `mounts`: in the form of /proc/self/mountinfo.
    Watch(std::chrono::milliseconds limit, std::function<std::string()> mounts, Ask ask);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void set_limit(std::chrono::milliseconds limit);
    /// The path that does not answer, as it was asked for; empty: all do.
    [[nodiscard]] const std::string& silent() const noexcept;
    [[nodiscard]] std::chrono::milliseconds limit() const noexcept;

private:
    friend bool answers(const std::string& path);
    struct State;
    std::unique_ptr<State> state_;
    Watch* outer_;
};

/// This thread's; nullptr: there is none.
[[nodiscard]] Watch* current_watch() noexcept;

/// The directories of a file in the form of exports(5).
[[nodiscard]] std::vector<std::string> exported_directories(std::string_view text);

/// Whether `path` is the directory or below it; both without trailing slashes.
[[nodiscard]] bool is_within(std::string_view path, std::string_view directory) noexcept;

/// Without "//", "/./", "/../" and a slash at the end.
[[nodiscard]] std::string normal(std::string_view path);

}  // namespace recipe::storage
