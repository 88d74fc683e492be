// SPDX-License-Identifier: Apache-2.0
// Expected results are OmegaConf's, with the launcher's resolvers.
#include "reading.hpp"

using namespace recipe::config::test;

TEST_CASE("a reference leads to what OmegaConf finds") {
    check_read({
        {"${a}", "1"},
        {"${.a}", "1"},
        {"${..a}", "compose.interpolation"},
        {"${m}", "{\"b\":[\"x\",{\"c\":2.5}],\"d\":2.5,\"e\":{}}"},
        {"${m.b}", "[\"x\",{\"c\":2.5}]"},
        {"${m.b.0}", "\"x\""},
        {"${m.b[0]}", "\"x\""},
        {"${m.b[1]}", "{\"c\":2.5}"},
        {"${m.b[1].c}", "2.5"},
        {"${m.b.1.c}", "2.5"},
        {"${m[b][1][c]}", "2.5"},
        {"${m[b].1[c]}", "2.5"},
        {"${[m][b][0]}", "\"x\""},
        {"${[m].b.0}", "\"x\""},
        {"${.m.b[0]}", "\"x\""},
        {"${.[m].b[0]}", "\"x\""},
        {"${m.b.-1}", "compose.interpolation"},
        {"${m.b[-1]}", "compose.interpolation"},
        {"${m.b.2}", "compose.interpolation"},
        {"${m.b.x}", "compose.interpolation"},
        {"${m.b. 1}", "compose.interpolation"},
        {"${m.b.01}", "{\"c\":2.5}"},
        {"${m.b.1_0}", "compose.interpolation"},
        {"${m.b.+1}", "{\"c\":2.5}"},
        {"${m.nope}", "compose.interpolation"},
        {"${m.e}", "{}"},
        {"${em}", "{}"},
        {"${el}", "[]"},
        {"${el.0}", "compose.interpolation"},
        {"${l[0]}", "1"},
        {"${l.1}", "2"},
        {"${l[2]}", "compose.interpolation"},
        {"${l}", "[1,2]"},
        {"${n}", "null"},
        {"${n.a}", "compose.interpolation"},
        {"${a.b}", "compose.interpolation"},
        {"${s.b}", "compose.interpolation"},
        {"${s.b.c}", "compose.interpolation"},
        {"${m.${s}}", "[\"x\",{\"c\":2.5}]"},
        {"${m.${s}.0}", "\"x\""},
        {"${m[${s}][1].c}", "2.5"},
        {"${${s}}", "compose.interpolation"},
        {"${m.${s}${s}}", "compose.interpolation"},
        {"${two.u}", "1"},
        {"${two.w}", "1"},
        {"${two.deep}", "[1,[1,1]]"},
        {"${two.deep[1][1]}", "1"},
        {"${two.deep[0]}", "1"},
        {"${missing}", "compose.missing_value"},
        {"${m.d}", "2.5"},
        {"${t}", "true"},
        {"${big}", "123456789012345678901234567890"},
        {"${f}", "1e-05"},
        {"${inf}", "\".inf\""},
        {"${nan}", "\".nan\""},
        {"${}", "compose.interpolation"},
        {"${ }", "compose.interpolation"},
        {"${a", "compose.interpolation"},
        {"${a b}", "compose.interpolation"},
        {"${a.}", "compose.interpolation"},
        {"${.}", "compose.interpolation"},
        {"${..}", "compose.interpolation"},
        {"${m.b[}", "compose.interpolation"},
        {"${m.b]}", "compose.interpolation"},
        {"${m.b[0]x}", "compose.interpolation"},
        {"${m..b}", "compose.interpolation"},
        {"${ a }", "1"},
        {"${m. b}", "compose.interpolation"},
        {"${[0]}", "compose.interpolation"},
        {"a${a}b", "\"a1b\""},
        {"${a}${a}", "\"11\""},
        {"${n}x", "\"Nonex\""},
        {"${t}x", "\"Truex\""},
        {"${f}x", "\"1e-05x\""},
        {"${m}x", "\"{'b': ['x', {'c': 2.5}], 'd': '${.b[1].c}', 'e': {}}x\""},
        {"${l}x", "\"[1, 2]x\""},
        {"${inf}x", "\"infx\""},
        {"${nan}-", "\"nan-\""},
        {"${big}x", "\"123456789012345678901234567890x\""},
        {"${missing}x", "compose.missing_value"},
        {"$${a}", "\"$1\""},
        {"\\${a}", "\"${a}\""},
        {"\\\\${a}", "\"\\\\1\""},
        {"\\\\\\${a}", "\"\\\\${a}\""},
        {"x\\${a}", "\"x${a}\""},
        {"x\\\\${a}y", "\"x\\\\1y\""},
        {"${a}\\", "\"1\\\\\""},
        {"${a}\\\\", "\"1\\\\\\\\\""},
        {"\\", "\"\\\\\""},
        {"\\\\", "\"\\\\\\\\\""},
        {"$", "\"$\""},
        {"$$", "\"$$\""},
        {"${a}$", "\"1$\""},
        {"$ {a}", "\"$ {a}\""},
        {"{${a}}", "\"{1}\""},
        {"'${a}'", "\"'1'\""},
        {"\"${a}\"", "\"\\\"1\\\"\""},
        {"${a} ${b}", "compose.interpolation"},
        {"${a}\\n", "\"1\\\\n\""},
    });
}

TEST_CASE("a plain reference is a path of identifiers alone") {
    using recipe::config::interpolation::plain_reference;
    CHECK(plain_reference("${a}") == "a");
    CHECK(plain_reference("${a.b_1.C-2._}") == "a.b_1.C-2._");
    for (const char* other :
         {"",      "$",     "${",      "${}",       "a",        "${a",    "$a}",    "{a}",    " ${a}",   "${a} ",
          "${ a}", "${a }", "${.a}",   "${a.}",     "${a..b}",  "${1}",   "${a.1}", "${-a}",  "${a[b]}", "${a:b}",
          "${a:}", "${a}}", "${${a}}", "${a.${b}}", "${a}${b}", "\\${a}", "${a\\}", "${a b}", "${a,b}",  "${\u00e9}"})
        CHECK_FALSE(plain_reference(other));
}

TEST_CASE("a chain of plain references ends where OmegaConf's would") {
    check_read({
        {"${two.w}", "1"},
        {"${two}", R"({"a":7,"u":1,"w":1,"deep":[1,[1,1]]})"},
        {"${missing.x}", "compose.missing_value"},
        {"${v}", "compose.cycle"},
        {"${v.x}", "compose.cycle"},
    });
    const recipe::config::Value root =
        *recipe::config::parse_yaml("{a: {b: '${a}'}, c: '${d.e}', d: {e: '${a.f}'}}", "test.yaml");
    recipe::Diagnostics notes;
    const auto resolved = recipe::config::Resolver(root, {}).resolve_all(notes);
    REQUIRE_FALSE(resolved);
    REQUIRE(resolved.error().size() == 2);
    CHECK(resolved.error()[0].code == recipe::codes::compose.cycle);
    CHECK(resolved.error()[0].key == "a.b");
    CHECK(resolved.error()[1].code == recipe::codes::compose.interpolation);
    CHECK(resolved.error()[1].key == "d.e");
}
