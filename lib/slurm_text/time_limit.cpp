// SPDX-License-Identifier: Apache-2.0
// Slurm's time limits as texts.
#include "slurm_text/time_limit.hpp"

#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <array>
#include <cctype>
#include <vector>

namespace recipe::slurm_text {
namespace {

constexpr std::int64_t max_days = 100'000;

/// "a", "a:b" or "a:b:c" as numbers; nothing when it is anything else.
std::optional<std::vector<std::int64_t>> colon_fields(std::string_view text) {
    std::vector<std::int64_t> fields;
    while (true) {
        const std::size_t colon = text.find(':');
        const auto field = parse_count(text.substr(0, colon));
        if (!field || fields.size() == 3) return std::nullopt;
        fields.push_back(*field);
        if (colon == std::string_view::npos) return fields;
        text.remove_prefix(colon + 1);
    }
}

bool is_unlimited(std::string_view text) {
    std::string upper;
    for (const char c : text) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return upper == "UNLIMITED" || upper == "INFINITE" || upper == "-1";
}

std::optional<std::int64_t> minutes_of_seconds(std::int64_t seconds) {
    return (seconds + 59) / 60;
}

/// The forms of sbatch(1), --time: minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes and
/// days-hours:minutes:seconds.
std::optional<std::int64_t> minutes_of(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        const auto fields = colon_fields(text);
        if (!fields) return std::nullopt;
        const auto& f = *fields;
        switch (f.size()) {
            case 1:
                return f[0];
            case 2:
                return minutes_of_seconds(f[0] * 60 + f[1]);
            default:
                return minutes_of_seconds(f[0] * 3600 + f[1] * 60 + f[2]);
        }
    }
    const auto days = parse_count(text.substr(0, dash));
    const auto fields = colon_fields(text.substr(dash + 1));
    if (!days || *days > max_days || !fields) return std::nullopt;
    auto f = *fields;
    f.resize(3, 0);
    return minutes_of_seconds(*days * 86400 + f[0] * 3600 + f[1] * 60 + f[2]);
}

}  // namespace

std::optional<std::optional<std::int64_t>> parse_time_limit(std::string_view text) {
    if (is_unlimited(text)) return std::optional<std::int64_t>{};
    const auto minutes = minutes_of(text);
    if (!minutes || *minutes > max_time_limit) return std::nullopt;
    return minutes;
}

std::string format_time_limit(std::int64_t minutes) {
    const std::int64_t days = minutes / 1440;
    const std::int64_t hours = minutes / 60 % 24;
    if (days > 0) return fmt::format("{}-{:02}:{:02}:00", days, hours, minutes % 60);
    return fmt::format("{:02}:{:02}:00", hours, minutes % 60);
}

}  // namespace recipe::slurm_text
