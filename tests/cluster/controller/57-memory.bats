#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# slurmctld below valgrind, for a few submissions; scripts/test-full has more of them.

load ../helper

@test "what slurmctld asks of itself and decides leaks nothing" {
    command -v valgrind >/dev/null || skip "needs valgrind"
    # Later a reconfiguration starts a new slurmctld, which valgrind does not follow.
    slurm_before 23.11 || skip "slurmctld stays itself only before 23.11"
    run "$RECIPE_ROOT/tests/soak/soak.py" --build "$RECIPE_BUILD" valgrind --submissions 24 --clients 4 --at-once 4 3>&-
    assert_success
    assert_output_contains "slurmctld, 1 processes: 0 errors in which we take part"
    assert_output_contains "sbatch, 4 processes: 0 errors in which we take part"
}
