// SPDX-License-Identifier: Apache-2.0
// Whatever the YAML loader accepts, the writer writes such that it reads the same again.
#include "config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace recipe::config;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = parse_yaml(text, "fuzz");
    if (!value) return 0;
    const std::string json = to_json(*value);
    if (!from_json(json, json.size(), 128)) std::abort();
    (void)to_python_text(*value);
    if (!value->is_map()) return 0;
    const std::string written = to_yaml(*value);
    // As PyYAML does, the writer leaves these as they are, and they end a line for PyYAML alone: the reader refuses
    // them.
    for (const char* line_break : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"})
        if (written.find(line_break) != std::string::npos) return 0;
    const auto again = parse_yaml(written, "fuzz again");
    // Text that is long and dense in escapes may outgrow the largest file that is read.
    if (!again && again.error().front().code != "compose.too_large" &&
        again.error().front().code != "compose.duplicate_key")
        std::abort();
    return 0;
}
