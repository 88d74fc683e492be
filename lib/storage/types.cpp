// SPDX-License-Identifier: Apache-2.0
// The file systems that people run training on.
#include "storage/storage.hpp"

#include <algorithm>
#include <array>

namespace recipe::storage {
namespace {

struct Type {
    std::uint64_t magic;  // 0: only /proc/mounts names it, not statfs
    std::string_view name;
    Kind kind;
};

constexpr std::array types{
    Type{0x01021994, "tmpfs", Kind::memory},
    Type{0x858458f6, "ramfs", Kind::memory},
    Type{0x958458f6, "hugetlbfs", Kind::memory},
    Type{0x62656572, "sysfs", Kind::memory},
    Type{0x00009fa0, "proc", Kind::memory},
    Type{0x0000ef53, "ext4", Kind::local},
    Type{0x58465342, "xfs", Kind::local},
    Type{0x9123683e, "btrfs", Kind::local},
    Type{0x794c7630, "overlay", Kind::local},
    Type{0x2fc12fc1, "zfs", Kind::local},
    Type{0xf2f52010, "f2fs", Kind::local},
    Type{0xca451a4e, "bcachefs", Kind::local},
    Type{0x73717368, "squashfs", Kind::local},
    Type{0x00006969, "nfs", Kind::shared},
    Type{0x0bd00bd0, "lustre", Kind::shared},
    Type{0x47504653, "gpfs", Kind::shared},
    Type{0x19830326, "beegfs", Kind::shared},
    Type{0x00c36400, "ceph", Kind::shared},
    Type{0xff534d42, "cifs", Kind::shared},
    Type{0xfe534d42, "smb2", Kind::shared},
    Type{0x5346414f, "afs", Kind::shared},
    Type{0x01021997, "9p", Kind::shared},
    Type{0x20030528, "orangefs", Kind::shared},
    Type{0x7461636f, "ocfs2", Kind::shared},
    Type{0x01161970, "gfs2", Kind::shared},
    Type{0xaad7aaea, "panfs", Kind::shared},
    Type{0, "wekafs", Kind::shared},
    Type{0x65735546, "fuse", Kind::unknown},
};

}  // namespace

Kind kind_of(std::string_view name) noexcept {
    const auto* found = std::ranges::find(types, name, &Type::name);
    return found == types.end() ? Kind::unknown : found->kind;
}

std::string_view type_of(std::uint64_t magic) noexcept {
    const auto* found = std::ranges::find(types, magic, &Type::magic);
    return found == types.end() || magic == 0 ? std::string_view("unknown") : found->name;
}

}  // namespace recipe::storage
