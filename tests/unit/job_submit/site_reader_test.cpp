// SPDX-License-Identifier: Apache-2.0
// What slurmctld takes for the site's policy while its file comes, goes, and cannot be read.
#include "site_reader.hpp"
#include "catch.hpp"
#include "config/collection_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <fstream>

namespace recipe::job_submit {
namespace {

using Names = std::vector<std::string>;
using std::chrono::seconds;

/// A directory with slurm.conf, one for slurmctld's state, and the clock of a slurmctld.
class Controller {
public:
    Controller() {
        files_.write("etc/slurm.conf", "");
        files_.write("state/job_state", "");
    }

    [[nodiscard]] std::filesystem::path site_file() const { return files_.directory() / "etc/recipe.yaml"; }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return files_.directory() / name; }
    void write(const std::string& text) const { files_.write("etc/recipe.yaml", text); }
    void remove() const { std::filesystem::remove_all(site_file()); }

    void start() {
        lines.clear();
        snapshot = {};
        reader_.emplace(SiteReader::Places{path("etc/slurm.conf"), path("state"), environment},
                        [this](SiteReader::Level level, const std::string& line) {
                            lines += (level == SiteReader::Level::error ? "error: " : "info: ") + line + '\n';
                        });
        reader_->begin(snapshot);
    }
    bool look() { return reader_->read(snapshot, now_ += seconds(2)); }
    /// A change has been seen twice by then.
    bool look_twice() {
        const bool first = look();
        return look() || first;
    }
    void wait(seconds time) { now_ += time; }
    [[nodiscard]] Names required() const { return snapshot.settings->policy.require_recipe; }

    config::Environment environment;
    Snapshot snapshot;
    std::string lines;

private:
    config::CollectionFixture files_;
    std::optional<SiteReader> reader_;
    std::chrono::steady_clock::time_point now_{seconds(1000)};
};

/// For as long as it lives, root is an ordinary user.
class AsNobody {
public:
    AsNobody() : done_(geteuid() == 0 && seteuid(65534) == 0) {}
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (done_ && seteuid(0) != 0) std::abort();
    }
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    bool done_;
};

constexpr const char* good = "policy: {require_recipe: [train], max_nodes: {'*': 2}}\n";

/// Ways for a file to be there and of no use.
const std::vector<std::pair<std::string, std::function<void(const std::filesystem::path&)>>> unusable{
    {"broken YAML", [](const auto& file) { std::ofstream(file) << "policy: {require_recipe: [train\n"; }},
    {"an unknown key", [](const auto& file) { std::ofstream(file) << "policies: {require_recipe: [train]}\n"; }},
    {"no map", [](const auto& file) { std::ofstream(file) << "- train\n"; }},
    {"a wrong indentation", [](const auto& file) { std::ofstream(file) << "policy:\nrequire_recipe: [train]\n"; }},
    {"a policy that is none", [](const auto& file) { std::ofstream(file) << "policy: {require_recipe: train}\n"; }},
    {"a link to nowhere", [](const auto& file) { std::filesystem::create_symlink("/nowhere/at/all", file); }},
    {"a directory", [](const auto& file) { std::filesystem::create_directory(file); }},
    {"a pipe", [](const auto& file) { mkfifo(file.c_str(), 0644); }},
    {"a device", [](const auto& file) { std::filesystem::create_symlink("/dev/zero", file); }},
    {"a large file",
     [](const auto& file) {
         std::ofstream(file) << "policy: {}\n";
         std::filesystem::resize_file(file, 100 << 20);
     }},
};

}  // namespace

TEST_CASE("the policy of the site file holds, and is kept") {
    Controller controller;
    controller.write(good);
    controller.start();
    CHECK(controller.snapshot.policy == PolicyState::unknown);
    CHECK(controller.look());
    CHECK(controller.snapshot.policy == PolicyState::read);
    CHECK(controller.required() == Names{"train"});
    CHECK(controller.lines == "info: train requires a recipe, as " + controller.site_file().string() + " says\n");
    CHECK_FALSE(controller.look_twice());
    CHECK(PolicyFile(controller.path("state")).load().value()->policy == controller.snapshot.settings->policy);
    CHECK(controller.snapshot.catalogue->instance("p5.48xlarge") != nullptr);
}

