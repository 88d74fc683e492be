// SPDX-License-Identifier: Apache-2.0
// Keys that are no texts, in maps of every size; Python's dict decides which of them are one.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/value/value_data.hpp"

#include <limits>

using namespace recipe::config;

TEST_CASE("what is no map has no keys, of whatever kind") {
    for (const Value& value : {Value(), Value::string("x"), Value::integer(1), Value::list({Value::integer(1)})}) {
        CHECK(ValueAccess::find(value, Value::integer(0)) == ValueAccess::npos);
        CHECK(ValueAccess::find(value, Value::boolean(true)) == ValueAccess::npos);
        CHECK(ValueAccess::find(value, Value::null()) == ValueAccess::npos);
        CHECK(ValueAccess::find(value, Value::string("x")) == ValueAccess::npos);
        CHECK(ValueAccess::find(value, "x") == ValueAccess::npos);
    }
}

TEST_CASE("a number is found by any number that is equal, in small maps and large ones") {
    for (const int size : {3, 15, 16, 17, 40}) {
        INFO(size);
        Value map = Value::map();
        for (int i = 0; i < size; ++i) {
            map.set(Value::integer(i), Value::integer(i));
            CHECK(map.size() == static_cast<std::size_t>(i) + 1);
        }
        const auto found = [&map](const Value& key) { return ValueAccess::find(map, key); };
        for (int i = 0; i < size; ++i) {
            CHECK(found(Value::integer(i)) == static_cast<std::size_t>(i));
            CHECK(found(Value::floating(i)) == static_cast<std::size_t>(i));
        }
        CHECK(found(Value::boolean(false)) == 0);
        CHECK(found(Value::boolean(true)) == 1);
        for (const Value& none : {Value::integer(size), Value::integer(-1), Value::floating(0.5), Value::null(),
                                  Value::string("1"), Value::floating(std::numeric_limits<double>::infinity())})
            CHECK(found(none) == ValueAccess::npos);

        map.set(Value::floating(2.0), Value::string("two"));
        CHECK(map.size() == static_cast<std::size_t>(size));
        CHECK(map.entries()[2].key.as_int() == 2);
        CHECK(*map.entries()[2].value.as_string() == "two");
        map.set(Value::null(), Value::string("none"));
        map.set(Value::floating(0.5), Value::string("half"));
        map.set(Value::string("1"), Value::string("text"));
        CHECK(found(Value::null()) == static_cast<std::size_t>(size));
        CHECK(found(Value::floating(0.5)) == static_cast<std::size_t>(size) + 1);
        CHECK(found(Value::string("1")) == static_cast<std::size_t>(size) + 2);
        CHECK(found(Value::integer(1)) == 1);

        ValueAccess::erase_at(map, 1);
        CHECK(found(Value::integer(1)) == ValueAccess::npos);
        CHECK(found(Value::integer(2)) == 1);
        CHECK(found(Value::string("1")) == static_cast<std::size_t>(size) + 1);
        CHECK(map.erase("1"));
        CHECK_FALSE(map.erase("1"));
        CHECK(found(Value::null()) == static_cast<std::size_t>(size) - 1);
    }
}

TEST_CASE("which keys are one is told by their values") {
    CHECK(key_identity(Value::integer(1)) == key_identity(Value::floating(1)));
    CHECK(key_identity(Value::integer(1)) == key_identity(Value::boolean(true)));
    CHECK(key_identity(Value::integer(0)) == key_identity(Value::boolean(false)));
    CHECK(key_identity(Value::integer(0)) == key_identity(Value::floating(-0.0)));
    CHECK(key_identity(Value::floating(1e20)) ==
          key_identity(Value::integer(*Integer::from_digits("100000000000000000000"))));
    CHECK(key_identity(Value::floating(0.5)) == key_identity(Value::floating(0.5)));
    CHECK(key_identity(Value::floating(0.5)) != key_identity(Value::floating(0.25)));
    CHECK(key_identity(Value::floating(std::numeric_limits<double>::infinity())) != key_identity(Value::string("inf")));
    CHECK(key_identity(Value::integer(1)) != key_identity(Value::string("1")));
    CHECK(key_identity(Value::null()) != key_identity(Value::string("null")));
    CHECK(key_identity(Value::null()) != key_identity(Value::integer(0)));
}

