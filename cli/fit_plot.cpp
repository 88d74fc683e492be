// SPDX-License-Identifier: Apache-2.0
// Draws the memory of a sweep as an SVG picture.
#include "fit_plot.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace recipe::cli {
namespace {

constexpr double bar_width = 56;
constexpr double bar_distance = 92;
constexpr double chart_height = 320;
constexpr double left = 64;
constexpr double top = 48;
constexpr double legend_width = 190;
constexpr double legend_line = 18;

// Distinguishable also in grey: neighbours differ in lightness.
constexpr std::array<std::string_view, 12> colours{"#264653", "#2a9d8f", "#e9c46a", "#f4a261", "#e76f51", "#8ab17d",
                                                   "#5e548e", "#b392ac", "#0077b6", "#90e0ef", "#6c757d", "#ced4da"};

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20) safe += c;
        }
    }
    return safe;
}

std::vector<std::string> names_of(const std::vector<Bar>& bars) {
    std::vector<std::string> names;
    for (const Bar& bar : bars)
        for (const auto& [name, size] : bar.parts)
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    return names;
}

double total(const Bar& bar) {
    double sum = 0;
    for (const auto& [name, size] : bar.parts) sum += size;
    return sum;
}

/// 1, 2 or 5 times a power of ten, about a fifth of the range.
double tick_of(double range) {
    const double power = std::pow(10, std::floor(std::log10(range / 5)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (power * factor >= range / 5) return power * factor;
    return power * 10;
}

}  // namespace

std::string stacked_bars(const std::string& title, const std::vector<Bar>& bars) {
    const std::vector<std::string> names = names_of(bars);
    double highest = 0.001;
    for (const Bar& bar : bars) highest = std::max({highest, total(bar), bar.limit});
    highest *= 1.05;
    const double chart_width = bar_distance * static_cast<double>(bars.size());
    const double width = left + chart_width + legend_width;
    const double height = std::max(top + chart_height + 48, top + legend_line * static_cast<double>(names.size() + 2));
    const auto y_of = [&](double gib) { return top + chart_height * (1 - gib / highest); };
    const auto colour_of = [&](const std::string& name) {
        return colours[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()) % colours.size()];
    };

    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
        "{1:.0f}\" "
        "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        "<text x=\"{2:.0f}\" y=\"24\" font-size=\"14\">{3}</text>\n",
        width, height, left, escaped(title));
    const double tick = tick_of(highest);
    for (double gib = 0; gib <= highest; gib += tick)
        svg += fmt::format(
            "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#ddd\"/>"
            "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:g} GiB</text>\n",
            left, left + chart_width, y_of(gib), left - 6, y_of(gib) + 4, gib);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const Bar& bar = bars[i];
        const double x = left + bar_distance * static_cast<double>(i) + (bar_distance - bar_width) / 2;
        double below = 0;
        for (const auto& [name, size] : bar.parts) {
            svg += fmt::format(
                "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.1f}\" fill=\"{}\">"
                "<title>{} {:.2f} GiB</title></rect>\n",
                x, y_of(below + size), bar_width, chart_height * size / highest, colour_of(name), escaped(name), size);
            below += size;
        }
        const double middle = x + bar_width / 2;
        svg += fmt::format(
            "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"middle\">{2:.1f}</text>"
            "<text x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n",
            middle, y_of(below) - 4, below, top + chart_height + 16, escaped(bar.label));
        if (bar.limit > 0)
            svg += fmt::format(
                "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#c1121f\" "
                "stroke-width=\"2\">"
                "<title>limit {3:.2f} GiB</title></line>\n",
                x - 10, x + bar_width + 10, y_of(bar.limit), bar.limit);
    }
    double y = top + 10;
    const double legend = left + chart_width + 16;
    for (const std::string& name : names) {
        svg += fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" fill=\"{}\"/>"
            "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
            legend, y - 10, colour_of(name), legend + 18, y, escaped(name));
        y += legend_line;
    }
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#c1121f\" stroke-width=\"2\"/>"
        "<text x=\"{3:.1f}\" y=\"{4:.1f}\">what a rank may use</text>\n</svg>\n",
        legend, legend + 12, y - 4, legend + 18, y);
    return svg;
}

}  // namespace recipe::cli
