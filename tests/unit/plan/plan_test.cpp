// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "plan/wire/codec.hpp"
#include "sample_plan.hpp"

#include <limits>
#include <string>

using namespace recipe;
using config::Value;
using test::sample_plan;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

template <class Plan>
std::string code_of(const Expected<Plan>& plan) {
    return plan ? "" : std::string(plan.error().front().code);
}

Value text(std::string value) {
    return Value::string(std::move(value));
}

}  // namespace

TEST_CASE("a plan survives its JSON") {
    plan::LaunchPlan plan = sample_plan();
    plan.container = plan::Container{
        .image = "/fsx/images/train.sqsh",
        .mounts = {{"/fsx/run", "/fsx/run", false, "results"}, {"/fsx/data set", "/data", true, "data"}},
        .workdir = "/fsx/run",
        .mount_home = true,
        .writable = true};
    plan.srun_arguments = {"--mpi=pmix", "-l"};
    plan.instance_type = "g5.48xlarge";
    plan.environment.push_back({"QUOTES", "a \"b\" 'c' \\ d\n", plan::VariableOrigin::typed});
    plan.environment.push_back({"OF_SITE", "1", plan::VariableOrigin::site});
    plan.environment.push_back({"OF_PROFILE", "1", plan::VariableOrigin::profile});
    plan.interfaces_by_route = true;
    plan.check_seconds = 3;
    plan.written_directories = {"/fsx/checkpoints"};
    plan.resources.ranks_per_chip = 4;
    plan.overrides = {"trainer.num_nodes=4"};
    plan.step_key = "0123456789ab";
    const auto json = plan::to_json(plan);
    REQUIRE(json);
    CHECK(json->find('\n') == std::string::npos);
    const auto back = plan::from_json(*json);
    REQUIRE(back);
    CHECK(*back == plan);
}

TEST_CASE("values that JSON does not know keep their kind in a plan") {
    Value config = Value::map();
    config.set(text("inf"), Value::floating(std::numeric_limits<double>::infinity()));
    config.set(text("whole float"), Value::floating(1.0));
    config.set(text("tiny"), Value::floating(1e-5));
    config.set(text("large"), Value::integer(*config::Integer::from_digits("123456789012345678901234567890")));
    Value by_number = Value::map();
    by_number.set(Value::integer(1), text("one"));
    config.set(text("int keys"), by_number);
    Value tricky = Value::map();
    tricky.set(text("$map"), text("not an escape"));
    config.set(text("tricky"), tricky);

    plan::LaunchPlan plan = sample_plan();
    plan.config = config;
    plan.digest = plan::digest_of(config);
    const auto back = plan::from_json(plan::to_json(plan).value());
    REQUIRE(back);
    CHECK(back->config == config);
    CHECK(config::to_yaml(back->config) == config::to_yaml(config));
}

