// SPDX-License-Identifier: Apache-2.0
// Interpolation as OmegaConf does it, once per node and with bounded work. Internal to lib/config.
#pragma once

#include "config/interpolation/interpolation_ast.hpp"
#include "config/value/node_tree.hpp"
#include "diagnostic/codes/compose.hpp"

#include <expected>
#include <unordered_map>
#include <unordered_set>

namespace recipe::config {

/// Why something cannot be resolved. `culprit` is the node whose own text is at fault; others fail because they need
/// it.
struct Failure {
    enum class Kind : std::uint8_t {
        error,
        not_a_container,  // a path leads through a scalar: oc.select takes that for "not there"
    };

    DiagnosticCode code = codes::compose.interpolation;
    std::string message;
    std::string fix{};
    NodeTree::Id culprit = NodeTree::none;
    std::string source{};  // the interpolation at fault, as it stands in the culprit's text
    Kind kind = Kind::error;
};

/// A node of the tree that is no interpolation, or a value that a resolver made.
struct Result {
    NodeTree::Id node = NodeTree::none;
    Value value;
};

template <class T>
using Fallible = std::expected<T, Failure>;

struct ResolveOptions {
    const Environment* environment = nullptr;
    Value hydra;                  // what `hydra:` selects from
    bool alias_training = false;  // `training` at the top stands for `recipes`
};

inline constexpr int max_resolution_depth = 256;  // Python's own recursion limit ends such chains far earlier
/// The most that all copies of one resolution may come to.
inline constexpr std::size_t max_made_bytes = std::size_t{64} * 1024 * 1024;

class Resolver {
public:
    Resolver(const Value& root, ResolveOptions options);

    /// The whole tree with every interpolation replaced, or all that is wrong with it.
    Expected<Value> resolve_all(Diagnostics& notes);

    /// The node at a dotted path through interpolations, resolved; nullopt where OmegaConf.select says None: not there,
    /// or missing (???).
    Fallible<std::optional<Value>> select_value(std::string_view dotted_path);

    /// The map or list, as written, that an interpolation at a dotted path leads to; nullopt when it leads to none.
    std::optional<Value> select_container(std::string_view dotted_path);

    /// The path of the node that a dotted path leads to in the end; nullopt when it leads to none.
    std::optional<std::string> select_path(std::string_view dotted_path);

    // --- for the resolvers in resolvers.cpp ---

    struct Call {
        const interpolation::Interpolation& source;
        std::string name;
        std::vector<Result> arguments;
        NodeTree::Id node;       // whose text holds the call
        NodeTree::Id container;  // that it stands in
    };

    Fallible<std::optional<Result>> select(NodeTree::Id container, std::string_view key, bool refuse_missing);
    /// The same for a key that counts from the root, or from `container` when it begins with a dot.
    Fallible<std::optional<Result>> select_absolute(NodeTree::Id container, std::string_view key, bool refuse_missing);
    Fallible<Result> evaluate_element(const interpolation::Element& element, NodeTree::Id node, NodeTree::Id container);
    Fallible<Value> materialize(const Result& result);
    Fallible<Result> resolve_node(NodeTree::Id id);
    [[nodiscard]] const Value& plain(const Result& result) const;
    [[nodiscard]] NodeTree& tree() { return tree_; }
    [[nodiscard]] const ResolveOptions& options() const { return options_; }
    [[nodiscard]] NodeTree::Id hydra() const { return hydra_; }
    void note(NodeTree::Id node, std::string message);
    [[nodiscard]] std::unexpected<Failure> fail(std::string message,
                                                DiagnosticCode code = codes::compose.interpolation) const;

private:
    enum class State : std::uint8_t { open, in_progress, done, failed };
    struct Outcome {
        State state = State::open;
        Result result;
        Failure failure;
    };

    NodeTree::Id with_launcher_model(NodeTree::Id recipes);
    Fallible<Result> evaluate_text(const interpolation::Text& text, NodeTree::Id node, NodeTree::Id container);
    Fallible<std::string> join(const interpolation::Parts& parts, NodeTree::Id node, NodeTree::Id container);
    Fallible<Result> evaluate(const interpolation::Interpolation& source, NodeTree::Id node, NodeTree::Id container);
    Fallible<std::string> evaluate_path(const interpolation::Interpolation& source, NodeTree::Id node,
                                        NodeTree::Id container);
    Fallible<Result> evaluate_reference(const interpolation::Interpolation& source, NodeTree::Id node,
                                        NodeTree::Id container);
    [[nodiscard]] std::optional<NodeTree::Id> follow(NodeTree::Id id) const;
    Fallible<Result> resolve_text_of(NodeTree::Id id);
    Fallible<Value> materialize_node(NodeTree::Id id, int depth);
    Fallible<std::optional<NodeTree::Id>> step(NodeTree::Id container, std::string_view key, bool refuse_missing);
    [[nodiscard]] bool leads_somewhere(const std::string& key);
    std::unexpected<Failure> missing_key(const interpolation::Interpolation& source, NodeTree::Id container,
                                         const std::string& key);
    [[nodiscard]] std::unexpected<Failure> cycle_through(NodeTree::Id id) const;
    /// The subtree resolved; nullopt: it holds no interpolation.
    std::optional<Value> rebuild(NodeTree::Id id, std::vector<NodeTree::Id>& failed);
    Diagnostics describe_failures(const std::vector<NodeTree::Id>& failed) const;

    NodeTree tree_;
    ResolveOptions options_;
    NodeTree::Id root_ = NodeTree::none;
    NodeTree::Id hydra_ = NodeTree::none;
    std::size_t static_nodes_ = 0;  // nodes of the configuration itself
    std::unordered_map<NodeTree::Id, Outcome> outcomes_;
    std::vector<NodeTree::Id> in_progress_;       // interpolations being resolved, outermost first
    std::unordered_set<NodeTree::Id> expanding_;  // containers being copied to where an interpolation names them
    std::size_t copied_nodes_ = 0;
    std::size_t made_bytes_ = 0;
    int depth_ = 0;
    Diagnostics notes_;
};

/// Calls a resolver by name: oc.env, oc.select, multiply, hydra, ...
[[nodiscard]] Fallible<Result> call_resolver(Resolver& resolver, Resolver::Call& call);

/// OmegaConf's split_key: "a.b[c]" -> a, b, c.
[[nodiscard]] std::vector<std::string_view> split_key(std::string_view key);

}  // namespace recipe::config
