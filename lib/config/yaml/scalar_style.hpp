// SPDX-License-Identifier: Apache-2.0
// Which styles a text can be written in: PyYAML's Emitter.analyze_scalar, as far as block style needs it. Internal to
// this room.
#pragma once

#include <string>
#include <string_view>

namespace recipe::config {

using Characters = std::u32string;

/// The characters of UTF-8; what is none becomes U+FFFD.
[[nodiscard]] Characters characters_of(std::string_view text);

[[nodiscard]] bool is_break(char32_t c);

/// Which styles a text allows: PyYAML's Emitter.analyze_scalar, as far as block style needs it.
struct Analysis {
    bool multiline = false;
    bool allow_plain = true;
    bool allow_single_quoted = true;
};

[[nodiscard]] Analysis analyze(const Characters& text);

/// Whether a plain scalar with this text would be read back as the string: by PyYAML's own rules, and by OmegaConf's.
[[nodiscard]] bool reads_as_string(std::string_view text);

}  // namespace recipe::config
