// SPDX-License-Identifier: Apache-2.0
// Grades the memory model against measured runs and prints one line of figures. Exit status: 0 the targets are met, 1
// they are missed, 77 there are no measurements here.
#include "memory/memory.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace recipe::memory;

// What the product promises.
constexpr double max_median_error = 0.005;
constexpr double max_error_of_95_percent = 0.02;
constexpr double max_under = 0.05;
constexpr double max_tight = 0.55;

struct Grades {
    std::vector<double> errors;  // relative, of free runs
    std::vector<double> under;   // by how much a prediction was too low; DDP apart
    int out_of_band = 0;         // DDP runs whose race the band does not hold
    int capped = 0, tight = 0;
    int wrong_refusals = 0;   // trained, and called does_not_fit
    int missed_refusals = 0;  // ran out of memory, and called fits
    int unread = 0;
};

void grade(const Measurement& run, Grades& grades) {
    const Prediction prediction = predict(run.workload).value();
    if (run.allocator_cap_bytes) {
        if (!run.trained) return;
        const Verdict verdict = judge(prediction, *run.allocator_cap_bytes);
        ++grades.capped;
        grades.tight += verdict == Verdict::tight;
        grades.wrong_refusals += *run.trained && verdict == Verdict::does_not_fit;
        grades.missed_refusals += !*run.trained && verdict == Verdict::fits;
        return;
    }
    if (!run.peak_allocated_bytes || *run.peak_allocated_bytes == 0) return;
    const double measured = *run.peak_allocated_bytes;
    const double error = prediction.peak_bytes / measured - 1;
    if (std::getenv("RECIPE_GRADING_VERBOSE") != nullptr)  // NOLINT(concurrency-mt-unsafe): one thread
        fmt::print("{:+8.3f} % {:9} {}\n", 100 * error, prediction.peak_moment().name, run.id);
    if (run.workload.assumptions.wrapper == Wrapper::ddp) {
        grades.out_of_band +=
            measured < prediction.low_bytes * (1 - max_error_of_95_percent) || measured > prediction.high_bytes;
        return;
    }
    grades.errors.push_back(std::abs(error));
    grades.under.push_back(std::max(0.0, -error));
}

double quantile(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

int report(const Grades& g) {
    if (g.errors.empty()) {
        fmt::print("memory model: no run could be graded, {} lines could not be read\n", g.unread);
        return 1;
    }
    const double median = quantile(g.errors, 0.5);
    const double p95 = quantile(g.errors, 0.95);
    const double under = std::ranges::max(g.under);
    const double tight = g.capped > 0 ? static_cast<double>(g.tight) / g.capped : 0;
    fmt::print(
        "memory model: {} cases, median error {:.3f} %, 95th percentile {:.3f} %, largest under-estimate {:.2f} %, "
        "DDP out of its band {}; {} capped runs, wrong refusals {}, missed refusals {}, tight {:.0f} %\n",
        g.errors.size(), 100 * median, 100 * p95, 100 * under, g.out_of_band, g.capped, g.wrong_refusals,
        g.missed_refusals, 100 * tight);
    const bool met = median <= max_median_error && p95 <= max_error_of_95_percent && under <= max_under &&
                     g.out_of_band == 0 && g.wrong_refusals == 0 && g.missed_refusals == 0 && tight <= max_tight &&
                     g.unread == 0;
    if (!met) fmt::print("memory model: the targets are missed ({} lines could not be read)\n", g.unread);
    return met ? 0 : 1;
}

}  // namespace

int main() {
    const char* given = std::getenv("RECIPE_MEASUREMENTS");  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string file = given != nullptr && *given != '\0' ? given : RECIPE_MEASUREMENTS;
    std::ifstream lines(file);
    if (!lines) {
        fmt::print(
            "memory model: not graded, there are no measurements at {} (RECIPE_MEASUREMENTS names another file)\n",
            file);
        return 77;
    }
    Grades grades;
    for (std::string line; std::getline(lines, line);) {
        if (line.empty()) continue;
        const auto run = read_measurement(line);
        if (run)
            grade(*run, grades);
        else
            ++grades.unread;
    }
    return report(grades);
}
