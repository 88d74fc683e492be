// SPDX-License-Identifier: Apache-2.0
// Overrides of keys, applied to the composed configuration. Internal to lib/config.
#pragma once

#include "config/compose/compose.hpp"
#include "config/compose/defaults.hpp"
#include "config/interpolation/resolver.hpp"

namespace recipe::config {

/// The steps of a dotted key.
[[nodiscard]] std::vector<std::string> split_path(std::string_view key);

/// Applies one override after another to a configuration whose keys are fixed unless `+` says otherwise.
///
/// A key is looked up from the root and, when it leads nowhere there, from `recipes`. A key to be added goes where more
/// of its path exists already, to the root on a tie.
class OverrideApplier {
public:
    OverrideApplier(Value& root, ResolveOptions options) : root_(root), options_(std::move(options)) {}

    void apply(const GivenOverride& override);

    [[nodiscard]] Diagnostics& problems() { return problems_; }
    [[nodiscard]] std::vector<AppliedOverride>& applied() { return applied_; }

private:
    using Path = std::vector<std::string>;

    struct Place {
        std::string prefix;              // "" or "recipes."
        Value* base = nullptr;           // the root, or its `recipes`
        Value* node = nullptr;           // what the whole path leads to; nullptr when it leads nowhere
        std::vector<Value*> containers;  // from base on, as far as the path exists
    };

    Place walk(Value& base, std::string prefix, const Path& path) const;
    Place locate(const Path& path) const;
    Place locate_addition(const Path& path) const;

    static bool is_blocked_by_interpolation(const Place& place, const Path& path);

    void change(const GivenOverride& override, const Path& path, Value value);
    void add(const GivenOverride& override, const Path& path, Value value);
    void remove(const GivenOverride& override, const Path& path);
    void apply_to_hydra(const GivenOverride& override, const Path& path);

    void assign(const GivenOverride& override, Value& node, const std::string& key, Value value, bool allow_new_keys);
    void create(const GivenOverride& override, const Place& place, const Path& path, Value value);
    bool check_value(const GivenOverride& override, const Value& value);

    void report(const GivenOverride& override, DiagnosticCode code, std::string message, std::string fix = {},
                bool at_value = false);
    void report_unknown(const GivenOverride& override, const Path& path);
    [[nodiscard]] bool may_add(const Path& path) const;
    [[nodiscard]] std::string read_key(const Path& path) const;
    [[nodiscard]] std::vector<std::string> suggestions(const Path& path) const;
    void record(const GivenOverride& override, std::string key);

    Value& root_;
    ResolveOptions options_;
    Diagnostics problems_;
    std::vector<AppliedOverride> applied_;
};

}  // namespace recipe::config
