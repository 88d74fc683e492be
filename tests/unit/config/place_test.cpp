// SPDX-License-Identifier: Apache-2.0
#include "config/value/place.hpp"
#include "catch.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

std::shared_ptr<const SourceText> text_of(std::string text) {
    return std::make_shared<const SourceText>(SourceText{"test.yaml", std::move(text)});
}

/// The place of a byte in a text of one line.
Source place_in(std::string line, std::size_t byte) {
    return position_at(text_of(std::move(line)), byte).source();
}

}  // namespace

TEST_CASE("a line is what stands between two line breaks") {
    struct Case {
        std::string_view text;
        int line;
        std::string_view result;
    };
    const Case cases[] = {
        {"", 1, ""},        {"", 2, ""},        {"a", 1, "a"},      {"a", 2, ""},        {"a\n", 1, "a"},
        {"a\n", 2, ""},     {"a\n", 3, ""},     {"a\nb", 2, "b"},   {"a\nb\nc", 2, "b"}, {"a\nb\nc", 3, "c"},
        {"a\n\nc", 2, ""},  {"a\n\nc", 3, "c"}, {"a\r\nb", 1, "a"}, {"\r\nb", 1, ""},    {"a\r\r\nb", 1, "a\r"},
        {"a\nb\r", 2, "b"}, {"\nb", 1, ""},     {"\nb", 2, "b"},    {"a\nb", 0, "a"},    {"a\nb", -1, "a"},
    };
    for (const auto& [text, line, result] : cases) {
        INFO("line " << line << " of " << text);
        CHECK(line_of(text, line) == result);
    }
}

TEST_CASE("a byte has a line and a column, both from 1") {
    struct Case {
        const char* text;
        std::size_t byte;
        int line;
        int column;
    };
    const Case cases[] = {
        {"", 0, 1, 1},      {"abc", 0, 1, 1},   {"abc", 2, 1, 3},        {"abc", 3, 1, 4},
        {"abc", 9, 1, 4},   {"a\nb", 1, 1, 2},  {"a\nb", 2, 2, 1},       {"a\nb", 3, 2, 2},
        {"\n\nx", 1, 2, 1}, {"\n\nx", 2, 3, 1}, {"ab\ncde\nf", 5, 2, 3},
    };
    for (const auto& [text, byte, line, column] : cases) {
        INFO("byte " << byte << " of " << text);
        const Position position = position_at(text_of(text), byte);
        CHECK(position.line == line);
        CHECK(position.column == column);
    }
}

TEST_CASE("an excerpt is its line, and a column counts characters") {
    CHECK(place_in("a: b", 3) == Source{"test.yaml", 1, 4, "a: b"});
    CHECK(position_at(text_of("x\n\xC3\xA9\xC3\xA9: b\ny"), 8).source() ==
          Source{"test.yaml", 2, 5, "\xC3\xA9\xC3\xA9: b"});
    CHECK(Position{}.source() == Source{});
    CHECK(Position{.origin = text_of("a\nb"), .line = 0, .column = 0}.source() == Source{"test.yaml", 0, 0, "a"});
    const Source typed = typed_source({"\xC3\xA9=1", "--recipe-set 2"}, 3);
    CHECK(typed == Source{"--recipe-set 2", 0, 3, "\xC3\xA9=1"});
    CHECK(typed_source({"a=1", "-N 4"}, 0) == Source{"-N 4", 0, 1, "a=1"});
}

TEST_CASE("an excerpt of a long line holds its place, and no half characters") {
    const std::string a(120, 'a');
    const std::string b(120, 'b');
    const std::string c(120, 'c');
    // A line of 240 bytes is whole.
    CHECK(place_in(a + b, 239) == Source{"test.yaml", 1, 240, a + b});
    // Of a longer one it is 240 bytes, 120 of them before the place if there are more.
    CHECK(place_in(a + b + c, 0) == Source{"test.yaml", 1, 1, a + b});
    CHECK(place_in(a + b + c, 120) == Source{"test.yaml", 1, 121, a + b});
    CHECK(place_in(a + b + c, 121) == Source{"test.yaml", 1, 121, a.substr(1) + b + "c"});
    CHECK(place_in(a + b + c, 240) == Source{"test.yaml", 1, 121, b + c});
    CHECK(place_in(a + b + c, 300) == Source{"test.yaml", 1, 121, std::string(60, 'b') + c});
    CHECK(place_in(a + b + "c", 240) == Source{"test.yaml", 1, 121, b + "c"});
    std::string wide;
    for (int i = 0; i < 200; ++i) wide += "\xC3\xA9";
    std::string half;
    for (int i = 0; i < 120; ++i) half += "\xC3\xA9";
    CHECK(place_in(wide, 0) == Source{"test.yaml", 1, 1, half});
    CHECK(place_in("x" + wide, 0) == Source{"test.yaml", 1, 1, "x" + half.substr(2)});
    CHECK(place_in("x" + wide, 201) == Source{"test.yaml", 1, 61, half});
    CHECK(place_in(wide, 200) == Source{"test.yaml", 1, 61, half});
    // 120 bytes before an odd one there is half a character, which is left out.
    CHECK(place_in(wide + "x", 400).column == 61);
    CHECK(place_in(wide + "xy", 401).column == 61);
    CHECK(place_in(wide + "xy", 401).excerpt == half.substr(0, 118) + "xy");
}

TEST_CASE("a text is quotable without control characters, whole, and not too long") {
    struct Case {
        std::string_view text;
        std::size_t longest;
        std::string_view result;
    };
    const Case cases[] = {
        {"", 5, ""},
        {"abcde", 5, "abcde"},
        {"abcdef", 5, "abcde..."},
        {"a\nb\tc", 80, "a?b?c"},
        {"\x1b[0m", 80, "?[0m"},
        {"a\x7f", 80, "a?"},
        {"abcd\xC3\xA9", 5, "abcd..."},
        {"abcd\xC3\xA9", 6, "abcd\xC3\xA9"},
        {"a\xFF"
         "bc",
         80, "a..."},
    };
    for (const auto& [text, longest, result] : cases) CHECK(quotable(text, longest) == result);
    CHECK(quotable(std::string(80, 'x')) == std::string(80, 'x'));
    CHECK(quotable(std::string(81, 'x')) == std::string(80, 'x') + "...");
}
