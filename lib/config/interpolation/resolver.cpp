// SPDX-License-Identifier: Apache-2.0
// Replaces interpolations by what they refer to.
#include "config/interpolation/resolver.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/python/python_number.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::config {
namespace {

struct DepthGuard {
    int& depth;
    explicit DepthGuard(int& counter) : depth(counter) { ++depth; }
    ~DepthGuard() { --depth; }
    DepthGuard(const DepthGuard&) = delete;
    DepthGuard& operator=(const DepthGuard&) = delete;
};

}  // namespace

std::vector<std::string_view> split_key(std::string_view key) {
    std::vector<std::string_view> parts;
    const std::size_t head = std::min(key.find_first_of(".["), key.size());
    if (head > 0 || !key.starts_with('[')) parts.push_back(key.substr(0, head));
    key.remove_prefix(head);
    while (!key.empty()) {
        if (key.front() == '.') {
            const std::size_t end = std::min(key.find_first_of(".[", 1), key.size());
            parts.push_back(key.substr(1, end - 1));
            key.remove_prefix(end);
        } else if (const std::size_t close = key.find(']'); key.front() == '[' && close != std::string_view::npos) {
            parts.push_back(key.substr(1, close - 1));
            key.remove_prefix(close + 1);
        } else {
            key.remove_prefix(1);
        }
    }
    return parts;
}

Resolver::Resolver(const Value& root, ResolveOptions options) : options_(std::move(options)) {
    root_ = tree_.add(root);
    static_nodes_ = tree_.size();
    if (options_.alias_training) {
        if (const NodeTree::Id recipes = tree_.find(root_, "recipes"); recipes != NodeTree::none)
            tree_.set_alias("training", with_launcher_model(recipes));
    }
    hydra_ = tree_.add(options_.hydra);
}

/// HyperPod's launcher gives its copy of a recipe without a `model` one.
NodeTree::Id Resolver::with_launcher_model(NodeTree::Id recipes) {
    const Value& recipe = tree_.value(recipes);
    const Value* given = recipe.find("model");
    if (!recipe.is_map() || (given != nullptr && !given->is_null())) return recipes;
    Value copy = recipe;
    Value model = Value::map();
    model.set(Value::string("ub_tp_comm_overlap"), Value::boolean(false));
    copy.set(Value::string("model"), std::move(model));
    return tree_.adopt(std::move(copy), root_);
}

std::unexpected<Failure> Resolver::fail(std::string message, DiagnosticCode code) const {
    return std::unexpected(Failure{.code = code, .message = std::move(message)});
}

const Value& Resolver::plain(const Result& result) const {
    return result.node == NodeTree::none ? result.value : tree_.value(result.node);
}

void Resolver::note(NodeTree::Id node, std::string message) {
    notes_.push_back({.code = codes::compose.deprecated,
                      .key = tree_.path(node),
                      .source = tree_.value(node).position().source(),
                      .message = std::move(message)});
}

// --- paths -----------------------------------------------------------------------------------------------------------

Fallible<std::optional<NodeTree::Id>> Resolver::step(NodeTree::Id container, std::string_view key,
                                                     bool refuse_missing) {
    NodeTree::Id child = NodeTree::none;
    if (tree_.value(container).is_list()) {
        const auto index = python_int(key);
        if (!index)
            return fail(fmt::format("`{}` is no index into the list `{}`", quotable(key), tree_.path(container)));
        const auto position = index->to_int64();
        if (position && *position >= 0 && static_cast<std::size_t>(*position) < tree_.value(container).size())
            child = tree_.child(container, static_cast<std::size_t>(*position));
    } else {
        child = tree_.find(container, key);
    }
    if (child == NodeTree::none) return std::optional<NodeTree::Id>{};
    if (refuse_missing && is_missing(tree_.value(child)))
        return fail(fmt::format("`{}` is ???, a value that has to be given", tree_.path(child)),
                    codes::compose.missing_value);
    return child;
}

Fallible<std::optional<Result>> Resolver::select(NodeTree::Id container, std::string_view key, bool refuse_missing) {
    if (key.empty()) return Result{.node = container};
    const auto steps = split_key(key);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto child = step(container, steps[i], refuse_missing);
        if (!child) return std::unexpected(std::move(child.error()));
        if (!*child) return std::optional<Result>{};
        auto result = resolve_node(**child);
        if (!result) return std::unexpected(std::move(result.error()));
        if (i + 1 == steps.size()) return std::move(*result);
        const Value& value = plain(*result);
        if (result->node == NodeTree::none || !is_container(value)) {
            Failure failure = fail(fmt::format("`{}` is {} and holds no `{}`", tree_.path(**child),
                                               describe(value.kind()), quotable(steps[i + 1])))
                                  .error();
            failure.kind = Failure::Kind::not_a_container;
            return std::unexpected(std::move(failure));
        }
        container = result->node;
    }
    return std::optional<Result>{};
}

