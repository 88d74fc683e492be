// SPDX-License-Identifier: Apache-2.0
// The fields of one family in a families file. Private to this module.
#pragma once

#include "family/family.hpp"
#include "tables/tables.hpp"

namespace recipe::family {

struct FieldContext {
    tables::Problems& problems;
    std::string key;  // of the family, or of the part of it that is being read: "families.hf"
};

/// What paths of recipes, and the names of families, are made of: "model.optim.name".
[[nodiscard]] bool is_path(std::string_view text);

/// Sets the fields of `definition` that the map `value` gives, `like` apart.
void read_definition(Definition& definition, const config::Value& value, FieldContext& context);

/// Sets the fields of `family` that the map `value`, the section `program` of a keys.yaml, gives.
void read_program(Family& family, const config::Value& value, FieldContext& context);

}  // namespace recipe::family
