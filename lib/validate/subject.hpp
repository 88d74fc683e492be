// SPDX-License-Identifier: Apache-2.0
// What the rules check: one composed configuration, read once, beside the hardware it names. Private to this module.
#pragma once

#include "family/family.hpp"
#include "validate/arithmetic.hpp"

#include <string>

namespace recipe::validate {

/// A value of the recipe and how a user names it in an override.
struct Found {
    std::string path;                      // from the root: "recipes.model.fp8"
    std::string key;                       // as typed: "model.fp8"
    const config::Value* value = nullptr;  // null: the recipe has no such key

    [[nodiscard]] bool given() const noexcept { return value != nullptr && !value->is_null(); }
};

/// A positive int of the recipe.
struct Number {
    enum class State : std::uint8_t { unset, good, wrong_type, out_of_range };

    Found found;
    State state = State::unset;
    std::int64_t number = 1;  // unless good: what the program takes without one, else 1
    std::int64_t most = 1;    // that is accepted

    [[nodiscard]] bool usable() const noexcept { return state == State::unset || state == State::good; }
    /// Whether `number` is what the program will take.
    [[nodiscard]] bool known() const noexcept { return state == State::good || (state == State::unset && has_default); }

    bool has_default = false;
    bool lenient = false;  // good, but as a text or a float: some programs take it
};

/// The devices that a recipe is written for.
enum class Wanted : std::uint8_t { any, cpu, gpu, neuron };

struct Subject {
    Subject(const config::Value& configuration, const CheckContext& against);

    /// A key by its path below `recipes` (`training_cfg` for custom training).
    [[nodiscard]] Found find(std::string_view path) const;
    /// Where this recipe's family keeps it. Without a path where the family has no such thing.
    [[nodiscard]] Found find(family::Key key) const;
    /// What the program takes: the value, or what it does without one; nullptr where that is not known.
    [[nodiscard]] const config::Value* effective(family::Key key) const { return family.value(root, key); }
    /// "--recipe-set=model.fp8=False", with ++ where the recipe lacks the key.
    [[nodiscard]] std::string set(const Found& found, std::string_view value) const;

    /// Whether checks of the node's devices make sense: a known instance type, and a recipe that does not run on CPUs.
    [[nodiscard]] bool on_known_devices() const noexcept { return instance != nullptr && wanted != Wanted::cpu; }
    /// Ranks of a whole node: GPUs, or NeuronCores at the recipe's LNC setting. Only with an instance.
    [[nodiscard]] std::int64_t devices_of_node() const noexcept { return node_devices; }
    /// "NVIDIA A10G (g5.48xlarge, compute capability 8.6)"; only with an instance.
    [[nodiscard]] std::string describe_accelerator() const;

    const config::Value& root;
    const hardware::Catalogue& catalogue;
    const storage::Host* host;          // nullptr: no file is looked at
    const models::Catalogue* models;    // nullptr: the installed one
    const config::Value* program_keys;  // may be null
    const family::Family& family;
    Wanted wanted;

    Found instance_key;
    std::optional<std::string> instance_type;  // canonical
    const hardware::InstanceType* instance = nullptr;
    const hardware::Accelerator* accelerator = nullptr;  // of the instance; set whenever that is

    /// Whether our own trainer runs, whose ways are known; another entry script has its own.
    [[nodiscard]] bool runs_our_trainer() const;
    [[nodiscard]] bool is_on(family::Key key) const;
    /// Ranks that hold the same part of the model and see different data; 0 where that is not known.
    [[nodiscard]] std::int64_t data_parallel() const noexcept;

    std::int64_t node_devices = 0;
    Number nodes, devices;
    Number tensor, shard, expert, context, pipeline, virtual_pipeline, kv_replicator;
    Number sequence, micro_batch, global_batch;
    Number layers, attention_heads, key_value_heads, vocabulary, experts;
    Heads heads;
    Number ring;        // of llmft: ring attention, beside the context-parallel degree
    Layout layout;      // of families with the fsdp layout the degrees as well, else nodes and devices
    bool layout_known;  // no number of it is wrong

private:
    [[nodiscard]] Found found_at(std::string path) const;
    [[nodiscard]] Number number(std::initializer_list<std::string_view> paths, std::int64_t most) const;
    [[nodiscard]] Number read_devices() const;
    [[nodiscard]] Wanted read_wanted() const;
    [[nodiscard]] Number number(family::Key key, std::int64_t most) const;
    [[nodiscard]] std::int64_t read_node_devices() const;
    [[nodiscard]] Heads heads_of_model_config() const;
    [[nodiscard]] Heads heads_of_model_name() const;
};

}  // namespace recipe::validate
