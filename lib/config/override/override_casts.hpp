// SPDX-License-Identifier: Apache-2.0
// Casts of Hydra's override grammar, and what its functions ask of their arguments. Internal to this room.
#pragma once

#include "config/override/override_functions.hpp"

#include <algorithm>
#include <initializer_list>

namespace recipe::config {

using Result = std::expected<Element, std::string>;

[[nodiscard]] inline std::unexpected<std::string> fail(std::string message) {
    return std::unexpected(std::move(message));
}

[[nodiscard]] inline bool is_scalar(const Element& element, Value::Kind kind) {
    return element.kind == Element::Kind::scalar && element.scalar.kind() == kind;
}
[[nodiscard]] inline bool is_null(const Element& element) {
    return is_scalar(element, Value::Kind::null);
}
[[nodiscard]] inline bool is_text(const Element& element) {
    return is_scalar(element, Value::Kind::string);
}
[[nodiscard]] inline bool is_number(const Element& element) {
    return is_scalar(element, Value::Kind::integer) || is_scalar(element, Value::Kind::floating) ||
           is_scalar(element, Value::Kind::boolean);
}
[[nodiscard]] inline bool is_sweep(const Element& element, std::initializer_list<Sweep::Kind> kinds) {
    return element.kind == Element::Kind::sweep && std::ranges::find(kinds, element.sweep->kind) != kinds.end();
}
[[nodiscard]] inline bool is_choice(const Element& element) {
    return is_sweep(element, {Sweep::Kind::choice, Sweep::Kind::simple_choice});
}

[[nodiscard]] inline Element list_of(std::vector<Element> items) {
    Element list{.kind = Element::Kind::list};
    list.items = std::move(items);
    return list;
}

/// a, b, c as the choice that a function makes of several arguments.
[[nodiscard]] Result simple_choice_of(std::vector<Element> elements);

using CastScalar = std::expected<Value, std::string> (*)(const Value&);

// int(), float(), str() and bool() of one scalar.
[[nodiscard]] std::expected<Value, std::string> to_int(const Value& value);
[[nodiscard]] std::expected<Value, std::string> to_float(const Value& value);
[[nodiscard]] std::expected<Value, std::string> to_text(const Value& value);
[[nodiscard]] std::expected<Value, std::string> to_bool(const Value& value);

/// A call of one of these: its argument may be a scalar, a list, a map or a sweep, whose elements are cast.
[[nodiscard]] Result call_cast(FunctionCall& call, CastScalar cast_scalar);

}  // namespace recipe::config
