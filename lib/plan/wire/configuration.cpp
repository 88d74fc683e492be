// SPDX-License-Identifier: Apache-2.0
// The configuration that travels in a file beside the plan.
#include "diagnostic/codes/node.hpp"
#include "plan/wire/codec.hpp"
#include "plan/wire/fields.hpp"

#include <utility>

namespace recipe::plan {
namespace {

using config::Value;

constexpr int deepest = 63;  // as in a plan, where it is one level down

std::unexpected<Diagnostics> not_submitted(std::string what) {
    return refuse({.code = codes::plan.file, .message = std::move(what)});
}

}  // namespace

Value configuration_file_value(const ConfigurationFile& file) {
    Value map = Value::map();
    put(map, "path", text(file.path));
    put(map, "bytes", number(static_cast<std::int64_t>(file.bytes)));
    return map;
}

ConfigurationFile read_configuration_file(const Value& value, std::string& problem) {
    Reader reader(value, "configuration_file", problem);
    ConfigurationFile file{.path = reader.string("path", max_path_bytes)};
    file.bytes =
        static_cast<std::size_t>(reader.integer("bytes", 0, static_cast<std::int64_t>(max_configuration_bytes)));
    return file;
}

Expected<Value> configuration_from_json(const LaunchPlan& plan, std::string_view text) {
    const std::size_t bytes = plan.configuration_file ? plan.configuration_file->bytes : 0;
    if (text.size() != bytes)
        return not_submitted(fmt::format("it has {} bytes, and the job was submitted with {}", text.size(), bytes));
    if (digest_of_json(text) != plan.digest) return not_submitted("it was changed since the job was submitted");
    const Expected<Value> document = config::from_json(text, max_configuration_bytes, deepest);
    if (!document) return not_submitted(document.error().front().message);
    Expected<Value> decoded = decode(*document);
    if (!decoded) return not_submitted(decoded.error().front().message);
    return decoded;
}

}  // namespace recipe::plan
