// SPDX-License-Identifier: Apache-2.0
// A manifest that somebody else has written: it is refused, or a start is added and nothing of it is lost.
#include "node/node.hpp"
#include "require.hpp"

#include <nlohmann/json.hpp>
#include <string>

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    plan::LaunchPlan plan;
    plan.recipe = "llama";
    plan.results_dir = "/shared/results";
    plan.digest = std::string(64, 'a');
    plan.code = plan::Code{.url = "https://example.org/code.git", .branch = {}, .commit = {}, .token_file = {}};
    const node::Facts facts{.job_id = 7, .restart_count = 1};
    const node::Start start{
        .time = 5, .host = "n1", .nodes = "n[1-2]", .slurm_version = "22.05", .image = {}, .commit = "abc"};
    const auto added = node::manifest_with(text, plan, facts, start);
    if (!added) {
        fuzz::require_reasons(added.error());
        return 0;
    }
    if (!*added) return 0;  // the start is there
    const auto now = nlohmann::json::parse(**added);
    const auto again = node::manifest_with(**added, plan, facts, start);
    require(again && !*again, "a start is added once");
    if (text.empty()) return 0;
    const auto before = nlohmann::json::parse(text);
    for (const auto& [key, value] : before.items()) require(now.contains(key), "nothing of a manifest is lost");
    return 0;
}
