// SPDX-License-Identifier: Apache-2.0
// What accelerators and instance types can do: constants that the build makes of etc/hardware.yaml, and what a site's
// files of the same form add to them.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "tables/tables.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::hardware {

/// Under which GRES Slurm counts devices, and what recipes ask for.
enum class DeviceKind : std::uint8_t { gpu, neuron };

// The texts of entries belong to the catalogue that has the entries.

/// What Slurm and programs call the devices of one maker.
struct Kind {
    std::string_view name;    // "gpu" (NVIDIA), "amd", "gaudi", "neuron"
    std::string_view device;  // one of them, for messages: "GPU"
    DeviceKind counted_as = DeviceKind::gpu;
    std::string_view framework;                 // what PyTorch is built for: "CUDA", "ROCm"
    std::string_view device_files;              // in /dev, before the number: "nvidia", "dri/renderD"
    std::string_view control_file;              // in /dev: without it device_files are of something else; empty: none
    std::span<const std::string_view> visible;  // variables that say which a process may use
    std::span<const std::string_view> repeats;  // others, which the maker's runtime applies to what those leave
    std::string_view part_variable;             // tells programs which of a node's devices a step has; empty: none
    std::string_view part_number_file;          // in /sys, N for a device's number: what part_variable calls it
    std::span<const std::string_view> words;    // values of trainer.accelerator that mean it
    std::string_view source;
};

/// Where a row's figures are from, and which of them nobody has checked ("all": every one).
struct Sources {
    std::string_view source;  // empty: a site's file does not say
    std::span<const std::string_view> unverified;
};

struct Accelerator {
    std::string_view model;  // "a10g", lower case, as Slurm's GRES type would have it
    std::string_view name;   // "NVIDIA A10G", for messages
    std::string_view kind_name;
    DeviceKind kind = DeviceKind::gpu;      // as what its kind is counted
    double memory_gib = 0;                  // of one chip, as the vendor says
    std::optional<double> usable_gib;       // as CUDA reports it in total
    std::optional<int> compute_capability;  // 86 for 8.6; none for Neuron
    bool bf16 = false;
    bool fp8 = false;
    bool fp4 = false;
    std::string_view fabric;            // between the devices of a node: "pcie", "nvswitch", …
    int ranks = 1;                      // torchrun processes that share one chip and its memory
    int cores = 1;                      // of one chip: NeuronCores; more than `ranks` where LNC groups them
    std::optional<double> bf16_tflops;  // dense peak of one chip; the trainer's MFU is a share of it
    Sources sources;
};

struct InstanceType {
    std::string_view name;         // "g5.48xlarge", lower case, without "ml."
    std::string_view accelerator;  // key of Accelerator; the catalogue has it
    int devices = 0;               // what torchrun starts one process each for: GPUs, or Neuron ranks
    int vcpus = 0;                 // hardware threads; 0 when not known
    double memory_gib = 0;         // of the host; 0 when not known
    int efa_devices = 0;
    double network_gbps = 0;  // 0 when not known
    bool gpudirect_rdma = false;
    int nvlink_domain = 0;  // devices that NVLink joins across nodes, with IMEX; 0: those of a node at most
    std::string_view architecture = "x86_64";  // of the host, or "arm64"
    Sources sources;
};

/// Variables that programs on some instance types need and do not set themselves.
struct Profile {
    using Variable = std::pair<std::string_view, std::string_view>;

    std::string_view name;
    std::span<const std::string_view> instance_types;  // patterns in which * and ? stand for any characters and one
    bool efa = false;                                  // only for those with EFA devices
    std::span<const Variable> environment;
    std::string_view source;
};

/// The entries of one kind: the installed ones, which are sorted by name, under those that a site adds or changes.
template <class Entry>
struct Section {
    std::span<const Entry> installed;
    std::map<std::string_view, Entry> of_site;

    /// By its name as the catalogue spells it; nullptr: unknown.
    [[nodiscard]] const Entry* find(std::string_view name) const;
    /// Sorted by name.
    [[nodiscard]] std::vector<const Entry*> all() const;
};

struct Sections {
    Section<Kind> kinds;
    Section<Accelerator> accelerators;
    Section<InstanceType> instance_types;
    Section<Profile> profiles;
    tables::Keeper texts;
};

class Catalogue {
public:
    /// The installed catalogue.
    Catalogue();

    /// The installed catalogue and a site's files in order; a later one adds entries or changes fields of earlier ones.
    /// All that etc/hardware.schema.json does not allow is refused, and so is an instance type whose accelerator no
    /// file has. Codes: hardware.file, and those of config::load_yaml.
    [[nodiscard]] static Expected<Catalogue> load(const std::vector<std::filesystem::path>& site_files);

    /// "ml." and case are ignored. nullptr: unknown (a warning at most, never a refusal).
    [[nodiscard]] const InstanceType* instance(std::string_view name) const;
    /// Case is ignored.
    [[nodiscard]] const Accelerator* accelerator(std::string_view model) const;
    /// Sorted by name.
    [[nodiscard]] std::vector<const InstanceType*> instances() const;
    /// Sorted by model.
    [[nodiscard]] std::vector<const Accelerator*> accelerators() const;
    /// Sorted by name.
    [[nodiscard]] std::vector<const Kind*> kinds() const;
    [[nodiscard]] const Kind& kind_of(const Accelerator& accelerator) const;
    /// Sorted.
    [[nodiscard]] std::vector<std::string> instance_names() const;
    /// Sorted by name.
    [[nodiscard]] std::vector<const Profile*> profiles() const;
    /// Those that fit, sorted by name.
    [[nodiscard]] std::vector<const Profile*> profiles_of(const InstanceType& instance) const;
    /// What the profiles that fit set, each name once: where two set it, the profile whose name sorts first does.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment_of(const InstanceType& instance) const;

private:
    Sections sections_;
};

/// Of an instance type, with a catalogue that is read for this question alone. nullopt: unknown.
[[nodiscard]] std::optional<std::int64_t> devices_of(std::string_view instance,
                                                     const std::vector<std::filesystem::path>& site_files);

/// Instance types that somebody may mean who wrote what is none, the likeliest first.
struct Candidates {
    std::string_view accelerator;  // where it is the name of one: "NVIDIA H100"; these have it
    std::vector<std::string> names;
};
/// "p5.48xl" and "p5-48xlarge" are p5.48xlarge; "H100", "8xH100" and "a100-80g" are those with such devices; what is
/// misspelt is the nearest of its family. A name that another family or maker would have is no misspelling.
[[nodiscard]] Candidates candidates_for(const Catalogue& catalogue, std::string_view typed);

/// The name as the catalogue spells it: lower case, without "ml.".
[[nodiscard]] std::string canonical_instance_name(std::string_view name);

/// Of CUDA devices Blackwell and what follows it; of others what the catalogue says.
[[nodiscard]] bool computes_in_fp4(const Accelerator& accelerator) noexcept;

/// "8.6" for 86.
[[nodiscard]] std::string compute_capability_text(int compute_capability);

}  // namespace recipe::hardware
