// SPDX-License-Identifier: Apache-2.0
// The leaves of a configuration with their paths.
#include "inspect/inspect.hpp"

#include <algorithm>

namespace recipe::inspect {
namespace {

using config::Value;

void collect(const Value& value, const std::string& path, std::vector<Leaf>& found) {
    if (!value.is_map() || value.size() == 0) {
        found.push_back({path, &value});
        return;
    }
    for (const config::Entry& entry : value.entries()) {
        const std::string key = path_step(entry.key);
        collect(entry.value, path.empty() ? key : path + '.' + key, found);
    }
}

}  // namespace

std::string path_step(const Value& key) {
    std::string text = config::to_python_text(key);
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    return text.contains('.') && key.is_string() ? "'" + text + "'" : text;
}

std::vector<Leaf> leaves(const Value& root, const std::string& prefix) {
    std::vector<Leaf> found;
    collect(root, prefix, found);
    return found;
}

}  // namespace recipe::inspect
