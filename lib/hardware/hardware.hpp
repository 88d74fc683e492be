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

enum class DeviceKind : std::uint8_t { gpu, neuron };

// The texts of entries belong to the catalogue that has the entries.

struct Accelerator {
    std::string_view model;  // "a10g", lower case, as Slurm's GRES type would have it
    std::string_view name;   // "NVIDIA A10G", for messages
    DeviceKind kind = DeviceKind::gpu;
    double memory_gib = 0;                  // of one chip, as the vendor says
    std::optional<double> usable_gib;       // as CUDA reports it in total
    std::optional<int> compute_capability;  // 86 for 8.6; none for Neuron
    bool bf16 = false;
    bool fp8 = false;
    std::string_view fabric;            // between the devices of a node: "pcie", "nvswitch", …
    int ranks = 1;                      // torchrun processes that share one chip and its memory
    int cores = 1;                      // of one chip: NeuronCores; more than `ranks` where LNC groups them
    std::optional<double> bf16_tflops;  // dense peak of one chip; the trainer's MFU is a share of it
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
};

/// Variables that programs on some instance types need and do not set themselves.
struct Profile {
    using Variable = std::pair<std::string_view, std::string_view>;

    std::string_view name;
    std::span<const std::string_view> instance_types;  // patterns in which * and ? stand for any characters and one
    bool efa = false;                                  // only for those with EFA devices
    std::span<const Variable> environment;
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

/// The name as the catalogue spells it: lower case, without "ml.".
[[nodiscard]] std::string canonical_instance_name(std::string_view name);

/// Blackwell and what follows it.
[[nodiscard]] bool computes_in_fp4(const Accelerator& accelerator) noexcept;

/// "8.6" for 86.
[[nodiscard]] std::string compute_capability_text(int compute_capability);

}  // namespace recipe::hardware
