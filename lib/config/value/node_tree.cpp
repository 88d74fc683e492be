// SPDX-License-Identifier: Apache-2.0
// A configuration with links from each node to its parent, for interpolation.
#include "config/value/node_tree.hpp"

#include <fmt/format.h>

namespace recipe::config {

NodeTree::Id NodeTree::add_below(const Value& root, Id parent) {
    const Id first = static_cast<Id>(nodes_.size());
    nodes_.push_back({&root, parent, none, 0});
    // Breadth first: the children of one node stand side by side, so that a child's id follows from its position.
    for (Id id = first; id < nodes_.size(); ++id) {
        const Value& value = *nodes_[id].value;
        nodes_[id].first_child = static_cast<Id>(nodes_.size());
        if (!value.is_map() && !value.is_list()) continue;
        Id position = 0;
        for (const Value& item : value.items()) nodes_.push_back({&item, id, none, position++});
        for (const Entry& entry : value.entries()) nodes_.push_back({&entry.value, id, none, position++});
    }
    return first;
}

NodeTree::Id NodeTree::add(const Value& root) {
    return add_below(root, none);
}

NodeTree::Id NodeTree::adopt(Value root, Id parent) {
    adopted_.push_back(std::move(root));
    return add_below(adopted_.back(), parent);
}

NodeTree::Id NodeTree::root_of(Id id) const {
    while (nodes_[id].parent != none) id = nodes_[id].parent;
    return id;
}

NodeTree::Id NodeTree::find(Id map, std::string_view key) const {
    if (aliased_ != none && key == alias_ && map == nodes_[aliased_].parent) return aliased_;
    const std::size_t position = ValueAccess::find(value(map), key);
    return position == ValueAccess::npos ? none : child(map, position);
}

void NodeTree::set_alias(std::string name, Id node) {
    alias_ = std::move(name);
    aliased_ = node;
}

std::string NodeTree::path(Id id) const {
    std::string path;
    for (; nodes_[id].parent != none; id = nodes_[id].parent) {
        const Value& container = value(nodes_[id].parent);
        const Id position = nodes_[id].position;
        std::string step;
        if (container.is_list()) {
            step = position < container.size() ? fmt::format("[{}]", position) : "";
        } else if (position < container.size() && &container.entries()[position].value == nodes_[id].value) {
            step = to_python_text(container.entries()[position].key);
        }
        const bool dot = !path.empty() && path.front() != '[' && !step.empty();
        path = step + (dot ? "." : "") + path;
    }
    return path;
}

bool NodeTree::is_same_or_ancestor(Id ancestor, Id id) const {
    for (; id != none; id = nodes_[id].parent)
        if (id == ancestor) return true;
    return false;
}

}  // namespace recipe::config
