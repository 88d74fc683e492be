// SPDX-License-Identifier: Apache-2.0
// The memory model's verdict among the rules. It predicts once for all of its codes, so it is no table of checks.
#include "memory/memory.hpp"
#include "validate/rule.hpp"

#include <array>

namespace recipe::validate {
namespace {

constexpr std::string_view source = "lib/memory/formulas.cpp, docs/memory.md";

constexpr std::array<RuleInfo, 3> infos{{
    {"memory.assumption", "What a recipe says of its framework's memory is something that the model knows.", source},
    {"memory.does_not_fit",
     "The peak of a training step is not above what the device has, whatever is uncertain of it.", source},
    {"memory.tight", "The device has enough even where its memory is fragmented.", source, Severity::warning},
}};

}  // namespace

std::span<const RuleInfo> memory_rules() {
    return infos;
}

Diagnostics check_memory(const Subject& subject, const CheckContext& against) {
    if (!subject.on_known_devices() || !subject.layout_known) return {};
    return memory::assess(subject.root, against.hardware, against.families).diagnostics;
}

}  // namespace recipe::validate
