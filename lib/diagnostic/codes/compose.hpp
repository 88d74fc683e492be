// SPDX-License-Identifier: Apache-2.0
// Codes of composition: collections, YAML, overrides, interpolations.
#pragma once

#include "diagnostic/diagnostic.hpp"

namespace recipe::codes {

namespace sources {

inline constexpr std::string_view hydra = "Hydra and OmegaConf, whose composition this follows";

}  // namespace sources

struct ComposeCodes {
    Code unknown_recipe{
        .name = "compose.unknown_recipe",
        .fixed = true,
        .summary = "No collection has a recipe of this name.",
        .source = sources::hydra,
        .example = "--recipe=llama4_2b",
    };
    Code ambiguous_recipe{
        .name = "compose.ambiguous_recipe",
        .fixed = true,
        .summary = "Several recipes have this base name.",
        .source = "docs/plan.md",
    };
    Code no_collection{
        .name = "compose.no_collection",
        .fixed = true,
        .summary = "A collection cannot be read, or has no config.yaml.",
        .source = sources::hydra,
    };
    Code yaml{
        .name = "compose.yaml",
        .fixed = true,
        .summary = "A file is no YAML that OmegaConf would read.",
        .source = sources::hydra,
    };
    Code duplicate_key{
        .name = "compose.duplicate_key",
        .fixed = true,
        .summary = "A map has a key twice.",
        .source = sources::hydra,
    };
    Code unknown_key{
        .name = "compose.unknown_key",
        .fixed = true,
        .summary = "An override or an interpolation names a key that there is not.",
        .source = sources::hydra,
        .example = "--recipe-set=trainer.nodes=4",
    };
    Code type{
        .name = "compose.type",
        .fixed = true,
        .summary = "An override puts a value where another kind must be.",
        .source = sources::hydra,
    };
    Code override_syntax{
        .name = "compose.override_syntax",
        .fixed = true,
        .summary = "An override is not in Hydra's grammar.",
        .source = sources::hydra,
        .example = "--recipe-set=a=[1",
    };
    Code sweep{
        .name = "compose.sweep",
        .fixed = true,
        .summary = "An override asks for several runs; a job is one.",
        .source = sources::hydra,
        .example = "--recipe-set=a=1,2",
    };
    Code interpolation{
        .name = "compose.interpolation",
        .fixed = true,
        .summary = "An interpolation cannot be resolved.",
        .source = sources::hydra,
    };
    Code missing_value{
        .name = "compose.missing_value",
        .fixed = true,
        .summary = "A value that has to be given, ???, is needed and was not given.",
        .source = sources::hydra,
    };
    Code unknown_group_option{
        .name = "compose.unknown_group_option",
        .fixed = true,
        .summary = "A group of configurations has no such option.",
        .source = sources::hydra,
        .example = "cluster=slrum",
    };
    Code key_exists{
        .name = "compose.key_exists",
        .fixed = true,
        .summary = "`+` adds a key, and this one is there.",
        .source = sources::hydra,
        .example = "--recipe-set=+trainer.num_nodes=4",
    };
    Code json{
        .name = "compose.json",
        .fixed = true,
        .summary = "A text is no JSON of a plan.",
        .source = "RFC 8259",
    };
    Code cycle{
        .name = "compose.cycle",
        .fixed = true,
        .summary = "Interpolations or defaults lead back to themselves.",
        .source = sources::hydra,
    };
    Code too_large{
        .name = "compose.too_large",
        .fixed = true,
        .summary = "A configuration is beyond all reason.",
        .source = "limits against hostile input",
    };
    Code shadowed{
        .name = "compose.shadowed",
        .severity = Severity::hint,
        .summary = "A recipe hides another of the same name.",
        .source = sources::hydra,
    };
    Code misspelt{
        .name = "compose.misspelt",
        .severity = Severity::hint,
        .summary = "A section at the top of a recipe file is nearly one of the configuration's root.",
        .source = "docs/own-recipe.md",
    };
    Code search_path{
        .name = "compose.search_path",
        .severity = Severity::warning,
        .summary = "A folder to look for recipes in is not there, has none, or is not followed.",
        .source = sources::hydra,
        .example = "SLURM_RECIPE_PATH=/nowhere",
    };
    Code deprecated{
        .name = "compose.deprecated",
        .severity = Severity::warning,
        .summary = "A form of composition that Hydra has given up.",
        .source = sources::hydra,
    };
};
inline constexpr ComposeCodes compose{};

}  // namespace recipe::codes
