// SPDX-License-Identifier: Apache-2.0
// The batch script of jobs without one.
#include "node/node.hpp"

#include "diagnostic/codes/launch.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::node {
namespace {

constexpr std::string_view shebang = "#!/bin/bash\n";

constexpr std::string_view body =
    R"script(# The batch script of every recipe: what differs from recipe to recipe comes from the job's plan, which slurm-recipe
# turns into RECIPE_* variables on the node. `srecipe plan RECIPE` shows it.
set -eu
: "${RECIPE_COMMAND:?this script runs a recipe; submit it with sbatch --recipe=NAME}"

# sbatch --export=NONE is about this script's environment, in which even PATH may be the shell's own default; the step
# takes what the script has.
export PATH SLURM_EXPORT_ENV=ALL

# launch.setup: a module, a conda or virtual environment. Their scripts do not expect -u.
set +u
eval "${RECIPE_SETUP-}"
set -u

# git.*: the training code, cloned here, once for all nodes.
eval "${RECIPE_CODE-}"

# One torchrun per node (or one process per device, with launch.launcher=direct). When one node fails, the others end too.
# Slurm takes no --ntasks-per-node beside the job's --ntasks-per-gpu.
unset SLURM_NTASKS_PER_GPU
eval "set -- ${RECIPE_SRUN_ARGUMENTS-} $RECIPE_COMMAND"
exec srun --recipe-step=train --kill-on-bad-exit=1 --nodes="$SLURM_JOB_NUM_NODES" \
    --ntasks="$((SLURM_JOB_NUM_NODES * RECIPE_TASKS_PER_NODE))" --ntasks-per-node="$RECIPE_TASKS_PER_NODE" "$@"
)script";

/// In an #SBATCH line a backslash escapes anything, quotes keep blanks, and '#' starts a comment even inside quotes
/// (get_argument() in sbatch's opt.c).
Expected<std::string> sbatch_word(std::string_view option, std::string_view value) {
    if (value.find('\n') != std::string_view::npos)
        return refuse({.code = codes::launch.script_line,
                       .message = fmt::format("`{}` holds a line break and cannot stand in an #SBATCH line", value)});
    std::string quoted = fmt::format("#SBATCH {}=\"", option);
    for (const char c : value) {
        if (c == '"' || c == '\\' || c == '#') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"\n";
}

}  // namespace

std::string_view generic_batch_script() noexcept {
    static const std::string script = std::string(shebang) + std::string(body);
    return script;
}

Expected<std::string> batch_script_for(std::string_view recipe, const std::vector<std::string>& overrides) {
    std::string script(shebang);
    Expected<std::string> line = sbatch_word("--recipe", recipe);
    if (!line) return line;
    script += *line;
    for (const std::string& override : overrides) {
        line = sbatch_word("--recipe-set", override);
        if (!line) return line;
        script += *line;
    }
    return script += body;
}

}  // namespace recipe::node
