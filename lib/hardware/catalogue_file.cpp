// SPDX-License-Identifier: Apache-2.0
// Reads hardware files.
#include "hardware/catalogue_file.hpp"

#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace recipe::hardware {
namespace {

using config::Value;

constexpr double most = 1'000'000;  // of anything: GiB, Gbit/s, vCPUs
constexpr std::size_t max_name_bytes = 64;

// --- one value -----------------------------------------------------------------------------------------------------

bool read_count(int& target, const Value& value, std::int64_t least, std::int64_t greatest) {
    const auto number = value.as_int();
    if (!number || *number < least || *number > greatest) return false;
    target = static_cast<int>(*number);
    return true;
}

bool read_amount(double& target, const Value& value, bool zero_allowed = false) {
    const auto number = value.as_number();
    if (!number || !(*number <= most) || *number < 0 || (*number == 0 && !zero_allowed)) return false;
    target = *number;
    return true;
}

bool read_flag(bool& target, const Value& value) {
    const auto flag = value.as_bool();
    if (flag) target = *flag;
    return flag.has_value();
}

bool read_text(std::string& target, const Value& value) {
    const std::string* text = value.as_string();
    if (text == nullptr || text->empty() || text->size() > max_name_bytes) return false;
    target = *text;
    return true;
}

bool read_kind(DeviceKind& target, const Value& value) {
    const std::string* text = value.as_string();
    if (text == nullptr || (*text != "gpu" && *text != "neuron")) return false;
    target = *text == "gpu" ? DeviceKind::gpu : DeviceKind::neuron;
    return true;
}

bool read_optional_amount(std::optional<double>& target, const Value& value) {
    target.reset();
    return value.is_null() || read_amount(target.emplace(), value);
}

bool read_compute_capability(std::optional<int>& target, const Value& value) {
    target.reset();
    if (value.is_null()) return true;
    const auto number = value.as_number();
    if (!number || !(*number >= 1 && *number < 100)) return false;
    target = static_cast<int>(std::lround(*number * 10));
    return true;
}

// --- the columns of an entry, in the order of a row ----------------------------------------------------------------

/// What checks hold against a recipe is required: a site's short entry must not refuse jobs by its silence.
template <class Entry>
struct Column {
    std::string_view name;
    std::string_view expected;  // for the message: "<name> is to be <expected>"
    bool required;              // of an entry that no earlier file has
    bool (*read)(Entry&, const Value&);
};

constexpr std::string_view an_amount = "a number above 0";
constexpr std::string_view a_flag = "true or false";
constexpr std::string_view a_text = "a text of at most 64 characters";

constexpr std::array<Column<Accelerator>, 11> accelerator_columns{{
    {"kind", "gpu or neuron", true, [](Accelerator& a, const Value& v) { return read_kind(a.kind, v); }},
    {"memory_gib", an_amount, true, [](Accelerator& a, const Value& v) { return read_amount(a.memory_gib, v); }},
    {"usable_gib", "a number above 0, or null", false,
     [](Accelerator& a, const Value& v) { return read_optional_amount(a.usable_gib, v); }},
    {"compute_capability", "a number like 8.6, or null", false,
     [](Accelerator& a, const Value& v) { return read_compute_capability(a.compute_capability, v); }},
    {"bf16", a_flag, true, [](Accelerator& a, const Value& v) { return read_flag(a.bf16, v); }},
    {"fp8", a_flag, true, [](Accelerator& a, const Value& v) { return read_flag(a.fp8, v); }},
    {"fabric", a_text, false, [](Accelerator& a, const Value& v) { return read_text(a.fabric, v); }},
    {"ranks", "an int from 1 to 1024", false,
     [](Accelerator& a, const Value& v) { return read_count(a.ranks, v, 1, 1024); }},
    {"bf16_tflops", "a number above 0, or null", false,
     [](Accelerator& a, const Value& v) { return read_optional_amount(a.bf16_tflops, v); }},
    {"name", a_text, true, [](Accelerator& a, const Value& v) { return read_text(a.name, v); }},
    // After the name, which takes the rest of a row: in maps only.
    {"cores", "an int from 1 to 1024", false,
     [](Accelerator& a, const Value& v) { return read_count(a.cores, v, 1, 1024); }},
}};

constexpr std::array<Column<InstanceType>, 7> instance_columns{{
    {"accelerator", "the model of an accelerator", true,
     [](InstanceType& i, const Value& v) {
         if (!read_text(i.accelerator, v)) return false;
         i.accelerator = canonical_instance_name(i.accelerator);
         return true;
     }},
    {"devices", "an int from 1 to 1024", true,
     [](InstanceType& i, const Value& v) { return read_count(i.devices, v, 1, 1024); }},
    {"vcpus", "an int, or null", false,
     [](InstanceType& i, const Value& v) { return v.is_null() || read_count(i.vcpus, v, 0, 1'000'000); }},
    {"memory_gib", "a number above 0, or null", false,
     [](InstanceType& i, const Value& v) { return v.is_null() || read_amount(i.memory_gib, v); }},
    {"network_gbps", "a number, or null", false,
     [](InstanceType& i, const Value& v) { return v.is_null() || read_amount(i.network_gbps, v, true); }},
    {"efa_devices", "an int", false,
     [](InstanceType& i, const Value& v) { return read_count(i.efa_devices, v, 0, 1'000'000); }},
    {"gpudirect_rdma", a_flag, false, [](InstanceType& i, const Value& v) { return read_flag(i.gpudirect_rdma, v); }},
}};

bool read_patterns(std::vector<std::string>& target, const Value& value) {
    target.clear();
    for (const Value& item : value.items()) {
        const std::string* pattern = item.as_string();
        if (pattern == nullptr || pattern->empty() || pattern->size() > max_name_bytes) return false;
        target.push_back(canonical_instance_name(*pattern));
    }
    return value.is_list();
}

bool is_variable_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= max_name_bytes && !(name.front() >= '0' && name.front() <= '9') &&
           std::ranges::all_of(name, allowed);
}

