// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "hosts.hpp"
#include "planner/container/container.hpp"

#include <algorithm>

using namespace recipe;
using planner::MountRequest;

namespace {

MountRequest request(const std::string& text, std::string reason, bool is_made = true) {
    Expected<plan::Mount> mount = planner::read_mount(text);
    REQUIRE(mount);
    mount->reason = reason;
    return {.mount = *mount, .key = std::move(reason), .where = {}, .is_made = is_made};
}

struct Outcome {
    std::string mounts;
    std::vector<std::string> codes;
    Diagnostics said;
};

Outcome mounts(const std::vector<MountRequest>& requests) {
    const storage::Host host = test::MadeUpHost{{{"/fsx", {}}, {"/fsx/there", {}}}}.host();
    Outcome outcome;
    outcome.mounts = planner::mounts_text(planner::mounts_of(requests, host, outcome.said));
    if (has_errors(outcome.said)) outcome.mounts = "(refused)";
    for (const Diagnostic& diagnostic : outcome.said) outcome.codes.emplace_back(diagnostic.code);
    return outcome;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("a mount within another of the same tree is redundant") {
    const Outcome outcome = mounts({request("/fsx/run", "results"), request("/fsx", "all"),
                                    request("/fsx/run/x", "more"), request("/data", "data")});
    CHECK(outcome.mounts == "/data:/data,/fsx:/fsx");
    CHECK(outcome.codes.empty());
}

TEST_CASE("every reason of a mount is told") {
    Diagnostics notes;
    const auto found = planner::mounts_of({request("/fsx", "a"), request("/fsx/x", "b"), request("/fsx", "c")},
                                          test::MadeUpHost{}.host(), notes);
    REQUIRE(found.size() == 1);
    CHECK(found.front().reason == "a, c, b");
}

TEST_CASE("a place to write within one to read stays one") {
    CHECK(mounts({request("/fsx:/fsx:ro", "data"), request("/fsx/run", "results")}).mounts ==
          "/fsx:/fsx:ro,/fsx/run:/fsx/run");
    CHECK(mounts({request("/fsx:/fsx:ro", "data"), request("/fsx", "results")}).mounts == "/fsx:/fsx");
    CHECK(mounts({request("/fsx", "results"), request("/fsx/data:/fsx/data:ro", "data")}).mounts == "/fsx:/fsx");
}

TEST_CASE("a mount over another is told, and two of one place are refused") {
    const Outcome hidden = mounts({request("/fsx", "all"), request("/scratch:/fsx/tmp", "scratch")});
    CHECK(hidden.mounts == "/fsx:/fsx,/scratch:/fsx/tmp");
    CHECK(hidden.codes == Codes{"container.mount_over"});
    CHECK(hidden.said.front().message == "/scratch at /fsx/tmp (scratch) hides a part of /fsx (all)");
    const Outcome both = mounts({request("/a:/data", "one"), request("/b:/data", "two")});
    CHECK(both.mounts == "(refused)");
    CHECK(both.codes == Codes{"container.mount_over"});
    CHECK(mounts({request("/:/host", "root"), request("/fsx", "all")}).codes.empty());
}

TEST_CASE("a place that the user mounts is what the user says, whichever key of the recipe names it") {
    MountRequest mine = request("/fsx:/data", "mine");
    mine.key = "cluster.container_mounts[0]";
    const Outcome within = mounts({request("/data/exp", "exp_dir"), mine});
    CHECK(within.mounts == "/fsx:/data");
    CHECK(within.codes.empty());
    const Outcome same = mounts({request("/data", "exp_dir"), mine});
    CHECK(same.mounts == "/fsx:/data");
    CHECK(same.codes.empty());
    const std::vector<plan::Mount> list{{"/fsx", "/data", false, ""}, {"/x", "/data/x", false, ""}};
    CHECK(planner::source_of("/data/exp", list) == "/fsx/exp");
    CHECK(planner::source_of("/data/x/y", list) == "/x/y");
    CHECK(planner::source_of("/elsewhere", list) == "/elsewhere");
}

TEST_CASE("a mount that a container can do without says so, unless another request needs it") {
    MountRequest cache = request("/fsx/cache", "HF_HOME");
    cache.mount.optional = true;
    CHECK(mounts({cache}).mounts == "/fsx/cache:/fsx/cache:nofail");
    cache.mount.read_only = true;
    CHECK(mounts({cache}).mounts == "/fsx/cache:/fsx/cache:ro+nofail");
    cache.mount.read_only = false;
    CHECK(mounts({cache, request("/fsx/cache/run", "exp_dir")}).mounts == "/fsx/cache:/fsx/cache");
}

TEST_CASE("what the image needs for itself is not hidden silently") {
    CHECK(mounts({request("/fsx:/", "all")}).codes == Codes{"container.mount_system"});
    CHECK(mounts({request("/fsx:/", "all")}).mounts == "(refused)");
    CHECK(mounts({request("/fsx:/usr", "all")}).codes == Codes{"container.mount_system"});
    CHECK(mounts({request("/fsx:/usr/local/data", "all")}).codes.empty());
}

TEST_CASE("paths that pyxis splits, and relative ones, are refused") {
    MountRequest colon = request("/fsx", "x");
    colon.mount.source = "/fsx/a:b";
    CHECK(mounts({colon}).said.front().message == "/fsx/a:b has a colon, where pyxis splits a mount");
    colon.mount.source = "/fsx/a,b";
    CHECK(mounts({colon}).codes == Codes{"container.mount_form"});
    colon.mount.source = "/fsx/a\nb";
    CHECK(mounts({colon}).codes == Codes{"container.mount_form"});
    CHECK(mounts({request("data", "x")}).codes == Codes{"container.mount_form"});
    CHECK(mounts({request("/fsx:data", "x")}).codes == Codes{"container.mount_form"});
    CHECK(mounts({request("/fsx/with blank", "x")}).mounts == "/fsx/with blank:/fsx/with blank");
    for (const char* text : {"", ":", "/a:", ":/a", "/a:/b:exec", "/a:/b:ro:x"}) CHECK_FALSE(planner::read_mount(text));
}

TEST_CASE("a source that is not there is refused where its directory is") {
    CHECK(mounts({request("/fsx/there", "x", false)}).codes.empty());
    CHECK(mounts({request("/fsx/none", "x", false)}).codes == Codes{"container.mount_missing"});
    CHECK(mounts({request("/fsx/none", "x", false)}).mounts == "(refused)");
    const Outcome elsewhere = mounts({request("/lustre/none", "x", false)});
    CHECK(elsewhere.mounts == "/lustre/none:/lustre/none");
    CHECK(elsewhere.codes == Codes{"container.mount_missing"});
}

TEST_CASE("a list that pyxis cannot read is refused with its length") {
    std::vector<MountRequest> requests;
    for (char c = 'a'; c <= 'z'; ++c) requests.push_back(request("/" + std::string(100, c), "x"));
    const Outcome outcome = mounts(requests);
    CHECK(outcome.codes == Codes{"container.mounts_too_long"});
    CHECK(outcome.said.front().message.starts_with("26 mounts are a text of 5303 bytes; pyxis reads 4095 bytes"));
}

TEST_CASE("a mount that a site does not refuse stays a mount") {
    const storage::Host host = test::MadeUpHost{{{"/fsx", {}}}}.host();
    Diagnostics found;
    const auto kept = planner::mounts_of({request("/fsx", "all"), request("/fsx/none:/data", "data", false),
                                          request("/a:/place", "one"), request("/b:/place", "two")},
                                         host, found);
    CHECK(planner::mounts_text(kept) == "/fsx/none:/data,/fsx:/fsx,/a:/place");
    CHECK(std::ranges::count(found, std::string_view("container.mount_missing"), &Diagnostic::code) == 1);
    CHECK(std::ranges::count(found, std::string_view("container.mount_over"), &Diagnostic::code) == 1);
}

TEST_CASE("what cluster.srun_args says to pyxis goes to the container") {
    const auto root = config::parse_yaml(
        "cluster:\n  srun_args: [--no-container-mount-home, --container-writable, '--container-workdir=/w', -l, "
        "null]\n",
        "x");
    REQUIRE(root);
    Diagnostics problems;
    const planner::SrunArguments arguments = planner::srun_arguments_of(*root, problems);
    CHECK(problems.empty());
    CHECK(arguments.switches.mount_home == false);
    CHECK(arguments.switches.writable == true);
    CHECK(arguments.switches.workdir == "/w");
    CHECK_FALSE(arguments.switches.remap_root);
    CHECK(arguments.others == std::vector<std::string>{"-l"});

    const auto wrong = config::parse_yaml("cluster:\n  srun_args: [--container-image=x, --container-workdir=w]\n", "x");
    REQUIRE(wrong);
    CHECK(planner::srun_arguments_of(*wrong, problems).others.empty());
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].code == "container.srun_argument");
    CHECK(problems[0].message == "--container-image stands in container");
    CHECK(problems[1].message == "--container-workdir=PATH takes an absolute path");
}

