// SPDX-License-Identifier: Apache-2.0
// Reads one item of a defaults list.
#include "config/compose/defaults_item.hpp"
#include "config/interpolation/interpolation_ast.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

std::string joined(const std::string& a, const std::string& b, char separator) {
    if (a.empty()) return b;
    return b.empty() ? a : a + separator + b;
}

std::string with_dots(std::string path) {
    std::ranges::replace(path, '/', '.');
    return path;
}

std::string_view without_slash(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    return path;
}

/// "a/b/c" -> "a/b"
std::string folder_of(std::string_view path) {
    path = without_slash(path);
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

}  // namespace

void DefaultsItem::set_parent(const std::string& group, const std::string& package_of_parent) {
    parent_group = group;
    parent_package = package_of_parent;
    if (!package) return;
    if (*package == "_here_") package = "";
    constexpr std::string_view keyword = "_group_";
    if (package->find(keyword) == std::string::npos) return;
    const std::string own = default_package();
    for (std::size_t at = package->find(keyword); at != std::string::npos; at = package->find(keyword, at + own.size()))
        package->replace(at, keyword.size(), own);
    package = "_global_." + *package;
}

void DefaultsItem::set_header_package(const std::optional<std::string>& header) {
    if (!header) return;
    // A header is absolute, whether it says so or not.
    if (header->empty()) {
        header_package = "_global_";
    } else if (*header == "_global_" || header->starts_with("_global_.")) {
        header_package = *header;
    } else {
        header_package = "_global_." + *header;
    }
}

std::string DefaultsItem::group_path() const {
    const std::string own = is_group() ? std::string(without_slash(path)) : folder_of(path);
    return path.starts_with('/') ? own : joined(parent_group, own, '/');
}

std::optional<std::string> DefaultsItem::name() const {
    if (is_group()) return option() ? std::optional(*option()) : std::nullopt;
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string DefaultsItem::config_path() const {
    if (is_group()) return group_path() + "/" + name().value_or("null");
    const std::string own(without_slash(path));
    return path.starts_with('/') ? own : joined(parent_group, own, '/');
}

std::string DefaultsItem::default_package() const {
    return with_dots(group_path());
}

std::string DefaultsItem::final_package(bool use_header) const {
    std::string own = is_base ? "" : with_dots(is_group() ? std::string(without_slash(path)) : folder_of(path));
    if (package) {
        own = *package;
    } else if (use_header && header_package) {
        own = *header_package;
    }
    const std::string full = joined(parent_package, own, '.');
    constexpr std::string_view keyword = "_global_";
    const std::size_t global = full.rfind(keyword);
    if (global == std::string::npos) return full;
    return full.size() > global + keyword.size() ? full.substr(global + keyword.size() + 1) : "";
}

std::string DefaultsItem::override_key() const {
    const std::string standard = default_package();
    std::string actual = final_package(false);
    if (standard == actual) return group_path();
    return group_path() + "@" + (actual.empty() ? "_global_" : actual);
}

bool DefaultsItem::is_interpolation() const {
    if (is_group()) return option() && interpolation::has_interpolation(*option());
    return interpolation::has_interpolation(path);
}

}  // namespace recipe::config
