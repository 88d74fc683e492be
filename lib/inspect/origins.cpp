// SPDX-License-Identifier: Apache-2.0
// Which file or override each value comes from.
#include "inspect/inspect.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::inspect {
namespace {

using config::Value;

constexpr std::size_t widest_column = 60;

bool is_interpolated(const Value& value) {
    const std::string* text = value.as_string();
    return text != nullptr && text->contains("${");
}

const Value* child(const Value& map, const Value& key) {
    if (const std::string* text = key.as_string()) return map.find(*text);
    const auto found = std::ranges::find(map.entries(), key, &config::Entry::key);
    return found == map.entries().end() ? nullptr : &found->value;
}

/// Walks both trees at once; keys are the same in both down to the interpolation that stands for all below it.
void collect(const Value& resolved, const Value* unresolved, const std::string& text, const std::string& path,
             std::vector<Origin>& found) {
    const std::string here = unresolved != nullptr && is_interpolated(*unresolved) ? *unresolved->as_string() : text;
    if (!resolved.is_map() || resolved.size() == 0) {
        found.push_back({{path, &resolved}, resolved.position().source(), here});
        return;
    }
    for (const config::Entry& entry : resolved.entries()) {
        const std::string key = path_step(entry.key);
        collect(entry.value, unresolved != nullptr ? child(*unresolved, entry.key) : nullptr, here,
                path.empty() ? key : path + '.' + key, found);
    }
}

/// Of what a user typed, the text says nothing that the line does not.
std::string place(const Origin& origin) {
    std::string text = origin.source.name;
    if (text.empty()) text = "made by Hydra";
    if (origin.source.line > 0) text += fmt::format(":{}", origin.source.line);
    if (!origin.text.empty()) text += fmt::format("  {}", config::to_json(Value::string(origin.text)));
    return text;
}

}  // namespace

std::vector<Origin> origins(const Value& resolved, const Value& unresolved, const std::string& prefix) {
    std::vector<Origin> found;
    collect(resolved, &unresolved, {}, prefix, found);
    return found;
}

std::string origins_text(const std::vector<Origin>& origins) {
    std::vector<std::string> values;
    std::size_t width = 0;
    for (const Origin& origin : origins) {
        values.push_back(fmt::format("{}: {}", origin.leaf.path, config::to_json(*origin.leaf.value)));
        if (values.back().size() <= widest_column) width = std::max(width, values.back().size());
    }
    std::string text;
    for (std::size_t i = 0; i < origins.size(); ++i)
        text += fmt::format("{:<{}}  # {}\n", values[i], width, place(origins[i]));
    return text;
}

Value origins_json(const std::vector<Origin>& origins) {
    Value object = Value::map();
    for (const Origin& origin : origins) {
        Value entry = Value::map();
        entry.set(Value::string("value"), *origin.leaf.value);
        entry.set(Value::string("source"), Value::string(to_string(origin.source)));
        if (!origin.text.empty()) entry.set(Value::string("text"), Value::string(origin.text));
        object.set(Value::string(origin.leaf.path), std::move(entry));
    }
    return object;
}

}  // namespace recipe::inspect
