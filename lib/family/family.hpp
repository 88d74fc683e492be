// SPDX-License-Identifier: Apache-2.0
// A recipe's shape decides under which keys it keeps its numbers and which rules apply. The families and their key
// names are data: constants that the build makes of etc/families.yaml, and what a site's files of the same form add. A
// family also says what the program does that its recipes are written for; where another one runs, that one says it of
// itself, or nobody does.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::family {

/// What rules and the memory model want to know of a recipe. etc/families.yaml describes each; names() spells them.
enum class Key : std::uint8_t {
    // Degrees.
    tensor,
    shard,
    expert,
    expert_tensor,
    context,
    pipeline,
    virtual_pipeline,
    sequence_parallel,
    kv_replicator,
    // Batches. micro_batch: sequences of one rank and pass; global_batch: of all ranks and one optimizer step.
    sequence_length,
    micro_batch,
    global_batch,
    accumulation,
    validation_batch,
    validation_batches,
    prompt_length,
    response_length,
    packs,
    packed_tokens,
    // The model.
    model_name,
    named_after,
    model_class,
    layers,
    hidden,
    heads,
    kv_heads,
    head_size,
    ffn,
    vocabulary,
    vocabulary_multiple,
    tied_embeddings,
    positions,
    moe,
    experts,
    experts_per_token,
    expert_ffn,
    // Memory.
    recompute,
    recompute_granularity,
    recompute_method,
    recompute_layers,
    offload_activations,
    offload_parameters,
    offload_optimizer,
    sharding_strategy,
    shard_optimizer,
    flash_attention,
    attention,
    zero_stage,
    weights_precision,
    fused_loss,
    fused_norm,
    method,
    reference,
    rollout_share,
    critic_name,
    // Numbers and training.
    precision,
    model_precision,
    fp8,
    master_weights,
    gradient_precision,
    optimizer,
    peft,
    lora_rank,
    fine_tune,
    smp,
    // Data. `data` is the section itself.
    data,
    synthetic,
    train_data,
    validation_data,
    multi_modal,
    // Of these every place that is given counts. writes: directories and files that the program makes. logs: those of
    // loggers, which write on the first rank alone.
    writes,
    logs,
};
inline constexpr std::size_t key_count = static_cast<std::size_t>(Key::logs) + 1;

/// As etc/families.yaml spells it.
[[nodiscard]] std::string_view name_of(Key key) noexcept;

/// The devices that a family is written for.
enum class Devices : std::uint8_t { any, gpu, neuron };

/// How the degrees divide the world.
enum class Layout : std::uint8_t {
    none,      // not known: no rule of it applies
    fsdp,      // SageMaker's adapter, our trainer: shard × tensor × expert divides the world, context <= shard
    ranks,     // data parallel over all ranks, context-parallel groups among them (llmft, verl)
    megatron,  // NeMo: tensor × pipeline × context divides the world
    neuron,    // neuronx-distributed: tensor × pipeline divides the world
};

/// Who can start a family's own program.
enum class Platform : std::uint8_t {
    slurm,
    slurm_script,  // Slurm, but only a batch script or program of the user's own
    k8s,           // HyperPod's launcher, on Kubernetes
    sm_jobs,       // and as SageMaker training jobs
};
inline constexpr std::array all_platforms{Platform::slurm, Platform::slurm_script, Platform::k8s, Platform::sm_jobs};

/// What a family's own program is.
enum class RunsAs : std::uint8_t {
    python,  // a file, one process per device
    module,  // python -m
    shell,   // a shell script, once per node, that starts the processes itself
};

// As etc/families.yaml spells them.
[[nodiscard]] std::string_view to_string(Devices devices) noexcept;
[[nodiscard]] std::string_view to_string(Layout layout) noexcept;
[[nodiscard]] std::string_view to_string(Platform platform) noexcept;
[[nodiscard]] std::string_view to_string(RunsAs runs_as) noexcept;

/// Where one number or word of a recipe is kept.
struct Place {
    std::vector<std::string> paths;  // below the family's root, the first that is given counts
    config::Value otherwise;         // what the program takes when none is given; null when that is not known
};

/// The assumptions of the memory model; lib/memory says what each means.
inline constexpr std::array<std::string_view, 18> assumption_names{"framework",
                                                                   "loss",
                                                                   "loss_chunks",
                                                                   "norm",
                                                                   "sequence_parallel",
                                                                   "wrapper",
                                                                   "precision",
                                                                   "reduce_in_bf16",
                                                                   "optimizer",
                                                                   "attention",
                                                                   "zero_grad",
                                                                   "allocator",
                                                                   "keeps_logits",
                                                                   "reshard_after_forward",
                                                                   "frozen",
                                                                   "below",
                                                                   "above",
                                                                   "below_kept"};

/// One assumption and its value as lib/memory spells them. With `when`, only where that key's value is true, or
/// above 1.
struct MemoryLine {
    std::string name;
    std::string value;
    std::optional<Key> when;
};

