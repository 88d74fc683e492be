// SPDX-License-Identifier: Apache-2.0
// Slurm's headers declare C functions outside of extern "C" here and there.
#pragma once

extern "C" {
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>
}
