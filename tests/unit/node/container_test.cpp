// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "node/node.hpp"

#include <map>

using namespace recipe;
using node::PyxisOption;

namespace {

node::Lookup given(std::map<std::string, std::string> options) {
    return [options = std::move(options)](const std::string& name) -> std::optional<std::string> {
        const auto found = options.find(name);
        return found == options.end() ? std::nullopt : std::optional(found->second);
    };
}

plan::Container sample() {
    return {
        .image = "/fsx/train.sqsh",
        .mounts = {{"/fsx/results", "/fsx/results", false, "results"}, {"/fsx/data", "/data", true, "data.train_dir"}},
        .workdir = "/workspace"};
}

const PyxisOption image{"container_image", "/fsx/train.sqsh"};
const PyxisOption workdir{"container_workdir", "/workspace"};
const PyxisOption mounts{"container_mounts", "/fsx/results:/fsx/results,/fsx/data:/data:ro"};

}  // namespace

TEST_CASE("pyxis gets the image, what the recipe asks for, and the mounts") {
    plan::Container container = sample();
    CHECK(node::pyxis_share(container, given({})).options == std::vector{image, workdir, mounts});
    container.mount_home = container.remap_root = container.writable = true;
    CHECK(node::pyxis_share(container, given({})).options ==
          std::vector{image, workdir, PyxisOption{"container_mount_home", ""}, PyxisOption{"container_remap_root", ""},
                      PyxisOption{"container_writable", ""}, mounts});
    CHECK(node::pyxis_share(container, given({})).by_hook.empty());
    container.mount_home = container.remap_root = container.writable = false;
    CHECK(node::pyxis_share(container, given({})).options ==
          std::vector{image, workdir, PyxisOption{"no_container_mount_home", ""},
                      PyxisOption{"no_container_remap_root", ""}, PyxisOption{"container_readonly", ""}, mounts});
    container = {.image = "nvcr.io#nvidia/pytorch:24.01-py3"};
    CHECK(node::pyxis_share(container, given({})).options ==
          std::vector{PyxisOption{"container_image", container.image}});
}

TEST_CASE("an option of the user's own wins, and so does its opposite") {
    plan::Container container = sample();
    CHECK(node::pyxis_share(container, given({{"container_image", "ubuntu"}})).options == std::vector{workdir, mounts});
    CHECK(node::pyxis_share(container, given({{"container_workdir", "/"}})).options == std::vector{image, mounts});
    container.mount_home = container.writable = true;
    const node::PyxisShare share = node::pyxis_share(
        container, given({{"no_container_mount_home", ""}, {"container_readonly", ""}, {"container_name", "x"}}));
    CHECK(share.options == std::vector{image, workdir, mounts});
}

TEST_CASE("mounts that no option can carry are the hook's") {
    plan::Container container = sample();
    node::PyxisShare share = node::pyxis_share(container, given({{"container_mounts", "/scratch"}}));
    CHECK(share.options == std::vector{image, workdir});
    CHECK(share.by_hook == container.mounts);
    CHECK(node::hook_mounts(share.by_hook) == "rw\t/fsx/results\t/fsx/results\nro\t/fsx/data\t/data\n");

    container.mounts.push_back({"/fsx/my data", "/my data", false, "cluster.container_mounts[0]"});
    share = node::pyxis_share(container, given({}));
    CHECK(share.options.back() == mounts);
    CHECK(share.by_hook == std::vector{container.mounts.back()});
    for (const char* path : {"/a:b", "/a,b", "/a\"b", "/a$b", "/a`b", "/a\\b", "/a\nb"}) {
        container.mounts = {{path, "/b", false, ""}};
        CHECK(node::pyxis_share(container, given({})).by_hook.size() == 1);
    }
}

TEST_CASE("without the hook, mounts that the user's own leave out are lost") {
    const std::vector<plan::Mount> both = sample().mounts;
    auto problem = node::mounts_problem(both, given({{"container_mounts", "/scratch:/scratch"}}));
    REQUIRE(problem);
    CHECK(problem->code == "node.mounts");
    CHECK(problem->severity == Severity::warning);
    CHECK(problem->message ==
          "the step's own --container-mounts replaces the recipe's: not mounted are /fsx/results (results), "
          "/data (data.train_dir); what the step writes there is lost");
    CHECK(problem->fix == "--container-mounts=/scratch:/scratch,/fsx/results:/fsx/results,/fsx/data:/data:ro");

    problem = node::mounts_problem(both, given({{"container_mounts", "/fsx,/x:/y:ro"}}));
    REQUIRE(problem);
    CHECK(problem->message.find("not mounted are /data (data.train_dir);") != std::string::npos);
    CHECK_FALSE(node::mounts_problem(both, given({{"container_mounts", "/fsx:/fsx/,/x:/data:ro"}})));
    CHECK_FALSE(node::mounts_problem(both, given({{"container_mounts", "/:/"}})));
    CHECK(node::mounts_problem(both, given({{"container_mounts", "/fsx/result:/fsx/result,/datas:/datas"}})));
    CHECK_FALSE(node::mounts_problem({}, given({})));

    problem = node::mounts_problem({{"/a b", "/a b", false, "results"}}, given({}));
    REQUIRE(problem);
    CHECK(problem->message ==
          "not mounted, since pyxis takes no such path: /a b (results); what the step writes there is lost");
}

