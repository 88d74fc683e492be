// SPDX-License-Identifier: Apache-2.0
// Turns YAML tokens into events.
#include "config/yaml/parser.hpp"
#include "config/value/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace recipe::config {

void YamlParser::fail_at_next(std::string message) {
    throw YamlSyntaxError{scanner_.peek().mark, std::move(message)};
}

bool YamlParser::accept(Type expected) {
    if (type() != expected) return false;
    scanner_.next();
    return true;
}

bool YamlParser::at(std::initializer_list<Type> types) {
    return std::ranges::find(types, type()) != types.end();
}

void YamlParser::absent() {
    events_.absent(scanner_.peek().mark);
}

void YamlParser::parse() {
    const bool marked = at({Type::directive, Type::document_start});
    if (type() == Type::stream_end) return;
    parse_directives();
    if (marked && !accept(Type::document_start)) fail_at_next("`---` is missing before the document");
    if (marked && at({Type::directive, Type::document_start, Type::document_end, Type::stream_end})) {
        absent();
    } else {
        parse_node(true, false);
    }
    const bool ended = accept(Type::document_end);
    while (accept(Type::document_end)) {
    }
    if (type() == Type::stream_end) return;
    if (type() == Type::document_start || (ended && type() == Type::directive))
        fail_at_next("a second document starts here; a file holds one");
    fail_at_next("this belongs to nothing before it; look at the indentation");
}

void YamlParser::parse_directives() {
    tag_prefixes_ = {{"!", "!"}, {"!!", "tag:yaml.org,2002:"}};
    bool has_version = false;
    std::set<std::string> own;
    while (type() == Type::directive) {
        const YamlToken token = scanner_.next();
        if (token.text == "YAML") {
            if (has_version) throw YamlSyntaxError{token.mark, "a second %YAML"};
            has_version = true;
            const std::string major = token.handle.substr(0, token.handle.find('.'));
            if (major.find_first_not_of('0') == std::string::npos || major.substr(major.find_first_not_of('0')) != "1")
                throw YamlSyntaxError{token.mark, "only YAML 1 is read"};
        } else if (token.text == "TAG") {
            if (!own.insert(token.handle).second) throw YamlSyntaxError{token.mark, "a second %TAG for this handle"};
            tag_prefixes_[token.handle] = token.prefix;
        }
    }
}

std::string YamlParser::full_tag(const YamlToken& token) const {
    if (token.handle.empty()) return token.text;
    const auto prefix = tag_prefixes_.find(token.handle);
    if (prefix == tag_prefixes_.end())
        throw YamlSyntaxError{token.mark, fmt::format("nothing says what {} stands for", quotable(token.handle))};
    return prefix->second + token.text;
}

YamlAnchor YamlParser::new_anchor(const YamlToken& token) {
    const YamlAnchor number = anchors_.size() + 1;
    if (!anchors_.emplace(token.text, number).second)
        throw YamlSyntaxError{token.mark, fmt::format("the anchor `{}` is given twice", quotable(token.text))};
    return number;
}

