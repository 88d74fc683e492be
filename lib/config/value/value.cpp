// SPDX-License-Identifier: Apache-2.0
// The nodes of a configuration.
#include "config/python/number_text.hpp"
#include "config/value/value_data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace recipe::config {
namespace {

constexpr std::size_t indexed_from = 16;  // a smaller map is searched faster entry by entry

const Position nowhere;
const Value::List no_items;
const Value::Map no_entries;

std::size_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

void add_to_index(MapIndex& index, const Value& key, std::size_t position) {
    const std::string* text = key.as_string();
    index.add(text != nullptr ? hash_of(*text) : hash_of(key_identity(key)), position);
}

std::unique_ptr<MapIndex> make_index(const Value::Map& entries) {
    if (entries.size() < indexed_from) return nullptr;
    auto index = std::make_unique<MapIndex>();
    for (std::size_t i = 0; i < entries.size(); ++i) add_to_index(*index, entries[i].key, i);
    return index;
}

void add_entry(MapContent& content, Value key, Value value) {
    content.entries.push_back({std::move(key), std::move(value)});
    if (content.index) {
        add_to_index(*content.index, content.entries.back().key, content.entries.size() - 1);
    } else {
        content.index = make_index(content.entries);
    }
}

}  // namespace

template <class Content>
Value Value::holding(Content content) {
    Value result;
    result.data_ = new Data{.content = std::move(content), .position = {}};
    return result;
}

Value::Value(const Value& other) noexcept : data_(other.data_) {
    if (data_ != nullptr) data_->owners.fetch_add(1, std::memory_order_relaxed);
}

Value& Value::operator=(const Value& other) noexcept {
    Value copy = other;
    std::swap(data_, copy.data_);
    return *this;
}

Value& Value::operator=(Value&& other) noexcept {
    Value moved = std::move(other);
    std::swap(data_, moved.data_);
    return *this;
}

