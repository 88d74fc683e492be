// SPDX-License-Identifier: Apache-2.0
// The resolvers by name: OmegaConf's own (oc.*), the HyperPod launcher's (multiply, divide_ceil, divide_floor),
// Hydra's.
#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/python/integer_math.hpp"
#include "config/value/place.hpp"
#include "config/yaml/yaml.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace recipe::config {
namespace {

using Call = Resolver::Call;

constexpr std::size_t max_nodes = 1'000'000;
constexpr std::size_t max_made_value_bytes = std::size_t{1024} * 1024;

Result made(Value value) {
    return {.value = std::move(value)};
}

std::string type_name(const Value& value) {
    return std::string(describe(value.kind()));
}

bool is_container_node(const Resolver& resolver, const Result& result) {
    return result.node != NodeTree::none && is_container(resolver.plain(result));
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

/// An int as Python sees it: bools count.
std::optional<Integer> as_python_integer(const Value& value) {
    if (const auto flag = value.as_bool()) return Integer(*flag ? 1 : 0);
    return value.as_integer() ? std::optional(*value.as_integer()) : std::nullopt;
}

std::unexpected<Failure> fail_operands(const Resolver& resolver, const Value& a, const Value& b,
                                       std::string_view what) {
    return resolver.fail(fmt::format("cannot {} {} and {}", what, type_name(a), type_name(b)));
}

/// "ab" * 2, [1, 2] * 2
Fallible<Result> repeat(const Resolver& resolver, const Value& sequence, const Integer& times) {
    const auto exact = times.to_int64();
    if (!exact && compare(times, Integer(0)) == std::strong_ordering::greater)
        return resolver.fail("the result is too long", codes::compose.too_large);
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(exact.value_or(0), 0));
    const std::size_t length = sequence.is_string() ? sequence.as_string()->size() : sequence.size();
    if (length > 0 && count > max_made_value_bytes / length)
        return resolver.fail("the result is too long", codes::compose.too_large);
    if (const std::string* text = sequence.as_string()) {
        std::string repeated;
        for (std::size_t i = 0; i < count && length > 0; ++i) repeated += *text;
        return made(Value::string(std::move(repeated)));
    }
    Value repeated = Value::list();
    for (std::size_t i = 0; i < count && length > 0; ++i)
        for (const Value& item : sequence.items()) repeated.push_back(item);
    return made(std::move(repeated));
}

Fallible<Result> multiply_values(Resolver& resolver, Call& call) {
    const Value& a = resolver.plain(call.arguments[0]);
    const Value& b = resolver.plain(call.arguments[1]);
    if (is_container_node(resolver, call.arguments[0]) || is_container_node(resolver, call.arguments[1]))
        return fail_operands(resolver, a, b, "multiply");
    const auto x = as_python_integer(a);
    const auto y = as_python_integer(b);
    if (x && y) {
        auto product = multiply(*x, *y);
        if (!product) return resolver.fail("the product has too many digits", codes::compose.too_large);
        return made(Value::integer(std::move(*product)));
    }
    if (y && (a.is_string() || a.is_list())) return repeat(resolver, a, *y);
    if (x && (b.is_string() || b.is_list())) return repeat(resolver, b, *x);
    const auto number = [](const std::optional<Integer>& integer, const Value& value) {
        return integer ? std::optional(integer->to_double()) : value.as_number();
    };
    const auto left = number(x, a);
    const auto right = number(y, b);
    if (!left || !right) return fail_operands(resolver, a, b, "multiply");
    // Python refuses to make a float of an int beyond its range.
    if ((x && std::isinf(*left)) || (y && std::isinf(*right))) return resolver.fail("an int too large for a float");
    return made(Value::floating(*left * *right));
}

Fallible<Result> divide_values(Resolver& resolver, const Call& call, double (*round)(double)) {
    const Value& a = resolver.plain(call.arguments[0]);
    const Value& b = resolver.plain(call.arguments[1]);
    const auto x = as_python_integer(a);
    const auto y = as_python_integer(b);
    const auto left = x ? x->to_double() : a.as_number();
    const auto right = y ? y->to_double() : b.as_number();
    if (!left || !right) return fail_operands(resolver, a, b, "divide");
    if (*right == 0) return resolver.fail("division by zero");
    std::optional<double> quotient = *left / *right;
    if (x && y) {
        quotient = true_divide(*x, *y);
    } else if ((x && std::isinf(*left)) || (y && std::isinf(*right))) {
        quotient = std::nullopt;
    }
    if (!quotient || !std::isfinite(*quotient)) return resolver.fail("the quotient is no finite number");
    return made(Value::integer(integer_from_double(round(*quotient))));
}

// --- oc.* ------------------------------------------------------------------------------------------------------------

Fallible<Result> read_environment(Resolver& resolver, Call& call) {
    const std::string* name = resolver.plain(call.arguments[0]).as_string();
    if (!name) return resolver.fail("the name of an environment variable is a string");
    if (const Environment* environment = resolver.options().environment) {
        if (const auto found = environment->find(*name); found != environment->end())
            return made(Value::string(found->second));
    }
    if (call.arguments.size() < 2) {
        Failure failure =
            resolver.fail(fmt::format("the environment variable `{}` is not set", quotable(*name))).error();
        failure.fix = fmt::format("${{oc.env:{},DEFAULT}}", quotable(*name));
        return std::unexpected(std::move(failure));
    }
    const Value& fallback = resolver.plain(call.arguments[1]);
    return made(fallback.is_null() ? Value::null() : Value::string(to_python_text(fallback)));
}

Fallible<Result> select_with_default(Resolver& resolver, Call& call) {
    const std::string* key = resolver.plain(call.arguments[0]).as_string();
    if (!key) return resolver.fail("the key to select is a string");
    auto found = resolver.select_absolute(call.container, *key, false);
    if (!found && found.error().kind != Failure::Kind::not_a_container)
        return std::unexpected(std::move(found.error()));
    if (found && *found && !is_missing(resolver.plain(**found))) return std::move(**found);
    if (call.arguments.size() < 2) return made(Value::null());
    return std::move(call.arguments[1]);
}

Fallible<Result> decode(Resolver& resolver, Call& call) {
    const Value& value = resolver.plain(call.arguments[0]);
    if (value.is_null()) return made(Value::null());
    const std::string* text = value.as_string();
    if (!text) return resolver.fail(fmt::format("expects a string or null, not {}", type_name(value)));
    const auto parsed = interpolation::parse_element(*text);
    if (!parsed) return resolver.fail(fmt::format("`{}` is no value: {}", quotable(*text), parsed.error().message));
    return resolver.evaluate_element(*parsed, call.node, call.container);
}

Fallible<Result> replace_deprecated(Resolver& resolver, Call& call) {
    const std::string* key = resolver.plain(call.arguments[0]).as_string();
    if (!key) return resolver.fail("the key is a string");
    if (call.arguments.size() > 1 && !resolver.plain(call.arguments[1]).is_string())
        return resolver.fail("the message is a string");
    auto found = resolver.select_absolute(call.container, *key, false);
    if (!found && found.error().kind != Failure::Kind::not_a_container)
        return std::unexpected(std::move(found.error()));
    if (!found || !*found) return resolver.fail(fmt::format("there is no `{}`", quotable(*key)));
    resolver.note(call.node, fmt::format("deprecated; use `{}` instead", quotable(*key)));
    return std::move(**found);
}

Fallible<Result> create(Resolver& resolver, Call& call) {
    // A map or list of the configuration is copied as it is written: what it refers to is looked up from the new place.
    if (is_container_node(resolver, call.arguments[0])) {
        Value copy = resolver.plain(call.arguments[0]);
        if (resolver.tree().size() + copy.size() > max_nodes)
            return resolver.fail("too many values are made", codes::compose.too_large);
        return Result{.node = resolver.tree().adopt(std::move(copy), call.container)};
    }
    auto value = resolver.materialize(call.arguments[0]);
    if (!value) return std::unexpected(std::move(value.error()));
    if (value->is_null()) return made(Value::null());
    if (const std::string* text = value->as_string()) {
        auto parsed = parse_yaml(*text, "oc.create");
        if (!parsed)
            return resolver.fail(fmt::format("`{}` is no YAML: {}", quotable(*text), parsed.error().front().message));
        if (const std::string* word = parsed->as_string()) {
            Value map = Value::map();
            map.set(Value::string(*word), Value::null());
            parsed = std::move(map);
        }
        *value = parsed->is_null() ? Value::map() : std::move(*parsed);
    }
    if (!is_container(*value))
        return resolver.fail(fmt::format("expects a map, a list or YAML, not {}", type_name(*value)));
    return Result{.node = resolver.tree().adopt(std::move(*value), call.container)};
}

Fallible<Result> select_map(Resolver& resolver, Call& call) {
    const std::string* key = resolver.plain(call.arguments[0]).as_string();
    if (!key) return resolver.fail("the key is a string");
    auto found = resolver.select_absolute(call.container, *key, true);
    if (!found && found.error().kind != Failure::Kind::not_a_container)
        return std::unexpected(std::move(found.error()));
    if (!found || !*found) return resolver.fail(fmt::format("there is no `{}`", quotable(*key)));
    if ((*found)->node == NodeTree::none || !resolver.plain(**found).is_map())
        return resolver.fail(fmt::format("`{}` is {}, not a map", quotable(*key), type_name(resolver.plain(**found))));
    return std::move(**found);
}

Fallible<Result> map_keys(Resolver& resolver, Call& call) {
    auto map = select_map(resolver, call);
    if (!map) return map;
    Value keys = Value::list();
    for (const Entry& entry : resolver.plain(*map).entries()) keys.push_back(entry.key);
    return Result{.node = resolver.tree().adopt(std::move(keys), call.container)};
}

Fallible<Result> map_values(Resolver& resolver, Call& call) {
    auto map = select_map(resolver, call);
    if (!map) return map;
    // Each item refers to its original, so that it resolves where that stands. One dot more: the list is one level
    // more.
    std::string key = *resolver.plain(call.arguments[0]).as_string();
    if (key.starts_with('.')) key = '.' + key;
    Value values = Value::list();
    for (const Entry& entry : resolver.plain(*map).entries()) {
        std::string reference = fmt::format("${{{}.{}}}", key, to_python_text(entry.key));
        if (const auto parsed = interpolation::parse_text(reference); !parsed)
            return resolver.fail(
                fmt::format("the key `{}` cannot stand in an interpolation", quotable(to_python_text(entry.key))));
        values.push_back(Value::string(std::move(reference)));
    }
    return Result{.node = resolver.tree().adopt(std::move(values), call.container)};
}

// --- Hydra's ---------------------------------------------------------------------------------------------------------

/// The name of the program, its output directory, Hydra's version, ...
std::unexpected<Failure> fail_program_value(const Resolver& resolver, std::string_view key) {
    return resolver.fail(fmt::format(
        "`hydra.{}` is a matter of the Python program that Hydra runs in; there is none here", quotable(key)));
}

Fallible<Result> select_from_hydra(Resolver& resolver, Call& call) {
    const std::string* key = resolver.plain(call.arguments[0]).as_string();
    if (!key) return resolver.fail("the key is a string");
    const NodeTree::Id hydra = resolver.tree().find(resolver.hydra(), "hydra");
    if (hydra == NodeTree::none) return made(Value::null());
    auto found = resolver.select(hydra, *key, false);
    if (!found && found.error().kind != Failure::Kind::not_a_container)
        return std::unexpected(std::move(found.error()));
    if (!found || !*found || is_missing(resolver.plain(**found))) {
        if (is_hydra_key(*key) && !is_null_in_hydra(*key)) return fail_program_value(resolver, *key);
        return made(Value::null());
    }
    if (resolver.plain(**found).is_map() && !is_whole_in_hydra_tree(*key)) return fail_program_value(resolver, *key);
    return std::move(**found);
}

Fallible<Result> refuse_changing(Resolver& resolver, Call&) {
    return resolver.fail("its result changes with time or host, so that a plan made from it could not be reproduced");
}

struct Named {
    std::string_view name;
    std::size_t fewest;
    std::size_t most;
    Fallible<Result> (*call)(Resolver&, Call&);
};

constexpr Named resolvers[] = {
    {"divide_ceil", 2, 2,
     [](Resolver& r, Call& c) { return divide_values(r, c, [](double q) { return std::ceil(q); }); }},
    {"divide_floor", 2, 2,
     [](Resolver& r, Call& c) { return divide_values(r, c, [](double q) { return std::floor(q); }); }},
    {"hydra", 1, 1, select_from_hydra},
    {"multiply", 2, 2, multiply_values},
    {"now", 1, 1, refuse_changing},
    {"oc.create", 1, 1, create},
    {"oc.decode", 1, 1, decode},
    {"oc.deprecated", 1, 2, replace_deprecated},
    {"oc.dict.keys", 1, 1, map_keys},
    {"oc.dict.values", 1, 1, map_values},
    {"oc.env", 1, 2, read_environment},
    {"oc.select", 1, 2, select_with_default},
    {"python_version", 0, 1, refuse_changing},
};

}  // namespace

Fallible<Result> call_resolver(Resolver& resolver, Resolver::Call& call) {
    const auto* found = std::ranges::find(resolvers, std::string_view(call.name), &Named::name);
    if (found == std::end(resolvers)) {
        std::vector<std::string> names;
        for (const Named& named : resolvers) names.emplace_back(named.name);
        std::string message = fmt::format("there is no resolver `{}`", quotable(call.name));
        if (const auto close = nearest(call.name, names, 1); !close.empty())
            message += fmt::format("; did you mean `{}`?", close.front());
        return resolver.fail(std::move(message));
    }
    const std::size_t count = call.arguments.size();
    if (count < found->fewest || count > found->most) {
        const std::string expected = found->fewest == found->most ? std::to_string(found->most)
                                                                  : fmt::format("{} or {}", found->fewest, found->most);
        return resolver.fail(
            fmt::format("{} takes {} argument{}, not {}", found->name, expected, expected == "1" ? "" : "s", count));
    }
    return found->call(resolver, call);
}

}  // namespace recipe::config
