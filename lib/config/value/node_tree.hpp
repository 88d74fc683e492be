// SPDX-License-Identifier: Apache-2.0
// A Value tree with parents: what relative interpolation needs and Value does not have. Internal to lib/config.
#pragma once

#include "config/value/value_data.hpp"

#include <deque>

namespace recipe::config {

class NodeTree {
public:
    using Id = std::uint32_t;
    static constexpr Id none = static_cast<Id>(-1);

    /// Nodes of a tree that stays as it is, and where it is, as long as this lives. Returns the id of its root.
    Id add(const Value& root);
    /// Nodes of a tree made on the way, for example by oc.create: it stands under `parent` without being its child.
    Id adopt(Value root, Id parent);

    [[nodiscard]] const Value& value(Id id) const { return *nodes_[id].value; }
    [[nodiscard]] Id parent(Id id) const { return nodes_[id].parent; }
    [[nodiscard]] Id child(Id id, std::size_t position) const {
        return nodes_[id].first_child + static_cast<Id>(position);
    }
    [[nodiscard]] Id root_of(Id id) const;
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

    /// A map's child by key, with the alias (see set_alias); none when there is none.
    [[nodiscard]] Id find(Id map, std::string_view key) const;

    /// Lets `name` at the top of the tree of `node` stand for `node`: `training` for `recipes`.
    void set_alias(std::string name, Id node);

    /// "recipes.optim.betas[0]"
    [[nodiscard]] std::string path(Id id) const;
    [[nodiscard]] bool is_same_or_ancestor(Id ancestor, Id id) const;

private:
    struct Node {
        const Value* value;
        Id parent;
        Id first_child;
        Id position;  // among its parent's children
    };

    Id add_below(const Value& root, Id parent);

    std::vector<Node> nodes_;
    std::deque<Value> adopted_;
    std::string alias_;
    Id aliased_ = none;
};

}  // namespace recipe::config
