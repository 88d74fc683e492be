// What PyYAML refuses and yaml-cpp lets pass. Internal to lib/config.
#pragma once

#include "config/config.hpp"

namespace recipe::config {

/// Invalid UTF-8 and characters that no YAML file may hold.
[[nodiscard]] std::optional<Diagnostic> check_characters(const std::shared_ptr<const Origin>& origin);

/// Follows the parser through the text and finds quotes that are never closed, and tabs where only spaces may stand.
class YamlStrictness {
public:
    explicit YamlStrictness(std::shared_ptr<const Origin> origin);

    /// Each scalar in turn: where it stands (its anchor or tag first) and whether it is plain. A problem is final.
    [[nodiscard]] std::optional<Diagnostic> scalar(std::size_t byte, bool plain);
    /// Any other event: a block scalar before it has ended.
    void other(std::size_t byte);
    /// When all is read.
    [[nodiscard]] std::optional<Diagnostic> finish();

private:
    struct Span {
        std::size_t begin;
        std::size_t end;
    };

    [[nodiscard]] std::size_t skip_properties(std::size_t byte) const;
    [[nodiscard]] bool is_protected(std::size_t byte) const;

    std::shared_ptr<const Origin> origin_;
    bool has_tabs_;
    std::vector<Span> spans_;  // quoted and block scalars, where tabs are text
    bool in_block_ = false;
};

}  // namespace recipe::config
