// SPDX-License-Identifier: Apache-2.0
// How far interpolations may lead, and what is said of those that lead too far or back.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

Expected<Value> resolved(const Value& root, const ResolveOptions& options = {.hydra = {}}) {
    Diagnostics notes;
    return Resolver(root, options).resolve_all(notes);
}

std::string message_of(std::string_view yaml) {
    const auto result = resolved(*parse_yaml(yaml, "test.yaml"));
    return result ? to_json(*result) : result.error().front().message;
}

}  // namespace

TEST_CASE("a cycle is told from where it begins") {
    CHECK(message_of("{v: '${w}', w: '${x}', x: '${w}'}") == "a cycle: `w` -> `x` -> `w`; needed by `v`, `x`");
    CHECK(message_of("{a: '${b}', b: '${c}', c: '${d}', d: '${c}x'}") ==
          "a cycle: `c` -> `d` -> `c`; needed by `a`, `b`, `d`");
    CHECK(message_of("{m: {v: '${m}'}}") == "`${m}`: `m` holds the very value that refers to it");
    CHECK(message_of("{m: {v: '${..m}'}}") == "`${..m}`: `m` holds the very value that refers to it");
    CHECK(message_of("{m: {v: ['${m.v}']}}") == "`${m.v}`: `m.v` holds the very value that refers to it");
    CHECK(message_of("{a: {b: '${c}'}, c: {d: '${a}'}}").contains("through interpolations"));
    CHECK(message_of("{m: {v: '${.w}', w: 1}}") == R"({"m":{"v":1,"w":1}})");
}

TEST_CASE("what is wrong with an argument is said in the resolver's words") {
    CHECK(message_of("{v: '${oc.decode:'' ''}'}") == "`${oc.decode:' '}`: ` ` is no value: blanks alone are no value");
    CHECK(message_of("{v: \"${oc.decode:'a]'}\"}") ==
          "`${oc.decode:'a]'}`: `a]` is no value: nothing more may stand here");
    CHECK(message_of("{v: \"${oc.decode:'[a'}\"}") ==
          "`${oc.decode:'[a'}`: `[a` is no value: it ends here; expected `,` or `]`");
    CHECK(message_of("{v: \"${oc.decode:'{a: 1'}\"}") ==
          "`${oc.decode:'{a: 1'}`: `{a: 1` is no value: it ends here; expected `,` or `}`");
    CHECK(message_of("{v: \"${oc.decode:'{a'}\"}") ==
          "`${oc.decode:'{a'}`: `{a` is no value: it ends here; expected `:` after a key");
    CHECK(message_of("{v: \"${oc.decode:'{[a]: 1}'}\"}").ends_with("unexpected `[`; expected a key without quotes"));
    CHECK(message_of("{v: \"${oc.decode:'[1} '}\"}").ends_with("nothing is open that this could close"));
    CHECK(message_of("{v: '${oc.env:5}'}") == "`${oc.env:5}`: the name of an environment variable is a string");
    CHECK(message_of("{v: '${oc.select:5}'}") == "`${oc.select:5}`: the key to select is a string");
    CHECK(message_of("{v: '${oc.deprecated:5}'}") == "`${oc.deprecated:5}`: the key is a string");
    CHECK(message_of("{a: 1, v: '${oc.deprecated:a,5}'}") == "`${oc.deprecated:a,5}`: the message is a string");
    CHECK(message_of("{v: '${oc.deprecated:nope}'}") == "`${oc.deprecated:nope}`: there is no `nope`");
    CHECK(message_of("{v: '${oc.dict.keys:5}'}") == "`${oc.dict.keys:5}`: the key is a string");
    CHECK(message_of("{v: '${oc.dict.keys:nope}'}") == "`${oc.dict.keys:nope}`: there is no `nope`");
    CHECK(message_of("{l: [1], v: '${oc.dict.values:l}'}") == "`${oc.dict.values:l}`: `l` is a list, not a map");
    CHECK(message_of("{m: {'a b': 1, '': 2}, v: '${oc.dict.values:m}'}").contains("cannot stand in an interpolation"));
    CHECK(message_of("{v: '${now:%Y}'}") ==
          "`${now:%Y}`: its result changes with time or host, so that a plan made from it could not be reproduced");
    CHECK(message_of("{v: '${python_version:a,b}'}") ==
          "`${python_version:a,b}`: python_version takes 0 or 1 "
          "arguments, not 2");
    CHECK(message_of("{v: '${divide_floor:1,0}'}") == "`${divide_floor:1,0}`: division by zero");
    CHECK(message_of("{v: '${divide_floor:1,0.0}'}") == "`${divide_floor:1,0.0}`: division by zero");
    CHECK(message_of("{v: '${divide_floor:inf,2}'}") == "`${divide_floor:inf,2}`: the quotient is no finite number");
    CHECK(message_of("{v: '${divide_floor:1,inf}'}") == R"({"v":0})");
    CHECK(message_of("{v: '${hydra:5}'}") == "`${hydra:5}`: the key is a string");
    CHECK(message_of("{v: '${hydra:run.dir}'}") == R"({"v":null})");
}

