// SPDX-License-Identifier: Apache-2.0
// One parsed override: Hydra's `key=value`, `+key=value`, `++key=value`, `~key`, `~key=value`. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

/// choice(a,b), a,b, range(1,10), interval(0,1), glob(*): many values for one key.
struct Sweep;
struct ElementEntry;

/// A value as the grammar sees it: strings know whether they were quoted, since functions treat those differently.
struct Element {
    enum class Kind : std::uint8_t { scalar, list, map, sweep };

    Kind kind = Kind::scalar;
    Value scalar;
    char quote = 0;                     // ' or " when the scalar is a quoted string
    std::vector<Element> items;         // of a list
    std::vector<ElementEntry> entries;  // of a map, each key once
    std::shared_ptr<Sweep> sweep;

    static Element of(Value value);
};

struct ElementEntry {
    Value key;
    Element value;
};

inline Element Element::of(Value value) {
    Element element;
    element.scalar = std::move(value);
    return element;
}

struct Sweep {
    enum class Kind : std::uint8_t { choice, simple_choice, range, interval, glob };

    Kind kind = Kind::choice;
    std::vector<Element> list;  // of a choice
    Value start, stop, step;    // of a range; start and stop of an interval
    bool shuffled = false;
};

struct ParsedOverride {
    enum class Type : std::uint8_t { change, add, force_add, remove };

    Type type = Type::change;
    std::string key;                     // dotted path, or a group: cluster, hydra/job_logging
    std::optional<std::string> package;  // after @
    std::optional<Element> value;        // absent only for `~key`
    std::size_t key_column = 0;          // bytes before the key and before the value
    std::size_t value_column = 0;
};

/// Hydra's grammar (OverrideLexer.g4, OverrideParser.g4 of 1.3) with its functions evaluated.
/// Diagnostics: compose.override_syntax.
[[nodiscard]] Expected<ParsedOverride> parse_override(const Override& given);

/// The value without the marks of the grammar; must hold no sweep.
[[nodiscard]] Value to_value(const Element& element);

}  // namespace recipe::config
