// SPDX-License-Identifier: Apache-2.0
// What is said of a plan or a configuration that is too large to travel.
#include "diagnostic/codes/node.hpp"
#include "plan/wire/fields.hpp"

#include <array>

namespace recipe::plan {
namespace {

using config::Value;

/// What has most of the bytes, so that it is what to make shorter.
struct Part {
    std::string key;
    std::size_t bytes = 0;
    std::string fix;
};

/// The deepest such key of the configuration.
Part largest_of_configuration(const Value& config, std::size_t bytes) {
    Part part;
    for (const Value* at = &config; at != nullptr;) {
        const auto large = std::ranges::find_if(
            at->entries(), [&](const config::Entry& entry) { return config::to_json(entry.value).size() > bytes / 2; });
        if (large == at->entries().end()) break;
        part.bytes = config::to_json(large->value).size();
        part.key += (part.key.empty() ? "" : ".") + config::to_python_text(large->key);
        at = &large->value;
    }
    part.fix =
        fmt::format("keep long lists and texts{}{} in files that the program reads, and their paths in the recipe",
                    part.key.empty() ? "" : " of ", part.key);
    return part;
}

struct Field {
    std::string_view name;
    std::string_view key;  // of the recipe, or the option that says it
    std::string_view fix;
};
constexpr std::array fields_that_grow{
    Field{"environment", "env_vars", "export long variables in the batch script or the program, not in the recipe"},
    Field{"entry", "launch.args", "keep long arguments in a file that the program reads"},
    Field{"setup", "launch.setup", "keep long commands in a script, and run that"},
    Field{"srun_arguments", "cluster.srun_args", "keep srun's options short"},
    Field{"container", "cluster.container_mounts", "mount a directory that holds several of them"},
    // Last, since any of the others may be there because it was typed.
    Field{"overrides", "--recipe-set",
          "write what --recipe-set says into a recipe of your own: srecipe new mine.yaml --from RECIPE"},
};

Part largest_of_plan(const Value& fields, std::size_t bytes) {
    for (const Field& field : fields_that_grow) {
        const Value* value = fields.find(field.name);
        const std::size_t size = value == nullptr ? 0 : config::to_json(*value).size();
        if (size > bytes / 4) return {.key = std::string(field.key), .bytes = size, .fix = std::string(field.fix)};
    }
    return {.key = {},
            .bytes = 0,
            .fix = "keep long lists and texts in files that the program reads, and their paths in the recipe"};
}

Diagnostic too_large(Part part, std::string message) {
    if (!part.key.empty()) message += fmt::format("; {} has {} of them", part.key, part.bytes);
    Diagnostic problem{.code = codes::plan.too_large, .message = std::move(message), .fix = std::move(part.fix)};
    if (part.key.starts_with("--"))
        problem.source = {.name = std::move(part.key)};
    else
        problem.key = std::move(part.key);
    return problem;
}

}  // namespace

Diagnostic plan_too_large(const LaunchPlan& plan, const Value& fields, std::size_t bytes) {
    return too_large(largest_of_plan(fields, bytes),
                     fmt::format("the launch plan has {} bytes{}; {} is the most that travels with a job", bytes,
                                 plan.configuration_file ? " without its configuration" : "", max_bytes));
}

Diagnostic configuration_too_large(const LaunchPlan& plan, std::size_t bytes) {
    return too_large(largest_of_configuration(plan.config, bytes),
                     fmt::format("the resolved recipe has {} bytes; {} is the most that travels with a job", bytes,
                                 max_configuration_bytes));
}

}  // namespace recipe::plan