TEST_CASE("numbers that Python cannot make are not made") {
    const std::string huge = "1" + std::string(400, '0');
    CHECK(message_of(fmt::format("{{v: '${{multiply:{},1.5}}'}}", huge)).ends_with("an int too large for a float"));
    CHECK(message_of(fmt::format("{{v: '${{multiply:1.5,-{}}}'}}", huge)).ends_with("an int too large for a float"));
    CHECK(message_of("{v: '${multiply:inf,1.5}'}") == R"({"v":".inf"})");
    CHECK(message_of(fmt::format("{{v: '${{divide_ceil:{},1.5}}'}}", huge))
              .ends_with("the quotient is no finite number"));
    CHECK(message_of(fmt::format("{{v: '${{divide_ceil:{},{}}}'}}", huge, huge)) == R"({"v":1})");
    CHECK(message_of(fmt::format("{{v: '${{multiply:{},ab}}'}}", huge)).ends_with("the result is too long"));
    CHECK(message_of(fmt::format("{{v: '${{multiply:-{},ab}}'}}", huge)) == R"({"v":""})");
    CHECK(message_of("{v: '${multiply:aa,524288}'}").size() == 1024 * 1024 + 8);
    CHECK(message_of("{v: '${multiply:aa,524289}'}").ends_with("the result is too long"));
    CHECK(message_of("{v: \"${multiply:'',99999999999}\"}") == R"({"v":""})");
    const std::string digits(2200, '9');
    CHECK(message_of(fmt::format("{{v: '${{multiply:{},{}}}'}}", digits, digits))
              .ends_with("the product has too many digits"));
}

TEST_CASE("a copy of a list is made where there is room for it") {
    const auto first_of_copy = [](std::size_t items) {
        Value root = Value::map();
        root.set(Value::string("l"), Value::list(Value::List(items, Value::integer(7))));
        root.set(Value::string("v"), Value::string("${oc.create:${l}}"));
        auto found = Resolver(root, {.hydra = {}}).select_value("v.0");
        if (!found) return std::string(found.error().code) + ": " + found.error().message;
        return *found ? to_json(**found) : "none";
    };
    CHECK(first_of_copy(499'900) == "7");
    CHECK(first_of_copy(500'100) == "compose.too_large: `${oc.create:${l}}`: too many values are made");
}

TEST_CASE("a key that an interpolation makes is a text") {
    CHECK(message_of("{a: 1, v: '${m.${a}}'}") == "`${a}` stands for a key, which has to be a string; it is an int");
    CHECK(message_of("{a: [x], v: '${${a}}'}") == "`${a}` stands for a key, which has to be a string; it is a list");
    CHECK(message_of("{m: {x: 1}, v: '${m.x.y}'}") == "`${m.x.y}`: `m.x` is an int and holds no `y`");
    CHECK(message_of("{m: '\?\?\?', v: '${m}'}") == "`${m}`: `m` is ???, a value that has to be given");
    CHECK(message_of("{m: {x: '\?\?\?'}, v: '${m.x}'}") == "`${m.x}`: `m.x` is ???, a value that has to be given");
}

TEST_CASE("an interpolation that does not parse says what was expected") {
    const auto error = [](std::string_view text) {
        const auto parsed = interpolation::parse_text(text);
        return parsed ? "parsed" : fmt::format("{} {}", parsed.error().position, parsed.error().message);
    };
    CHECK(error("${") == "2 it ends here; expected a key");
    CHECK(error("${a") == "3 it ends here; expected `.`, `[`, `:` or `}`");
    CHECK(error("${a.") == "4 it ends here; expected a key");
    CHECK(error("${a.[b]}") == "4 unexpected `[`; expected a key after `.`");
    CHECK(error("${a[b}") == "5 unexpected `}`; expected `]`");
    CHECK(error("${a[]}") == "4 unexpected `]`; expected a key");
    CHECK(error("${a b}") == "3 this character cannot stand here");
    CHECK(error("${.a:b}") ==
          "4 unexpected `:`; expected `}`, since a resolver's name is made of letters, digits, `_`, `-` and dots");
    CHECK(error("${a[b]:c}").contains("since a resolver's name"));
    CHECK(error("${1a:c}").contains("since a resolver's name"));
    CHECK(error("${a:b") == "5 it ends here; expected `,` or `}`");
    CHECK(error("${a:]}") == "4 unexpected `]`; expected an argument");
    CHECK(error("${a:'b}") == "7 it ends here; expected the closing quote");
    CHECK(error("${a:[b}") == "6 unexpected `}`; expected `,` or `]`");
    CHECK(error("${a:{b}}") == "6 unexpected `}`; expected `:` after a key");
    CHECK(error("${a:}") == "parsed");
    CHECK(error("${a.b-c:x}") == "parsed");
    CHECK(error("${a:,}") == "parsed");
    CHECK(error("") == "0 it ends here; expected text or an interpolation");
    CHECK(error("text } ] ' \" $ \\ ${a} : , {") == "parsed");
    CHECK(error("x${a:" + std::string(4301, '7') + "}").ends_with(" a number with too many digits"));
}
