# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What every cluster test has: an ordinary user's commands on a shared cluster, ways to wait for jobs and to check output.
#
#   load ../helper
#
#   @test "..." {
#       job=$(submit -N4 --wrap 'srun hostname')
#       wait_job "$job"
#       run job_output "$job"
#       assert_output_contains vm
#   }
#
# The cluster is started once by tests/cluster/run. Each test has an empty working directory of its own, $WORK, which is
# also the directory that user commands run in. A test file with a setup or teardown of its own calls cluster_setup and
# cluster_teardown in them. A test that fails prints what the daemons logged while it ran, and its jobs' logs.
#
# After every test its jobs are cancelled. A test that drained a node fails: no job may do that, whatever is in its plan.

bats_require_minimum_version 1.5.0

: "${CLUSTER_DIR:?run these tests with tests/cluster/run}"
: "${SLURM_RELEASE:?run these tests with tests/cluster/run}" # 2205 for Slurm 22.05
RECIPE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CLUSTER_USER=${RECIPE_CLUSTER_USER:-nobody}

# llama3_2_1b_pretrain has too long a sequence for the A10Gs of the partition train. With this it fits, for tests of other
# things.
# shellcheck disable=SC2034 # for the test files
FITS_A10G=--recipe-set=model.max_context_width=1024

# --- the cluster, as an ordinary user --------------------------------------------------------------------------------

# as_user CMD...: runs CMD in $WORK with a clean environment.
as_user() {
    (cd "$WORK" && exec "$RECIPE_ROOT/scripts/cluster" as-user "$CLUSTER_DIR" "$@")
}

# submit SBATCH_ARGUMENT...: prints the job's id.
submit() {
    as_user sbatch --parsable "$@"
}

# write_file NAME: standard input into $WORK/NAME, for the user to read, run and change.
write_file() {
    cat >"$WORK/$1"
    chmod 755 "$WORK/$1"
    chown "$CLUSTER_USER" "$WORK/$1"
}

# --- jobs ------------------------------------------------------------------------------------------------------------

