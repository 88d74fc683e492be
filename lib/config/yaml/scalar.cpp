// SPDX-License-Identifier: Apache-2.0
// The YAML 1.1 rules that say which type a plain scalar has.
#include "config/yaml/scalar.hpp"
#include "config/python/python_number.hpp"

#include "config/python/characters.hpp"
#include "config/python/integer_math.hpp"
#include "config/python/number_text.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace recipe::config {
namespace {

/// Walks over a text; each step says whether, or how much of, what it names stood there.
class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    bool one_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::size_t all_of(std::string_view characters) {
        const std::size_t count = std::min(rest_.find_first_not_of(characters), rest_.size());
        rest_.remove_prefix(count);
        return count;
    }
    bool word(std::string_view word) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    /// [0-9]+(_[0-9]+)*
    bool grouped_digits() {
        if (all_of(digits) == 0) return false;
        while (rest_.size() > 1 && rest_[0] == '_' && is_digit(rest_[1])) {
            rest_.remove_prefix(1);
            all_of(digits);
        }
        return true;
    }
    /// (:[0-5]?[0-9])+
    bool sexagesimal_parts() {
        bool any = false;
        while (word(":")) {
            if (rest_.size() > 1 && rest_[0] <= '5' && is_digit(rest_[0]) && is_digit(rest_[1])) rest_.remove_prefix(1);
            if (!one_of(digits)) return false;
            any = true;
        }
        return any;
    }
    /// [eE]<sign>[0-9]+
    bool exponent(bool sign_needed) {
        if (!one_of("eE")) return false;
        if (!one_of("+-") && sign_needed) return false;
        return all_of(digits) > 0;
    }

    static constexpr std::string_view digits = "0123456789";

private:
    std::string_view rest_;
};

constexpr std::string_view digits_and_lines = "0123456789_";

bool is_infinity_or_nan(std::string_view text) {
    if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
    return text == ".inf" || text == ".Inf" || text == ".INF";
}

/// [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?
bool is_point_float(std::string_view text) {
    Scan scan(text);
    scan.one_of("+-");
    if (!scan.one_of(Scan::digits)) return false;
    scan.all_of(digits_and_lines);
    if (!scan.word(".")) return false;
    scan.all_of(digits_and_lines);
    return scan.at_end() || (scan.exponent(true) && scan.at_end());
}

/// \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
bool is_bare_point_float(std::string_view text) {
    Scan scan(text);
    if (!scan.word(".") || !scan.one_of(Scan::digits)) return false;
    scan.all_of(digits_and_lines);
    return scan.at_end() || (scan.exponent(true) && scan.at_end());
}

/// [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*
bool is_sexagesimal_float(std::string_view text) {
    Scan scan(text);
    scan.one_of("+-");
    if (!scan.one_of(Scan::digits)) return false;
    scan.all_of(digits_and_lines);
    if (!scan.sexagesimal_parts() || !scan.word(".")) return false;
    scan.all_of(digits_and_lines);
    return scan.at_end();
}

/// What OmegaConf adds: [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)? and
/// [-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+); what has a point and no exponent is a point float already.
bool is_omegaconf_float(std::string_view text) {
    Scan scan(text);
    scan.one_of("+-");
    if (!scan.grouped_digits()) return false;
    if (scan.word(".")) scan.all_of(digits_and_lines);
    return scan.exponent(false) && scan.at_end();
}

/// [1-9][0-9]*, or 0, in 64 bits: what nearly all numbers look like.
bool is_small_decimal(std::string_view text) {
    constexpr std::size_t digits_of_64_bits = 18;  // of any such number
    if (text.empty() || text.size() > digits_of_64_bits || (text.front() == '0' && text.size() > 1)) return false;
    return std::ranges::all_of(text, is_digit);
}

bool is_integer(std::string_view text) {
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    if (text.front() == '0') {
        Scan scan(text.substr(1));
        if (scan.at_end()) return true;
        if (scan.word("b")) return scan.all_of("01_") > 0 && scan.at_end();
        if (scan.word("x")) return scan.all_of("0123456789abcdefABCDEF_") > 0 && scan.at_end();
        return scan.all_of("01234567_") > 0 && scan.at_end();
    }
    Scan scan(text);
    scan.all_of(digits_and_lines);
    return scan.at_end() || (scan.sexagesimal_parts() && scan.at_end());
}

std::string without_lines(std::string_view text) {
    std::string plain;
    for (const char c : text)
        if (c != '_') plain += c;
    return plain;
}

/// The parts of "190:20:30", last first.
std::vector<std::string_view> sexagesimal_parts(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) break;
        parts.push_back(text.substr(colon + 1));
        text = text.substr(0, colon);
    }
    parts.push_back(text);
    return parts;
}

constexpr std::size_t max_sexagesimal_parts = 64;

std::optional<Integer> sexagesimal_integer(std::string_view text) {
    const auto parts = sexagesimal_parts(text);
    if (parts.size() > max_sexagesimal_parts) return std::nullopt;
    std::optional<Integer> value = Integer(0);
    std::optional<Integer> base = Integer(1);
    for (const std::string_view part : parts) {
        const auto digits = Integer::from_digits(part);
        if (!digits || !value || !base) return std::nullopt;
        const auto summand = multiply(*digits, *base);
        if (!summand) return std::nullopt;
        value = add(*value, *summand);
        base = multiply(*base, Integer(60));
    }
    return value;
}

