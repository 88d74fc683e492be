// SPDX-License-Identifier: Apache-2.0
// Can this recipe work on that hardware? Rules as a table: adding a rule is adding a row and a test.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/severities.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "storage/storage.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::config {
struct Resolved;  // compose/compose.hpp; no rule needs it
}

namespace recipe::models {
class Catalogue;  // models/models.hpp
}

namespace recipe::validate {

// Beyond these a number is a mistake or an attack. They keep every product below in 64 bits.
inline constexpr std::int64_t max_nodes = 100'000;
inline constexpr std::int64_t max_devices_per_node = 1024;
inline constexpr std::int64_t max_degree = 1'000'000;
inline constexpr std::int64_t max_size = 1'000'000'000;            // of a model or a batch
inline constexpr std::int64_t max_device_mib = 1'000'000'000'000;  // that a rank may be said to need: 1 EB

/// The numbers of a recipe that decide how it is laid out over devices. Ranks, nodes and degrees count from 1.
struct Layout {
    std::int64_t nodes = 1;
    std::int64_t devices_per_node = 1;
    std::int64_t tensor = 1;   // tensor-parallel degree
    std::int64_t shard = 1;    // FSDP shard degree; 1 as well when the recipe leaves it to the program
    std::int64_t expert = 1;   // expert-parallel degree
    std::int64_t context = 1;  // context-parallel degree

    /// Of a layout within the limits above; anything else may overflow.
    [[nodiscard]] std::int64_t world() const noexcept { return nodes * devices_per_node; }
    bool operator==(const Layout&) const = default;
};

/// What a rank's MiB on its device come to: below `low` it cannot train, from `high` on nothing is in the way, and
/// `outside` is held beside these by context and communicators.
struct MemoryNeeds {
    std::int64_t low = 0;
    std::int64_t peak = 0;
    std::int64_t high = 0;
    std::int64_t outside = 0;

    bool operator==(const MemoryNeeds&) const = default;
};

/// Compute capabilities of CUDA devices; 86 is 8.6.
struct CapabilityRange {
    int from = 0;
    int below = 0;  // 0: no end

    [[nodiscard]] constexpr bool has(int capability) const noexcept {
        return capability >= from && (below == 0 || capability < below);
    }
    bool operator==(const CapabilityRange&) const = default;
};

/// What a rank needs of its device, whichever that will be. Whoever knows the nodes holds them against it.
struct DeviceNeeds {
    std::optional<MemoryNeeds> memory;  // nothing: it was not predicted
    bool bf16 = false;
    bool fp8 = false;
    bool fp4 = false;
    /// On one of these the recipe's kernels run; none: on any, and devices without such a number are not asked.
    std::vector<CapabilityRange> capabilities = {};

    [[nodiscard]] bool any() const noexcept { return memory || bf16 || fp8 || fp4 || !capabilities.empty(); }
    bool operator==(const DeviceNeeds&) const = default;
};

/// Whether the kernels run on a device; of one without a compute capability that is not known, and true.
[[nodiscard]] bool runs_kernels(const DeviceNeeds& needs, std::optional<int> compute_capability) noexcept;
/// "8.0 or later", "8.0 to 8.5 or 9.x".
[[nodiscard]] std::string describe(const std::vector<CapabilityRange>& capabilities);

/// What a recipe is checked against.
struct CheckContext {
    const hardware::Catalogue& hardware;
    const family::Families& families;
    const models::Catalogue* models = nullptr;  // nullptr: the installed one
    const storage::Host* host = nullptr;  // the submitting host, under the user's rights; nullptr: no file is looked at
    /// keys.yaml beside the entry script, where there is one: what that reads and takes. Anything else in it is left
    /// alone.
    const config::Value* program_keys = nullptr;
};

struct Result {
    Layout layout;                                       // 1 for every number that the recipe lacks or has wrong
    std::optional<std::string> instance_type;            // canonical, when the recipe names one
    const hardware::InstanceType* instance = nullptr;    // null: not named or unknown
    const hardware::Accelerator* accelerator = nullptr;  // of the instance; null as that is
    DeviceNeeds needs;                                   // of a recipe that runs on devices
    Diagnostics diagnostics;                             // all severities
    /// Whether the memory model has an answer. not_asked: there are no devices to hold it against, or the layout is
    /// wrong.
    enum class Memory : std::uint8_t { not_asked, known, unknown } memory = Memory::not_asked;
};

/// Reads the layout from the composed configuration and checks it against the hardware. All problems are reported
/// together. Codes: devices.*, precision.*, layout.*, data.*, paths.*, memory.*. A `fix` is what to add to the command
/// line.
[[nodiscard]] Result check(const config::Resolved& resolved, const CheckContext& against);

/// Names of the rules that have something to say about this recipe, and of those the ones that find nothing wrong.
struct AppliedRules {
    std::set<std::string_view> all;
    std::set<std::string_view> kept;
};
[[nodiscard]] AppliedRules applied_rules(const config::Resolved& resolved, const CheckContext& against);

// --- what a user makes of it ---------------------------------------------------------------------------------------

/// Codes of the errors among these, as the rules state them, that --recipe-force makes warnings. What the site's
/// `severities` call an error stays one, what they lower need not be forced, and what no plan can be made with stays an
/// error as well.
[[nodiscard]] std::vector<std::string> forced_codes(const Severities& severities, const Diagnostics& diagnostics);
[[nodiscard]] bool may_be_forced(std::string_view code, const Severities& severities);

/// The checks that need numbers only, for slurmctld and the nodes, which have a plan and no recipe. Takes any numbers.
/// Codes: devices.range, layout.range, layout.world_not_divisible, layout.context.
[[nodiscard]] Diagnostics check_layout(const Layout& layout);

}  // namespace recipe::validate
