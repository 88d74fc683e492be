// SPDX-License-Identifier: Apache-2.0
// Merging maps into maps as OmegaConf does. Internal to lib/config.
#pragma once

#include "config/interpolation/resolver.hpp"

namespace recipe::config {

struct MergeProblem {
    std::string path;  // of the key at fault, from the root
    std::string message;
    bool unknown_key = false;
    Position position;
};

struct MergeOptions {
    bool allow_new_keys = true;
    std::vector<std::string>* touched = nullptr;  // paths of the leaves that were set
};

class Merger {
public:
    Merger(Value& root, ResolveOptions resolve_options, MergeOptions options)
        : root_(root), resolve_options_(std::move(resolve_options)), options_(options) {}

    /// Merges `source` into the map or list at `path`, which is `target`.
    void merge(Value& target, Value source, const std::string& path);

    [[nodiscard]] const std::vector<MergeProblem>& problems() const { return problems_; }

private:
    void merge_entry(Value& target, Value key, Value source, const std::string& path);
    void touch(const Value& value, const std::string& path);

    Value& root_;
    ResolveOptions resolve_options_;
    MergeOptions options_;
    std::vector<MergeProblem> problems_;
};

/// Paths of all leaves of a value that stands at `path`; empty maps and lists are leaves.
void collect_leaves(const Value& value, const std::string& path, std::vector<std::string>& leaves);

}  // namespace recipe::config
