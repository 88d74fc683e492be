// SPDX-License-Identifier: Apache-2.0
// Changes of jobs against the site's policy.
#include "modify.hpp"
#include "../cluster/clusters.hpp"
#include "catch.hpp"
#include "users.hpp"

#include <unistd.h>

using namespace recipe;
using job_submit::decide_modify;
using job_submit::JobRecord;
using job_submit::JobTable;
using job_submit::KnownJob;
using job_submit::ModifyRequest;
using job_submit::PolicyState;
using job_submit::Snapshot;

namespace {

constexpr std::string_view of_llama = "recipe=training/llama/one plan=0123456789ab";

/// 10: of a recipe, in cpu; 11: without, in cpu and shared; 12: an array with recipe; 20: without, in train.
Snapshot sample(site::Policy policy) {
    Snapshot snapshot;
    snapshot.settings = std::make_shared<const site::Settings>(site::Settings{.policy = std::move(policy)});
    auto jobs = std::make_shared<JobTable>();
    jobs->add({.id = 10, .partitions = "cpu", .admin_comment = of_llama});
    jobs->add({.id = 11, .partitions = "cpu,shared"});
    jobs->add({.id = 12, .array_id = 12, .partitions = "cpu", .admin_comment = of_llama});
    jobs->add({.id = 20, .partitions = "train"});
    snapshot.jobs = std::move(jobs);
    snapshot.operators = {700, 800};
    return snapshot;
}

const site::Policy both{.require_recipe = {"train", "big"}, .max_nodes = {{"llama*", 4}, {"one", 8}, {"*", 16}}};

/// The code of the refusal; empty: accepted.
std::string code(const ModifyRequest& request, const Snapshot& snapshot = sample(both)) {
    const auto decision = decide_modify(request, snapshot);
    return decision ? std::string() : std::string(decision.error().front().code.name());
}

}  // namespace

TEST_CASE("a job's recipe is the one that slurmctld's comment names") {
    using job_submit::recipe_in;
    CHECK(recipe_in(of_llama) == "training/llama/one");
    CHECK(recipe_in("another plugin's recipe=a plan=b") == "a");
    CHECK(recipe_in("recipe=a plan=b more") == "a");
    CHECK(recipe_in("recipe=a plan=b recipe=c plan=d") == "c");
    for (const char* none : {"", "recipe=a", "recipe=a ", "recipe=a  plan=b", "recipe=a x plan=b", "xrecipe=a plan=b",
                             "plan=b recipe=a", "recipe=a xplan=b", " "})
        CHECK(recipe_in(none).empty());
}

TEST_CASE("a table finds jobs, tasks of arrays and components of heterogeneous jobs") {
    JobTable jobs;
    jobs.add({.id = 5, .partitions = "a,b", .admin_comment = of_llama});
    CHECK(*jobs.find("5") == KnownJob{.recipe = "training/llama/one", .partitions = {"a", "b"}});
    for (const char* same : {"5_1", "5_[1-4,7]", "5+1"}) CHECK(jobs.find(same) == jobs.find("5"));
    for (const char* none : {"", "6", "x", "5x", "5 ", "-5", "_5", "99999999999", "5.0"}) {
        INFO(none);
        CHECK(jobs.find(none) == nullptr);
    }
    // Of an array what all its tasks have.
    jobs.add({.id = 8, .array_id = 7, .partitions = "a", .admin_comment = of_llama});
    CHECK(jobs.find("7")->recipe == "training/llama/one");
    jobs.add({.id = 9, .array_id = 7, .partitions = "a,b"});
    CHECK(*jobs.find("7_3") == KnownJob{.recipe = {}, .partitions = {"a"}});
    CHECK(jobs.find("8")->recipe == "training/llama/one");
    CHECK(jobs.find("9")->recipe.empty());
    jobs.add({.id = 7, .array_id = 7, .partitions = "b", .admin_comment = of_llama});
    CHECK(*jobs.find("7") == KnownJob{});
    jobs.add({.id = 31, .het_id = 30, .partitions = "a"});
    CHECK(jobs.find("30+1")->partitions == std::vector<std::string>{"a"});
    CHECK(jobs.size() == 6);
}

TEST_CASE("a job without a recipe is not moved to where one is required, and one with a recipe is") {
    CHECK(code({.job = "11", .partitions = "train"}) == "policy.recipe_required");
    CHECK(code({.job = "11", .partitions = "cpu,big"}) == "policy.recipe_required");
    CHECK(code({.job = "11_2", .partitions = "train"}) == "policy.recipe_required");
    CHECK(code({.job = "11", .partitions = "cpu"}).empty());
    CHECK(code({.job = "10", .partitions = "train"}).empty());
    CHECK(code({.job = "12_1", .partitions = "train,big"}).empty());
    // It is there already.
    CHECK(code({.job = "20", .partitions = "train"}).empty());
    CHECK(code({.job = "20", .partitions = "train,cpu"}).empty());
    CHECK(code({.job = "20", .partitions = "big,train"}) == "policy.recipe_required");
    const auto refused = decide_modify({.job = "11", .partitions = "train,big"}, sample(both));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().size() == 1);
    CHECK(refused.error().front().message.starts_with("in partition train of this cluster every job has a recipe"));
}