void Value::release() noexcept {
    // What the other owners did with it comes before its end. A sole owner needs not count down: nobody can join it.
    if (data_->owners.load(std::memory_order_acquire) == 1 ||
        data_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete data_;
}

Value::Data& Value::own() {
    if (data_ == nullptr) {
        data_ = new Data{.content = {}, .position = {}};
    } else if (data_->owners.load(std::memory_order_acquire) != 1) {
        Value copy;
        copy.data_ = new Data{.content = {}, .position = data_->position};
        std::visit(
            [&copy](const auto& content) {
                using Content = std::decay_t<decltype(content)>;
                if constexpr (std::is_same_v<Content, MapContent>) {
                    copy.data_->content = MapContent{
                        content.entries, content.index ? std::make_unique<MapIndex>(*content.index) : nullptr};
                } else {
                    copy.data_->content = content;
                }
            },
            data_->content);
        std::swap(data_, copy.data_);
    }
    return *data_;
}

Value Value::null() {
    return {};
}

Value Value::boolean(bool value) {
    return holding(value);
}

Value Value::integer(Integer value) {
    return holding(std::move(value));
}

Value Value::floating(double value) {
    return holding(value);
}

Value Value::string(std::string value) {
    return holding(std::move(value));
}

Value Value::list(List items) {
    return holding(std::move(items));
}

Value Value::map() {
    return holding(MapContent{});
}

Value::Kind Value::kind() const noexcept {
    static_assert(static_cast<int>(Kind::map) == 6, "kinds follow the alternatives of Data::content");
    return data_ ? static_cast<Kind>(data_->content.index()) : Kind::null;
}

std::optional<bool> Value::as_bool() const noexcept {
    const bool* value = data_ ? std::get_if<bool>(&data_->content) : nullptr;
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Value::as_int() const noexcept {
    const Integer* value = as_integer();
    return value ? value->to_int64() : std::nullopt;
}

std::optional<double> Value::as_number() const noexcept {
    if (const Integer* value = as_integer()) return value->to_double();
    const double* value = data_ ? std::get_if<double>(&data_->content) : nullptr;
    return value ? std::optional(*value) : std::nullopt;
}

const std::string* Value::as_string() const noexcept {
    return data_ ? std::get_if<std::string>(&data_->content) : nullptr;
}

const Integer* Value::as_integer() const noexcept {
    return data_ ? std::get_if<Integer>(&data_->content) : nullptr;
}

const Value::List& Value::items() const noexcept {
    const List* items = data_ ? std::get_if<List>(&data_->content) : nullptr;
    return items ? *items : no_items;
}

const Value::Map& Value::entries() const noexcept {
    const MapContent* map = data_ ? std::get_if<MapContent>(&data_->content) : nullptr;
    return map ? map->entries : no_entries;
}

std::size_t Value::size() const noexcept {
    return is_list() ? items().size() : entries().size();
}

const Value* Value::find(std::string_view key) const noexcept {
    const std::size_t position = ValueAccess::find(*this, key);
    return position == ValueAccess::npos ? nullptr : &entries()[position].value;
}

Value* Value::find_mutable(std::string_view key) {
    const std::size_t position = ValueAccess::find(*this, key);
    return position == ValueAccess::npos ? nullptr : &ValueAccess::entries(*this)[position].value;
}

const Value* Value::at(std::string_view dotted_path) const noexcept {
    const Value* node = this;
    while (node) {
        const std::size_t dot = dotted_path.find('.');
        const std::string_view key = dotted_path.substr(0, dot);
        if (node->is_list()) {
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
            const bool found = error == std::errc{} && end == key.data() + key.size() && index < node->items().size();
            node = found ? &node->items()[index] : nullptr;
        } else {
            node = node->find(key);
        }
        if (dot == std::string_view::npos) break;
        dotted_path.remove_prefix(dot + 1);
    }
    return node;
}

Value& Value::set(Value key, Value value) {
    if (!is_map()) *this = map();
    auto& content = std::get<MapContent>(own().content);
    const std::size_t position = ValueAccess::find(*this, key);
    if (position != ValueAccess::npos) return content.entries[position].value = std::move(value);
    add_entry(content, std::move(key), std::move(value));
    return content.entries.back().value;
}

bool Value::erase(std::string_view key) {
    const std::size_t position = ValueAccess::find(*this, key);
    if (position == ValueAccess::npos) return false;
    ValueAccess::erase_at(*this, position);
    return true;
}

void Value::push_back(Value item) {
    items_mutable().push_back(std::move(item));
}

Value::List& Value::items_mutable() {
    if (!is_list()) *this = list();
    return std::get<List>(own().content);
}

const Position& Value::position() const noexcept {
    return data_ ? data_->position : nowhere;
}

void Value::set_position(Position position) {
    own().position = std::move(position);
}

bool Value::operator==(const Value& other) const {
    if (kind() != other.kind()) return false;
    switch (kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
            return as_bool() == other.as_bool();
        case Kind::integer:
            return *as_integer() == *other.as_integer();
        case Kind::floating: {
            const double a = *as_number();
            const double b = *other.as_number();
            return a == b || (std::isnan(a) && std::isnan(b));
        }
        case Kind::string:
            return *as_string() == *other.as_string();
        case Kind::list:
            return items() == other.items();
        case Kind::map:
            break;
    }
    if (size() != other.size()) return false;
    return std::ranges::all_of(entries(), [&other](const Entry& entry) {
        const std::size_t position = ValueAccess::find(other, entry.key);
        if (position == ValueAccess::npos) return false;
        const Entry& match = other.entries()[position];
        return entry.key == match.key && entry.value == match.value;
    });
}

std::string_view describe(Value::Kind kind) noexcept {
    switch (kind) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::boolean:
            return "a bool";
        case Value::Kind::integer:
            return "an int";
        case Value::Kind::floating:
            return "a float";
        case Value::Kind::string:
            return "a string";
        case Value::Kind::list:
            return "a list";
        case Value::Kind::map:
            return "a map";
    }
    return "a value";
}

std::string key_identity(const Value& key) {
    switch (key.kind()) {
        case Value::Kind::boolean:
            return *key.as_bool() ? "n1" : "n0";
        case Value::Kind::integer:
            return 'n' + key.as_integer()->to_string();
        case Value::Kind::floating: {
            const double number = *key.as_number();
            if (std::isfinite(number) && std::trunc(number) == number) return 'n' + integral_digits(number);
            return 'f' + float_repr(number);
        }
        case Value::Kind::string:
            return 's' + *key.as_string();
        default:
            return "z";
    }
}

std::size_t ValueAccess::find(const Value& map, std::string_view key) noexcept {
    const MapContent* content = map.data_ ? std::get_if<MapContent>(&map.data_->content) : nullptr;
    if (!content) return npos;
    const auto is_key = [&](std::size_t position) {
        const std::string* text = content->entries[position].key.as_string();
        return text != nullptr && *text == key;
    };
    if (content->index) return content->index->find(hash_of(key), is_key);
    for (std::size_t i = 0; i < content->entries.size(); ++i)
        if (is_key(i)) return i;
    return npos;
}

std::size_t ValueAccess::find(const Value& map, const Value& key) {
    if (const std::string* text = key.as_string()) return find(map, std::string_view(*text));
    const MapContent* content = map.data_ ? std::get_if<MapContent>(&map.data_->content) : nullptr;
    if (!content) return npos;
    const std::string identity = key_identity(key);
    const auto is_key = [&](std::size_t position) {
        const Value& other = content->entries[position].key;
        return !other.is_string() && key_identity(other) == identity;
    };
    if (content->index) return content->index->find(hash_of(identity), is_key);
    for (std::size_t i = 0; i < content->entries.size(); ++i)
        if (is_key(i)) return i;
    return npos;
}

Value::Map& ValueAccess::entries(Value& map) {
    if (!map.is_map()) map = Value::map();
    return std::get<MapContent>(map.own().content).entries;
}

Value ValueAccess::unshared(const Value& value) {
    if (!value.is_list() && !value.is_map()) return value;
    Value copy = value;
    if (copy.is_list())
        for (Value& item : copy.items_mutable()) item = unshared(item);
    if (copy.is_map())
        for (Entry& entry : entries(copy)) entry.value = unshared(entry.value);
    return copy;
}

void ValueAccess::append(Value& map, Value key, Value value) {
    add_entry(std::get<MapContent>(map.own().content), std::move(key), std::move(value));
}

Value ValueAccess::string(std::string_view text, const Position& position) {
    Value result;
    result.data_ = new Value::Data{.content = std::string(text), .position = position};
    return result;
}

void ValueAccess::erase_at(Value& map, std::size_t position) {
    auto& content = std::get<MapContent>(map.own().content);
    content.entries.erase(content.entries.begin() + static_cast<std::ptrdiff_t>(position));
    content.index = make_index(content.entries);
}

}  // namespace recipe::config
