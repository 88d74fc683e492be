// SPDX-License-Identifier: Apache-2.0
// The form of a rule, and the rules. Private to this module.
#pragma once

#include "validate/subject.hpp"

#include <functional>
#include <span>

namespace recipe::validate {

/// What a rule found wrong at one place; its row says the code, which has the severity.
struct Finding {
    Found at;
    std::string message;
    std::string fix;
    std::vector<std::string> other_fixes = {};  // tried in this order where the first does not do
    std::optional<Severity> severity = {};      // when it is not the code's
    bool of_program = false;                    // what the family's own program demands; another may not
    std::vector<Explained> explains = {};       // what follows from it
};

using Findings = std::vector<Finding>;

struct Rule {
    DiagnosticCode code;
    bool (*applies)(const Subject&);
    Findings (*check)(const Subject&);  // called only where the rule applies
};

// One table per group, in the order in which a reader wants to hear of problems.
[[nodiscard]] std::span<const Rule> devices_rules();
[[nodiscard]] std::span<const Rule> precision_rules();
[[nodiscard]] std::span<const Rule> kernel_rules();
[[nodiscard]] std::span<const Rule> layout_rules();
[[nodiscard]] std::span<const Rule> model_parallel_rules();
[[nodiscard]] std::span<const Rule> batch_rules();
[[nodiscard]] std::span<const Rule> deepspeed_rules();
[[nodiscard]] std::span<const Rule> values_rules();
[[nodiscard]] std::span<const Rule> program_rules();
[[nodiscard]] std::span<const Rule> program_keys_rules();
[[nodiscard]] std::span<const Rule> data_rules();
[[nodiscard]] std::span<const Rule> paths_rules();
[[nodiscard]] std::span<const Rule> unknown_key_rules();
[[nodiscard]] std::span<const Rule> kinds_rules();

/// The memory model's, which come last and only where nothing else is wrong; and what it predicts, on whatever device.
void check_memory(const Subject& subject, const CheckContext& against, Result& result);
/// The number formats that the recipe computes in.
void add_formats(const Subject& subject, DeviceNeeds& needs);
/// The compute capabilities that its kernels run on.
void add_kernels(const Subject& subject, DeviceNeeds& needs);
[[nodiscard]] std::span<const Rule> environment_rules();

/// Without the fixes that would not help: of an error, the first of its fixes remains that removes it and brings no new
/// error. `rules_of` runs all rules on a changed configuration.
void keep_good_fixes(const config::Value& root, Diagnostics& diagnostics,
                     const std::vector<std::vector<std::string>>& other_fixes,
                     const std::function<Diagnostics(const config::Value&)>& rules_of);

/// layout.heads where the layout has pipelines.
[[nodiscard]] bool pipeline_heads_applies(const Subject& subject);
[[nodiscard]] Findings pipeline_heads(const Subject& subject);

/// Whether a value turns a switch on: a bool, or one of the words that pydantic takes for one.
[[nodiscard]] bool parse_bool(const config::Value& value);

/// A value for a message, cut to a readable length.
[[nodiscard]] std::string truncate(const config::Value& value);

/// "trainer.devices must be from 1 to 1024": for numbers of recipes and of plans.
[[nodiscard]] std::string explain_range(std::string_view key, std::int64_t most);

/// The int from 1 to `most` that "4" or 4.0 means; nullopt for anything else.
[[nodiscard]] std::optional<std::int64_t> coerce_int(const config::Value& value, std::int64_t most);

/// Findings for those of the numbers that are no ints, or out of range.
[[nodiscard]] Findings wrong_types(const Subject& subject, std::initializer_list<const Number*> numbers);
[[nodiscard]] Findings wrong_ranges(std::initializer_list<const Number*> numbers);

}  // namespace recipe::validate
