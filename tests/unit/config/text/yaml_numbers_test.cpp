// SPDX-License-Identifier: Apache-2.0
// Numbers of YAML at their limits. Expected values are those of PyYAML with OmegaConf's loader.
#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe::config;

namespace {

std::string read(const std::string& scalar) {
    const auto value = parse_yaml("x: " + scalar, "test.yaml");
    return value ? to_json(*value->find("x")) : value.error().front().message;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("a float beyond a double's range is infinite, and one below it zero") {
    CHECK(read("1e+308") == "1e+308");
    CHECK(read("1e+400") == R"(".inf")");
    CHECK(read("1.5e+400") == R"(".inf")");
    CHECK(read("-1.5e+400") == R"("-.inf")");
    CHECK(read("1e400") == R"(".inf")");
    CHECK(read("1e+99999999999999999999") == R"(".inf")");
    CHECK(read("1e-99999999999999999999") == "0.0");
    CHECK(read("1e-400") == "0.0");
    CHECK(read("-1e-400") == "-0.0");
    CHECK(read("0e+400") == "0.0");
    CHECK(read("0." + std::string(400, '0') + "1e+402") == "10.0");
    CHECK(read("1" + std::string(400, '0') + ".0e-400") == "1.0");
    CHECK(read("1" + std::string(400, '0') + ".0e-50") == R"(".inf")");
    CHECK(read("0." + std::string(400, '0') + "1e+50") == "0.0");
    CHECK(read("5e-324") == "5e-324");
}

TEST_CASE("a number in base 60 has a bounded number of parts") {
    CHECK(read("1" + repeated(":00", 2)) == "3600");
    CHECK(read("1" + repeated(":00", 2) + ".5") == "3600.5");
    CHECK(read("-1:30.5") == "-90.5");
    CHECK(read("+1:30") == "90");
    CHECK(read("1_0:30") == "630");
    CHECK(read("1:5") == "65");
    CHECK(read("1:59") == "119");
    CHECK(read("1:60.5") == R"("1:60.5")");
    CHECK(read("1" + repeated(":00", 63)).size() == 113);
    CHECK(read("1" + repeated(":00", 64)).ends_with("looks like an int but is none, or has too many digits"));
    CHECK(read("1" + repeated(":00", 63) + ".0").ends_with("e+112"));
    CHECK(read("1" + repeated(":00", 64) + ".0").ends_with("looks like a float but is none"));
}

TEST_CASE("below a tag a number is what Python reads") {
    CHECK(read("!!int ' 12 '") == "12");
    CHECK(read("!!int '-0O17'") == "-15");
    CHECK(read("!!int '+0o17'") == "15");
    CHECK(read("!!int '0'") == "0");
    CHECK(read("!!int '-0'") == "0");
    CHECK(read("!!int '08'").ends_with("looks like an int but is none, or has too many digits"));
    CHECK(read("!!int '0o8'").ends_with("looks like an int but is none, or has too many digits"));
    CHECK(read("!!int '-0b11'") == "-3");
    CHECK(read("!!int '+0xF_F'") == "255");
    CHECK(read("!!int '1.5'").ends_with("looks like an int but is none, or has too many digits"));
    CHECK(read("!!float ' 1_0 '") == "10.0");
    CHECK(read("!!float '-Infinity'") == R"("-.inf")");
    CHECK(read("!!float '+.INF'") == R"(".inf")");
    CHECK(read("!!float 'NaN'") == R"(".nan")");
    CHECK(read("!!float '-5'") == "-5.0");
    CHECK(read("!!float '.'").ends_with("looks like a float but is none"));
    CHECK(read("!!float '1e'").ends_with("looks like a float but is none"));
    CHECK(read("!!bool 'oN'") == "true");
    CHECK(read("!!bool 'nO'") == "false");
    CHECK(read("!!bool 'y'") == "`y` is not what its tag says");
}

TEST_CASE("decimal numbers of every length are themselves") {
    std::string digits;
    for (int length = 1; length <= 40; ++length) {
        digits += static_cast<char>('0' + length % 10);
        CHECK(read(digits) == digits);
        CHECK(read("-" + digits) == "-" + digits);
        CHECK(read("+" + digits) == digits);
    }
    CHECK(read("0") == "0");
    CHECK(read("9") == "9");
    CHECK(read("00") == "0");
    CHECK(read("010") == "8");
    CHECK(read("08") == R"("08")");
    CHECK(read("999999999999999999") == "999999999999999999");
    CHECK(read("9999999999999999999") == "9999999999999999999");
    CHECK(read("1234567890123456789x") == R"("1234567890123456789x")");
    CHECK(read("12x") == R"("12x")");
    CHECK(read("1/2") == R"("1/2")");
}

TEST_CASE("words that are bools or null are so in three spellings, and no longer word is") {
    for (const char* word : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
        CHECK(read(word) == "true");
    for (const char* word : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
        CHECK(read(word) == "false");
    for (const char* word : {"null", "Null", "NULL", "~", ""}) CHECK(read(word) == "null");
    for (const char* word : {"tRUE", "falsE", "falsey", "nulls", "nULL", "y", "n", "o", "offs", "yess"})
        CHECK(read(word) == '"' + std::string(word) + '"');
}
