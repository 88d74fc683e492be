// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "hosts.hpp"
#include "planner/container/writes.hpp"

#include <unistd.h>
#include <cerrno>

using namespace recipe;
using planner::Durability;
using planner::Write;

namespace {

Diagnostics check(const std::vector<Write>& writes, const test::MadeUpHost& host, Durability against = {.nodes = 4}) {
    return planner::durability(writes, against, host.host());
}

}  // namespace

TEST_CASE("what several nodes write lies on what they share, by file system") {
    struct Row {
        const char* type;
        bool strict;
        std::optional<Severity> severity;
    };
    for (const Row& row :
         {Row{"tmpfs", false, Severity::error}, Row{"ramfs", false, Severity::error},
          Row{"ext4", false, Severity::warning}, Row{"xfs", false, Severity::warning},
          Row{"btrfs", false, Severity::warning}, Row{"overlay", false, Severity::warning},
          Row{"ext4", true, Severity::error}, Row{"nfs", true, std::nullopt}, Row{"lustre", false, std::nullopt},
          Row{"gpfs", false, std::nullopt}, Row{"beegfs", false, std::nullopt}, Row{"ceph", false, std::nullopt},
          Row{"fuse", true, std::nullopt}, Row{"unknown", true, std::nullopt}}) {
        INFO(row.type);
        const test::MadeUpHost host{{{"/x", {.type = row.type}}}};
        const std::vector<Write> writes{{.key = "exp_manager.exp_dir", .path = "/x/run", .where = {}}};
        const Diagnostics found = check(writes, host, {.nodes = 4, .strict = row.strict});
        REQUIRE(found.size() == (row.severity ? 1 : 0));
        if (row.severity) {
            CHECK(found.front().code == "paths.node_local");
            CHECK(found.front().key == "exp_manager.exp_dir");
            CHECK(found.front().severity == *row.severity);
        }
        CHECK(check(writes, host, {.nodes = 1, .strict = row.strict}).empty());
    }
}

TEST_CASE("node-local storage is told with a way out") {
    const test::MadeUpHost host{{{"/dev/shm", {.type = "tmpfs"}}}};
    const Diagnostics found = check({{.key = "exp_manager.exp_dir", .path = "/dev/shm/x", .where = {}}}, host,
                                    {.nodes = 4, .shared = {"/fsx"}});
    REQUIRE(found.size() == 1);
    CHECK(found.front().message ==
          "exp_manager.exp_dir is /dev/shm/x, in the memory of each node (tmpfs): 4 nodes do not share it, and it is "
          "gone "
          "after the job");
    CHECK(found.front().fix == "--recipe-set=exp_manager.exp_dir=/fsx");
}

TEST_CASE("one line for each file system, not for each path") {
    const test::MadeUpHost host{{{"/a", {.type = "ext4", .device = 1}}, {"/b", {.type = "xfs", .device = 2}}}};
    const Diagnostics found = check({{.key = "run.results_dir", .path = "/a/r", .where = {}},
                                     {.key = "exp_manager.exp_dir", .path = "/a/r/%j", .where = {}},
                                     {.key = "exp_manager.checkpoint_dir", .path = "/b/c", .where = {}}},
                                    host);
    REQUIRE(found.size() == 2);
    CHECK(found[0].message.starts_with(
        "run.results_dir is /a/r (with exp_manager.exp_dir), on a disk of this host (ext4)"));
    CHECK(found[0].fix.starts_with("--recipe-set=base_results_dir="));
    CHECK(found[1].key == "exp_manager.checkpoint_dir");
}

TEST_CASE("what the site calls shared and what this host exports is shared") {
    const test::MadeUpHost made_up{{{"/fsx", {.type = "ext4"}}}};
    storage::Host host = made_up.host();
    const std::vector<Write> writes{{.key = "exp_manager.exp_dir", .path = "/fsx/run", .where = {}}};
    CHECK(planner::durability(writes, {.nodes = 2, .shared = {"/fsx"}, .strict = true}, host).empty());
    CHECK(planner::durability(writes, {.nodes = 2, .strict = true}, host).size() == 1);
    host.exported = {"/fsx"};
    CHECK(planner::durability(writes, {.nodes = 2, .strict = true}, host).empty());
}

TEST_CASE("a directory that you may not write to is refused, a read-only one here is not") {
    const std::vector<Write> writes{{.key = "exp_manager.exp_dir", .path = "/x/run", .where = {}}};
    const Diagnostics denied = check(writes, {{{"/x", {.write_error = EACCES}}}}, {.nodes = 1});
    REQUIRE(denied.size() == 1);
    CHECK(denied.front().code == "paths.not_writable");
    CHECK(denied.front().severity == Severity::error);
    CHECK(denied.front().message == "exp_manager.exp_dir is /x/run, and you may not write to /x (Permission denied)");
    CHECK(check(writes, {{{"/x", {.write_error = EROFS}}}}, {.nodes = 1}).front().severity == Severity::warning);
    CHECK(check(writes, {}, {.nodes = 4}).empty());  // not visible from here
    // What lies in the results directory is paths.results_denied's.
    CHECK(check({{.key = "run.results_dir", .path = "/x", .where = {}}, writes.front()},
                {{{"/x", {.write_error = EACCES}}}}, {.nodes = 1})
              .empty());
}

