// SPDX-License-Identifier: Apache-2.0
// Reads what the memory model takes for granted of a framework.
#include "memory/memory.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace recipe::memory {
namespace {

template <class E>
struct Named {
    E value;
    std::string_view name;
};

constexpr std::array<Named<Framework>, 2> frameworks{
    {{Framework::pytorch, "pytorch"}, {Framework::megatron, "megatron"}}};
constexpr std::array<Named<Loss>, 4> losses{
    {{Loss::fp32, "fp32"}, {Loss::bf16, "bf16"}, {Loss::chunked, "chunked"}, {Loss::loss_parallel, "loss_parallel"}}};
constexpr std::array<Named<Norm>, 2> norms{{{Norm::eager, "eager"}, {Norm::fused, "fused"}}};
constexpr std::array<Named<Wrapper>, 6> wrappers{{{Wrapper::fsdp2, "fsdp2"},
                                                  {Wrapper::none, "none"},
                                                  {Wrapper::ddp, "ddp"},
                                                  {Wrapper::zero1, "zero1"},
                                                  {Wrapper::zero2, "zero2"},
                                                  {Wrapper::zero3, "zero3"}}};
constexpr std::array<Named<Precision>, 4> precisions{{{Precision::mixed, "mixed"},
                                                      {Precision::autocast, "autocast"},
                                                      {Precision::pure_bf16, "pure_bf16"},
                                                      {Precision::fp32, "fp32"}}};
constexpr std::array<Named<OptimizerKind>, 2> optimizers{
    {{OptimizerKind::fused, "fused"}, {OptimizerKind::foreach, "foreach"}}};
constexpr std::array<Named<Attention>, 2> attentions{{{Attention::sdpa, "sdpa"}, {Attention::flash, "flash"}}};
constexpr std::array<Named<ZeroGrad>, 3> zero_grads{
    {{ZeroGrad::step, "step"}, {ZeroGrad::forward, "forward"}, {ZeroGrad::backward, "backward"}}};
constexpr std::array<Named<Allocator>, 2> allocators{
    {{Allocator::default_segments, "default"}, {Allocator::expandable_segments, "expandable_segments"}}};
constexpr std::array<Named<Frozen>, 3> frozen_weights{
    {{Frozen::bf16, "bf16"}, {Frozen::nf4, "nf4"}, {Frozen::mxfp4, "mxfp4"}}};
constexpr std::array<Named<bool>, 2> bools{{{true, "true"}, {false, "false"}}};
constexpr std::array<Named<Verdict>, 3> verdicts{
    {{Verdict::fits, "fits"}, {Verdict::tight, "tight"}, {Verdict::does_not_fit, "does_not_fit"}}};

template <class E, std::size_t N>
std::string_view name_of(const std::array<Named<E>, N>& names, E value) {
    return std::ranges::find(names, value, &Named<E>::value)->name;
}

/// One assumption: how it is called, read and written.
struct Row {
    std::string_view name;
    bool (*set)(Assumptions&, std::string_view);
    std::string (*text)(const Assumptions&);
};

template <auto member, const auto& names>
constexpr Row choice(std::string_view name) {
    return {name,
            [](Assumptions& a, std::string_view value) {
                const auto found = std::ranges::find(names, value, [](const auto& n) { return n.name; });
                if (found == names.end()) return false;
                a.*member = found->value;
                return true;
            },
            [](const Assumptions& a) { return std::string(name_of(names, a.*member)); }};
}

bool set_chunks(Assumptions& a, std::string_view value) {
    int chunks = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), chunks);
    if (error != std::errc() || end != value.data() + value.size() || chunks < 1 || chunks > 1024) return false;
    a.loss_chunks = chunks;
    return true;
}

template <auto member>
bool set_share(Assumptions& a, std::string_view value) {
    double share = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), share);
    if (error != std::errc() || end != value.data() + value.size() || !(share >= 0 && share <= 0.9)) return false;
    a.*member = share;
    return true;
}

constexpr std::array<Row, 18> rows{{
    choice<&Assumptions::framework, frameworks>("framework"),
    choice<&Assumptions::loss, losses>("loss"),
    {"loss_chunks", set_chunks, [](const Assumptions& a) { return fmt::format("{}", a.loss_chunks); }},
    choice<&Assumptions::norm, norms>("norm"),
    choice<&Assumptions::sequence_parallel, bools>("sequence_parallel"),
    choice<&Assumptions::wrapper, wrappers>("wrapper"),
    choice<&Assumptions::precision, precisions>("precision"),
    choice<&Assumptions::reduce_in_bf16, bools>("reduce_in_bf16"),
    choice<&Assumptions::optimizer, optimizers>("optimizer"),
    choice<&Assumptions::attention, attentions>("attention"),
    choice<&Assumptions::zero_grad, zero_grads>("zero_grad"),
    choice<&Assumptions::allocator, allocators>("allocator"),
    choice<&Assumptions::keeps_logits, bools>("keeps_logits"),
    choice<&Assumptions::reshard_after_forward, bools>("reshard_after_forward"),
    choice<&Assumptions::frozen, frozen_weights>("frozen"),
    {"below", set_share<&Assumptions::below>, [](const Assumptions& a) { return fmt::format("{}", a.below); }},
    {"above", set_share<&Assumptions::above>, [](const Assumptions& a) { return fmt::format("{}", a.above); }},
    {"below_kept", set_share<&Assumptions::below_kept>,
     [](const Assumptions& a) { return fmt::format("{}", a.below_kept.value_or(a.below)); }},
}};

static_assert(std::ranges::equal(rows, family::assumption_names, {}, &Row::name));

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
    return name_of(verdicts, verdict);
}

std::vector<std::pair<std::string_view, std::string>> describe(const Assumptions& assumptions) {
    std::vector<std::pair<std::string_view, std::string>> described;
    for (const Row& row : rows)
        if ((row.name != "loss_chunks" || assumptions.loss == Loss::chunked) &&
            (row.name != "frozen" || assumptions.frozen != Frozen::bf16) &&
            (row.name != "below_kept" || assumptions.below_kept))
            described.emplace_back(row.name, row.text(assumptions));
    return described;
}

bool set_assumption(Assumptions& assumptions, std::string_view name, std::string_view value) {
    const auto row = std::ranges::find(rows, name, &Row::name);
    return row != rows.end() && row->set(assumptions, value);
}

}  // namespace recipe::memory
