// SPDX-License-Identifier: Apache-2.0
// What the name of a model or checkpoint tells.
#include "models/models.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace recipe::models {
namespace {

constexpr std::string_view in_cache = "models--";  // <cache>/models--<organisation>--<name>/snapshots/<revision>

// Not <cctype>: names are ASCII and the user's locale must not matter.
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

std::string_view last_part(std::string_view path) {
    return path.substr(path.find_last_of('/') + 1);  // npos + 1 is 0
}

/// Reads counts of parameters from a name in lower case.
class Counts {
public:
    explicit Counts(std::string_view name) : name_(name) {}

    std::optional<double> smallest() {
        std::optional<double> found;
        while (at_ < name_.size()) {
            const std::size_t start = at_;
            if (!is_digit(name_[at_])) {
                ++at_;
                continue;
            }
            const std::optional<double> count = read_count();
            if (count && may_start(start) && (!found || *count < *found)) found = count;
        }
        return found;
    }

private:
    /// "A3B" are the active parameters of a mixture, "E4B" the effective ones; "llama70b" is a count.
    bool may_start(std::size_t start) const {
        if (start == 0 || !is_letter(name_[start - 1])) return true;
        return start >= 2 && is_letter(name_[start - 2]);
    }

    std::optional<double> read_count() {
        double count = read_number();
        if (skip("x") && at_ < name_.size() && is_digit(name_[at_])) count *= 0.8 * read_number();
        const double unit = skip("b") ? 1e9 : skip("m") ? 1e6 : 0;
        const bool ends = at_ == name_.size() || (!is_letter(name_[at_]) && !is_digit(name_[at_]));
        if (unit == 0 || !ends || !(count > 0)) return std::nullopt;
        return count * unit;
    }

    /// "7", "1.5", "1d5", "1-dot-5", "1_dot_5": the last ones where a file's name may have no dot.
    double read_number() {
        std::string digits = read_digits();
        for (const std::string_view point : {".", "d", "-dot-", "_dot_"}) {
            const std::size_t before = at_;
            if (skip(point) && at_ < name_.size() && is_digit(name_[at_]))
                return as_number(digits + '.' + read_digits());
            at_ = before;
        }
        return as_number(digits);
    }

    std::string read_digits() {
        const std::size_t start = at_;
        while (at_ < name_.size() && is_digit(name_[at_])) ++at_;
        return std::string(name_.substr(start, at_ - start));
    }

    /// Longer numbers are dates or hashes.
    static double as_number(const std::string& digits) {
        double number = 0;
        if (digits.size() <= 8) std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return number;
    }

    bool skip(std::string_view text) {
        if (!name_.substr(at_).starts_with(text)) return false;
        at_ += text.size();
        return true;
    }

    std::string_view name_;
    std::size_t at_ = 0;
};

}  // namespace

std::string known_name(std::string_view id_or_path) {
    std::string_view path = id_or_path;
    if (const std::size_t cache = path.rfind(in_cache); cache != std::string_view::npos) {
        path = path.substr(cache);
        path = path.substr(0, path.find('/'));
        return lower_case(path.substr(path.rfind("--") + 2));
    }
    while (path.ends_with('/')) path.remove_suffix(1);
    return lower_case(last_part(path));
}

std::optional<std::int64_t> parameters_in_name(std::string_view name) {
    const std::optional<double> count = Counts(lower_case(name)).smallest();
    if (!count || *count > static_cast<double>(max_parameters)) return std::nullopt;
    return std::llround(*count);
}

}  // namespace recipe::models
