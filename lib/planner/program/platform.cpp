// SPDX-License-Identifier: Apache-2.0
// Refuses on Slurm what only another platform runs, and says which.
#include "planner/program/platform.hpp"

#include "diagnostic/codes/submit.hpp"
#include "planner/program/entry_script.hpp"
#include "planner/who_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace recipe::planner {
namespace {

using config::Value;
using family::Platform;

std::string_view words_for(Platform platform) {
    switch (platform) {
        case Platform::slurm:
        case Platform::slurm_script:
            return "Slurm";
        case Platform::k8s:
            return "Kubernetes (HyperPod's launcher with cluster=k8s cluster_type=k8s)";
        case Platform::sm_jobs:
            return "SageMaker training jobs (HyperPod's launcher with cluster=sm_jobs cluster_type=sm_jobs)";
    }
    return {};
}

/// What a recipe's family runs on besides Slurm: "a or b".
std::string others_of(const family::Family& family) {
    std::vector<std::string_view> words;
    for (const Platform platform : {Platform::k8s, Platform::sm_jobs})
        if (family.can_run_on(platform)) words.push_back(words_for(platform));
    return fmt::format("{}", fmt::join(words, " or "));
}

struct Chosen {
    Platform platform;
    std::string key;
    const Value* value;
};

/// What the configuration says that it is for, where that is not Slurm: its cluster_type, or the file of the group
/// `cluster`, of which each platform has another.
std::optional<Chosen> chosen_platform(const Value& root) {
    const Value* type = root.find("cluster_type");
    const std::string* name = type != nullptr ? type->as_string() : nullptr;
    for (const Platform platform : {Platform::k8s, Platform::sm_jobs})
        if (name != nullptr && *name == to_string(platform)) return Chosen{platform, "cluster_type", type};
    if (const Value* jobs = root.at("cluster.sm_jobs_config"); jobs != nullptr && jobs->is_map())
        return Chosen{Platform::sm_jobs, "cluster", jobs};
    for (const char* key : {"cluster.pullPolicy", "cluster.namespace", "cluster.persistent_volume_claims"})
        if (const Value* found = root.at(key); found != nullptr && !found->is_null())
            return Chosen{Platform::k8s, "cluster", found};
    return std::nullopt;
}

Diagnostic set_up_for(const Chosen& chosen, const family::Family& family) {
    const std::string_view name = to_string(chosen.platform);
    Diagnostic found{.code = codes::submit.platform,
                     .key = chosen.key,
                     .source = chosen.value->position().source(),
                     .message = fmt::format("{} is {}: that is for {}, and this is Slurm", chosen.key, name,
                                            words_for(chosen.platform))};
    if (family.can_run_on(Platform::slurm) || family.can_run_on(Platform::slurm_script))
        found.fix = chosen.key == "cluster_type" ? "--recipe-set=cluster=slurm --recipe-set=cluster_type=slurm"
                                                 : "--recipe-set=cluster=slurm";
    return found;
}

/// Not that of the collection that a recipe file happened to be composed with.
bool runs_own_program(const SubmitRequest& request, const config::Resolved& resolved) {
    if (!request.needs_entry) return true;
    const Value* script = resolved.root.at("launch.entry_script");
    const bool by_chance = resolved.stands_alone && script != nullptr && is_of_collection(resolved, *script);
    return !by_chance && !who_runs(resolved, true, &request.host).is_the_familys;
}

/// At what says of which family the recipe is, as far as one key does.
Diagnostic at_family(const Value& root, std::string message, std::string fix = {}) {
    const Value* type = root.at("recipes.run.model_type");
    const bool told = type != nullptr && !type->is_null();
    return {.code = codes::submit.platform,
            .key = told ? "run.model_type" : "recipes",
            .source = told ? type->position().source() : Source{},
            .message = std::move(message),
            .fix = std::move(fix),
            .explains = {{Explained::What::group, "program"}}};
}

/// HyperPod's launcher refuses it as well: main.py, "Elastic training is only supported on K8S clusters".
std::optional<Diagnostic> refuse_elastic(const SubmitRequest& request, const config::Resolved& resolved,
                                         const family::Family& family) {
    const Value* elastic = resolved.root.at("recipes.elastic_policy.is_elastic");
    if (elastic == nullptr || elastic->as_bool() != true || !family.can_run_on(Platform::slurm) ||
        runs_own_program(request, resolved))
        return std::nullopt;
    return Diagnostic{
        .code = codes::submit.platform,
        .key = "elastic_policy.is_elastic",
        .source = elastic->position().source(),
        .message = fmt::format("{} is elastic on {} only, where an operator adds and takes away its nodes; "
                               "a job of Slurm keeps those that it has",
                               family.title, words_for(Platform::k8s)),
        .fix = "--recipe-set=elastic_policy.is_elastic=False"};
}

}  // namespace

Diagnostics check_platform(const SubmitRequest& request, const config::Resolved& resolved,
                           const family::Family& family) {
    const Value& root = resolved.root;
    if (const auto chosen = chosen_platform(root)) return {set_up_for(*chosen, family)};
    if (auto elastic = refuse_elastic(request, resolved, family)) return {std::move(*elastic)};
    if (family.can_run_on(Platform::slurm)) return {};
    if (!family.can_run_on(Platform::slurm_script))
        return {
            at_family(root, fmt::format("{} does not run on Slurm: it runs on {}", family.title, others_of(family)))};
    if (runs_own_program(request, resolved)) return {};
    // Its program is a driver on a cluster of Ray, which a batch script has to start.
    return {at_family(root,
                      fmt::format("{} drives a Ray cluster, which has to be started first: give sbatch a batch script "
                                  "that does (docs/verl.md has one), or run it on {}",
                                  family.title, others_of(family)),
                      fmt::format("sbatch --recipe={} ray.sh", request.recipe))};
}

}  // namespace recipe::planner
