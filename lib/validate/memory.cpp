// SPDX-License-Identifier: Apache-2.0
// The memory model's verdict among the rules. It predicts once for all of its codes, so it is no table of checks.
#include "memory/memory.hpp"
#include "validate/rule.hpp"

namespace recipe::validate {
void check_memory(const Subject& subject, const CheckContext& against, Result& result) {
    if (!subject.on_known_devices() || !subject.layout_known) return;
    memory::Assessment found = memory::assess(subject.root, against.hardware, against.families,
                                              {.host = against.host, .models = against.models});
    result.memory = found.prediction ? Result::Memory::known : Result::Memory::unknown;
    append(result.diagnostics, std::move(found.diagnostics));
}

}  // namespace recipe::validate
