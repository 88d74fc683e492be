// srun: with a recipe of its own, or inside a job that has one.
#include "launcher.hpp"

#include "client.hpp"
#include "hosts.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace recipe::spank {
namespace {

std::optional<std::int64_t> number_from(const config::Environment& environment, const char* name) {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    std::int64_t number = 0;
    const char* end = found->second.data() + found->second.size();
    const auto [parsed, error] = std::from_chars(found->second.data(), end, number);
    if (error != std::errc{} || parsed != end) return std::nullopt;
    return number;
}

/// Inside an allocation srun's options are bounded by it; only what was typed is a wish.
void keep_typed_options(submit::Request& request) {
    std::erase_if(request.options,
                  [](const submit::SlurmOption& option) { return option.level != submit::Level::command_line; });
}

/// srun --recipe-set without --recipe inside a job changes the job's recipe for this step.
Expected<void> take_job_recipe(submit::Request& request, const config::Environment& environment) {
    const auto json = environment.find(plan::job_variable);
    if (json == environment.end())
        return refuse({.code = "submit.no_recipe", .message = "--recipe-set changes a recipe; --recipe=NAME says which"});
    Expected<plan::LaunchPlan> plan = plan::from_json(json->second);
    if (!plan) return std::unexpected(std::move(plan.error()));
    request.recipe = plan->recipe;
    request.inherited_overrides = std::move(plan->overrides);
    request.force = request.force || !plan->forced.empty();
    return {};
}

Expected<submit::Request> request_of(const Client& client, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    Expected<submit::Request> request = make_request(client, stored, plugin_arguments);
    if (!request) return request;
    if (stored.recipe == nullptr) {
        const Expected<void> taken = take_job_recipe(*request, client.environment);
        if (!taken) return std::unexpected(taken.error());
    }
    if (client.tool == submit::Tool::srun_in_job) {
        keep_typed_options(*request);
        request->allocated_nodes = number_from(client.environment, "SLURM_JOB_NUM_NODES");
    }
    return request;
}

std::string head_of_step(spank_t spank) {
    slurm_step_id_t step;
    std::memset(&step, 0, sizeof step);
    step.step_het_comp = NO_VAL;
    if (spank_get_item(spank, S_JOB_ID, &step.job_id) != ESPANK_SUCCESS ||
        spank_get_item(spank, S_JOB_STEPID, &step.step_id) != ESPANK_SUCCESS)
        return {};
    slurm_step_layout_t* layout = slurm_job_step_layout_get(&step);
    if (layout == nullptr) return {};
    std::string head = layout->node_list != nullptr ? first_host(layout->node_list) : "";
    slurm_job_step_layout_free(layout);
    return head;
}

/// NodeAddr: what Slurm itself reaches the node by. It defaults to the host name, which in turn defaults to the NodeName.
std::string address_of_node(const std::string& name) {
    std::string writable = name;
    node_info_msg_t* info = nullptr;
    if (slurm_load_node_single(&info, writable.data(), SHOW_ALL) != SLURM_SUCCESS || info == nullptr) return {};
    const std::unique_ptr<node_info_msg_t, decltype(&slurm_free_node_info_msg)> owner(info, slurm_free_node_info_msg);
    if (info->record_count == 0 || info->node_array[0].node_addr == nullptr) return {};
    return info->node_array[0].node_addr;
}

}  // namespace

int launcher_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    Client client = make_client(spank, submit::Tool::srun, "SLURM_");
    if (client.environment.contains("SLURM_JOB_ID") || client.command_line.find("jobid") != nullptr)
        client.tool = submit::Tool::srun_in_job;
    // The steps of a heterogeneous job, and one across its components.
    if (client.environment.contains("SLURM_HET_SIZE") || client.command_line.find("het-group") != nullptr)
        client.command_line.heterogeneous = true;
    const Expected<submit::Request> request = request_of(client, stored, plugin_arguments);
    if (!request) {
        report(request.error());
        return -1;
    }
    const auto submission = submit_with(client, *request);
    if (!submission) return -1;
    // slurmctld reads the former, the step's own environment carries the latter.
    const spank_err_t rc = spank_job_control_setenv(spank, plan::control_variable, submission->plan_json.c_str(), 1);
    if (rc == ESPANK_SUCCESS && setenv(plan::job_variable, submission->plan_json.c_str(), 1) == 0) return 0;
    slurm_error("recipe: the plan cannot be handed to the step: %s", spank_strerror(rc));
    return -1;
}

void launcher_user_init(spank_t spank) {
    unsetenv(head_variable);
    std::uint32_t nodes = 0;
    if (spank_get_item(spank, S_JOB_NNODES, &nodes) != ESPANK_SUCCESS || nodes < 2) return;
    const std::string head = head_of_step(spank);
    if (head.empty()) return;
    const std::string address = address_of_node(head);
    setenv(head_variable, address.empty() ? head.c_str() : address.c_str(), 1);
}

}  // namespace recipe::spank
