#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What pyxis gets of a recipe's container, for each kind of step, whatever the order of the plugin stack and whatever the user
# gives himself. A stand-in takes pyxis' place: it takes the options as pyxis does and writes down what each step would get.

load ../helper

setup() {
    cluster_setup
    original_stack=$(<"$CLUSTER_DIR/etc/plugstack.conf")
    without_pyxis=$(grep -v pyxis <<<"$original_stack")
    RECORDS=$CLUSTER_DIR/records-$BATS_TEST_NUMBER
    mkdir -p "$RECORDS"
    printf hsqs | write_file train.sqsh
    cpu=(--recipe=llama_tiny_cpu_pretrain "--recipe-set=container=$WORK/train.sqsh")
}

teardown() {
    echo "$original_stack" >"$CLUSTER_DIR/etc/plugstack.conf"
    cluster_teardown
}

# pyxis VERSION before|after [ARGUMENT...]: each process of Slurm reads the plugin stack anew.
pyxis() {
    local version=$1 order=$2 line
    shift 2
    line="required $CLUSTER_DIR/pyxis_stand_in.so version=$version record=$RECORDS variable=SLURM_RECIPE_MOUNTS $*"
    if [[ $order == before ]]; then
        printf '%s\n' "$line" "$without_pyxis"
    else
        printf '%s\n' "$without_pyxis" "$line"
    fi >"$CLUSTER_DIR/etc/plugstack.conf"
}

# assert_step JOB.STEP.NODE LINE...: exactly these lines were recorded, mounts aside.
assert_step() {
    local step=$1 recorded
    shift
    recorded=$(<"$RECORDS/$step") || fail "step $step has left no record among: $(ls "$RECORDS")"
    recorded=$(grep -vE $'^(mount=|variable |rw\t|ro\t|$)' <<<"$recorded")
    assert_equal "$(sort <<<"$recorded")" "$(printf '%s\n' "$@" | sort)"
}

# assert_mounts JOB.STEP.NODE LINE...: the same of mounts alone.
assert_mounts() {
    local step=$1 recorded
    shift
    recorded=$(grep -E $'^(mount=|variable |rw\t|ro\t)' "$RECORDS/$step") || true
    assert_equal "$(sort <<<"$recorded")" "$(printf '%s\n' "$@" | sort)"
}

# A plan that has mounts, as a job's steps find it: plan_with PYTHON_LIST_OF_MOUNTS
plan_with() {
    as_user "$CLUSTER_DIR/opt/bin/srecipe" plan llama_tiny_cpu_pretrain --format json |
        python3 -c '
import json, sys
plan = json.load(sys.stdin)
plan["container"] = {"image": sys.argv[1], "mounts": eval(sys.argv[2]), "workdir": "/workspace", "mount_home": True,
                     "remap_root": True, "writable": True}
print(json.dumps(plan))' "$WORK/train.sqsh" "$1"
}

check_stack() { # VERSION ORDER
    local ours="image=$WORK/train.sqsh"
    pyxis "$1" "$2"
    write_file steps.sh <<'SHELL'
#!/bin/bash
srun /bin/true
srun --container-image=own /bin/true
srun --export=NONE /bin/true
srun --export=NONE --container-image=own /bin/true
srun --export=MINE --container-image=own --container-workdir=/own /bin/true
srun --no-container-mount-home --container-mounts=/own:/own:ro /bin/true
srun --recipe=none /bin/true
SHELL
    job=$(submit "${cpu[@]}" -o out steps.sh)
    wait_job "$job" 180
    run cat out
    refute_output_contains error
    assert_completed "$job"
    assert_step "$job.batch.0" container=no
    assert_step "$job.0.0" container=yes "$ours"
    assert_step "$job.1.0" container=yes image=own
    assert_step "$job.2.0" container=yes "$ours"
    assert_step "$job.3.0" container=yes image=own
    assert_step "$job.4.0" container=yes image=own workdir=/own
    assert_step "$job.5.0" container=yes "$ours" mount-home=0
    run cat "$RECORDS/$job.0.0"
    assert_output_contains "mount=$WORK/results/llama-tiny-cpu $WORK/results/llama-tiny-cpu x-create=auto,rbind"
    run cat "$RECORDS/$job.5.0"
    assert_output_matches '^mount=/own /own x-create=auto,rbind,ro$'
    assert_output_count 1 '^mount='
    assert_output_matches $'^variable SLURM_RECIPE_MOUNTS=r[wo]\t/'
    assert_step "$job.6.0" container=no

    # shellcheck disable=SC2016 # the step's shell
    run --separate-stderr as_user srun "${cpu[@]}" /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    assert_step "$output.0.0" container=yes "$ours"
    # shellcheck disable=SC2016
    run --separate-stderr as_user srun --export=NONE "${cpu[@]}" --container-image=own /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    assert_step "$output.0.0" container=yes image=own
    # shellcheck disable=SC2016
    run --separate-stderr as_user salloc "${cpu[@]}" srun /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    assert_step "$output.0.0" container=yes "$ours"
}

