// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

/// What `v` reads as beside the keys of `context`; its diagnostic's code when it cannot be read.
std::string read(const std::string& v, const std::string& context = "{}") {
    Value root = *parse_yaml(context, "test.yaml");
    root.set(Value::string("v"), Value::string(v));
    const Environment environment{{"SET", "value"}, {"NUMBER", "007"}};
    Diagnostics notes;
    const auto resolved = Resolver(root, {.environment = &environment, .hydra = {}}).resolve_all(notes);
    return resolved ? to_json(*resolved->find("v")) : std::string(resolved.error().front().code);
}

const std::string some =
    "{a: 1, m: {b: [x, {c: 2.5}], d: '${.b[1].c}'}, n: ~, s: b, missing: '\?\?\?', f: 1e-5, e: '\\${a}'}";

}  // namespace

TEST_CASE("a reference keeps the type of what it names") {
    CHECK(read("${a}", some) == "1");
    CHECK(read("${m.b}", some) == R"(["x",{"c":2.5}])");
    CHECK(read("${m[b].1[c]}", some) == "2.5");
    CHECK(read("${.m.d}", some) == "2.5");
    CHECK(read("${m.${s}}", some) == R"(["x",{"c":2.5}])");
    CHECK(read("${n}", some) == "null");
}

TEST_CASE("text around a reference makes a string of it, as Python would") {
    CHECK(read("${a}-${f}-${n}-${m.b}", some) == R"("1-1e-05-None-['x', {'c': 2.5}]")");
    CHECK(read("\\${a} \\\\${a} \\\\\\${a}", some) == R"("${a} \\1 \\${a}")");
    CHECK(read("${e}", some) == R"("${a}")");
    CHECK(read("$a $ {b} 5$", some) == R"("$a $ {b} 5$")");
}

TEST_CASE("what leads nowhere is refused") {
    CHECK(read("${nope}", some) == "compose.interpolation");
    CHECK(read("${m.b.7}", some) == "compose.interpolation");
    CHECK(read("${a.b}", some) == "compose.interpolation");
    CHECK(read("${....a}", some) == "compose.interpolation");
    CHECK(read("${missing}", some) == "compose.missing_value");
    CHECK(read("${a", some) == "compose.interpolation");
    CHECK(read("${nope:1}", some) == "compose.interpolation");
    CHECK(read("${v}") == "compose.cycle");
    CHECK(read("${w}", "w: {x: '${v}'}") == "compose.cycle");
}

TEST_CASE("arithmetic is Python's") {
    CHECK(read("${multiply:2,3}") == "6");
    CHECK(read("${multiply:2,0.5}") == "1.0");
    CHECK(read("${multiply:ab,2}") == R"("abab")");
    CHECK(read("${multiply:[1,2],2}") == "[1,2,1,2]");
    CHECK(read("${multiply:true,2}") == "2");
    CHECK(read("${multiply:123456789012345678901,10}") == "1234567890123456789010");
    CHECK(read("${divide_ceil:-7,2}") == "-3");
    CHECK(read("${divide_floor:-7,2}") == "-4");
    CHECK(read("${divide_floor:7,0}") == "compose.interpolation");
    CHECK(read("${multiply:2,null}") == "compose.interpolation");
    CHECK(read("${multiply:aaaaaaaaaa,1000000000000}") == "compose.too_large");
}

TEST_CASE("the values of a map cannot be listed when a key cannot stand in an interpolation") {
    CHECK(read("${oc.dict.values:m}", "m: {a: 1, b: 2}") == "[1,2]");
    CHECK(read("${oc.dict.values:m}", "m: {'': 1}") == "compose.interpolation");
    CHECK(read("x${oc.dict.values:m}", "m: {\"y'\": 1}") == "compose.interpolation");
}

TEST_CASE("OmegaConf's own resolvers work") {
    CHECK(read("${oc.env:SET}") == R"("value")");
    CHECK(read("${oc.env:UNSET,5}") == R"("5")");
    CHECK(read("${oc.env:UNSET,null}") == "null");
    CHECK(read("${oc.env:UNSET}") == "compose.interpolation");
    CHECK(read("${oc.decode:${oc.env:NUMBER}}") == R"("007")");
    CHECK(read("${oc.decode:'{x: [1, ${a}]}'}", some) == R"({"x":[1,1]})");
    CHECK(read("${oc.select:nope,{k: [1]}}", some) == R"({"k":[1]})");
    CHECK(read("${oc.select:a.b.c,d}", some) == R"("d")");
    CHECK(read("${oc.select:missing,7}", some) == "7");
    CHECK(read("${oc.select:n,7}", some) == "null");
    CHECK(read("${oc.dict.keys:m}", some) == R"(["b","d"])");
    CHECK(read("${oc.dict.values:m}", some) == R"([["x",{"c":2.5}],2.5])");
    CHECK(read("${oc.create:{x: '\\${a}'}}", some) == R"({"x":1})");
    CHECK(read("${oc.deprecated:a}", some) == "1");
}

TEST_CASE("work that would grow without bound is refused") {
    std::string chain = "k0: 1\n";
    for (int i = 1; i < 5000; ++i) chain += "k" + std::to_string(i) + ": ${k" + std::to_string(i - 1) + "}\n";
    CHECK(read("${k4999}", chain) == "1");  // every link is resolved by itself first
    std::string reversed;
    for (int i = 0; i < 5000; ++i) reversed += "k" + std::to_string(i) + ": ${k" + std::to_string(i + 1) + "}\n";
    CHECK(read("x", reversed + "k5000: 1\n") == "compose.too_large");
    std::string doubling = "k0: xxxxxxxxxx\n";
    for (int i = 1; i < 64; ++i)
        doubling += "k" + std::to_string(i) + ": ${k" + std::to_string(i - 1) + "}${k" + std::to_string(i - 1) + "}\n";
    CHECK(read("x", doubling) == "compose.too_large");
    std::string tree = "k0: [1]\n";
    for (int i = 1; i < 64; ++i)
        tree +=
            "k" + std::to_string(i) + ": ['${k" + std::to_string(i - 1) + "}', '${k" + std::to_string(i - 1) + "}']\n";
    CHECK(read("x", tree) == "compose.too_large");
    std::string nested;
    for (int i = 0; i < 10'000; ++i) nested += "${";
    CHECK(read(nested) == "compose.interpolation");
}
