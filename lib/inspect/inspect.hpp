// SPDX-License-Identifier: Apache-2.0
// Configurations as lists of leaves: where each value comes from, and what differs between two of them.
#pragma once

#include "config/value/value.hpp"

#include <string>
#include <vector>

namespace recipe::inspect {

/// A scalar, a list or an empty map of a configuration, and its path from the root. `value` points into the
/// configuration.
struct Leaf {
    std::string path;
    const config::Value* value = nullptr;
};

/// A key as a step of a path: in quotes when it has a dot of its own; control characters, which a terminal would act
/// on, as ?.
[[nodiscard]] std::string path_step(const config::Value& key);

/// In the order of their source. `prefix` is the path of `root`.
[[nodiscard]] std::vector<Leaf> leaves(const config::Value& root, const std::string& prefix = {});

/// Where one value comes from. `text` is the interpolation that it, or a map or list around it, was made from; empty
/// when the value was written as it is.
struct Origin {
    Leaf leaf;
    Source source;
    std::string text;
};

/// `unresolved` is the same composition before interpolation.
[[nodiscard]] std::vector<Origin> origins(const config::Value& resolved, const config::Value& unresolved,
                                          const std::string& prefix = {});

/// One line each: "trainer.num_nodes: 4  # override 1"; the comments stand in one column where lines are short.
[[nodiscard]] std::string origins_text(const std::vector<Origin>& origins);
/// {"trainer.num_nodes": {"value": 4, "source": "override 1", "text": "${…}"}}; "text" only where there is one.
[[nodiscard]] config::Value origins_json(const std::vector<Origin>& origins);

/// A leaf that the one side has and the other lacks or has otherwise. null: that side lacks it.
struct Difference {
    std::string path;
    const config::Value* before = nullptr;
    const config::Value* after = nullptr;
};

/// What is changed or gone in the order of `before`, then what is new in the order of `after`. Same values of different
/// kinds (1, 1.0, "1") differ.
[[nodiscard]] std::vector<Difference> differences(const config::Value& before, const config::Value& after);

/// "- trainer.num_nodes: 1  # file:12" and "+ trainer.num_nodes: 4  # override 1"; empty when nothing differs.
[[nodiscard]] std::string differences_text(const std::vector<Difference>& differences);
/// {"changed": {path: {"before": …, "after": …}}, "removed": {path: …}, "added": {path: …}}
[[nodiscard]] config::Value differences_json(const std::vector<Difference>& differences);

}  // namespace recipe::inspect
