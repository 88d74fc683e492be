// SPDX-License-Identifier: Apache-2.0
// Mounts as a recipe has them, and the values of pyxis' options that a user gave: what is taken can be handed on
// without meaning another path.
#include "node/node.hpp"
#include "planner/container/image.hpp"
#include "planner/container/mounts.hpp"
#include "require.hpp"
#include "slurm_text/shown_text.hpp"

#include <string>

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::text_of(data, size);
    const std::string own(fuzz::take_until(rest, '\n'));
    plan::Container container{.image = std::string(fuzz::take_until(rest, '\n'))};
    while (!rest.empty()) {
        const auto mount = planner::read_mount(fuzz::take_until(rest, '\n'));
        if (!mount) {
            fuzz::require_reasons(mount.error());
            continue;
        }
        container.mounts.push_back(*mount);
    }
    const node::Lookup user = [&](const std::string& name) -> std::optional<std::string> {
        if (name.ends_with("container_mounts") || name.ends_with("container_image")) return own;
        return std::nullopt;
    };
    for (const node::Lookup& lookup : {user, node::Lookup([](const std::string&) { return std::nullopt; })}) {
        const node::PyxisShare share = node::pyxis_share(container, lookup);
        for (const node::PyxisOption& option : share.options)
            require(option.name != "container_mounts" ||
                        option.value.size() <= planner::mounts_text(container.mounts).size() + own.size() + 1,
                    "no mount is made up");
        require(share.by_hook.size() <= container.mounts.size(), "no mount is made up");
        (void)node::mounts_problem(share.by_hook, lookup);
        (void)node::image_hint(container, lookup);
    }
    (void)planner::mounts_text(container.mounts);
    (void)planner::source_of(own, container.mounts);
    (void)planner::import_uri(container.image);
    require(!planner::file_name_for(container.image).contains('/'), "a file's name is one name");
    return 0;
}
