// SPDX-License-Identifier: Apache-2.0
// What a job ran, beside its results: manifest.json.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"

#include <fmt/format.h>
#include <ctime>

namespace recipe::node {
namespace {

using config::Value;

constexpr std::int64_t manifest_version = 1;

Value text(std::string value) {
    return Value::string(std::move(value));
}
Value number(std::int64_t value) {
    return Value::integer(value);
}
Value number(std::uint64_t value) {
    return Value::integer(*config::Integer::from_digits(std::to_string(value)));
}
void put(Value& map, std::string key, Value value) {
    map.set(text(std::move(key)), std::move(value));
}

std::string utc(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Value texts(const std::vector<std::string>& strings) {
    Value list = Value::list();
    for (const std::string& string : strings) list.push_back(text(string));
    return list;
}

/// "key=value" with the value of a secret's key hidden.
std::string redacted_override(const std::string& override) {
    const std::size_t equals = override.find('=');
    if (equals == std::string::npos) return override;
    return override.substr(0, equals + 1) + redacted(override.substr(0, equals), override.substr(equals + 1));
}

Value image_value(const plan::LaunchPlan& plan, const Start& start) {
    if (!plan.container) return Value::null();
    Value map = Value::map();
    put(map, "image", text(plan.container->image));
    if (!image_path(plan)) return map;
    put(map, "found", Value::boolean(start.image.has_value()));
    if (!start.image) return map;
    put(map, "bytes", number(start.image->bytes));
    put(map, "modified", text(utc(start.image->modified)));
    put(map, "device", number(start.image->device));
    put(map, "inode", number(start.image->inode));
    return map;
}

Value code_value(const plan::LaunchPlan& plan, const Start& start) {
    if (!plan.code) return Value::null();
    const auto or_null = [](const std::optional<std::string>& given) { return given ? text(*given) : Value::null(); };
    Value map = Value::map();
    put(map, "url", text(plan.code->url));
    put(map, "branch", or_null(plan.code->branch));
    put(map, "pinned", or_null(plan.code->commit));
    put(map, "commit", or_null(start.commit));
    return map;
}

Value environment_value(const std::vector<Assigned>& environment) {
    Value list = Value::list();
    for (const Assigned& variable : environment) {
        Value map = Value::map();
        put(map, "name", text(variable.name));
        put(map, "value", text(redacted(variable.name, variable.value)));
        put(map, "source", text(variable.source));
        list.push_back(std::move(map));
    }
    return list;
}

Value start_value(const plan::LaunchPlan& plan, const Facts& facts, const Start& start) {
    std::vector<std::string> overrides;
    for (const std::string& override : plan.overrides) overrides.push_back(redacted_override(override));
    const std::string config = config_file(plan, facts);
    Value map = Value::map();
    put(map, "restart", number(std::int64_t{facts.restart_count}));
    put(map, "time", text(utc(start.time)));
    put(map, "recipe", text(plan.recipe));
    put(map, "overrides", texts(overrides));
    put(map, "forced", texts(plan.forced));
    put(map, "digest", text(plan.digest));
    put(map, "config", text(config.substr(config.rfind('/') + 1)));
    put(map, "results", text(results_directory(plan, facts)));
    put(map, "written", texts(written_directories(plan, facts)));
    put(map, "planned_nodes", number(plan.layout.nodes));
    put(map, "devices_per_node", number(plan.layout.devices_per_node));
    put(map, "instance_type", plan.instance_type ? text(*plan.instance_type) : Value::null());
    put(map, "launcher", text(std::string(to_string(plan.launcher))));
    put(map, "container", image_value(plan, start));
    put(map, "code", code_value(plan, start));
    put(map, "nodes", text(start.nodes));
    put(map, "slurm_recipe", text(RECIPE_VERSION));
    put(map, "slurm", text(start.slurm_version));
    put(map, "written_on", text(start.host));
    put(map, "environment", environment_value(start.environment));
    return map;
}

Value new_manifest(const Facts& facts) {
    Value map = Value::map();
    put(map, "manifest", number(manifest_version));
    put(map, "job_id", number(std::int64_t{facts.job_id}));
    put(map, "array_job_id", facts.array_job_id ? number(std::int64_t{*facts.array_job_id}) : Value::null());
    put(map, "array_task_id", facts.array_job_id ? number(std::int64_t{facts.array_task_id}) : Value::null());
    put(map, "starts", Value::list());
    return map;
}

bool is_start(const Value& start, const plan::LaunchPlan& plan, const Facts& facts) {
    const Value* restart = start.find("restart");
    const Value* digest = start.find("digest");
    return restart != nullptr && restart->as_int() == facts.restart_count && digest != nullptr &&
           digest->as_string() != nullptr && *digest->as_string() == plan.digest;
}

/// Whether this start was recorded before the code was there, and now it is.
bool lacks_commit(const Value& earlier, const Start& start) {
    const Value* commit = earlier.at("code.commit");
    return start.commit && commit != nullptr && commit->is_null();
}

Value with_commit(const Value& earlier, const Start& start) {
    Value code = *earlier.find("code");
    put(code, "commit", text(*start.commit));
    Value complete = earlier;
    put(complete, "code", std::move(code));
    return complete;
}

}  // namespace

Expected<std::optional<std::string>> manifest_with(std::string_view existing, const plan::LaunchPlan& plan,
                                                   const Facts& facts, const Start& start) {
    const auto foreign = [] {
        return refuse({.code = codes::node.manifest, .message = "manifest.json is none of ours and stays as it is"});
    };
    Value manifest = new_manifest(facts);
    if (!existing.empty()) {
        Expected<Value> read = config::from_json(existing, max_manifest_bytes);
        if (!read) return foreign();
        manifest = std::move(*read);
    }
    const Value* starts = manifest.find("starts");
    if (starts == nullptr || !starts->is_list()) return foreign();
    Value more = Value::list();
    bool is_new = true;
    for (const Value& earlier : starts->items()) {
        const bool is_this = is_start(earlier, plan, facts);
        if (is_this && !lacks_commit(earlier, start)) return std::nullopt;
        more.push_back(is_this ? with_commit(earlier, start) : earlier);
        is_new = is_new && !is_this;
    }
    if (is_new) more.push_back(start_value(plan, facts, start));
    put(manifest, "starts", std::move(more));
    return config::to_json(manifest, 2) + '\n';
}

}  // namespace recipe::node
