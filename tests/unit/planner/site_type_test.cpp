// SPDX-License-Identifier: Apache-2.0
// A recipe that names no instance type gets the one that the site has for its partition.
#include "catch.hpp"
#include "submitting.hpp"

#include <algorithm>
#include <optional>

using namespace recipe;
using planner::Level;
using planner::Tool;
using test::Submitting;

namespace {

site::Settings site_with(std::vector<std::pair<std::string, std::string>> types) {
    return {.partition_types = std::move(types)};
}

Submitting llama(Tool tool = Tool::sbatch) {
    return Submitting("llama3_2_1b_pretrain", tool)
        .at(site_with({{"train", "g5.48xlarge"}, {"p5*", "p5.48xlarge"}}))
        .set("model.max_context_width=1024");
}

std::optional<std::string> type_of(const Submitting& submitting) {
    return submitting.accepted().plan.instance_type;
}

}  // namespace

TEST_CASE("the partition of an option, of a script's line and of the recipe says the type") {
    CHECK(type_of(llama()) == std::nullopt);
    CHECK(type_of(llama().option("partition", "train")) == "g5.48xlarge");
    CHECK(type_of(llama().option("partition", "train", Level::script)) == "g5.48xlarge");
    CHECK(type_of(llama().option("partition", "p5-long", Level::environment)) == "p5.48xlarge");
    CHECK(type_of(llama().option("partition", "other")) == std::nullopt);
    CHECK(type_of(llama().set("+cluster.partition=train")) == "g5.48xlarge");
    CHECK(type_of(llama().set("+cluster.partition=train").option("partition", "p5")) == "p5.48xlarge");
    CHECK(type_of(llama().set("+cluster.partition=train").option("partition", "other")) == std::nullopt);
}

TEST_CASE("several partitions have a type where all of them have the same") {
    CHECK(type_of(llama().option("partition", "p5,p5-long")) == "p5.48xlarge");
    CHECK(type_of(llama().option("partition", "train,p5")) == std::nullopt);
    CHECK(type_of(llama().option("partition", "train,other")) == std::nullopt);
}

TEST_CASE("a cluster whose nodes are all of one type needs no partition to be named") {
    const auto at = [](std::vector<std::pair<std::string, std::string>> types) {
        return llama().at(site_with(std::move(types)));
    };
    CHECK(type_of(at({{"*", "g5.48xlarge"}})) == "g5.48xlarge");
    CHECK(type_of(at({{"*", "g5.48xlarge"}}).option("partition", "whatever")) == "g5.48xlarge");
    // What the default partition is, the client does not know.
    CHECK(type_of(at({{"big", "p5.48xlarge"}, {"*", "g5.48xlarge"}})) == std::nullopt);
    CHECK(type_of(at({{"big", "g5.48xlarge"}, {"*", "g5.48xlarge"}})) == "g5.48xlarge");
}

TEST_CASE("a recipe's own type stays, and one that runs on CPUs gets none") {
    CHECK(type_of(llama().option("partition", "train").set("instance_type=p4d.24xlarge")) == "p4d.24xlarge");
    CHECK(type_of(Submitting("llama_tiny_cpu_pretrain").at(site_with({{"*", "g5.48xlarge"}}))) == std::nullopt);
}

TEST_CASE("a job for another cluster, and a step of a job with a plan, are not this site's to name") {
    CHECK(type_of(llama().option("partition", "train").sent_to("--clusters=b")) == std::nullopt);
}

TEST_CASE("what does not fit is refused by the client with its fix, and the place that named the type") {
    const Diagnostic refused = Submitting("llama3_2_1b_pretrain")
                                   .at(site_with({{"train", "g5.48xlarge"}}))
                                   .option("partition", "train")
                                   .refused();
    CHECK(refused.code == "memory.does_not_fit");
    CHECK(refused.source.name == "partitions.train of the site file");
    CHECK(refused.message.contains("each NVIDIA A10G of g5.48xlarge has"));
    CHECK(refused.fix.starts_with("--recipe-set="));
    Submitting fixed = Submitting("llama3_2_1b_pretrain").at(site_with({{"train", "g5.48xlarge"}}));
    fixed.option("partition", "train");
    std::string_view rest = refused.fix;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        fixed.set(std::string(word.substr(word.find('=') + 1)));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    CHECK(fixed.accepted().plan.instance_type == "g5.48xlarge");
}

TEST_CASE("the plan's overrides have the type, so that steps and srecipe see the same") {
    const auto plan = llama().option("partition", "train").accepted().plan;
    CHECK(std::ranges::find(plan.overrides, "++instance_type=g5.48xlarge") != plan.overrides.end());
    CHECK(plan.layout.devices_per_node == 8);
}
