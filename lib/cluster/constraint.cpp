// SPDX-License-Identifier: Apache-2.0
// Reads --constraint into alternatives of features.
#include "cluster/cluster.hpp"

#include <algorithm>

namespace recipe::cluster {
namespace {

// A constraint of more alternatives is not evaluated: multiplying out "(a|b)&(c|d)&…" doubles them with each pair.
constexpr std::size_t max_terms = 64;
constexpr std::size_t longest = 1024;  // Slurm refuses longer ones
constexpr int deepest = 16;

using Alternatives = std::vector<std::vector<std::string>>;

/// features := and { '|' and };  and := unit { ('&' | ',') unit };  unit := '(' features ')' | '[' features ']' | name
/// [ '*' count ]
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    /// nullopt: something that we do not know, or too much of it.
    std::optional<Alternatives> parse() {
        Alternatives all = alternatives(0);
        if (failed_ || at_ != text_.size()) return std::nullopt;
        return all;
    }

private:
    Alternatives alternatives(int depth) {
        Alternatives any = conjunction(depth);
        while (!failed_ && take('|')) {
            Alternatives more = conjunction(depth);
            any.insert(any.end(), more.begin(), more.end());
            if (any.size() > max_terms) failed_ = true;
        }
        return any;
    }

    Alternatives conjunction(int depth) {
        Alternatives all = unit(depth);
        while (!failed_ && (take('&') || take(','))) {
            const Alternatives more = unit(depth);
            Alternatives product;
            for (const auto& left : all)
                for (const auto& right : more) {
                    product.push_back(left);
                    product.back().insert(product.back().end(), right.begin(), right.end());
                }
            all = std::move(product);
            if (all.size() > max_terms) failed_ = true;
        }
        return all;
    }

    Alternatives unit(int depth) {
        if (depth > deepest) failed_ = true;
        if (failed_) return {};
        for (const auto& [open, close] : {std::pair('(', ')'), std::pair('[', ']')}) {
            if (!take(open)) continue;
            Alternatives inside = alternatives(depth + 1);
            if (!take(close)) failed_ = true;
            if (count()) return {{}};
            return inside;
        }
        const std::size_t begin = at_;
        while (at_ < text_.size() && std::string_view("&|,()[]*").find(text_[at_]) == std::string_view::npos) ++at_;
        if (at_ == begin) failed_ = true;
        std::string name(text_.substr(begin, at_ - begin));
        // "a*2&b*4": some nodes have a and others b, so that no node has to have either.
        if (count()) return {{}};
        return {{std::move(name)}};
    }

    bool count() {
        if (!take('*')) return false;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        return true;
    }

    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

}  // namespace

Constraint Constraint::parse(std::string_view text) {
    Constraint constraint;
    if (text.empty() || text.size() > longest) return constraint;
    auto alternatives = Parser(text).parse();
    if (!alternatives) return constraint;
    for (auto& all : *alternatives) constraint.any_.push_back({std::move(all)});
    return constraint;
}

bool Constraint::satisfied_by(const std::vector<std::string>& sorted_features) const {
    if (any_.empty()) return true;
    return std::ranges::any_of(any_, [&](const Term& term) {
        return std::ranges::all_of(
            term.all, [&](const std::string& feature) { return std::ranges::binary_search(sorted_features, feature); });
    });
}

}  // namespace recipe::cluster
