// SPDX-License-Identifier: Apache-2.0
// The trace (lib/trace) in Slurm's processes: their -v and debug levels govern it.
#pragma once

namespace recipe::spank {

/// From here on the trace goes to the log of the Slurm process around us, at the level that this log has now.
void trace_to_slurm() noexcept;

/// The same for a command that a user runs. Where RECIPE_LOG asks for more than the command's -v, the trace goes to
/// stderr instead.
void trace_for_user() noexcept;

}  // namespace recipe::spank
