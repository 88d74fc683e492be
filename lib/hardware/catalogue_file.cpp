// SPDX-License-Identifier: Apache-2.0
// Reads hardware files as etc/hardware.schema.json describes them: the shipped one for the generator, and those of a
// site.
#include "hardware/catalogue_file.hpp"

#include "diagnostic/codes/tools.hpp"

#include "slurm_text/variable_name.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace recipe::hardware {
namespace {

using config::Value;

constexpr double max_amount = 1'000'000;  // of anything: GiB, Gbit/s, vCPUs
constexpr std::size_t max_name = 64;
constexpr std::size_t max_source = 240;

struct Context {
    tables::Problems& problems;
    tables::Keeper& texts;
    const Section<Kind>& kinds;
    const Value* sources;  // of the file: names that its rows use

    [[nodiscard]] std::string_view keep(std::string text) { return texts.keep(std::move(text)); }
};

// --- one value -----------------------------------------------------------------------------------------------------

bool read_count(int& target, const Value& value, std::int64_t least, std::int64_t greatest) {
    const auto number = value.as_int();
    if (!number || *number < least || *number > greatest) return false;
    target = static_cast<int>(*number);
    return true;
}

bool read_amount(double& target, const Value& value, bool zero_allowed = false) {
    const auto number = value.as_number();
    if (!number || !(*number <= max_amount) || *number < 0 || (*number == 0 && !zero_allowed)) return false;
    target = *number;
    return true;
}

bool read_flag(bool& target, const Value& value) {
    const auto flag = value.as_bool();
    if (flag) target = *flag;
    return flag.has_value();
}

bool is_text(const Value& value) {
    const std::string* text = value.as_string();
    return text != nullptr && !text->empty() && text->size() <= max_name;
}

bool read_text(std::string_view& target, const Value& value, Context& context) {
    if (!is_text(value)) return false;
    target = context.keep(*value.as_string());
    return true;
}

bool read_name(std::string_view& target, const Value& value, Context& context) {
    if (!is_text(value)) return false;
    target = context.keep(canonical_instance_name(*value.as_string()));
    return true;
}

bool read_counted_as(DeviceKind& target, const Value& value) {
    const std::string* text = value.as_string();
    if (text == nullptr || (*text != "gpu" && *text != "neuron")) return false;
    target = *text == "gpu" ? DeviceKind::gpu : DeviceKind::neuron;
    return true;
}

bool read_kind(Accelerator& target, const Value& value, const Context& context) {
    const std::string* text = value.as_string();
    const Kind* kind = text != nullptr ? context.kinds.find(*text) : nullptr;
    if (kind == nullptr) return false;
    target.kind_name = kind->name;
    target.kind = kind->counted_as;
    return true;
}

bool read_architecture(std::string_view& target, const Value& value) {
    const std::string* text = value.as_string();
    for (const std::string_view known : {"x86_64", "arm64"})
        if (text != nullptr && *text == known) return target = known, true;
    return false;
}

bool read_texts(std::span<const std::string_view>& target, const Value& value, Context& context) {
    if (!value.is_list() || !std::ranges::all_of(value.items(), is_text)) return false;
    std::vector<std::string_view> texts(value.size());
    for (std::size_t i = 0; i < texts.size(); ++i) read_text(texts[i], value.items()[i], context);
    target = context.texts.keep(std::move(texts));
    return true;
}

/// One that the file names in its section `sources`, or a text.
bool read_source(std::string_view& target, const Value& value, Context& context) {
    const std::string* text = value.as_string();
    const Value* named = text != nullptr && context.sources != nullptr ? context.sources->find(*text) : nullptr;
    if (named != nullptr) text = named->as_string();
    if (text == nullptr || text->empty() || text->size() > max_source) return false;
    target = context.keep(*text);
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

bool read_patterns(std::span<const std::string_view>& target, const Value& value, Context& context) {
    if (!value.is_list() || !std::ranges::all_of(value.items(), is_text)) return false;
    std::vector<std::string_view> patterns(value.size());
    for (std::size_t i = 0; i < patterns.size(); ++i) read_name(patterns[i], value.items()[i], context);
    target = context.texts.keep(std::move(patterns));
    return true;
}

bool read_variables(std::span<const Profile::Variable>& target, const Value& value, Context& context) {
    if (!value.is_map()) return false;
    std::vector<Profile::Variable> variables;
    for (const config::Entry& entry : value.entries()) {
        const std::string* name = entry.key.as_string();
        const bool is_scalar = entry.value.is_string() || entry.value.as_int().has_value();
        if (name == nullptr || name->size() > max_name || !slurm_text::is_variable_name(*name) ||
            !slurm_text::reserved_because(*name).empty() || !is_scalar)
            return false;
        variables.emplace_back(context.keep(*name), context.keep(config::to_python_text(entry.value)));
    }
    target = context.texts.keep(std::move(variables));
    return true;
}

// --- the fields of an entry ----------------------------------------------------------------------------------------

// What checks hold against a recipe is required: a site's short entry must not refuse jobs by its silence.
template <class Entry>
using Field = tables::Field<Entry, Context>;

constexpr std::string_view an_amount = "a number above 0";
constexpr std::string_view an_amount_or_null = "a number above 0, or null";
constexpr std::string_view a_flag = "true or false";
constexpr std::string_view a_text = "a text of at most 64 characters";
constexpr std::string_view a_share = "an int from 1 to 1024";

constexpr std::string_view words = "a list of texts of at most 64 characters";
constexpr std::string_view a_source = "a name of `sources`, or a text of at most 240 characters";

constexpr std::array<Field<Kind>, 11> kind_fields{{
    {"device", a_text, true, [](Kind& k, const Value& v, Context& c) { return read_text(k.device, v, c); }},
    {"counted_as", "gpu or neuron", true,
     [](Kind& k, const Value& v, Context&) { return read_counted_as(k.counted_as, v); }},
    {"framework", a_text, true, [](Kind& k, const Value& v, Context& c) { return read_text(k.framework, v, c); }},
    {"device_files", a_text, true, [](Kind& k, const Value& v, Context& c) { return read_text(k.device_files, v, c); }},
    {"control_file", a_text, false,
     [](Kind& k, const Value& v, Context& c) { return read_text(k.control_file, v, c); }},
    {"visible", words, true, [](Kind& k, const Value& v, Context& c) { return read_texts(k.visible, v, c); }},
    {"repeats", words, false, [](Kind& k, const Value& v, Context& c) { return read_texts(k.repeats, v, c); }},
    {"part_variable", a_text, false,
     [](Kind& k, const Value& v, Context& c) { return read_text(k.part_variable, v, c); }},
    {"part_number_file", a_text, false,
     [](Kind& k, const Value& v, Context& c) { return read_text(k.part_number_file, v, c); }},
    {"words", words, true, [](Kind& k, const Value& v, Context& c) { return read_texts(k.words, v, c); }},
    {"source", a_source, false, [](Kind& k, const Value& v, Context& c) { return read_source(k.source, v, c); }},
}};

constexpr std::array<Field<Accelerator>, 14> accelerator_fields{{
    {"name", a_text, true, [](Accelerator& a, const Value& v, Context& c) { return read_text(a.name, v, c); }},
    {"kind", "a kind that a hardware file has: gpu, amd, gaudi, neuron", true,
     [](Accelerator& a, const Value& v, Context& c) { return read_kind(a, v, c); }},
    {"memory_gib", an_amount, true,
     [](Accelerator& a, const Value& v, Context&) { return read_amount(a.memory_gib, v); }},
    {"usable_gib", an_amount_or_null, false,
     [](Accelerator& a, const Value& v, Context&) { return read_optional_amount(a.usable_gib, v); }},
    {"compute_capability", "a number like 8.6, or null", false,
     [](Accelerator& a, const Value& v, Context&) { return read_compute_capability(a.compute_capability, v); }},
    {"bf16", a_flag, true, [](Accelerator& a, const Value& v, Context&) { return read_flag(a.bf16, v); }},
    {"fp8", a_flag, true, [](Accelerator& a, const Value& v, Context&) { return read_flag(a.fp8, v); }},
    {"fp4", a_flag, false, [](Accelerator& a, const Value& v, Context&) { return read_flag(a.fp4, v); }},
    {"fabric", a_text, false, [](Accelerator& a, const Value& v, Context& c) { return read_text(a.fabric, v, c); }},
    {"ranks", a_share, false, [](Accelerator& a, const Value& v, Context&) { return read_count(a.ranks, v, 1, 1024); }},
    {"cores", a_share, false, [](Accelerator& a, const Value& v, Context&) { return read_count(a.cores, v, 1, 1024); }},
    {"bf16_tflops", an_amount_or_null, false,
     [](Accelerator& a, const Value& v, Context&) { return read_optional_amount(a.bf16_tflops, v); }},
    {"source", a_source, false,
     [](Accelerator& a, const Value& v, Context& c) { return read_source(a.sources.source, v, c); }},
    {"unverified", words, false,
     [](Accelerator& a, const Value& v, Context& c) { return read_texts(a.sources.unverified, v, c); }},
}};

constexpr std::array<Field<InstanceType>, 11> instance_fields{{
    {"accelerator", "the model of an accelerator", true,
     [](InstanceType& i, const Value& v, Context& c) { return read_name(i.accelerator, v, c); }},
    {"devices", a_share, true,
     [](InstanceType& i, const Value& v, Context&) { return read_count(i.devices, v, 1, 1024); }},
    {"vcpus", "an int, or null", false,
     [](InstanceType& i, const Value& v, Context&) { return v.is_null() || read_count(i.vcpus, v, 0, 1'000'000); }},
    {"memory_gib", an_amount_or_null, false,
     [](InstanceType& i, const Value& v, Context&) { return v.is_null() || read_amount(i.memory_gib, v); }},
    {"network_gbps", "a number, or null", false,
     [](InstanceType& i, const Value& v, Context&) { return v.is_null() || read_amount(i.network_gbps, v, true); }},
    {"efa_devices", "an int", false,
     [](InstanceType& i, const Value& v, Context&) { return read_count(i.efa_devices, v, 0, 1'000'000); }},
    {"gpudirect_rdma", a_flag, false,
     [](InstanceType& i, const Value& v, Context&) { return read_flag(i.gpudirect_rdma, v); }},
    {"nvlink_domain", "an int", false,
     [](InstanceType& i, const Value& v, Context&) { return read_count(i.nvlink_domain, v, 0, 1'000'000); }},
    {"architecture", "x86_64 or arm64", false,
     [](InstanceType& i, const Value& v, Context&) { return read_architecture(i.architecture, v); }},
    {"source", a_source, false,
     [](InstanceType& i, const Value& v, Context& c) { return read_source(i.sources.source, v, c); }},
    {"unverified", words, false,
     [](InstanceType& i, const Value& v, Context& c) { return read_texts(i.sources.unverified, v, c); }},
}};

constexpr std::array<Field<Profile>, 4> profile_fields{{
    {"instance_types", "a list of patterns of instance types", true,
     [](Profile& p, const Value& v, Context& c) { return read_patterns(p.instance_types, v, c); }},
    {"efa", a_flag, false, [](Profile& p, const Value& v, Context&) { return read_flag(p.efa, v); }},
    {"environment", "a map of variables, each a text or an int", true,
     [](Profile& p, const Value& v, Context& c) { return read_variables(p.environment, v, c); }},
    {"source", a_source, false, [](Profile& p, const Value& v, Context& c) { return read_source(p.source, v, c); }},
}};

// --- a file --------------------------------------------------------------------------------------------------------

bool is_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= max_name && std::ranges::all_of(name, allowed);
}

/// `placed` is called with the name and the value of each entry that was taken.
template <class Entry, std::size_t count, class Placed>
void merge_section(const Value& values, const std::string& title, Section<Entry>& section,
                   std::string_view Entry::* own_name, const std::array<Field<Entry>, count>& fields, Context& context,
                   const Placed& placed) {
    if (values.is_null()) return;
    if (!values.is_map())
        return context.problems.add(values, title,
                                    fmt::format("{} is to be a map, not {}", title, config::describe(values.kind())));
    for (const config::Entry& item : values.entries()) {
        const std::string name = canonical_instance_name(config::to_python_text(item.key));
        if (!is_name(name)) {
            context.problems.add(item.value, title, "names are of letters, digits, dots, dashes and underscores");
            continue;
        }
        const Entry* known = section.find(name);
        Entry entry = known != nullptr ? *known : Entry{};
        entry.*own_name = context.keep(name);
        const std::string key = fmt::format("{}.{}", title, name);
        if (!tables::read_record(entry, key, item.value, known == nullptr, fields, context)) continue;
        section.of_site.insert_or_assign(entry.*own_name, entry);
        placed(entry.*own_name, item.value);
    }
}

constexpr auto nowhere = [](std::string_view, const Value&) {};

}  // namespace

