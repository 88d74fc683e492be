// SPDX-License-Identifier: Apache-2.0
// From what everybody wants to see in the container to one list without surprises.
#include "planner/container/mounts.hpp"

#include "diagnostic/codes/launch.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

constexpr std::size_t max_mounts = 128;        // that a plan holds
constexpr std::size_t max_reason_bytes = 256;  // likewise

/// Without these of its own an image does not start, or is no longer itself.
constexpr std::array system_directories{"/bin",   "/boot", "/dev",  "/etc", "/lib",
                                        "/lib64", "/proc", "/sbin", "/sys", "/usr"};

Diagnostic of(const MountRequest& request, Severity severity, DiagnosticCode code, std::string message,
              std::string fix = {}) {
    return {.code = code,
            .severity = severity,
            .key = request.key,
            .source = request.where,
            .message = std::move(message),
            .fix = std::move(fix)};
}

/// "" when pyxis and enroot read the path as one field.
std::string why_unmountable(const std::string& path) {
    if (!path.starts_with('/')) return fmt::format("`{}` is no absolute path", path);
    if (path.find(':') != std::string::npos) return fmt::format("{} has a colon, where pyxis splits a mount", path);
    if (path.find(',') != std::string::npos)
        return fmt::format("{} has a comma, where pyxis splits the list of mounts", path);
    return slurm_text::has_control(path) ? "a path with control characters cannot be mounted" : "";
}

std::string describe(const plan::Mount& mount) {
    return mount.source == mount.target ? mount.source : fmt::format("{} at {}", mount.source, mount.target);
}

/// What `outer` shows at `target`.
std::string source_in(const plan::Mount& outer, const std::string& target) {
    return storage::normal(outer.source + '/' + target.substr(outer.target == "/" ? 0 : outer.target.size()));
}

void add_reason(plan::Mount& mount, const std::string& reason) {
    const bool said = (", " + mount.reason + ", ").find(", " + reason + ", ") != std::string::npos;
    if (said || mount.reason.size() + reason.size() + 2 > max_reason_bytes) return;
    mount.reason += ", " + reason;
}

/// Whether the target can be mounted over at all.
bool check_target(const MountRequest& request, Diagnostics& problems, Diagnostics& notes) {
    const std::string& target = request.mount.target;
    if (target == "/") {
        problems.push_back(of(request, Severity::error, codes::container.mount_system,
                              fmt::format("{} would hide the whole image", describe(request.mount))));
        return false;
    }
    for (const char* directory : system_directories)
        if (target == directory)
            notes.push_back(of(request, Severity::warning, codes::container.mount_system,
                               fmt::format("{} hides the image's own {}", describe(request.mount), directory)));
    return true;
}

void check_source(const MountRequest& request, const storage::Host& host, Diagnostics& problems, Diagnostics& notes) {
    if (request.is_made) return;
    const storage::PathStatus status = host.status_of(request.mount.source);
    if (status.exists) return;
    const std::string parent =
        request.mount.source.substr(0, std::max<std::size_t>(request.mount.source.rfind('/'), 1));
    const bool surely = status.nearest == parent && !status.is_elsewhere();
    Diagnostic problem =
        of(request, surely ? Severity::error : Severity::warning, codes::container.mount_missing,
           surely ? fmt::format("{} is not there, and {} is", request.mount.source, parent)
                  : fmt::format("{} is not visible from here; where it is missing the container does not start",
                                request.mount.source));
    (surely ? problems : notes).push_back(std::move(problem));
}

/// Parents before children, so that nothing is mounted and then hidden.
std::vector<MountRequest> sorted(std::vector<MountRequest> requests) {
    std::ranges::stable_sort(requests, {}, [](const MountRequest& request) { return request.mount.target; });
    return requests;
}

/// The nearest of the mounts in which the target lies.
const MountRequest* outer_of(const std::vector<MountRequest>& mounts, const std::string& target) {
    const MountRequest* found = nullptr;
    for (const MountRequest& mount : mounts)
        if (storage::is_within(target, mount.mount.target) &&
            (found == nullptr || mount.mount.target.size() >= found->mount.target.size()))
            found = &mount;
    return found;
}

/// What the user mounts says what lies at its target, also where a key of the recipe names that.
bool is_users(const MountRequest& request) {
    return request.key.starts_with("cluster.container_mounts");
}
bool gives_way(const MountRequest& request) {
    return !is_users(request) && request.key != "run.results_dir";
}

