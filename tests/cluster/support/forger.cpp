// SPDX-License-Identifier: Apache-2.0
// A hostile client's SPANK plugin, for tests: hands slurmctld whatever RECIPE_FORGED_PLAN holds as the job's plan. Any
// user can do this with a slurm.conf of his own.
extern "C" {
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>

extern const char plugin_name[];
extern const char plugin_type[];
extern const unsigned int plugin_version;
const char plugin_name[] = "forger";
const char plugin_type[] = "spank";
const unsigned int plugin_version = SLURM_VERSION_NUMBER;
}

#include <cstdlib>

extern "C" int slurm_spank_init_post_opt(spank_t spank, int, char**) {
    const char* plan = std::getenv("RECIPE_FORGED_PLAN");
    if (plan != nullptr && spank_context() == S_CTX_ALLOCATOR) spank_job_control_setenv(spank, "RECIPE_PLAN", plan, 1);
    return 0;
}
