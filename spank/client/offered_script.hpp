// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace recipe::spank {

/// Puts the generic batch script on fd 0 when this sbatch has no other.
void offer_script(int argc, char** argv);

/// True when it did, so that the recipe must say what to run.
[[nodiscard]] bool script_was_offered() noexcept;

}  // namespace recipe::spank
