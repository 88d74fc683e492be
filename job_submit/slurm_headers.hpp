// SPDX-License-Identifier: Apache-2.0
// Slurm's public headers, and what slurmctld exports beside them.
#pragma once

extern "C" {
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>  // declares slurm_info() and slurm_error()

// slurmctld frees what a job request holds with its own allocator, whose functions are exported but in no public
// header.
char* slurm_xstrdup(const char* text);
void slurm_xfree(void** memory);
extern slurm_conf_t slurm_conf;
}
