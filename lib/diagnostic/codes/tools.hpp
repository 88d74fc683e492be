// SPDX-License-Identifier: Apache-2.0
// Codes of a site's files and of srecipe's commands.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

struct SiteCodes {
    Code file{
        .name = "site.file",
        .fixed = true,
        .summary = "The site file has an unknown key or a wrong value.",
        .source = "docs/site.md",
    };
    Code user_file{
        .name = "site.user_file",
        .severity = Severity::warning,
        .summary = "SLURM_RECIPE_SITE names a file, and the site does not let users name one.",
        .source = "docs/site.md",
        .example = "SLURM_RECIPE_SITE=mine.yaml",
    };
    Code plugin_argument{
        .name = "site.plugin_argument",
        .fixed = true,
        .summary = "plugstack.conf gives the plugin an argument that it does not know.",
        .source = "docs/site.md",
    };
};
inline constexpr SiteCodes site{};

struct HardwareCodes {
    Code file{
        .name = "hardware.file",
        .fixed = true,
        .summary = "A hardware file does not say what hardware.schema.json asks for.",
        .source = "etc/hardware.schema.json",
    };
};
inline constexpr HardwareCodes hardware{};

struct ModelsCodes {
    Code file{
        .name = "models.file",
        .fixed = true,
        .summary = "A file of models does not say what models.schema.json asks for.",
        .source = "etc/models.schema.json",
    };
    Code config{
        .name = "models.config",
        .summary = "A model's config.json does not say what a decoder's shape needs.",
        .source = "docs/memory.md",
    };
};
inline constexpr ModelsCodes models{};

struct FamilyCodes {
    Code file{
        .name = "family.file",
        .fixed = true,
        .summary = "A file of families does not say what families.schema.json asks for.",
        .source = "etc/families.schema.json",
    };
};
inline constexpr FamilyCodes family{};

struct MeasurementsCodes {
    Code line{
        .name = "measurements.line",
        .fixed = true,
        .summary = "A line of measured runs lacks what a prediction needs.",
        .source = "docs/memory.md",
    };
};
inline constexpr MeasurementsCodes measurements{};

struct FitCodes {
    Code measurements{
        .name = "fit.measurements",
        .fixed = true,
        .summary = "The file of measured runs cannot be read.",
        .source = "docs/memory.md",
    };
    Code sweep{
        .name = "fit.sweep",
        .fixed = true,
        .summary = "A sweep is one key with some values.",
        .source = "docs/memory.md",
        .example = "--sweep model.shard_degree=2,4,8",
    };
    Code plot{
        .name = "fit.plot",
        .fixed = true,
        .summary = "The picture cannot be written.",
        .source = "docs/memory.md",
    };
};
inline constexpr FitCodes fit{};

struct DoctorCodes {
    Code slurm{
        .name = "doctor.slurm",
        .fixed = true,
        .summary = "This host reaches a Slurm cluster.",
        .source = "scontrol(1)",
    };
    Code plugstack{
        .name = "doctor.plugstack",
        .fixed = true,
        .summary = "plugstack.conf names spank_recipe.so once, by a path that is there.",
        .source = "spank(7)",
    };
    Code plugin{
        .name = "doctor.plugin",
        .fixed = true,
        .summary = "Slurm loads plugins that were built for its version.",
        .source = "README.md",
    };
    Code job_submit{
        .name = "doctor.job_submit",
        .severity = Severity::warning,
        .summary = "slurmctld loads job_submit_recipe.so.",
        .source = "slurm.conf(5)",
    };
    Code policy{
        .name = "doctor.policy",
        .fixed = true,
        .summary = "slurmctld can read the site's policy, or goes by the last one that it could read.",
        .source = "docs/site.md",
    };
    Code collection{
        .name = "doctor.collection",
        .fixed = true,
        .summary = "The site's collections can be read, and hold recipes.",
        .source = "docs/site.md",
    };
};
inline constexpr DoctorCodes doctor{};

struct ApiCodes {
    Code request{
        .name = "api.request",
        .fixed = true,
        .summary = "A request to librecipe is a JSON object of the function's keys.",
        .source = "docs/api.md",
        .example = R"({"recipe": "llama3_2_1b_pretrain", "override": []})",
    };
    Code failed{
        .name = "api.failed",
        .fixed = true,
        .summary = "librecipe itself has failed.",
        .source = "docs/api.md",
    };
};
inline constexpr ApiCodes api{};

struct CliCodes {
    Code unknown_code{
        .name = "cli.unknown_code",
        .fixed = true,
        .summary = "srecipe explain knows no such code.",
        .source = "docs/diagnostics.md",
    };
    Code unknown_hardware{
        .name = "cli.unknown_hardware",
        .fixed = true,
        .summary = "srecipe hardware knows the instance type or accelerator.",
        .source = "etc/hardware.yaml",
    };
    Code unknown_family{
        .name = "cli.unknown_family",
        .fixed = true,
        .summary = "srecipe families knows the family.",
        .source = "etc/families.yaml",
    };
    Code new_recipe{
        .name = "cli.new_recipe",
        .fixed = true,
        .summary = "srecipe new cannot write the recipe that is asked for.",
        .source = "docs/own-recipe.md",
    };
};
inline constexpr CliCodes cli{};

}  // namespace recipe::codes
