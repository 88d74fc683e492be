// SPDX-License-Identifier: Apache-2.0
// Builds the tree of values from yaml-cpp's events: what scalars mean, anchors, merge keys, keys given twice, bounds.
#include "config/yaml/tree_builder.hpp"

#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_nesting = 100;
constexpr std::size_t max_nodes = 500'000;  // after aliases are expanded

std::size_t count_nodes(const Value& value) {
    std::size_t count = 1;
    for (const Value& item : value.items()) count += count_nodes(item);
    for (const Entry& entry : value.entries()) count += 1 + count_nodes(entry.value);
    return count;
}

/// A tag that says something: yaml-cpp has "?" for none, and "!" for quotes and for the tag "!".
bool is_tag(const std::string& tag) {
    return tag.size() != 1 || (tag.front() != '?' && tag.front() != '!');
}

std::string unreadable(YamlTag kind, const std::string& text) {
    const std::string shown = quotable(text);
    switch (kind) {
        case YamlTag::merge:
            return "`<<` merges maps only where a key stands; quote it to mean the text";
        case YamlTag::value:
            return "`=` alone has a meaning of its own in YAML; quote it to mean the text";
        case YamlTag::integer:
            return fmt::format("`{}` looks like an int but is none, or has too many digits", shown);
        case YamlTag::floating:
            return fmt::format("`{}` looks like a float but is none", shown);
        default:
            return fmt::format("`{}` is not what its tag says", shown);
    }
}

/// Merged keys come first, as in PyYAML, and own keys win.
Value merged_map(Value own, std::vector<Value>& merged) {
    Value result = Value::map();
    for (Value& source : merged)
        for (Entry& entry : ValueAccess::entries(source)) result.set(entry.key, std::move(entry.value));
    for (Entry& entry : ValueAccess::entries(own)) result.set(entry.key, std::move(entry.value));
    result.set_position(own.position());
    return result;
}

}  // namespace

Value TreeBuilder::take() {
    guard_.finish();
    return std::move(root_);
}

Position TreeBuilder::position(const YAML::Mark& mark) const {
    return {origin_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1};
}

// --- events ----------------------------------------------------------------------------------------------------------

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
    if (has_document_)
        fail(codes::compose.yaml, mark,
             "this belongs to nothing before it, or begins a second document; a file holds one");
    has_document_ = true;
}

