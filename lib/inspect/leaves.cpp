#include "inspect/inspect.hpp"

namespace recipe::inspect {
namespace {

using config::Value;

void collect(const Value& value, const std::string& path, std::vector<Leaf>& found) {
    if (!value.is_map() || value.size() == 0) {
        found.push_back({path, &value});
        return;
    }
    for (const config::Entry& entry : value.entries()) {
        const std::string key = config::to_python_text(entry.key);
        collect(entry.value, path.empty() ? key : path + '.' + key, found);
    }
}

}  // namespace

std::vector<Leaf> leaves(const Value& root, const std::string& prefix) {
    std::vector<Leaf> found;
    collect(root, prefix, found);
    return found;
}

}  // namespace recipe::inspect