void add(std::vector<MountRequest>& mounts, MountRequest request, Diagnostics& problems, Diagnostics& notes) {
    MountRequest* outer = const_cast<MountRequest*>(outer_of(mounts, request.mount.target));
    if (outer == nullptr) {
        mounts.push_back(std::move(request));
        return;
    }
    const bool same_target = outer->mount.target == request.mount.target;
    if (source_in(outer->mount, request.mount.target) == request.mount.source) {
        // One tree. Only a place to write within one to read is more than the outer mount gives.
        const bool more = outer->mount.read_only && !request.mount.read_only;
        if (!more || same_target) {
            outer->mount.read_only = outer->mount.read_only && request.mount.read_only;
            outer->mount.optional = outer->mount.optional && request.mount.optional;
            add_reason(outer->mount, request.mount.reason);
            return;
        }
    } else if (is_users(*outer) && gives_way(request)) {
        add_reason(outer->mount, request.mount.reason);
        return;
    } else if (same_target && is_users(request) && gives_way(*outer)) {
        add_reason(request.mount, outer->mount.reason);
        *outer = std::move(request);
        return;
    } else if (same_target) {
        problems.push_back(
            of(request, Severity::error, codes::container.mount_over,
               fmt::format("{} ({}) and {} ({}) want the same place in the container", describe(outer->mount),
                           outer->mount.reason, describe(request.mount), request.mount.reason)));
        return;
    } else {
        notes.push_back(of(request, Severity::warning, codes::container.mount_over,
                           fmt::format("{} ({}) hides a part of {} ({})", describe(request.mount), request.mount.reason,
                                       describe(outer->mount), outer->mount.reason)));
    }
    mounts.push_back(std::move(request));
}

}  // namespace

Expected<plan::Mount> read_mount(std::string_view text) {
    const auto fail = [&](std::string_view why) {
        return refuse({.code = codes::container.mount_form,
                       .message = fmt::format("`{}` is no SOURCE[:TARGET[:ro]]: {}", text, why)});
    };
    std::vector<std::string> fields(1);
    for (const char c : text) {
        if (c == ':')
            fields.emplace_back();
        else
            fields.back() += c;
    }
    if (fields.size() > 3 || std::ranges::any_of(fields, &std::string::empty))
        return fail("too many colons, or nothing between them");
    plan::Mount mount{.source = fields[0], .target = fields.size() > 1 ? fields[1] : fields[0]};
    if (fields.size() == 3) {
        if (fields[2] != "ro" && fields[2] != "rw")
            return fail(fmt::format("the flag `{}` is neither ro nor rw", fields[2]));
        mount.read_only = fields[2] == "ro";
    }
    return mount;
}

std::vector<plan::Mount> mounts_of(const std::vector<MountRequest>& requests, const storage::Host& host,
                                   Diagnostics& found) {
    Diagnostics problems;
    std::vector<MountRequest> good;
    for (MountRequest request : requests) {
        std::string why = why_unmountable(request.mount.source);
        if (why.empty()) why = why_unmountable(request.mount.target);
        if (!why.empty()) {
            problems.push_back(of(request, Severity::error, codes::container.mount_form, std::move(why)));
            continue;
        }
        request.mount.source = storage::normal(request.mount.source);
        request.mount.target = storage::normal(request.mount.target);
        if (!check_target(request, problems, found)) continue;
        check_source(request, host, problems, found);
        good.push_back(std::move(request));
    }
    std::vector<MountRequest> taken;
    for (MountRequest& request : sorted(std::move(good))) add(taken, std::move(request), problems, found);

    std::vector<plan::Mount> mounts;
    for (MountRequest& request : taken) mounts.push_back(std::move(request.mount));
    const std::size_t length = mounts_text(mounts).size();
    if (length > max_mounts_bytes || mounts.size() > max_mounts)
        problems.push_back({.code = codes::container.mounts_too_long,
                            .key = "cluster.container_mounts",
                            .message = fmt::format(
                                "{} mounts are a text of {} bytes; pyxis reads {} bytes, and a plan holds {} mounts",
                                mounts.size(), length, max_mounts_bytes, max_mounts),
                            .fix = "mount a directory that holds several of them"});
    append(found, std::move(problems));
    return mounts;
}

std::string source_of(const std::string& path, const std::vector<plan::Mount>& mounts) {
    const plan::Mount* nearest = nullptr;
    for (const plan::Mount& mount : mounts)
        if (storage::is_within(path, mount.target) &&
            (nearest == nullptr || mount.target.size() > nearest->target.size()))
            nearest = &mount;
    return nearest != nullptr ? source_in(*nearest, path) : path;
}

std::string mounts_text(const std::vector<plan::Mount>& mounts) {
    std::string text;
    for (const plan::Mount& mount : mounts)
        text += fmt::format("{}{}:{}{}", text.empty() ? "" : ",", mount.source, mount.target, plan::mount_flags(mount));
    return text;
}

}  // namespace recipe::planner
