// SPDX-License-Identifier: Apache-2.0
// Copies of what interpolations name, and the resolution of a whole tree.
#include "config/interpolation/resolver.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_copied_nodes = 500'000;

/// Roughly the memory of a value, in bytes.
std::size_t weight(const Value& value) {
    std::size_t bytes = 64;
    if (const std::string* text = value.as_string()) bytes += text->size();
    for (const Value& item : value.items()) bytes += weight(item);
    for (const Entry& entry : value.entries()) bytes += weight(entry.key) + weight(entry.value);
    return bytes;
}

}  // namespace

// --- copies of what interpolations name ------------------------------------------------------------------------------

Fallible<Value> Resolver::materialize(const Result& result) {
    if (result.node == NodeTree::none) {
        made_bytes_ += weight(result.value);
        if (made_bytes_ > max_made_bytes)
            return fail("the values that interpolations make are too large", codes::compose.too_large);
        return result.value;
    }
    return materialize_node(result.node, 0);
}

Fallible<Value> Resolver::materialize_node(NodeTree::Id id, int depth) {
    const Value& value = tree_.value(id);
    if (++copied_nodes_ > max_copied_nodes || depth > max_resolution_depth)
        return fail("what interpolations name grows too large when it is copied to its place",
                    codes::compose.too_large);
    if (is_interpolation(value)) {
        auto result = resolve_node(id);
        if (!result) return std::unexpected(std::move(result.error()));
        if (result->node == NodeTree::none) return materialize(*result);
        return materialize_node(result->node, depth + 1);
    }
    if (!is_container(value)) return value;
    if (!expanding_.insert(id).second)
        return fail(fmt::format("`{}` contains itself through interpolations", tree_.path(id)), codes::compose.cycle);
    Value copy = value.is_map() ? Value::map() : Value::list();
    copy.set_position(value.position());
    std::optional<Failure> failure;
    for (std::size_t i = 0; i < value.size() && !failure; ++i) {
        auto child = materialize_node(tree_.child(id, i), depth + 1);
        if (!child) {
            failure = std::move(child.error());
        } else if (value.is_map()) {
            copy.set(value.entries()[i].key, std::move(*child));
        } else {
            copy.push_back(std::move(*child));
        }
    }
    expanding_.erase(id);
    if (failure) return std::unexpected(std::move(*failure));
    return copy;
}

// --- the whole tree --------------------------------------------------------------------------------------------------

std::optional<Value> Resolver::rebuild(NodeTree::Id id, std::vector<NodeTree::Id>& failed) {
    const Value& value = tree_.value(id);
    if (is_interpolation(value)) {
        auto result = resolve_node(id);
        Fallible<Value> copy = result ? materialize(*result) : std::unexpected(result.error());
        if (copy) {
            copy->set_position(value.position());
            return std::move(*copy);
        }
        if (result) {
            // What it names exists, but not all of what that holds.
            Outcome& outcome = outcomes_[id];
            outcome.state = State::failed;
            outcome.failure = copy.error();
            if (outcome.failure.culprit == NodeTree::none || outcome.failure.culprit >= static_nodes_)
                outcome.failure.culprit = id;
        }
        failed.push_back(id);
        return Value();
    }
    // What holds no interpolation stays shared with the tree.
    if (!is_container(value)) return std::nullopt;
    std::optional<Value> copy;
    const auto children = [&](std::size_t count, const auto& child_of) {
        for (std::size_t i = 0; i < count; ++i) {
            std::optional<Value> child = rebuild(tree_.child(id, i), failed);
            if (!child) continue;
            if (!copy) copy = value;
            child_of(*copy, i) = std::move(*child);
        }
    };
    children(value.items().size(), [](Value& list, std::size_t i) -> Value& { return list.items_mutable()[i]; });
    children(value.entries().size(),
             [](Value& map, std::size_t i) -> Value& { return ValueAccess::entries(map)[i].value; });
    return copy;
}

Expected<Value> Resolver::resolve_all(Diagnostics& notes) {
    std::vector<NodeTree::Id> failed;
    Value resolved = rebuild(root_, failed).value_or(tree_.value(root_));
    append(notes, std::move(notes_));
    notes_.clear();
    if (!failed.empty()) return std::unexpected(describe_failures(failed));
    if (options_.alias_training) {
        if (const Value* recipes = resolved.find("recipes")) resolved.set(Value::string("training"), Value(*recipes));
    }
    return resolved;
}

}  // namespace recipe::config
