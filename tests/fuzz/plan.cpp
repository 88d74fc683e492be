// SPDX-License-Identifier: Apache-2.0
// A launch plan that somebody forged, as slurmctld and slurmstepd read it: it is refused as a plan, or all that is made
// of it on a node is within its bounds. The digest is put right first, so that what lies behind it is reached.
#include "plan/plan.hpp"
#include "config/config.hpp"
#include "node/node.hpp"
#include "require.hpp"
#include "slurm_text/variable_name.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace recipe;
using fuzz::require;

/// The text with the digest of its own configuration; as it is where it has none.
std::string sealed(std::string_view text) {
    const std::size_t config = text.find("\"config\":");
    const std::size_t digest = text.find("\"digest\":\"");
    if (config == std::string_view::npos || digest == std::string_view::npos) return std::string(text);
    try {
        auto plan = nlohmann::ordered_json::parse(text);
        const std::string own = plan.at("config").dump();
        const Expected<config::Value> value = config::from_json(own, plan::max_bytes, 128);
        if (!value) return std::string(text);
        plan["digest"] = plan::digest_of(*value);
        return plan.dump();
    } catch (const nlohmann::json::exception&) {
        return std::string(text);
    }
}

bool in_our_order(const std::string& text) {
    static const std::set<std::string> request{"version",       "recipe",   "resources", "layout",
                                               "instance_type", "launcher", "digest",    "needs"};
    bool behind = false;
    const auto plan = nlohmann::ordered_json::parse(text);
    for (const auto& [key, value] : plan.items()) {
        behind = behind || key == "overrides";
        if (behind == request.contains(key)) return false;
    }
    return true;
}

void judge(const std::vector<node::Change>& changes) {
    for (const node::Change& change : changes) {
        require(slurm_text::is_variable_name(change.name), "a variable has a name");
        require(!change.value || change.value->find('\0') == std::string::npos, "a variable has no NUL");
    }
}

/// A step of this plan: of as many nodes and tasks as it says, or of others.
node::Facts facts_of(const plan::LaunchPlan& plan, std::size_t random) {
    node::Facts facts{.job_id = 4711, .step_id = static_cast<std::uint32_t>(random % 3)};
    facts.node_count = random % 2 == 0 ? static_cast<std::uint32_t>(plan.layout.nodes) : 3;
    facts.tasks_here = random % 5 == 0 ? 2 : static_cast<std::uint32_t>(plan.tasks_per_node());
    facts.task_count = facts.node_count * facts.tasks_here;
    facts.head = random % 7 == 0 ? "" : "n1";
    facts.interface = random % 3 == 0 ? "eth0" : "";
    facts.has_first_task = random % 2 == 0;
    facts.reserved_ports = random % 11 == 0 ? "12000-12003" : "";
    facts.restart_count = static_cast<std::uint32_t>(random % 4);
    if (random % 13 == 0) facts.array_job_id = 17;
    return facts;
}

void run_on_a_node(const plan::LaunchPlan& plan, std::size_t random) {
    node::Facts facts = facts_of(plan, random);
    node::read_command(plan, {"torchrun", "--nnodes=2", "train.py"}, facts);
    judge(node::recipe_environment(plan, facts));
    judge(node::batch_environment(plan, facts));
    for (const std::uint32_t rank : {0U, facts.task_count - 1})
        if (const auto changes = node::rendezvous_environment(plan, facts, {.rank = rank, .local_rank = 0}))
            judge(*changes);
        else
            fuzz::require_reasons(changes.error());
    const node::Lookup nothing = [](const std::string&) { return std::nullopt; };
    for (const node::Assigned& variable : node::assigned(plan, facts, node::recipe_environment(plan, facts), nothing))
        require(node::report_line(variable).find('\n') == std::string::npos, "a report has a line for each variable");
    if (plan.container) {
        const node::PyxisShare share = node::pyxis_share(*plan.container, nothing);
        (void)node::hook_mounts(share.by_hook);
        (void)node::mounts_problem(share.by_hook, nothing);
        (void)node::image_hint(*plan.container, nothing);
    }
    (void)node::tasks_problem(plan, facts);
    (void)node::world_problem(plan, facts);
    (void)node::node_count_hint(plan, facts);
    (void)node::image_path(plan);
    for (const std::string& directory : node::written_directories(plan, facts))
        require(directory.starts_with('/'), "a written directory is absolute");
    require(node::job_directory(plan, facts).starts_with(plan.results_dir + "/"),
            "a job's directory is in the results");
    for (const std::string& file :
         {node::config_file(plan, facts), node::report_file(plan, facts), node::manifest_file(plan, facts)}) {
        require(file.starts_with(node::job_directory(plan, facts) + "/"), "a file is in the job's directory");
        require(!file.substr(plan.results_dir.size()).contains("/../"), "no file is above the results");
    }
    if (plan.configuration_file) return;
    const auto written = config::parse_yaml(node::config_text(plan, facts), "config");
    // The writer leaves these line breaks of Unicode as PyYAML does; what outgrows the reader is refused.
    if (!written) fuzz::require_reasons(written.error());
    (void)node::entry_of(plan, facts);
    const auto manifest = node::manifest_with("", plan, facts, {.time = 1, .host = "n1", .nodes = "n[1-2]"});
    require(manifest && *manifest, "a manifest can be begun");
    const auto again = node::manifest_with(**manifest, plan, facts, {.time = 2, .host = "n1", .nodes = "n[1-2]"});
    require(again.has_value(), "a manifest of ours can be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = sealed(fuzz::text_of(data, size));
    const Expected<plan::Summary> summary = plan::summary_from_json(text);
    const Expected<plan::LaunchPlan> without = plan::from_json_without_config(text);
    const Expected<plan::LaunchPlan> plan = plan::from_json(text);
    for (const Diagnostics* refusal :
         {summary ? nullptr : &summary.error(), without ? nullptr : &without.error(), plan ? nullptr : &plan.error()}) {
        if (refusal == nullptr) continue;
        fuzz::require_reasons(*refusal);
        require(refusal->front().code.group() == "plan", "a plan is refused as a plan");
    }
    if (!plan) return 0;
    // slurmctld reads no further than the overrides, which a plan of ours has behind all that concerns it.
    if (in_our_order(text))
        require(summary && *summary == static_cast<const plan::Summary&>(*plan), "the controller reads the same");
    require(without.has_value(), "what is read whole is read in part");
    if (const Expected<std::string> written = plan::to_json(*plan)) {
        const Expected<plan::LaunchPlan> again = plan::from_json(*written);
        require(again && *again == *plan, "a plan is read as it was written");
    } else {
        require(written.error().front().code == "plan.too_large", "only a plan that is too large is not written");
    }
    run_on_a_node(plan::restore_secrets(*plan, {"a secret", "another"}), std::hash<std::string>{}(text));
    return 0;
}
