// SPDX-License-Identifier: Apache-2.0
#include "recipe_under_test.hpp"
#include "config/config.hpp"

#include "catch.hpp"
#include "family/our_trainer.hpp"

#include <algorithm>
#include <sstream>

namespace recipe::validate {
namespace {

using config::Value;

constexpr std::string_view body = R"(
instance_type: null
base_results_dir: /fsx/results
recipes:
  run: {name: llama, results_dir: /fsx/results/llama, model_type: hf}
  trainer: {devices: 8, num_nodes: 1, accelerator: gpu, precision: bf16}
  model:
    tensor_model_parallel_degree: 1
    expert_model_parallel_degree: 1
    context_parallel_degree: 1
    sharding_strategy: hybrid_shard
    shard_degree: 8
    fp8: False
    num_attention_heads: 32
    num_key_value_heads: 8
    precision: bf16
    data: {use_synthetic_data: True, train_dir: null}
)";

/// The map that holds the last key of a dotted path, and that key; maps on the way are made.
std::pair<Value*, std::string> parent_of(Value& root, std::string path) {
    Value* map = &root;
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
        const std::string head = path.substr(0, dot);
        if (map->find(head) == nullptr || !map->find(head)->is_map()) map->set(Value::string(head), Value::map());
        map = map->find_mutable(head);
        path.erase(0, dot + 1);
    }
    return {map, path};
}

}  // namespace

const hardware::Catalogue& shipped_hardware() {
    static const hardware::Catalogue catalogue;
    return catalogue;
}

const family::Families& shipped_families() {
    static const family::Families families;
    return families;
}

RecipeUnderTest::RecipeUnderTest(std::string_view yaml) {
    auto parsed = config::parse_yaml(yaml, "test.yaml");
    if (!parsed) throw std::runtime_error(parsed.error().front().message);
    resolved_.root = std::move(*parsed);
}

RecipeUnderTest& RecipeUnderTest::with(std::string_view overrides) {
    std::istringstream words{std::string(overrides)};
    for (std::string word; words >> word;) {
        if (word.starts_with("--recipe-set=")) word.erase(0, 13);
        const std::string typed = word;
        const bool add = word.starts_with('+');
        word.erase(0, word.find_first_not_of('+'));
        const std::size_t equals = word.find('=');
        REQUIRE(equals != std::string::npos);
        std::string key = word.substr(0, equals), text = word.substr(equals + 1);
        if (const std::size_t home = text.find("$PWD"); home != std::string::npos) text.replace(home, 4, "/fsx");
        if (resolved_.root.at(key) == nullptr && resolved_.root.at("recipes." + key) != nullptr) key = "recipes." + key;
        INFO("override " << word);
        REQUIRE((add || resolved_.root.at(key) != nullptr));  // as composition would refuse it
        auto value = config::parse_yaml(text, "--recipe-set " + word);
        REQUIRE(value);
        // As composition has it: what was typed has no line, and is whole.
        config::Position position = value->position();
        position.line = 0;
        position.origin = std::make_shared<const config::SourceText>("--recipe-set " + word, typed);
        value->set_position(std::move(position));
        const auto [map, last] = parent_of(resolved_.root, key);
        map->set(Value::string(last), std::move(*value));
    }
    return *this;
}

Result RecipeUnderTest::check(const config::Value* limits) const {
    const bool ours = resolved_.root.at("launch.entry_script") != nullptr;
    // The result points into the catalogue, and into no families.
    const family::Families families = ours ? test::run_by_our_trainer(resolved_.root) : shipped_families();
    return validate::check(resolved_, {.hardware = shipped_hardware(), .families = families, .program_keys = limits});
}

Diagnostic RecipeUnderTest::only(std::string_view code) const {
    Diagnostics found;
    for (Diagnostic& diagnostic : check().diagnostics)
        if (diagnostic.code == code) found.push_back(std::move(diagnostic));
    INFO("all codes: " << codes() << "; wanted " << code);
    REQUIRE(found.size() == 1);
    return found.front();
}

bool RecipeUnderTest::says(std::string_view code) const {
    return std::ranges::any_of(check().diagnostics, [&](const Diagnostic& d) { return d.code == code; });
}

std::string RecipeUnderTest::codes() const {
    std::string codes;
    for (const Diagnostic& diagnostic : check().diagnostics)
        if (diagnostic.severity != Severity::hint) codes += (codes.empty() ? "" : " ") + std::string(diagnostic.code);
    return codes;
}

void RecipeUnderTest::require_fix_of(std::string_view code) const {
    const Diagnostic diagnostic = only(code);
    INFO("fix " << diagnostic.fix);
    REQUIRE(diagnostic.fix.starts_with("--recipe-set="));
    RecipeUnderTest fixed = *this;
    fixed.with(diagnostic.fix);
    CHECK_FALSE(fixed.says(code));
    for (const Diagnostic& after : fixed.check().diagnostics)
        if (after.severity == Severity::error && !says(after.code))
            FAIL("the fix brings " << after.code.name() << ": " << after.message);
}

RecipeUnderTest llama() {
    return RecipeUnderTest(std::string(body) + "launch: {launcher: torchrun, entry_script: /opt/train.py}\n");
}

RecipeUnderTest hyperpod_llama() {
    return RecipeUnderTest(body);
}

}  // namespace recipe::validate
