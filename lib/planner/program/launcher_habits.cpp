// SPDX-License-Identifier: Apache-2.0
// Says what HyperPod's launcher would do with a recipe beside starting it.
#include "planner/program/launcher_habits.hpp"

#include "diagnostic/codes/launch.hpp"
#include "planner/slurm/slurm_options.hpp"

#include <fmt/format.h>
#include <array>
#include <optional>
#include <utility>

namespace recipe::planner {
namespace {

using config::Value;

/// A version of transformers that the launcher installs for models of one type.
struct Pin {
    std::string_view key;
    std::string_view value;  // empty: true
    std::string_view version;
};

// launcher/nemo/stages.py of aws/sagemaker-hyperpod-recipes
constexpr std::array pins{
    Pin{"recipes.model.multi_modal", {}, "4.45.2"}, Pin{"recipes.model.model_type", "deepseek_r1", "4.48.2"},
    Pin{"recipes.model.model_type", "llama_v4", "4.51.3"}, Pin{"recipes.model.model_type", "gpt_oss", "4.55.0"}};

bool holds(const Pin& pin, const Value* value) {
    if (value == nullptr) return false;
    return pin.value.empty() ? value->as_bool() == true : value->is_string() && *value->as_string() == pin.value;
}

/// Asked for, it is a warning; that a node may fail is not on the user's mind.
std::optional<Diagnostic> starts_over(const SubmitRequest& request, const Value& root) {
    const SlurmOption* asked = find_option(request, "requeue");
    const bool by_default =
        request.cluster_requeues && request.other_clusters.empty() && find_option(request, "no-requeue") == nullptr;
    if (request.tool != Tool::sbatch || family::writes_checkpoints(root) || (asked == nullptr && !by_default))
        return std::nullopt;
    const bool kept = root.at("recipes.exp_manager.checkpoint_callback_params.save_top_k") != nullptr;
    Diagnostic found{.code = codes::launch.starts_over,
                     .key = "exp_manager.checkpoint_callback_params.save_top_k",
                     .message = "the recipe keeps no checkpoint to go on from, so that a requeued job starts at step 0",
                     .fix = kept ? "--recipe-set=exp_manager.checkpoint_callback_params.save_top_k=1" : ""};
    if (asked != nullptr) {
        found.source = {.name = asked->spelling};
        return found;
    }
    found.severity = Severity::hint;
    found.message += "; this cluster requeues jobs whose nodes fail (JobRequeue=1), unless --no-requeue says otherwise";
    return found;
}

}  // namespace

Diagnostics launcher_habits(const SubmitRequest& request, const Value& root, const family::Family& family,
                            bool has_container) {
    Diagnostics found;
    for (const Pin& pin : pins) {
        const Value* value = root.at(pin.key);
        if (!has_container || !request.needs_entry || !family.program_known || !holds(pin, value)) continue;
        found.push_back({.code = codes::launch.not_installed,
                         .key = config::typed_key(root, pin.key),
                         .source = value->position().source(),
                         .message = fmt::format("for such a model HyperPod's launcher installs transformers=={} in the "
                                                "container; nothing is installed here, so the image must have it",
                                                pin.version)});
    }
    if (auto over = starts_over(request, root)) found.push_back(std::move(*over));
    return found;
}

}  // namespace recipe::planner
