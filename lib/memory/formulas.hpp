// SPDX-License-Identifier: Apache-2.0
// What a training step holds on a device, moment by moment. Private to this module.
#pragma once

#include "memory/memory.hpp"

namespace recipe::memory {

/// The moments of a step under FSDP2, HSDP, TP, DDP, ZeRO or nothing. The workload is within the limits of predict().
[[nodiscard]] std::vector<Moment> pytorch_moments(const Workload& workload);

/// The moments of a step under Megatron-LM's parallelisms.
[[nodiscard]] std::vector<Moment> megatron_moments(const Workload& workload);

/// Whether PyTorch's own attention keeps a mask or scores that another kernel would do without.
[[nodiscard]] bool keeps_scores_or_masks(const Workload& workload) noexcept;

/// What DDP's bucket race adds to the peak on some ranks, and not on others: whether it did is chance.
[[nodiscard]] double race_bytes(const Workload& workload) noexcept;

/// A frozen reference model's weights, which may be on the host.
[[nodiscard]] double reference_bytes(const Workload& workload) noexcept;

/// A block of the CUDA caching allocator for a tensor of that many bytes, in a fresh segment.
[[nodiscard]] double allocated_block(double bytes) noexcept;

}  // namespace recipe::memory
