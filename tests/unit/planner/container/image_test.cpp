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

TEST_CASE("an image's name is Docker's, up to the last character that may be in it") {
    for (const std::string& image : {"a:" + std::string(128, 't'), std::string("a-_/b0._-c:T_.-9"),
                                     std::string("h:5000#a"), std::string("u@h-1.x#a"), std::string("a@sha256:09af"),
                                     std::string("a:t@sha256:0"), std::string("az09"), std::string("a:AZ")}) {
        INFO(image);
        CHECK(read(image).image == image);
        CHECK(read(image).code.empty());
    }
    for (const std::string& image :
         {"a:" + std::string(129, 't'), std::string("a//b"), std::string("h#/a"), std::string("a:"),
          std::string("a:t+"), std::string("a@sha256:AB"), std::string("a@sha256:0-"), std::string("A"),
          std::string("a{"), std::string("a:`"), std::string("h!#a"), std::string("h/x#a"), std::string("dockerd://"),
          std::string("dockerd://A"), std::string("a@sha512:00")}) {
        INFO(image);
        CHECK(read(image).image == "(refused)");
        CHECK(read(image).code == "container.image");
        CHECK(read(image).message.ends_with("HOST#NAME:TAG, in lower case"));
    }
}

TEST_CASE("an image's text has 4000 bytes at most") {
    const std::string longest(4000, 'a');
    CHECK(read(longest).image == longest);
    CHECK(read(longest + 'a').message.ends_with("has blanks or line ends, or more than 4000 bytes"));
    CHECK(read("a b").message == "container a b is no image: it has blanks or line ends, or more than 4000 bytes");
}

TEST_CASE("what stands before the first slash is a host where Docker takes it for one") {
    CHECK(read("localhost/a").image == "localhost#a");
    CHECK(read("me@localhost/a").image == "me@localhost#a");
    CHECK(read("h.x/a").image == "h.x#a");
    CHECK(read("h:1/a").image == "h:1#a");
    CHECK(read("host/a").image == "host/a");
    CHECK(read("host/a").code.empty());
    CHECK(read("localhosts/a").image == "localhosts/a");
    CHECK(read("docker.io/ubuntu").image == "ubuntu");
    CHECK(read("docker.io/ubuntu").code == "container.rewritten");
    CHECK(read("index.docker.io/ubuntu").image == "ubuntu");
    CHECK(read("docker.io/ubuntu").fix == "--recipe-set=container=ubuntu");
    CHECK(read("docker.io/a.b-c_d/e").fix == "--recipe-set=container=a.b-c_d/e");
    CHECK(read("docker.io/a:1").fix == "--recipe-set=container=\"'a:1'\"");
}

TEST_CASE(
    "a registry of AWS is of an account of 12 digits and of a region, which the first variable that is set says") {
    const auto host = [](const std::string& account, const std::string& more = "") {
        return account + ".dkr.ecr" + more + ".eu-west-1.amazonaws.com#a";
    };
    CHECK(read(host("123456789012")).code.empty());
    CHECK(read(host("me@123456789012")).code.empty());
    CHECK(read(host("12345678901")).message.ends_with("is of no AWS account: `12345678901` is not 12 digits"));
    CHECK(read(host("1234567890123")).code == "container.image");
    CHECK(read(host("12345678901x")).code == "container.image");
    CHECK(read("x.dkr.ecr.eu-west-1.example.com#a").code.empty());
    const config::Environment here{{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "us-east-1"}};
    CHECK(read(host("123456789012"), here).code.empty());
    CHECK(read(host("123456789012", "-fips"), here).code.empty());
    const config::Environment other{{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-east-1"}};
    CHECK(read(host("123456789012"), other).message.ends_with("is in eu-west-1, and AWS_DEFAULT_REGION is us-east-1"));
    CHECK(read(host("123456789012", "-fips"), other).fix ==
          "--recipe-set=container=\"'123456789012.dkr.ecr-fips.us-east-1.amazonaws.com#a'\"");
}

TEST_CASE("each thing that is no squashfs file is told with what makes one") {
    CHECK(read("/fsx").message == "container /fsx is a directory; pyxis wants a squashfs file");
    CHECK(read("/fsx/denied.sqsh").fix == "chmod a+r /fsx/denied.sqsh");
    CHECK(read("/fsx/text.sqsh").fix == "enroot import -o /fsx/text.sqsh.sqsh docker://IMAGE");
    CHECK(read("/fsx/none.sqsh").fix == "enroot import -o /fsx/none.sqsh docker://IMAGE");
    CHECK(read("/none.sqsh").message == "container /none.sqsh is not there, and / is");
    CHECK(read("podman://a/b").fix == "enroot import -o IMAGE.sqsh podman://a/b");
    CHECK(read("oras://a/b").fix.empty());
    CHECK(read("~/a.sqsh").fix == "--recipe-set=container=\"'$HOME/a.sqsh'\"");
    for (const char* file : {"a.sqsh", "a/b.squashfs", "a.sif", "../a", "."}) {
        INFO(file);
        CHECK(read(file).message.ends_with("is a relative path, which is another file wherever it is read"));
    }
    CHECK(read("../a").fix == "--recipe-set=container=/home/a");
    CHECK(planner::file_name_for("h#a/b:t@sha256:0") == "a+b+t+sha256+0.sqsh");
}