void TreeBuilder::OnAnchor(const YAML::Mark& mark, const std::string& name) {
    guard_.anchor(byte_of(mark), name);
    if (!anchor_names_.insert(name).second)
        fail(codes::compose.yaml, mark, fmt::format("the anchor `{}` is given twice", quotable(name)));
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const bool absent = guard_.null(place_of(mark)) == Guard::Style::absent;
    if (absent && expects_key() && open_.back().in_flow)
        fail(codes::compose.yaml, mark, "a key within brackets needs a `:` and a space on its line");
    // yaml-cpp takes a word alone on the last line for a key, also where a bracket before it was never closed.
    if (expects_value() && mark.pos == open_.back().key_mark.pos)
        fail(codes::compose.yaml, mark,
             std::ranges::any_of(open_, &Open::in_flow) ? "a closing bracket is missing after this"
                                                        : "a `:` is missing after this key");
    if (absent && !open_.empty() && open_.back().container.is_list() && origin_->text[byte_of(mark)] == ',')
        fail(codes::compose.yaml, mark, "a value is missing before this comma");
    if (!absent || anchor != 0) check_indentation(mark, !absent);
    if (open_.empty() && !guard_.tag().empty() && !guard_.by_look())
        fail(codes::compose.yaml, mark, "a value is missing after this tag");
    Value value;
    // A value that is absent stands nowhere; its key is the better place than the text that comes next.
    value.set_position(absent && expects_value() ? open_.back().key->position() : position(mark));
    add(std::move(value), anchor, mark);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
    std::optional<std::string> mended;
    const Guard::Style style = guard_.scalar(place_of(mark), text, mended);
    const std::string& content = mended ? *mended : text;
    const bool by_look = style == Guard::Style::plain || guard_.by_look();
    if (style != Guard::Style::block) check_indentation(mark, style != Guard::Style::absent);
    const bool tagged = is_tag(tag) && !guard_.by_look();
    const YamlTag kind = tagged ? explicit_tag(tag, mark) : by_look ? resolve_plain(content) : YamlTag::string;
    if (kind == YamlTag::merge && expects_key()) {
        open_.back().merge_key = true;
        set_key(open_.back(), placed(Value::string(content), mark), mark);
        return;
    }
    // "=" is an ordinary key, but means nothing as a value; so does "<<".
    const bool plain_key = kind == YamlTag::value && expects_key();
    if (kind == YamlTag::string || plain_key) return add(ValueAccess::string(content, position(mark)), anchor, mark);
    auto value = construct_scalar(kind, content);
    if (!value) fail(codes::compose.yaml, mark, unreadable(kind, content));
    add(placed(std::move(*value), mark), anchor, mark);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    check_indentation(mark, false);
    guard_.alias(byte_of(mark));
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(codes::compose.yaml, mark, "an alias of the very node that it stands in");
    nodes_ += found->second.nodes;
    check_size(mark);
    add(found->second.value, 0, mark);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value style) {
    if (is_tag(tag) && tag != "tag:yaml.org,2002:seq") fail_tag(tag, mark);
    open({.container = Value::list(), .mark = mark, .anchor = anchor, .in_flow = style == YAML::EmitterStyle::Flow},
         anchor != 0 || tag != "?");
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
    if (is_tag(tag) && tag != "tag:yaml.org,2002:map") fail_tag(tag, mark);
    open({.container = Value::map(), .mark = mark, .anchor = anchor, .in_flow = style == YAML::EmitterStyle::Flow},
         anchor != 0 || tag != "?");
}

void TreeBuilder::OnMapEnd() {
    Open& map = open_.back();
    if (!map.merged.empty()) map.container = merged_map(std::move(map.container), map.merged);
    close();
}

// --- the tree --------------------------------------------------------------------------------------------------------

void TreeBuilder::fail(DiagnosticCode code, const YAML::Mark& mark, std::string message) const {
    throw YamlRefusal{{.code = code, .source = position(mark).source(), .message = std::move(message)}};
}

void TreeBuilder::fail_tag(const std::string& tag, const YAML::Mark& mark) const {
    fail(codes::compose.yaml, mark, fmt::format("the tag {} means nothing in a recipe", quotable(tag)));
}

/// yaml-cpp counts on beyond the end of a text.
std::size_t TreeBuilder::byte_of(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), origin_->text.size());
}

Guard::Scalar TreeBuilder::place_of(const YAML::Mark& mark) const {
    return {byte_of(mark), !open_.empty() && open_.back().in_flow,
            expects_value() && open_.back().key_mark.line == mark.line};
}

YamlTag TreeBuilder::explicit_tag(const std::string& tag, const YAML::Mark& mark) const {
    if (tag == "tag:yaml.org,2002:str") return YamlTag::string;
    if (tag == "tag:yaml.org,2002:int") return YamlTag::integer;
    if (tag == "tag:yaml.org,2002:float") return YamlTag::floating;
    if (tag == "tag:yaml.org,2002:bool") return YamlTag::boolean;
    if (tag == "tag:yaml.org,2002:null") return YamlTag::null;
    fail_tag(tag, mark);
}

Value TreeBuilder::placed(Value value, const YAML::Mark& mark) const {
    value.set_position(position(mark));
    return value;
}

void TreeBuilder::check_size(const YAML::Mark& mark) const {
    if (nodes_ > max_nodes)
        fail(codes::compose.too_large, mark, fmt::format("more than {} values, aliases counted", max_nodes));
}

