// SPDX-License-Identifier: Apache-2.0
// No string makes the interpolation parser or the resolver run away.
#include "config/interpolation/resolver.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace recipe::config;
    const std::string text(reinterpret_cast<const char*>(data), size);
    Value root = Value::map();
    root.set(Value::string("a"), Value::integer(2));
    root.set(Value::string("b"), Value::list({Value::string("x"), Value::string("${a}"), Value::map()}));
    root.set(Value::string("c"), Value::string("${v}"));
    root.set(Value::string("v"), Value::string(text));
    const Environment environment{{"X", "y"}};
    recipe::Diagnostics notes;
    const auto resolved = Resolver(root, {.environment = &environment, .hydra = Value::map()}).resolve_all(notes);
    if (resolved) (void)to_yaml(*resolved);
    (void)interpolation::parse_element(text);
    return 0;
}
