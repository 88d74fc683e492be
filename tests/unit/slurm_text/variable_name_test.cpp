// SPDX-License-Identifier: Apache-2.0
#include "slurm_text/variable_name.hpp"
#include "catch.hpp"

#include <string>

using recipe::slurm_text::is_variable_name;
using recipe::slurm_text::reserved_because;

TEST_CASE("a variable's name is what a shell can export and Slurm carries") {
    for (const char* name : {"A", "Z", "a", "z", "_", "_9", "A0", "NCCL_DEBUG", "x_Y_1"}) {
        INFO(name);
        CHECK(is_variable_name(name));
    }
    // Beside letters and digits in ASCII are: / : @ [ ` {
    for (const char* name :
         {"", "0", "9A", "A/", "A:", "A@", "A[", "A`", "A{", "A-B", "A B", "A=B", "\xc3\x84", "A\n"}) {
        INFO(name);
        CHECK_FALSE(is_variable_name(name));
    }
    CHECK(is_variable_name(std::string(255, 'A')));
    CHECK_FALSE(is_variable_name(std::string(256, 'A')));
}

TEST_CASE("what tells a job what it is, nobody else says") {
    struct Row {
        const char* name;
        const char* because;
    };
    constexpr auto of_slurm = "Slurm tells a job and its steps what they are by it";
    constexpr auto of_plugins = "Slurm hands the options and variables of its plugins on by it";
    constexpr auto ours = "slurm-recipe itself tells the job by it";
    constexpr auto of_the_step = "each step sets its own from its real nodes";
    for (const auto& [name, because] : {Row{"SLURM_SPANK_RECIPE_PLAN", of_plugins},
                                        Row{"SLURM_SPANK_", of_plugins},
                                        Row{"_SLURM_SPANK_OPTION_pyxis_container_image", of_plugins},
                                        Row{"_SLURM_", of_plugins},
                                        Row{"SLURM_JOB_ID", of_slurm},
                                        Row{"SLURM_JOBID", of_slurm},
                                        Row{"SLURM_JOB", of_slurm},
                                        Row{"SLURM_STEP_NODELIST", of_slurm},
                                        Row{"SLURM_STEPID", of_slurm},
                                        Row{"SLURM_NODEID", of_slurm},
                                        Row{"SLURM_PROCID", of_slurm},
                                        Row{"SLURM_LOCALID", of_slurm},
                                        Row{"SLURMD_NODENAME", of_slurm},
                                        Row{"SLURMD_", of_slurm},
                                        Row{"RECIPE_CONFIG", ours},
                                        Row{"RECIPE_", ours},
                                        Row{"RECIPE_LOGS", ours},
                                        Row{"RECIPE_ENV_REPORT_", ours},
                                        Row{"SLURM_RECIPE_MOUNTS", ours},
                                        Row{"PET_NNODES", of_the_step},
                                        Row{"PET_NPROC_PER_NODE", of_the_step},
                                        Row{"PET_NODE_RANK", of_the_step},
                                        Row{"PET_RDZV_BACKEND", of_the_step},
                                        Row{"PET_RDZV_ENDPOINT", of_the_step},
                                        Row{"PET_RDZV_ID", of_the_step},
                                        Row{"PET_RDZV_CONF", of_the_step}}) {
        INFO(name);
        CHECK(reserved_because(name) == because);
    }
    for (const char* name : {"RECIPE_ENV_REPORT",
                             "RECIPE_LOG",
                             "RECIPE",
                             "RECIPES_",
                             "MY_RECIPE_CONFIG",
                             "SLURM_SPANK",
                             "_SLURM",
                             "SLURM",
                             "SLURM_JO",
                             "SLURM_STE",
                             "MY_SLURM_JOB_ID",
                             "SLURM_NODEIDS",
                             "SLURM_PROCIDS",
                             "SLURM_LOCALIDS",
                             "SLURMD",
                             "SLURM_CPU_BIND",
                             "SLURM_EXPORT_ENV",
                             "SLURM_KILL_BAD_EXIT",
                             "SLURM_RECIPE",
                             "PET_NNODESS",
                             "PET_NNODE",
                             "PET_MAX_RESTARTS",
                             "PET_LOG_DIR",
                             "PET_RDZV_",
                             "PET_",
                             "slurm_job_id",
                             "LD_PRELOAD",
                             "PATH",
                             ""}) {
        INFO(name);
        CHECK(reserved_because(name).empty());
    }
}
