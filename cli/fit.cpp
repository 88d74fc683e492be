// SPDX-License-Identifier: Apache-2.0
// srecipe fit: how much device memory a recipe needs, and whether the instance type has it.
#include "context.hpp"
#include "fit_plot.hpp"

#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/tools.hpp"
#include "memory/memory.hpp"
#include "render/render.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <fstream>
#include <iostream>

namespace recipe::cli {
namespace {

using config::Value;
using memory::Assessment;

constexpr double MiB = 1024.0 * 1024.0;
constexpr double GiB = 1024.0 * MiB;
constexpr std::size_t max_line_bytes = std::size_t{1} << 20;

/// One recipe with its overrides: `value` is that of the sweep.
struct Row {
    std::string value;
    query::Fit fit;
};

std::string words(memory::Verdict verdict) {
    switch (verdict) {
        case memory::Verdict::fits:
            return "fits";
        case memory::Verdict::tight:
            return "tight: the limit is within the band, so it may or may not fit";
        case memory::Verdict::does_not_fit:
            return "does not fit";
    }
    return {};
}

std::string device_of(const Assessment& a) {
    return a.accelerator == nullptr ? std::string("unknown devices")
                                    : fmt::format("{} ({})", a.accelerator->name, a.instance->name);
}

void print_line(std::string_view name, double bytes, std::string_view rest = {}) {
    say("  {:<24} {:>8.2f} GiB{}\n", name, bytes / GiB, rest);
}

void print_text(const std::string& recipe, const Assessment& a) {
    say("{} on {}, each rank, run by {}\n", recipe, device_of(a),
        a.family->program_known ? a.family->title : "a program that says nothing of itself");
    if (a.prediction) {
        const memory::Prediction& p = *a.prediction;
        for (const memory::Part& part : p.peak_moment().parts) print_line(part.name, part.bytes);
        print_line("peak", p.peak_bytes,
                   fmt::format(" at the moment `{}`; band {:.2f} to {:.2f}", p.peak_moment().name, p.low_bytes / GiB,
                               p.high_bytes / GiB));
        if (a.accelerator != nullptr) {
            print_line("usable", a.usable_bytes, fmt::format(" as the driver reports"));
            print_line("context, communicators", a.outside_bytes);
            print_line("left for the peak", a.limit_bytes());
            say("  {}\n", words(a.verdict));
            if (a.least_nodes > 0) say("  {} nodes are the fewest that would do\n", a.least_nodes);
        }
        std::vector<std::string> assumed;
        for (const auto& [name, value] : memory::describe(a.workload.assumptions))
            assumed.push_back(fmt::format("{} {}", name, value));
        say("  assumed: {}\n", fmt::join(assumed, ", "));
        if (!a.shape_from.empty()) say("  shape of: {}\n", a.shape_from);
        if (!a.beside.empty()) say("  beside it: {}\n", a.beside);
    }
    for (const std::string& reason : a.unknown) say("  not known: {}\n", reason);
    for (const memory::Suggestion& s : a.suggestions) {
        std::vector<std::string> options;
        for (const std::string& set : s.set) options.push_back("--recipe-set=" + set);
        say("  {:<16} {:>6.2f} GiB  {}\n", s.verdict == memory::Verdict::fits ? "fits with" : "tight with",
            s.peak_bytes / GiB, fmt::join(options, " "));
    }
}

void print_sweep(const std::string& key, const std::vector<Row>& rows) {
    std::size_t width = key.size();
    for (const Row& row : rows) width = std::max(width, row.value.size());
    say("{:<{}}  {:>10}  {:<10}  {:>9}  {}\n", key, width, "peak", "moment", "limit", "verdict");
    for (const Row& row : rows) {
        const Assessment& a = row.fit.assessment;
        if (!a.prediction) {
            say("{:<{}}  not known: {}\n", row.value, width, fmt::join(a.unknown, "; "));
            continue;
        }
        const bool device = a.accelerator != nullptr;
        say("{:<{}}  {:>6.2f} GiB  {:<10}  {:>9}  {}\n", row.value, width, a.prediction->peak_bytes / GiB,
            a.prediction->peak_moment().name, device ? fmt::format("{:.2f} GiB", a.limit_bytes() / GiB) : "-",
            device ? words(a.verdict) : "the devices are not known");
    }
}

Bar bar_of(std::string label, const memory::Moment& moment, const Assessment& a) {
    Bar bar{.label = std::move(label), .parts = {}, .limit = a.accelerator != nullptr ? a.limit_bytes() / GiB : 0};
    for (const memory::Part& part : moment.parts) bar.parts.emplace_back(part.name, part.bytes / GiB);
    return bar;
}

bool write_plot(const Arguments& arguments, const std::vector<Row>& rows) {
    std::vector<Bar> bars;
    for (const Row& row : rows) {
        if (!row.fit.assessment.prediction) continue;
        if (!arguments.sweep.empty())
            bars.push_back(bar_of(row.value, row.fit.assessment.prediction->peak_moment(), row.fit.assessment));
        else
            for (const memory::Moment& moment : row.fit.assessment.prediction->moments)
                bars.push_back(bar_of(std::string(moment.name), moment, row.fit.assessment));
    }
    std::ofstream file;
    if (storage::answers(arguments.plot.string())) file.open(arguments.plot);
    file << stacked_bars(fmt::format("{}: device memory of a rank, GiB", arguments.recipe), bars);
    file.close();
    return static_cast<bool>(file);
}

/// KEY=a,b,c; no value may hold a comma.
std::optional<query::Sweep> parse_sweep(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return std::nullopt;
    query::Sweep sweep{.key = text.substr(0, equals), .values = {}};
    for (std::size_t at = equals + 1; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        if (comma == at || sweep.values.size() == query::max_sweep_values) return std::nullopt;
        sweep.values.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return sweep;
}

int fit_recipe(const Arguments& arguments, const query::Context& context) {
    print_diagnostics(context.notes);
    const Expected<query::Knowledge> knowledge = query::load_knowledge(*context.settings);
    if (!knowledge) return fail(knowledge.error());
    query::Sweep sweep{.key = {}, .values = {""}};
    if (!arguments.sweep.empty()) {
        const auto parsed = parse_sweep(arguments.sweep);
        if (!parsed)
            return fail({{.code = codes::fit.sweep,
                          .key = "--sweep",
                          .message = fmt::format("--sweep takes KEY=a,b,c with up to {} values, not {}",
                                                 query::max_sweep_values, arguments.sweep)}});
        sweep = *parsed;
    }
    config::Documents documents;
    std::vector<Row> rows;
    for (const std::string& value : sweep.values) {
        const auto swept = sweep.key.empty() ? std::nullopt : std::optional(sweep.with(value));
        Expected<query::Fit> fit = query::fit(subject_of(arguments), swept, context, *knowledge, documents);
        if (!fit) return fail(fit.error());
        print_diagnostics(fit->notes);
        print_diagnostics(fit->problems);
        rows.push_back({value, std::move(*fit)});
    }

    bool good = true;
    for (const Row& row : rows) {
        // The table says the verdict; what else is wrong has no place there.
        Diagnostics others = row.fit.assessment.diagnostics;
        std::erase_if(others, [](const Diagnostic& d) {
            return d.code == codes::memory.does_not_fit || d.code == codes::memory.tight;
        });
        print_diagnostics(others);
        good = good && row.fit.ok();
    }
    if (arguments.format == Format::json && !sweep.key.empty()) {
        Value list = Value::list();
        for (const Row& row : rows) {
            Value json = render::fit_json(row.fit.assessment);
            json.set(Value::string("value"), Value::string(row.value));
            list.push_back(json);
        }
        print_json(render::object({{"key", Value::string(sweep.key)}, {"rows", list}}));
    } else if (arguments.format == Format::json) {
        print_json(render::fit_json(rows.front().fit.assessment));
    } else if (!sweep.key.empty()) {
        print_sweep(sweep.key, rows);
    } else {
        print_text(arguments.recipe, rows.front().fit.assessment);
    }
    if (!arguments.plot.empty() && !write_plot(arguments, rows))
        return fail({{.code = codes::fit.plot,
                      .key = "--plot",
                      .source = {.name = arguments.plot.string()},
                      .message = fmt::format("{} cannot be written", arguments.plot.string())}});
    return good || !sweep.key.empty() ? exit_good : exit_wrong;
}

/// `verdict` is of capped runs, null of others.
int fit_measurements(const std::filesystem::path& name) {
    std::ifstream file;
    if (storage::answers(name.string())) file.open(name);
    if (!file.is_open())
        return fail({{.code = codes::fit.measurements,
                      .key = "--measurements",
                      .source = {.name = name.string()},
                      .message = fmt::format("{} cannot be read", name.string())}});
    int status = exit_good;
    int number = 0;
    // A limit for what a line may be, so that no file can take all memory.
    std::string line(max_line_bytes, '\0');
    while (file.getline(line.data(), static_cast<std::streamsize>(line.size()))) {
        const std::string_view text(line.data());
        ++number;
        if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        Expected<memory::Measurement> run = memory::read_measurement(text);
        if (!run) {
            for (Diagnostic& problem : run.error()) problem.source = {.name = name.string(), .line = number};
            print_diagnostics(run.error());
            status = exit_wrong;
            continue;
        }
        const std::optional<memory::Prediction> predicted = memory::predict(run->workload);
        if (!predicted) {
            print_diagnostics({{.code = codes::measurements.line,
                                .source = {.name = name.string(), .line = number},
                                .message = "no device holds a model of such numbers"}});
            status = exit_wrong;
            continue;
        }
        const memory::Prediction& prediction = *predicted;
        const Value verdict = run->allocator_cap_bytes
                                  ? Value::string(std::string(to_string(judge(prediction, *run->allocator_cap_bytes))))
                                  : Value::null();
        print_json(config::to_json(render::object(
            {{"id", Value::string(run->id)},
             {"predicted_peak_allocated_bytes", Value::integer(static_cast<std::int64_t>(prediction.peak_bytes))},
             {"verdict", verdict}})));
    }
    if (file.eof() && !file.bad()) return status;
    return fail(
        {{.code = codes::fit.measurements,
          .key = "--measurements",
          .source = {.name = name.string(), .line = number + 1},
          .message = file.bad() ? "cannot be read" : fmt::format("a line longer than {} bytes", max_line_bytes)}});
}

}  // namespace

int fit(const Arguments& arguments) {
    if (!arguments.measurements.empty()) return fit_measurements(arguments.measurements);
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    return fit_recipe(arguments, *context);
}

}  // namespace recipe::cli
