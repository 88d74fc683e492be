// SPDX-License-Identifier: Apache-2.0
// Functions of Hydra's override grammar: casts, range, choice and the like.
#include "config/override/override_functions.hpp"

#include "config/override/override_casts.hpp"
#include "config/python/characters.hpp"
#include "config/python/integer_math.hpp"
#include "config/python/python_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace recipe::config {
namespace {

// --- sweeps ----------------------------------------------------------------------------------------------------------

Result call_choice(FunctionCall& call) {
    auto& arguments = call.arguments;
    if (arguments.empty()) return fail("an empty choice is not legal");
    for (const Element& argument : arguments)
        if (is_null(argument) || (argument.kind == Element::Kind::sweep && !is_choice(argument)))
            return fail("expects strings, numbers, bools, lists or maps");
    if (arguments.size() == 1 && is_choice(arguments.front())) {
        Sweep sweep = *arguments.front().sweep;
        if (sweep.kind != Sweep::Kind::simple_choice) return fail("choices do not nest");
        sweep.kind = Sweep::Kind::choice;
        return make_sweep(std::move(sweep));
    }
    return make_sweep({.kind = Sweep::Kind::choice, .list = std::move(arguments)});
}

/// The arguments of a function with fixed parameters, in their order; absent ones stay empty.
std::expected<std::vector<std::optional<Element>>, std::string> bind(FunctionCall& call,
                                                                     const std::vector<std::string>& names,
                                                                     std::size_t needed) {
    if (call.arguments.size() > names.size()) return fail(fmt::format("takes at most {} arguments", names.size()));
    std::vector<std::optional<Element>> bound(names.size());
    for (std::size_t i = 0; i < call.arguments.size(); ++i) bound[i] = std::move(call.arguments[i]);
    for (auto& [name, value] : call.named) {
        const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
        if (bound[place]) return fail(fmt::format("gets `{}` twice", name));
        bound[place] = std::move(value);
    }
    for (std::size_t i = 0; i < needed; ++i)
        if (!bound[i]) return fail(fmt::format("needs `{}`", names[i]));
    return bound;
}

Result call_range(FunctionCall& call) {
    auto bound = bind(call, {"start", "stop", "step"}, 1);
    if (!bound) return fail(std::move(bound.error()));
    auto& start = (*bound)[0];
    auto& stop = (*bound)[1];
    auto& step = (*bound)[2];
    const bool no_stop = !stop || is_null(*stop);
    if (!is_number(*start) || (!no_stop && !is_number(*stop)) || (step && !is_number(*step)))
        return fail("expects numbers");
    Sweep sweep{.kind = Sweep::Kind::range};
    sweep.start = no_stop ? Value::integer(0) : std::move(start->scalar);
    sweep.stop = no_stop ? std::move(start->scalar) : std::move(stop->scalar);
    sweep.step = step ? std::move(step->scalar) : Value::integer(1);
    return make_sweep(std::move(sweep));
}

Result call_interval(FunctionCall& call) {
    auto bound = bind(call, {"start", "end"}, 2);
    if (!bound) return fail(std::move(bound.error()));
    Sweep sweep{.kind = Sweep::Kind::interval};
    for (auto [from, to] : {std::pair{&(*bound)[0], &sweep.start}, std::pair{&(*bound)[1], &sweep.stop}}) {
        if (!is_number(**from)) return fail("expects numbers");
        auto number = to_float((*from)->scalar);
        if (!number) return fail(std::move(number.error()));
        *to = std::move(*number);
    }
    return make_sweep(std::move(sweep));
}

Result call_glob(FunctionCall& call) {
    auto bound = bind(call, {"include", "exclude"}, 1);
    if (!bound) return fail(std::move(bound.error()));
    const auto fits = [](const Element& element) { return is_text(element) || element.kind == Element::Kind::list; };
    const auto& exclude = (*bound)[1];
    if (!fits(*(*bound)[0]) || (exclude && !is_null(*exclude) && !fits(*exclude)))
        return fail("expects strings or lists of strings");
    return make_sweep({.kind = Sweep::Kind::glob});
}

Result call_tag(FunctionCall& call) {
    if (call.arguments.empty()) return fail("needs at least a sweep");
    if (const auto sweep = call.named.find("sweep"); sweep != call.named.end() && !is_null(sweep->second))
        call.arguments.push_back(std::move(sweep->second));
    Element& last = call.arguments.back();
    if (last.kind != Element::Kind::sweep || last.sweep->kind == Sweep::Kind::glob)
        return fail("expects choice(), range() or interval() as its last argument");
    for (std::size_t i = 0; i + 1 < call.arguments.size(); ++i)
        if (!is_text(call.arguments[i])) return fail("expects strings as tags");
    return std::move(last);
}

// --- sort, shuffle ---------------------------------------------------------------------------------------------------

/// Python's `<` between two values; nullopt where Python raises TypeError.
std::optional<bool> less(const Element& a, const Element& b) {
    if (a.quote != 0 || b.quote != 0) return std::nullopt;  // Hydra's quoted strings have no order
    if (is_text(a) && is_text(b)) return *a.scalar.as_string() < *b.scalar.as_string();
    if (is_number(a) && is_number(b)) {
        const auto as_integer = [](const Value& value) {
            if (const auto flag = value.as_bool()) return std::optional(Integer(*flag ? 1 : 0));
            return value.as_integer() ? std::optional(*value.as_integer()) : std::nullopt;
        };
        const auto x = as_integer(a.scalar);
        const auto y = as_integer(b.scalar);
        if (x && y) return compare(*x, *y) == std::strong_ordering::less;
        const double left = x ? x->to_double() : *a.scalar.as_number();
        const double right = y ? y->to_double() : *b.scalar.as_number();
        return left < right;
    }
    if (a.kind == Element::Kind::list && b.kind == Element::Kind::list) {
        for (std::size_t i = 0; i < std::min(a.items.size(), b.items.size()); ++i) {
            if (to_value(a.items[i]) == to_value(b.items[i])) continue;
            return less(a.items[i], b.items[i]);
        }
        return a.items.size() < b.items.size();
    }
    return std::nullopt;
}

std::optional<std::vector<Element>> sorted(std::vector<Element> elements, bool reverse) {
    bool comparable = true;
    std::ranges::stable_sort(elements, [&comparable, reverse](const Element& a, const Element& b) {
        const auto before = reverse ? less(b, a) : less(a, b);
        if (!before) comparable = false;
        return before.value_or(false);
    });
    if (!comparable) return std::nullopt;
    return elements;
}

Result sort_elements(const std::vector<Element>& elements, bool reverse, std::optional<Sweep> as_sweep) {
    auto result = sorted(elements, reverse);
    if (!result) return fail("cannot order values of different types, or quoted strings in a list");
    if (!as_sweep) return list_of(std::move(*result));
    as_sweep->list = std::move(*result);
    return make_sweep(std::move(*as_sweep));
}

Result sort_one(const Element& element, bool reverse) {
    if (element.kind == Element::Kind::list) return sort_elements(element.items, reverse, std::nullopt);
    if (is_choice(element)) return sort_elements(element.sweep->list, reverse, *element.sweep);
    return element;
}

/// What sort() and shuffle() take by position.
bool all_sortable(const std::vector<Element>& elements) {
    return std::ranges::none_of(elements, [](const Element& element) {
        return is_null(element) || is_sweep(element, {Sweep::Kind::interval, Sweep::Kind::glob});
    });
}

Result call_sort(FunctionCall& call) {
    bool reverse = false;
    if (const auto named = call.named.find("reverse"); named != call.named.end()) {
        const auto flag = named->second.kind == Element::Kind::scalar ? named->second.scalar.as_bool() : std::nullopt;
        if (!flag) return fail("expects true or false for `reverse`");
        reverse = *flag;
    }
    if (!all_sortable(call.arguments)) return fail("expects values, choices or ranges");
    if (const auto list = call.named.find("list"); list != call.named.end() && !is_null(list->second)) {
        if (list->second.kind != Element::Kind::list) return fail("expects a list for `list`");
        return sort_one(list->second, reverse);
    }
    if (const auto sweep = call.named.find("sweep"); sweep != call.named.end() && !is_null(sweep->second)) {
        if (!is_choice(sweep->second) && !is_sweep(sweep->second, {Sweep::Kind::range}))
            return fail("expects a choice or a range");
        return sort_one(sweep->second, reverse);
    }
    if (call.arguments.empty()) return fail("needs something to sort");
    if (call.arguments.size() == 1) return sort_one(call.arguments.front(), reverse);
    for (const Element& argument : call.arguments)
        if (!is_number(argument) && !is_text(argument)) return fail("sorts several values only when they are scalars");
    return sort_elements(call.arguments, reverse, Sweep{.kind = Sweep::Kind::simple_choice});
}

/// A list keeps its order: one of the orders that Hydra's random shuffle may yield, and the same on every run.
Result call_shuffle(FunctionCall& call) {
    if (!all_sortable(call.arguments)) return fail("expects values, choices or ranges");
    for (const char* name : {"list", "sweep"}) {
        const auto named = call.named.find(name);
        if (named == call.named.end() || is_null(named->second)) continue;
        call.arguments.clear();
        call.arguments.push_back(std::move(named->second));
        break;
    }
    if (call.arguments.size() == 1) {
        Element& argument = call.arguments.front();
        if (argument.kind == Element::Kind::list) return std::move(argument);
        if (argument.kind != Element::Kind::sweep) return list_of(std::move(call.arguments));
        Sweep sweep = *argument.sweep;
        sweep.shuffled = true;
        return make_sweep(std::move(sweep));
    }
    return simple_choice_of(std::move(call.arguments));
}

struct Function {
    std::string_view name;
    std::set<std::string_view> parameters;  // those that can be named
    Result (*call)(FunctionCall&);
};

const std::vector<Function>& functions() {
    static const std::vector<Function> table = {
        {"bool", {"value"}, [](FunctionCall& call) { return call_cast(call, to_bool); }},
        {"choice", {}, call_choice},
        {"float", {"value"}, [](FunctionCall& call) { return call_cast(call, to_float); }},
        {"glob", {"include", "exclude"}, call_glob},
        {"int", {"value"}, [](FunctionCall& call) { return call_cast(call, to_int); }},
        {"interval", {"start", "end"}, call_interval},
        {"range", {"start", "stop", "step"}, call_range},
        {"shuffle", {"sweep", "list"}, call_shuffle},
        {"sort", {"sweep", "list", "reverse"}, call_sort},
        {"str", {"value"}, [](FunctionCall& call) { return call_cast(call, to_text); }},
        {"tag", {"sweep"}, call_tag},
    };
    return table;
}

}  // namespace

