// SPDX-License-Identifier: Apache-2.0
// What a plan's fields may be: each is taken up to its limits, and refused beyond them.
#include "catch.hpp"
#include "sample_plan.hpp"

#include <fmt/format.h>
#include <array>
#include <optional>
#include <string>

using namespace recipe;
using config::Value;
using test::sample_plan;

namespace {

Value text(std::string value) {
    return Value::string(std::move(value));
}

Value texts(std::size_t count) {
    Value list = Value::list();
    for (std::size_t i = 0; i < count; ++i) list.push_back(text("/x"));
    return list;
}

/// The map with what stands at the dotted path replaced or added, or taken out where `value` is nothing.
Value edited(const Value& map, std::string_view path, const std::optional<Value>& value) {
    const std::size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    Value changed = Value::map();
    for (const config::Entry& entry : map.entries()) {
        if (*entry.key.as_string() != key)
            changed.set(entry.key, entry.value);
        else if (dot != std::string_view::npos)
            changed.set(entry.key, edited(entry.value, path.substr(dot + 1), value));
    }
    if (dot == std::string_view::npos && value) changed.set(text(std::string(key)), *value);
    return changed;
}

plan::LaunchPlan full_plan() {
    plan::LaunchPlan plan = sample_plan();
    plan.container = plan::Container{.image = "/fsx/i.sqsh", .mounts = {{"/fsx/run", "/there", false, "results"}}};
    plan.code = plan::Code{.url = "https://host/code.git", .branch = "main", .commit = {}, .token_file = {}};
    return plan;
}

const Value& full_document() {
    static const Value document = config::from_json(plan::to_json(full_plan()).value(), plan::max_bytes).value();
    return document;
}

/// "" or the code with which the whole plan is refused.
std::string refusal(std::string_view path, const std::optional<Value>& value) {
    const auto plan = plan::from_json(config::to_json(edited(full_document(), path, value)));
    return plan ? std::string() : std::string(plan.error().front().code.name());
}

std::string refusal(std::string_view path, std::int64_t value) {
    return refusal(path, Value::integer(value));
}

const std::string malformed = "plan.malformed";

}  // namespace