# job_field ID FIELD: as in `scontrol show job`; one line for each part of an array or heterogeneous job.
job_field() {
    scontrol -o show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

job_state() {
    job_field "$1" JobState
}

# job_output ID: the text of the job's standard output.
job_output() {
    local file
    for file in $(job_field "$1" StdOut | sort -u); do
        cat "$file"
    done
}

job_has_ended() {
    local states
    states=$(job_state "$1")
    [[ -n $states ]] && ! grep -qE 'PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED|STOPPED|RESIZING|SIGNALING' <<<"$states"
}

# wait_job ID [SECONDS]: until it ended, however; fails after the time (default 180, for torchrun on a busy machine).
wait_job() {
    wait_until "${2:-180}" job_has_ended "$1" && return
    echo "job $1 did not end within ${2:-180} s: $(job_state "$1" | tr '\n' ' ')"
    squeue --all
    return 1
}

# wait_until SECONDS CONDITION...
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

assert_completed() { # ID...
    local id
    for id in "$@"; do
        assert_equal "$(job_state "$id" | sort -u)" COMPLETED
    done
}

# --- what differs between the versions of Slurm ----------------------------------------------------------------------

# slurm_before VERSION: true when the cluster's Slurm is older, as in `slurm_before 23.11`.
slurm_before() {
    local year=${1%.*} month=${1#*.}
    ((SLURM_RELEASE < 10#$year * 100 + 10#$month))
}

# tres_request GRES: how scontrol shows the request of a job for "gpu:8" (TresPerNode, TresPerJob and their like).
tres_request() {
    if slurm_before 23.11; then
        echo "gres:$1"
    else
        echo "gres/$1"
    fi
}

# takes_whole_nodes ID: true when the job shares its nodes with no other. 26.05 has a field of its own for that, beside an
# OverSubscribe=NO of every job that may not share processors.
takes_whole_nodes() {
    if slurm_before 26.05; then
        [[ $(job_field "$1" OverSubscribe) == NO ]]
    else
        [[ $(job_field "$1" Exclusive) == NODE ]]
    fi
}

# unasked_nodes: how scontrol shows the NumNodes of a pending job that did not ask for nodes.
unasked_nodes() {
    if slurm_before 23.11; then
        echo 1
    else
        echo 1-1
    fi
}

# --- assertions on what `run` left in $status and $output ------------------------------------------------------------

fail() {
    echo "$1"
    echo "--- status ${status-}, output:"
    echo "${output-}"
    return 1
}

assert_success() { ((status == 0)) || fail "expected success"; }

assert_failure() { # [STATUS]
    if (($#)); then
        ((status == $1)) || fail "expected exit status $1"
    else
        ((status != 0)) || fail "expected a failure"
    fi
}

assert_output_contains() { [[ $output == *"$1"* ]] || fail "expected in the output: $1"; }

refute_output_contains() { [[ $output != *"$1"* ]] || fail "not expected in the output: $1"; }

# assert_output_matches REGEX: extended, against single lines.
assert_output_matches() { grep -qE -e "$1" <<<"$output" || fail "expected a line that matches: $1"; }

refute_output_matches() { ! grep -qE -e "$1" <<<"$output" || fail "no line may match: $1"; }

assert_output_count() { # NUMBER REGEX
    local count
    count=$(grep -cE -e "$2" <<<"$output") || true
    ((count == $1)) || fail "expected $1 lines that match $2, found $count"
}

assert_equal() { # ACTUAL EXPECTED
    [[ $1 == "$2" ]] || fail "expected '$2', found '$1'"
}

# add_pyxis DIR: the stand-in for pyxis joins the plugin stack of the cluster in DIR, as tests/cluster/run has done for its own.
add_pyxis() {
    cp "$RECIPE_BUILD/tests/pyxis_stand_in.so" "$1/"
    mkdir -p "$1/records"
    echo "required $1/pyxis_stand_in.so version=0.19 record=$1/records" >>"$1/etc/plugstack.conf"
}

# --- around each test ------------------------------------------------------------------------------------------------

setup() { cluster_setup; }

teardown() { cluster_teardown; }

cluster_setup() {
    local log
    WORK=$CLUSTER_DIR/home/$CLUSTER_USER/$(basename "$BATS_TEST_FILENAME" .bats)-$BATS_TEST_NUMBER
    mkdir -p "$WORK"
    chown "$CLUSTER_USER:" "$WORK"
    cd "$WORK" || return
    declare -gA LOG_STARTS=()
    for log in "$CLUSTER_DIR"/log/*.log; do
        LOG_STARTS[$log]=$(stat -c %s "$log")
    done
}

cluster_teardown() {
    local healthy=yes
    cancel_jobs || healthy=
    restore_nodes || healthy=
    if [[ -z ${BATS_TEST_COMPLETED-} || -z $healthy ]]; then
        print_test_logs
    fi
    [[ -n $healthy ]]
}

# For files that start clusters of their own: $OTHER is the directory for one.
other_cluster_setup() {
    cluster_setup
    OTHER=$(mktemp -d "${TMPDIR:-/tmp}/recipe-other.XXXXXX")
}

other_cluster_teardown() {
    if [[ -e $OTHER/.slurm-recipe-cluster ]]; then
        "$RECIPE_ROOT/scripts/cluster" stop "$OTHER"
    fi
    rm -rf "$OTHER"
    cluster_teardown
}

no_jobs() { [[ -z $(squeue --all --noheader) ]]; }

cancel_jobs() {
    # By its number: for scancel of 26.05 "nobody" is no valid name of a user.
    scancel --user "$(id -u "$CLUSTER_USER")" 2>/dev/null || true
    # slurmd takes some eight seconds over a job that is cancelled just while its step starts.
    wait_until 40 no_jobs || {
        echo "jobs that cannot be cancelled:"
        squeue --all
        return 1
    }
}

restore_nodes() {
    local broken node
    broken=$(sinfo -h -N -o '%N %T %E' | grep -E ' (drain|down|fail|inval)' | sort -u) || true
    [[ -n $broken ]] || return 0
    echo "this test broke nodes:"
    echo "$broken"
    while read -r node _; do
        scontrol update NodeName="$node" State=RESUME
    done <<<"$broken"
    return 1
}

# RECIPE_TEST_VERBOSE=1 shows debug lines as well.
print_test_logs() {
    local log lines=${RECIPE_TEST_LOG_LINES:-30} dropped='debug'
    [[ -z ${RECIPE_TEST_VERBOSE-} ]] || dropped='^$'
    for log in "$CLUSTER_DIR"/log/*.log; do
        if (($(stat -c %s "$log") > ${LOG_STARTS[$log]:-0})); then
            echo "--- $(basename "$log") since the test began:"
            tail -c "+$((${LOG_STARTS[$log]:-0} + 1))" "$log" | grep -vE "$dropped" | tail -n "$lines"
        fi
    done
    while read -r log; do
        echo "--- ${log#"$WORK"/}:"
        tail -n "$lines" "$log"
    done < <(find "$WORK" -type f -size +0 \( -name '*.out' -o -name '*.log' -o -name '*.err' \))
}