TEST_CASE("a dotted path counts the items of a list, from zero and in plain digits") {
    const Value root = *parse_yaml("{l: [{x: 1}, [2]], '': {a: 3}, 1: no, '1': yes}", "test.yaml");
    CHECK(root.at("l.0.x")->as_int() == 1);
    CHECK(root.at("l.1.0")->as_int() == 2);
    CHECK(root.at("l.1")->size() == 1);
    for (const char* none : {"l.2", "l.-1", "l.1.1", "l.0x", "l.x0", "l.", "l.0.y", "l.0.x.y", "m"})
        CHECK(root.at(none) == nullptr);
    CHECK(root.at("1")->as_bool() == true);
    CHECK(root.at(".a")->as_int() == 3);
}

TEST_CASE("a large map finds each of its keys, also where hashes meet") {
    MapIndex index;
    CHECK(index.find(7, [](std::size_t) { return true; }) == MapIndex::npos);
    // All begin at one place of the table, and half of them have one hash.
    constexpr std::size_t count = 500;
    const auto hash_of = [](std::size_t i) { return i % 2 == 0 ? std::size_t{5} : (i << 12U) + 5; };
    for (std::size_t i = 0; i < count; ++i) index.add(hash_of(i), i);
    for (std::size_t i = 0; i < count; ++i)
        CHECK(index.find(hash_of(i), [i](std::size_t position) { return position == i; }) == i);
    CHECK(index.find(5, [](std::size_t position) { return position % 2 == 1; }) == MapIndex::npos);
    CHECK(index.find(6, [](std::size_t) { return true; }) == MapIndex::npos);
}

TEST_CASE("a copy of a large map finds its own keys, whatever becomes of the other") {
    Value map = Value::map();
    for (int i = 0; i < 100; ++i) map.set(Value::string("key_" + std::to_string(i)), Value::integer(i));
    Value copy = map;
    copy.set(Value::string("more"), Value::null());
    CHECK(copy.erase("key_0"));
    CHECK(ValueAccess::find(map, "more") == ValueAccess::npos);
    CHECK(ValueAccess::find(map, "key_0") == 0);
    CHECK(ValueAccess::find(copy, "key_0") == ValueAccess::npos);
    for (std::size_t i = 1; i < 100; ++i) {
        CHECK(ValueAccess::find(map, "key_" + std::to_string(i)) == i);
        CHECK(ValueAccess::find(copy, "key_" + std::to_string(i)) == i - 1);
    }
    CHECK(ValueAccess::find(copy, "more") == 99);
}

TEST_CASE("what is appended to a map is found, from the sixteenth key on by its table") {
    Value map = Value::map();
    for (std::size_t i = 0; i < 40; ++i) {
        ValueAccess::append(map, Value::string("k" + std::to_string(i)), Value::integer(static_cast<std::int64_t>(i)));
        for (std::size_t known = 0; known <= i; ++known)
            CHECK(ValueAccess::find(map, "k" + std::to_string(known)) == known);
        CHECK(ValueAccess::find(map, "k" + std::to_string(i + 1)) == ValueAccess::npos);
    }
    CHECK(map.find("k39")->as_int() == 39);
}

TEST_CASE("a string that stands somewhere knows where") {
    const auto origin = std::make_shared<const SourceText>(SourceText{"f.yaml", "a: text"});
    const Value text = ValueAccess::string("text", {origin, 1, 4});
    CHECK(*text.as_string() == "text");
    CHECK(text.position().origin == origin);
    CHECK(text.position().line == 1);
    CHECK(text.position().column == 4);
}