void YamlParser::parse_node(bool in_block, bool may_be_indentless) {
    if (type() == Type::alias) {
        const YamlToken token = scanner_.next();
        const auto found = anchors_.find(token.text);
        if (found == anchors_.end())
            throw YamlSyntaxError{token.mark, fmt::format("there is no anchor `{}` before this", quotable(token.text))};
        return events_.alias(token.mark, found->second);
    }
    std::string tag;
    YamlAnchor anchor = 0;
    bool has_tag = false;
    YamlMark start;
    while ((type() == Type::anchor && anchor == 0) || (type() == Type::tag && !has_tag)) {
        const YamlToken token = scanner_.next();
        if (anchor == 0 && !has_tag) start = token.mark;
        if (token.type == Type::anchor) {
            anchor = new_anchor(token);
        } else {
            has_tag = true;
            tag = full_tag(token);
        }
    }
    const bool decorated = has_tag || anchor != 0;
    const bool by_look = tag == "!";  // of scalars; on others it says nothing
    if (by_look) tag.clear();
    const YamlMark mark = decorated ? start : scanner_.peek().mark;
    switch (type()) {
        case Type::scalar: {
            YamlToken token = scanner_.next();
            return events_.scalar(mark, tag, anchor, std::move(token.text), token.plain || by_look);
        }
        case Type::flow_sequence_start:
            events_.list_start(mark, tag, anchor);
            return parse_flow_sequence();
        case Type::flow_mapping_start:
            events_.map_start(mark, tag, anchor);
            return parse_flow_mapping();
        case Type::block_entry:
            if (!may_be_indentless) break;
            events_.list_start(mark, tag, anchor);
            return parse_indentless_sequence();
        case Type::block_sequence_start:
            if (!in_block) break;
            events_.list_start(mark, tag, anchor);
            return parse_block_sequence();
        case Type::block_mapping_start:
            if (!in_block) break;
            events_.map_start(mark, tag, anchor);
            return parse_block_mapping();
        default:
            break;
    }
    if (!decorated) fail_at_next("a value is missing here");
    events_.scalar(mark, tag, anchor, {}, !has_tag || by_look);
}

void YamlParser::parse_block_sequence() {
    scanner_.next();
    while (accept(Type::block_entry)) {
        if (at({Type::block_entry, Type::block_end})) {
            absent();
        } else {
            parse_node(true, false);
        }
    }
    if (!accept(Type::block_end)) fail_at_next("an item of the list begins with `-`; look at the indentation");
    events_.list_end();
}

/// A list as a value whose dashes stand right below the key.
void YamlParser::parse_indentless_sequence() {
    while (accept(Type::block_entry)) {
        if (at({Type::block_entry, Type::key, Type::value, Type::block_end})) {
            absent();
        } else {
            parse_node(true, false);
        }
    }
    events_.list_end();
}

void YamlParser::parse_block_mapping() {
    scanner_.next();
    const auto parse_part = [this] {
        if (at({Type::key, Type::value, Type::block_end})) {
            absent();
        } else {
            parse_node(true, true);
        }
    };
    while (accept(Type::key)) {
        parse_part();
        if (accept(Type::value)) {
            parse_part();
        } else {
            absent();
        }
    }
    if (!accept(Type::block_end)) fail_at_next("this belongs to nothing before it; look at the indentation");
    events_.map_end();
}

void YamlParser::parse_flow_sequence() {
    scanner_.next();
    for (bool first = true; type() != Type::flow_sequence_end; first = false) {
        if (!first && !accept(Type::flow_entry)) fail_at_next("`,` or `]` is missing here");
        if (type() == Type::key) {
            events_.map_start(scanner_.peek().mark, {}, 0);
            parse_flow_pair(Type::flow_sequence_end);
            events_.map_end();
        } else if (type() != Type::flow_sequence_end) {
            parse_node(false, false);
        } else {
            break;
        }
    }
    scanner_.next();
    events_.list_end();
}

void YamlParser::parse_flow_mapping() {
    scanner_.next();
    for (bool first = true; type() != Type::flow_mapping_end; first = false) {
        if (!first && !accept(Type::flow_entry)) fail_at_next("`,` or `}` is missing here");
        if (type() == Type::key) {
            parse_flow_pair(Type::flow_mapping_end);
        } else if (type() != Type::flow_mapping_end) {
            parse_node(false, false);
            absent();
        } else {
            break;
        }
    }
    scanner_.next();
    events_.map_end();
}

/// "key: value", "? key" or "key:" within brackets.
void YamlParser::parse_flow_pair(Type end) {
    scanner_.next();
    if (at({Type::value, Type::flow_entry, end})) {
        absent();
    } else {
        parse_node(false, false);
    }
    if (accept(Type::value) && !at({Type::flow_entry, end})) {
        parse_node(false, false);
    } else {
        absent();
    }
}

}  // namespace recipe::config
