// SPDX-License-Identifier: Apache-2.0
// A whole check of a recipe with hostile values, from composition to plan and prediction of memory: what is accepted
// has a plan that travels, and what is refused says why.
#include "cluster/cluster.hpp"
#include "config/config.hpp"
#include "drawing.hpp"
#include "plan/plan.hpp"
#include "planner/planner.hpp"
#include "query/query.hpp"
#include "render/render.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <tuple>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace recipe;

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz check: not so: %s\n", what);
    std::abort();
}

/// A shared file system, a local one, and nothing else: no answer depends on the machine.
storage::PathStatus status_of(const std::string& path) {
    storage::PathStatus status{.nearest = "/", .type = "ext4", .device = 1, .free_bytes = 1e12};
    for (const auto& [directory, type, device] : {std::tuple{"/shared", "nfs", 2U}, std::tuple{"/tmp", "tmpfs", 3U}})
        if (storage::is_within(path, directory))
            status = {.nearest = directory, .type = type, .device = device, .free_bytes = 1e12};
    status.is_directory = true;
    status.exists = path == status.nearest;
    return status;
}

storage::Access access_of(const std::string& path) {
    const storage::PathStatus status = status_of(path);
    if (!status.exists) return {.error = ENOENT, .read_error = ENOENT, .write_error = ENOENT};
    return {.is_directory = true, .mode = 0755};
}

planner::Tool tool_of(const std::string& how) {
    return how == "salloc" ? planner::Tool::salloc
           : how == "srun" ? planner::Tool::srun
           : how == "step" ? planner::Tool::srun_in_job
                           : planner::Tool::sbatch;
}

planner::SubmitRequest submit_request(const fuzz::Request& drawn) {
    planner::SubmitRequest request;
    request.tool = tool_of(drawn.how);
    request.needs_entry = drawn.how == "sbatch";
    request.recipe = drawn.recipe == "custom" ? RECIPE_SOURCE_DIR "/tests/unit/outcomes/custom.yaml" : drawn.recipe;
    request.cluster_has_gpus = true;
    request.collections = {RECIPE_SOURCE_DIR "/tests/unit/outcomes/collection",
                           RECIPE_SOURCE_DIR "/recipes_collection"};
    request.host = {.status_of = status_of,
                    .content = [](const std::string&) { return storage::Content::missing; },
                    .exported = {},
                    .access = access_of};
    request.environment = {{"PWD", "/shared/me"}, {"HOME", "/shared/me"}};
    request.working_directory = "/shared/me";
    request.secrets_file = "/shared/me/.local/state/slurm-recipe/secrets/00000000000000000000000000000007";
    request.references_label = "label";
    if (request.tool == planner::Tool::srun_in_job) request.allocated_nodes = 2;
    for (const std::string& line : drawn.lines) {
        const std::size_t equals = line.find('=');
        if (line.starts_with("--") && equals != std::string::npos)
            request.options.push_back(
                {.name = line.substr(2, equals - 2), .value = line.substr(equals + 1), .spelling = line});
        else
            request.sets.push_back({.text = line});
    }
    return request;
}

void judge(const Diagnostics& diagnostics) {
    (void)render::text(diagnostics, false);
    for (const Diagnostic& diagnostic : diagnostics) {
        require(!diagnostic.code.name().empty(), "a diagnostic has a code");
        require(!diagnostic.message.empty(), "a diagnostic has a message");
        require(!diagnostic.message.ends_with('\n'), "a message has no line end");
        require(!diagnostic.key.empty() || !diagnostic.source.empty() || diagnostic.severity != Severity::error ||
                    diagnostic.code.group() == "plan" || diagnostic.message.contains("which -w asks for"),
                "an error has a key or a place");
        require(diagnostic.fix.empty() || diagnostic.fix.find_first_not_of(" \n") != std::string::npos,
                "a fix says something");
        require(
            diagnostic.fix.find("--recipe-set= ") == std::string::npos && !diagnostic.fix.ends_with("--recipe-set="),
            "a fix sets something");
    }
}

/// Devices that suffice, that do not, parts of one, some of a node's, and unknown ones.
const cluster::Inventory& nodes() {
    static const cluster::Inventory inventory = [] {
        std::vector<cluster::NodeRecord> records;
        std::vector<cluster::PartitionRecord> partitions{{.name = "all", .is_default = true}, {.name = "one"}};
        for (const char* gres : {"gpu:a10g:8", "gpu:b300:8", "gpu:a100_1g.10gb:56", "gpu:t4:4,gpu:h100:4", "gpu:8", ""})
            for (int i = 0; i < 3; ++i) {
                if (i == 0) partitions[1].nodes.push_back(records.size());
                partitions[0].nodes.push_back(records.size());
                records.push_back({.name = "n" + std::to_string(records.size()), .features = gres, .gres = gres});
            }
        return cluster::take_inventory(records, partitions, hardware::Catalogue(), {});
    }();
    return inventory;
}

