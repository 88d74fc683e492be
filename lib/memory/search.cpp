// SPDX-License-Identifier: Apache-2.0
// Looks for changes that make a workload fit.
#include "memory/search.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>

namespace recipe::memory {
namespace {

// In the order in which changes are preferred, from the least intrusive on.
enum Change : unsigned {
    validation = 1,
    tensor = 2,
    shard = 4,
    micro_batch = 8,
    checkpointing = 16,
    loss = 32,
    nodes = 64,
    machine = 128
};

struct Candidate {
    Workload workload;
    std::int64_t nodes = 1;
    unsigned changes = 0;
};

struct Found {
    Suggestion suggestion;
    unsigned changes = 0;
};

constexpr std::array<std::int64_t, 4> tensor_factors{1, 2, 4, 8};
constexpr std::array<std::int64_t, 4> batch_divisors{1, 2, 4, 8};
constexpr std::array<std::int64_t, 4> node_factors{1, 2, 4, 8};
constexpr std::array<std::int64_t, 3> shard_factors{1, 2, 4};
constexpr std::int64_t max_nodes = 1024;

bool splits_evenly(const Shape& s, std::int64_t degree) {
    return s.heads % degree == 0 && s.kv_heads % degree == 0 && s.ffn % degree == 0 && s.vocab % degree == 0;
}

/// The shard degrees worth a try: what is there, as much as there can be, and powers of two between, most first. Those
/// that do not divide the world have no replicas.
std::vector<std::int64_t> shard_degrees(const Workload& w, std::int64_t current, std::int64_t world) {
    const std::int64_t rest = world / (w.tensor * w.expert * w.pipeline);
    std::vector<std::int64_t> degrees;
    if (rest % current == 0) degrees.push_back(current);  // no change comes first
    for (const std::int64_t factor : shard_factors)
        if (rest % factor == 0 && rest / factor >= w.context && rest / factor != current)
            degrees.push_back(rest / factor);
    return degrees;
}

class Search {
public:
    Search(const Reading& reading, const Knobs& knobs, double usable_bytes)
        : reading_(reading), knobs_(knobs), usable_(usable_bytes) {}

    std::vector<Found> run(Verdict wanted) {
        wanted_ = wanted;
        found_.clear();
        for (const std::int64_t factor : node_factors) {
            if (factor > 1 && (knobs_.nodes.empty() || reading_.nodes * factor > max_nodes)) break;
            try_tensor({.workload = reading_.workload,
                        .nodes = reading_.nodes * factor,
                        .changes = factor > 1 ? Change::nodes : 0U});
        }
        return std::move(found_);
    }

private:
    void try_tensor(const Candidate& base) {
        for (const std::int64_t factor : tensor_factors) {
            Candidate candidate = base;
            Workload& w = candidate.workload;
            w.tensor *= factor;
            if (factor > 1) {
                // Within a node, where it is fast.
                const bool possible =
                    !knobs_.tensor.empty() && reading_.devices % w.tensor == 0 && splits_evenly(w.shape, w.tensor);
                if (!possible) continue;
                w.assumptions = reading_.assumptions(w.tensor);
                candidate.changes |= tensor;
            }
            try_shard(candidate);
        }
    }

    void try_shard(const Candidate& base) {
        const std::int64_t world = base.nodes * reading_.devices;
        const bool megatron = base.workload.assumptions.framework == Framework::megatron;
        if (reading_.shard_follows || megatron) {
            // It spreads by itself, Megatron's optimizer where it spreads at all.
            Candidate candidate = base;
            if (reading_.shard_follows || candidate.workload.shard > 1)
                candidate.workload.shard = following_shard(base.workload, world);
            return try_batch(candidate);
        }
        for (const std::int64_t degree : shard_degrees(base.workload, reading_.workload.shard, world)) {
            if (degree != reading_.workload.shard && knobs_.shard.empty()) continue;
            Candidate candidate = base;
            if (degree != reading_.workload.shard) candidate.changes |= shard;
            candidate.workload.shard = degree;
            try_batch(candidate);
        }
    }

    void try_batch(const Candidate& base) {
        const auto replicate = replicas(base.workload, base.nodes * reading_.devices);
        if (!replicate) return;
        for (const std::int64_t divisor : batch_divisors) {
            if (base.workload.micro_batch % divisor != 0 || (divisor > 1 && knobs_.micro_batch.empty())) break;
            Candidate candidate = base;
            candidate.workload.replicate = *replicate;
            candidate.workload.micro_batch /= divisor;
            if (divisor > 1) candidate.changes |= micro_batch;
            try_checkpointing(candidate);
        }
    }

