// SPDX-License-Identifier: Apache-2.0
// Layouts with pipelines: NeMo's Megatron and neuronx-distributed. And what both share with the others: the sequence,
// the vocabulary and the experts against the degrees that split them.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <numeric>

namespace recipe::validate {
namespace {

using family::Key;

bool is_megatron(const Subject& s) {
    return s.family.layout == family::Layout::megatron;
}

bool is_neuron(const Subject& s) {
    return s.family.layout == family::Layout::neuron;
}

bool has_pipeline(const Subject& s) {
    return is_megatron(s) || is_neuron(s);
}

bool degrees_usable(const Subject& s) {
    return s.layout_known && s.tensor.usable() && s.pipeline.usable() && s.context.usable();
}

std::int64_t copy_of(const Subject& s) {
    return s.tensor.number * s.pipeline.number * s.context.number;  // at most 10^18
}

/// "tensor_model_parallel_size 4 × pipeline_model_parallel_size 2 = 8", without factors of 1.
std::string product_of(std::initializer_list<const Number*> factors) {
    std::string text;
    std::int64_t product = 1;
    int count = 0;
    for (const Number* factor : factors) {
        if (factor->number == 1) continue;
        const std::string& key = factor->found.key;
        text += fmt::format("{}{} {}", count++ == 0 ? "" : " × ", key.substr(key.rfind('.') + 1), factor->number);
        product *= factor->number;
    }
    return count > 1 ? fmt::format("{} = {}", text, product) : text;
}

/// Ways to make the world a multiple of what one copy of the model takes: fewer ranks for a copy, then more nodes.
std::vector<std::string> ways_to_fit(const Subject& s) {
    std::vector<std::string> ways;
    const std::int64_t world = s.layout.world();
    const std::int64_t others = s.pipeline.number * s.context.number;
    if (world % others == 0) {
        // The nearest divisors below, in the order of nearness; a larger degree would need heads that may not be there.
        for (std::int64_t tensor = std::min(s.tensor.number, world / others); tensor >= 1 && ways.size() < 3; --tensor)
            if ((world / others) % tensor == 0 && tensor != s.tensor.number)
                ways.push_back(s.set(s.tensor.found, std::to_string(tensor)));
    }
    const std::int64_t copy = copy_of(s);
    const std::int64_t step = copy / std::gcd(copy, s.layout.devices_per_node);
    if (step <= max_nodes) {
        const std::int64_t nodes = (s.layout.nodes + step - 1) / step * step;
        if (nodes <= max_nodes && nodes != s.layout.nodes) ways.push_back(s.set(s.nodes.found, std::to_string(nodes)));
    }
    std::string ones;
    for (const Number* degree : {&s.tensor, &s.pipeline, &s.context})
        if (degree->number != 1) ones += (ones.empty() ? "" : " ") + s.set(degree->found, "1");
    ways.push_back(ones);
    return ways;
}

Finding with_ways(Found at, std::string message, std::vector<std::string> ways) {
    Finding finding{.at = std::move(at), .message = std::move(message), .fix = {}};
    if (!ways.empty()) {
        finding.fix = std::move(ways.front());
        ways.erase(ways.begin());
    }
    finding.other_fixes = std::move(ways);
    return finding;
}

bool world_applies(const Subject& s) {
    return has_pipeline(s) && degrees_usable(s) && s.layout.world() % copy_of(s) != 0;
}

Findings world(const Subject& s) {
    return {
        with_ways(s.tensor.found,
                  fmt::format("{} × {} = {} ranks cannot be divided by {}", s.layout.nodes, s.layout.devices_per_node,
                              s.layout.world(), product_of({&s.tensor, &s.pipeline, &s.context})),
                  ways_to_fit(s))};
}

/// Settings that give the first and last stages another number of layers.
bool has_uneven_stages(const Subject& s) {
    constexpr std::array<std::string_view, 8> keys{
        "model.num_layers_in_first_pipeline_stage",      "model.config.num_layers_in_first_pipeline_stage",
        "model.num_layers_in_last_pipeline_stage",       "model.config.num_layers_in_last_pipeline_stage",
        "model.account_for_embedding_in_pipeline_split", "model.config.account_for_embedding_in_pipeline_split",
        "model.pipeline_model_parallel_layout",          "model.config.pipeline_model_parallel_layout"};
    return std::ranges::any_of(keys, [&](std::string_view key) { return s.find(key).given(); });
}

std::int64_t stages_of(const Subject& s) {
    const bool interleaved = s.pipeline.number > 1 && s.virtual_pipeline.state == Number::State::good;
    return s.pipeline.number * (interleaved ? s.virtual_pipeline.number : 1);
}

bool layers_applies(const Subject& s) {
    return has_pipeline(s) && s.layers.known() && s.pipeline.usable() && s.virtual_pipeline.usable() &&
           s.pipeline.number > 1 && !has_uneven_stages(s) && s.layers.number % stages_of(s) != 0;
}

Findings layers(const Subject& s) {
    std::vector<std::string> ways;
    if (s.virtual_pipeline.number > 1 && s.layers.number % s.pipeline.number == 0)
        ways.push_back(s.set(s.virtual_pipeline.found, "null"));
    for (std::int64_t stages = std::min(s.pipeline.number, s.layers.number); stages >= 1 && ways.size() < 5; --stages)
        if (s.layers.number % stages == 0 && stages != s.pipeline.number) {
            ways.push_back(s.set(s.pipeline.found, std::to_string(stages)));
            if (s.virtual_pipeline.number > 1) ways.back() += ' ' + s.set(s.virtual_pipeline.found, "null");
        }
    Finding finding = with_ways(s.pipeline.found,
                                fmt::format("{} layers cannot be spread evenly over {} stages ({})", s.layers.number,
                                            stages_of(s), product_of({&s.pipeline, &s.virtual_pipeline})),
                                std::move(ways));
    // neuronx-distributed cuts the model where its partitioner likes.
    if (is_neuron(s)) finding.severity = Severity::warning;
    return {std::move(finding)};
}

bool virtual_applies(const Subject& s) {
    return has_pipeline(s) && s.pipeline.usable() && s.pipeline.number == 1 &&
           s.virtual_pipeline.state == Number::State::good && s.virtual_pipeline.number > 1;
}

Findings virtual_without_pipeline(const Subject& s) {
    return {{.at = s.virtual_pipeline.found,
             .message = fmt::format("{} is {}, but there is no pipeline to interleave: {} is 1",
                                    s.virtual_pipeline.found.key, s.virtual_pipeline.number, s.pipeline.found.key),
             .fix = s.set(s.virtual_pipeline.found, "null")}};
}

// --- the sequence --------------------------------------------------------------------------------------------------

/// What the sequence is cut into: tensor-parallel ranks with sequence parallelism, and context-parallel ones twice,
/// since causal attention gives each rank an early and a late piece.
std::int64_t pieces_by_context(const Subject& s) {
    const bool twice = s.context.number > 1 && s.family.layout != family::Layout::ranks;
    return s.context.number * (twice ? 2 : 1);
}

std::int64_t pieces_by_tensor(const Subject& s) {
    const bool split = s.runs_our_trainer() || (has_pipeline(s) && s.is_on(Key::sequence_parallel));
    return split ? s.tensor.number : 1;
}

std::int64_t pieces_of_sequence(const Subject& s) {
    return pieces_by_tensor(s) * pieces_by_context(s);
}

bool sequence_applies(const Subject& s) {
    return s.sequence.known() && s.tensor.usable() && s.context.usable() &&
           s.sequence.number % pieces_of_sequence(s) != 0;
}

Findings sequence(const Subject& s) {
    const std::int64_t pieces = pieces_of_sequence(s);
    // A degree that was typed is nearer to what was meant than a sequence of another length.
    std::vector<std::string> ways;
    for (std::int64_t fewer = pieces_by_tensor(s) - 1; fewer >= 1 && ways.size() < 4; --fewer)
        if (s.sequence.number % (pieces_by_context(s) * fewer) == 0)
            ways.push_back(s.set(s.tensor.found, std::to_string(fewer)));
    const std::int64_t longer = (s.sequence.number + pieces - 1) / pieces * pieces;
    if (s.sequence.number % pieces_by_tensor(s) == 0 || ways.empty())
        ways.insert(ways.begin(), s.set(s.sequence.found, std::to_string(longer)));
    Finding finding = with_ways(s.sequence.found,
                                fmt::format("a sequence of {} tokens cannot be cut into {} pieces ({}{})",
                                            s.sequence.number, pieces, product_of({&s.tensor, &s.context}),
                                            s.context.number > 1 && s.family.layout != family::Layout::ranks
                                                ? ", two for each context-parallel rank"
                                                : ""),
                                std::move(ways));
    if (!has_pipeline(s) && !s.runs_our_trainer()) finding.severity = Severity::warning;
    return {std::move(finding)};
}

// --- vocabulary ----------------------------------------------------------------------------------------------------

bool vocabulary_applies(const Subject& s) {
    // Megatron pads the vocabulary by itself.
    return !is_megatron(s) && s.vocabulary.known() && s.tensor.usable() && s.vocabulary.number % s.tensor.number != 0;
}

Findings vocabulary(const Subject& s) {
    const std::int64_t padded = (s.vocabulary.number + s.tensor.number - 1) / s.tensor.number * s.tensor.number;
    Finding finding{.at = s.vocabulary.found,
                    .message = fmt::format("{} {} does not divide the vocabulary of {}, which it splits",
                                           s.tensor.found.key, s.tensor.number, s.vocabulary.number),
                    .fix = s.set(s.vocabulary.found, std::to_string(padded))};
    if (s.runs_our_trainer()) finding.severity = Severity::error;
    return {std::move(finding)};
}

// --- experts -------------------------------------------------------------------------------------------------------

bool experts_applies(const Subject& s) {
    return s.experts.known() && s.expert.usable() && s.experts.number % s.expert.number != 0;
}

Findings experts(const Subject& s) {
    std::vector<std::string> ways;
    for (std::int64_t fewer = std::min(s.expert.number - 1, s.experts.number); fewer >= 1 && ways.size() < 4; --fewer)
        if (s.experts.number % fewer == 0) ways.push_back(s.set(s.expert.found, std::to_string(fewer)));
    Finding finding = with_ways(
        s.expert.found,
        fmt::format("{} {} does not divide {} experts", s.expert.found.key, s.expert.number, s.experts.number),
        std::move(ways));
    if (!is_megatron(s)) finding.severity = Severity::warning;
    return {std::move(finding)};
}

bool expert_ranks_applies(const Subject& s) {
    if (!is_megatron(s) || !degrees_usable(s) || !s.expert.usable() || s.expert.number == 1) return false;
    if (s.find("strategy.expert_tensor_parallel_size").given() || s.find("model.expert_tensor_parallel_size").given())
        return false;
    const std::int64_t ranks = s.data_parallel();
    return ranks != 0 && ranks % s.expert.number != 0;
}

Findings expert_ranks(const Subject& s) {
    const std::int64_t ranks = s.data_parallel();
    std::vector<std::string> ways;
    for (std::int64_t fewer = std::min(s.expert.number - 1, ranks); fewer >= 1 && ways.size() < 4; --fewer)
        if (ranks % fewer == 0) ways.push_back(s.set(s.expert.found, std::to_string(fewer)));
    Finding finding =
        with_ways(s.expert.found,
                  fmt::format("{} {} does not divide the {} data-parallel ranks, among which the experts are spread",
                              s.expert.found.key, s.expert.number, ranks),
                  std::move(ways));
    // Newer Megatron spreads experts over the context-parallel ranks as well.
    if (ranks * s.context.number % s.expert.number == 0) finding.severity = Severity::warning;
    return {std::move(finding)};
}

// --- nodes ---------------------------------------------------------------------------------------------------------

/// Of one node, and of a degree of 1, both or neither are divided.
bool across_nodes_applies(const Subject& s) {
    return s.layout_known && s.tensor.usable() && s.layout.devices_per_node % s.tensor.number != 0 &&
           s.layout.world() % s.tensor.number == 0;
}

/// Nodes that NVLink joins, as far as the group of ranks is of one domain.
bool within_nvlink_domain(const Subject& s) {
    if (s.instance == nullptr || s.tensor.number > s.instance->nvlink_domain) return false;
    return s.layout.world() <= s.instance->nvlink_domain || s.instance->nvlink_domain % s.tensor.number == 0;
}

Findings across_nodes(const Subject& s) {
    if (within_nvlink_domain(s))
        return {{.at = s.tensor.found,
                 .message = fmt::format(
                     "{} {} reaches across nodes of {} devices, which NVLink joins in domains of {}; "
                     "this takes IMEX on the nodes, and nodes of one domain",
                     s.tensor.found.key, s.tensor.number, s.layout.devices_per_node, s.instance->nvlink_domain),
                 .fix = {},
                 .severity = Severity::hint}};
    std::string cost = "every layer then waits for the network between nodes";
    if (s.instance != nullptr && s.instance->network_gbps > 0)
        cost =
            fmt::format("every layer then waits for {} Gbit/s between nodes instead of {} inside one",
                        s.instance->network_gbps, s.accelerator->fabric.empty() ? "the fabric" : s.accelerator->fabric);
    return {{.at = s.tensor.found,
             .message = fmt::format("{} {} reaches across nodes of {} devices; {}", s.tensor.found.key, s.tensor.number,
                                    s.layout.devices_per_node, cost),
             .fix = {}}};
}

constexpr std::string_view megatron = "NVIDIA/Megatron-LM, core/parallel_state.py initialize_model_parallel";

constexpr std::array<Rule, 8> table{{
    {codes::layout.model_parallel, world_applies, world},
    {codes::layout.layers, layers_applies, layers},
    {codes::layout.virtual_pipeline, virtual_applies, virtual_without_pipeline},
    {codes::layout.sequence, sequence_applies, sequence},
    {codes::layout.vocabulary, vocabulary_applies, vocabulary},
    {codes::layout.experts, experts_applies, experts},
    {codes::layout.expert_ranks, expert_ranks_applies, expert_ranks},
    {codes::layout.across_nodes, across_nodes_applies, across_nodes},
}};

}  // namespace

bool pipeline_heads_applies(const Subject& s) {
    if (!has_pipeline(s) || !s.tensor.usable()) return false;
    if (s.heads.attention != 0 && s.heads.attention % s.tensor.number != 0) return true;
    if (s.heads.key_value == 0 || !s.kv_replicator.usable()) return false;
    return s.heads.key_value * s.kv_replicator.number % s.tensor.number != 0;
}

Findings pipeline_heads(const Subject& s) {
    const std::int64_t tensor = s.tensor.number;
    const bool queries_split = s.heads.attention == 0 || s.heads.attention % tensor == 0;
    std::vector<std::string> ways;
    for (std::int64_t smaller = std::min(tensor - 1, std::int64_t{1024}); smaller >= 1 && ways.size() < 4; --smaller)
        if (s.heads.split_by(smaller)) ways.push_back(s.set(s.tensor.found, std::to_string(smaller)));
    if (!queries_split)
        return {with_ways(
            s.tensor.found,
            fmt::format("{} {} does not divide {} attention heads", s.tensor.found.key, tensor, s.heads.attention),
            std::move(ways))};
    const bool multiple = tensor % s.heads.key_value == 0;
    if (is_neuron(s) && multiple)
        ways.insert(ways.begin(), s.set(s.kv_replicator.found, std::to_string(tensor / s.heads.key_value)));
    Finding finding = with_ways(
        is_neuron(s) && s.kv_replicator.found.given() ? s.kv_replicator.found : s.tensor.found,
        fmt::format("{} {} does not divide {} key-value heads{}", s.tensor.found.key, tensor, s.heads.key_value,
                    is_neuron(s) ? fmt::format(" × kv_replicator {}", s.kv_replicator.number) : std::string()),
        std::move(ways));
    // Newer Megatron repeats key-value heads over the ranks that are more than they.
    if (is_megatron(s) && multiple) finding.severity = Severity::warning;
    return {std::move(finding)};
}

std::span<const Rule> model_parallel_rules() {
    return table;
}

}  // namespace recipe::validate
