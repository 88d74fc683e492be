// SPDX-License-Identifier: Apache-2.0
// A prediction of memory as JSON.
#include "render/render.hpp"

#include "memory/memory.hpp"

#include <algorithm>

namespace recipe::render {
namespace {

using config::Value;

constexpr double MiB = 1024.0 * 1024.0;

Value text(std::string_view text) {
    return Value::string(std::string(text));
}

Value mib(double bytes) {
    constexpr double most = 9e15;  // what a batch beyond reason takes has no int
    return Value::integer(static_cast<std::int64_t>(std::min(bytes / MiB + 0.5, most)));
}

}  // namespace

Value fit_json(const memory::Assessment& a) {
    const bool device = a.accelerator != nullptr;
    Value json = object({{"accelerator", device ? text(a.accelerator->model) : Value::null()},
                         {"instance_type", a.instance != nullptr ? text(a.instance->name) : Value::null()},
                         {"family", text(a.family->name)},
                         {"program", a.family->program_known ? text(a.family->title) : Value::null()}});
    if (!a.prediction) {
        for (const char* key : {"usable_mib", "predicted_peak_mib", "band_mib", "verdict", "moment"})
            json.set(text(key), Value::null());
    } else {
        const memory::Prediction& p = *a.prediction;
        Value parts = Value::map();
        for (const memory::Part& part : p.peak_moment().parts) parts.set(text(part.name), mib(part.bytes));
        Value assumptions = Value::map();
        for (const auto& [name, value] : memory::describe(a.workload.assumptions))
            assumptions.set(text(name), text(value));
        json.set(text("usable_mib"), device ? mib(a.usable_bytes) : Value::null());
        json.set(text("outside_mib"), mib(a.outside_bytes));
        json.set(text("predicted_peak_mib"), mib(p.peak_bytes));
        json.set(text("band_mib"), Value::list({mib(p.low_bytes), mib(p.high_bytes)}));
        json.set(text("verdict"), device ? text(to_string(a.verdict)) : Value::null());
        json.set(text("moment"), text(p.peak_moment().name));
        json.set(text("parts"), std::move(parts));
        json.set(text("assumptions"), std::move(assumptions));
        json.set(text("shape_from"), a.shape_from.empty() ? Value::null() : text(a.shape_from));
        json.set(text("beside"), a.beside.empty() ? Value::null() : text(a.beside));
    }
    Value suggestions = Value::list();
    for (const memory::Suggestion& s : a.suggestions)
        suggestions.push_back(object({{"set", strings(s.set)}, {"predicted_peak_mib", mib(s.peak_bytes)}}));
    json.set(text("suggestions"), std::move(suggestions));
    json.set(text("least_nodes"), a.least_nodes > 0 ? Value::integer(a.least_nodes) : Value::null());
    json.set(text("unknown"), strings(a.unknown));
    return json;
}

}  // namespace recipe::render
