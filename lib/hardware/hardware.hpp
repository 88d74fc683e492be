// What accelerators and instance types can do: data from etc/hardware.yaml, which a site file extends.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::hardware {

enum class DeviceKind : std::uint8_t { gpu, neuron };

struct Accelerator {
    std::string model;                        // "a10g", lower case, as Slurm's GRES type would have it
    std::string name;                         // "NVIDIA A10G", for messages
    DeviceKind kind = DeviceKind::gpu;
    double memory_gib = 0;                    // as the vendor says
    std::optional<double> usable_gib;         // as CUDA reports it in total
    std::optional<int> compute_capability;    // 86 for 8.6; none for Neuron
    bool bf16 = false;
    bool fp8 = false;
};

struct InstanceType {
    std::string name;                         // "g5.48xlarge", lower case, without "ml."
    std::string accelerator;                  // key of Accelerator
    int devices = 0;                          // what torchrun starts one process each for: GPUs, or Neuron ranks
    int vcpus = 0;
    double memory_gib = 0;
    int efa_devices = 0;
    double network_gbps = 0;
    bool gpudirect_rdma = false;
};

class Catalogue {
public:
    /// Reads the files in order; a later one adds or overrides entries. Codes: hardware.file.
    [[nodiscard]] static Expected<Catalogue> load(const std::vector<std::filesystem::path>& files);

    /// "ml." and case are ignored. nullptr: unknown (a warning at most, never a refusal).
    [[nodiscard]] const InstanceType* instance(std::string_view name) const;
    [[nodiscard]] const Accelerator* accelerator(std::string_view model) const;
    [[nodiscard]] std::vector<std::string> instance_names() const;

private:
    std::map<std::string, InstanceType, std::less<>> instances_;
    std::map<std::string, Accelerator, std::less<>> accelerators_;
};

/// The name as the catalogue spells it: lower case, without "ml.".
[[nodiscard]] std::string canonical_instance_name(std::string_view name);

}  // namespace recipe::hardware
