// SPDX-License-Identifier: Apache-2.0
// Arithmetic of integers without bounds.
#include "config/python/integer_math.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace recipe::config {
namespace {

/// A natural number: 32-bit limbs, least significant first, no leading zero limbs.
using Natural = std::vector<std::uint32_t>;

constexpr std::uint32_t nine_digits = 1'000'000'000;

void trim(Natural& n) {
    while (!n.empty() && n.back() == 0) n.pop_back();
}

/// Adds no leading zero limb.
void multiply_add(Natural& n, std::uint32_t factor, std::uint32_t summand) {
    std::uint64_t carry = summand;
    for (std::uint32_t& limb : n) {
        carry += std::uint64_t{limb} * factor;
        limb = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
    if (carry != 0) n.push_back(static_cast<std::uint32_t>(carry));
}

Natural natural_from_decimal(std::string_view digits) {
    Natural n;
    while (!digits.empty()) {
        const std::size_t count = std::min<std::size_t>(9, digits.size());
        std::uint32_t chunk = 0;
        std::uint32_t scale = 1;
        for (std::size_t i = 0; i < count; ++i) {
            chunk = chunk * 10 + static_cast<std::uint32_t>(digits[i] - '0');
            scale *= 10;
        }
        multiply_add(n, scale, chunk);
        digits.remove_prefix(count);
    }
    return n;
}

std::string to_decimal(Natural n) {
    std::string reversed;
    while (!n.empty()) {
        std::uint64_t rest = 0;
        for (std::size_t i = n.size(); i-- > 0;) {
            rest = (rest << 32) | n[i];
            n[i] = static_cast<std::uint32_t>(rest / nine_digits);
            rest %= nine_digits;
        }
        trim(n);
        for (int i = 0; i < 9 && (rest != 0 || !n.empty()); ++i) {
            reversed += static_cast<char>('0' + rest % 10);
            rest /= 10;
        }
    }
    if (reversed.empty()) reversed = "0";
    return {reversed.rbegin(), reversed.rend()};
}

Natural product(const Natural& a, const Natural& b) {
    Natural result(a.size() + b.size(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < b.size(); ++j) {
            carry += std::uint64_t{a[i]} * b[j] + result[i + j];
            result[i + j] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        result[i + b.size()] = static_cast<std::uint32_t>(carry);
    }
    trim(result);
    return result;
}

std::strong_ordering order(const Natural& a, const Natural& b) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    for (std::size_t i = a.size(); i-- > 0;)
        if (a[i] != b[i]) return a[i] <=> b[i];
    return std::strong_ordering::equal;
}

Natural sum(const Natural& a, const Natural& b) {
    Natural result;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
        carry += (i < a.size() ? std::uint64_t{a[i]} : 0) + (i < b.size() ? std::uint64_t{b[i]} : 0);
        result.push_back(static_cast<std::uint32_t>(carry));
        carry >>= 32;
    }
    return result;
}

/// a - b, where b <= a.
Natural difference(const Natural& a, const Natural& b) {
    Natural result = a;
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        std::int64_t limb = std::int64_t{result[i]} - borrow - (i < b.size() ? std::int64_t{b[i]} : 0);
        borrow = limb < 0 ? 1 : 0;
        if (limb < 0) limb += std::int64_t{1} << 32;
        result[i] = static_cast<std::uint32_t>(limb);
    }
    trim(result);
    return result;
}

int bit_length(const Natural& n) {
    if (n.empty()) return 0;
    return static_cast<int>((n.size() - 1) * 32) + (32 - __builtin_clz(n.back()));
}

bool bit(const Natural& n, int index) {
    const auto limb = static_cast<std::size_t>(index / 32);
    return limb < n.size() && ((n[limb] >> (index % 32)) & 1U) != 0;
}

Natural shifted_left(const Natural& n, int bits) {
    if (n.empty()) return {};
    Natural result(static_cast<std::size_t>(bits / 32), 0);
    result.insert(result.end(), n.begin(), n.end());
    if (bits % 32 != 0) multiply_add(result, 1U << (bits % 32), 0);
    return result;
}

struct Signed {
    bool negative = false;
    Natural magnitude;
};

Signed parts_of(const Integer& value) {
    const std::string digits = value.to_string();
    const bool negative = digits.front() == '-';
    return {negative, natural_from_decimal(std::string_view(digits).substr(negative ? 1 : 0))};
}

std::optional<Integer> integer_of(bool negative, const Natural& magnitude) {
    // log2(10) > 3.3: a longer number is refused before its digits are computed.
    if (bit_length(magnitude) > static_cast<int>(max_integer_digits * 10 / 3)) return std::nullopt;
    return Integer::from_digits((negative ? "-" : "") + to_decimal(magnitude));
}

struct Quotient {
    Natural quotient;
    bool exact = true;
};

Quotient divide(const Natural& dividend, const Natural& divisor) {
    Natural quotient(dividend.size(), 0);
    Natural rest;
    for (int i = bit_length(dividend) - 1; i >= 0; --i) {
        const std::uint32_t low = bit(dividend, i) ? 1 : 0;
        multiply_add(rest, 2, low);
        if (order(rest, divisor) == std::strong_ordering::less) continue;
        rest = difference(rest, divisor);
        quotient[static_cast<std::size_t>(i / 32)] |= 1U << (i % 32);
    }
    trim(quotient);
    return {std::move(quotient), rest.empty()};
}

}  // namespace

