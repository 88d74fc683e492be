// SPDX-License-Identifier: Apache-2.0
// int(), float(), str() and bool() of Hydra's override grammar.
#include "config/override/override_casts.hpp"

#include "config/python/characters.hpp"
#include "config/python/integer_math.hpp"
#include "config/python/python_number.hpp"

#include <fmt/format.h>

#include <cmath>

namespace recipe::config {

std::expected<Value, std::string> to_int(const Value& value) {
    if (const auto flag = value.as_bool()) return Value::integer(*flag ? 1 : 0);
    if (value.as_integer()) return value;
    if (const std::string* text = value.as_string()) {
        if (auto integer = python_int(*text)) return Value::integer(std::move(*integer));
        return fail(fmt::format("'{}' is not an int", *text));
    }
    const auto number = value.as_number();
    if (!number || !std::isfinite(*number)) return fail("cannot be cast to int");
    return Value::integer(integer_from_double(std::trunc(*number)));
}

std::expected<Value, std::string> to_float(const Value& value) {
    if (const auto flag = value.as_bool()) return Value::floating(*flag ? 1 : 0);
    if (const std::string* text = value.as_string()) {
        if (const auto number = python_float(*text)) return Value::floating(*number);
        return fail(fmt::format("'{}' is not a float", *text));
    }
    const auto number = value.as_number();
    if (!number || (value.as_integer() && std::isinf(*number))) return fail("cannot be cast to float");
    return Value::floating(*number);
}

std::expected<Value, std::string> to_text(const Value& value) {
    if (value.is_null()) return fail("null cannot be cast to str");
    if (const auto flag = value.as_bool()) return Value::string(*flag ? "true" : "false");
    return Value::string(to_python_text(value));
}

std::expected<Value, std::string> to_bool(const Value& value) {
    if (value.as_bool()) return value;
    if (const std::string* text = value.as_string()) {
        const std::string word = lower(*text);
        if (word == "true" || word == "false") return Value::boolean(word == "true");
        return fail(fmt::format("'{}' is neither true nor false", *text));
    }
    if (value.is_null()) return Value::boolean(false);
    if (const Integer* integer = value.as_integer()) return Value::boolean(*integer != Integer(0));
    return Value::boolean(*value.as_number() != 0);
}

namespace {

Result cast(const Element& element, CastScalar cast_scalar);

std::optional<std::string> cast_all(std::vector<Element>& elements, CastScalar cast_scalar) {
    for (Element& element : elements) {
        auto done = cast(element, cast_scalar);
        if (!done) return std::move(done.error());
        element = std::move(*done);
    }
    return std::nullopt;
}

Result cast_sweep(Sweep sweep, CastScalar cast_scalar) {
    const bool numeric = cast_scalar == to_int || cast_scalar == to_float;
    switch (sweep.kind) {
        case Sweep::Kind::choice:
        case Sweep::Kind::simple_choice: {
            if (auto nested = simple_choice_of(sweep.list); !nested) return nested;
            if (auto problem = cast_all(sweep.list, cast_scalar)) return fail(std::move(*problem));
            sweep.shuffled = false;
            break;
        }
        case Sweep::Kind::range:
        case Sweep::Kind::interval: {
            if (!numeric) return fail("a range or an interval can only be cast to int or float");
            for (Value* bound : {&sweep.start, &sweep.stop, &sweep.step}) {
                if (bound->is_null()) continue;
                auto done = cast_scalar(*bound);
                if (!done) return fail(std::move(done.error()));
                *bound = std::move(*done);
            }
            break;
        }
        case Sweep::Kind::glob:
            return fail("a glob cannot be cast");
    }
    return make_sweep(std::move(sweep));
}

Result cast(const Element& element, CastScalar cast_scalar) {
    Element result = element;
    switch (element.kind) {
        case Element::Kind::scalar: {
            auto value = cast_scalar(element.scalar);
            if (!value) return fail(std::move(value.error()));
            return Element::of(std::move(*value));
        }
        case Element::Kind::list:
            if (auto problem = cast_all(result.items, cast_scalar)) return fail(std::move(*problem));
            return result;
        case Element::Kind::map:
            for (auto& [key, value] : result.entries) {
                auto done = cast(value, cast_scalar);
                if (!done) return done;
                value = std::move(*done);
            }
            return result;
        case Element::Kind::sweep:
            return cast_sweep(*element.sweep, cast_scalar);
    }
    return result;
}

}  // namespace

Result call_cast(FunctionCall& call, CastScalar cast_scalar) {
    std::optional<Element> value;
    if (const auto named = call.named.find("value"); named != call.named.end() && !is_null(named->second))
        value = std::move(named->second);
    if (value && !call.arguments.empty()) return fail("takes its value by position or by name, not both");
    if (!value && call.arguments.empty()) return fail("needs a value");
    if (!value && call.arguments.size() == 1) value = std::move(call.arguments.front());
    if (value) return cast(*value, cast_scalar);
    auto choice = simple_choice_of(std::move(call.arguments));
    if (!choice) return choice;
    return cast(*choice, cast_scalar);
}

}  // namespace recipe::config
