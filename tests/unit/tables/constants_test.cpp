// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "tables/tables.hpp"

using namespace recipe;

TEST_CASE("a text is written as a literal of C++ that means the same") {
    struct Case {
        std::string_view text;
        std::string_view literal;
    };
    const Case cases[] = {
        {"", R"("")"},
        {"a b~", R"("a b~")"},
        {"say \"x\"", R"("say \"x\"")"},
        {"C:\\x", R"("C:\\x")"},
        {"'?", R"("'?")"},
        {"\n1", R"("\0121")"},
        {"\t\x1f ", R"("\011\037 ")"},
        {"\x7f", R"("\177")"},
        {"\xC3\xA9", R"("\303\251")"},
        {"\xFF", R"("\377")"},
        {std::string_view("\0a", 2), R"("\000a")"},
    };
    for (const auto& [text, literal] : cases) CHECK(tables::literal(text) == literal);
}

TEST_CASE("a name becomes a part of a C++ name") {
    CHECK(tables::identifier("hf") == "hf");
    CHECK(tables::identifier("verl_sft") == "verl_sft");
    CHECK(tables::identifier("g5.48xlarge") == "g5_48xlarge");
    CHECK(tables::identifier("a-b.c-") == "a_b_c_");
    CHECK(tables::identifier("").empty());
}
