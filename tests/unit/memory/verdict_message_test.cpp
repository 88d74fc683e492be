// SPDX-License-Identifier: Apache-2.0
// What is said of a recipe that does not fit, or may not: each figure of the sentence is the assessment's own.
#include "catch.hpp"
#include "memory/recipes.hpp"
#include "memory/workloads.hpp"

#include <algorithm>
#include <cmath>

namespace recipe::memory {
namespace {

std::string gib(double bytes) {
    return fmt::format("{:.1f} GiB", bytes / GiB);
}

/// "a rank needs … at its peak (… of it loss), and each NVIDIA A10G of g5.48xlarge has … for it"
std::string peak_sentence(const Assessment& a) {
    const Moment& peak = a.prediction->peak_moment();
    const Part largest = *std::ranges::max_element(peak.parts, {}, &Part::bytes);
    return fmt::format("a rank needs {} at its peak ({} of it {}), and each {} of {} has {} for it",
                       gib(a.prediction->peak_bytes), gib(largest.bytes), largest.name, a.accelerator->name,
                       a.instance->name, gib(a.usable_bytes - a.outside_bytes));
}

}  // namespace

TEST_CASE("what an accelerator may hold is what its driver leaves, divided among the ranks that share it") {
    hardware::Accelerator accelerator;
    accelerator.memory_gib = 24;
    accelerator.ranks = 1;
    CHECK(usable_per_rank(accelerator) == 24 * GiB);
    accelerator.usable_gib = 22;
    CHECK(usable_per_rank(accelerator) == 22 * GiB);
    accelerator.ranks = 4;
    CHECK(usable_per_rank(accelerator) == 5.5 * GiB);
    accelerator.usable_gib.reset();
    CHECK(usable_per_rank(accelerator) == 6 * GiB);
}

TEST_CASE("a measured program that does not fit is refused with its peak, what it is made of, and what there is") {
    const Assessment a = RecipeText().our_trainer().assessed();
    REQUIRE(a.verdict == Verdict::does_not_fit);
    REQUIRE(a.diagnostics.size() == 1);
    const Diagnostic& refusal = a.diagnostics.front();
    CHECK(refusal.code == "memory.does_not_fit");
    CHECK(refusal.key == "instance_type");
    CHECK(refusal.source.line == 1);
    REQUIRE_FALSE(a.suggestions.empty());
    const std::string fewest =
        a.least_nodes > 0 ? fmt::format("; {} nodes are the fewest that would do", a.least_nodes) : "";
    CHECK(refusal.message ==
          peak_sentence(a) + fewest + "; with the fix it needs " + gib(a.suggestions.front().peak_bytes));
    std::string fix;
    for (const std::string& set : a.suggestions.front().set) fix += (fix.empty() ? "" : " ") + ("--recipe-set=" + set);
    CHECK(refusal.fix == fix);
    CHECK(a.suggestions.size() <= 5);
    // Eight ranks of one node share a world of eight: a context and one communicator are outside.
    CHECK(a.outside_bytes == (0.73 + 0.85) * GiB);
    CHECK(a.limit_bytes() == a.usable_bytes - a.outside_bytes);
}

TEST_CASE("a program that was not measured is refused with its band, and warned of within it") {
    const Assessment a = RecipeText().assessed();
    REQUIRE(a.verdict == Verdict::does_not_fit);
    CHECK(a.diagnostics.front().message.starts_with(
        fmt::format("{}; {} to {} with what is not known of SageMaker's adapter of Hugging Face models",
                    peak_sentence(a), gib(a.prediction->low_bytes), gib(a.prediction->high_bytes))));
    // The longest sequence that is only tight.
    Assessment tight;
    for (int sequence = 8192; sequence >= 512 && tight.verdict != Verdict::tight; sequence -= 256)
        tight = RecipeText().model("max_context_width", std::to_string(sequence)).assessed();
    REQUIRE(tight.verdict == Verdict::tight);
    REQUIRE(tight.diagnostics.size() == 1);
    const Diagnostic& warning = tight.diagnostics.front();
    CHECK(warning.code == "memory.tight");
    CHECK(warning.fix.empty());
    CHECK(tight.suggestions.empty());
    CHECK(
        warning.message ==
        fmt::format("{}; {} to {} with what is not known of SageMaker's adapter of Hugging Face models: it may or may "
                    "not fit",
                    peak_sentence(tight), gib(tight.prediction->low_bytes), gib(tight.prediction->high_bytes)));
}

TEST_CASE("what is not known of a device's memory is told in full, with what would say it") {
    const Assessment a = RecipeText().model("vocab_size", "null").model("hidden_size", "null").assessed();
    REQUIRE(a.diagnostics.size() == 1);
    const Diagnostic& hint = a.diagnostics.front();
    CHECK(hint.code == "memory.unknown");
    CHECK(hint.key == "instance_type");
    CHECK(hint.source.line == 1);
    CHECK(
        hint.message ==
        "whether it fits the memory of NVIDIA A10G was not looked at; not known: the model's size: the recipe does not "
        "say model.hidden_size, model.vocab_size (its section `memory` may: ++recipes.memory.hidden= "
        "++recipes.memory.vocabulary=)");
    CHECK(hint.fix == "--recipe-set='++recipes.memory.hidden=…' --recipe-set='++recipes.memory.vocabulary=…'");
    CHECK(a.usable_bytes == usable_per_rank(*a.accelerator));
    CHECK(a.verdict == Verdict::fits);
}

TEST_CASE("a model of which only the size is known is refused where its weights alone are too much") {
    // 8 bytes of each of so many billion parameters over 8 ranks of 40 GiB, less a context of 0.73.
    const auto told = [](const std::string& name, const std::string& more = "") {
        const config::Value root =
            config::parse_yaml(fmt::format("instance_type: p4d.24xlarge\nrecipes:\n  run: {{model_type: "
                                           "llm_finetuning_aws, name: x}}\n  trainer: {{devices: 8, num_nodes: 2}}\n  "
                                           "training_config:\n    training_args: {{max_len: 4096}}\n    model_config: "
                                           "{{model_name_or_path: {}{}}}\n",
                                           name, more),
                               "recipe")
                .value();
        Assessment a = assess(root, shipped_catalogue(), shipped_families());
        a.family = nullptr;
        return a;
    };
    const Assessment a = told("ours/Secret-300B");
    REQUIRE(a.diagnostics.size() == 1);
    REQUIRE(a.diagnostics.front().code == "memory.does_not_fit");
    const double limit = a.usable_bytes - 0.73 * GiB;
    const double least = 8 * 300e9 / 16;
    const auto nodes = static_cast<std::int64_t>(std::ceil(2 * least / limit));
    CHECK(a.diagnostics.front().message ==
          fmt::format("the 300 billion parameters that the model's name speaks of take {} of a rank at the very least, "
                      "and each {} of p4d.24xlarge has {}; {} nodes are the fewest that could do",
                      gib(least), a.accelerator->name, gib(limit), nodes));
    CHECK(a.diagnostics.front().fix == fmt::format("--recipe-set=trainer.num_nodes={}", nodes));
    CHECK(a.verdict == Verdict::does_not_fit);
    CHECK(told("ours/Secret-70B").diagnostics.front().code == "memory.unknown");  // 35 GB of 39.3 GiB
    // A recipe that does not count its nodes has none to set.
    const config::Value one = config::parse_yaml(
                                  "instance_type: p4d.24xlarge\nrecipes:\n  run: {model_type: "
                                  "llm_finetuning_aws, name: x}\n  trainer: {devices: 8}\n  "
                                  "training_config: {training_args: {max_len: 4096}, model_config: "
                                  "{model_name_or_path: ours/Secret-300B}}\n",
                                  "recipe")
                                  .value();
    const Assessment uncounted = assess(one, shipped_catalogue(), shipped_families());
    REQUIRE(uncounted.verdict == Verdict::does_not_fit);
    CHECK(uncounted.diagnostics.front().fix.empty());
    // Frozen weights take two bytes.
    CHECK(told("ours/Secret-300B", ", peft_config: {peft_type: lora, r: 8}").diagnostics.front().code ==
          "memory.unknown");
    CHECK(told("ours/Secret-400B", ", peft_config: {peft_type: lora, r: 8}").diagnostics.front().code ==
          "memory.does_not_fit");
}

}  // namespace recipe::memory
