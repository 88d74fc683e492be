// SPDX-License-Identifier: Apache-2.0
// Expected results are those of Hydra's override grammar.
#include "catch.hpp"
#include "config/override/override_ast.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

std::string listed(const std::vector<Element>& elements) {
    Value list = Value::list();
    for (const Element& element : elements) list.push_back(to_value(element));
    return to_json(list);
}

std::string described(const Sweep& sweep) {
    const std::string shuffled = sweep.shuffled ? "shuffled " : "";
    switch (sweep.kind) {
        case Sweep::Kind::choice:
            return shuffled + "choice " + listed(sweep.list);
        case Sweep::Kind::simple_choice:
            return shuffled + "simple " + listed(sweep.list);
        case Sweep::Kind::range:
            return fmt::format("{}range {} {} {}", shuffled, to_json(sweep.start), to_json(sweep.stop),
                               to_json(sweep.step));
        case Sweep::Kind::interval:
            return fmt::format("{}interval {} {}", shuffled, to_json(sweep.start), to_json(sweep.stop));
        case Sweep::Kind::glob:
            break;
    }
    return shuffled + "glob";
}

/// What a value is evaluated to, or the words in which it is refused.
std::string evaluated(std::string_view text) {
    const auto parsed = parse_override({"k=" + std::string(text), "override 1"});
    if (!parsed) return parsed.error().front().message;
    const Element& value = *parsed->value;
    return value.kind == Element::Kind::sweep ? described(*value.sweep) : to_json(to_value(value));
}

struct Case {
    std::string_view text;
    std::string_view result;
};

void check(std::initializer_list<Case> cases) {
    for (const auto& [text, result] : cases) {
        INFO(text);
        CHECK(evaluated(text) == result);
    }
}

}  // namespace

TEST_CASE("a choice is made of values, and of no other sweep but one without a name") {
    check({
        {"a,b", R"(simple ["a","b"])"},
        {"[1],{a:2}", R"(simple [[1],{"a":2}])"},
        {"choice(a,b)", R"(choice ["a","b"])"},
        {"choice(a)", R"(choice ["a"])"},
        {"choice(1,2.5,true,[x],{a:1})", R"(choice [1,2.5,true,["x"],{"a":1}])"},
        {"choice(int(1.5,2))", "choice [1,2]"},
        {"choice(shuffle(1,2))", "choice [1,2]"},
        {"choice()", "choice(): an empty choice is not legal"},
        {"choice(null)", "choice(): expects strings, numbers, bools, lists or maps"},
        {"choice(a,null)", "choice(): expects strings, numbers, bools, lists or maps"},
        {"choice(range(1,2))", "choice(): expects strings, numbers, bools, lists or maps"},
        {"choice(interval(1,2))", "choice(): expects strings, numbers, bools, lists or maps"},
        {"choice(choice(1,2))", "choice(): choices do not nest"},
        {"choice(a=1)", "choice() has no argument `a`"},
    });
}

TEST_CASE("a range counts from zero when only its end is given") {
    check({
        {"range(5)", "range 0 5 1"},
        {"range(start=5)", "range 0 5 1"},
        {"range(5,null)", "range 0 5 1"},
        {"range(5,null,2)", "range 0 5 2"},
        {"range(1,5)", "range 1 5 1"},
        {"range(1,5,2)", "range 1 5 2"},
        {"range(0.5,2.5,0.5)", "range 0.5 2.5 0.5"},
        {"range(stop=5,start=2)", "range 2 5 1"},
        {"range(2,step=3,stop=9)", "range 2 9 3"},
        {"range()", "range(): needs `start`"},
        {"range(stop=5)", "range(): needs `start`"},
        {"range(a)", "range(): expects numbers"},
        {"range(null)", "range(): expects numbers"},
        {"range(1,a)", "range(): expects numbers"},
        {"range(1,[2])", "range(): expects numbers"},
        {"range(1,5,a)", "range(): expects numbers"},
        {"range(1,5,null)", "range(): expects numbers"},
        {"range(1,2,3,4)", "range(): takes at most 3 arguments"},
        {"range(1,2,start=3)", "range(): gets `start` twice"},
        {"range(1,begin=3)", "range() has no argument `begin`"},
        {"range(start=1,2)", "an argument without a name follows one with a name"},
    });
}

