// SPDX-License-Identifier: Apache-2.0
// How a user types a key of a configuration.
#include "config/value/value.hpp"

namespace recipe::config {
namespace {

constexpr std::string_view recipes = "recipes.";

}  // namespace

std::string typed_key(const Value& root, std::string_view path) {
    if (!path.starts_with(recipes)) return std::string(path);
    const std::string_view rest = path.substr(recipes.size());
    return std::string(root.at(rest) == nullptr ? rest : path);
}

std::string full_key(const Value& root, std::string_view typed) {
    if (root.at(typed) == nullptr)
        if (std::string path = std::string(recipes) + std::string(typed); root.at(path) != nullptr) return path;
    return std::string(typed);
}

}  // namespace recipe::config