Diagnostics Merger::merge(const Value& document, const std::string& file) {
    tables::Problems problems(codes::hardware.file, file);
    const Value* sources = document.is_map() ? document.find("sources") : nullptr;
    if (sources != nullptr && !sources->is_map()) {
        problems.add(
            *sources, "sources",
            fmt::format("sources is to be a map of names and texts, not {}", config::describe(sources->kind())));
        sources = nullptr;
    }
    Context context{problems, sections_.texts, sections_.kinds, sources};
    if (document.is_null()) return {};  // a file of comments
    if (!document.is_map()) {
        problems.add(document, "", fmt::format("a hardware file is a map, not {}", config::describe(document.kind())));
        return problems.take();
    }
    const auto remember = [&](std::string_view name, const Value& at) { instance_places_[name] = at.position(); };
    // Accelerators are of kinds, wherever in the file these stand.
    if (const Value* kinds = document.find("kinds"))
        merge_section(*kinds, "kinds", sections_.kinds, &Kind::name, kind_fields, context, nowhere);
    for (const config::Entry& section : document.entries()) {
        const std::string title = config::to_python_text(section.key);
        if (title == "kinds" || title == "sources") continue;
        if (title == "accelerators")
            merge_section(section.value, title, sections_.accelerators, &Accelerator::model, accelerator_fields,
                          context, nowhere);
        else if (title == "instance_types")
            merge_section(section.value, title, sections_.instance_types, &InstanceType::name, instance_fields, context,
                          remember);
        else if (title == "profiles")
            merge_section(section.value, title, sections_.profiles, &Profile::name, profile_fields, context, nowhere);
        else
            problems.add(section.value, title,
                         "there is no section " + title +
                             "; the sections are sources, kinds, accelerators, instance_types and profiles");
    }
    return problems.take();
}

Diagnostics Merger::missing_accelerators() const {
    Diagnostics missing;
    for (const auto& [name, place] : instance_places_) {
        const std::string_view accelerator = sections_.instance_types.find(name)->accelerator;
        if (sections_.accelerators.find(accelerator) != nullptr) continue;
        missing.push_back({.code = codes::hardware.file,
                           .key = fmt::format("instance_types.{}", name),
                           .source = place.source(),
                           .message = fmt::format("no hardware file has the accelerator {} of {}", accelerator, name)});
    }
    return missing;
}

}  // namespace recipe::hardware