bool read_variables(std::vector<std::pair<std::string, std::string>>& target, const Value& value) {
    target.clear();
    if (!value.is_map()) return false;
    for (const config::Entry& entry : value.entries()) {
        const std::string* name = entry.key.as_string();
        const bool is_text = entry.value.is_string() || entry.value.as_int().has_value();
        if (name == nullptr || !is_variable_name(*name) || !is_text) return false;
        target.emplace_back(*name, config::to_python_text(entry.value));
    }
    return true;
}

/// In maps only: no word of a row is a list.
constexpr std::array<Column<Profile>, 3> profile_columns{{
    {"instance_types", "a list of patterns of instance types", true,
     [](Profile& p, const Value& v) { return read_patterns(p.instance_types, v); }},
    {"efa", a_flag, false, [](Profile& p, const Value& v) { return read_flag(p.efa, v); }},
    {"environment", "a map of variables, each a text or an int", true,
     [](Profile& p, const Value& v) { return read_variables(p.environment, v); }},
}};

// --- rows ----------------------------------------------------------------------------------------------------------

/// A word of a row as the YAML value that it would be in a map.
Value value_of_word(std::string_view word) {
    if (word == "-") return Value::null();
    if (word == "true" || word == "false") return Value::boolean(word == "true");
    if (const auto integer = config::Integer::from_digits(word)) return Value::integer(*integer);
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
    if (error == std::errc{} && end == word.data() + word.size()) return Value::floating(number);
    return Value::string(std::string(word));
}

/// The words of a row, at most `columns` of them: the last takes the rest of the line. (A name, which ends the row.)
std::vector<std::string_view> words_of(std::string_view row, std::size_t columns) {
    constexpr auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    std::vector<std::string_view> words;
    words.reserve(columns);
    auto at = row.begin();
    while (true) {
        at = std::find_if_not(at, row.end(), is_blank);
        if (at == row.end()) return words;
        const auto end = words.size() + 1 == columns ? row.end() : std::find_if(at, row.end(), is_blank);
        words.emplace_back(at, end);
        at = end;
    }
}

// --- a file --------------------------------------------------------------------------------------------------------

class Reader {
public:
    explicit Reader(const std::string& file) : file_(file) {}

    void fail(const Value& at, std::string key, std::string message) {
        Source source = at.position().source();
        if (source.empty()) source.name = file_;
        problems_.push_back({.code = codes::hardware.file,
                             .key = std::move(key),
                             .source = std::move(source),
                             .message = std::move(message)});
    }