std::optional<Integer> Integer::from_digits(std::string_view digits) {
    bool negative = false;
    if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
        negative = digits.front() == '-';
        digits.remove_prefix(1);
    }
    if (digits.empty() || digits.size() > max_integer_digits) return std::nullopt;
    if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    std::string canonical = (negative && digits != "0" ? "-" : "") + std::string(digits);
    Integer result;
    const auto [end, error] = std::from_chars(canonical.data(), canonical.data() + canonical.size(), result.small_);
    if (error != std::errc{}) {
        result.small_ = 0;
        result.big_ = std::move(canonical);
    }
    return result;
}

std::optional<std::int64_t> Integer::to_int64() const noexcept {
    if (!big_.empty()) return std::nullopt;
    return small_;
}

double Integer::to_double() const noexcept {
    if (big_.empty()) return static_cast<double>(small_);
    double result = 0;
    const auto [end, error] = std::from_chars(big_.data(), big_.data() + big_.size(), result);
    if (error == std::errc{}) return result;
    return big_.front() == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

std::string Integer::to_string() const {
    return big_.empty() ? std::to_string(small_) : big_;
}

std::optional<Integer> multiply(const Integer& a, const Integer& b) {
    if (const auto x = a.to_int64(), y = b.to_int64(); x && y) {
        std::int64_t result = 0;
        if (!__builtin_mul_overflow(*x, *y, &result)) return Integer(result);
    }
    const Signed x = parts_of(a);
    const Signed y = parts_of(b);
    return integer_of(x.negative != y.negative, product(x.magnitude, y.magnitude));
}

std::optional<Integer> add(const Integer& a, const Integer& b) {
    if (const auto x = a.to_int64(), y = b.to_int64(); x && y) {
        std::int64_t result = 0;
        if (!__builtin_add_overflow(*x, *y, &result)) return Integer(result);
    }
    const Signed x = parts_of(a);
    const Signed y = parts_of(b);
    if (x.negative == y.negative) return integer_of(x.negative, sum(x.magnitude, y.magnitude));
    if (order(x.magnitude, y.magnitude) == std::strong_ordering::less)
        return integer_of(y.negative, difference(y.magnitude, x.magnitude));
    return integer_of(x.negative, difference(x.magnitude, y.magnitude));
}

std::strong_ordering compare(const Integer& a, const Integer& b) {
    if (const auto x = a.to_int64(), y = b.to_int64(); x && y) return *x <=> *y;
    const Signed x = parts_of(a);
    const Signed y = parts_of(b);
    if (x.negative != y.negative) return x.negative ? std::strong_ordering::less : std::strong_ordering::greater;
    return x.negative ? order(y.magnitude, x.magnitude) : order(x.magnitude, y.magnitude);
}

std::optional<double> true_divide(const Integer& a, const Integer& b) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;  // both operands are exact as doubles up to here
    if (const auto x = a.to_int64(), y = b.to_int64();
        x && y && *x <= exact && *x >= -exact && *y <= exact && *y >= -exact)
        return static_cast<double>(*x) / static_cast<double>(*y);
    const Signed x = parts_of(a);
    const Signed y = parts_of(b);
    if (x.magnitude.empty()) return 0.0;
    // Scale the dividend so that the quotient has 66 bits or more: 53 of the result, one to round on, and the rest only
    // says whether the result is exact.
    const int scale = std::max(0, 66 - (bit_length(x.magnitude) - bit_length(y.magnitude)));
    const auto [quotient, is_exact] = divide(shifted_left(x.magnitude, scale), y.magnitude);
    const int length = bit_length(quotient);
    std::uint64_t mantissa = 0;
    for (int i = 0; i < 53; ++i) mantissa = mantissa << 1 | (bit(quotient, length - 1 - i) ? 1U : 0U);
    bool below = !is_exact;
    for (int i = 0; i < length - 54 && !below; ++i) below = bit(quotient, i);
    if (bit(quotient, length - 54) && (below || (mantissa & 1U) != 0)) ++mantissa;
    const double result = std::ldexp(static_cast<double>(mantissa), length - 53 - scale);
    if (std::isinf(result)) return std::nullopt;
    return x.negative != y.negative ? -result : result;
}

Integer integer_from_double(double integral) {
    constexpr double limit = 9223372036854775808.0;  // 2^63
    if (integral >= -limit && integral < limit) return {static_cast<std::int64_t>(integral)};
    int exponent = 0;
    const double fraction = std::frexp(std::fabs(integral), &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
    const Natural bits{static_cast<std::uint32_t>(mantissa), static_cast<std::uint32_t>(mantissa >> 32)};
    return integer_of(std::signbit(integral), shifted_left(bits, exponent - 53)).value_or(Integer{});
}

std::optional<Integer> integer_from_digits(std::string_view digits, int base) {
    if (base == 10) return Integer::from_digits(digits);
    if (digits.empty() || digits.size() > max_integer_digits) return std::nullopt;
    Natural n;
    for (const char c : digits) {
        std::uint32_t digit = 0;
        const auto [end, error] = std::from_chars(&c, &c + 1, digit, base);
        if (error != std::errc{}) return std::nullopt;
        multiply_add(n, static_cast<std::uint32_t>(base), digit);
    }
    return integer_of(false, n);
}

Integer negate(const Integer& value) {
    std::string digits = value.to_string();
    if (digits.front() == '-') {
        digits.erase(0, 1);
    } else {
        digits.insert(0, "-");
    }
    return Integer::from_digits(digits).value_or(value);
}

}  // namespace recipe::config