TEST_CASE("a mount is read only where it says ro, and may say rw") {
    const auto read = [](const char* text) {
        const Expected<plan::Mount> mount = planner::read_mount(text);
        REQUIRE(mount);
        return *mount;
    };
    const plan::Mount writable{.source = "/a", .target = "/b", .read_only = false, .reason = {}};
    const plan::Mount read_only{.source = "/a", .target = "/b", .read_only = true, .reason = {}};
    CHECK(read("/a:/b") == writable);
    CHECK(read("/a:/b:rw") == writable);
    CHECK(read("/a:/b:ro") == read_only);
    CHECK(read("/a") == plan::Mount{.source = "/a", .target = "/a", .read_only = false, .reason = {}});
    for (const char* flag : {"rx", "RO", "r", "row"}) {
        const auto refused = planner::read_mount(std::string("/a:/b:") + flag);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "container.mount_form");
        CHECK(refused.error().front().message.ends_with(std::string("the flag `") + flag + "` is neither ro nor rw"));
    }
}

TEST_CASE("a directory that the image needs is mounted over with a warning, and one within it without") {
    for (const char* directory :
         {"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr"}) {
        INFO(directory);
        const Outcome over = mounts({request(std::string("/fsx:") + directory, "x")});
        CHECK(over.codes == Codes{"container.mount_system"});
        CHECK(over.mounts == std::string("/fsx:") + directory);
        CHECK(over.said.front().message == std::string("/fsx at ") + directory + " hides the image's own " + directory);
        CHECK(mounts({request(std::string("/fsx:") + directory + "/x", "x")}).codes.empty());
    }
    CHECK(mounts({request("/fsx:/opt", "x")}).codes.empty());
    CHECK(mounts({request("/fsx:/", "x")}).codes == Codes{"container.mount_system"});
    CHECK(mounts({request("/fsx:/", "x")}).mounts.find("(refused)") == 0);
}