@test "pyxis 0.19 before us: every srun step gets the container, the user's own options win, the batch step gets none" {
    check_stack 0.19 before
}

@test "pyxis 0.19 after us: the same" { check_stack 0.19 after; }

@test "pyxis 0.24 before us: the same" { check_stack 0.24 before; }

@test "pyxis 0.24 after us: the same" { check_stack 0.24 after; }

@test "the container is on every node of a step, and a job without a recipe has none" {
    pyxis 0.19 after
    run --separate-stderr as_user srun -N 3 "${cpu[@]}" --recipe-set=trainer.num_nodes=3 /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    for node in 0 1 2; do
        assert_step "${output%%$'\n'*}.0.$node" container=yes "image=$WORK/train.sqsh"
    done
    run --separate-stderr as_user srun /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_step "$output.0.0" container=no
    run --separate-stderr as_user srun --recipe=llama_tiny_cpu_pretrain /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_step "$output.0.0" container=no
}

@test "mounts, home, root and writable go to pyxis, and beside the user's own mounts to enroot's hook" {
    mounts='[{"source": "/fsx", "target": "/fsx", "read_only": False, "reason": "results"},
             {"source": "/data", "target": "/in", "read_only": True, "reason": "data"}]'
    plan=$(plan_with "$mounts")
    rest=(container=yes "image=$WORK/train.sqsh" workdir=/workspace mount-home=1 remap-root=1 writable=1)
    for version in 0.19 0.24; do
        for order in before after; do
            pyxis "$version" "$order"
            # shellcheck disable=SC2016
            run --separate-stderr as_user env SLURM_SPANK_RECIPE_PLAN="$plan" srun /bin/sh -c 'echo "$SLURM_JOB_ID"'
            assert_success
            step=$output.0.0
            assert_step "$step" "${rest[@]}"
            assert_mounts "$step" 'mount=/fsx /fsx x-create=auto,rbind' 'mount=/data /in x-create=auto,rbind,ro'
            # shellcheck disable=SC2016
            run --separate-stderr as_user env SLURM_SPANK_RECIPE_PLAN="$plan" \
                srun --export=NONE --container-mounts=/own /bin/sh -c 'echo "$SLURM_JOB_ID"'
            assert_success
            step=$output.0.0
            assert_step "$step" "${rest[@]}"
            assert_mounts "$step" 'mount=/own /own x-create=auto,rbind' $'variable SLURM_RECIPE_MOUNTS=rw\t/fsx\t/fsx' $'ro\t/data\t/in'
            output=${stderr-}
            assert_output_matches "recipe: warning: the step's own --container-mounts replaces the recipe's: not mounted are /fsx \(results\), /in \(data\); what the step writes there is lost \[node\.mounts\]$"
            assert_output_matches '  fix: --container-mounts=/own,/fsx:/fsx,/data:/in:ro$'
        done
    done
}

@test "variables of pyxis that the user has exported are his word, also for a pyxis that does not know them" {
    for version in 0.19 0.24; do
        pyxis "$version" after
        # shellcheck disable=SC2016
        run --separate-stderr as_user env PYXIS_CONTAINER_IMAGE=own PYXIS_CONTAINER_READONLY=yes \
            srun "${cpu[@]}" /bin/sh -c 'echo "$SLURM_JOB_ID"'
        assert_success
        assert_step "$output.0.0" container=yes image=own writable=0
        [[ ${stderr-} == *"recipe: hint: the step runs in own, as its own --container-image says"* ]]
    done
}

@test "a list of mounts that is longer than a path arrives whole" {
    pyxis 0.19 before
    plan=$(plan_with '[{"source": "/a%03d" % i + "x" * 100, "target": "/b%03d" % i, "read_only": False, "reason": "r"} for i in range(60)]')
    # shellcheck disable=SC2016
    run --separate-stderr as_user env SLURM_SPANK_RECIPE_PLAN="$plan" srun /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    assert_equal "$(grep -c ^mount= "$RECORDS/$output.0.0")" 60
}

@test "what a plan says reaches pyxis as values only, and a plan that is none of ours as nothing" {
    pyxis 0.24 after
    plan=$(plan_with '[]' | sed 's|"image": "[^"]*"|"image": "x\\nSLURM_SPANK=1 --container-name=y"|')
    # shellcheck disable=SC2016
    run --separate-stderr as_user env SLURM_SPANK_RECIPE_PLAN="$plan" srun /bin/sh -c 'echo "$SLURM_JOB_ID"'
    assert_success
    assert_step "$output.0.0" container=yes image=x 'SLURM_SPANK=1 --container-name=y' workdir=/workspace mount-home=1 remap-root=1 \
        writable=1
    run as_user env SLURM_SPANK_RECIPE_PLAN='{"container": {"image": "x"}}' srun /bin/true
    assert_failure
    assert_equal "$(grep -l container=yes "$RECORDS"/* | wc -l)" 1
}

