// SPDX-License-Identifier: Apache-2.0
// What only this node can find out, checked with the user's rights and within a time that the plan sets.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "node/node.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recipe::spank {

struct NodeCheckOptions {
    bool checks = false;  // image, directories (shared ones, too) and the head node's name; without them only what has
                          // to be written is
    bool image = true;    // of the checks; false: the step has another than the recipe's
    bool hook = false;    // whether enroot has our hook
    bool start = false;   // add this start to the manifest
    bool start_if_first = false;  // the same, if nobody has written the configuration before
};

struct NodeChecks {
    Diagnostics problems;  // errors of the node; codes plan.file and node.*, of which node.manifest is no reason to
                           // fail a step
    bool hook_missing = false;  // when that was asked
    std::optional<std::vector<std::string>>
        secrets;                        // what the plan's references mean; nothing: they could not be read
    std::optional<std::uint16_t> port;  // that the step's nodes have agreed on; nothing: they have not
    std::string interface;              // that leads to the head node; empty unless the plan asks for it
    std::string silent;                 // what did not answer in time; its problem is node.no_answer
};

/// Reads the recipe's secrets, writes the configuration if it is not there, and runs the checks. Without its secrets
/// (node.secrets), or what a file holds of it (plan.file), nothing is written. Never longer than the plan's
/// check_seconds: what does not answer is a problem of its own, node.no_answer, that names it. `nodes`: the job's, for
/// the manifest.
[[nodiscard]] NodeChecks check_node(const plan::LaunchPlan& plan, const node::Facts& facts,
                                    const NodeCheckOptions& what, const std::string& nodes,
                                    const node::Lookup& environment);

/// The same, where srun has waited for `silent` in vain already and said so. Nobody waits once more: a problem only
/// where the step cannot do without.
[[nodiscard]] NodeChecks unchecked_node(const plan::LaunchPlan& plan, const std::string& silent);

/// What the nodes of a step of several nodes have left in the directories that it writes to (tokens.hpp). For srun,
/// when the step is over on all of them. What cannot be removed at once is left.
void remove_tokens(const plan::LaunchPlan& plan, const node::Facts& facts);

}  // namespace recipe::spank
