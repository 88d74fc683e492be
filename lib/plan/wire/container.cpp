// SPDX-License-Identifier: Apache-2.0
// The container's part of the plan's wire form.
#include "plan/wire/fields.hpp"

#include "slurm_text/shown_text.hpp"

namespace recipe::plan {
namespace {

using config::Value;

constexpr std::size_t max_mounts = 128;
constexpr std::size_t max_reason_bytes = 256;

/// An absolute path that stays one field of one mount: pyxis splits at commas and colons, enroot's mount files at line
/// ends.
bool is_mountable(const std::string& path) {
    return path.starts_with('/') && path.find_first_of(":,") == std::string::npos && !slurm_text::has_control(path);
}

Value mount_value(const Mount& mount) {
    Value map = Value::map();
    put(map, "source", text(mount.source));
    put(map, "target", text(mount.target));
    put(map, "read_only", Value::boolean(mount.read_only));
    if (mount.optional) put(map, "optional", Value::boolean(true));
    put(map, "reason", text(mount.reason));
    return map;
}

Mount read_mount(const Value& value, std::string& problem) {
    Reader reader(value, "a mount", problem);
    Mount mount;
    mount.source = reader.string("source", max_path_bytes);
    mount.target = reader.string("target", max_path_bytes);
    mount.read_only = reader.boolean("read_only");
    if (reader.has("optional")) mount.optional = reader.boolean("optional");
    mount.reason = reader.string("reason", max_reason_bytes);
    if (!is_mountable(mount.source) || !is_mountable(mount.target)) reader.fail("has a path that cannot be mounted");
    return mount;
}

}  // namespace

std::string_view mount_flags(const Mount& mount) noexcept {
    if (mount.optional) return mount.read_only ? ":ro+nofail" : ":nofail";
    return mount.read_only ? ":ro" : "";
}

Value container_value(const Container& container) {
    Value map = Value::map();
    put(map, "image", text(container.image));
    Value mounts = Value::list();
    for (const Mount& mount : container.mounts) mounts.push_back(mount_value(mount));
    put(map, "mounts", std::move(mounts));
    put(map, "workdir", optional_value(container.workdir, text));
    put(map, "mount_home", optional_value(container.mount_home, Value::boolean));
    put(map, "remap_root", optional_value(container.remap_root, Value::boolean));
    put(map, "writable", optional_value(container.writable, Value::boolean));
    return map;
}

Container read_container(const Value& value, std::string& problem) {
    Reader reader(value, "container", problem);
    Container container;
    container.image = reader.string("image", max_path_bytes);
    if (container.image.empty()) reader.fail("has no image");
    if (container.image.starts_with('-')) reader.fail("has an image that enroot would take for an option");
    const Value& mounts = reader.any("mounts");
    if (!mounts.is_list() || mounts.size() > max_mounts)
        reader.fail(fmt::format("mounts is no list of at most {}", max_mounts));
    else
        for (const Value& mount : mounts.items()) container.mounts.push_back(read_mount(mount, problem));
    if (!reader.is_null("workdir")) container.workdir = reader.string("workdir", max_path_bytes);
    if (container.workdir && !container.workdir->starts_with('/')) reader.fail("workdir is not absolute");
    if (!reader.is_null("mount_home")) container.mount_home = reader.boolean("mount_home");
    if (!reader.is_null("remap_root")) container.remap_root = reader.boolean("remap_root");
    if (!reader.is_null("writable")) container.writable = reader.boolean("writable");
    return container;
}

}  // namespace recipe::plan
