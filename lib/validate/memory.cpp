// SPDX-License-Identifier: Apache-2.0
// The memory model's verdict among the rules. It predicts once for all of its codes, so it is no table of checks.
#include "memory/memory.hpp"
#include "validate/rule.hpp"

namespace recipe::validate {
Diagnostics check_memory(const Subject& subject, const CheckContext& against) {
    if (!subject.on_known_devices() || !subject.layout_known) return {};
    return memory::assess(subject.root, against.hardware, against.families).diagnostics;
}

}  // namespace recipe::validate
