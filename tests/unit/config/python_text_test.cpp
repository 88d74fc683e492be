// SPDX-License-Identifier: Apache-2.0
// Expected results are Python's.
#include "config/python/python_text.hpp"
#include "catch.hpp"
#include "config/python/number_text.hpp"
#include "config/python/python_number.hpp"
#include "config/python/utf8.hpp"

#include <limits>

using namespace recipe::config;

namespace {

std::string read_as_int(std::string_view text) {
    const auto value = python_int(text);
    return value ? value->to_string() : "none";
}

std::string read_as_float(std::string_view text) {
    const auto value = python_float(text);
    return value ? float_repr(*value) : "none";
}

std::string character(char32_t c) {
    std::string text;
    append_utf8(text, c);
    return text;
}

struct Case {
    std::string_view text;
    const char* integer;
    const char* floating;
};

}  // namespace

TEST_CASE("int and float read the texts that Python's do") {
    const Case cases[] = {
        {"0", "0", "0.0"},
        {"-0", "0", "-0.0"},
        {"+7", "7", "7.0"},
        {"-7", "-7", "-7.0"},
        {"007", "7", "7.0"},
        {"  12\011", "12", "12.0"},
        {"\0125\015", "5", "5.0"},
        {"\0135\014", "5", "5.0"},
        {"5\033", "none", "none"},
        {" 5", "5", "5.0"},
        {"", "none", "none"},
        {"   ", "none", "none"},
        {"+", "none", "none"},
        {"-", "none", "none"},
        {"+-1", "none", "none"},
        {"- 1", "none", "none"},
        {"1 2", "none", "none"},
        {"1_000", "1000", "1000.0"},
        {"1__0", "none", "none"},
        {"_1", "none", "none"},
        {"1_", "none", "none"},
        {"1_0_0", "100", "100.0"},
        {"-1_0", "-10", "-10.0"},
        {"0x10", "none", "none"},
        {"1.", "none", "1.0"},
        {".5", "none", "0.5"},
        {".", "none", "none"},
        {"-.5", "none", "-0.5"},
        {"+.5", "none", "0.5"},
        {"1.5", "none", "1.5"},
        {"1_0.5_0", "none", "10.5"},
        {"1._5", "none", "none"},
        {"1_.5", "none", "none"},
        {".5_0", "none", "0.5"},
        {"._5", "none", "none"},
        {"1e5", "none", "100000.0"},
        {"1E5", "none", "100000.0"},
        {"1e+5", "none", "100000.0"},
        {"1e-5", "none", "1e-05"},
        {"1e", "none", "none"},
        {"1e+", "none", "none"},
        {"1e_5", "none", "none"},
        {"1e1_0", "none", "10000000000.0"},
        {"e5", "none", "none"},
        {".e5", "none", "none"},
        {"1.e5", "none", "100000.0"},
        {"1.5e", "none", "none"},
        {"1e5.5", "none", "none"},
        {"1e400", "none", "inf"},
        {"-1e400", "none", "-inf"},
        {"1e-400", "none", "0.0"},
        {"-1e-400", "none", "-0.0"},
        {"0e400", "none", "0.0"},
        {"0.0e999999999999999999999", "none", "0.0"},
        {"1e99999999999999999999", "none", "inf"},
        {"1e-99999999999999999999", "none", "0.0"},
        {"-1e99999999999999999999", "none", "-inf"},
        {"1999990000000000e9223372036854775806", "none", "inf"},
        {"1e9223372036854775807", "none", "inf"},
        {"0.001e-9223372036854775807", "none", "0.0"},
        {"0.001e-9223372036854775808", "none", "0.0"},
        {"0.00000000000000000000000000000001e340", "none", "1e+308"},
        {"1000e306", "none", "inf"},
        {"10e307", "none", "1e+308"},
        {"18e307", "none", "inf"},
        {"0.0001e310", "none", "1e+306"},
        {"123456789012345678901234567890", "123456789012345678901234567890", "1.2345678901234568e+29"},
        {"1.7976931348623157e308", "none", "1.7976931348623157e+308"},
        {"1.7976931348623159e308", "none", "inf"},
        {"2.2250738585072014e-308", "none", "2.2250738585072014e-308"},
        {"5e-324", "none", "5e-324"},
        {"2e-324", "none", "0.0"},
        {"3e-324", "none", "5e-324"},
        {"4.9e-324", "none", "5e-324"},
        {"inf", "none", "inf"},
        {"-inf", "none", "-inf"},
        {"+inf", "none", "inf"},
        {"INF", "none", "inf"},
        {"Infinity", "none", "inf"},
        {"-iNfInItY", "none", "-inf"},
        {"infinit", "none", "none"},
        {"infinityx", "none", "none"},
        {"nan", "none", "nan"},
        {"-nan", "none", "nan"},
        {"+NaN", "none", "nan"},
        {"nanx", "none", "none"},
        {"in", "none", "none"},
        {"i", "none", "none"},
        {"+ inf", "none", "none"},
        {" inf ", "none", "inf"},
        {"--inf", "none", "none"},
        {"1e5 ", "none", "100000.0"},
        {"1,5", "none", "none"},
        {"1j", "none", "none"},
        {"1f", "none", "none"},
        {"0b1", "none", "none"},
        {"\331\243", "3", "3.0"},
        {"\331\240\331\251", "9", "9.0"},
        {"-\331\243", "-3", "-3.0"},
        {"\331\243.\331\245", "none", "3.5"},
        {"1e\331\243", "none", "1000.0"},
        {"\357\274\221\357\274\231", "19", "19.0"},
        {"\340\245\247\340\245\257", "19", "19.0"},
        {"\360\235\237\216", "0", "0.0"},
        {"\360\235\237\277", "9", "9.0"},
        {"\360\235\237\2172", "12", "12.0"},
        {"\360\237\257\271", "9", "9.0"},
        {"\360\237\257\260", "0", "0.0"},
        {"\331\252", "none", "none"},
        {"\331\237", "none", "none"},
        {"\302\262", "none", "none"},
        {"\302\275", "none", "none"},
        {"\344\270\200", "none", "none"},
        {"\342\205\240", "none", "none"},
        {"5\302\240", "5", "5.0"},
        {"\302\2405", "5", "5.0"},
        {"\302\2055", "5", "5.0"},
        {"5\302\205", "5", "5.0"},
        {"5\302\204", "none", "none"},
        {"5\302\206", "none", "none"},
        {"\341\232\2005", "5", "5.0"},
        {"\341\232\2015", "none", "none"},
        {"5\341\277\277", "none", "none"},
        {"\342\200\2005", "5", "5.0"},
        {"\342\200\2055", "5", "5.0"},
        {"5\342\200\212", "5", "5.0"},
        {"5\342\200\213", "none", "none"},
        {"\342\200\2505", "5", "5.0"},
        {"\342\200\2515", "5", "5.0"},
        {"5\342\200\247", "none", "none"},
        {"5\342\200\252", "none", "none"},
        {"\342\200\2575", "5", "5.0"},
        {"\342\201\2375", "5", "5.0"},
        {"5\342\201\240", "none", "none"},
        {"\343\200\2005", "5", "5.0"},
        {"5\343\200\201", "none", "none"},
        {"5\343\200\200\302\240\012", "5", "5.0"},
        {"5\302\2406", "none", "none"},
        {"5\302\237", "none", "none"},
        {"5\302\241", "none", "none"},
        {"\342\200\2135", "none", "none"},
        {"\302\2005", "none", "none"},
        {"\302\265", "none", "none"},
        {"1_\331\243", "13", "13.0"},
        {"\331\243_1", "31", "31.0"},
        {"\340\271\220\340\271\231", "9", "9.0"},
        {"\340\271\232", "none", "none"},
        {"\333\260\333\271", "9", "9.0"},
        {"\333\272", "none", "none"},
        {"\352\230\240\352\230\251", "9", "9.0"},
        {"\360\236\245\220\360\236\245\231", "9", "9.0"},
        {"5\xA0", "none", "none"},
        {"\xC2", "none", "none"},
        {"5\xE2\x80", "none", "none"},
    };
    for (const auto& [text, integer, floating] : cases) {
        INFO("'" << text << "'");
        CHECK(read_as_int(text) == integer);
        CHECK(read_as_float(text) == floating);
        CHECK(is_python_number(text) == (integer != std::string_view("none") || floating != std::string_view("none")));
    }
}