/// What slurmctld reads of a plan that somebody has changed is refused as a whole or is within its limits, and it can
/// be held against nodes.
void judge_changed(std::string text, std::uint32_t random) {
    const std::size_t needs = text.find("\"needs\":");
    if (needs != std::string::npos && random % 2 == 0)
        text[needs + random / 2 % 64 % (text.size() - needs)] = "0123456789-[]{},:\"et"[random / 128 % 21];
    const Expected<plan::Summary> summary = plan::summary_from_json(text);
    if (!summary) return require(summary.error().front().code.group() == "plan", "a plan is refused as a plan");
    if (const auto& memory = summary->needs.memory)
        require(0 <= memory->low && memory->low <= memory->peak && memory->peak <= memory->high &&
                    memory->high <= validate::max_device_mib && 0 <= memory->outside &&
                    memory->outside <= validate::max_device_mib,
                "needs are within their limits");
    const hardware::Catalogue catalogue;
    for (const bool named : {false, true}) {
        // Names that repeat, and that nobody has.
        std::vector<std::string> names;
        for (std::uint32_t i = 0; named && i < random % 16; ++i)
            names.push_back("n" + std::to_string(random % (i + 7) * 3));
        const std::vector<std::string_view> some(names.begin(), names.end());
        const std::vector<std::string_view> partitions =
            named ? std::vector<std::string_view>{"one", "all", "one"} : std::vector<std::string_view>{"one"};
        judge(cluster::check(nodes(), catalogue, summary->layout,
                             {.partitions = partitions,
                              .nodes = static_cast<std::uint32_t>(summary->layout.nodes),
                              .device = summary->resources.device,
                              .devices = summary->layout.devices_per_node,
                              .instance_type = summary->instance_type,
                              .required_nodes = random % 3 == 0 ? cluster::NodeNames(some) : cluster::NodeNames(),
                              .excluded_nodes = random % 3 != 0 ? cluster::NodeNames(some) : cluster::NodeNames(),
                              .needs = &summary->needs,
                              .question = [] { return std::string("recipe"); }}));
    }
}

void judge(const planner::Outcome& outcome) {
    judge(outcome.diagnostics);
    require(outcome.submission.has_value() != has_errors(outcome.diagnostics), "either a plan or an error");
    if (!outcome.submission) return;
    const std::string& text = outcome.submission->plan_json;
    const Expected<plan::LaunchPlan> read = plan::from_json(text);
    require(read.has_value(), read ? "" : ("a plan can be read: " + read.error().front().message).c_str());
    const Expected<std::string> again = plan::to_json(*read);
    require(again && *again == text, "a plan is read as it was written");
    const Expected<plan::Summary> summary = plan::summary_from_json(text);
    require(summary && *summary == static_cast<const plan::Summary&>(*read), "the controller reads the same");
    judge_changed(text, static_cast<std::uint32_t>(std::hash<std::string>{}(text)));
    require(!read->configuration_file ||
                plan::configuration_from_json(*read, outcome.submission->configuration).has_value(),
            "a configuration in a file can be read");
    for (const planner::OptionToSet& option : outcome.submission->options)
        require(!option.name.empty() && option.value.find('\0') == std::string::npos, "an option can be set");
}

void check_memory(const planner::SubmitRequest& request) {
    static const Expected<query::Knowledge> knowledge = query::load_knowledge({});
    static config::Documents documents;
    require(knowledge.has_value(), "the hardware is known");
    query::Context context{.where = {.collections = request.collections,
                                     .environment = request.environment,
                                     .working_directory = request.working_directory},
                           .settings = request.settings,
                           .collections = request.collections,
                           .notes = {}};
    query::Subject subject{.recipe = request.recipe, .overrides = {}};
    for (const planner::RecipeSet& set : request.sets) subject.overrides.push_back(set.text);
    const Expected<query::Fit> fit = query::fit(subject, std::nullopt, context, *knowledge, documents);
    if (!fit) return judge(fit.error());
    judge(fit->problems);
    judge(fit->assessment.diagnostics);
    if (!fit->assessment.prediction) return;
    require(fit->assessment.prediction->peak_bytes >= 0, "memory is a number");
    for (const memory::Suggestion& suggestion : fit->assessment.suggestions)
        require(!suggestion.set.empty(), "a suggestion sets something");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // A fix may quote a value, and then looks like one that sets nothing.
    if (text.contains("--recipe-set=")) return -1;
    const fuzz::Request drawn = fuzz::request_of(text);
    // The neighbours of a recipe file are of this machine.
    if (std::ranges::find(fuzz::recipes(), drawn.recipe) == fuzz::recipes().end()) return -1;
    const planner::SubmitRequest request = submit_request(drawn);
    judge(planner::prepare(request));
    check_memory(request);
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    std::minstd_rand random(seed);
    if (random() % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
    fuzz::Request request = fuzz::request_of({reinterpret_cast<const char*>(data), size});
    for (unsigned changes = 1 + random() % 6; changes > 0; --changes) fuzz::change(request, random);
    const std::string text = fuzz::to_text(request).substr(0, max_size);
    std::memcpy(data, text.data(), text.size());
    return text.size();
}
