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

/// What a row refers to; C++ has no arrays without elements.
std::string name_of_list(std::span<const std::string_view> texts, std::string_view row, std::string_view field) {
    return texts.empty() ? "{}" : fmt::format("{}_{}", tables::identifier(row), field);
}

std::string row(const Kind& k) {
    return fmt::format(
        "    {{.name = {}, .device = {}, .counted_as = DeviceKind::{}, .framework = {}, .device_files = {}, "
        ".control_file = {}, .visible = {}, .repeats = {}, .part_variable = {}, .part_number_file = {}, .words = {}, "
        ".source = {}}},\n",
        literal(k.name), literal(k.device), counted_as(k.counted_as), literal(k.framework), literal(k.device_files),
        literal(k.control_file), name_of_list(k.visible, k.name, "visible"), name_of_list(k.repeats, k.name, "repeats"),
        literal(k.part_variable), literal(k.part_number_file), name_of_list(k.words, k.name, "words"),
        literal(k.source));
}

std::string sources(const Sources& s, std::string_view row) {
    return fmt::format("{{.source = {}, .unverified = {}}}", literal(s.source),
                       name_of_list(s.unverified, row, "unverified"));
}

std::string row(const Accelerator& a) {
    return fmt::format(
        "    {{.model = {}, .name = {}, .kind_name = {}, .kind = DeviceKind::{}, .memory_gib = {}, .usable_gib = {}, "
        ".compute_capability = {}, .bf16 = {}, .fp8 = {}, .fp4 = {}, .fabric = {}, .ranks = {}, .cores = {}, "
        ".bf16_tflops = {}, .sources = {}}},\n",
        literal(a.model), literal(a.name), literal(a.kind_name), counted_as(a.kind), a.memory_gib,
        optional(a.usable_gib), optional(a.compute_capability), a.bf16, a.fp8, a.fp4, literal(a.fabric), a.ranks,
        a.cores, optional(a.bf16_tflops), sources(a.sources, a.model));
}

std::string row(const InstanceType& i) {
    return fmt::format(
        "    {{.name = {}, .accelerator = {}, .devices = {}, .vcpus = {}, .memory_gib = {}, .efa_devices = {}, "
        ".network_gbps = {}, .gpudirect_rdma = {}, .nvlink_domain = {}, .architecture = {}, .sources = {}}},\n",
        literal(i.name), literal(i.accelerator), i.devices, i.vcpus, i.memory_gib, i.efa_devices, i.network_gbps,
        i.gpudirect_rdma, i.nvlink_domain, literal(i.architecture), sources(i.sources, "type_" + std::string(i.name)));
}

std::string types_of(const Profile& p) {
    return tables::identifier(p.name) + "_instance_types";
}
std::string variables_of(const Profile& p) {
    return tables::identifier(p.name) + "_environment";
}

std::string row(const Profile& p) {
    return fmt::format("    {{.name = {}, .instance_types = {}, .efa = {}, .environment = {}, .source = {}}},\n",
                       literal(p.name), p.instance_types.empty() ? "{}" : types_of(p), p.efa,
                       p.environment.empty() ? "{}" : variables_of(p), literal(p.source));
}

std::string literals(std::span<const std::string_view> texts) {
    std::string list;
    for (const std::string_view text : texts) list += literal(text) + ", ";
    return list;
}

std::string list(std::span<const std::string_view> texts, std::string_view row, std::string_view field) {
    if (texts.empty()) return {};
    return fmt::format("constexpr std::string_view {}[] = {{{}}};\n", name_of_list(texts, row, field), literals(texts));
}

std::string lists(const Kind& k) {
    return list(k.visible, k.name, "visible") + list(k.repeats, k.name, "repeats") + list(k.words, k.name, "words");
}

std::string lists(const Accelerator& a) {
    return list(a.sources.unverified, a.model, "unverified");
}

std::string lists(const InstanceType& i) {
    return list(i.sources.unverified, "type_" + std::string(i.name), "unverified");
}

/// What the profile's row refers to.
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
    for (const auto& [name, accelerator] : sections.accelerators.of_site) text += lists(accelerator);
    for (const auto& [name, instance] : sections.instance_types.of_site) text += lists(instance);
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
