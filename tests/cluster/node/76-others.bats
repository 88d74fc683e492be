#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A second user, who may write where jobs leave their results, and makes beforehand what the next job would find there.

load ../helper

setup() {
    cluster_setup
    results=$WORK/results/llama-tiny-cpu
    mkdir "$WORK/results"
    chmod 1777 "$WORK/results"
    # Whoever comes first owns what all runs of a recipe have above them.
    as_mallory mkdir -m 777 "$results"
}

as_mallory() { (umask 0 && exec setpriv --reuid 4242 --regid 4242 --clear-groups "$@"); }

recipe=(--recipe=llama_tiny_cpu_pretrain --recipe-set=launch.launcher=direct --recipe-set=trainer.devices=1)

# held SBATCH_ARGUMENT...: prints the job's id.
held() { submit --hold "${recipe[@]}" "$@" 2>"$WORK/said"; }

release() { as_user scontrol release "$1"; }

# What mallory would have run, and read, in the victim's name.
trap_in() { # DIRECTORY [MODE]
    as_mallory mkdir -m "${2-755}" "$1"
    as_mallory sh -c 'printf "print(\"mallory\")\n" >"$1/train.py"; for name in $2; do printf "run: {name: mallory}\n" >"$1/$name"; done' sh "$1" \
        "$(scontrol -o show job "$job" | grep -o 'plan=[0-9a-f]*' | sed 's/plan=\(.*\)/recipe-\1.yaml/')"
}

@test "a job whose directory another user has made beforehand fails with the owner's name, and reads nothing there" {
    write_file show.sh <<'SHELL'
#!/bin/bash
cat "$RECIPE_CONFIG"
srun sh -c 'cat "$RECIPE_CONFIG"'
SHELL
    job=$(held -N 2 -o out show.sh)
    trap_in "$results/$job"
    run ls "$results/$job"
    assert_output_matches '^recipe-[0-9a-f]{12}\.yaml$'
    release "$job"
    wait_job "$job"
    assert_equal "$(job_state "$job")" FAILED
    run cat out
    refute_output_contains mallory
    assert_output_matches "recipe: on node n[12]: $results/$job belongs to uid 4242, and not to $CLUSTER_USER \(uid [0-9]+\): nothing of it is used; --recipe-set=base_results_dir=DIRECTORY names one in which only the user makes directories \[node.foreign\]"
    # Nothing was written there, either.
    run ls -A "$results/$job"
    refute_output_contains manifest
}

@test "a step, too, takes nothing from a directory that others may write to" {
    job=$(held -N 2 -o out --wrap 'mkdir -p "$RECIPE_RESULTS_DIR"; chmod 777 "$RECIPE_RESULTS_DIR"; srun cat "$RECIPE_CONFIG"; echo "srun ended with $?"')
    release "$job"
    wait_job "$job"
    run cat out
    assert_output_contains "others may write to $results/$job (mode 0777): nothing of it is used; chmod go-w, where all that is there is the user's own [node.foreign]"
    assert_output_matches '^srun ended with [1-9]'
    refute_output_contains "trainer:"
}

@test "code that another user has put where the clone would be does not run" {
    mkdir src
    chown "$CLUSTER_USER" src .
    as_user env -C "$WORK/src" git -c init.defaultBranch=main init -q .
    echo 'print("ours")' >src/train.py
    chown -R "$CLUSTER_USER" src
    as_user env -C "$WORK/src" sh -c 'git add -A && git -c user.name=me -c user.email=me@example.org commit -q -m first && git clone -q --bare . ../code.git'
    code=("--recipe-set=++git.repo_url_or_path=file://$WORK/code.git" --recipe-set=++git.entry_script=train.py)

    job=$(held -o out "${code[@]}")
    trap_in "$results/$job"
    as_mallory sh -c 'mkdir "$1/code" && cd "$1/code" && cp ../train.py . && git init -q . && git add -A && git -c user.name=m -c user.email=m@example.org commit -q -m m' sh "$results/$job"
    release "$job"
    wait_job "$job"
    assert_equal "$(job_state "$job")" FAILED
    run cat out
    assert_output_contains "[node.foreign]"
    refute_output_matches '^mallory'

    # The job's own directory, but not the clone in it: as where a program has opened it to a group.
    job=$(held -o own "${code[@]}" --recipe-set=launch.setup="['true']")
    as_user mkdir -p "$results/$job/code"
    chmod 700 "$results/$job"
    chown -R 4242 "$results/$job/code"
    release "$job"
    wait_job "$job"
    assert_equal "$(job_state "$job")" FAILED
    run cat own
    assert_output_matches "recipe: error: $results/$job/code belongs to [A-Za-z0-9]+, or others may write to it: the training code is not taken from there \[node.code\]"

    # Without mallory it runs.
    job=$(held -o good "${code[@]}")
    release "$job"
    wait_job "$job"
    assert_completed "$job"
    run cat good
    assert_output_contains ours
}

