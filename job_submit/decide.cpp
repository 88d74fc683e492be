#include "decide.hpp"

#include "plan/plan.hpp"
#include "submit/gres.hpp"
#include "validate/validate.hpp"

#include <fmt/format.h>

namespace recipe::job_submit {
namespace {

std::optional<Diagnostic> node_count_problem(const JobRequest& request, std::int64_t planned) {
    if (!request.max_nodes) return std::nullopt;  // -w alone sets a minimum
    const std::int64_t low = request.min_nodes.value_or(*request.max_nodes);
    const std::int64_t high = *request.max_nodes;
    if (low == planned && high == planned) return std::nullopt;
    return Diagnostic{.code = "controller.node_count",
                      .key = "trainer.num_nodes",
                      .message = low == high ? fmt::format("the job asks for {} nodes, its recipe was planned for {}", high, planned)
                                             : fmt::format("the job asks for {} to {} nodes, its recipe was planned for {}", low,
                                                           high, planned),
                      .fix = fmt::format("-N {}", planned)};
}

Fills fills_for(const JobRequest& request, const plan::LaunchPlan& plan) {
    Fills fills;
    if (!request.max_nodes) fills.nodes = static_cast<std::uint32_t>(plan.layout.nodes);
    if (!request.tasks_per_node && !request.task_count)
        fills.tasks_per_node = static_cast<std::uint16_t>(plan.tasks_per_node());
    if (plan.resources.device == plan::Device::gpu && request.cluster_has_gpus && !request.gpus_given)
        fills.gpus_per_node = plan.layout.devices_per_node;
    if (!request.time_limit && plan.resources.time_limit)
        fills.time_limit = static_cast<std::uint32_t>(*plan.resources.time_limit);
    fills.exclusive = plan.resources.exclusive && !request.sharing_given;
    fills.all_memory = fills.exclusive && !request.memory_given;
    if (!request.name_given && !plan.resources.job_name.empty()) fills.name = plan.resources.job_name;
    return fills;
}

}  // namespace

bool names_gpus(std::string_view tres) noexcept { return submit::gres_count(tres, "gpu").has_value(); }

Expected<Fills> decide(const JobRequest& request) {
    if (!request.plan) return Fills{};
    Expected<plan::LaunchPlan> plan = plan::request_from_json(*request.plan);
    if (!plan) return std::unexpected(std::move(plan.error()));
    Diagnostics diagnostics = validate::check_layout(plan->layout);
    if (auto problem = node_count_problem(request, plan->layout.nodes)) diagnostics.push_back(std::move(*problem));
    if (has_errors(diagnostics)) return std::unexpected(std::move(diagnostics));
    return fills_for(request, *plan);
}

}  // namespace recipe::job_submit
