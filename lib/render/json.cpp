// SPDX-License-Identifier: Apache-2.0
// Diagnostics as JSON.
#include "render/render.hpp"

namespace recipe::render {
namespace {

using config::Value;

Value text(std::string_view text) {
    return Value::string(std::string(text));
}

Value place_json(const Source& source) {
    if (source.empty()) return Value::null();
    return object({{"name", text(source.name)},
                   {"line", Value::integer(source.line)},
                   {"column", Value::integer(source.column)},
                   {"excerpt", text(source.excerpt)}});
}

}  // namespace

Value object(std::initializer_list<std::pair<std::string_view, Value>> entries) {
    Value map = Value::map();
    for (const auto& [key, value] : entries) map.set(text(key), value);
    return map;
}

Value strings(const std::vector<std::string>& texts) {
    Value list = Value::list();
    for (const std::string& item : texts) list.push_back(Value::string(item));
    return list;
}

Value diagnostics_json(const Diagnostics& diagnostics) {
    Value list = Value::list();
    for (const Diagnostic& diagnostic : diagnostics)
        list.push_back(object({{"severity", text(to_string(diagnostic.severity))},
                               {"code", text(diagnostic.code)},
                               {"key", text(diagnostic.key)},
                               {"source", text(to_string(diagnostic.source))},
                               {"place", place_json(diagnostic.source)},
                               {"message", text(diagnostic.message)},
                               {"fix", text(diagnostic.fix)}}));
    return list;
}

std::string json(const Diagnostics& diagnostics, std::string_view recipe) {
    return config::to_json(object({{"ok", Value::boolean(!has_errors(diagnostics))},
                                   {"recipe", text(recipe)},
                                   {"diagnostics", diagnostics_json(diagnostics)}}),
                           2);
}

}  // namespace recipe::render
