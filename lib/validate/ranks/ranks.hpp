// SPDX-License-Identifier: Apache-2.0
// What the rules of data-parallel ranks (llmft, verl) read beside what all rules do. Private to this module.
#pragma once

#include "validate/rule.hpp"

#include <optional>

namespace recipe::validate {

/// A positive int that the recipe gives at a path below its root; nothing where it gives none, or something else.
struct Given {
    Found found;
    std::optional<std::int64_t> number;

    [[nodiscard]] std::int64_t or_else(std::int64_t otherwise) const noexcept { return number.value_or(otherwise); }
};
[[nodiscard]] Given given(const Subject& subject, std::string_view path);

/// The ranks that train: of verl those that its trainer asks Ray for. 0: not known.
[[nodiscard]] std::int64_t training_ranks(const Subject& subject);

/// The largest divisors of `number` below `limit`, at most `most` of them.
[[nodiscard]] std::vector<std::int64_t> divisors_below(std::int64_t number, std::int64_t limit, std::size_t most);

/// A finding whose first fix is the first of these.
[[nodiscard]] Finding finding_with(Found at, std::string message, std::vector<std::string> fixes);

[[nodiscard]] bool is_verl(const Subject& subject);  // the driver of reinforcement learning
[[nodiscard]] bool is_ray(const Subject& subject);   // or verl's fine-tuning

[[nodiscard]] std::span<const Rule> ranks_rules();
[[nodiscard]] std::span<const Rule> verl_rules();

}  // namespace recipe::validate