TEST_CASE("an image of the step's own is said") {
    CHECK_FALSE(node::image_hint(sample(), given({})));
    CHECK_FALSE(node::image_hint(sample(), given({{"container_image", "/fsx/train.sqsh"}})));
    const auto hint = node::image_hint(sample(), given({{"container_image", "ubuntu"}}));
    REQUIRE(hint);
    CHECK(hint->code == "node.own_image");
    CHECK(hint->message ==
          "the step runs in ubuntu, as its own --container-image says, and not in the recipe's /fsx/train.sqsh");
}

TEST_CASE("each pair of pyxis' opposites is the user's as soon as one of them is") {
    plan::Container container{.image = "/i"};
    container.mount_home = container.remap_root = container.writable = false;
    const auto names = [&](const char* own) {
        std::string text;
        for (const PyxisOption& option : node::pyxis_share(container, given({{own, ""}})).options)
            text += std::string(option.name) + ' ';
        return text;
    };
    CHECK(names("x") == "container_image no_container_mount_home no_container_remap_root container_readonly ");
    for (const char* own : {"container_mount_home", "no_container_mount_home"})
        CHECK(names(own) == "container_image no_container_remap_root container_readonly ");
    for (const char* own : {"container_remap_root", "no_container_remap_root"})
        CHECK(names(own) == "container_image no_container_mount_home container_readonly ");
    for (const char* own : {"container_writable", "container_readonly"})
        CHECK(names(own) == "container_image no_container_mount_home no_container_remap_root ");
}

TEST_CASE("a mount's flags go to pyxis, or to the hook, as the plan has them") {
    plan::Container container{
        .image = "/i", .mounts = {{"/a", "/a", false, ""}, {"/b", "/b", true, ""}, {"/c", "/d", true, "", true}}};
    const auto share = node::pyxis_share(container, given({}));
    CHECK(share.options.back() == PyxisOption{"container_mounts", "/a:/a,/b:/b:ro,/c:/d:ro+nofail"});
    CHECK(share.by_hook.empty());
    CHECK(node::hook_mounts(container.mounts) == "rw\t/a\t/a\nro\t/b\t/b\nro+nofail\t/c\t/d\n");
    CHECK(node::hook_mounts({{"/a", "/b", false, "", true}}) == "rw+nofail\t/a\t/b\n");
}

TEST_CASE("a path that pyxis' list cannot hold is the hook's, at either end of a mount") {
    for (const char byte : {':', ',', ' ', '\t', '\n', '\r', '"', '\\', '$', '`'}) {
        const std::string path = std::string("/a") + byte + 'b';
        for (const plan::Mount& mount : {plan::Mount{path, "/b", false, ""}, plan::Mount{"/b", path, false, ""}}) {
            const auto share =
                node::pyxis_share({.image = "/i", .mounts = {mount, {"/c", "/c", false, ""}}}, given({}));
            CHECK(share.by_hook == std::vector{mount});
            CHECK(share.options.back() == PyxisOption{"container_mounts", "/c:/c"});
        }
    }
}

TEST_CASE("a mount is not lost below a target of the user's own mounts, however that is spelt") {
    const std::vector<plan::Mount> data{{"/fsx/data", "/data/x", true, "data"}};
    for (const char* own :
         {"/data", "/x:/data", "/x:/data:ro", "/x:/data//", "/y,/x:/data/x", "/x:/", "/a:/b,/x:/data"}) {
        INFO(own);
        CHECK_FALSE(node::mounts_problem(data, given({{"container_mounts", own}})));
    }
    for (const char* own : {"/data:/x", "/x:/dat", "/x:/data/xy", "/x:/data/x/y"}) {
        INFO(own);
        const auto problem = node::mounts_problem(data, given({{"container_mounts", own}}));
        REQUIRE(problem);
        CHECK(problem->fix == "--container-mounts=" + std::string(own) + ",/fsx/data:/data/x:ro");
    }
}