TEST_CASE("a forged plan is refused, whatever is wrong with it") {
    const std::string json = plan::to_json(sample_plan()).value();
    CHECK(code_of(plan::from_json("")) == "plan.malformed");
    CHECK(code_of(plan::from_json("[]")) == "plan.malformed");
    CHECK(code_of(plan::from_json(json.substr(0, json.size() / 2))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"version\":2", "\"version\":1"))) == "plan.version");
    CHECK(code_of(plan::from_json(replaced(json, "\"nodes\":4", "\"nodes\":0"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"nodes\":4", "\"nodes\":99999999999"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"nodes\":4", "\"nodes\":\"4\""))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"nodes\":4", "\"nodes\":4,\"more\":1"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "/fsx/results", "results"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "NCCL_DEBUG", "LD=PRELOAD"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"num_nodes\":4", "\"num_nodes\":5"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"WARN\"", "\"WARN\",\"root\""))) == "plan.malformed");
    CHECK(code_of(plan::from_json(replaced(json, "\"container\":", "\"check_seconds\":61,\"container\":"))) ==
          "plan.malformed");
    CHECK(code_of(plan::from_json(
              replaced(json, "\"container\":", "\"written_directories\":[\"x\"],\"container\":"))) == "plan.malformed");
    for (const char* key : {"../../../etc", "0123456789a", "0123456789aB", "0123456789abc"})
        CHECK(code_of(plan::from_json(replaced(
                  json, "\"config\":", "\"step_key\":\"" + std::string(key) + "\",\"config\":"))) == "plan.malformed");
    CHECK(code_of(plan::from_json(std::string(1'000'000, '['))) == "plan.malformed");
    CHECK(code_of(plan::from_json(std::string(30'000, '['))) == "plan.malformed");
}

TEST_CASE("a forged container is refused") {
    plan::LaunchPlan plan = sample_plan();
    plan.container = plan::Container{.image = "/fsx/i.sqsh", .mounts = {{"/fsx/run", "/there", false, "results"}}};
    const std::string json = plan::to_json(plan).value();
    REQUIRE(plan::from_json(json));
    const auto forged = [&](const char* what, const char* by) {
        return code_of(plan::from_json(replaced(json, what, by)));
    };
    CHECK(forged("\"/fsx/i.sqsh\"", "\"\"") == "plan.malformed");
    CHECK(forged("\"/fsx/i.sqsh\"", "\"a\\u0000b\"") == "plan.malformed");
    CHECK(forged("\"/there\"", "\"there\"") == "plan.malformed");
    CHECK(forged("\"/there\"", "\"/there,/etc:/etc\"") == "plan.malformed");
    CHECK(forged("\"/there\"", "\"/there:ro\"") == "plan.malformed");
    CHECK(forged("\"/there\"", "\"/there\\n/etc /etc none bind\"") == "plan.malformed");
    CHECK(forged("\"/fsx/run\"", "\"../run\"") == "plan.malformed");
    CHECK(forged("\"workdir\":null", "\"workdir\":\"run\"") == "plan.malformed");
    CHECK(forged("\"writable\":null", "\"writable\":false,\"image_save\":\"/x\"") == "plan.malformed");
    CHECK(forged("\"writable\":null", "\"writable\":\"no\"") == "plan.malformed");
    CHECK(forged("\"container\":{", "\"container\":\"/fsx/i.sqsh\",\"x\":{") == "plan.malformed");
    CHECK(forged("\"entry\":", "\"srun_arguments\":[1],\"entry\":") == "plan.malformed");

    plan.container->mounts.assign(129, plan.container->mounts.front());
    CHECK(code_of(plan::from_json(plan::to_json(plan).value())) == "plan.malformed");
    plan.container->mounts.clear();
    plan.srun_arguments.assign(257, "-l");
    CHECK(code_of(plan::from_json(plan::to_json(plan).value())) == "plan.malformed");
}

TEST_CASE("a plan is read as far as its configuration") {
    plan::LaunchPlan plan = sample_plan();
    plan.overrides = {R"(run.name="a,"config":{}")"};
    const std::string json = plan::to_json(plan).value();
    const auto read = plan::from_json_without_config(json);
    REQUIRE(read);
    CHECK(read->config.is_null());
    plan.config = {};
    CHECK(*read == plan);
    CHECK(plan::from_json_without_config(replaced(json, "\"config\":", "\"config\":[[")));
    // A configuration elsewhere, or none.
    const std::size_t end = json.find(",\"config\":");
    const auto refused = [](const std::string& text) {
        return code_of(plan::from_json_without_config(text)) == "plan.malformed";
    };
    CHECK(refused(replaced(json, "\"nodes\":4", "\"nodes\":4,\"config\":1")));
    CHECK(refused("{\"config\":1" + json.substr(end)));
    CHECK(refused(json.substr(0, end) + '}'));
    CHECK(refused(json + std::string(plan::max_bytes, ' ')));
    CHECK(plan::from_json_without_config(replaced(json, ",\"config\":", ", \"config\": ")));
}

TEST_CASE("slurmctld reads a plan as far as it needs it") {
    const plan::LaunchPlan plan = sample_plan();
    const std::string json = plan::to_json(plan).value();
    const auto read = plan::summary_from_json(json);
    REQUIRE(read);
    CHECK(*read == static_cast<const plan::Summary&>(plan));
    CHECK(plan::summary_from_json(replaced(json, "\"overrides\":", "\"overrides\":[[")));
    CHECK(plan::summary_from_json(replaced(json, ",\"overrides\":", ", \"overrides\": ")));
    const auto refused = [](const std::string& text) {
        return code_of(plan::summary_from_json(text)) == "plan.malformed";
    };
    CHECK(refused(replaced(json, "\"nodes\":4", "\"nodes\":0")));
    CHECK(refused(replaced(json, "\"nodes\":4", "\"nodes\":4,\"overrides\":1")));
    CHECK(refused(replaced(json, "\"digest\":", "\"digesd\":")));
    CHECK(refused("{\"overrides\":1" + json.substr(json.find(",\"overrides\":"))));
    CHECK(refused(json + std::string(plan::max_bytes, ' ')));
    CHECK(code_of(plan::summary_from_json(replaced(json, "\"version\":2", "\"version\":1"))) == "plan.version");
}

TEST_CASE("a plan that is too large for the job's environment is refused with its size") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry.arguments.assign(1, std::string(40'000, 'x'));
    const auto json = plan::to_json(plan);
    REQUIRE_FALSE(json);
    CHECK(json.error().front().code == "plan.too_large");
}
