// SPDX-License-Identifier: Apache-2.0
// Hydra's OverrideLexer.g4. Internal to lib/config.
#pragma once

#include "config/grammar/token.hpp"
#include "config/value/value.hpp"

namespace recipe::config {

/// Where no token of the grammar matches.
struct LexicalError {
    std::size_t position = 0;
};

struct OverrideTokens {
    std::vector<Token> tokens;          // ends with TokenType::end
    std::optional<LexicalError> error;  // then `tokens` holds what came before
};

[[nodiscard]] OverrideTokens tokenize_override(std::string_view text);

}  // namespace recipe::config
