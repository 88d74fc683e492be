// SPDX-License-Identifier: Apache-2.0
// srecipe fit: how much device memory a recipe needs, and whether the instance type has it.
#include "context.hpp"
#include "fit_plot.hpp"

#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/tools.hpp"
#include "memory/memory.hpp"
#include "slurm_text/lists.hpp"
#include "validate/validate.hpp"

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
constexpr std::size_t max_rows = 100;
constexpr std::size_t max_line_bytes = std::size_t{1} << 20;

struct Data {
    hardware::Catalogue catalogue;
    family::Families families;
};

Expected<Data> load_data(const Context& context) {
    Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(context.settings->hardware_files);
    if (!catalogue) return std::unexpected(std::move(catalogue.error()));
    Expected<family::Families> families = family::Families::load(context.settings->family_files);
    if (!families) return std::unexpected(std::move(families.error()));
    return Data{std::move(*catalogue), std::move(*families)};
}

/// One recipe with its overrides: `value` is that of the sweep.
struct Row {
    std::string value;
    Assessment assessment;
    bool impossible = false;  // a rule has found an error beside memory
};

Value mib(double bytes) {
    return Value::integer(static_cast<std::int64_t>(bytes / MiB + 0.5));
}

Value strings(const std::vector<std::string>& texts) {
    Value list = Value::list();
    for (const std::string& text : texts) list.push_back(Value::string(text));
    return list;
}

Value map_of(std::initializer_list<std::pair<const char*, Value>> entries) {
    Value map = Value::map();
    for (const auto& [key, value] : entries) map.set(Value::string(key), value);
    return map;
}

Value json_of(const Assessment& a) {
    const bool device = a.accelerator != nullptr;
    Value json =
        map_of({{"accelerator", device ? Value::string(std::string(a.accelerator->model)) : Value::null()},
                {"instance_type", a.instance != nullptr ? Value::string(std::string(a.instance->name)) : Value::null()},
                {"family", Value::string(a.family->name)}});
    if (!a.prediction) {
        for (const char* key : {"usable_mib", "predicted_peak_mib", "band_mib", "verdict", "moment"})
            json.set(Value::string(key), Value::null());
    } else {
        const memory::Prediction& p = *a.prediction;
        Value parts = Value::map();
        for (const memory::Part& part : p.peak_moment().parts)
            parts.set(Value::string(std::string(part.name)), mib(part.bytes));
        Value assumptions = Value::map();
        for (const auto& [name, value] : memory::describe(a.workload.assumptions))
            assumptions.set(Value::string(std::string(name)), Value::string(value));
        json.set(Value::string("usable_mib"), device ? mib(a.usable_bytes) : Value::null());
        json.set(Value::string("outside_mib"), mib(a.outside_bytes));
        json.set(Value::string("predicted_peak_mib"), mib(p.peak_bytes));
        json.set(Value::string("band_mib"), Value::list({mib(p.low_bytes), mib(p.high_bytes)}));
        json.set(Value::string("verdict"), device ? Value::string(std::string(to_string(a.verdict))) : Value::null());
        json.set(Value::string("moment"), Value::string(std::string(p.peak_moment().name)));
        json.set(Value::string("parts"), parts);
        json.set(Value::string("assumptions"), assumptions);
    }
    Value suggestions = Value::list();
    for (const memory::Suggestion& s : a.suggestions)
        suggestions.push_back(map_of({{"set", strings(s.set)}, {"predicted_peak_mib", mib(s.peak_bytes)}}));
    json.set(Value::string("suggestions"), suggestions);
    json.set(Value::string("unknown"), strings(a.unknown));
    return json;
}

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
    fmt::print("  {:<24} {:>8.2f} GiB{}\n", name, bytes / GiB, rest);
}

void print_text(const std::string& recipe, const Assessment& a) {
    fmt::print("{} on {}, each rank, run by {}\n", recipe, device_of(a), a.family->title);
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
            fmt::print("  {}\n", words(a.verdict));
        }
        std::vector<std::string> assumed;
        for (const auto& [name, value] : memory::describe(a.workload.assumptions))
            assumed.push_back(fmt::format("{} {}", name, value));
        fmt::print("  assumed: {}\n", fmt::join(assumed, ", "));
    }
    for (const std::string& reason : a.unknown) fmt::print("  not known: {}\n", reason);
    for (const memory::Suggestion& s : a.suggestions) {
        std::vector<std::string> options;
        for (const std::string& set : s.set) options.push_back("--recipe-set=" + set);
        fmt::print("  {:<16} {:>6.2f} GiB  {}\n", s.verdict == memory::Verdict::fits ? "fits with" : "tight with",
                   s.peak_bytes / GiB, fmt::join(options, " "));
    }
}