    void try_checkpointing(const Candidate& base) {
        try_loss(base);
        if (base.workload.checkpointing || knobs_.checkpointing.empty()) return;
        Candidate candidate = base;
        candidate.workload.checkpointing = true;
        candidate.changes |= checkpointing;
        try_loss(candidate);
    }

    void try_loss(const Candidate& base) {
        try_validation(base);
        const Loss kind = base.workload.assumptions.loss;
        if (knobs_.loss.empty() || kind == Loss::chunked || kind == Loss::loss_parallel) return;
        Candidate candidate = base;
        candidate.workload.assumptions.loss = Loss::chunked;
        candidate.changes |= loss;
        try_validation(candidate);
    }

    /// A validation pass of as many sequences as one of training does not need more.
    void try_validation(const Candidate& base) {
        weigh(base);
        const Workload& w = base.workload;
        if (w.validation_batch <= w.micro_batch || knobs_.validation_batch.empty()) return;
        Candidate candidate = base;
        candidate.workload.validation_batch = w.micro_batch;
        candidate.changes |= validation;
        weigh(candidate);
    }

    /// The overrides that make the recipe this candidate.
    [[nodiscard]] std::vector<std::string> overrides(const Candidate& candidate) const {
        const Workload& w = candidate.workload;
        std::vector<std::string> set;
        const auto change = [&](Change what, const std::string& key, const auto& to) {
            if ((candidate.changes & what) != 0 && !key.empty()) set.push_back(fmt::format("{}={}", key, to));
        };
        change(nodes, knobs_.nodes, candidate.nodes);
        change(nodes, knobs_.nodes_again, candidate.nodes);
        change(tensor, knobs_.tensor, w.tensor);
        change(shard, knobs_.shard, w.shard);
        if ((candidate.changes & shard) != 0 && !knobs_.shard_also.empty()) set.push_back(knobs_.shard_also);
        change(micro_batch, knobs_.micro_batch, w.micro_batch);
        change(checkpointing, knobs_.checkpointing, "true");
        change(loss, knobs_.loss, "chunked");
        change(validation, knobs_.validation_batch, w.validation_batch);
        return set;
    }

    /// Keeps the first candidate of each set of changes, unless fewer of them do.
    void weigh(const Candidate& candidate) {
        const bool known =
            std::ranges::any_of(found_, [&](const Found& f) { return (f.changes & ~candidate.changes) == 0; });
        if (known || candidate.changes == 0) return;
        const auto prediction = predict(candidate.workload);
        if (!prediction) return;
        const Verdict verdict = judge(*prediction, usable_ - outside_allocator_bytes(candidate.workload));
        if (verdict > wanted_) return;
        std::erase_if(found_, [&](const Found& f) { return (candidate.changes & ~f.changes) == 0; });
        found_.push_back({{.set = overrides(candidate), .peak_bytes = prediction->peak_bytes, .verdict = verdict},
                          candidate.changes});
    }

    const Reading& reading_;
    const Knobs& knobs_;
    double usable_;
    Verdict wanted_ = Verdict::fits;
    std::vector<Found> found_;
};

/// The smallest machines that do, the recipe as it is.
void add_machines(const Reading& reading, std::vector<Machine> machines, Verdict wanted, std::vector<Found>& found) {
    const auto prediction = predict(reading.workload);
    if (!prediction) return;
    std::ranges::stable_sort(machines, {}, &Machine::usable_bytes);
    for (const Machine& candidate : machines) {
        const Verdict verdict = judge(*prediction, candidate.usable_bytes - outside_allocator_bytes(reading.workload));
        if (verdict > wanted) continue;
        found.push_back({{.set = {fmt::format("instance_type={}", candidate.name)},
                          .peak_bytes = prediction->peak_bytes,
                          .verdict = verdict},
                         Change::machine});
        return;
    }
}

/// A recipe with more nodes than it has, and with `steps` of what one may do beside.
class Wider {
public:
    Wider(const Reading& reading, const Knobs& knobs, double usable_bytes, int steps)
        : reading_(reading), knobs_(knobs), usable_(usable_bytes), steps_(steps) {}