void TreeBuilder::open(Open opened, bool has_properties) {
    guard_.collection(byte_of(opened.mark), has_properties);
    if (expects_key()) fail(codes::compose.yaml, opened.mark, "a list or a map cannot be a key");
    if (open_.size() >= max_nesting)
        fail(codes::compose.too_large, opened.mark, fmt::format("lists and maps nest deeper than {}", max_nesting));
    if (has_properties || opened.in_flow) check_indentation(opened.mark, opened.in_flow);
    if (!opened.in_flow) opened.column = has_properties ? guard_.indentation() : opened.mark.column;
    opened.container.set_position(position(opened.mark));
    open_.push_back(std::move(opened));
}

/// yaml-cpp lets a value stand as far left as its key, on a line of its own, where it would be a key to PyYAML.
void TreeBuilder::check_indentation(const YAML::Mark& mark, bool present) const {
    if (open_.empty() || open_.back().in_flow || expects_key()) return;
    const int column = present && guard_.has_property() ? std::min(mark.column, guard_.column()) : mark.column;
    if (column <= open_.back().column)
        fail(codes::compose.yaml, mark,
             "a `:` is missing after this key, or a value does not stand further right than its key");
}

void TreeBuilder::close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.container), done.anchor, done.mark);
}

void TreeBuilder::add(Value value, YAML::anchor_t anchor, const YAML::Mark& mark) {
    ++nodes_;
    check_size(mark);
    if (anchor != 0) {
        const std::size_t nodes = count_nodes(value);
        nodes_ += nodes;
        check_size(mark);
        anchors_[anchor] = {value, nodes};
    }
    if (open_.empty()) {
        root_ = std::move(value);
        return;
    }
    Open& parent = open_.back();
    if (parent.container.is_list()) {
        parent.container.push_back(std::move(value));
    } else if (!parent.key) {
        add_key(parent, std::move(value), mark);
    } else if (parent.merge_key) {
        add_merged(parent, std::move(value), mark);
    } else {
        if (parent.key->is_string() && *parent.key->as_string() != "=") {  // add_key() has made sure that it is new
            ValueAccess::append(parent.container, std::move(*parent.key), std::move(value));
        } else {
            parent.container.set(std::move(*parent.key), std::move(value));
        }
        parent.key.reset();
    }
}

void TreeBuilder::set_key(Open& parent, Value key, const YAML::Mark& mark) {
    parent.key = std::move(key);
    parent.key_mark = mark;
}

void TreeBuilder::add_key(Open& parent, Value key, const YAML::Mark& mark) {
    if (key.is_map() || key.is_list()) fail(codes::compose.yaml, mark, "a list or a map cannot be a key");
    if (key.is_null()) fail(codes::compose.yaml, mark, "null cannot be a key; quote it to mean the text");
    // Only texts are refused: of numbers and bools that are the same to Python (1, 1.0, true) the last value counts,
    // and of "=".
    const bool refused = key.is_string() && *key.as_string() != "=";
    const std::size_t same = refused ? ValueAccess::find(parent.container, key) : ValueAccess::npos;
    if (same != ValueAccess::npos) {
        const Value& first = parent.container.entries()[same].key;
        Diagnostic twice{
            .code = codes::compose.duplicate_key, .key = to_python_text(key), .source = position(mark).source()};
        twice.message = fmt::format("`{}` is given twice: first on line {}, again on line {}", quotable(twice.key),
                                    first.position().line, mark.line + 1);
        throw YamlRefusal{std::move(twice)};
    }
    set_key(parent, std::move(key), mark);
}

void TreeBuilder::add_merged(Open& parent, Value value, const YAML::Mark& mark) {
    parent.key.reset();
    parent.merge_key = false;
    if (value.is_map()) {
        parent.merged.push_back(std::move(value));
        return;
    }
    if (!value.is_list()) fail(codes::compose.yaml, mark, "`<<` expects a map or a list of maps");
    // In a list the earlier map wins, while of two "<<" the later does.
    Value::List& maps = value.items_mutable();
    for (auto item = maps.rbegin(); item != maps.rend(); ++item) {
        if (!item->is_map()) fail(codes::compose.yaml, mark, "`<<` expects a map or a list of maps");
        parent.merged.push_back(std::move(*item));
    }
}

}  // namespace recipe::config