TEST_CASE("every number of a plan is taken up to its limits and not beyond") {
    struct Limits {
        std::string_view path;
        std::int64_t low;
        std::int64_t high;
    };
    constexpr std::array limits{
        Limits{"layout.nodes", 1, 100'000},
        Limits{"layout.devices_per_node", 1, 1024},
        Limits{"layout.tensor", 1, 1'000'000},
        Limits{"layout.shard", 1, 1'000'000},
        Limits{"layout.expert", 1, 1'000'000},
        Limits{"layout.context", 1, 1'000'000},
        Limits{"resources.time_limit", 0, 35791200},
        Limits{"resources.ranks_per_chip", 1, 1024},
        Limits{"check_seconds", 0, 60},
    };
    for (const Limits& limit : limits) {
        INFO(limit.path);
        CHECK(refusal(limit.path, limit.low) == "");
        CHECK(refusal(limit.path, limit.high) == "");
        CHECK(refusal(limit.path, limit.low - 1) == malformed);
        CHECK(refusal(limit.path, limit.high + 1) == malformed);
    }
}

TEST_CASE("a plan's ports are a range that a user may open, and do not end before they begin") {
    const auto ports = [](std::int64_t first, std::int64_t last) {
        Value range = Value::map();
        range.set(text("first"), Value::integer(first));
        range.set(text("last"), Value::integer(last));
        return refusal("ports", range);
    };
    CHECK(ports(1024, 65535) == "");
    CHECK(ports(30000, 30000) == "");
    CHECK(ports(30000, 29999) == malformed);
    CHECK(ports(1023, 30000) == malformed);
    CHECK(ports(30000, 65536) == malformed);
}

TEST_CASE("no text of a plan has a NUL in it, and none is longer than what it names can be") {
    struct Text {
        std::string_view path;
        std::size_t max_bytes;
        std::string begins;
    };
    const std::array fields{
        Text{"recipe", 4096, ""},
        Text{"resources.job_name", 1024, ""},
        Text{"instance_type", 1024, ""},
        Text{"entry.program", 4096, "/"},
        Text{"entry.directory", 4096, "/"},
        Text{"results_dir", 4096, "/"},
        Text{"container.image", 4096, ""},
        Text{"container.workdir", 4096, "/"},
        Text{"code.url", 2048, "https://host/"},
        Text{"code.branch", 255, ""},
        Text{"code.token_file", 4096, "/"},
    };
    for (const Text& field : fields) {
        INFO(field.path);
        const std::string longest = field.begins + std::string(field.max_bytes - field.begins.size(), 'x');
        CHECK(refusal(field.path, text(longest)) == "");
        CHECK(refusal(field.path, text(longest + 'x')) == malformed);
        CHECK(refusal(field.path, text(field.begins + std::string("a\0b", 3))) == malformed);
    }
    for (const char* path :
         {"overrides", "forced", "setup", "srun_arguments", "entry.arguments", "written_directories"}) {
        INFO(path);
        CHECK(refusal(path, Value::list({text("/x")})) == "");
        CHECK(refusal(path, Value::list({text("/x"), text(std::string("/a\0b", 4))})) == malformed);
        CHECK(refusal(path, Value::list({Value::integer(1)})) == malformed);
        CHECK(refusal(path, text("/x")) == malformed);
    }
    for (const auto& variable :
         {Value::list({text("A"), text(std::string("a\0b", 3))}), Value::list({text(std::string("A\0", 2)), text("a")}),
          Value::list({text("A"), Value::integer(1)}), Value::list({text("A")}),
          Value::list({text("A"), text("a"), text("site"), text("site")}),
          Value::list({text("A"), text("a"), text("recipe")}), Value::list({text("A"), text("a"), Value::null()}),
          text("A=a")})
        CHECK(refusal("environment", Value::list({variable})) == malformed);
    CHECK(refusal("environment", Value::list({Value::list({text("A"), text("a"), text("site")})})) == "");
    CHECK(refusal("environment", text("A=a")) == malformed);
    for (const char* name : {"SLURM_SPANK_RECIPE_PLAN", "_SLURM_SPANK_OPTION_x", "SLURM_JOB_ID", "PET_RDZV_ENDPOINT",
                             "RECIPE_COMMAND", "SLURM_RECIPE_MOUNTS"})
        CHECK(refusal("environment", Value::list({Value::list({text(name), text("a"), text("typed")})})) == malformed);
    for (const char* name : {"RECIPE_ENV_REPORT", "PET_MAX_RESTARTS", "SLURM_CPU_BIND", "LD_PRELOAD"})
        CHECK(refusal("environment", Value::list({Value::list({text(name), text("a"), text("typed")})})) == "");
}

TEST_CASE("a plan holds no word that a program would take for an option of its own") {
    CHECK(refusal("entry.program", text("-c")) == malformed);
    CHECK(refusal("entry.program", text("train.py")) == malformed);
    CHECK(refusal("entry.program", text("/train.py")) == "");
    CHECK(refusal("entry.program", text("")) == "");
    CHECK(refusal("container.image", text("-o")) == malformed);
    CHECK(refusal("container.image", text("docker://-o")) == "");
    CHECK(refusal("code.branch", text("--upload-pack=x")) == malformed);
    CHECK(refusal("code.commit", text("--upload-pack=x")) == malformed);
    CHECK(refusal("code.url", text("a@b:--upload-pack=x")) == malformed);
    CHECK(refusal("code.url", text("ssh://host/-oProxyCommand=x")) == malformed);
}

TEST_CASE("a plan's lists have no more items than a job can use") {
    for (const auto& [path, most] :
         {std::pair("setup", 256U), std::pair("srun_arguments", 256U), std::pair("written_directories", 16U)}) {
        INFO(path);
        CHECK(refusal(path, texts(most)) == "");
        CHECK(refusal(path, texts(most + 1)) == malformed);
    }
    const Value mount = full_document().at("container.mounts")->items().front();
    Value mounts = Value::list();
    for (int i = 0; i < 128; ++i) mounts.push_back(mount);
    CHECK(refusal("container.mounts", mounts) == "");
    mounts.push_back(mount);
    CHECK(refusal("container.mounts", mounts) == malformed);
}

TEST_CASE("a field that every plan has must be there, be of its kind, and be known") {
    const auto check_object = [](const Value& object, const std::string& prefix) {
        for (const config::Entry& entry : object.entries()) {
            const std::string path = prefix + *entry.key.as_string();
            INFO(path);
            // A map with a field that nothing has.
            Value nothing = Value::map();
            nothing.set(text("no such field"), Value::null());
            CHECK(refusal(path, nothing) == malformed);
            const bool is_optional = path == "code" || path == "code.branch";
            CHECK(refusal(path, std::nullopt) == (is_optional ? "" : malformed));
        }
        CHECK(refusal(prefix + "no_such_field", 1) == malformed);
    };
    check_object(full_document(), "");
    for (const char* name : {"resources", "layout", "ports", "entry", "container", "code"}) {
        if (std::string_view(name) == "code") {
            CHECK(refusal("code", Value::null()) == malformed);
        } else {
            CHECK(refusal(name, text("x")) == malformed);
        }
        check_object(*full_document().find(name), std::string(name) + '.');
    }
    CHECK(refusal("resources.device", text("tpu")) == malformed);
    CHECK(refusal("launcher", text("mpi")) == malformed);
    CHECK(refusal("results_dir", text("x")) == malformed);
    CHECK(refusal("entry.directory", text("x")) == malformed);
    CHECK(refusal("container.workdir", text("x")) == malformed);
    CHECK(refusal("container.image", text("")) == malformed);
    CHECK(refusal("secrets_file", text("/etc/shadow")) == malformed);
    CHECK(refusal("version", 3) == "plan.version");
    CHECK(refusal("version", text("2")) == malformed);
}

TEST_CASE("every choice of a plan survives its JSON") {
    plan::LaunchPlan plan = full_plan();
    for (const plan::Device device : {plan::Device::gpu, plan::Device::neuron, plan::Device::cpu})
        for (const plan::Launcher launcher : {plan::Launcher::torchrun, plan::Launcher::direct})
            for (const bool flag : {false, true}) {
                plan.resources.device = device;
                plan.resources.request_gpus = flag;
                plan.resources.exclusive = !flag;
                plan.resources.time_limit = flag ? std::optional<std::int64_t>(0) : std::nullopt;
                plan.launcher = launcher;
                plan.forced = flag ? std::vector<std::string>{"layout.heads"} : std::vector<std::string>{};
                plan.setup = flag ? std::vector<std::string>{"module load x"} : std::vector<std::string>{};
                plan.container->mount_home = flag;
                plan.container->remap_root = flag ? std::nullopt : std::optional(true);
                plan.container->writable = !flag;
                plan.container->mounts.front().optional = flag;
                const std::string json = plan::to_json(plan).value();
                const auto back = plan::from_json(json);
                REQUIRE(back);
                CHECK(*back == plan);
                CHECK(plan::summary_from_json(json).value() == static_cast<const plan::Summary&>(plan));
            }
}

TEST_CASE("a mount's flags say what pyxis is to know of it") {
    plan::Mount mount{.source = "/a", .target = "/b", .read_only = false, .reason = {}, .optional = false};
    CHECK(plan::mount_flags(mount) == "");
    mount.read_only = true;
    CHECK(plan::mount_flags(mount) == ":ro");
    mount.optional = true;
    CHECK(plan::mount_flags(mount) == ":ro+nofail");
    mount.read_only = false;
    CHECK(plan::mount_flags(mount) == ":nofail");
}

TEST_CASE("a plan of just the greatest size is taken, and none of a byte more") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry.arguments = {""};
    plan.entry.arguments = {std::string(plan::max_bytes - plan::to_json(plan).value().size(), 'x')};
    const auto json = plan::to_json(plan);
    REQUIRE(json);
    CHECK(json->size() == plan::max_bytes);
    CHECK(plan::from_json(*json));
    CHECK(plan::summary_from_json(*json));
    CHECK_FALSE(plan::from_json(*json + ' '));
    CHECK_FALSE(plan::summary_from_json(*json + ' '));
    plan.entry.arguments.front() += 'x';
    const auto larger = plan::to_json(plan);
    REQUIRE_FALSE(larger);
    CHECK(larger.error().front().code == "plan.too_large");
    CHECK(larger.error().front().message.find(std::to_string(plan::max_bytes + 1)) != std::string::npos);
}