@test "a variable by which a job is told what it is, and an address that is an option, are refused at the prompt and on a node" {
    for set in SLURM_SPANK_RECIPE_PLAN=x SLURM_JOB_ID=1 SLURMD_NODENAME=x PET_RDZV_ENDPOINT=evil:1 RECIPE_CONFIG=/x; do
        run as_user sbatch "${recipe[@]}" "--recipe-set=++env_vars.$set" --wrap true
        assert_failure
        assert_output_contains "env_vars.${set%%=*}: ${set%%=*} cannot be set: "
        assert_output_contains "[environment.reserved]"
    done
    for url in 'a@b:--upload-pack=x' 'ssh://-oProxyCommand=x/code' 'ssh://host/-oProxyCommand=x'; do
        run as_user sbatch "${recipe[@]}" "--recipe-set=++git.repo_url_or_path='$url'" --recipe-set=++git.entry_script=a.py --wrap true
        assert_failure
        assert_output_contains "begins with -, which git or ssh could take for an option"
        assert_output_contains "[launch.code_url]"
    done
    run as_user sbatch --test-only "${recipe[@]}" --recipe-set=++env_vars.LD_PRELOAD=/x.so --wrap true
    assert_success
    assert_output_contains "env_vars.LD_PRELOAD: LD_PRELOAD=/x.so: it loads a library into every program of the job"

    # A plan that somebody else has written.
    write_file forged.sh <<'SHELL'
#!/bin/bash
plan=$SLURM_SPANK_RECIPE_PLAN
for name in SLURM_NODEID PET_NNODES RECIPE_COMMAND; do
    export SLURM_SPANK_RECIPE_PLAN=${plan/'["MINE","1"'/"[\"$name\",\"1\""}
    srun sh -c 'echo "ran with $MINE"'
done
export SLURM_SPANK_RECIPE_PLAN=$plan
srun sh -c 'echo "ran with $MINE"'
SHELL
    job=$(as_user sbatch --parsable -o out "${recipe[@]}" --recipe-set=++env_vars.MINE=1 forged.sh 2>/dev/null)
    wait_job "$job"
    run cat out
    for name in SLURM_NODEID PET_NNODES RECIPE_COMMAND; do
        assert_output_contains "the launch plan is malformed: environment holds $name, which is not a recipe's to set [plan.malformed]"
    done
    assert_output_count 1 '^ran with 1$'
}

@test "a recipe that somebody else has written obeys nobody's terminal, and fakes no field for accounting" {
    esc=$'\e[31m' c1=$'\xc2\x9b31m' bidi=$'\xe2\x80\xae'
    mkdir theirs
    # It lies in nobody's collection: the name is the file's.
    name="$WORK/theirs/x plan=000000000000$esc$c1$bidi.yaml"
    cp "$RECIPE_ROOT/recipes_collection/recipes/training/llama/llama_tiny_cpu_pretrain.yaml" "$name"
    refute_raw() {
        for raw in "$esc" "$c1" "$bidi"; do refute_output_contains "$raw"; done
    }
    run as_user env RECIPE_LOG=debug sbatch -vvv "--recipe=$name" "--recipe-set=+run.no_such_key='$esc$c1$bidi'" -H --wrap true
    refute_raw
    run as_user sbatch --parsable -H "--recipe=$name" --recipe-set=launch.entry_script=/bin/true \
        "--recipe-set=run.results_dir='$WORK/results'" "--recipe-set=run.name='a$esc$c1$bidi'" --wrap true
    refute_raw
    job=$(tail -n 1 <<<"$output")
    [[ $job =~ ^[0-9]+$ ]] || fail "not submitted: $output"
    run scontrol -o show job "$job"
    refute_raw
    assert_output_count 1 'plan='
    assert_output_contains 'x\x20plan\x3d000000000000'
    run grep -cF -e "$esc" -e "$c1" -e "$bidi" "$CLUSTER_DIR/log/slurmctld.log"
    assert_equal "$output" 0
}

@test "a directory above the results that others may write to is a warning, and one with the sticky bit is none" {
    run as_user sbatch --test-only "${recipe[@]}" --wrap true
    assert_success
    assert_output_matches "run.results_dir is $results, and others may write to $results \(mode 0777, of uid 4242\): they can put another directory in the place of the job's"
    assert_output_contains "[paths.exposed]"
    chmod 1777 "$results"
    run as_user sbatch --test-only "${recipe[@]}" --wrap true
    assert_success
    refute_output_contains "paths.exposed"
}

@test "a token of another user proves no shared storage" {
    job=$(held -N 2 -o out --wrap 'srun --recipe-step=train sh -c "echo started"')
    token=$results/.recipe-$job.0.0
    as_mallory sh -c 'printf "%s 29999." "$(basename "$1")" >"$1"' sh "$token"
    release "$job"
    wait_job "$job"
    run cat out
    refute_output_contains started
    assert_output_contains "$token belongs to uid 4242, and not to $CLUSTER_USER"
    assert_output_contains "it proves no shared storage, and nothing of it is used"
    assert_output_contains "[node.foreign]"
}
