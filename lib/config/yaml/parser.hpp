// SPDX-License-Identifier: Apache-2.0
// Reads a YAML text and says what it holds, piece by piece. Internal to lib/config.
#pragma once

#include "config/yaml/scanner.hpp"

#include <map>
#include <unordered_map>

namespace recipe::config {

/// An anchor's number within its text; 0 for none.
using YamlAnchor = std::size_t;

/// What a text holds, in its order. Tags come as their full names ("tag:yaml.org,2002:str"); none and "!" as an empty
/// text.
class YamlEvents {
public:
    virtual ~YamlEvents() = default;
    /// `plain`: the text's look decides its type. So it does below the tag "!", whatever the quotes.
    virtual void scalar(const YamlMark& mark, const std::string& tag, YamlAnchor anchor, std::string text,
                        bool plain) = 0;
    virtual void alias(const YamlMark& mark, YamlAnchor anchor) = 0;
    virtual void list_start(const YamlMark& mark, const std::string& tag, YamlAnchor anchor) = 0;
    virtual void list_end() = 0;
    virtual void map_start(const YamlMark& mark, const std::string& tag, YamlAnchor anchor) = 0;
    virtual void map_end() = 0;
    /// A value that is not there: null.
    virtual void absent(const YamlMark& mark) = 0;
};

/// One document of YAML 1.1, with PyYAML's grammar. Throws YamlSyntaxError, and what `events` throws: it bounds the
/// depth.
class YamlParser {
public:
    YamlParser(std::string_view text, YamlEvents& events) : scanner_(text), events_(events) {}

    void parse();

private:
    using Type = YamlToken::Type;

    [[noreturn]] void fail_at_next(std::string message);
    bool accept(Type type);
    [[nodiscard]] bool at(std::initializer_list<Type> types);
    [[nodiscard]] Type type() { return scanner_.peek().type; }

    void parse_directives();
    void parse_node(bool in_block, bool may_be_indentless);
    void parse_block_sequence();
    void parse_indentless_sequence();
    void parse_block_mapping();
    void parse_flow_sequence();
    void parse_flow_mapping();
    void parse_flow_pair(Type end);
    void absent();
    [[nodiscard]] std::string full_tag(const YamlToken& token) const;
    YamlAnchor new_anchor(const YamlToken& token);

    YamlScanner scanner_;
    YamlEvents& events_;
    std::map<std::string, std::string> tag_prefixes_;
    std::unordered_map<std::string, YamlAnchor> anchors_;
};

}  // namespace recipe::config
