// SPDX-License-Identifier: Apache-2.0
// The C entry points that slurmctld calls. This file turns job_desc_msg_t into a plain struct and back; what happens in
// between is decide.cpp's. slurmctld holds locks while we work: no I/O, no RPC, no unbounded work, and nothing is
// thrown.
#include "decide.hpp"
#include "diagnostic/codes/submit.hpp"
#include "modify.hpp"
#include "plan/plan.hpp"
#include "render/render.hpp"
#include "secret/secret.hpp"
#include "slurm_headers.hpp"
#include "slurm_text/gres.hpp"
#include "trace/trace.hpp"
#include "watcher.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

extern "C" {
// In C++ a const object has internal linkage unless it was declared extern before.
extern const char plugin_name[];
extern const char plugin_type[];
extern const uint32_t plugin_version;
const char plugin_name[] = "slurm-recipe";
const char plugin_type[] = "job_submit/recipe";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;
}

namespace {

using recipe::job_submit::Decision;
using recipe::job_submit::Fills;
using recipe::job_submit::JobRequest;
using recipe::job_submit::Snapshot;
using recipe::job_submit::Watcher;
namespace trace = recipe::trace;

// Slurm before 23.11 reloads plugins while requests are decided in other threads.
std::atomic<Watcher*> watcher{nullptr};
std::atomic<bool> refuse_unknown{false};

// A list of more names is ignored; Slurm takes no longer ones either.
constexpr int max_named_nodes = 64 * 1024;

template <class Number>
std::optional<std::uint32_t> unless(Number value, Number unset) {
    if (value == unset) return std::nullopt;
    return value;
}

std::string_view view(const char* text) {
    return text != nullptr ? std::string_view(text) : std::string_view();
}

/// The value of a variable in spank_job_env.
std::optional<std::string_view> control_variable(const job_desc_msg_t& job, std::string_view name) {
    for (std::uint32_t i = 0; i < job.spank_job_env_size; ++i) {
        const std::string_view variable = view(job.spank_job_env[i]);
        if (variable.size() > name.size() && variable[name.size()] == '=' && variable.starts_with(name))
            return variable.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::optional<std::string_view> plan_of(const job_desc_msg_t& job) {
    return control_variable(job, recipe::plan::control_variable);
}

/// The names of a -w or -x list.
class HostNames {
public:
    explicit HostNames(const char* list) {
        if (list == nullptr || *list == '\0') return;
        const auto hosts = slurm_hostlist_create(list);  // hostlist_t or hostlist_t*, as the version has it
        if (hosts == nullptr) return;
        if (slurm_hostlist_count(hosts) <= max_named_nodes)
            while (char* name = slurm_hostlist_shift(hosts)) {
                names_.emplace_back(name);
                std::free(name);
            }
        slurm_hostlist_destroy(hosts);
    }
    [[nodiscard]] std::vector<std::string_view> views() const { return {names_.begin(), names_.end()}; }

private:
    std::vector<std::string> names_;
};

std::optional<std::uint64_t> memory_per_node(const job_desc_msg_t& job) {
    if (job.pn_min_memory == NO_VAL64 || (job.pn_min_memory & MEM_PER_CPU) != 0) return std::nullopt;
    return job.pn_min_memory;
}

JobRequest request_of(const job_desc_msg_t& job, const HostNames& required, const HostNames& excluded) {
    JobRequest request;
    request.plan = plan_of(job);
    request.heterogeneous = job.het_job_offset != NO_VAL;
    request.partitions = view(job.partition);
    request.constraint = view(job.features);
    request.required_nodes = required.views();
    request.excluded_nodes = excluded.views();
    request.has_qos = job.qos != nullptr;
    request.min_nodes = unless<std::uint32_t>(job.min_nodes, NO_VAL);
    request.max_nodes = unless<std::uint32_t>(job.max_nodes, NO_VAL);
    request.task_count = unless<std::uint32_t>(job.num_tasks, NO_VAL);
    request.tasks_per_node = unless<std::uint16_t>(job.ntasks_per_node, NO_VAL16);
    request.time_limit = unless<std::uint32_t>(job.time_limit, NO_VAL);
    request.memory_mib = memory_per_node(job);
    request.sharing_given = job.shared != static_cast<decltype(job.shared)>(NO_VAL16);
    request.memory_given = job.pn_min_memory != NO_VAL64 || job.mem_per_tres != nullptr;
    request.name_given = job.name != nullptr;
    request.tres_per_node = view(job.tres_per_node);
    request.tres_per_job = view(job.tres_per_job);
    request.tres_per_task = view(job.tres_per_task);
    request.tres_per_socket = view(job.tres_per_socket);
    request.cluster_has_gpus = recipe::slurm_text::has_gpu_type(view(slurm_conf.gres_plugins));
    request.admin_comment = view(job.admin_comment);
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
    if (fills.partition) replace(job.partition, *fills.partition);
    if (fills.admin_comment) replace(job.admin_comment, *fills.admin_comment);
    if (!fills.gpus_per_node) return;
    const std::string gpus = gpu_request(*fills.gpus_per_node);
    replace(job.tres_per_node, job.tres_per_node != nullptr ? std::string(job.tres_per_node) + ',' + gpus : gpus);
}

/// Another plugin may have left a message there already.
void add_message(char** err_msg, const std::string& text) {
    if (err_msg == nullptr) return;
    replace(*err_msg, *err_msg != nullptr ? std::string(*err_msg) + '\n' + text : text);
}

/// The plan and the options that it was made of were for us. Nodes have the plan in the job's environment; slurmctld
/// would keep them in memory and in its state file for as long as it knows the job, and hand them to Prolog.
void forget_plan(job_desc_msg_t& job) {
    constexpr std::string_view our_options = "_SLURM_SPANK_OPTION_recipe_";
    const std::string plan = std::string(recipe::plan::control_variable) + '=';
    const std::string line = std::string(recipe::secret::line_variable) + '=';
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < job.spank_job_env_size; ++i) {
        const std::string_view variable = view(job.spank_job_env[i]);
        if (variable.starts_with(plan) || variable.starts_with(line) || variable.starts_with(our_options)) {
            void* ours = job.spank_job_env[i];
            slurm_xfree(&ours);
        } else {
            job.spank_job_env[kept++] = job.spank_job_env[i];
        }
    }
    for (std::uint32_t i = kept; i < job.spank_job_env_size; ++i) job.spank_job_env[i] = nullptr;
    job.spank_job_env_size = kept;
}

/// The command, as it was typed, is shown by scontrol of newer Slurms and goes to the accounting's database. The client
/// says where secrets stand in it, if it is of our version and the line still is what it was; else their names do.
void hide_typed_secrets(job_desc_msg_t& job) {
    const std::string_view line = view(job.submit_line);
    const auto cuts = recipe::secret::parse_cuts(
        control_variable(job, recipe::secret::line_variable).value_or(std::string_view()), line.size());
    const std::string shown = cuts ? recipe::secret::without(line, *cuts) : recipe::secret::redacted_submit_line(line);
    if (shown != line) replace(job.submit_line, shown);
}

/// What makes the last line of sbatch's message, by group of codes. None makes sbatch try again.
int error_code(recipe::DiagnosticCode code) {
    if (code.group() == "plan" || code.group() == "policy") return ESLURM_ACCESS_DENIED;
    if (code == recipe::codes::cluster.time_limit) return ESLURM_INVALID_TIME_LIMIT;
    if (code == recipe::codes::cluster.max_nodes || code == recipe::codes::controller.node_count)
        return ESLURM_INVALID_NODE_COUNT;
    return ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE;
}

void log_note(const recipe::Diagnostics& diagnostics, char** err_msg) {
    for (const recipe::Diagnostic& diagnostic : diagnostics) {
        // Slurm itself says "error:" before each line of a refusal, and nothing before those of an accepted job.
        std::string before = diagnostic.severity == recipe::Severity::error
                                 ? "recipe: "
                                 : "recipe: " + std::string(recipe::to_string(diagnostic.severity)) + ": ";
        for (const std::string& line : recipe::render::lines(diagnostic))
            add_message(err_msg, std::exchange(before, "recipe: ") + line);
    }
}

int refuse(const recipe::Diagnostics& diagnostics, std::uint32_t user, char** err_msg) {
    log_note(diagnostics, err_msg);
    const auto first = std::ranges::find(diagnostics, recipe::Severity::error, &recipe::Diagnostic::severity);
    slurm_info("job_submit/recipe: refused a job of user %u: %s", user, std::string(first->code).c_str());
    return error_code(first->code);
}

void write_to_slurm(trace::Level level, const char* line) noexcept {
    if (level == trace::Level::info)
        slurm_verbose("job_submit/recipe: %s", line);
    else
        slurm_debug("job_submit/recipe: %s", line);
}

std::string age_of_inventory(const Snapshot& snapshot) {
    if (!snapshot.inventory) return "no inventory yet";
    const auto age = std::chrono::steady_clock::now() - snapshot.confirmed;
    return fmt::format("an inventory of {} nodes, {:.1f} s old", snapshot.inventory->nodes.size(),
                       std::chrono::duration<double>(age).count());
}

void trace_decision(bool accepted, std::uint32_t user, const Snapshot& snapshot, recipe::job_submit::Duration took) {
    trace::info([&] {
        return fmt::format("{} a job of user {} by {}, in {} us", accepted ? "accepted" : "refused", user,
                           age_of_inventory(snapshot),
                           std::chrono::duration_cast<std::chrono::microseconds>(took.clock).count());
    });
}

std::shared_ptr<const Snapshot> current_snapshot() {
    if (const Watcher* current = watcher.load()) return current->snapshot();
    // There is no thread that could read a policy.
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->policy = recipe::job_submit::PolicyState::unknown;
    snapshot->refuse_unknown = refuse_unknown.load();
    return snapshot;
}

/// True when neither a plan nor a policy has to do with the job, as of nearly all jobs.
bool is_none_of_ours(const job_desc_msg_t& job, const Snapshot& snapshot) {
    const bool refused = snapshot.policy == recipe::job_submit::PolicyState::unknown && snapshot.refuse_unknown;
    return !refused && snapshot.settings->policy.require_recipe.empty() && !plan_of(job);
}

int decide_on(job_desc_msg_t& job, std::uint32_t user, char** err_msg) {
    const auto snapshot = current_snapshot();
    if (is_none_of_ours(job, *snapshot)) return SLURM_SUCCESS;
    trace::set_level(trace::slurm_level());  // scontrol setdebug may have changed it
    const recipe::job_submit::Stopwatch watch;
    const HostNames required(job.req_nodes);
    const HostNames excluded(job.exc_nodes);
    const recipe::Expected<Decision> decision =
        recipe::job_submit::decide(request_of(job, required, excluded), *snapshot);
    int rc = SLURM_SUCCESS;
    if (!decision) {
        rc = refuse(decision.error(), user, err_msg);
    } else {
        log_note(decision->notes, err_msg);
        apply(decision->fills, job);
        hide_typed_secrets(job);
        forget_plan(job);
    }
    const recipe::job_submit::Duration took = watch.elapsed();
    trace_decision(decision.has_value(), user, *snapshot, took);
    if (Watcher* current = watcher.load()) current->statistics.add(took);
    return rc;
}

/// "12_3": what scontrol was given; other clients may send a number.
template <class Description>
std::string name_of(const Description& job) {
    if (job.job_id_str != nullptr) return job.job_id_str;
    if constexpr (requires { job.step_id.job_id; })
        return std::to_string(job.step_id.job_id);
    else
        return std::to_string(job.job_id);
}

int decide_on_change(const job_desc_msg_t& job, std::uint32_t user, char** err_msg) {
    if (user == 0 || user == slurm_conf.slurm_user_id) return SLURM_SUCCESS;
    const std::string name = name_of(job);
    const recipe::job_submit::ModifyRequest request{.job = name,
                                                    .partitions = view(job.partition),
                                                    .min_nodes = unless<std::uint32_t>(job.min_nodes, NO_VAL),
                                                    .max_nodes = unless<std::uint32_t>(job.max_nodes, NO_VAL),
                                                    .required_nodes = HostNames(job.req_nodes).views().size(),
                                                    .user = user};
    trace::debug([&] {
        return fmt::format("a change of job {} by user {}: partition {}, nodes {} to {}", name, user,
                           request.partitions, job.min_nodes, job.max_nodes);
    });
    const auto snapshot = current_snapshot();
    const recipe::Expected<void> decision = recipe::job_submit::decide_modify(request, *snapshot);
    if (decision) return SLURM_SUCCESS;
    const recipe::Diagnostic& first = decision.error().front();
    if (first.code == recipe::codes::policy.unknown_job)
        if (Watcher* current = watcher.load()) current->want_jobs();
    log_note(decision.error(), err_msg);
    recipe::job_submit::write_log(
        recipe::job_submit::SiteReader::Level::info,
        fmt::format("refused a change of job {} by user {}: {} [{}]", name, user, first.message, first.code.name()));
    return error_code(first.code);
}

int modify(const job_desc_msg_t& job, std::uint32_t user, char** err_msg) noexcept {
    try {
        return decide_on_change(job, user, err_msg);
    } catch (const std::exception& error) {
        recipe::job_submit::log_exception("internal error", error);
    } catch (...) {
        slurm_error("job_submit/recipe: internal error");
    }
    return SLURM_ERROR;
}

}  // namespace

extern "C" {

int init() {
    trace::write_to(write_to_slurm, recipe::secret::redacted_line);
    trace::set_level(trace::slurm_level());
    recipe::job_submit::SiteReader::Places places{.slurm_conf = view(slurm_conf.slurm_conf),
                                                  .state = view(slurm_conf.state_save_location),
                                                  .environment = recipe::site::process_environment()};
    refuse_unknown = recipe::job_submit::refuses_unknown(places.environment, recipe::job_submit::write_log);
    watcher = Watcher::start(std::move(places));
    return SLURM_SUCCESS;
}

int fini() {
    if (Watcher* current = watcher.exchange(nullptr)) current->stop();
    return SLURM_SUCCESS;
}

int job_submit(job_desc_msg_t* job, uint32_t submit_uid, char** err_msg) {
    try {
        return decide_on(*job, submit_uid, err_msg);
    } catch (const std::exception& error) {
        recipe::job_submit::log_exception("internal error", error);
    } catch (...) {
        slurm_error("job_submit/recipe: internal error");
    }
    return SLURM_ERROR;
}

// job_record_t is internal to slurmctld, and its second parameter. Before 23.02 there is no way to tell the user why.
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
int job_modify(job_desc_msg_t* job, void*, uint32_t submit_uid, char** err_msg) {
    return modify(*job, submit_uid, err_msg);
}
#else
int job_modify(job_desc_msg_t* job, void*, uint32_t submit_uid) {
    return modify(*job, submit_uid, nullptr);
}
#endif

}  // extern "C"
