#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bench/run can measure what it says it measures; how long that takes here is not judged. SRECIPE names the program in its
# build tree, beside which the bench's programs are.

bats_require_minimum_version 1.5.0

: "${SRECIPE:?the program to test}"

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    build=$(cd "$(dirname "$SRECIPE")/.." && pwd)
}

# The ratios of the usage, without those that need a cluster or callgrind.
figures() { sed -n 's/^    \([a-z0-9-]*\)  *[0-9]*\.*[0-9]* *ms .*/\1/p; s/^    \(engine-growth\) .*/\1/p' "$root/bench/run"; }

# A build with programs of the bench that print what the real ones do, after a change by sed.
changed_build() { # PROGRAM SED_SCRIPT
    mkdir -p "$BATS_TEST_TMPDIR/build/bench"
    ln -sfn "$build/bin" "$BATS_TEST_TMPDIR/build/bin"
    ln -sf "$build"/bench/bench_* "$BATS_TEST_TMPDIR/build/bench/"
    rm "$BATS_TEST_TMPDIR/build/bench/$1"
    printf '#!/bin/sh\n"%s" "$@" | sed "%s"\n' "$build/bench/$1" "$2" >"$BATS_TEST_TMPDIR/build/bench/$1"
    chmod 755 "$BATS_TEST_TMPDIR/build/bench/$1"
}

@test "the bench measures each figure of its usage" {
    run --separate-stderr "$root/bench/run" --smoke --build "$build"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(wc -w <<<"$(figures)")" -ge 6 ]
    [ "$(sort <<<"$output")" = "$(figures | sort)" ]
}

@test "the bench fails where a figure is missing or a program fails" {
    changed_build bench_engine '/judge-seed/d'
    run "$root/bench/run" --smoke --build "$BATS_TEST_TMPDIR/build"
    [ "$status" -ne 0 ]
    changed_build bench_engine ''
    changed_build bench_controller 's/p99/other/'
    run "$root/bench/run" --smoke --build "$BATS_TEST_TMPDIR/build"
    [ "$status" -ne 0 ]
    printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/build/bench/bench_controller"
    run "$root/bench/run" --smoke --build "$BATS_TEST_TMPDIR/build"
    [ "$status" -ne 0 ]
}