std::optional<Value> construct_integer(std::string_view text) {
    if (is_small_decimal(text)) {
        std::int64_t number = 0;
        for (const char c : text) number = number * 10 + (c - '0');
        return Value::integer(number);
    }
    const std::string plain = without_lines(text);
    std::string_view digits = plain;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    std::optional<Integer> value;
    if (digits == "0") {
        value = Integer(0);
    } else if (digits.starts_with("0b")) {
        value = integer_from_digits(digits.substr(2), 2);
    } else if (digits.starts_with("0x")) {
        value = integer_from_digits(digits.substr(2), 16);
    } else if (digits.starts_with('0')) {
        value = integer_from_digits(digits, 8);
    } else if (digits.find(':') != std::string_view::npos) {
        value = sexagesimal_integer(digits);
    } else {
        value = Integer::from_digits(digits);
    }
    if (!value) return std::nullopt;
    return Value::integer(negative ? negate(*value) : *value);
}

/// Whether Python's float() reads a text that has no line and no sign: digits, a point, an exponent.
bool is_decimal(std::string_view text) {
    Scan scan(text);
    std::size_t digits = scan.all_of(Scan::digits);
    if (scan.word(".")) digits += scan.all_of(Scan::digits);
    return digits > 0 && (scan.at_end() || (scan.exponent(false) && scan.at_end()));
}

std::optional<Value> construct_float(std::string_view text) {
    const std::string plain = lower(without_lines(text));
    std::string_view digits = plain;
    const double sign = digits.starts_with('-') ? -1 : 1;
    if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
    if (digits == ".inf" || digits == "inf" || digits == "infinity")
        return Value::floating(sign * std::numeric_limits<double>::infinity());
    if (digits == ".nan" || digits == "nan") return Value::floating(std::numeric_limits<double>::quiet_NaN());
    if (digits.find(':') == std::string_view::npos) {
        if (!is_decimal(digits)) return std::nullopt;
        return Value::floating(sign * parse_float(digits));
    }
    const auto parts = sexagesimal_parts(digits);
    if (parts.size() > max_sexagesimal_parts) return std::nullopt;
    double value = 0;
    double base = 1;
    for (const std::string_view part : parts) {
        if (!is_decimal(part)) return std::nullopt;
        value += parse_float(part) * base;
        base *= 60;
    }
    return Value::floating(sign * value);
}

// Below an explicit tag any text can stand, and Python's int() and float() read more than YAML's look of a number:
// blanks around it, digits of other scripts.
std::optional<Value> explicit_integer(std::string_view text) {
    const std::string plain = without_lines(text);
    std::string_view digits = plain;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    // What begins with 0 is octal: 08 is none, and 0o17 is known below a tag alone.
    if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return std::nullopt;
    const bool octal = digits.starts_with("0o") || digits.starts_with("0O");
    const auto integer = octal ? integer_from_digits(digits.substr(2), 8) : python_int(plain);
    if (octal && negative && integer) return Value::integer(negate(*integer));
    return integer ? std::optional(Value::integer(*integer)) : std::nullopt;
}

std::optional<Value> explicit_float(std::string_view text) {
    const auto number = python_float(lower(without_lines(text)));
    return number ? std::optional(Value::floating(*number)) : std::nullopt;
}

using namespace std::string_view_literals;

constexpr std::array true_words = {"yes"sv, "Yes"sv, "YES"sv, "true"sv, "True"sv, "TRUE"sv, "on"sv, "On"sv, "ON"sv};
constexpr std::array false_words = {"no"sv, "No"sv, "NO"sv, "false"sv, "False"sv, "FALSE"sv, "off"sv, "Off"sv, "OFF"sv};
constexpr std::size_t longest_word = 5;  // of these, and of "null"
constexpr std::array letters_for_bools = {"y"sv, "Y"sv, "n"sv, "N"sv};

bool is_among(std::string_view text, const auto& words) {
    return std::ranges::find(words, text) != words.end();
}

}  // namespace

YamlTag resolve_plain(std::string_view text) {
    if (text.empty()) return YamlTag::null;
    switch (text.front()) {
        case '~':
            return text == "~" ? YamlTag::null : YamlTag::string;
        case '<':
            return text == "<<" ? YamlTag::merge : YamlTag::string;
        case '=':
            return text == "=" ? YamlTag::value : YamlTag::string;
        default:
            break;
    }
    const char first = text.front();
    if (is_small_decimal(text)) return YamlTag::integer;
    if (is_digit(first) || first == '-' || first == '+' || first == '.') {
        // A text can match both; the order is that of the loader's resolvers.
        if (is_point_float(text) || is_bare_point_float(text) || is_sexagesimal_float(text) || is_infinity_or_nan(text))
            return YamlTag::floating;
        if (is_integer(text)) return YamlTag::integer;
        return is_omegaconf_float(text) ? YamlTag::floating : YamlTag::string;
    }
    if (text.size() > longest_word) return YamlTag::string;
    if (text == "null" || text == "Null" || text == "NULL") return YamlTag::null;
    if (is_among(text, true_words) || is_among(text, false_words)) return YamlTag::boolean;
    return YamlTag::string;
}

std::optional<Value> construct_scalar(YamlTag tag, std::string_view text) {
    switch (tag) {
        case YamlTag::null:
            return Value::null();
        case YamlTag::integer:
            if (auto value = construct_integer(text)) return value;
            return explicit_integer(text);
        case YamlTag::floating:
            if (auto value = construct_float(text)) return value;
            return explicit_float(text);
        case YamlTag::string:
            return Value::string(std::string(text));
        case YamlTag::boolean: {
            const std::string word = lower(text);
            if (is_among(word, true_words)) return Value::boolean(true);
            if (is_among(word, false_words)) return Value::boolean(false);
            return std::nullopt;
        }
        case YamlTag::merge:
        case YamlTag::value:
            return std::nullopt;
    }
    return std::nullopt;
}

bool is_yaml_bool_word(std::string_view text) {
    return is_among(text, true_words) || is_among(text, false_words) || is_among(text, letters_for_bools);
}

}  // namespace recipe::config