TEST_CASE("a job of a recipe gets no more nodes than its submission would have, however they are asked for") {
    for (const std::uint32_t nodes : {0u, 1u, 16u}) CHECK(code({.job = "11", .min_nodes = nodes}).empty());
    CHECK(code({.job = "11", .min_nodes = 1000}).empty());  // without a recipe there is no limit
    const auto limited = sample({.max_nodes = {{"llama*", 2}, {"training/llama/*", 4}, {"*", 1}}});
    CHECK(code({.job = "10", .min_nodes = 4}, limited).empty());
    CHECK(code({.job = "10", .min_nodes = 5}, limited) == "policy.max_nodes");
    CHECK(code({.job = "10", .max_nodes = 4}, limited).empty());
    CHECK(code({.job = "10", .max_nodes = 5}, limited) == "policy.max_nodes");
    CHECK(code({.job = "10", .min_nodes = 1, .max_nodes = 5}, limited) == "policy.max_nodes");
    CHECK(code({.job = "10", .min_nodes = 5, .max_nodes = 1}, limited) == "policy.max_nodes");
    CHECK(code({.job = "10", .required_nodes = 4}, limited).empty());
    CHECK(code({.job = "10", .required_nodes = 5}, limited) == "policy.max_nodes");
    CHECK(code({.job = "12_[1-3]", .min_nodes = 5}, limited) == "policy.max_nodes");
    CHECK(code({.job = "10", .min_nodes = 0xffffffff}, limited) == "policy.max_nodes");  // ALL
    CHECK(code({.job = "10", .min_nodes = 5, .user = 700}, limited).empty());
    CHECK(code({.job = "10", .min_nodes = 99}, sample({.max_nodes = {{"other", 1}}})).empty());
}

TEST_CASE("a job that is not in the table is refused where it depends on that, and nowhere else") {
    CHECK(code({.job = "99", .partitions = "train"}) == "policy.unknown_job");
    CHECK(code({.job = "99", .min_nodes = 5}) == "policy.unknown_job");
    CHECK(code({.job = "99", .min_nodes = 4}).empty());
    CHECK(code({.job = "99", .partitions = "cpu"}).empty());
    CHECK(code({.job = "99"}).empty());
    CHECK(code({.job = "99", .partitions = "train"}, sample({})).empty());
    CHECK(code({.job = "99", .min_nodes = 1000}, sample({})).empty());
    Snapshot early = sample(both);
    early.jobs = nullptr;
    CHECK(code({.job = "10", .partitions = "train"}, early) == "policy.unknown_job");
    CHECK(code({.job = "10", .partitions = "train", .user = 800}, early).empty());
    const auto refused = decide_modify({.job = "99_1", .partitions = "train"}, sample(both));
    CHECK(refused.error().front().message.contains("whether job 99_1 has a recipe"));
    CHECK(refused.error().front().message.ends_with("cancel and submit again"));
}

TEST_CASE("operators of the site may change what they like") {
    const Snapshot snapshot = sample(both);
    CHECK(job_submit::is_operator(700, snapshot));
    CHECK(job_submit::is_operator(800, snapshot));
    CHECK_FALSE(job_submit::is_operator(701, snapshot));
    CHECK(code({.job = "11", .partitions = "train", .user = 700}).empty());
    CHECK(code({.job = "11", .partitions = "train", .user = 701}) == "policy.recipe_required");
}

TEST_CASE("what the site makes of a policy's code holds for changes as it does for submissions") {
    Snapshot snapshot = sample(both);
    site::Settings settings{.policy = both};
    settings.severities["policy.recipe_required"] = Severity::warning;
    snapshot.settings = std::make_shared<const site::Settings>(settings);
    CHECK(code({.job = "11", .partitions = "train"}, snapshot).empty());
    settings.severities["policy.max_nodes"] = std::nullopt;
    snapshot.settings = std::make_shared<const site::Settings>(settings);
    CHECK(code({.job = "10", .min_nodes = 99}, snapshot).empty());
}

TEST_CASE("while the policy is unknown, changes of partition and nodes are decided as submissions are") {
    Snapshot snapshot = sample({});
    snapshot.policy = PolicyState::unknown;
    CHECK(code({.job = "11", .partitions = "train", .min_nodes = 9}, snapshot).empty());
    snapshot.refuse_unknown = true;
    CHECK(code({.job = "11", .partitions = "cpu"}, snapshot) == "policy.unknown");
    CHECK(code({.job = "11", .min_nodes = 1}, snapshot) == "policy.unknown");
    CHECK(code({.job = "11", .required_nodes = 1}, snapshot) == "policy.unknown");
    CHECK(code({.job = "11"}, snapshot).empty());
    CHECK(code({.job = "11", .partitions = "cpu", .user = 700}, snapshot).empty());
    snapshot.policy = PolicyState::kept;
    CHECK(code({.job = "11", .partitions = "cpu"}, snapshot).empty());
}

TEST_CASE("operators are found by name and by number") {
    const job_submit::Users users = job_submit::users_of({"root", "4242", "nobody of this name", "99999999999"});
    CHECK(users.ids == std::vector<std::uint32_t>{0, 4242});
    CHECK(users.unknown == std::vector<std::string>{"nobody of this name", "99999999999"});
    CHECK(job_submit::users_of({}).ids.empty());
}
