// SPDX-License-Identifier: Apache-2.0
// The policy that slurmctld keeps beside its state, and the comments by which it knows a job's recipe again: what is
// read is written again as it was, and no comment names a recipe of two words.
#include "job_table.hpp"
#include "policy_file.hpp"
#include "require.hpp"

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto kept = job_submit::from_text(text);
    if (kept) {
        const auto again = job_submit::from_text(job_submit::to_text(*kept));
        require(again && *again == *kept, "a policy is read as it was written");
        for (const auto& [recipe, nodes] : kept->policy.max_nodes) require(nodes >= 0, "a limit is not negative");
    } else {
        fuzz::require_reasons(kept.error());
    }

    const std::string_view recipe = job_submit::recipe_in(text);
    require(!recipe.contains(' '), "a recipe is one word of a comment");
    job_submit::JobTable jobs;
    jobs.add({.id = 12, .array_id = 10, .partitions = text, .admin_comment = text});
    const auto* job = jobs.find("10");
    require(job != nullptr && job->recipe == recipe, "a task's job is of the task's recipe");
    (void)jobs.find(text);
    return 0;
}
