// SPDX-License-Identifier: Apache-2.0
// One fix for all that is wrong with a layout of pipelines: where each rule's own fix breaks another rule, none of them
// alone leads anywhere.
#include "validate/repair/repair.hpp"

#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::validate {
namespace {

using family::Key;

/// What a fix may change.
struct Candidate {
    std::int64_t nodes, devices;
    std::int64_t tensor, pipeline, context, expert;
    std::int64_t virtual_pipeline;  // 1: none
    std::int64_t key_value;         // heads; 0: not known
    std::int64_t kv_replicator;
    std::int64_t global_batch;  // 0: the recipe has none
    std::int64_t sequence;      // likewise

    [[nodiscard]] std::int64_t world() const noexcept { return nodes * devices; }
    [[nodiscard]] std::int64_t copy() const noexcept { return tensor * pipeline * context; }
};

bool is_megatron(const Subject& s) {
    return s.family.layout == family::Layout::megatron;
}

/// The divisors of `number` up to `most`, the largest first.
std::vector<std::int64_t> divisors_up_to(std::int64_t number, std::int64_t most) {
    std::vector<std::int64_t> found;
    for (std::int64_t candidate = std::min({number, most, max_devices_per_node}); candidate >= 1; --candidate)
        if (number % candidate == 0) found.push_back(candidate);
    return found;
}

bool splits_heads(const Subject& s, Candidate& candidate) {
    if (s.heads.attention % candidate.tensor != 0) return false;
    const std::int64_t key_value = candidate.key_value;
    if (key_value * candidate.kv_replicator % candidate.tensor == 0) return true;
    if (candidate.tensor % key_value != 0) return false;
    // Megatron repeats key-value heads by itself.
    if (!is_megatron(s)) candidate.kv_replicator = candidate.tensor / key_value;
    return true;
}

bool spreads_layers(const Subject& s, Candidate& candidate) {
    if (candidate.pipeline == 1) {
        candidate.virtual_pipeline = 1;
        return true;
    }
    if (!s.layers.known() || !is_megatron(s)) return true;
    if (s.layers.number % candidate.pipeline != 0) return false;
    if (s.layers.number % (candidate.pipeline * candidate.virtual_pipeline) != 0) candidate.virtual_pipeline = 1;
    return true;
}

/// Sequences are cut into pieces: for each context-parallel rank two, and by tensor parallelism.
bool cuts_sequence(const Subject& s, const Candidate& candidate) {
    const std::int64_t by_context = candidate.context > 1 ? 2 * candidate.context : 1;
    const std::int64_t by_tensor = s.is_on(Key::sequence_parallel) ? candidate.tensor : 1;
    return candidate.sequence % (by_context * by_tensor) == 0;
}

/// The expert degree and the batch follow from the others.
void follow(const Subject& s, Candidate& candidate) {
    const std::int64_t ranks = candidate.world() / candidate.copy();
    if (is_megatron(s) && candidate.expert > 1) {
        std::int64_t expert = std::min(candidate.expert, ranks);
        while (ranks % expert != 0 || (s.experts.known() && s.experts.number % expert != 0)) --expert;
        candidate.expert = expert;
    }
    if (candidate.global_batch == 0 || !s.micro_batch.known()) return;
    const std::int64_t pass = s.micro_batch.number * ranks;
    candidate.global_batch = (candidate.global_batch + pass - 1) / pass * pass;
}

Candidate given(const Subject& s) {
    Candidate given{.nodes = s.nodes.number,
                    .devices = s.devices.number,
                    .tensor = s.tensor.number,
                    .pipeline = s.pipeline.number,
                    .context = s.context.number,
                    .expert = s.expert.number,
                    .virtual_pipeline = s.virtual_pipeline.number,
                    .key_value = s.heads.key_value,
                    .kv_replicator = s.kv_replicator.number,
                    .global_batch = s.global_batch.known() ? s.global_batch.number : 0,
                    .sequence = s.sequence.known() ? s.sequence.number : 0};
    if (s.heads.attention != 0 && given.key_value != 0)
        given.key_value = divisors_up_to(s.heads.attention, given.key_value).front();
    if (s.on_known_devices() && given.devices > s.devices_of_node()) {
        const std::int64_t world = given.world();
        given.devices = s.devices_of_node();
        given.nodes = std::min((world + given.devices - 1) / given.devices, max_nodes);
    }
    return given;
}

/// Degrees that are lost: how many times smaller all of them together are, and how many differ.
struct Loss {
    std::int64_t keys = 0;
    double times = 1;

