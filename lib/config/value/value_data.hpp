// SPDX-License-Identifier: Apache-2.0
// What a Value holds. Internal to lib/config.
#pragma once

#include "config/value/map_index.hpp"
#include "config/value/value.hpp"

#include <atomic>
#include <variant>

namespace recipe::config {

struct MapContent {
    Value::Map entries;
    std::unique_ptr<MapIndex> index;  // present from a certain size on
};

struct Value::Data {
    std::variant<std::monostate, bool, Integer, double, std::string, Value::List, MapContent> content;
    Position position;
    std::atomic<std::uint32_t> owners = 1;
};

/// What the module's own files may do to a Value beyond its public face.
struct ValueAccess {
    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    /// Position of a key among the entries, npos when there is none.
    static std::size_t find(const Value& map, std::string_view key) noexcept;
    static std::size_t find(const Value& map, const Value& key);
    static Value::Map& entries(Value& map);  // keys must stay as they are
    static void erase_at(Value& map, std::size_t position);
    /// Adds an entry to a map that is known not to have its key.
    static void append(Value& map, Value key, Value value);
    /// A string that stands somewhere.
    static Value string(std::string_view text, const Position& position);
    /// The same lists and maps, shared with nothing: what may be set below one of its own parents.
    static Value unshared(const Value& value);
    /// One is a copy of the other, and neither has been changed since.
    static bool is_shared(const Value& a, const Value& b) noexcept { return a.data_ == b.data_; }
};

/// What two keys have in common when Python takes them for one key: 1, 1.0 and True are one.
[[nodiscard]] std::string key_identity(const Value& key);

}  // namespace recipe::config
