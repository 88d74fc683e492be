// SPDX-License-Identifier: Apache-2.0
// Groups among data-parallel ranks: those that share a sequence (ring attention, Ulysses), and those of FSDP.
#include "validate/ranks/ranks.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

bool has_ranks(const Subject& s) {
    return s.family.layout == family::Layout::ranks;
}

// --- the nodes that Ray is asked for -------------------------------------------------------------------------------

bool ray_applies(const Subject& s) {
    return is_ray(s) && s.layout_known;
}

/// What verl asks Ray for, against what Slurm gives. More is waited for in vain; less leaves devices idle.
void compare(const Subject& s, const Given& asked, const Number& has, std::string_view what, Findings& findings) {
    if (!asked.number || has.state != Number::State::good || *asked.number == has.number) return;
    const bool more = *asked.number > has.number;
    findings.push_back({.at = asked.found,
                        .message = fmt::format("{} is {}, and {} is {}: verl {}", asked.found.key, *asked.number,
                                               has.found.key, has.number,
                                               more ? fmt::format("would wait for {} that the job does not have", what)
                                                    : fmt::format("leaves the other {} idle", what)),
                        .fix = s.set(asked.found, std::to_string(has.number)),
                        .severity = more ? std::nullopt : std::optional(Severity::warning)});
}

Findings ray(const Subject& s) {
    Findings findings;
    compare(s, given(s, "training_config.trainer.nnodes"), s.nodes, "nodes", findings);
    compare(s, given(s, "training_config.trainer.n_gpus_per_node"), s.devices, "GPUs of each node", findings);
    return findings;
}

// --- ranks that share a sequence -----------------------------------------------------------------------------------

std::int64_t ranks_of_a_sequence(const Subject& s) {
    return s.context.number * s.ring.number;
}

bool sharing_applies(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    return has_ranks(s) && world != 0 && s.context.usable() && s.ring.usable() && world % ranks_of_a_sequence(s) != 0;
}

Findings sharing(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    const Number& degree = s.ring.number > 1 ? s.ring : s.context;
    const std::int64_t others = ranks_of_a_sequence(s) / degree.number;
    std::vector<std::string> fixes;
    if (world % others == 0)
        for (const std::int64_t fewer : divisors_below(world / others, degree.number, 3))
            fixes.push_back(s.set(degree.found, std::to_string(fewer)));
    if (others > 1) fixes.push_back(s.set(s.context.found, "1") + ' ' + s.set(s.ring.found, "1"));
    const std::string product = others > 1 ? fmt::format(" × {} {}", s.context.found.key, others) : std::string();
    return {finding_with(degree.found,
                         fmt::format("{} ranks cannot be divided into groups of {} that share a sequence ({} {}{})",
                                     world, ranks_of_a_sequence(s), degree.found.key, degree.number, product),
                         std::move(fixes))};
}

// --- FSDP's groups -------------------------------------------------------------------------------------------------

bool mesh_applies(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    if (!has_ranks(s) || world == 0 || !s.family.has(Key::shard)) return false;
    const Found found = s.find(Key::shard);
    const std::int64_t size = found.given() ? found.value->as_int().value_or(0) : 0;
    return size > 0 && size < world && world % size != 0;
}

Findings mesh(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    const Found found = s.find(Key::shard);
    const std::int64_t size = *found.value->as_int();
    std::vector<std::string> fixes;
    for (const std::int64_t fewer : divisors_below(world, size, 1))
        fixes.push_back(s.set(found, std::to_string(fewer)));
    return {finding_with(found,
                         fmt::format("{} {} does not divide {} ranks: {} groups of it leave {} out", found.key, size,
                                     world, world / size, world % size),
                         std::move(fixes))};
}

constexpr std::array<Rule, 3> table{{
    {codes::layout.ray, ray_applies, ray},
    {codes::layout.sharing, sharing_applies, sharing},
    {codes::layout.mesh, mesh_applies, mesh},
}};

}  // namespace

Given given(const Subject& s, std::string_view path) {
    Given read{.found = s.find(path), .number = std::nullopt};
    if (!read.found.given()) return read;
    const auto number = read.found.value->as_int();
    if (number && *number >= 1 && *number <= max_degree) read.number = *number;
    return read;
}

bool is_verl(const Subject& s) {
    return s.family.name == "verl" || s.family.name == "verl_megatron";
}

bool is_ray(const Subject& s) {
    return s.family.name.starts_with("verl");
}

std::int64_t training_ranks(const Subject& s) {
    if (!s.layout_known) return 0;
    if (!is_ray(s)) return s.layout.world();
    const std::int64_t nodes = given(s, "training_config.trainer.nnodes").or_else(s.layout.nodes);
    const std::int64_t devices = given(s, "training_config.trainer.n_gpus_per_node").or_else(s.layout.devices_per_node);
    return nodes * devices;
}

std::vector<std::int64_t> divisors_below(std::int64_t number, std::int64_t limit, std::size_t most) {
    std::vector<std::int64_t> found;
    for (std::int64_t candidate = std::min({limit - 1, number, max_devices_per_node});
         candidate >= 1 && found.size() < most; --candidate)
        if (number % candidate == 0) found.push_back(candidate);
    return found;
}

Finding finding_with(Found at, std::string message, std::vector<std::string> fixes) {
    Finding finding{.at = std::move(at), .message = std::move(message), .fix = {}};
    if (fixes.empty()) return finding;
    finding.fix = std::move(fixes.front());
    fixes.erase(fixes.begin());
    finding.other_fixes = std::move(fixes);
    return finding;
}

std::span<const Rule> ranks_rules() {
    return table;
}

}  // namespace recipe::validate
