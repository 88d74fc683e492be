// From what everybody wants to see in the container to one list without surprises.
#include "container/container.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace recipe::container {
namespace {

constexpr std::size_t most_mounts = 128;     // that a plan holds
constexpr std::size_t longest_reason = 256;  // likewise

/// Without these of its own an image does not start, or is no longer itself.
constexpr std::array system_directories{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"};

Diagnostic of(const Wish& wish, Severity severity, std::string_view code, std::string message, std::string fix = {}) {
    return {.severity = severity,
            .code = std::string(code),
            .key = wish.key,
            .source = wish.where,
            .message = std::move(message),
            .fix = std::move(fix)};
}

/// "" when pyxis and enroot read the path as one field.
std::string why_unmountable(const std::string& path) {
    if (!path.starts_with('/')) return fmt::format("`{}` is no absolute path", path);
    if (path.find(':') != std::string::npos) return fmt::format("{} has a colon, where pyxis splits a mount", path);
    if (path.find(',') != std::string::npos) return fmt::format("{} has a comma, where pyxis splits the list of mounts", path);
    const bool control = std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    return control ? "a path with control characters cannot be mounted" : "";
}

std::string shown(const plan::Mount& mount) {
    return mount.source == mount.target ? mount.source : fmt::format("{} at {}", mount.source, mount.target);
}

/// What `outer` shows at `target`.
std::string source_in(const plan::Mount& outer, const std::string& target) {
    return storage::normal(outer.source + '/' + target.substr(outer.target == "/" ? 0 : outer.target.size()));
}

void add_reason(plan::Mount& mount, const std::string& reason) {
    const bool said = (", " + mount.reason + ", ").find(", " + reason + ", ") != std::string::npos;
    if (said || mount.reason.size() + reason.size() + 2 > longest_reason) return;
    mount.reason += ", " + reason;
}

void check_target(const Wish& wish, Diagnostics& problems, Diagnostics& notes) {
    const std::string& target = wish.mount.target;
    if (target == "/") {
        problems.push_back(of(wish, Severity::error, "container.mount_system", fmt::format("{} would hide the whole image", shown(wish.mount))));
        return;
    }
    for (const char* directory : system_directories)
        if (target == directory)
            notes.push_back(of(wish, Severity::warning, "container.mount_system",
                               fmt::format("{} hides the image's own {}", shown(wish.mount), directory)));
}

void check_source(const Wish& wish, const storage::Host& host, Diagnostics& problems, Diagnostics& notes) {
    if (wish.is_made) return;
    const storage::Sight sight = host.look(wish.mount.source);
    if (sight.exists) return;
    const std::string parent = wish.mount.source.substr(0, std::max<std::size_t>(wish.mount.source.rfind('/'), 1));
    const bool surely = sight.nearest == parent && !sight.is_elsewhere();
    Diagnostic problem = of(wish, surely ? Severity::error : Severity::warning, "container.mount_missing",
                            surely ? fmt::format("{} is not there, and {} is", wish.mount.source, parent)
                                   : fmt::format("{} is not visible from here; where it is missing the container does not start", wish.mount.source));
    (surely ? problems : notes).push_back(std::move(problem));
}

/// Parents before children, so that nothing is mounted and then hidden.
std::vector<Wish> sorted(std::vector<Wish> wishes) {
    std::ranges::stable_sort(wishes, {}, [](const Wish& wish) { return wish.mount.target; });
    return wishes;
}

/// The nearest of the mounts in which the target lies.
const Wish* outer_of(const std::vector<Wish>& mounts, const std::string& target) {
    const Wish* found = nullptr;
    for (const Wish& mount : mounts)
        if (storage::is_within(target, mount.mount.target) && (found == nullptr || mount.mount.target.size() >= found->mount.target.size()))
            found = &mount;
    return found;
}

/// What the user mounts says what lies at its target, also where a key of the recipe names that.
bool is_users(const Wish& wish) { return wish.key.starts_with("cluster.container_mounts"); }
bool gives_way(const Wish& wish) { return !is_users(wish) && wish.key != "run.results_dir"; }

void add(std::vector<Wish>& mounts, Wish wish, Diagnostics& problems, Diagnostics& notes) {
    Wish* outer = const_cast<Wish*>(outer_of(mounts, wish.mount.target));
    if (outer == nullptr) {
        mounts.push_back(std::move(wish));
        return;
    }
    const bool same_target = outer->mount.target == wish.mount.target;
    if (source_in(outer->mount, wish.mount.target) == wish.mount.source) {
        // One tree. Only a place to write within one to read is more than the outer mount gives.
        const bool more = outer->mount.read_only && !wish.mount.read_only;
        if (!more || same_target) {
            outer->mount.read_only = outer->mount.read_only && wish.mount.read_only;
            outer->mount.optional = outer->mount.optional && wish.mount.optional;
            add_reason(outer->mount, wish.mount.reason);
            return;
        }
    } else if (is_users(*outer) && gives_way(wish)) {
        add_reason(outer->mount, wish.mount.reason);
        return;
    } else if (same_target && is_users(wish) && gives_way(*outer)) {
        add_reason(wish.mount, outer->mount.reason);
        *outer = std::move(wish);
        return;
    } else if (same_target) {
        problems.push_back(of(wish, Severity::error, "container.mount_over",
                              fmt::format("{} ({}) and {} ({}) want the same place in the container", shown(outer->mount),
                                          outer->mount.reason, shown(wish.mount), wish.mount.reason)));
        return;
    } else {
        notes.push_back(of(wish, Severity::warning, "container.mount_over",
                           fmt::format("{} ({}) hides a part of {} ({})", shown(wish.mount), wish.mount.reason, shown(outer->mount),
                                       outer->mount.reason)));
    }
    mounts.push_back(std::move(wish));
}

}  // namespace

Expected<plan::Mount> read_mount(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return refuse({.code = "container.mount_form",
                       .message = fmt::format("`{}` is no SOURCE[:TARGET[:ro]]: {}", text, why)});
    };
    std::vector<std::string> fields(1);
    for (const char c : text) {
        if (c == ':') fields.emplace_back();
        else fields.back() += c;
    }
    if (fields.size() > 3 || std::ranges::any_of(fields, &std::string::empty)) return wrong("too many colons, or nothing between them");
    plan::Mount mount{.source = fields[0], .target = fields.size() > 1 ? fields[1] : fields[0]};
    if (fields.size() == 3) {
        if (fields[2] != "ro" && fields[2] != "rw") return wrong(fmt::format("the flag `{}` is neither ro nor rw", fields[2]));
        mount.read_only = fields[2] == "ro";
    }
    return mount;
}

