// SPDX-License-Identifier: Apache-2.0
// Follows a path from mount to mount, and asks those of other hosts before anybody touches them.
#include "storage/mounts.hpp"
#include "storage/storage.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <map>
#include <utility>

namespace recipe::storage {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int max_links = 40;  // that the kernel follows in one path

thread_local Watch* watch = nullptr;

/// "" when the working directory has no name.
std::string absolute(const std::string& path) {
    if (path.starts_with('/')) return path;
    std::array<char, PATH_MAX> here{};
    if (getcwd(here.data(), here.size()) == nullptr || here[0] != '/') return {};
    return std::string(here.data()) + '/' + path;
}

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
}

}  // namespace

struct Watch::State {
    milliseconds limit;
    std::function<std::string()> table;
    Ask ask;
    std::string silent{};
    milliseconds waited{0};
    bool read = false;
    bool all_local = false;
    std::vector<Mount> mounts{};
    std::map<std::string, std::string> walked{};  // directories as they were named, and where they lead

    enum class Way : std::uint8_t { leads, ends, silent };  // somewhere, at what is not there, to who does not answer

    bool asks(const std::string& path);
    bool follows(const std::string& path);
    Way follow(std::string& at, std::string rest, const std::string& path);
    bool reaches(const std::string& place, const std::string& path);
    void read_table();
};

void Watch::State::read_table() {
    std::vector<Mount> before = std::exchange(mounts, mounts_in(table()));
    for (Mount& mount : mounts)
        mount.answered = std::ranges::any_of(
            before, [&](const Mount& old) { return old.answered && old.directory == mount.directory; });
    all_local = std::ranges::all_of(mounts, &Mount::local);
    read = true;
}

/// `place`: of `path`, so far as it has been followed.
bool Watch::State::reaches(const std::string& place, const std::string& path) {
    Mount* mount = mount_of(mounts, place);
    if (mount == nullptr || mount->local || mount->answered) return true;
    if (!silent.empty()) return false;
    const auto began = Clock::now();
    const milliseconds left = limit - waited;
    const bool answered = left > milliseconds(0) && ask(path, left);
    waited += std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    if (!answered) {
        silent = path;
        return false;
    }
    if (mount->automatic) {
        read_table();
        mount = mount_of(mounts, place);
    }
    if (mount != nullptr && !mount->automatic) mount->answered = true;
    return true;
}

/// Follows `rest` from the directory `at`, which becomes where it leads, as the kernel would: link by link. What is
/// behind something that is not there is touched by nobody.
Watch::State::Way Watch::State::follow(std::string& at, std::string rest, const std::string& path) {
    int links = 0;
    std::array<char, PATH_MAX> target{};
    while (!rest.empty()) {
        const std::size_t begin = std::min(rest.find_first_not_of('/'), rest.size());
        const std::size_t end = std::min(rest.find('/', begin), rest.size());
        const std::string name = rest.substr(begin, end - begin);
        rest.erase(0, end);
        if (name.empty() || name == ".") continue;
        if (name == "..") {
            at = parent_of(at);
            continue;
        }
        std::string place = at + '/' + name;
        if (!reaches(place, path)) return Way::silent;
        const ssize_t length = readlink(place.c_str(), target.data(), target.size());
        if (length >= 0) {
            if (++links > max_links) return Way::ends;
            const std::string_view link(target.data(), static_cast<std::size_t>(length));
            if (link.starts_with('/')) at.clear();
            rest.insert(0, std::string("/").append(link));
        } else if (errno == EINVAL) {  // no link
            at = std::move(place);
        } else {
            return Way::ends;
        }
    }
    return Way::leads;
}

bool Watch::State::follows(const std::string& path) {
    const std::string parent = parent_of(path);
    auto known = walked.find(parent);
    if (known == walked.end()) {
        std::string at;
        const Way way = follow(at, parent, path);
        if (way != Way::leads) return way == Way::ends;
        known = walked.emplace(parent, std::move(at)).first;
    }
    std::string at = known->second;
    return follow(at, path.substr(parent.size()), path) != Way::silent;
}

bool Watch::State::asks(const std::string& path) {
    if (!read) read_table();
    if (all_local) return true;
    const std::string whole = absolute(path);
    return whole.empty() || whole.find('\0') != std::string::npos || (reaches("/", whole) && follows(whole));
}

Watch::Watch(milliseconds limit) : Watch(limit, own_mounts, ask_in_child) {}

Watch::Watch(milliseconds limit, std::function<std::string()> mounts, Ask ask)
    : state_(std::make_unique<State>(limit, std::move(mounts), std::move(ask))), outer_(std::exchange(watch, this)) {}

Watch::~Watch() {
    watch = outer_;
}

void Watch::set_limit(milliseconds limit) {
    state_->limit = limit;
}

const std::string& Watch::silent() const noexcept {
    return state_->silent;
}

milliseconds Watch::limit() const noexcept {
    return state_->limit;
}

Watch* current_watch() noexcept {
    return watch;
}

bool answers(const std::string& path) {
    return watch == nullptr || watch->state_->asks(path);
}

bool is_file(const std::string& path) {
    struct stat status{};
    return answers(path) && stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_directory(const std::string& path) {
    struct stat status{};
    return answers(path) && stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) {
    struct stat status{};
    return answers(path) && stat(path.c_str(), &status) == 0;
}

}  // namespace recipe::storage
