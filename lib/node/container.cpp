// SPDX-License-Identifier: Apache-2.0
// What pyxis gets of a plan's container, and what goes another way since a user's own option stands in its way.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::node {
namespace {

/// Of each pair pyxis takes one; the other after it is an error.
constexpr std::array<std::array<std::string_view, 2>, 3> opposites{{
    {"container_mount_home", "no_container_mount_home"},
    {"container_remap_root", "no_container_remap_root"},
    {"container_writable", "container_readonly"},
}};

bool is_own(const Lookup& own, std::string_view option) {
    if (own(std::string(option))) return true;
    return std::ranges::any_of(opposites, [&](const auto& pair) {
        return (pair[0] == option && own(std::string(pair[1]))) || (pair[1] == option && own(std::string(pair[0])));
    });
}

/// SOURCE:TARGET[:FLAGS] in a list with commas; pyxis 0.19 and 0.20 write it into a shell script between double quotes,
/// and do not escape blanks for the list of mounts that comes of it.
bool option_carries(std::string_view path) {
    return path.find_first_of(":, \t\n\r\"\\$`") == std::string_view::npos;
}
bool option_carries(const plan::Mount& mount) {
    return option_carries(mount.source) && option_carries(mount.target);
}

std::string mount_option(const std::vector<plan::Mount>& mounts) {
    std::string text;
    for (const plan::Mount& mount : mounts)
        text += fmt::format("{}{}:{}{}", text.empty() ? "" : ",", mount.source, mount.target, plan::mount_flags(mount));
    return text;
}

bool is_below(std::string_view path, std::string_view directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
    return path == directory || directory == "/" || (path.starts_with(directory) && path[directory.size()] == '/');
}

/// The targets of a --container-mounts.
std::vector<std::string_view> targets_of(std::string_view option) {
    std::vector<std::string_view> targets;
    for (const std::string_view mount : slurm_text::split(option)) {
        const std::size_t colon = mount.find(':');
        const std::string_view rest = colon == std::string_view::npos ? mount : mount.substr(colon + 1);
        targets.push_back(rest.substr(0, rest.find(':')));
    }
    return targets;
}

}  // namespace

PyxisShare pyxis_share(const plan::Container& container, const Lookup& own) {
    std::vector<PyxisOption> options{{"container_image", container.image}};
    if (container.workdir) options.push_back({"container_workdir", *container.workdir});
    const auto say = [&](const std::optional<bool>& wanted, const auto& pair) {
        if (wanted) options.push_back({pair[*wanted ? 0 : 1], ""});
    };
    say(container.mount_home, opposites[0]);
    say(container.remap_root, opposites[1]);
    say(container.writable, opposites[2]);
    std::erase_if(options, [&](const PyxisOption& option) { return is_own(own, option.name); });

    PyxisShare share{.options = std::move(options), .by_hook = container.mounts};
    if (own("container_mounts")) return share;
    const auto others =
        std::ranges::stable_partition(share.by_hook, [](const plan::Mount& mount) { return option_carries(mount); });
    const std::vector<plan::Mount> by_option(share.by_hook.begin(), others.begin());
    // cppcheck-suppress mismatchingContainerExpression ; `others` is a part of it
    share.by_hook.erase(share.by_hook.begin(), others.begin());
    if (!by_option.empty()) share.options.push_back({"container_mounts", mount_option(by_option)});
    return share;
}

std::string hook_mounts(const std::vector<plan::Mount>& mounts) {
    std::string text;
    for (const plan::Mount& mount : mounts)
        text += fmt::format("{}{}\t{}\t{}\n", mount.read_only ? "ro" : "rw", mount.optional ? "+nofail" : "",
                            mount.source, mount.target);
    return text;
}

std::optional<Diagnostic> mounts_problem(const std::vector<plan::Mount>& by_hook, const Lookup& own) {
    const std::string theirs = own("container_mounts").value_or("");
    const std::vector<std::string_view> covered = targets_of(theirs);
    std::string lost;
    std::string fix;
    for (const plan::Mount& mount : by_hook) {
        if (std::ranges::any_of(covered, [&](std::string_view target) { return is_below(mount.target, target); }))
            continue;
        lost += fmt::format("{}{} ({})", lost.empty() ? "" : ", ", mount.target, mount.reason);
        fix +=
            fmt::format("{}{}:{}{}", fix.empty() ? "" : ",", mount.source, mount.target, mount.read_only ? ":ro" : "");
    }
    if (lost.empty()) return std::nullopt;
    Diagnostic problem{.code = codes::node.mounts};
    if (!own("container_mounts")) {
        problem.message =
            fmt::format("not mounted, since pyxis takes no such path: {}; what the step writes there is lost", lost);
        problem.fix = "the administrator installs the enroot hook of etc/enroot/hooks.d, which takes any";
        return problem;
    }
    problem.message = fmt::format(
        "the step's own --container-mounts replaces the recipe's: not mounted are {}; what the step writes "
        "there is lost",
        lost);
    problem.fix = fmt::format("--container-mounts={},{}", theirs, fix);
    return problem;
}

std::optional<Diagnostic> image_hint(const plan::Container& container, const Lookup& own) {
    const std::optional<std::string> image = own("container_image");
    if (!image || *image == container.image) return std::nullopt;
    return Diagnostic{
        .code = codes::node.own_image,
        .message = fmt::format("the step runs in {}, as its own --container-image says, and not in the recipe's {}",
                               *image, container.image)};
}

}  // namespace recipe::node
