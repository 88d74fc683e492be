// SPDX-License-Identifier: Apache-2.0
// srecipe hardware: the accelerators, instance types and profiles that are known, those of the site among them. What it
// says of one is of the form that hardware files have.
#include "context.hpp"
#include "diagnostic/codes/tools.hpp"
#include "table.hpp"

#include "hardware/hardware.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace recipe::cli {
namespace {

using config::Value;
using hardware::Accelerator;
using hardware::InstanceType;
using hardware::Profile;

/// What is to be printed.
struct Selection {
    std::vector<const InstanceType*> instances;
    std::vector<const Accelerator*> accelerators;
    std::vector<const Profile*> profiles;
    std::vector<const hardware::Kind*> kinds;
};

/// The catalogue has 0 for numbers that are not known.
std::optional<double> known(double number) {
    return number > 0 ? std::optional(number) : std::nullopt;
}

std::optional<double> capability(const Accelerator& a) {
    return a.compute_capability ? std::optional(*a.compute_capability / 10.0) : std::nullopt;
}

// --- for people ----------------------------------------------------------------------------------------------------

std::string cell(std::optional<double> number) {
    return number ? fmt::format("{}", *number) : "-";
}
std::string cell(bool flag) {
    return flag ? "yes" : "no";
}

std::string instance_table(const std::vector<const InstanceType*>& instances) {
    std::vector<Row> rows;
    for (const InstanceType* i : instances)
        rows.push_back({std::string(i->name), std::string(i->accelerator), fmt::format("{}", i->devices),
                        cell(known(i->vcpus)), cell(known(i->memory_gib)), cell(known(i->network_gbps)),
                        fmt::format("{}", i->efa_devices), cell(i->gpudirect_rdma)});
    return table({{"instance type"},
                  {"accelerator"},
                  {"devices", true},
                  {"vCPUs", true},
                  {"memory GiB", true},
                  {"network Gbit/s", true},
                  {"EFA", true},
                  {"GPUDirect RDMA"}},
                 rows);
}

std::string accelerator_table(const std::vector<const Accelerator*>& accelerators) {
    std::vector<Row> rows;
    for (const Accelerator* a : accelerators)
        rows.push_back({std::string(a->model), std::string(a->name), std::string(a->kind_name),
                        cell(known(a->memory_gib)), cell(a->usable_gib),
                        a->compute_capability ? hardware::compute_capability_text(*a->compute_capability) : "-",
                        cell(a->bf16), cell(a->fp8), cell(a->fp4), a->fabric.empty() ? "-" : std::string(a->fabric),
                        fmt::format("{}", a->ranks), cell(a->bf16_tflops)});
    return table({{"accelerator"},
                  {"name"},
                  {"kind"},
                  {"memory GiB", true},
                  {"usable GiB", true},
                  {"capability", true},
                  {"bf16"},
                  {"fp8"},
                  {"fp4"},
                  {"fabric"},
                  {"ranks", true},
                  {"bf16 TFLOPS", true}},
                 rows);
}

std::string profile_table(const std::vector<const Profile*>& profiles) {
    std::vector<Row> rows;
    for (const Profile* p : profiles) {
        std::vector<std::string> variables;
        for (const auto& [name, value] : p->environment) variables.push_back(fmt::format("{}={}", name, value));
        rows.push_back({std::string(p->name), fmt::format("{}", fmt::join(variables, " ")), p->efa ? "with EFA" : "",
                        fmt::format("{}", fmt::join(p->instance_types, " "))});
    }
    return table({{"profile"}, {"sets"}, {"only"}, {"instance types"}}, rows);
}

// --- in the form of hardware files ---------------------------------------------------------------------------------

Value text(std::string_view value) {
    return Value::string(std::string(value));
}

Value number(std::optional<double> value) {
    if (!value) return Value::null();
    const bool whole = *value == std::trunc(*value) && std::abs(*value) < 1e15;
    return whole ? Value::integer(static_cast<std::int64_t>(*value)) : Value::floating(*value);
}

Value map_of(std::initializer_list<std::pair<const char*, Value>> entries) {
    Value map = Value::map();
    for (const auto& [key, value] : entries) map.set(Value::string(key), value);
    return map;
}

Value texts(std::span<const std::string_view> values) {
    Value list = Value::list();
    for (const std::string_view value : values) list.push_back(text(value));
    return list;
}

void add_text(Value& map, const char* key, std::string_view value) {
    if (!value.empty()) map.set(Value::string(key), text(value));
}

void add_sources(Value& map, const hardware::Sources& sources) {
    add_text(map, "source", sources.source);
    if (!sources.unverified.empty()) map.set(Value::string("unverified"), texts(sources.unverified));
}

Value value_of(const InstanceType& i) {
    Value map = map_of({{"accelerator", text(i.accelerator)},
                        {"devices", Value::integer(i.devices)},
                        {"vcpus", number(known(i.vcpus))},
                        {"memory_gib", number(known(i.memory_gib))},
                        {"network_gbps", number(known(i.network_gbps))},
                        {"efa_devices", Value::integer(i.efa_devices)},
                        {"gpudirect_rdma", Value::boolean(i.gpudirect_rdma)},
                        {"nvlink_domain", Value::integer(i.nvlink_domain)},
                        {"architecture", text(i.architecture)}});
    add_sources(map, i.sources);
    return map;
}

Value value_of(const Accelerator& a) {
    Value map = map_of({{"name", text(a.name)},
                        {"kind", text(a.kind_name)},
                        {"memory_gib", number(a.memory_gib)},
                        {"usable_gib", number(a.usable_gib)},
                        {"compute_capability", a.compute_capability ? Value::floating(*capability(a)) : Value::null()},
                        {"bf16", Value::boolean(a.bf16)},
                        {"fp8", Value::boolean(a.fp8)},
                        {"fp4", Value::boolean(a.fp4)},
                        {"ranks", Value::integer(a.ranks)},
                        {"cores", Value::integer(a.cores)},
                        {"bf16_tflops", number(a.bf16_tflops)}});
    add_text(map, "fabric", a.fabric);
    add_sources(map, a.sources);
    return map;
}

Value value_of(const hardware::Kind& k) {
    Value map = map_of({{"device", text(k.device)},
                        {"counted_as", text(k.counted_as == hardware::DeviceKind::gpu ? "gpu" : "neuron")},
                        {"framework", text(k.framework)},
                        {"device_files", text(k.device_files)},
                        {"visible", texts(k.visible)},
                        {"words", texts(k.words)}});
    add_text(map, "control_file", k.control_file);
    if (!k.repeats.empty()) map.set(Value::string("repeats"), texts(k.repeats));
    add_text(map, "part_variable", k.part_variable);
    add_text(map, "part_number_file", k.part_number_file);
    add_text(map, "source", k.source);
    return map;
}

Value value_of(const Profile& p) {
    Value variables = Value::map();
    for (const auto& [name, value] : p.environment) variables.set(text(name), text(value));
    Value map = map_of(
        {{"instance_types", texts(p.instance_types)}, {"efa", Value::boolean(p.efa)}, {"environment", variables}});
    add_text(map, "source", p.source);
    return map;
}

std::string_view name_of(const hardware::Kind& k) {
    return k.name;
}
std::string_view name_of(const InstanceType& i) {
    return i.name;
}
std::string_view name_of(const Accelerator& a) {
    return a.model;
}
std::string_view name_of(const Profile& p) {
    return p.name;
}

template <class Entry>
Value section(const std::vector<const Entry*>& entries) {
    Value map = Value::map();
    for (const Entry* entry : entries) map.set(text(name_of(*entry)), value_of(*entry));
    return map;
}

Value value_of(const Selection& selection) {
    return map_of({{"kinds", section(selection.kinds)},
                   {"accelerators", section(selection.accelerators)},
                   {"instance_types", section(selection.instances)},
                   {"profiles", section(selection.profiles)}});
}

// --- one of them ---------------------------------------------------------------------------------------------------

Expected<Selection> select(const hardware::Catalogue& catalogue, const std::string& name) {
    if (name.empty())
        return Selection{catalogue.instances(), catalogue.accelerators(), catalogue.profiles(), catalogue.kinds()};
    if (const InstanceType* instance = catalogue.instance(name)) {
        const Accelerator* accelerator = catalogue.accelerator(instance->accelerator);
        return Selection{
            {instance}, {accelerator}, catalogue.profiles_of(*instance), {&catalogue.kind_of(*accelerator)}};
    }
    if (const Accelerator* accelerator = catalogue.accelerator(name)) {
        Selection selection{catalogue.instances(), {accelerator}, {}, {&catalogue.kind_of(*accelerator)}};
        std::erase_if(selection.instances, [&](const InstanceType* i) { return i->accelerator != accelerator->model; });
        return selection;
    }
    const std::vector<std::string> close = hardware::candidates_for(catalogue, name).names;
    return refuse({.code = codes::cli.unknown_hardware,
                   .key = name,
                   .source = {.name = "hardware"},
                   .message = close.empty()
                                  ? "there is no such instance type or accelerator; `srecipe hardware` lists them"
                                  : fmt::format("there is no such instance type or accelerator; did you mean {}?",
                                                fmt::join(close, " or "))});
}

}  // namespace

int hardware(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(context->settings->hardware_files);
    if (!catalogue) return fail(catalogue.error());
    const Expected<Selection> selection = select(*catalogue, arguments.name);
    if (!selection) return fail(selection.error());
    if (arguments.format == Format::json)
        print_json(value_of(*selection));
    else if (!arguments.name.empty())
        print_data(config::to_yaml(value_of(*selection)));
    else
        say("{}\n{}\n{}", instance_table(selection->instances), accelerator_table(selection->accelerators),
            profile_table(selection->profiles));
    return exit_good;
}

}  // namespace recipe::cli