TEST_CASE("a float reads as Python writes it") {
    struct Written {
        double value;
        const char* repr;
        const char* yaml;
    };
    const Written cases[] = {
        {1.0, "1.0", "1.0"},
        {-1.0, "-1.0", "-1.0"},
        {10.0, "10.0", "10.0"},
        {0.1, "0.1", "0.1"},
        {-0.1, "-0.1", "-0.1"},
        {1.5, "1.5", "1.5"},
        {123.456, "123.456", "123.456"},
        {1000000000000000.0, "1000000000000000.0", "1000000000000000.0"},
        {1e+16, "1e+16", "1.0e+16"},
        {-1e+16, "-1e+16", "-1.0e+16"},
        {9999999999999998.0, "9999999999999998.0", "9999999999999998.0"},
        {1.2345678901234568e+16, "1.2345678901234568e+16", "1.2345678901234568e+16"},
        {1.5e+16, "1.5e+16", "1.5e+16"},
        {1e+17, "1e+17", "1.0e+17"},
        {1e+22, "1e+22", "1.0e+22"},
        {1e+100, "1e+100", "1.0e+100"},
        {1.5e+100, "1.5e+100", "1.5e+100"},
        {0.001, "0.001", "0.001"},
        {0.0001, "0.0001", "0.0001"},
        {0.00012345, "0.00012345", "0.00012345"},
        {1e-05, "1e-05", "1.0e-05"},
        {-1e-05, "-1e-05", "-1.0e-05"},
        {1.5e-05, "1.5e-05", "1.5e-05"},
        {9.99e-05, "9.99e-05", "9.99e-05"},
        {1e-09, "1e-09", "1.0e-09"},
        {1e-10, "1e-10", "1.0e-10"},
        {1.25e-10, "1.25e-10", "1.25e-10"},
        {1e-100, "1e-100", "1.0e-100"},
        {5e-324, "5e-324", "5.0e-324"},
        {1.7976931348623157e+308, "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {100000.5, "100000.5", "100000.5"},
        {0.30000000000000004, "0.30000000000000004", "0.30000000000000004"},
        {1234567890123456.8, "1234567890123456.8", "1234567890123456.8"},
        {123456789012345.6, "123456789012345.6", "123456789012345.6"},
    };
    for (const auto& [value, repr, yaml] : cases) {
        CHECK(float_repr(value) == repr);
        CHECK(float_yaml(value) == yaml);
    }
    CHECK(float_repr(-std::numeric_limits<double>::infinity()) == "-inf");
    CHECK(float_yaml(std::numeric_limits<double>::infinity()) == ".inf");
    CHECK(float_yaml(std::numeric_limits<double>::quiet_NaN()) == ".nan");
    CHECK(float_repr(std::numeric_limits<double>::quiet_NaN()) == "nan");
    CHECK(float_yaml(-0.0) == "-0.0");
}

TEST_CASE("a text is quoted as Python's repr does") {
    struct Quoted {
        std::string_view text;
        const char* repr;
    };
    const Quoted cases[] = {
        {"", "''"},
        {"a", "'a'"},
        {"it's", "\"it's\""},
        {"say \"x\"", "'say \"x\"'"},
        {"it's \"x\"", "'it\\'s \"x\"'"},
        {"\\", "'\\\\'"},
        {"a\\b", "'a\\\\b'"},
        {"\012\015\011", "'\\n\\r\\t'"},
        {"\013", "'\\x0b'"},
        {"x", "'x'"},
        {"\001", "'\\x01'"},
        {"\037", "'\\x1f'"},
        {" ", "' '"},
        {"~", "'~'"},
        {"\177", "'\\x7f'"},
        {"\302\200", "'\\x80'"},
        {"\302\205", "'\\x85'"},
        {"\302\237", "'\\x9f'"},
        {"\302\240", "'\\xa0'"},
        {"\302\241", "'\302\241'"},
        {"\302\255", "'\\xad'"},
        {"\303\277", "'\303\277'"},
        {"\304\200", "'\304\200'"},
        {"\315\270", "'\\u0378'"},
        {"\342\200\213", "'\\u200b'"},
        {"\342\200\250", "'\\u2028'"},
        {"\343\200\200", "'\\u3000'"},
        {"\356\200\200", "'\\ue000'"},
        {"\357\273\277", "'\\ufeff'"},
        {"\357\277\275", "'\357\277\275'"},
        {"\357\277\277", "'\\uffff'"},
        {"\360\220\200\200", "'\360\220\200\200'"},
        {"\360\237\230\200", "'\360\237\230\200'"},
        {"\363\240\200\201", "'\\U000e0001'"},
        {"\364\217\277\277", "'\\U0010ffff'"},
        {"\344\270\255\346\226\207", "'\344\270\255\346\226\207'"},
        {"\303\251'", "\"\303\251'\""},
        {"a\314\201", "'a\314\201'"},
        {"\355\237\277", "'\\ud7ff'"},
        {"\357\243\277", "'\\uf8ff'"},
        {"\357\277\276", "'\\ufffe'"},
        {"\xFF", "'\\xff'"},
        {"a\xC3", "'a\\xc3'"},
        {"\xE2\x82z", "'\\xe2\\x82z'"},
    };
    for (const auto& [text, repr] : cases) CHECK(python_repr(text) == repr);
    CHECK(python_repr(std::string_view("\0", 1)) == "'\\x00'");
}

TEST_CASE("a character is written in its one form of UTF-8, and read from no other") {
    struct Form {
        char32_t character;
        std::string_view bytes;
    };
    const Form forms[] = {
        {0x1, "\001"},
        {0x41, "A"},
        {0x7F, "\177"},
        {0x80, "\302\200"},
        {0xFF, "\303\277"},
        {0x7FF, "\337\277"},
        {0x800, "\340\240\200"},
        {0xFFF, "\340\277\277"},
        {0x1000, "\341\200\200"},
        {0xD7FF, "\355\237\277"},
        {0xE000, "\356\200\200"},
        {0xFFFD, "\357\277\275"},
        {0xFFFF, "\357\277\277"},
        {0x10000, "\360\220\200\200"},
        {0x1F600, "\360\237\230\200"},
        {0x3FFFF, "\360\277\277\277"},
        {0x40000, "\361\200\200\200"},
        {0x80000, "\362\200\200\200"},
        {0xFFFFF, "\363\277\277\277"},
        {0x100000, "\364\200\200\200"},
        {0x10FFFF, "\364\217\277\277"},
    };
    for (const auto& [expected, bytes] : forms) {
        CHECK(character(expected) == bytes);
        const auto decoded = decode_utf8(bytes);
        REQUIRE(decoded);
        CHECK(decoded->character == expected);
        CHECK(decoded->length == bytes.size());
        CHECK(count_characters(bytes) == 1);
        CHECK(find_invalid_utf8(bytes) == std::string_view::npos);
        if (bytes.size() > 1) CHECK_FALSE(decode_utf8(bytes.substr(0, bytes.size() - 1)));
    }
    for (const std::string_view bytes :
         {std::string_view("\200"), std::string_view("\277"), std::string_view("\300\200"),
          std::string_view("\301\277"), std::string_view("\340\200\200"), std::string_view("\340\237\277"),
          std::string_view("\360\200\200\200"), std::string_view("\360\217\277\277"), std::string_view("\355\240\200"),
          std::string_view("\355\277\277"), std::string_view("\364\220\200\200"), std::string_view("\365\200\200\200"),
          std::string_view("\370\210\200\200\200"), std::string_view("\377"), std::string_view("\303("),
          std::string_view("\342(\241"), std::string_view("\342\202("), std::string_view("\360\237\230("),
          std::string_view("\303\303")}) {
        CHECK_FALSE(decode_utf8(bytes));
        CHECK(find_invalid_utf8("ab" + std::string(bytes)) == 2);
    }
    CHECK(count_characters("a\xC3\xA9\xFF\xE2\x82") == 5);
    CHECK(count_characters("") == 0);
}

TEST_CASE("the digits of all scripts have values, and their neighbours have none") {
    for (const char32_t zero :
         {char32_t{0x660}, char32_t{0x6F0}, char32_t{0x7C0}, char32_t{0x966}, char32_t{0xE50}, char32_t{0xFF10},
          char32_t{0x104A0}, char32_t{0x1D7CE}, char32_t{0x1D7F6}, char32_t{0x1FBF0}}) {
        for (int digit = 0; digit <= 9; ++digit) CHECK(decimal_digit(zero + static_cast<char32_t>(digit)) == digit);
    }
    for (const char32_t none : {char32_t{0x65F}, char32_t{0x66A}, char32_t{0x6EF}, char32_t{0x6FA}, char32_t{0xFF0F},
                                char32_t{0xFF1A}, char32_t{0x1D7CD}, char32_t{0x1D800}, char32_t{0x1FBFA},
                                char32_t{0x1FBEF}, char32_t{0x10FFFF}, char32_t{0x80}})
        CHECK_FALSE(decimal_digit(none));
}
