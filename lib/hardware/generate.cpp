// SPDX-License-Identifier: Apache-2.0
// generate_hardware HARDWARE.yaml TABLES.cpp: makes the constants of shipped.hpp of etc/hardware.yaml. Runs when the
// project is built, and refuses what a site's file would be refused for.
#include "hardware/catalogue_file.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>

namespace recipe::hardware {
namespace {

using tables::literal;

template <class T>
std::string optional(const std::optional<T>& value) {
    return value ? fmt::format("{}", *value) : "std::nullopt";
}

std::string_view counted_as(DeviceKind kind) {
    return kind == DeviceKind::gpu ? "gpu" : "neuron";
}

std::string row(const Kind& k) {
    const std::string own = tables::identifier(k.name);
    return fmt::format(
        "    {{.name = {}, .device = {}, .counted_as = DeviceKind::{}, .framework = {}, .device_files = {}, "
        ".control_file = {}, .visible = {}_visible, .words = {}_words}},\n",
        literal(k.name), literal(k.device), counted_as(k.counted_as), literal(k.framework), literal(k.device_files),
        literal(k.control_file), own, own);
}

std::string row(const Accelerator& a) {
    return fmt::format(
        "    {{.model = {}, .name = {}, .kind_name = {}, .kind = DeviceKind::{}, .memory_gib = {}, .usable_gib = {}, "
        ".compute_capability = {}, .bf16 = {}, .fp8 = {}, .fp4 = {}, .fabric = {}, .ranks = {}, .cores = {}, "
        ".bf16_tflops = "
        "{}}},\n",
        literal(a.model), literal(a.name), literal(a.kind_name), counted_as(a.kind), a.memory_gib,
        optional(a.usable_gib), optional(a.compute_capability), a.bf16, a.fp8, a.fp4, literal(a.fabric), a.ranks,
        a.cores, optional(a.bf16_tflops));
}

std::string row(const InstanceType& i) {
    return fmt::format(
        "    {{.name = {}, .accelerator = {}, .devices = {}, .vcpus = {}, .memory_gib = {}, .efa_devices = {}, "
        ".network_gbps = {}, .gpudirect_rdma = {}, .nvlink_domain = {}, .architecture = {}}},\n",
        literal(i.name), literal(i.accelerator), i.devices, i.vcpus, i.memory_gib, i.efa_devices, i.network_gbps,
        i.gpudirect_rdma, i.nvlink_domain, literal(i.architecture));
}

std::string types_of(const Profile& p) {
    return tables::identifier(p.name) + "_instance_types";
}
std::string variables_of(const Profile& p) {
    return tables::identifier(p.name) + "_environment";
}

std::string row(const Profile& p) {
    return fmt::format("    {{.name = {}, .instance_types = {}, .efa = {}, .environment = {}}},\n", literal(p.name),
                       p.instance_types.empty() ? "{}" : types_of(p), p.efa,
                       p.environment.empty() ? "{}" : variables_of(p));
}

std::string literals(std::span<const std::string_view> texts) {
    std::string list;
    for (const std::string_view text : texts) list += literal(text) + ", ";
    return list;
}

/// What the kind's row refers to.
std::string lists(const Kind& k) {
    const std::string own = tables::identifier(k.name);
    return fmt::format(
        "constexpr std::string_view {}_visible[] = {{{}}};\nconstexpr std::string_view {}_words[] = {{{}}};\n", own,
        literals(k.visible), own, literals(k.words));
}

/// What the profile's row refers to. C++ has no arrays without elements.
std::string lists(const Profile& p) {
    const std::string types = literals(p.instance_types);
    std::string variables;
    for (const auto& [name, value] : p.environment)
        variables += fmt::format("{{{}, {}}}, ", literal(name), literal(value));
    std::string text;
    if (!types.empty()) text += fmt::format("constexpr std::string_view {}[] = {{{}}};\n", types_of(p), types);
    if (!variables.empty())
        text += fmt::format("constexpr Profile::Variable {}[] = {{{}}};\n", variables_of(p), variables);
    return text;
}

template <class Entry>
std::string table(std::string_view type, std::string_view name, const Section<Entry>& section) {
    std::string rows;
    for (const auto& [key, entry] : section.of_site) rows += row(entry);
    return fmt::format("constexpr {} {}[] = {{\n{}}};\n\n", type, name, rows);
}

Expected<std::string> constants(const config::Value& document, const std::string& file) {
    Sections sections;
    Merger merger(sections);
    Diagnostics problems = merger.merge(document, file);
    append(problems, merger.missing_accelerators());
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    std::string text =
        "// Made of etc/hardware.yaml by generate_hardware.\n#include \"hardware/shipped.hpp\"\n\n"
        "namespace recipe::hardware {\nnamespace {\n\n";
    for (const auto& [name, kind] : sections.kinds.of_site) text += lists(kind);
    for (const auto& [name, profile] : sections.profiles.of_site) text += lists(profile);
    text += '\n' + table("Kind", "kinds", sections.kinds) +
            table("Accelerator", "accelerators", sections.accelerators) +
            table("InstanceType", "instance_types", sections.instance_types) +
            table("Profile", "profiles", sections.profiles);
    return text +
           "}  // namespace\n\n"
           "constinit const std::span<const Kind> shipped_kinds = kinds;\n"
           "constinit const std::span<const Accelerator> shipped_accelerators = accelerators;\n"
           "constinit const std::span<const InstanceType> shipped_instance_types = instance_types;\n"
           "constinit const std::span<const Profile> shipped_profiles = profiles;\n\n"
           "}  // namespace recipe::hardware\n";
}

}  // namespace
}  // namespace recipe::hardware

int main(int argc, char** argv) {
    return recipe::tables::generate({argv, static_cast<std::size_t>(argc)}, recipe::hardware::constants);
}