    bool operator<(const Loss& other) const noexcept {
        return times != other.times ? times < other.times : keys < other.keys;
    }
};

Loss loss_of(const Candidate& wanted, const Candidate& candidate) {
    Loss loss;
    const auto count = [&](std::int64_t was, std::int64_t is) {
        loss.keys += was != is;
        loss.times *= static_cast<double>(was) / static_cast<double>(is);
    };
    count(wanted.tensor, candidate.tensor);
    count(wanted.pipeline, candidate.pipeline);
    count(wanted.context, candidate.context);
    loss.keys += wanted.expert != candidate.expert;
    loss.keys += wanted.virtual_pipeline != candidate.virtual_pipeline;
    return loss;
}

std::optional<Candidate> nearest_layout(const Subject& s, const Candidate& wanted) {
    std::optional<Candidate> best;
    Loss least;
    const std::int64_t world = wanted.world();
    for (const std::int64_t tensor : divisors_up_to(world, wanted.tensor))
        for (const std::int64_t pipeline : divisors_up_to(world / tensor, wanted.pipeline))
            for (const std::int64_t context : divisors_up_to(world / tensor / pipeline, wanted.context)) {
                Candidate candidate = wanted;
                candidate.tensor = tensor;
                candidate.pipeline = pipeline;
                candidate.context = context;
                if (!splits_heads(s, candidate) || !spreads_layers(s, candidate) || !cuts_sequence(s, candidate))
                    continue;
                follow(s, candidate);
                const Loss loss = loss_of(wanted, candidate);
                if (best && !(loss < least)) continue;
                best = candidate;
                least = loss;
            }
    return best;
}

}  // namespace

std::string joint_fix(const Subject& s) {
    const bool has_pipeline = is_megatron(s) || s.family.layout == family::Layout::neuron;
    if (!has_pipeline || !s.layout_known || !s.tensor.usable() || !s.pipeline.usable() || !s.context.usable() ||
        !s.expert.usable() || !s.virtual_pipeline.usable() || !s.kv_replicator.usable())
        return {};
    const auto best = nearest_layout(s, given(s));
    if (!best || best->global_batch > max_size) return {};
    std::string fix;
    const auto set = [&](const Number& number, std::int64_t value, bool is_none = false) {
        if (number.number == value) return;
        fix += (fix.empty() ? "" : " ") + s.set(number.found, is_none ? "null" : std::to_string(value));
    };
    set(s.nodes, best->nodes);
    set(s.devices, best->devices);
    set(s.tensor, best->tensor);
    set(s.pipeline, best->pipeline);
    set(s.virtual_pipeline, best->virtual_pipeline, best->virtual_pipeline == 1);
    set(s.context, best->context);
    set(s.expert, best->expert);
    if (best->key_value != s.heads.key_value)
        fix += (fix.empty() ? "" : " ") + s.set(s.key_value_heads.found, std::to_string(best->key_value));
    set(s.kv_replicator, best->kv_replicator);
    if (best->global_batch != 0) set(s.global_batch, best->global_batch);
    return fix;
}

bool is_of_joint_fix(DiagnosticCode code) {
    return code == codes::model.kv_heads || code.group() == "layout" || code.group() == "batch" ||
           code == codes::devices.exceeds;
}

}  // namespace recipe::validate