TEST_CASE("a plan holds 128 mounts, of 4095 bytes together") {
    const auto many = [](int count) {
        std::vector<MountRequest> requests;
        for (int i = 0; i < count; ++i) requests.push_back(request("/m" + std::to_string(1000 + i), "x"));
        return mounts(requests).codes;
    };
    CHECK(many(128).empty());
    CHECK(many(129) == Codes{"container.mounts_too_long"});
    const auto long_ones = [](std::size_t more) {
        std::vector<MountRequest> requests;
        // Each as its source and its target, with a colon, and a comma between two of them.
        for (char c = 'a'; c < 'a' + 20; ++c) requests.push_back(request("/" + std::string(100, c), "x"));
        requests.push_back(request("/" + std::string(more, 'z'), "x"));
        const Outcome outcome = mounts(requests);
        return outcome.codes.empty() ? outcome.mounts.size() : 0;
    };
    CHECK(long_ones(5) == 4093);
    CHECK(long_ones(6) == 4095);
    CHECK(long_ones(7) == 0);
}

TEST_CASE("reasons are kept up to 256 bytes, each once") {
    const auto reason = [](const std::string& first, const std::string& second) {
        Diagnostics notes;
        return planner::mounts_of({request("/fsx", first), request("/fsx", second)}, test::MadeUpHost{}.host(), notes)
            .front()
            .reason;
    };
    CHECK(reason("a", "a") == "a");
    CHECK(reason("a", "ab") == "a, ab");
    CHECK(reason("a, b", "b") == "a, b");
    const std::string most(253, 'x');
    CHECK(reason(most, "y") == most + ", y");
    CHECK(reason(most, "yz") == most);
}

TEST_CASE("what is mounted within another place shows that place's own directory") {
    const std::vector<plan::Mount> root{{"/host", "/", false, ""}};
    CHECK(planner::source_of("/a/b", root) == "/host/a/b");
    const std::vector<plan::Mount> both{{"/outer", "/a", false, ""}, {"/inner", "/a/b", false, ""}};
    CHECK(planner::source_of("/a/b/c", both) == "/inner/c");
    CHECK(planner::source_of("/a/bc", both) == "/outer/bc");
    CHECK(planner::source_of("/a", both) == "/outer");
    CHECK(planner::source_of("/x", both) == "/x");
}

TEST_CASE("a mount over the whole image is one error, and no more is asked of it") {
    const Outcome whole = mounts({request("/fsx/none:/", "mine", false)});
    CHECK(whole.codes == Codes{"container.mount_system"});
    CHECK(whole.said.front().message.ends_with("would hide the whole image"));
    CHECK(whole.said.front().severity == Severity::error);
}

TEST_CASE("a source that is not there is an error behind what is merely told") {
    const Outcome missing = mounts({request("/fsx/none:/a", "mine", false), request("/fsx/there:/usr", "mine", false)});
    CHECK(missing.codes == Codes{"container.mount_system", "container.mount_missing"});
    CHECK(missing.said.back().severity == Severity::error);
    CHECK(missing.said.back().message == "/fsx/none is not there, and /fsx is");
    const Outcome elsewhere =
        mounts({request("/other/none:/a", "mine", false), request("/fsx/there:/usr", "mine", false)});
    CHECK(elsewhere.codes == Codes{"container.mount_missing", "container.mount_system"});
    CHECK(elsewhere.said.front().severity == Severity::warning);
    CHECK(elsewhere.said.front().message ==
          "/other/none is not visible from here; where it is missing the container does not start");
    // A directory that is there has one above it that is not asked for.
    CHECK(mounts({request("/fsx/there/deep/none:/a", "mine", false)}).said.front().severity == Severity::warning);
}
