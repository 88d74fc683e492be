// SPDX-License-Identifier: Apache-2.0
// Cases that the recipe engine answers, and the real OmegaConf or the real Hydra as well.
#pragma once

#include "config/value/value.hpp"

namespace recipe::property {

/// The answer to one case:
///
///     {"kind": "yaml", "text": ...}                     the document as read, and as written back
///     {"kind": "resolve", "text": ..., "env": {...}}    the same after interpolation
///     {"kind": "override", "text": ...}                 one override, parsed
///     {"kind": "compose", "collection": DIR, "recipe": NAME, "overrides": [...], "env": {...}}
///
/// {"ok": true, "value": ..., "yaml": ...}, or {"ok": false, "code": ..., "message": ...}. Values tell all types apart:
/// ["i", "1"], ["f", "1.0"], ["m", [[key, value], ...]].
config::Value answer(const config::Value& question);

}  // namespace recipe::property
