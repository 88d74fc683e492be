// SPDX-License-Identifier: Apache-2.0
// What a Slurm plugin says of itself, read from its file. Loading it would need symbols that only Slurm's own processes
// have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace recipe::cli {

/// A Slurm version as plugins carry it: SLURM_VERSION_NUMBER.
struct SlurmVersion {
    std::uint32_t number = 0;

    [[nodiscard]] std::uint32_t release() const noexcept { return number >> 8; }  // major.minor
    /// "22.05.8"
    [[nodiscard]] std::string text() const;
    /// "22.05.8", or what follows the last blank: "slurm-wlm 22.05.8". A suffix ("-rc1") is left out.
    [[nodiscard]] static std::optional<SlurmVersion> in(const std::string& text);
    bool operator==(const SlurmVersion&) const = default;
};

/// The `plugin_version` of a shared object of this machine's kind; nothing when it has none or cannot be read.
[[nodiscard]] std::optional<SlurmVersion> version_of_plugin(const std::filesystem::path& file);

}  // namespace recipe::cli