TEST_CASE("an interval has two ends, which are numbers") {
    check({
        {"interval(0,1)", "interval 0.0 1.0"},
        {"interval(0.5,true)", "interval 0.5 1.0"},
        {"interval(end=2,start=-1)", "interval -1.0 2.0"},
        {"interval()", "interval(): needs `start`"},
        {"interval(1)", "interval(): needs `end`"},
        {"interval(end=1)", "interval(): needs `start`"},
        {"interval(a,1)", "interval(): expects numbers"},
        {"interval(1,a)", "interval(): expects numbers"},
        {"interval(1,null)", "interval(): expects numbers"},
        {"interval(1,2,3)", "interval(): takes at most 2 arguments"},
        {"interval(1,2,end=3)", "interval(): gets `end` twice"},
    });
    CHECK(evaluated("interval(0,1" + std::string(400, '0') + ")") == "interval(): cannot be cast to float");
}

TEST_CASE("a glob takes texts or lists of them") {
    check({
        {"glob(*)", "glob"},
        {"glob([a*,b])", "glob"},
        {"glob(a*,ab)", "glob"},
        {"glob(a*,[ab,ac])", "glob"},
        {"glob(a*,null)", "glob"},
        {"glob(include=a*,exclude=ab)", "glob"},
        {"glob()", "glob(): needs `include`"},
        {"glob(exclude=a)", "glob(): needs `include`"},
        {"glob(1)", "glob(): expects strings or lists of strings"},
        {"glob(null)", "glob(): expects strings or lists of strings"},
        {"glob(a,1)", "glob(): expects strings or lists of strings"},
        {"glob(a,{b:c})", "glob(): expects strings or lists of strings"},
        {"glob(a,b,c)", "glob(): takes at most 2 arguments"},
    });
}

TEST_CASE("tags stand before the sweep that they name") {
    check({
        {"tag(choice(1,2))", "choice [1,2]"},
        {"tag(a,b,choice(1,2))", "choice [1,2]"},
        {"tag(a,range(1,2))", "range 1 2 1"},
        {"tag(a,interval(1,2))", "interval 1.0 2.0"},
        {"tag(a,sweep=choice(1,2))", "choice [1,2]"},
        {"tag(choice(1,2),sweep=null)", "choice [1,2]"},
        {"tag()", "tag(): needs at least a sweep"},
        {"tag(sweep=choice(1,2))", "tag(): needs at least a sweep"},
        {"tag(a)", "tag(): expects choice(), range() or interval() as its last argument"},
        {"tag(a,glob(*))", "tag(): expects choice(), range() or interval() as its last argument"},
        {"tag(choice(1,2),a)", "tag(): expects choice(), range() or interval() as its last argument"},
        {"tag(a,sweep=null)", "tag(): expects choice(), range() or interval() as its last argument"},
        {"tag(1,choice(1,2))", "tag(): expects strings as tags"},
        {"tag(a,2,choice(1,2))", "tag(): expects strings as tags"},
        {"tag(choice(a,b),choice(1,2))", "tag(): expects strings as tags"},
    });
}

TEST_CASE("values are sorted as Python sorts them, and keep their order where they are equal") {
    const char* mixed = "sort(): cannot order values of different types, or quoted strings in a list";
    check({
        {"sort([3,1,2])", "[1,2,3]"},
        {"sort([3,1,2],reverse=true)", "[3,2,1]"},
        {"sort([3,1,2],reverse=false)", "[1,2,3]"},
        {"sort([10,9,2.5])", "[2.5,9,10]"},
        {"sort([2,1.5,true,false])", "[false,true,1.5,2]"},
        {"sort([1,true,1.0])", "[1,true,1.0]"},
        {"sort([1,true,1.0],reverse=true)", "[1,true,1.0]"},
        {"sort([123456789012345678901234567890,1e3,5])", "[5,1000.0,123456789012345678901234567890]"},
        {"sort([9007199254740993,9007199254740992])", "[9007199254740992,9007199254740993]"},
        {"sort([b,B,ab,a])", R"(["B","a","ab","b"])"},
        {"sort([[2],[1,5],[1]])", "[[1],[1,5],[2]]"},
        {"sort([[1,b],[1,a]])", R"([[1,"a"],[1,"b"]])"},
        {"sort([[a,1],[a,a]])", mixed},
        {"sort([])", "[]"},
        {"sort([{a:1}])", R"([{"a":1}])"},
        {"sort([{a:1},{b:1}])", mixed},
        {"sort([a,1])", mixed},
        {"sort([1,[1]])", mixed},
        {"sort([1,null])", mixed},
        {"sort(['b','a'])", mixed},
        {"sort([b,'a'])", mixed},
        {"sort(list=[2,1])", "[1,2]"},
        {"sort(list=[1,2],reverse=true)", "[2,1]"},
        {"sort([2,1],list=null)", "[1,2]"},
        {"sort(list=a)", "sort(): expects a list for `list`"},
        {"sort(list=choice(1,2))", "sort(): expects a list for `list`"},
    });
}

