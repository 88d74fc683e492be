// SPDX-License-Identifier: Apache-2.0
// For the check of symbols: Slurm has no such function.
extern "C" int slurm_of_no_version();
extern "C" int call_it();
int call_it() {
    return slurm_of_no_version();
}
