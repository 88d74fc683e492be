// SPDX-License-Identifier: Apache-2.0
// What the resolver says of an interpolation that leads nowhere, and of all that fails with it.
#include "config/interpolation/resolver.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_problems = 50;
constexpr std::size_t max_dependents = 3;

/// Where the interpolation at fault stands in the line that its value stands in.
Source source_of(const Value& value, const std::string& interpolation) {
    const Position& position = value.position();
    if (!position.origin || interpolation.empty()) return position.source();
    const std::string_view line = line_of(position.origin->text, std::max(position.line, 1));
    const std::size_t found = line.find(interpolation, static_cast<std::size_t>(std::max(position.column - 1, 0)));
    if (found == std::string_view::npos) return position.source();
    return Position{position.origin, position.line, static_cast<int>(found) + 1}.source();
}

/// What to write there instead: of an override the whole of it, which is typed again.
std::string fix_at(const Value& value, const Failure& failure) {
    const Position& position = value.position();
    if (failure.fix.empty() || !position.origin || position.line != 0) return failure.fix;
    std::string typed = position.origin->text;
    const std::size_t found = typed.find(failure.source);
    if (found == std::string::npos) return {};
    return typed.replace(found, failure.source.size(), failure.fix);
}

}  // namespace

std::unexpected<Failure> Resolver::cycle_through(NodeTree::Id id) const {
    std::string chain;
    bool inside = false;
    for (const NodeTree::Id other : in_progress_) {
        inside = inside || other == id;
        if (inside) chain += fmt::format("`{}` -> ", tree_.path(other));
    }
    Failure failure{
        .code = codes::compose.cycle, .message = fmt::format("a cycle: {}`{}`", chain, tree_.path(id)), .culprit = id};
    return std::unexpected(std::move(failure));
}

bool Resolver::leads_somewhere(const std::string& key) {
    const auto found = select(root_, key, false);
    return found && *found;
}

/// Says which step of a path leads nowhere, and which keys there are instead.
std::unexpected<Failure> Resolver::missing_key(const interpolation::Interpolation& source, NodeTree::Id container,
                                               const std::string& key) {
    std::string_view rest = key;
    if (!rest.starts_with('.')) {
        container = tree_.root_of(container);
    } else {
        rest.remove_prefix(1);
        for (; rest.starts_with('.'); rest.remove_prefix(1)) container = tree_.parent(container);
    }
    std::string_view missing = rest;
    for (const std::string_view name : split_key(rest)) {
        missing = name;
        const auto child = step(container, name, false);
        if (!child || !*child) break;
        const auto result = resolve_node(**child);
        if (!result || result->node == NodeTree::none) break;
        container = result->node;
    }
    std::vector<std::string> names;
    for (const Entry& entry : tree_.value(container).entries())
        if (const std::string* name = entry.key.as_string()) names.push_back(*name);
    const std::string place = tree_.path(container);
    Failure failure;
    failure.source = source.source;
    failure.message = fmt::format("`{}`: no such key: `{}` has no `{}`", quotable(source.source),
                                  place.empty() ? "the configuration" : place, quotable(missing));
    // What an override may leave out, an interpolation has to say.
    if (!key.starts_with('.') && container == root_)
        if (const std::string full = "recipes." + key; leads_somewhere(full)) {
            failure.message += fmt::format("; the recipe's own is `{}`", quotable(full));
            failure.fix = source.source;
            if (const std::size_t at = failure.fix.find(key); at != std::string::npos)
                failure.fix.replace(at, key.size(), full);
            return std::unexpected(std::move(failure));
        }
    if (tree_.value(container).is_list())
        failure.message = fmt::format("`{}`: the list `{}` has {} items", quotable(source.source), place,
                                      tree_.value(container).size());
    if (const auto close = nearest(missing, names, 1); !close.empty()) {
        failure.message += fmt::format("; did you mean `{}`?", close.front());
        std::string better = source.source;
        if (const std::size_t at = better.rfind(missing); at != std::string::npos) {
            better.replace(at, missing.size(), close.front());
            failure.fix = std::move(better);
        }
    }
    return std::unexpected(std::move(failure));
}

/// One diagnostic for each node at fault; those that only need it are named in it.
Diagnostics Resolver::describe_failures(const std::vector<NodeTree::Id>& failed) const {
    Diagnostics problems;
    std::unordered_map<NodeTree::Id, std::size_t> place;
    std::unordered_map<NodeTree::Id, std::vector<std::string>> dependents;
    std::size_t more = 0;
    for (const NodeTree::Id id : failed) {
        const Failure& failure = outcomes_.at(id).failure;
        if (failure.culprit != id) dependents[failure.culprit].push_back(tree_.path(id));
        if (place.contains(failure.culprit)) continue;
        if (problems.size() >= max_problems) {
            ++more;
            continue;
        }
        place.emplace(failure.culprit, problems.size());
        problems.push_back({.code = failure.code,
                            .key = tree_.path(failure.culprit),
                            .source = source_of(tree_.value(failure.culprit), failure.source),
                            .message = failure.message,
                            .fix = fix_at(tree_.value(failure.culprit), failure)});
    }
    for (const auto& [culprit, names] : dependents) {
        const auto found = place.find(culprit);
        if (found == place.end()) continue;
        std::string& message = problems[found->second].message;
        for (std::size_t i = 0; i < std::min(names.size(), max_dependents); ++i)
            message += fmt::format("{}`{}`", i == 0 ? "; needed by " : ", ", names[i]);
        if (names.size() > max_dependents) message += fmt::format(" and {} more", names.size() - max_dependents);
    }
    if (more > 0) problems.back().message += fmt::format(" (and {} problems more)", more);
    return problems;
}

}  // namespace recipe::config