TEST_CASE("a plan's configuration may be nested as deep as a document, and no deeper") {
    const auto nested = [](int levels) {
        plan::LaunchPlan plan = sample_plan();
        plan.config = Value::null();
        for (int level = 0; level < levels; ++level) plan.config = Value::list({plan.config});
        plan.digest = plan::digest_of(plan.config);
        return plan::from_json(plan::to_json(plan).value());
    };
    CHECK(nested(63));
    REQUIRE_FALSE(nested(64));
    CHECK(nested(64).error().front().code == malformed);
}

TEST_CASE("a configuration that was encoded by nobody is refused") {
    const auto config = [](const std::string& json) {
        Value document = *config::from_json(json, plan::max_bytes);
        return refusal("config", document);
    };
    CHECK(config(R"({"a": {"$float": "1"}})") == malformed);
    CHECK(config(R"({"a": {"$float": 1}})") == malformed);
    CHECK(config(R"({"a": {"$int": "x"}})") == malformed);
    CHECK(config(R"({"a": {"$int": 1}})") == malformed);
    CHECK(config(R"({"a": {"$map": {}}})") == malformed);
    CHECK(config(R"({"a": {"$map": [1]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [[1]]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [[1, 2, 3]]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [[[], 2]]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [[{}, 2]]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [[{"$int": "x"}, 2]]}})") == malformed);
    CHECK(config(R"({"a": {"$map": [["b", {"$int": "x"}]]}})") == malformed);
    CHECK(config(R"([{"$int": "x"}])") == malformed);
}