Expected<std::vector<plan::Mount>> mounts_of(const std::vector<Wish>& wishes, const storage::Host& host, Diagnostics& notes) {
    Diagnostics problems;
    std::vector<Wish> good;
    for (Wish wish : wishes) {
        std::string why = why_unmountable(wish.mount.source);
        if (why.empty()) why = why_unmountable(wish.mount.target);
        if (!why.empty()) {
            problems.push_back(of(wish, Severity::error, "container.mount_form", std::move(why)));
            continue;
        }
        wish.mount.source = storage::normal(wish.mount.source);
        wish.mount.target = storage::normal(wish.mount.target);
        check_target(wish, problems, notes);
        check_source(wish, host, problems, notes);
        good.push_back(std::move(wish));
    }
    std::vector<Wish> taken;
    for (Wish& wish : sorted(std::move(good))) add(taken, std::move(wish), problems, notes);

    std::vector<plan::Mount> mounts;
    for (Wish& wish : taken) mounts.push_back(std::move(wish.mount));
    const std::size_t length = mounts_text(mounts).size();
    if (length > longest_mounts || mounts.size() > most_mounts)
        problems.push_back({.code = "container.mounts_too_long",
                            .key = "cluster.container_mounts",
                            .message = fmt::format("{} mounts are a text of {} bytes; pyxis reads {} bytes, and a plan holds {} mounts",
                                                   mounts.size(), length, longest_mounts, most_mounts),
                            .fix = "mount a directory that holds several of them"});
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return mounts;
}

std::string source_of(const std::string& path, const std::vector<plan::Mount>& mounts) {
    const plan::Mount* nearest = nullptr;
    for (const plan::Mount& mount : mounts)
        if (storage::is_within(path, mount.target) && (nearest == nullptr || mount.target.size() > nearest->target.size())) nearest = &mount;
    return nearest != nullptr ? source_in(*nearest, path) : path;
}

std::string mounts_text(const std::vector<plan::Mount>& mounts) {
    std::string text;
    for (const plan::Mount& mount : mounts)
        text += fmt::format("{}{}:{}{}", text.empty() ? "" : ",", mount.source, mount.target, plan::mount_flags(mount));
    return text;
}

}  // namespace recipe::container
