// SPDX-License-Identifier: Apache-2.0
// generate_models MODELS.yaml TABLES.cpp: makes the constants of shipped.hpp of etc/models.yaml. Runs when the project
// is built, and refuses what a site's file would be refused for.
#include "models/models_file.hpp"
#include "tables/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

namespace recipe::models {
namespace {

using tables::literal;

std::string ids_of(const Model& model) {
    return "ids_" + tables::identifier(model.name);
}

/// Numbers that are 0 are left out.
std::string row(const Model& m) {
    std::string text = fmt::format(
        "    {{.name = {}, .ids = {}, .source = {}, .date = {}, .weights = Weights::{}, .multimodal = {}, "
        ".tied_embeddings = {}, .gated_ffn = {}, .attention_bias = {}, .gated_attention = {}, "
        ".qk_norm = {}, .four_norms = {}, .wide_norms = {}, .soft_capped = {}, .sinks = {}, .clamped_gate = {}",
        literal(m.name), ids_of(m), literal(m.source), literal(m.date), to_string(m.weights), m.multimodal,
        m.tied_embeddings, m.gated_ffn, m.attention_bias, m.gated_attention, m.qk_norm, m.four_norms, m.wide_norms,
        m.soft_capped, m.sinks, m.clamped_gate);
    for (const NumberField& field : number_fields)
        if (m.*field.member != 0) text += fmt::format(", .{} = {}", field.name, m.*field.member);
    return text + "},\n";
}

Expected<std::string> constants(const config::Value& document, const std::string& file) {
    Merged merged;
    tables::Keeper texts;
    Diagnostics problems =
        merge(document, file, [](std::string_view) -> const Model* { return nullptr; }, merged, texts);
    if (has_errors(problems)) return std::unexpected(std::move(problems));

    std::string lists;
    std::string rows;
    std::string names;
    for (const auto& [name, model] : merged.models) {
        std::vector<std::string> ids;
        for (const std::string_view id : model.ids) ids.push_back(literal(id));
        lists += fmt::format("constexpr std::string_view {}[] = {{{}}};\n", ids_of(model), fmt::join(ids, ", "));
        rows += row(model);
    }
    for (const auto& [name, model] : merged.names)
        names += fmt::format("    {{{}, {}}},\n", literal(name),
                             std::distance(merged.models.begin(), merged.models.find(model)));
    return fmt::format(
        "// Made of etc/models.yaml by generate_models.\n#include \"models/shipped.hpp\"\n\n"
        "namespace recipe::models {{\nnamespace {{\n\n{}\nconstexpr Model models[] = {{\n{}}};\n\n"
        "constexpr Name names[] = {{\n{}}};\n\n}}  // namespace\n\n"
        "constinit const std::span<const Model> shipped_models = models;\n"
        "constinit const std::span<const Name> shipped_names = names;\n\n"
        "}}  // namespace recipe::models\n",
        lists, rows, names);
}

}  // namespace
}  // namespace recipe::models

int main(int argc, char** argv) {
    return recipe::tables::generate({argv, static_cast<std::size_t>(argc)}, recipe::models::constants);
}
