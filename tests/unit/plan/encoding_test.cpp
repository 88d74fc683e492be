// SPDX-License-Identifier: Apache-2.0
// How a plan holds the values that JSON does not know.
#include "catch.hpp"
#include "config/config.hpp"
#include "plan/wire/codec.hpp"

#include <cmath>
#include <limits>

using namespace recipe;
using config::Value;

namespace {

Value parsed(std::string_view json) {
    return config::from_json(json, json.size()).value();
}

std::string message_of(std::string_view json) {
    const auto decoded = plan::decode(parsed(json));
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().front().code == "plan.malformed");
    return decoded.error().front().message;
}

}  // namespace

TEST_CASE("a value is encoded in JSON and decoded to the same") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Value odd = Value::map();
    odd.set(Value::integer(1), Value::string("a"));
    odd.set(Value::null(), Value::boolean(true));
    odd.set(Value::floating(0.5), Value::list({Value::floating(-infinity)}));
    Value dollar = Value::map();
    dollar.set(Value::string("$float"), Value::string("inf"));
    const Value huge = Value::integer(*config::Integer::from_digits("123456789012345678901234567890"));
    const Value low = Value::integer(std::numeric_limits<std::int64_t>::min());
    for (const Value& value :
         {Value::null(), Value::boolean(false), Value::integer(-1), low, huge, Value::floating(1.0),
          Value::floating(1.5e300), Value::floating(infinity), Value::floating(-infinity),
          Value::floating(std::numeric_limits<double>::quiet_NaN()), Value::string(""), Value::string("$int"),
          Value::list(), Value::map(), odd, dollar, Value::list({odd, huge, dollar, Value::list({low})})}) {
        const std::string json = config::to_json(plan::encode(value));
        INFO(json);
        const auto decoded = plan::decode(parsed(json));
        REQUIRE(decoded);
        CHECK(*decoded == value);
    }
    CHECK(std::isnan(*plan::decode(parsed(R"({"$float":"nan"})"))->as_number()));
    CHECK(plan::decode(parsed(R"({"$float":"inf"})"))->as_number() == infinity);
    CHECK(plan::decode(parsed(R"({"$float":"-inf"})"))->as_number() == -infinity);
}

TEST_CASE("what no plan of ours holds is refused with its reason") {
    struct Case {
        std::string_view json;
        std::string_view message;
    };
    const Case cases[] = {
        {R"({"$float":"1"})", "$float is none of inf, -inf, nan"},
        {R"({"$float":1.5})", "$float is none of inf, -inf, nan"},
        {R"({"$float":"NaN"})", "$float is none of inf, -inf, nan"},
        {R"({"$float":null})", "$float is none of inf, -inf, nan"},
        {R"({"$int":"1.5"})", "$int holds no integer"},
        {R"({"$int":5})", "$int holds no integer"},
        {R"({"$map":{}})", "$map is no list"},
        {R"({"$map":"x"})", "$map is no list"},
        {R"({"$map":null})", "$map is no list"},
        {R"({"$map":[[1]]})", "$map has an item that is no pair"},
        {R"({"$map":["ab"]})", "$map has an item that is no pair"},
        {R"({"$map":[[[],1]]})", "$map has a key that is no scalar"},
        {R"({"$map":[[{"$int":"x"},1]]})", "$int holds no integer"},
        {R"({"$map":[["a",{"$float":"x"}]]})", "$float is none of inf, -inf, nan"},
        {R"([1,{"a":{"$int":"x"}}])", "$int holds no integer"},
    };
    for (const auto& [json, message] : cases) {
        INFO(json);
        CHECK(message_of(json) == message);
    }
}
