// SPDX-License-Identifier: Apache-2.0
// What a configuration is made of, where it stands, and its text forms. No file is read here.
#pragma once

#include "config/python/integer.hpp"
#include "diagnostic/diagnostic.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::config {

/// A snapshot of environment variables, taken once by the caller.
using Environment = std::map<std::string, std::string, std::less<>>;

/// A text that values come from: a file or one override. Shared by all values read from it.
struct SourceText {
    std::string name;  // file path, or "--recipe-set 2"
    std::string text;  // the whole text, for excerpts
};

/// One `key=value` as the user gave it; `name` is where ("--recipe-set 2", "-N 4").
struct Override {
    std::string text;
    std::string name;
};

/// Where one value stands in its origin. Line and column count from 1.
struct Position {
    std::shared_ptr<const SourceText> origin;
    int line = 0;
    int column = 0;

    [[nodiscard]] Source source() const;
};

struct Entry;

/// One node of a configuration: null, bool, int, float, string, list or map. Maps keep the order of their source.
/// `???` is the string "???": a mandatory value that nobody gave.
/// A copy shares what it holds with its original until one of the two changes (the count of owners is atomic), so trees
/// are passed and kept by value. A reference to a child that may be changed, as `find_mutable` and `set` return it, is
/// used before its tree is copied again, and no node is set below itself.
class Value {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, floating, string, list, map };
    using List = std::vector<Value>;
    using Map = std::vector<Entry>;  // lookups of large maps go through an index kept beside it

    Value() noexcept = default;
    Value(const Value& other) noexcept;
    Value(Value&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
    Value& operator=(const Value& other) noexcept;
    Value& operator=(Value&& other) noexcept;
    ~Value() {
        if (data_ != nullptr) release();
    }

    static Value null();
    static Value boolean(bool value);
    static Value integer(Integer value);
    static Value floating(double value);
    static Value string(std::string value);
    static Value list(List items = {});
    static Value map();

    [[nodiscard]] Kind kind() const noexcept;
    [[nodiscard]] bool is_null() const noexcept { return kind() == Kind::null; }
    [[nodiscard]] bool is_map() const noexcept { return kind() == Kind::map; }
    [[nodiscard]] bool is_list() const noexcept { return kind() == Kind::list; }
    [[nodiscard]] bool is_string() const noexcept { return kind() == Kind::string; }

    // Each yields a value only when the node is of just that kind (as_number: an int or a float).
    [[nodiscard]] std::optional<bool> as_bool() const noexcept;
    [[nodiscard]] std::optional<std::int64_t> as_int() const noexcept;  // nullopt as well when beyond 64 bits
    [[nodiscard]] std::optional<double> as_number() const noexcept;
    [[nodiscard]] const std::string* as_string() const noexcept;
    [[nodiscard]] const Integer* as_integer() const noexcept;

    [[nodiscard]] const List& items() const noexcept;   // empty when not a list
    [[nodiscard]] const Map& entries() const noexcept;  // empty when not a map
    [[nodiscard]] std::size_t size() const noexcept;    // items or entries; 0 for scalars

    /// The child of a map with this string key; nullptr when there is none.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;
    /// The node at a dotted path ("trainer.num_nodes", list items by index: "optim.betas.0"); nullptr when there is
    /// none.
    [[nodiscard]] const Value* at(std::string_view dotted_path) const noexcept;

    /// Changes a map: replaces the value of a key in its place, or adds it at the end.
    Value& set(Value key, Value value);
    bool erase(std::string_view key);
    void push_back(Value item);  // of a list
    [[nodiscard]] Value* find_mutable(std::string_view key);
    [[nodiscard]] List& items_mutable();

    [[nodiscard]] const Position& position() const noexcept;
    void set_position(Position position);

    /// Same kind and same content; positions do not count; maps compare without order; nan equals nan.
    bool operator==(const Value& other) const;

private:
    struct Data;
    template <class Content>
    static Value holding(Content content);
    void release() noexcept;
    Data& own();  // data that no other Value shares

    Data* data_ = nullptr;
    friend struct ValueAccess;
};

/// A map's entry. Keys are scalars (string, int, float, bool, null), as OmegaConf allows them.
struct Entry {
    Value key;
    Value value;
};

/// "null", "a bool", "an int", "a float", "a string", "a list", "a map": for messages.
[[nodiscard]] std::string_view describe(Value::Kind kind) noexcept;

// --- keys ----------------------------------------------------------------------------------------------------------

/// A path from the root as a user types it in an override: without `recipes.`, where an override of the rest reaches
/// it.
[[nodiscard]] std::string typed_key(const Value& root, std::string_view path);
/// The path from the root of a key as a user types it; what is nowhere stays as it is.
[[nodiscard]] std::string full_key(const Value& root, std::string_view typed);

// --- text forms ----------------------------------------------------------------------------------------------------

/// What OmegaConf.to_yaml writes, byte for byte.
[[nodiscard]] std::string to_yaml(const Value& value);
/// JSON: ints stay ints and floats floats (1.0, not 1), other keys become strings, non-finite floats ".inf", "-.inf",
/// ".nan". `indent` < 0: one line without blanks.
[[nodiscard]] std::string to_json(const Value& value, int indent = -1);
/// What Python's str() makes of the value: the text it becomes inside an interpolated string.
[[nodiscard]] std::string to_python_text(const Value& value);
/// The inverse of to_json for what travels in a plan; bounded in size (bytes) and depth. Position-less values.
[[nodiscard]] Expected<Value> from_json(std::string_view text, std::size_t max_bytes, int max_depth = 64);

}  // namespace recipe::config