Fallible<std::optional<Result>> Resolver::select_absolute(NodeTree::Id container, std::string_view key,
                                                          bool refuse_missing) {
    if (!key.starts_with('.')) return select(tree_.root_of(container), key, refuse_missing);
    key.remove_prefix(1);
    while (key.starts_with('.')) {
        key.remove_prefix(1);
        container = tree_.parent(container);
        if (container == NodeTree::none) return fail("more dots than there are levels above");
    }
    return select(container, key, refuse_missing);
}

Fallible<std::optional<Value>> Resolver::select_value(std::string_view dotted_path) {
    auto found = select(root_, dotted_path, false);
    if (!found && found.error().kind == Failure::Kind::not_a_container) return std::optional<Value>{};
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found || is_missing(plain(**found))) return std::optional<Value>{};
    auto value = materialize(**found);
    if (!value) return std::unexpected(std::move(value.error()));
    return std::optional(std::move(*value));
}

std::optional<Value> Resolver::select_container(std::string_view dotted_path) {
    const auto found = select(root_, dotted_path, false);
    if (!found || !*found || (*found)->node == NodeTree::none) return std::nullopt;
    const Value& value = plain(**found);
    if (!is_container(value)) return std::nullopt;
    return ValueAccess::unshared(value);
}

std::optional<std::string> Resolver::select_path(std::string_view dotted_path) {
    const auto found = select(root_, dotted_path, false);
    if (!found || !*found || (*found)->node >= static_nodes_) return std::nullopt;
    return tree_.path((*found)->node);
}

// --- one node --------------------------------------------------------------------------------------------------------

