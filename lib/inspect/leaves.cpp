// SPDX-License-Identifier: Apache-2.0
// The leaves of a configuration with their paths.
#include "inspect/inspect.hpp"

#include "slurm_text/shown_text.hpp"

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
    const std::string text = slurm_text::replace_control(config::to_python_text(key), '?');
    return text.contains('.') && key.is_string() ? "'" + text + "'" : text;
}

std::vector<Leaf> leaves(const Value& root, const std::string& prefix) {
    std::vector<Leaf> found;
    collect(root, prefix, found);
    return found;
}

}  // namespace recipe::inspect
