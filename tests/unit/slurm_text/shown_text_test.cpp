// SPDX-License-Identifier: Apache-2.0
// What a terminal or a log would obey never gets there, by any of the ways that text leaves us.
#include "slurm_text/shown_text.hpp"

#include "catch.hpp"
#include "config/config.hpp"
#include "diagnostic/codes/compose.hpp"
#include "node/node.hpp"
#include "render/render.hpp"
#include "source_file.hpp"
#include "trace/trace.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <regex>

using namespace recipe;
using namespace recipe::slurm_text;

namespace {

std::string utf8(char32_t c) {
    const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
    if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
    return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

/// What must not get out, as bytes, by another list than the one under test.
bool would_be_obeyed(const std::string& shown) {
    static const std::vector<std::string> forbidden = [] {
        std::vector<std::string> texts;
        for (char32_t c = 0; c < U'\x20'; ++c) texts.push_back(utf8(c));
        for (char32_t c = U'\x7F'; c < U'\xA0'; ++c) texts.push_back(utf8(c));
        for (const char32_t c : {U'\x61C', U'\x200B', U'\x200C', U'\x200D', U'\x200E', U'\x200F', U'\x2028', U'\x2029',
                                 U'\x202A', U'\x202B', U'\x202C', U'\x202D', U'\x202E', U'\x2060', U'\x2066', U'\x2067',
                                 U'\x2068', U'\x2069', U'\xFEFF'})
            texts.push_back(utf8(c));
        return texts;
    }();
    return std::ranges::any_of(forbidden, [&](const std::string& text) { return shown.contains(text); });
}

std::string traced;
void keep(trace::Level, const char* line) noexcept {
    traced = line;
}
std::string as_it_is(std::string_view text) {
    return std::string(text);
}

/// Each way by which a text of somebody else's leaves us, as one line.
const std::vector<std::pair<const char*, std::function<std::string(const std::string&)>>>& exits() {
    static const std::vector<std::pair<const char*, std::function<std::string(const std::string&)>>> all{
        {"escape_control", [](const std::string& text) { return escape_control(text); }},
        {"escape_word", [](const std::string& text) { return escape_word(text); }},
        {"replace_control", [](const std::string& text) { return replace_control(text, '?'); }},
        {"printable", [](const std::string& text) { return printable(text, 20); }},
        {"a message",
         [](const std::string& text) { return render::lines({.code = codes::compose.yaml, .message = text}).front(); }},
        {"a key",
         [](const std::string& text) {
             return render::lines({.code = codes::compose.yaml, .key = text, .message = "x"}).front();
         }},
        {"a place",
         [](const std::string& text) {
             return render::lines({.code = codes::compose.yaml, .source = {.name = "f" + text}, .message = "x"}).at(1);
         }},
        {"an excerpt",
         [](const std::string& text) {
             return render::lines({.code = codes::compose.yaml,
                                   .source = {.name = "f", .line = 1, .column = 1, .excerpt = "e" + text},
                                   .message = "x"})
                 .at(2);
         }},
        {"a fix",
         [](const std::string& text) {
             return render::lines({.code = codes::compose.yaml, .message = "x", .fix = "f" + text}).back();
         }},
        {"a report", [](const std::string& text) { return node::report_line({"NAME", text, "recipe"}); }},
        {"the trace",
         [](const std::string& text) {
             trace::write_to(keep, as_it_is);
             trace::set_level(trace::Level::debug);
             trace::debug([&] { return text; });
             trace::set_level(trace::Level::off);
             return traced;
         }},
    };
    return all;
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    REQUIRE(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("each end of each range of unsafe characters is unsafe, and its neighbours are not") {
    using Range = std::pair<char32_t, char32_t>;
    for (const auto& [first, last] :
         {Range{0x7F, 0x9F}, Range{0xAD, 0xAD}, Range{0x34F, 0x34F}, Range{0x61C, 0x61C}, Range{0x115F, 0x1160},
          Range{0x17B4, 0x17B5}, Range{0x180B, 0x180F}, Range{0x200B, 0x200F}, Range{0x2028, 0x202E},
          Range{0x2060, 0x206F}, Range{0x3164, 0x3164}, Range{0xFEFF, 0xFEFF}, Range{0xFFA0, 0xFFA0},
          Range{0xFFF9, 0xFFFB}, Range{0xE0000, 0xE0FFF}}) {
        CAPTURE(static_cast<std::uint32_t>(first));
        CHECK(is_unsafe(first));
        CHECK(is_unsafe(last));
        CHECK_FALSE(is_unsafe(first - 1));
        CHECK_FALSE(is_unsafe(last + 1));
        CHECK(is_unsafe("a" + utf8(first) + "b"));
        CHECK_FALSE(is_unsafe("a" + utf8(last + 1) + "b"));
    }
    CHECK(is_unsafe(U'\0'));
    CHECK(is_unsafe(U'\x1f'));
    CHECK_FALSE(is_unsafe(U' '));
    CHECK_FALSE(is_unsafe(U'~'));
    CHECK_FALSE(is_unsafe(U'\U0010FFFF'));
    CHECK(is_unsafe("caf\xe9"));
    CHECK_FALSE(is_unsafe("café — 模型 🚀"));
    CHECK_FALSE(is_unsafe(""));
}

TEST_CASE("what is unsafe is written as Python writes it") {
    CHECK(escape_control("a\u202eb") == "a\\u202eb");
    CHECK(escape_control("\u009b31m") == "\\u009b31m");
    CHECK(escape_control("\x9b") == "\\x9b");
    CHECK(escape_control("\xff\x7f") == "\\xff\\x7f");
    CHECK(escape_control("\U000E0041") == "\\U000e0041");
    CHECK(escape_control("\uFEFF") == "\\ufeff");
    CHECK(escape_control("é模🚀 \\x") == "é模🚀 \\x");
    CHECK(escape_lines("a\nb\r\u2028c\td\n") == "a\nb\\x0d\\u2028c\\x09d\n");
    CHECK(escape_word("x plan=000") == "x\\x20plan\\x3d000");
    CHECK(escape_word("a\\x20b") == "a\\x5cx20b");
    CHECK(escape_word("a/b-c.d") == "a/b-c.d");
    CHECK(replace_control("a\u202eb\x9b", '_') == "a___b_");
}

TEST_CASE("JSON with escapes is the same JSON") {
    CHECK(escape_json("{\n  \"a\": \"\u009b\u202e\x7f\"\n}") == "{\n  \"a\": \"\\u009b\\u202e\\u007f\"\n}");
    CHECK(escape_json("\"\U000E0041\"") == "\"\\udb40\\udc41\"");
    CHECK(escape_json("\"\xff\"") == "\"\\ufffd\"");
    CHECK(escape_json("\"é模🚀\"") == "\"é模🚀\"");
    const std::string hostile = "a\x1b[31m\u009b\u202e\U000E0041\x7f\n";
    config::Value map = config::Value::map();
    map.set(config::Value::string(hostile), config::Value::string(hostile));
    for (const int indent : {0, 2}) {
        const std::string shown = escape_json(config::to_json(map, indent));
        CHECK(config::from_json(shown, 4096).value() == map);
    }
}

TEST_CASE("random text with every control comes out of every exit as one line that nothing obeys") {
    std::mt19937 random(15);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same texts each time
    std::vector<std::string> pieces{"a",  "=", " ",  "é", "模",   "🚀",   "\\",
                                    "\"", "'", "%s", "[", "\xff", "\xc2", "\xe2\x80"};
    for (char32_t c = 0; c < 0xA0; ++c)
        if (c < 0x20 || c >= 0x7F) pieces.push_back(utf8(c));
    for (char32_t c = 0x2000; c < 0x2070; ++c) pieces.push_back(utf8(c));
    for (const char32_t c : {U'\x61C', U'\xFEFF', U'\xAD', U'\xE0001'}) pieces.push_back(utf8(c));
    for (int byte = 0x80; byte < 0x100; ++byte) pieces.emplace_back(1, static_cast<char>(byte));
    for (int round = 0; round < 400; ++round) {
        std::string text;
        for (int i = std::uniform_int_distribution(0, 30)(random); i > 0; --i)
            text += pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(random)];
        for (const auto& [name, exit] : exits()) {
            CAPTURE(name, round);
            CHECK_FALSE(would_be_obeyed(exit(text)));
        }
        CHECK_FALSE(is_unsafe(escape_control(text)));
    }
    for (const std::string& piece : pieces)
        for (const auto& [name, exit] : exits()) CHECK_FALSE(would_be_obeyed(exit(piece)));
}

TEST_CASE("no process writes past the functions that escape") {
    const std::regex past(
        R"(\b(fmt::print|std::cout|std::cerr|f?puts|f?printf|fwrite|slurm_(error|info|verbose|debug2?|spank_log))\()");
    struct Room {
        const char* folder;
        std::vector<std::string> writers;  // file names
    };
    // The plugin that every command loads has no C++ library: it shows constants, and what Shown has passed.
    for (const auto& [folder, writers] : {Room{"cli", {"print.cpp"}}, Room{"spank/client", {}}, Room{"spank/node", {}},
                                          Room{"spank/host", {"say.cpp", "slurm_trace.cpp"}}})
        for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source_file()) / folder)) {
            const std::filesystem::path& file = entry.path();
            if (file.extension() != ".cpp" || std::ranges::count(writers, file.filename().string()) > 0) continue;
            CAPTURE(file.string());
            CHECK_FALSE(std::regex_search(text_of(file), past));
        }
    // slurmctld's log gets lines of write_log(), and constants.
    const std::regex foreign(R"(slurm_(error|info)\([^;]*(what\(\)|message|name)[^;]*;)");
    for (const char* file : {"plugin.cpp", "watcher.cpp"})
        CHECK_FALSE(std::regex_search(text_of(std::filesystem::path(source_file()) / "job_submit" / file), foreign));
}
