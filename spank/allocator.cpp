// sbatch and salloc.
#include "client.hpp"

#include <cerrno>
#include <string_view>

namespace recipe::spank {
namespace {

bool is_salloc() { return std::string_view(program_invocation_short_name) == "salloc"; }

}  // namespace

int allocator_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    const Client client = is_salloc() ? make_client(spank, submit::Tool::salloc, "SALLOC_")
                                      : make_client(spank, submit::Tool::sbatch, "SBATCH_");
    if (stored.recipe == nullptr) {
        report({{.code = "submit.no_recipe", .message = "--recipe-set changes a recipe; --recipe=NAME says which"}});
        return -1;
    }
    const Expected<submit::Request> request = make_request(client, stored, plugin_arguments);
    if (!request) {
        report(request.error());
        return -1;
    }
    const auto submission = submit_with(client, *request);
    if (!submission) return -1;
    const spank_err_t rc =
        spank_job_control_setenv(spank, plan::control_variable, submission->plan_json.c_str(), 1);
    if (rc == ESPANK_SUCCESS) return 0;
    slurm_error("recipe: the plan cannot be handed to the job: %s", spank_strerror(rc));
    return -1;
}

}  // namespace recipe::spank