void print_sweep(const std::string& key, const std::vector<Row>& rows) {
    std::size_t width = key.size();
    for (const Row& row : rows) width = std::max(width, row.value.size());
    fmt::print("{:<{}}  {:>10}  {:<10}  {:>9}  {}\n", key, width, "peak", "moment", "limit", "verdict");
    for (const Row& row : rows) {
        const Assessment& a = row.assessment;
        if (!a.prediction) {
            fmt::print("{:<{}}  not known: {}\n", row.value, width, fmt::join(a.unknown, "; "));
            continue;
        }
        const bool device = a.accelerator != nullptr;
        fmt::print("{:<{}}  {:>6.2f} GiB  {:<10}  {:>9}  {}\n", row.value, width, a.prediction->peak_bytes / GiB,
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
        if (!row.assessment.prediction) continue;
        if (!arguments.sweep.empty())
            bars.push_back(bar_of(row.value, row.assessment.prediction->peak_moment(), row.assessment));
        else
            for (const memory::Moment& moment : row.assessment.prediction->moments)
                bars.push_back(bar_of(std::string(moment.name), moment, row.assessment));
    }
    std::ofstream file(arguments.plot);
    file << stacked_bars(fmt::format("{}: device memory of a rank, GiB", arguments.recipe), bars);
    file.close();
    return static_cast<bool>(file);
}

/// KEY=a,b,c; no value may hold a comma.
struct Sweep {
    std::string key;
    std::vector<std::string> values;
};

std::optional<Sweep> parse_sweep(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return std::nullopt;
    const auto values = slurm_text::split(std::string_view(text).substr(equals + 1), slurm_text::EmptyItems::kept);
    if (values.size() > max_rows || std::ranges::find(values, "") != values.end()) return std::nullopt;
    return Sweep{.key = text.substr(0, equals), .values = {values.begin(), values.end()}};
}

Expected<Row> assess_one(const Arguments& arguments, const Context& context, const Data& data, const std::string& more,
                         const std::string& value, config::Documents& documents) {
    config::ComposeRequest request = compose_request(arguments, context);
    request.documents = &documents;
    if (!more.empty()) request.overrides.push_back({more + "=" + value, "--sweep"});
    Expected<config::Resolved> resolved = config::compose(request);
    if (!resolved) return std::unexpected(std::move(resolved.error()));
    print_diagnostics(resolved->notes);
    // Of a layout that cannot be, the memory is nobody's.
    Diagnostics impossible =
        validate::check(*resolved, {.hardware = data.catalogue, .families = data.families}).diagnostics;
    apply_severities(context.settings->severities, impossible);
    std::erase_if(impossible,
                  [](const Diagnostic& d) { return d.severity != Severity::error || d.code.group() == "memory"; });
    print_diagnostics(impossible);
    Row row{.value = value,
            .assessment = memory::assess(resolved->root, data.catalogue, data.families),
            .impossible = !impossible.empty()};
    apply_severities(context.settings->severities, row.assessment.diagnostics);
    return row;
}

int fit_recipe(const Arguments& arguments, const Context& context) {
    print_diagnostics(context.notes);
    const Expected<Data> data = load_data(context);
    if (!data) return fail(data.error());
    Sweep sweep{.key = {}, .values = {""}};
    if (!arguments.sweep.empty()) {
        const auto parsed = parse_sweep(arguments.sweep);
        if (!parsed)
            return fail({{.code = codes::fit.sweep,
                          .key = "--sweep",
                          .message = fmt::format("--sweep takes KEY=a,b,c with up to {} values, not {}", max_rows,
                                                 arguments.sweep)}});
        sweep = *parsed;
    }
    config::Documents documents;
    std::vector<Row> rows;
    for (const std::string& value : sweep.values) {
        Expected<Row> row = assess_one(arguments, context, *data, sweep.key, value, documents);
        if (!row) return fail(row.error());
        rows.push_back(std::move(*row));
    }

    bool good = true;
    for (const Row& row : rows) {
        // The table says the verdict; what else is wrong has no place there.
        Diagnostics others = row.assessment.diagnostics;
        std::erase_if(others, [](const Diagnostic& d) {
            return d.code == codes::memory.does_not_fit || d.code == codes::memory.tight;
        });
        print_diagnostics(others);
        good = good && !row.impossible && !has_errors(row.assessment.diagnostics);
    }
    if (arguments.format == Format::json && !sweep.key.empty()) {
        Value list = Value::list();
        for (const Row& row : rows) {
            Value json = json_of(row.assessment);
            json.set(Value::string("value"), Value::string(row.value));
            list.push_back(json);
        }
        fmt::print("{}\n", config::to_json(map_of({{"key", Value::string(sweep.key)}, {"rows", list}}), 2));
    } else if (arguments.format == Format::json) {
        fmt::print("{}\n", config::to_json(json_of(rows.front().assessment), 2));
    } else if (!sweep.key.empty()) {
        print_sweep(sweep.key, rows);
    } else {
        print_text(arguments.recipe, rows.front().assessment);
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
    std::ifstream file(name);
    if (!file)
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
        fmt::print("{}\n", config::to_json(map_of({{"id", Value::string(run->id)},
                                                   {"predicted_peak_allocated_bytes",
                                                    Value::integer(static_cast<std::int64_t>(prediction.peak_bytes))},
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
    const Expected<Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    return fit_recipe(arguments, *context);
}

}  // namespace recipe::cli
