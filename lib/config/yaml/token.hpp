// SPDX-License-Identifier: Apache-2.0
// Tokens of YAML 1.1 as PyYAML finds them. Internal to lib/config.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace recipe::config {

/// A place in a YAML text; line and column count from 0, columns in characters.
struct YamlMark {
    std::size_t byte = 0;
    std::size_t character = 0;
    std::size_t line_start = 0;  // the byte at which its line begins
    int line = 0;
    int column = 0;
};

/// Thrown by the scanner and the parser, caught in parse_yaml.
struct YamlSyntaxError {
    YamlMark mark;
    std::string message;
};

struct YamlToken {
    enum class Type : std::uint8_t {
        stream_end,
        directive,
        document_start,
        document_end,
        block_sequence_start,
        block_mapping_start,
        block_end,
        flow_sequence_start,
        flow_sequence_end,
        flow_mapping_start,
        flow_mapping_end,
        block_entry,
        flow_entry,
        key,
        value,
        alias,
        anchor,
        tag,
        scalar,
    };

    Type type;
    YamlMark mark;
    std::string text{};    // of a scalar, anchor or alias; the suffix of a tag; of a directive its name
    std::string handle{};  // of a tag: "!", "!!", "!name!" or none; of a directive its value
    std::string prefix{};  // of %TAG
    bool plain = false;    // a scalar without quotes that is no block scalar
};

}  // namespace recipe::config