TEST_CASE("a site file that becomes unusable leaves the policy, and a restart does, too") {
    for (const auto& [what, make] : unusable) {
        INFO(what);
        Controller controller;
        controller.write(good);
        controller.start();
        REQUIRE(controller.look());
        controller.remove();
        make(controller.site_file());
        CHECK_FALSE(controller.look());
        CHECK(controller.look());
        CHECK(controller.snapshot.policy == PolicyState::kept);
        CHECK(controller.required() == Names{"train"});
        controller.start();
        CHECK(controller.snapshot.policy == PolicyState::kept);
        CHECK(controller.required() == Names{"train"});
        CHECK(controller.lines.empty());
        CHECK(controller.look());
        CHECK(controller.snapshot.policy == PolicyState::kept);
        CHECK(controller.snapshot.settings->policy.max_nodes.size() == 1);
        const std::string said = "error: the policy of " + controller.site_file().string() +
                                 " cannot be read; the last one that could holds: train requires a recipe\n";
        CHECK(controller.lines.ends_with(said));
        CHECK(controller.lines.size() > said.size());
        // Once a minute.
        controller.lines.clear();
        controller.wait(seconds(57));
        CHECK_FALSE(controller.look());
        CHECK(controller.lines.empty());
        CHECK_FALSE(controller.look());
        CHECK(controller.lines.ends_with(said));
        controller.remove();
        controller.write("policy: {require_recipe: [big]}\n");
        CHECK(controller.look_twice());
        CHECK(controller.snapshot.policy == PolicyState::read);
        CHECK(controller.required() == Names{"big"});
        CHECK(controller.lines.ends_with("info: the site's files can be read again\n"));
        CHECK(PolicyFile(controller.path("state")).load().value()->policy.require_recipe == Names{"big"});
    }
}

TEST_CASE("where no policy was ever read, that is not one that requires nothing") {
    for (const auto& [what, make] : unusable) {
        INFO(what);
        Controller controller;
        make(controller.site_file());
        controller.start();
        CHECK(controller.look());
        CHECK(controller.snapshot.policy == PolicyState::unknown);
        CHECK_FALSE(controller.snapshot.refuse_unknown);
        CHECK(controller.lines.ends_with(
            "error: the policy of " + controller.site_file().string() + " cannot be read, and none is kept in " +
            controller.path("state/slurm-recipe.policy").string() +
            ": which partitions require a recipe is not known, so that all jobs are accepted until it can "
            "(SLURM_RECIPE_POLICY_UNKNOWN=accept)\n"));
        CHECK(controller.snapshot.catalogue->instance("p5.48xlarge") != nullptr);
        controller.remove();
        controller.write(good);
        CHECK(controller.look_twice());
        CHECK(controller.snapshot.policy == PolicyState::read);
        CHECK(controller.required() == Names{"train"});
    }
    Controller controller;
    controller.write("[");
    controller.environment["SLURM_RECIPE_POLICY_UNKNOWN"] = "refuse";
    controller.start();
    CHECK(controller.snapshot.refuse_unknown);
    CHECK(controller.look());
    CHECK(controller.lines.contains("so that all jobs are refused until it can (SLURM_RECIPE_POLICY_UNKNOWN=refuse)"));
}

TEST_CASE("the environment says what an unknown policy means, and a word that is none refuses") {
    std::string lines;
    const SiteReader::Log log = [&](SiteReader::Level, const std::string& line) { lines += line; };
    CHECK_FALSE(refuses_unknown({}, log));
    CHECK_FALSE(refuses_unknown({{"SLURM_RECIPE_POLICY_UNKNOWN", ""}}, log));
    CHECK_FALSE(refuses_unknown({{"SLURM_RECIPE_POLICY_UNKNOWN", "accept"}}, log));
    CHECK(refuses_unknown({{"SLURM_RECIPE_POLICY_UNKNOWN", "refuse"}}, log));
    CHECK(lines.empty());
    CHECK(refuses_unknown({{"SLURM_RECIPE_POLICY_UNKNOWN", "acept"}}, log));
    CHECK(lines == "SLURM_RECIPE_POLICY_UNKNOWN is accept or refuse, and not acept: taken for refuse");
}

TEST_CASE("a site file that is made later is seen, beside slurm.conf and where the variable says") {
    Controller controller;
    controller.start();
    CHECK(controller.look());
    CHECK(controller.snapshot.policy == PolicyState::read);  // the installed one, which says nothing
    CHECK(controller.required().empty());
    controller.write(good);
    CHECK_FALSE(controller.look());
    CHECK(controller.look());
    CHECK(controller.required() == Names{"train"});

    controller.environment["SLURM_RECIPE_SITE"] = controller.path("other.yaml");
    controller.start();
    CHECK(controller.look());
    CHECK(controller.snapshot.policy == PolicyState::kept);
    std::ofstream(controller.path("other.yaml")) << "policy: {require_recipe: [big]}\n";
    CHECK(controller.look_twice());
    CHECK(controller.required() == Names{"big"});
}