    std::optional<Suggestion> at(std::int64_t nodes, Verdict wanted) const {
        const std::int64_t world = nodes * reading_.devices;
        Workload w = reading_.workload;
        std::vector<std::string> set{fmt::format("{}={}", knobs_.nodes, nodes)};
        if (!knobs_.nodes_again.empty()) set.push_back(fmt::format("{}={}", knobs_.nodes_again, nodes));
        if (reading_.shard_follows) {
            w.shard = following_shard(w, world);
        } else if (!knobs_.shard_all.empty()) {
            w.shard = following_shard(w, world);
            set.push_back(knobs_.shard_all);
        } else if (!knobs_.shard.empty() && w.assumptions.framework == Framework::pytorch) {
            w.shard = following_shard(w, world);
            if (w.shard != reading_.workload.shard) set.push_back(fmt::format("{}={}", knobs_.shard, w.shard));
            if (!knobs_.shard_also.empty()) set.push_back(knobs_.shard_also);
        }
        if (steps_ >= 1 && !w.checkpointing) {
            w.checkpointing = true;
            set.push_back(fmt::format("{}=true", knobs_.checkpointing));
        }
        if (steps_ >= 2 && w.micro_batch > 1) {
            w.micro_batch = 1;
            set.push_back(fmt::format("{}=1", knobs_.micro_batch));
        }
        const auto replicate = replicas(w, world);
        if (!replicate) return std::nullopt;
        w.replicate = *replicate;
        const auto prediction = predict(w);
        if (!prediction) return std::nullopt;
        const Verdict verdict = judge(*prediction, usable_ - outside_allocator_bytes(w));
        if (verdict > wanted) return std::nullopt;
        return Suggestion{.set = std::move(set), .peak_bytes = prediction->peak_bytes, .verdict = verdict};
    }

    bool differs() const {
        if (steps_ == 1) return !reading_.workload.checkpointing && !knobs_.checkpointing.empty();
        const bool checkpoints = reading_.workload.checkpointing || !knobs_.checkpointing.empty();
        return steps_ == 0 || (reading_.workload.micro_batch > 1 && !knobs_.micro_batch.empty() && checkpoints);
    }

private:
    const Reading& reading_;
    const Knobs& knobs_;
    double usable_;
    int steps_;
};

/// Doubled until it does, then halved: more ranks never need more each.
std::optional<FewestNodes> fewest(const Wider& wider, std::int64_t from, Verdict wanted) {
    std::int64_t enough = from;
    while (enough <= max_nodes && !wider.at(enough, wanted)) enough *= 2;
    if (enough > max_nodes) return std::nullopt;
    std::int64_t too_few = enough == from ? from - 1 : enough / 2;
    while (enough - too_few > 1) {
        const std::int64_t between = too_few + (enough - too_few) / 2;
        (wider.at(between, wanted) ? enough : too_few) = between;
    }
    return FewestNodes{.nodes = enough, .suggestion = *wider.at(enough, wanted)};
}

}  // namespace

std::optional<FewestNodes> fewest_nodes(const Reading& reading, const Knobs& knobs, double usable_bytes) {
    if (knobs.nodes.empty()) return std::nullopt;
    for (const int steps : {0, 1, 2}) {
        const Wider wider(reading, knobs, usable_bytes, steps);
        if (!wider.differs()) continue;
        const auto fits = fewest(wider, reading.nodes, Verdict::fits);
        if (fits && fits->nodes == reading.nodes) return fits;
        auto tight = fewest(wider, reading.nodes, Verdict::tight);
        if (fits && tight && fits->nodes <= 2 * tight->nodes) return fits;
        if (tight) return tight;
    }
    return std::nullopt;
}

std::vector<Suggestion> search(const Reading& reading, const Knobs& knobs, double usable_bytes,
                               const std::vector<Machine>& machines, std::size_t most) {
    std::vector<Found> found;
    for (const Verdict wanted : {Verdict::fits, Verdict::tight}) {
        found = Search(reading, knobs, usable_bytes).run(wanted);
        add_machines(reading, machines, wanted, found);
        if (!found.empty()) break;
    }
    // A change of machine or of their number costs money, and comes after all others.
    const auto price = [](const Found& f) {
        const bool costs = (f.changes & (nodes | machine)) != 0;
        return std::tuple(costs, std::popcount(f.changes), f.changes);
    };
    std::ranges::stable_sort(found, {}, price);
    std::vector<Suggestion> suggestions;
    for (Found& f : found) {
        if (suggestions.size() == most) break;
        suggestions.push_back(std::move(f.suggestion));
    }
    return suggestions;
}

}  // namespace recipe::memory
