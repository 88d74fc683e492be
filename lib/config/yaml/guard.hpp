// SPDX-License-Identifier: Apache-2.0
// Holds what yaml-cpp reads against the text. Internal to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::config {

/// Thrown by the guard, caught in parse_yaml.
struct GuardFinding {
    std::size_t byte;
    std::string message;
};

/// Follows yaml-cpp's events through the text. Between two scalars it lets nothing pass but what structures a document
/// in PyYAML's grammar, and of each scalar it makes sure that PyYAML would read the same. Everything throws
/// GuardFinding.
class Guard {
public:
    /// `text` has passed check_characters.
    explicit Guard(std::string_view text) : text_(text) {}

    struct Scalar {
        std::size_t byte;  // where its anchor or tag begins, or itself
        bool in_flow;      // within brackets
        bool follows_key;  // on the line of its key
    };
    enum class Style : std::uint8_t { plain, quoted, block, absent };

    /// How a scalar is written. `value` is what yaml-cpp read; `mended` is what it should be, where that is known to be
    /// wrong.
    Style scalar(const Scalar& scalar, std::string_view value, std::optional<std::string>& mended);
    /// The same for what yaml-cpp takes for null: plain or absent.
    Style null(const Scalar& scalar);
    /// Where a list or a map begins.
    void collection(std::size_t byte, bool has_properties);
    void anchor(std::size_t byte, std::string_view name) const;
    void alias(std::size_t byte);
    /// When all is read.
    void finish();

    /// The node of the last call has an anchor or a tag.
    [[nodiscard]] bool has_property() const { return has_property_; }
    /// The column, from 0, in which the node of the last call begins, behind its anchor and tag.
    [[nodiscard]] int column() const;
    /// The blanks before the first text of its line: the column of a list or a map behind its anchor and tag, since
    /// what stands between is its first key's.
    [[nodiscard]] int indentation() const;
    /// The tag of the node of the last call, as it stands in the text; empty when it has none.
    [[nodiscard]] std::string_view tag() const { return tag_; }
    /// It is "!": the look of the scalar decides its type, whatever the quotes.
    [[nodiscard]] bool by_look() const { return tag_ == "!"; }

private:
    [[nodiscard]] char at(std::size_t byte) const { return byte < text_.size() ? text_[byte] : '\0'; }
    [[nodiscard]] std::size_t line_start() const;  // of the last node, behind its anchor and tag
    [[nodiscard]] bool at_blank(std::size_t byte) const;
    [[nodiscard]] bool at_document_indicator(std::size_t byte) const;
    [[noreturn]] void fail(std::size_t byte, std::string message) const {
        throw GuardFinding{byte, std::move(message)};
    }

    void walk_to(std::size_t byte);
    void leave_block(std::size_t byte);
    void take_structure();
    void take_directive();
    void take_name();
    void take_tag();
    void take_properties(std::size_t byte);

    void take_plain(std::string_view value, bool in_flow);
    void take_quoted(std::string_view value, std::optional<std::string>& mended);
    void take_block(const Scalar& scalar);

    std::string_view text_;
    std::size_t cursor_ = 0;
    bool has_property_ = false;
    std::size_t start_ = 0;        // of the last node, behind its anchor and tag
    std::string_view tag_;         // of the last node
    bool open_directive_ = false;  // "---" has to follow
    bool started_ = false;         // the document's content has begun
    bool in_block_ = false;        // behind the head of a block scalar
    bool folded_ = false;          // the head says ">"
    bool keeps_folded_ = false;    // the head says ">+"
};

}  // namespace recipe::config
