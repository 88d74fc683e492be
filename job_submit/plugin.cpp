// The C entry points that slurmctld calls. This file turns job_desc_msg_t into a plain struct and back; what happens in
// between is decide.cpp's. slurmctld holds locks while we work: no I/O, no RPC, no unbounded work, and nothing is thrown.
#include "decide.hpp"
#include "plan/plan.hpp"
#include "render/render.hpp"
#include "submit/gres.hpp"

#include <cstring>
#include <exception>
#include <string>

extern "C" {
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>  // declares slurm_info() and slurm_error()

// slurmctld frees what a job request holds with its own allocator, whose functions are exported but in no public header.
char* slurm_xstrdup(const char* text);
void slurm_xfree(void** memory);
extern slurm_conf_t slurm_conf;

// In C++ a const object has internal linkage unless it was declared extern before.
extern const char plugin_name[];
extern const char plugin_type[];
extern const uint32_t plugin_version;
const char plugin_name[] = "slurm-recipe";
const char plugin_type[] = "job_submit/recipe";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;
}

namespace {

using recipe::job_submit::Fills;
using recipe::job_submit::JobRequest;

template <class Number>
std::optional<std::uint32_t> unless(Number value, Number unset) {
    if (value == unset) return std::nullopt;
    return value;
}

bool names_gpus(const char* tres) { return tres != nullptr && recipe::job_submit::names_gpus(tres); }

std::optional<std::string_view> plan_of(const job_desc_msg_t& job) {
    const std::string prefix = std::string(recipe::plan::control_variable) + '=';
    for (std::uint32_t i = 0; i < job.spank_job_env_size; ++i) {
        const char* variable = job.spank_job_env[i];
        if (variable != nullptr && std::strncmp(variable, prefix.c_str(), prefix.size()) == 0)
            return std::string_view(variable).substr(prefix.size());
    }
    return std::nullopt;
}

JobRequest request_of(const job_desc_msg_t& job) {
    JobRequest request;
    request.plan = plan_of(job);
    request.min_nodes = unless<std::uint32_t>(job.min_nodes, NO_VAL);
    request.max_nodes = unless<std::uint32_t>(job.max_nodes, NO_VAL);
    request.task_count = unless<std::uint32_t>(job.num_tasks, NO_VAL);
    request.tasks_per_node = unless<std::uint16_t>(job.ntasks_per_node, NO_VAL16);
    request.time_limit = unless<std::uint32_t>(job.time_limit, NO_VAL);
    request.sharing_given = job.shared != static_cast<decltype(job.shared)>(NO_VAL16);
    request.memory_given = job.pn_min_memory != NO_VAL64 || job.mem_per_tres != nullptr;
    request.name_given = job.name != nullptr;
    request.gpus_given = names_gpus(job.tres_per_job) || names_gpus(job.tres_per_node) || names_gpus(job.tres_per_socket) ||
                         names_gpus(job.tres_per_task);
    request.cluster_has_gpus = slurm_conf.gres_plugins != nullptr &&
                               recipe::submit::has_gpu_type(slurm_conf.gres_plugins);
    return request;
}

void replace(char*& field, const std::string& text) {
    void* old = field;
    slurm_xfree(&old);
    field = slurm_xstrdup(text.c_str());
}

/// Slurm before 23.11 wants "gres:gpu:8", later "gres/gpu:8"; the other form is ignored without a word.
std::string gpu_request(std::int64_t count) {
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 11, 0)
    return "gres/gpu:" + std::to_string(count);
#else
    return "gres:gpu:" + std::to_string(count);
#endif
}

void apply(const Fills& fills, job_desc_msg_t& job) {
    if (fills.nodes) job.min_nodes = job.max_nodes = *fills.nodes;
    if (fills.tasks_per_node) job.ntasks_per_node = *fills.tasks_per_node;
    if (fills.time_limit) job.time_limit = *fills.time_limit;
    if (fills.exclusive) job.shared = 0;  // JOB_SHARED_NONE, which is in no public header
    if (fills.all_memory) job.pn_min_memory = 0;
    if (fills.name) replace(job.name, *fills.name);
    if (!fills.gpus_per_node) return;
    const std::string gpus = gpu_request(*fills.gpus_per_node);
    replace(job.tres_per_node, job.tres_per_node != nullptr ? std::string(job.tres_per_node) + ',' + gpus : gpus);
}

/// Another plugin may have left a message there already.
void add_message(char** err_msg, const std::string& text) {
    if (err_msg == nullptr) return;
    replace(*err_msg, *err_msg != nullptr ? std::string(*err_msg) + '\n' + text : text);
}

/// None of the codes that make sbatch try again.
int error_code(const recipe::Diagnostic& diagnostic) {
    return diagnostic.code.starts_with("plan.") ? ESLURM_ACCESS_DENIED : ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE;
}

int refuse(const recipe::Diagnostics& diagnostics, std::uint32_t user, char** err_msg) {
    for (const recipe::Diagnostic& diagnostic : diagnostics)
        for (const std::string& line : recipe::render::lines(diagnostic)) add_message(err_msg, "recipe: " + line);
    slurm_info("job_submit/recipe: refused a job of user %u: %s", user, diagnostics.front().code.c_str());
    return error_code(diagnostics.front());
}

}  // namespace

extern "C" {

int init() {
    return SLURM_SUCCESS;
}

int fini() {
    return SLURM_SUCCESS;
}

int job_submit(job_desc_msg_t* job, uint32_t submit_uid, char** err_msg) {
    try {
        const JobRequest request = request_of(*job);
        if (!request.plan) return SLURM_SUCCESS;
        const auto fills = recipe::job_submit::decide(request);
        if (!fills) return refuse(fills.error(), submit_uid, err_msg);
        apply(*fills, *job);
        return SLURM_SUCCESS;
    } catch (const std::exception& error) {
        slurm_error("job_submit/recipe: internal error: %s", error.what());
    } catch (...) {
        slurm_error("job_submit/recipe: internal error");
    }
    return SLURM_ERROR;
}

// job_record_t is internal to slurmctld.
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
int job_modify(job_desc_msg_t*, void*, uint32_t, char**) { return SLURM_SUCCESS; }
#else
int job_modify(job_desc_msg_t*, void*, uint32_t) { return SLURM_SUCCESS; }
#endif

}  // extern "C"
