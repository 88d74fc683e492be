// SPDX-License-Identifier: Apache-2.0
#include "planner/container/image.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "hosts.hpp"

using namespace recipe;
using storage::Content;

namespace {

struct Outcome {
    std::string image;  // "(refused)", "(none)"
    std::string code;   // of the one diagnostic, or ""
    std::string fix;
    std::string message;
};

Outcome read(const std::string& image, const config::Environment& environment = {}) {
    const test::MadeUpHost host{{{"/fsx", {}},
                                 {"/fsx/good.sqsh", {.content = Content::squashfs}},
                                 {"/fsx/text.sqsh", {.content = Content::other}},
                                 {"/fsx/denied.sqsh", {.content = Content::unreadable}},
                                 {"/fsx/image.sif", {.content = Content::singularity}}}};
    const storage::Host made_up = host.host();
    config::Value root = config::Value::map();
    root.set(config::Value::string("container"), config::Value::string(image));
    Diagnostics notes;
    const auto found = planner::image_of(
        root, {.environment = environment, .host = made_up, .working_directory = "/home/user"}, notes);
    Outcome outcome{.image = !found ? "(refused)" : *found ? **found : "(none)", .code = {}, .fix = {}, .message = {}};
    const Diagnostics& said = found ? notes : found.error();
    REQUIRE(said.size() <= 1);
    if (said.empty()) return outcome;
    CHECK(said.front().key == "container");
    CHECK((said.front().severity == Severity::error) == !found);
    outcome.code = said.front().code;
    outcome.fix = said.front().fix;
    outcome.message = said.front().message;
    return outcome;
}

}  // namespace

TEST_CASE("images that pyxis takes as they are") {
    for (const char* image : {"/fsx/good.sqsh", "nvcr.io#nvidia/pytorch:24.10-py3", "ubuntu:22.04",
                              "nvidia/cuda:12.4.1-base", "user@nvcr.io#nvidia/pytorch:24.10-py3",
                              "dockerd://mine:latest", "ubuntu@sha256:0123456789abcdef", "registry:5000#a/b"}) {
        INFO(image);
        const Outcome outcome = read(image);
        CHECK(outcome.image == image);
        CHECK(outcome.code.empty());
    }
    CHECK(read("").image == "(none)");
    CHECK(read("/fsx//good.sqsh").image == "/fsx/good.sqsh");
    CHECK(read("docker://nvcr.io#nvidia/pytorch:24.10-py3").image == "nvcr.io#nvidia/pytorch:24.10-py3");
}

TEST_CASE("Docker's names are rewritten to pyxis' form, which a hint says") {
    const Outcome outcome = read("nvcr.io/nvidia/pytorch:24.10-py3");
    CHECK(outcome.image == "nvcr.io#nvidia/pytorch:24.10-py3");
    CHECK(outcome.code == "container.rewritten");
    CHECK(outcome.fix == "--recipe-set=container=\"'nvcr.io#nvidia/pytorch:24.10-py3'\"");
    CHECK(read("docker://nvcr.io/nvidia/pytorch:24.10-py3").image == "nvcr.io#nvidia/pytorch:24.10-py3");
    CHECK(read("localhost:5000/mine").image == "localhost:5000#mine");
    CHECK(read("docker.io/library/ubuntu:22.04").image == "library/ubuntu:22.04");
    CHECK(read("658645717637.dkr.ecr.us-west-2.amazonaws.com/smp:2.4").image ==
          "658645717637.dkr.ecr.us-west-2.amazonaws.com#smp:2.4");
}

TEST_CASE("an image of AWS' registry in another region gets this region's name as fix") {
    const Outcome outcome =
        read("658645717637.dkr.ecr.us-west-2.amazonaws.com#smp:2.4", {{"AWS_REGION", "eu-central-1"}});
    CHECK(outcome.image == "658645717637.dkr.ecr.us-west-2.amazonaws.com#smp:2.4");
    CHECK(outcome.code == "container.region");
    CHECK(outcome.message.ends_with("is in us-west-2, and AWS_REGION is eu-central-1"));
    CHECK(outcome.fix == "--recipe-set=container=\"'658645717637.dkr.ecr.eu-central-1.amazonaws.com#smp:2.4'\"");
    CHECK(read("658645717637.dkr.ecr.us-west-2.amazonaws.com#smp:2.4", {{"AWS_REGION", "us-west-2"}}).code.empty());
    CHECK(read("65864.dkr.ecr.us-west-2.amazonaws.com#smp:2.4").code == "container.image");
}

TEST_CASE("a path is a readable squashfs, or not visible from here") {
    CHECK(read("/fsx/none.sqsh").code == "container.missing");
    CHECK(read("/fsx/none.sqsh").message == "container /fsx/none.sqsh is not there, and /fsx is");
    const Outcome elsewhere = read("/lustre/none.sqsh");
    CHECK(elsewhere.image == "/lustre/none.sqsh");
    CHECK(elsewhere.code == "container.not_visible");
    CHECK(read("/fsx/denied.sqsh").code == "container.unreadable");
    CHECK(read("/fsx/text.sqsh").code == "container.image");
}

TEST_CASE("wrong forms get the right one as fix") {
    CHECK(read("/fsx").fix == "mksquashfs /fsx /fsx.sqsh");
    CHECK(read("/fsx/image.sif").fix == "enroot import -o /fsx/image.sqsh docker://IMAGE");
    CHECK(read("/lustre/image.sif").code == "container.image");
    CHECK(read("image.sqsh").fix == "--recipe-set=container=/home/user/image.sqsh");
    CHECK(read("./image.sqsh").fix == "--recipe-set=container=/home/user/image.sqsh");
    CHECK(read("~/image.sqsh", {{"HOME", "/home/me"}}).fix == "--recipe-set=container=/home/me/image.sqsh");
    for (const char* image : {"oras://x/y", "https://x/y.sqsh", "podman://x", "Ubuntu:22.04", "a b", "a\nb", "#x", "x#",
                              "a:b:c", "nvcr.io#", "x/", "a/b#c", "ubuntu@md5:12"}) {
        INFO(image);
        CHECK(read(image).code == "container.image");
    }
}

TEST_CASE("what enroot imports, and into which file") {
    CHECK(planner::import_uri("nvcr.io#nvidia/pytorch:24.10-py3") == "docker://nvcr.io#nvidia/pytorch:24.10-py3");
    CHECK(planner::import_uri("dockerd://mine") == "dockerd://mine");
    CHECK(planner::import_uri("/fsx/image.sqsh") == std::nullopt);
    CHECK(planner::file_name_for("nvcr.io#nvidia/pytorch:24.10-py3") == "nvidia+pytorch+24.10-py3.sqsh");
    CHECK(planner::file_name_for("dockerd://mine") == "mine.sqsh");
}