Result simple_choice_of(std::vector<Element> elements) {
    for (const Element& element : elements)
        if (element.kind == Element::Kind::sweep) return fail("sweeps do not nest");
    return make_sweep({.kind = Sweep::Kind::simple_choice, .list = std::move(elements)});
}

Element make_sweep(Sweep sweep) {
    Element element{.kind = Element::Kind::sweep};
    element.sweep = std::make_shared<Sweep>(std::move(sweep));
    return element;
}

Value to_value(const Element& element) {
    switch (element.kind) {
        case Element::Kind::scalar:
            return element.scalar;
        case Element::Kind::list: {
            Value list = Value::list();
            for (const Element& item : element.items) list.push_back(to_value(item));
            return list;
        }
        case Element::Kind::map: {
            Value map = Value::map();
            for (const auto& [key, value] : element.entries) map.set(key, to_value(value));
            return map;
        }
        case Element::Kind::sweep:
            break;
    }
    return {};
}

std::expected<Element, std::string> evaluate(FunctionCall call) {
    const auto function = std::ranges::find(functions(), call.name, &Function::name);
    if (function == functions().end()) {
        std::string names;
        for (const Function& known : functions()) names += (names.empty() ? "" : ", ") + std::string(known.name);
        return fail(fmt::format("there is no function {}(); known are {}", call.name, names));
    }
    for (const auto& [name, value] : call.named)
        if (!function->parameters.contains(name))
            return fail(fmt::format("{}() has no argument `{}`", call.name, name));
    for (Element& argument : call.arguments) argument.quote = 0;
    for (auto& [name, value] : call.named) value.quote = 0;
    const std::string name = call.name;
    auto result = function->call(call);
    if (!result) return fail(fmt::format("{}(): {}", name, result.error()));
    return result;
}

}  // namespace recipe::config