    /// Sets the fields of `entry` that `value` gives. False, with at least one diagnostic, when any of them is wrong.
    template <class Entry>
    bool read_entry(Entry& entry, const std::string& key, const Value& value, bool is_new,
                    std::span<const Column<Entry>> columns) {
        const std::size_t before = problems_.size();
        std::vector<bool> given(columns.size(), false);
        const auto set = [&](std::size_t index, const Value& field, const Value& at) {
            given[index] = true;
            if (!columns[index].read(entry, field))
                fail(at, key, fmt::format("{} of {} is to be {}", columns[index].name, key, columns[index].expected));
        };
        if (const std::string* row = value.as_string()) {
            const auto name = std::ranges::find(columns, "name", &Column<Entry>::name);
            const std::size_t in_row =
                static_cast<std::size_t>(name - columns.begin()) + (name != columns.end() ? 1 : 0);
            const auto words = words_of(*row, in_row);
            for (std::size_t index = 0; index < words.size(); ++index) set(index, value_of_word(words[index]), value);
        } else if (value.is_map()) {
            for (const config::Entry& field : value.entries()) {
                const std::string name = config::to_python_text(field.key);
                const auto column = std::ranges::find(columns, std::string_view(name), &Column<Entry>::name);
                if (column == columns.end())
                    fail(field.value, key + '.' + name, unknown(name, columns));
                else
                    set(static_cast<std::size_t>(column - columns.begin()), field.value, field.value);
            }
        } else {
            fail(value, key, fmt::format("{} is to be a row or a map, not {}", key, config::describe(value.kind())));
            return false;
        }
        for (std::size_t index = 0; is_new && index < columns.size(); ++index)
            if (columns[index].required && !given[index])
                fail(value, key, fmt::format("{} has no {}", key, columns[index].name));
        return problems_.size() == before;
    }

    Diagnostics take() { return std::move(problems_); }

private:
    template <class Entry>
    static std::string unknown(const std::string& name, std::span<const Column<Entry>> columns) {
        std::vector<std::string> names;
        for (const auto& column : columns) names.emplace_back(column.name);
        return fmt::format("there is no field {}; the fields are {}", name, fmt::join(names, ", "));
    }

    const std::string& file_;
    Diagnostics problems_;
};

bool is_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= max_name_bytes && std::ranges::all_of(name, allowed);
}

template <class Entry, class Placed>
void merge_section(Reader& reader, const Value& section, std::string_view title,
                   std::map<std::string, Entry, std::less<>>& entries, std::string Entry::* own_name,
                   std::span<const Column<Entry>> columns, const Placed& placed) {
    if (section.is_null()) return;
    if (!section.is_map()) {
        reader.fail(section, std::string(title),
                    fmt::format("{} is to be a map, not {}", title, config::describe(section.kind())));
        return;
    }
    for (const config::Entry& item : section.entries()) {
        const std::string name = canonical_instance_name(config::to_python_text(item.key));
        const std::string key = fmt::format("{}.{}", title, name);
        if (!is_name(name)) {
            reader.fail(item.value, std::string(title), "names are of letters, digits, dots, dashes and underscores");
            continue;
        }
        const auto known = entries.find(name);
        Entry entry = known == entries.end() ? Entry{} : known->second;
        entry.*own_name = name;
        if (!reader.read_entry(entry, key, item.value, known == entries.end(), columns)) continue;
        entries.insert_or_assign(name, std::move(entry));
        placed(name, item.value);
    }
}

}  // namespace

Diagnostics merge_file(const Value& document, const std::string& file, const Entries& entries) {
    Reader reader(file);
    if (document.is_null()) return {};  // a file of comments
    if (!document.is_map()) {
        reader.fail(document, "", fmt::format("a hardware file is a map, not {}", config::describe(document.kind())));
        return reader.take();
    }
    for (const config::Entry& section : document.entries()) {
        const std::string title = config::to_python_text(section.key);
        if (title == "accelerators")
            merge_section<Accelerator>(reader, section.value, title, entries.accelerators, &Accelerator::model,
                                       accelerator_columns, [](const std::string&, const Value&) {});
        else if (title == "instance_types")
            merge_section<InstanceType>(
                reader, section.value, title, entries.instances, &InstanceType::name, instance_columns,
                [&](const std::string& name, const Value& at) { entries.instance_places[name] = at.position(); });
        else if (title == "profiles")
            merge_section<Profile>(reader, section.value, title, entries.profiles, &Profile::name, profile_columns,
                                   [](const std::string&, const Value&) {});
        else
            reader.fail(
                section.value, title,
                "there is no section " + title + "; the sections are accelerators, instance_types and profiles");
    }
    return reader.take();
}

}  // namespace recipe::hardware