@test "a step inside a step asks for itself" {
    pyxis 0.24 before
    write_file inner.sh <<'SHELL'
#!/bin/bash
env | grep -E '^_SLURM_SPANK_OPTION_pyxis|^SLURM_RECIPE_OWN' && exit 1
srun --overlap -N1 -n1 /bin/true
SHELL
    # shellcheck disable=SC2016
    run --separate-stderr as_user salloc "${cpu[@]}" /bin/sh -c 'srun --overlap --container-image=own ./inner.sh; echo "$SLURM_JOB_ID"'
    assert_success
    assert_step "$output.0.0" container=yes image=own
    assert_step "$output.1.0" container=yes "image=$WORK/train.sqsh"
}

@test "srun_args of the recipe reach the step of a job without a script, as words" {
    pyxis 0.19 after
    write_file print.py <<'PYTHON'
print("runs")
PYTHON
    job=$(as_user sbatch --parsable "${cpu[@]}" -o out "--recipe-set=launch.entry_script=$WORK/print.py" \
        "--recipe-set=cluster.srun_args=[--label,'--comment=it is mine']" </dev/null)
    wait_job "$job" 60
    assert_completed "$job"
    assert_step "$job.0.0" container=yes "image=$WORK/train.sqsh"
    run cat out
    # The two processes' line ends may come in any order.
    assert_output_matches '^0: runs'
}

@test "without pyxis a recipe that wants a container is refused, and one that wants none runs" {
    echo "$without_pyxis" >"$CLUSTER_DIR/etc/plugstack.conf"
    for command in 'sbatch --wrap true' 'salloc true' 'srun true'; do
        # shellcheck disable=SC2086 # words
        run as_user ${command%% *} "${cpu[@]}" ${command#* }
        assert_failure
        assert_output_contains "recipe: container: the recipe wants the container $WORK/train.sqsh, and the SPANK plugin pyxis, which starts containers, is not in this cluster's plugin stack [submit.no_pyxis]"
        assert_output_contains "fix: --recipe-set=container=null"
    done
    run as_user srun "${cpu[@]}" --recipe-set=container=null echo runs
    assert_success
    assert_output_contains runs
}

@test "pyxis that keeps out of sbatch is there all the same" {
    pyxis 0.19 after sbatch_support=0
    job=$(submit "${cpu[@]}" --wrap 'srun /bin/true')
    wait_job "$job" 60
    assert_completed "$job"
    assert_step "$job.0.0" container=yes "image=$WORK/train.sqsh"
    assert_step "$job.batch.0" container=no
}

@test "a node without pyxis fails the step, and stays in service" {
    pyxis 0.19 after
    job=$(submit "${cpu[@]}" -o out --wrap "until [ -e '$WORK/go' ]; do sleep 0.1; done; srun --kill-on-bad-exit=1 /bin/true")
    echo "$without_pyxis" >"$CLUSTER_DIR/etc/plugstack.conf"
    touch "$WORK/go"
    wait_job "$job" 60
    assert_equal "$(job_state "$job")" FAILED
    run cat out
    assert_output_matches 'recipe: on node n[1-4]: the recipe wants a container, and the SPANK plugin pyxis, which starts it, is not loaded here; leave the node out with -x, or run without a container: --recipe-set=container=null \[node\.no_pyxis\]$'
}

@test "the hook writes what enroot mounts, and refuses what is no path" {
    hook=$RECIPE_ROOT/etc/enroot/hooks.d/50-recipe-mounts.sh
    export ENROOT_MOUNTS=$WORK/mounts
    : >"$ENROOT_MOUNTS"
    run env SLURM_RECIPE_MOUNTS=$'rw\t/fsx\t/fsx\nro\t/my data\t/in\\put\n' "$hook"
    assert_success
    assert_equal "$(<"$ENROOT_MOUNTS")" $'/fsx /fsx none x-create=auto,rbind,rw\n/my\\040data /in\\134put none x-create=auto,rbind,ro'
    : >"$ENROOT_MOUNTS"
    run env SLURM_RECIPE_MOUNTS=$'rw+nofail\t/cache\t/cache\n' "$hook"
    assert_equal "$(<"$ENROOT_MOUNTS")" '/cache /cache none x-create=auto,rbind,rw,nofail'
    : >"$ENROOT_MOUNTS"
    for mounts in $'rw\t/a\n/b\t/c' $'rw\ta\t/b' $'xx\t/a\t/b' $'rw\t/a\r\t/b' $'rw\t/a\t/b\t/c' $'rw /a /b'; do
        run env SLURM_RECIPE_MOUNTS="$mounts" "$hook"
        assert_failure 1
        assert_output_contains "is refused"
    done
    run "$hook"
    assert_success
    assert_equal "$(<"$ENROOT_MOUNTS")" ""
}