/// Where a plain reference leads, when all on its way stands in the tree as it is; nullopt: the whole evaluation tells.
std::optional<NodeTree::Id> Resolver::follow(NodeTree::Id id) const {
    const auto reference = interpolation::plain_reference(*tree_.value(id).as_string());
    if (!reference) return std::nullopt;
    NodeTree::Id node = tree_.root_of(id);
    for (std::string_view rest = *reference; !rest.empty();) {
        const std::size_t dot = std::min(rest.find('.'), rest.size());
        node = tree_.find(node, rest.substr(0, dot));
        if (node == NodeTree::none) return std::nullopt;
        if (const std::string* text = tree_.value(node).as_string();
            text != nullptr && (*text == "???" || interpolation::has_interpolation(*text)))
            return std::nullopt;
        rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    const NodeTree::Id container = tree_.parent(id) == NodeTree::none ? id : tree_.parent(id);
    return tree_.is_same_or_ancestor(node, container) ? std::nullopt : std::optional(node);
}

Fallible<Result> Resolver::resolve_node(NodeTree::Id id) {
    if (!is_interpolation(tree_.value(id))) return Result{.node = id};
    if (const auto known = outcomes_.find(id); known != outcomes_.end()) {
        switch (known->second.state) {
            case State::done:
                return known->second.result;
            case State::failed:
                return std::unexpected(known->second.failure);
            case State::in_progress:
                return cycle_through(id);
            case State::open:
                break;
        }
    }
    // Two levels: the node's and the interpolation's.
    if (const auto node = depth_ + 2 <= max_resolution_depth ? follow(id) : std::nullopt) return Result{.node = *node};
    const DepthGuard guard(depth_);
    if (depth_ > max_resolution_depth)
        return fail("interpolations lead to one another in too long a chain", codes::compose.too_large);
    outcomes_[id].state = State::in_progress;
    in_progress_.push_back(id);
    auto result = resolve_text_of(id);
    in_progress_.pop_back();
    Outcome& outcome = outcomes_[id];
    if (result) {
        outcome.state = State::done;
        outcome.result = *result;
        return result;
    }
    // A node made on the way is nobody's to mend: the one in the configuration that made it is.
    if (result.error().culprit == NodeTree::none || result.error().culprit >= static_nodes_)
        result.error().culprit = id;
    result.error().kind = Failure::Kind::error;  // the path led here; what is wrong is what stands here
    outcome.state = State::failed;
    outcome.failure = result.error();
    return result;
}

Fallible<Result> Resolver::resolve_text_of(NodeTree::Id id) {
    const std::string& text = *tree_.value(id).as_string();
    const auto parsed = interpolation::parse_text(text);
    if (!parsed) {
        Failure failure;
        failure.message = describe(parsed.error());
        failure.source = text.substr(std::min(parsed.error().position, text.size()));
        return std::unexpected(std::move(failure));
    }
    const NodeTree::Id container = tree_.parent(id) == NodeTree::none ? id : tree_.parent(id);
    return evaluate_text(*parsed, id, container);
}

// --- evaluation ------------------------------------------------------------------------------------------------------

Fallible<Result> Resolver::evaluate_text(const interpolation::Text& text, NodeTree::Id node, NodeTree::Id container) {
    if (text.parts.size() == 1 && text.parts.front().interpolation)
        return evaluate(*text.parts.front().interpolation, node, container);
    auto joined = join(text.parts, node, container);
    if (!joined) return std::unexpected(std::move(joined.error()));
    return Result{.value = Value::string(std::move(*joined))};
}

Fallible<std::string> Resolver::join(const interpolation::Parts& parts, NodeTree::Id node, NodeTree::Id container) {
    std::string joined;
    for (const interpolation::Part& part : parts) {
        if (!part.interpolation) {
            joined += part.text;
        } else {
            auto result = evaluate(*part.interpolation, node, container);
            if (!result) return std::unexpected(std::move(result.error()));
            const std::size_t before = joined.size();
            joined += to_python_text(plain(*result));
            made_bytes_ += joined.size() - before;
        }
        if (made_bytes_ > max_made_bytes || joined.size() > max_made_bytes)
            return fail("the text that this makes is too long", codes::compose.too_large);
    }
    return joined;
}

Fallible<Result> Resolver::evaluate(const interpolation::Interpolation& source, NodeTree::Id node,
                                    NodeTree::Id container) {
    const DepthGuard guard(depth_);
    if (depth_ > max_resolution_depth)
        return fail("interpolations lead to one another in too long a chain", codes::compose.too_large);
    const auto blame = [&source](Fallible<Result> result) {
        if (!result) result.error().kind = Failure::Kind::error;
        if (!result && result.error().culprit == NodeTree::none && result.error().source.empty()) {
            result.error().message = fmt::format("`{}`: {}", quotable(source.source), result.error().message);
            result.error().source = source.source;
        }
        return result;
    };
    if (!source.is_resolver) return blame(evaluate_reference(source, node, container));
    auto name = evaluate_path(source, node, container);
    if (!name) return std::unexpected(std::move(name.error()));
    Call call{.source = source, .name = std::move(*name), .arguments = {}, .node = node, .container = container};
    for (const interpolation::Element& argument : source.arguments) {
        auto value = evaluate_element(argument, node, container);
        if (!value) return value;
        call.arguments.push_back(std::move(*value));
    }
    return blame(call_resolver(*this, call));
}

Fallible<std::string> Resolver::evaluate_path(const interpolation::Interpolation& source, NodeTree::Id node,
                                              NodeTree::Id container) {
    std::string path;
    for (const interpolation::Part& part : source.path) {
        if (!part.interpolation) {
            path += part.text;
            continue;
        }
        auto result = evaluate(*part.interpolation, node, container);
        if (!result) return std::unexpected(std::move(result.error()));
        const std::string* text = plain(*result).as_string();
        if (!text) {
            Failure failure = fail(fmt::format("`{}` stands for a key, which has to be a string; it is {}",
                                               quotable(part.interpolation->source), describe(plain(*result).kind())))
                                  .error();
            failure.source = part.interpolation->source;
            return std::unexpected(std::move(failure));
        }
        path += *text;
        if (path.size() > max_made_bytes) return fail("the key that this makes is too long", codes::compose.too_large);
    }
    return path;
}

Fallible<Result> Resolver::evaluate_reference(const interpolation::Interpolation& source, NodeTree::Id node,
                                              NodeTree::Id container) {
    auto key = evaluate_path(source, node, container);
    if (!key) return std::unexpected(std::move(key.error()));
    auto found = select_absolute(container, *key, true);
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return missing_key(source, container, *key);
    if ((*found)->node != NodeTree::none && tree_.is_same_or_ancestor((*found)->node, container))
        return fail(fmt::format("`{}` holds the very value that refers to it", tree_.path((*found)->node)),
                    codes::compose.cycle);
    return std::move(**found);
}

Fallible<Result> Resolver::evaluate_element(const interpolation::Element& element, NodeTree::Id node,
                                            NodeTree::Id container) {
    using Kind = interpolation::Element::Kind;
    switch (element.kind) {
        case Kind::scalar:
            return Result{.value = element.scalar};
        case Kind::interpolation:
            return evaluate(*element.parts.front().interpolation, node, container);
        case Kind::text:
        case Kind::quoted: {
            auto joined = join(element.parts, node, container);
            if (!joined) return std::unexpected(std::move(joined.error()));
            return Result{.value = Value::string(std::move(*joined))};
        }
        case Kind::list:
        case Kind::map:
            break;
    }
    Value value = element.kind == Kind::list ? Value::list() : Value::map();
    const auto evaluate_inner = [&](const interpolation::Element& inner) -> Fallible<Value> {
        auto result = evaluate_element(inner, node, container);
        if (!result) return std::unexpected(std::move(result.error()));
        return materialize(*result);
    };
    for (const interpolation::Element& item : element.items) {
        auto inner = evaluate_inner(item);
        if (!inner) return std::unexpected(std::move(inner.error()));
        value.push_back(std::move(*inner));
    }
    for (const auto& [key, item] : element.entries) {
        auto inner = evaluate_inner(item);
        if (!inner) return std::unexpected(std::move(inner.error()));
        value.set(key, std::move(*inner));
    }
    return Result{.value = std::move(value)};
}

}  // namespace recipe::config
