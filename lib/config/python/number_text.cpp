// SPDX-License-Identifier: Apache-2.0
// Prints floats as Python's repr does.
#include "config/python/number_text.hpp"

#include "config/python/integer_math.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace recipe::config {
namespace {

/// The decimal exponent of the first digit that is not zero, or nullopt when all are zero.
std::optional<long> leading_exponent(std::string_view text) {
    long exponent = 0;
    const std::size_t e = text.find_first_of("eE");
    if (e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
        // Where the digits begin is added to it below: no text is that long.
        constexpr long beyond_any_double = 1'000'000'000'000;
        if (error == std::errc::result_out_of_range)
            exponent = digits.front() == '-' ? -beyond_any_double : beyond_any_double;
        exponent = std::clamp(exponent, -beyond_any_double, beyond_any_double);
        text = text.substr(0, e);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::size_t first = text.find_first_of("123456789");
    if (first == std::string_view::npos) return std::nullopt;
    return exponent + static_cast<long>(point) - static_cast<long>(first) - (first < point ? 1 : 0);
}

}  // namespace

std::string float_repr(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return std::signbit(value) ? "-inf" : "inf";
    if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";

    std::array<char, 32> buffer{};
    const auto written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
    const std::size_t e = text.find('e');
    const int exponent = std::atoi(text.data() + e + 1);
    std::string digits;
    for (const char c : text.substr(0, e))
        if (c != '.' && c != '-') digits += c;
    std::string result = std::signbit(value) ? "-" : "";

    const int point = exponent + 1;  // where the decimal point stands relative to the digits
    if (point > 16 || point < -3) {
        result += digits.front();
        if (digits.size() > 1) result += '.' + digits.substr(1);
        result += exponent < 0 ? "e-" : "e+";
        const int magnitude = std::abs(exponent);
        if (magnitude < 10) result += '0';
        return result + std::to_string(magnitude);
    }
    if (point <= 0) return result + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    const auto whole = static_cast<std::size_t>(point);
    if (digits.size() <= whole) return result + digits + std::string(whole - digits.size(), '0') + ".0";
    return result + digits.substr(0, whole) + '.' + digits.substr(whole);
}

std::string float_yaml(double value) {
    if (std::isnan(value)) return ".nan";
    if (std::isinf(value)) return std::signbit(value) ? "-.inf" : ".inf";
    std::string text = float_repr(value);
    if (const std::size_t e = text.find('e'); e != std::string::npos && text.find('.') == std::string::npos)
        text.insert(e, ".0");
    return text;
}

std::string integral_digits(double value) {
    return integer_from_double(value).to_string();
}

double parse_float(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
        const auto exponent = leading_exponent(text);
        value = exponent && *exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return negative ? -value : value;
}

}  // namespace recipe::config