TEST_CASE("a choice is sorted, and several values become one") {
    check({
        {"sort(choice(c,a,b))", R"(choice ["a","b","c"])"},
        {"sort(choice(c,a,b),reverse=true)", R"(choice ["c","b","a"])"},
        {"sort(choice(a,1))", "sort(): cannot order values of different types, or quoted strings in a list"},
        {"sort(sweep=choice(2,1))", "choice [1,2]"},
        {"sort(sweep=choice(1,2),reverse=true)", "choice [2,1]"},
        {"sort(choice(2,1),sweep=null)", "choice [1,2]"},
        {"sort(sweep=range(1,3))", "range 1 3 1"},
        {"sort(sweep=interval(0,1))", "sort(): expects a choice or a range"},
        {"sort(sweep=[2,1])", "sort(): expects a choice or a range"},
        {"sort(range(1,5))", "range 1 5 1"},
        {"sort(3,1,2)", "simple [1,2,3]"},
        {"sort(3,1,2,reverse=true)", "simple [3,2,1]"},
        {"sort('b','a')", R"(simple ["a","b"])"},
        {"sort(a)", R"("a")"},
        {"sort({b:1,a:2})", R"({"b":1,"a":2})"},
        {"sort()", "sort(): needs something to sort"},
        {"sort(list=null)", "sort(): needs something to sort"},
        {"sort(1,[2])", "sort(): sorts several values only when they are scalars"},
        {"sort(choice(1,2),3)", "sort(): sorts several values only when they are scalars"},
        {"sort(null)", "sort(): expects values, choices or ranges"},
        {"sort(1,null)", "sort(): expects values, choices or ranges"},
        {"sort(interval(0,1))", "sort(): expects values, choices or ranges"},
        {"sort(glob(*))", "sort(): expects values, choices or ranges"},
        {"sort(1,2,reverse=1)", "sort(): expects true or false for `reverse`"},
        {"sort(1,2,reverse=[true])", "sort(): expects true or false for `reverse`"},
        {"sort(1,2,reversed=true)", "sort() has no argument `reversed`"},
    });
}

TEST_CASE("what is shuffled is a list in some order, or a sweep in whatever order") {
    check({
        {"shuffle(a,b)", R"(simple ["a","b"])"},
        {"shuffle([1,2])", "[1,2]"},
        {"shuffle(a)", R"(["a"])"},
        {"shuffle(choice(1,2))", "shuffled choice [1,2]"},
        {"shuffle(range(1,3))", "shuffled range 1 3 1"},
        {"shuffle(list=[1,2])", "[1,2]"},
        {"shuffle(sweep=choice(1,2))", "shuffled choice [1,2]"},
        {"shuffle(list=null,sweep=choice(1,2))", "shuffled choice [1,2]"},
        {"shuffle(list=[1],sweep=choice(1,2))", "[1]"},
        {"shuffle(a,list=[1,2])", "[1,2]"},
        {"shuffle([1,2],list=null)", "[1,2]"},
        {"shuffle(null)", "shuffle(): expects values, choices or ranges"},
        {"shuffle(a,interval(0,1))", "shuffle(): expects values, choices or ranges"},
        {"shuffle(glob(*))", "shuffle(): expects values, choices or ranges"},
        {"shuffle(choice(1,2),3)", "shuffle(): sweeps do not nest"},
    });
}

