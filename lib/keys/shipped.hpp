// SPDX-License-Identifier: Apache-2.0
// What generate_configuration_keys (tables/keys) makes of etc/keys.yaml. Private to this room.
#pragma once

#include "keys/keys.hpp"

namespace recipe::keys {

struct Synonyms {
    std::span<const std::string_view> words;
    std::span<const std::string_view> names;
};

struct FamilyValues {
    std::string_view family;
    std::span<const Value> values;
};

extern const std::span<const Key> shipped_keys;
extern const std::span<const FamilyValues> shipped_values;
extern const std::span<const Synonyms> shipped_synonyms;

}  // namespace recipe::keys