TEST_CASE("a site file that an administrator removes takes its policy along, but not in an editor's moment") {
    Controller controller;
    controller.write(good);
    controller.start();
    REQUIRE(controller.look());
    controller.remove();
    CHECK_FALSE(controller.look());
    controller.write(good);
    CHECK_FALSE(controller.look());
    CHECK(controller.required() == Names{"train"});
    CHECK(controller.look());
    CHECK(controller.required() == Names{"train"});
    controller.remove();
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::read);
    CHECK(controller.required().empty());
    CHECK(PolicyFile(controller.path("state")).load().value()->policy == site::Policy{});
    CHECK(controller.lines.contains("info: no partition requires a recipe, as "));
}

TEST_CASE("where slurm.conf is gone as well, nobody has removed the site file") {
    Controller controller;
    controller.write(good);
    controller.start();
    REQUIRE(controller.look());
    std::filesystem::rename(controller.path("etc"), controller.path("away"));
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::kept);
    CHECK(controller.required() == Names{"train"});
    std::filesystem::rename(controller.path("away"), controller.path("etc"));
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::read);
}

TEST_CASE("a mistake elsewhere in the file leaves a policy that is clear, and the other settings as they were") {
    Controller controller;
    controller.write(
        "policy: {require_recipe: [train]}\nnode_check_seconds: 5\nseverities: {policy.max_nodes: hint}\n");
    controller.start();
    REQUIRE(controller.look());
    controller.write("policy: {require_recipe: [big]}\nnode_check_seconds: often\n");
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::read);
    CHECK(controller.required() == Names{"big"});
    CHECK(controller.snapshot.settings->check_seconds == 5);
    CHECK(controller.lines.contains("node_check_seconds is an int"));
    // What the site makes of the policy's codes is kept beside it.
    controller.start();
    CHECK(controller.snapshot.settings->severities.at("policy.max_nodes") == Severity::hint);
    CHECK(controller.required() == Names{"big"});
}

TEST_CASE("a site file, or its directory, that slurmctld may not read leaves the policy") {
    const AsNobody nobody;
    if (!nobody.done()) return;  // who is no root cannot be somebody else
    Controller controller;
    controller.write(good);
    controller.start();
    REQUIRE(controller.look());
    std::filesystem::permissions(controller.site_file(), std::filesystem::perms::none);
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::kept);
    CHECK(controller.lines.contains("Permission denied"));
    std::filesystem::permissions(controller.site_file(), std::filesystem::perms::owner_read);
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::read);
    std::filesystem::permissions(controller.path("etc"), std::filesystem::perms::none);
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.policy == PolicyState::kept);
    CHECK(controller.required() == Names{"train"});
    std::filesystem::permissions(controller.path("etc"), std::filesystem::perms::owner_all);
}

TEST_CASE("a hardware file that is missing leaves policy and settings, and is read when it comes") {
    Controller controller;
    const std::string file = controller.path("hardware.yaml");
    controller.write("hardware: [" + file + "]\n" + good);
    controller.start();
    CHECK(controller.look());
    CHECK(controller.snapshot.policy == PolicyState::read);
    CHECK(controller.required() == Names{"train"});
    CHECK(controller.snapshot.catalogue->instance("p5.48xlarge") != nullptr);
    CHECK(controller.snapshot.catalogue->instance("t1-8") == nullptr);
    CHECK(controller.lines.contains("hardware.yaml"));
    std::ofstream(file) << "accelerators:\n  t1: {name: Maker T1, kind: amd, memory_gib: 64, bf16: true, fp8: false}\n"
                           "instance_types:\n  t1-8: {accelerator: t1, devices: 8}\n";
    CHECK(controller.look_twice());
    REQUIRE(controller.snapshot.catalogue->instance("t1-8") != nullptr);
    // And stays when it goes.
    std::filesystem::remove(file);
    CHECK(controller.look_twice());
    CHECK(controller.snapshot.catalogue->instance("t1-8") != nullptr);
}

TEST_CASE("a policy that cannot be kept holds, and the log says so every minute") {
    Controller controller;
    controller.write(good);
    std::filesystem::remove_all(controller.path("state"));
    controller.start();
    CHECK(controller.look());
    CHECK(controller.snapshot.policy == PolicyState::read);
    CHECK(controller.lines.contains("error: "));
    CHECK(controller.lines.contains("the policy cannot be kept"));
    controller.lines.clear();
    controller.wait(seconds(60));
    std::filesystem::create_directory(controller.path("state"));
    CHECK(controller.look());
    CHECK(controller.lines.contains("can be read again"));
    CHECK(PolicyFile(controller.path("state")).load().value().has_value());
}

TEST_CASE("a kept policy that is broken is reported, and no policy") {
    Controller controller;
    std::ofstream(controller.path("state/slurm-recipe.policy")) << "{}";
    controller.write("[");
    controller.start();
    CHECK(controller.snapshot.policy == PolicyState::unknown);
    CHECK(controller.lines.contains("this is no policy of version 1"));
}

}  // namespace recipe::job_submit
