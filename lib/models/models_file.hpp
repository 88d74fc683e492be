// SPDX-License-Identifier: Apache-2.0
// The form of model files. Private to this module.
#pragma once

#include "models/models.hpp"

#include <array>

namespace recipe::models {

/// A field whose value is a number.
struct NumberField {
    std::string_view name;
    std::int64_t Model::* member;
    std::int64_t least = 0;
    std::int64_t greatest = max_dimension;
    bool required = false;
};

/// In the order of Model, as C++ wants it of designated initialisers.
extern const std::array<NumberField, 37> number_fields;

[[nodiscard]] std::string_view to_string(Weights weights) noexcept;

/// The models of files, the later over the earlier.
struct Merged {
    std::map<std::string_view, Model> models;
    std::map<std::string_view, std::string_view> names;  // each known name and its model's
};

/// Merges the good entries of one parsed file; everything else becomes a diagnostic (models.file). `installed` finds
/// what an entry may change, by name.
[[nodiscard]] Diagnostics merge(const config::Value& document, const std::string& file,
                                const Model* (*installed)(std::string_view name), Merged& merged,
                                tables::Keeper& texts);

}  // namespace recipe::models