/// What runs when neither the recipe nor its collection says so: programs of one repository, or of an image.
struct DefaultCode {
    struct Entry {
        std::string program;  // absolute, or relative to the repository
        std::string folder;   // of the recipe, "llama" of training/llama/x; empty: any
        std::string word;     // that the recipe's name has; empty: any
    };
    /// Of a shell program: a variable, and the recipe's value that it has. Without a path: the configuration's name.
    struct Variable {
        std::string name;
        std::string path;       // below the family's root
        std::string otherwise;  // where the recipe has none
    };
    std::string repository;     // empty: none
    std::string branch;         // or tag; empty: the repository's own choice
    std::string configuration;  // folder of the repository where a shell program looks for its configuration
    std::vector<Entry> entries;
    std::vector<Variable> variables;

    /// The first program that fits a recipe ("training/llama/x", or a file's path); nullptr: none.
    [[nodiscard]] const std::string* program_for(std::string_view recipe) const;
};

struct Family {
    std::string name;                // "hf"
    std::string program;             // the self-described program that runs the recipe; empty: none such, see run_by()
    std::string title;               // "SageMaker's adapter of Hugging Face models", for messages
    std::string root = "recipes";    // what the paths are below
    Devices devices = Devices::any;  // when the recipe has no trainer.accelerator
    Layout layout = Layout::none;
    std::vector<Platform> runs_on{Platform::slurm};
    RunsAs runs_as = RunsAs::python;
    bool shard_may_be_unset = false;  // an unset shard degree means "what the program thinks best", not 1
    std::array<Place, key_count> places;
    std::vector<MemoryLine> memory;  // a later line wins
    DefaultCode code;
    /// Whether what is said of the program (devices, `otherwise` of places, memory) is said of the one that will run.
    bool program_known = true;

    [[nodiscard]] bool can_run_on(Platform platform) const noexcept;
    [[nodiscard]] const Place& place(Key key) const noexcept { return places[static_cast<std::size_t>(key)]; }
    /// False: this family has no such thing.
    [[nodiscard]] bool has(Key key) const noexcept { return !place(key).paths.empty(); }
    /// The path from the root of the first place that is given (neither absent nor null), else of the first place.
    /// Empty when the family has no such thing.
    [[nodiscard]] std::string path(const config::Value& configuration, Key key) const;
    /// The value of the first place that is given, else `otherwise` when that is known, else nullptr.
    [[nodiscard]] const config::Value* value(const config::Value& configuration, Key key) const;
};

/// What a composed configuration must have to be of a family.
struct Condition {
    enum class Test : std::uint8_t {
        given,        // not null, not an empty text
        absent,       // none of the paths is given
        equals,       // is `text`
        starts_with,  // is a text that begins with `text`
        is_map,
    };
    std::vector<std::string> paths;  // one of them is enough, but for `absent`
    Test test = Test::given;
    std::string text;
};

/// A family and when it is the one: all conditions hold.
struct Definition {
    Family family;
    std::vector<Condition> when;
};

struct ShippedFamily;

class Families {
public:
    /// The installed families.
    Families();

    /// The installed families and a site's files in order; a later one adds families, which are asked first, or changes
    /// fields of earlier ones. All that etc/families.schema.json does not allow is refused. Codes: family.file, and
    /// those of config::load_yaml.
    [[nodiscard]] static Expected<Families> load(const std::vector<std::filesystem::path>& site_files);

    /// These, where another program than its family's runs this configuration: one that says nothing of itself, or one
    /// whose `description` (the section `program` of its keys.yaml, read from `file`) has fields of a families file.
    /// Key names and layout stay the family's. Codes: family.file.
    [[nodiscard]] Families run_by_another(const config::Value& configuration) const;
    [[nodiscard]] Expected<Families> run_by(const config::Value& configuration, const config::Value& description,
                                            const std::string& file) const;

    /// The family of a composed configuration (from its root): the first whose conditions hold. One without any takes
    /// what is left; where a site leaves no such one, a family without keys and rules.
    [[nodiscard]] const Family& of(const config::Value& configuration) const;
    /// nullptr: unknown.
    [[nodiscard]] const Family* find(std::string_view name) const;
    /// In the order in which they are asked.
    [[nodiscard]] std::vector<const Definition*> all() const;

private:
    [[nodiscard]] const Definition& asked_first(const config::Value& configuration) const;
    [[nodiscard]] Families with(const config::Value& configuration, Definition definition) const;

    /// One of the two: as the build has it, or as a site's file was read.
    struct Row {
        const ShippedFamily* shipped = nullptr;
        std::shared_ptr<const Definition> read;

        [[nodiscard]] const Definition& definition() const;
        [[nodiscard]] std::string_view name() const;
        [[nodiscard]] bool holds(const config::Value& configuration) const;
    };
    std::vector<Row> rows_;
};

/// Whether the program of this configuration writes checkpoints, as far as exp_manager says; all families read it.
[[nodiscard]] bool writes_checkpoints(const config::Value& configuration);

}  // namespace recipe::family
