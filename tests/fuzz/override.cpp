// SPDX-License-Identifier: Apache-2.0
// No text makes the override parser fail otherwise than with a diagnostic that has a place.
#include "config/override/override_ast.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace recipe::config;
    const auto parsed = parse_override({std::string(reinterpret_cast<const char*>(data), size), "fuzz"});
    if (!parsed) {
        if (parsed.error().empty() || parsed.error().front().message.empty()) std::abort();
        return 0;
    }
    if (parsed->value) (void)to_json(to_value(*parsed->value));
    return 0;
}
