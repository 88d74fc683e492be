// SPDX-License-Identifier: Apache-2.0
// The keys of a configuration that something of ours acts on, what each takes, and what people call them:
// etc/keys.yaml, as constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace recipe::keys {

/// any: judged where it is read. count: above 0. texts: a list of them.
enum class Kind : std::uint8_t { any, count, flag, gpus, memory, section, text, texts };

/// The recipes that a row is true of.
enum class Of : std::uint8_t { all, custom, known_family, slurm, without_code };

struct Key {
    std::string_view path;  // from the root
    Kind kind;
    Of of;
    std::int64_t most;  // of a number
};

/// What a value of a family's program is.
enum class Form : std::uint8_t { integer, number, flag, word, text };

struct Value {
    std::string_view path;  // from the root
    Form form;
    std::int64_t least;  // of a number
    std::int64_t most;
    std::span<const std::string_view> words;
};

/// Of the family's program, where no rule of its own judges them.
[[nodiscard]] std::span<const Value> values_of(std::string_view family) noexcept;

/// By path.
[[nodiscard]] std::span<const Key> all() noexcept;

[[nodiscard]] bool is_known(std::string_view path) noexcept;

/// The next steps of all keys below `section`, each once; of the root where that is empty. Those of custom training,
/// whose sections differ, are not among them below a section.
[[nodiscard]] std::vector<std::string_view> steps_below(std::string_view section);

/// Whether `step` is among them.
[[nodiscard]] bool has_step(std::string_view section, std::string_view step) noexcept;

/// Last steps of keys that may be meant by a word, best first.
[[nodiscard]] std::vector<std::string_view> names_for(std::string_view word);

}  // namespace recipe::keys