TEST_CASE("less space than a checkpoint takes is a warning with both numbers") {
    const std::vector<Write> writes{{.key = "exp_manager.exp_dir", .path = "/x/run", .where = {}}};
    const test::MadeUpHost host{{{"/x", {.free_bytes = 10e9}}}};
    const Diagnostics found = check(writes, host, {.nodes = 1, .checkpoint_bytes = 14.8e9});
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == "paths.space");
    CHECK(found.front().severity == Severity::warning);
    CHECK(found.front().message ==
          "exp_manager.exp_dir is /x/run, where 10.0 GB are free; a checkpoint (weights and optimizer) takes 14.8 GB");
    CHECK(check(writes, host, {.nodes = 1, .checkpoint_bytes = 9e9}).empty());
    CHECK(check(writes, host, {.nodes = 1}).empty());
}

TEST_CASE("space that is just enough is enough, and each key of a full file system is named") {
    const test::MadeUpHost host{{{"/x", {.free_bytes = 10e9}}, {"/y", {.device = 2, .free_bytes = 10e9}}}};
    const std::vector<Write> writes{{.key = "a", .path = "/x/1", .where = {}},
                                    {.key = "b", .path = "/y/2", .where = {}},
                                    {.key = "c", .path = "/x/%j/3", .where = {}},
                                    {.key = "d", .path = "/x/4", .where = {}}};
    CHECK(check(writes, host, {.nodes = 1, .checkpoint_bytes = 10e9}).empty());
    const Diagnostics found = check(writes, host, {.nodes = 1, .checkpoint_bytes = 10e9 + 1});
    REQUIRE(found.size() == 2);
    CHECK(found[0].message.starts_with("a is /x/1 (with c, d), where 10.0 GB are free"));
    CHECK(found[1].message.starts_with("b is /y/2, where"));
    CHECK(found[0].fix.empty());
    CHECK(check(writes, {}, {.nodes = 1, .checkpoint_bytes = 10e9}).empty());
}

TEST_CASE("a job of two nodes shares what it writes, and a site's shared directory is proposed where one may write") {
    const test::MadeUpHost host{{{"/x", {.type = "tmpfs"}}, {"/theirs", {.write_error = EACCES}}, {"/mine", {}}}};
    const std::vector<Write> writes{{.key = "a", .path = "/x/1", .where = {}}};
    CHECK(check(writes, host, {.nodes = 1}).empty());
    REQUIRE(check(writes, host, {.nodes = 2}).size() == 1);
    CHECK(check(writes, host, {.nodes = 2}).front().fix == "--recipe-set=a=/SHARED/DIRECTORY");
    CHECK(check(writes, host, {.nodes = 2, .shared = {"/theirs", "/mine"}}).front().fix == "--recipe-set=a=/mine");
    CHECK(check(writes, host, {.nodes = 2, .shared = {"/theirs"}}).front().fix == "--recipe-set=a=/SHARED/DIRECTORY");
    CHECK(check(writes, host, {.nodes = 2, .shared = {"/x"}}).empty());
    // What is in memory is nobody's export.
    storage::Host exporting = host.host();
    exporting.exported = {"/x"};
    CHECK(planner::durability(writes, {.nodes = 2}, exporting).size() == 1);
}

TEST_CASE("of directories outside of the results the uppermost are named, each once") {
    const auto outside = [](std::initializer_list<const char*> paths) {
        std::vector<planner::Write> writes;
        for (const char* path : paths) writes.push_back({.key = "k", .path = path, .where = {}});
        return planner::outside_results(writes);
    };
    using Paths = std::vector<std::string>;
    CHECK(outside({"/r"}).empty());
    CHECK(outside({"/r", "/r", "/r/below"}).empty());
    CHECK(outside({"/r", "/a", "/b"}) == Paths{"/a", "/b"});
    CHECK(outside({"/r", "/a", "/a", "/a/below"}) == Paths{"/a"});
    CHECK(outside({"/r", "/a/b", "/c", "/a/d", "/a"}) == Paths{"/c", "/a"});
    CHECK(outside({"/r", "/result"}) == Paths{"/result"});
}

TEST_CASE("others who may write above the job's directory are a warning with the owner and the mode") {
    const storage::Exposed theirs{.directory = "/fsx/team", .mode = 0777, .owner = geteuid() + 1};
    const storage::Exposed mine{.directory = "/fsx/a b", .mode = 0775, .owner = geteuid()};
    const test::MadeUpHost host{
        {{"/fsx/team", {.exposed = theirs}}, {"/fsx/a b", {.exposed = mine}}, {"/fsx/good", {}}}};
    const auto found_in = [&](const std::string& path, const char* key = "run.results_dir") {
        return check({{.key = key, .path = path, .where = {}}}, host);
    };
    const Diagnostics found = found_in("/fsx/team/run");
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == "paths.exposed");
    CHECK(found.front().severity == Severity::warning);
    CHECK(found.front().key == "run.results_dir");
    CHECK(found.front().message ==
          "run.results_dir is /fsx/team/run, and others may write to /fsx/team (mode 0777, of uid " +
              std::to_string(geteuid() + 1) +
              "): they can put another directory in the place of the job's, or of what is above it");
    CHECK(found.front().fix == "--recipe-set=base_results_dir=$HOME/results");
    REQUIRE(found_in("/fsx/a b/run").size() == 1);
    CHECK(found_in("/fsx/a b/run").front().message.contains("(mode 0775, yours)"));
    CHECK(found_in("/fsx/a b/run").front().fix == "chmod +t '/fsx/a b'");
    CHECK(found_in("/fsx/good/run").empty());
    CHECK(found_in("/elsewhere/run").empty());
    CHECK(found_in("/fsx/team/run", "exp_manager.exp_dir").empty());
}