TEST_CASE("a function that there is not is answered with those that there are") {
    check({
        {"nope(1)",
         "there is no function nope(); known are bool, choice, float, glob, int, interval, range, shuffle, sort, str, "
         "tag"},
        {"[nope(1)]",
         "there is no function nope(); known are bool, choice, float, glob, int, interval, range, shuffle, sort, str, "
         "tag"},
    });
}

TEST_CASE("one value is cast as Python casts it") {
    const std::string huge = "1" + std::string(400, '0');
    check({
        {"int(7)", "7"},
        {"int(-2.9)", "-2"},
        {"int(1e20)", "100000000000000000000"},
        {"int(' 7 ')", "7"},
        {"int('1_0')", "10"},
        {"int(true)", "1"},
        {"int(a)", "int(): 'a' is not an int"},
        {"int('1.5')", "int(): '1.5' is not an int"},
        {"int(null)", "int(): cannot be cast to int"},
        {"int(inf)", "int(): cannot be cast to int"},
        {"int(nan)", "int(): cannot be cast to int"},
        {"float(1)", "1.0"},
        {"float(1.5)", "1.5"},
        {"float('1e3')", "1000.0"},
        {"float(inf)", R"(".inf")"},
        {"float(a)", "float(): 'a' is not a float"},
        {"float(null)", "float(): cannot be cast to float"},
        {"str(1)", R"("1")"},
        {"str(1.0)", R"("1.0")"},
        {"str(true)", R"("true")"},
        {"str(abc)", R"("abc")"},
        {"str(null)", "str(): null cannot be cast to str"},
        {"bool(true)", "true"},
        {"bool(false)", "false"},
        {"bool('TRUE')", "true"},
        {"bool('False')", "false"},
        {"bool(abc)", "bool(): 'abc' is neither true nor false"},
        {"bool(null)", "false"},
        {"bool(-1)", "true"},
        {"bool(0.0)", "false"},
        {"bool(0.5)", "true"},
    });
    CHECK(evaluated("int(" + huge + ")") == huge);
    CHECK(evaluated("float(" + huge + ")") == "float(): cannot be cast to float");
    CHECK(evaluated("bool(" + huge + ")") == "true");
}

TEST_CASE("what a list, a map or a sweep holds is cast one by one") {
    check({
        {"int([1.5,{a:'2'}])", R"([1,{"a":2}])"},
        {"str({a:[1,true]})", R"({"a":["1","true"]})"},
        {"int([1,[b]])", "int(): 'b' is not an int"},
        {"int({a:b})", "int(): 'b' is not an int"},
        {"int([null])", "int(): cannot be cast to int"},
        {"int(1.5,2.5)", "simple [1,2]"},
        {"int(choice(1.5,'2'))", "choice [1,2]"},
        {"int(choice(a,b))", "int(): 'a' is not an int"},
        {"int(choice(1,int(1,2)))", "int(): sweeps do not nest"},
        {"int(1,choice(2,3))", "int(): sweeps do not nest"},
        {"int(shuffle(choice(1.5,2)))", "choice [1,2]"},
        {"float(shuffle(range(1,3)))", "shuffled range 1.0 3.0 1.0"},
        {"float(range(1,5))", "range 1.0 5.0 1.0"},
        {"int(range(1.5,5.5,2.5))", "range 1 5 2"},
        {"int(range(1,inf))", "int(): cannot be cast to int"},
        {"int(interval(0.5,2))", "interval 0 2"},
        {"float(interval(0.5,2))", "interval 0.5 2.0"},
        {"str(range(1,5))", "str(): a range or an interval can only be cast to int or float"},
        {"bool(interval(1,5))", "bool(): a range or an interval can only be cast to int or float"},
        {"int(glob(*))", "int(): a glob cannot be cast"},
        {"str(glob(*))", "str(): a glob cannot be cast"},
    });
}

TEST_CASE("a cast takes its value by place or by name") {
    check({
        {"int(value=3.5)", "3"},
        {"int(value=[1.5])", "[1]"},
        {"int(1.5,value=null)", "1"},
        {"int()", "int(): needs a value"},
        {"int(value=null)", "int(): needs a value"},
        {"int(1,value=2)", "int(): takes its value by position or by name, not both"},
        {"int(a=1)", "int() has no argument `a`"},
    });
}
