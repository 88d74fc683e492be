// SPDX-License-Identifier: Apache-2.0
// A shipped family as the rules read it.
#include "family/shipped.hpp"

namespace recipe::family {
namespace {

config::Value value_of(std::monostate) {
    return config::Value::null();
}
config::Value value_of(bool value) {
    return config::Value::boolean(value);
}
config::Value value_of(std::int64_t value) {
    return config::Value::integer(value);
}
config::Value value_of(std::string_view value) {
    return config::Value::string(std::string(value));
}

}  // namespace

Definition definition_of(const ShippedFamily& shipped) {
    Definition definition;
    Family& family = definition.family;
    family.name = shipped.name;
    family.title = shipped.title;
    family.root = shipped.root;
    family.devices = shipped.devices;
    family.layout = shipped.layout;
    family.runs_on.assign(shipped.runs_on.begin(), shipped.runs_on.end());
    family.runs_as = shipped.runs_as;
    family.shard_may_be_unset = shipped.shard_may_be_unset;
    for (const ShippedPlace& row : shipped.places) {
        Place& place = family.places[static_cast<std::size_t>(row.key)];
        place.paths.assign(row.paths.begin(), row.paths.end());
        place.otherwise = std::visit([](const auto& value) { return value_of(value); }, row.otherwise);
    }
    for (const ShippedMemoryLine& line : shipped.memory)
        family.memory.push_back({.name = std::string(line.name), .value = std::string(line.value), .when = line.when});
    family.code.repository = shipped.repository;
    family.code.branch = shipped.branch;
    family.code.configuration = shipped.configuration;
    for (const ShippedVariable& variable : shipped.variables)
        family.code.variables.push_back({.name = std::string(variable.name),
                                         .path = std::string(variable.path),
                                         .otherwise = std::string(variable.otherwise)});
    for (const ShippedEntry& entry : shipped.entries)
        family.code.entries.push_back({.program = std::string(entry.program),
                                       .folder = std::string(entry.folder),
                                       .word = std::string(entry.word)});
    for (const ShippedCondition& condition : shipped.when)
        definition.when.push_back({.paths = {condition.paths.begin(), condition.paths.end()},
                                   .test = condition.test,
                                   .text = std::string(condition.text)});
    return definition;
}

}  // namespace recipe::family
