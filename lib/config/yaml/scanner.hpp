// SPDX-License-Identifier: Apache-2.0
// Finds the tokens of a YAML text, one at a time. Internal to lib/config.
#pragma once

#include "config/yaml/cursor.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace recipe::config {

/// YAML 1.1 as PyYAML reads it: a key on one line needs no mark before it, so tokens may have to be put before others
/// that were found already. Everything throws YamlSyntaxError.
class YamlScanner {
public:
    explicit YamlScanner(std::string_view text) : cursor_(text) {}

    /// The next token; the stream's end again and again at the end.
    [[nodiscard]] const YamlToken& peek();
    YamlToken next();

private:
    /// A place where a key may have begun, should a ":" follow.
    struct PossibleKey {
        std::size_t token = 0;  // counted from the first of the text
        bool required = false;  // in a block, where nothing but a key can stand
        YamlMark mark;
    };

    [[noreturn]] void fail(std::string message) const { throw YamlSyntaxError{cursor_.mark(), std::move(message)}; }
    [[nodiscard]] bool in_flow() const { return open_flows_ > 0; }
    [[nodiscard]] bool needs_more();
    void find_more();
    void skip_to_token();

    void note_possible_key();
    void forget_possible_key();
    void forget_stale_keys();
    bool indent_to(int column);
    void unindent_to(int column);
    void add(YamlToken::Type type, std::size_t bytes);

    void find_end();
    void find_directive();
    void find_document_indicator(YamlToken::Type type);
    void open_flow(YamlToken::Type type);
    void close_flow(YamlToken::Type type);
    void find_flow_entry();
    void find_block_entry();
    void find_key();
    void find_value();
    void find_name(YamlToken::Type type);
    void find_tag();
    void find_block_scalar();
    void find_quoted_scalar();
    void find_plain_scalar();
    [[nodiscard]] bool starts_plain_scalar() const;

    std::string read_tag_handle();
    std::string read_tag_suffix();

    YamlCursor cursor_;
    std::deque<YamlToken> tokens_;
    std::size_t taken_ = 0;  // tokens that left tokens_
    std::size_t open_flows_ = 0;
    int indent_ = -1;
    std::vector<int> indents_;
    bool may_start_key_ = true;
    std::vector<std::optional<PossibleKey>> possible_keys_ = {
        std::nullopt};  // one for each open flow, the block's first
    bool ended_ = false;
};

}  // namespace recipe::config
