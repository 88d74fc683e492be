#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A recipe in a heterogeneous job is refused, however the components are spelled.

load ../helper

refused() { # COMMAND...
    run as_user "$@" </dev/null
    assert_failure
    assert_output_contains "a recipe cannot be part of a heterogeneous job: its steps could not know their component [submit.heterogeneous]"
    assert_output_contains "fix: --recipe=none"
    run no_jobs
    assert_success
    [ ! -e results ]
}

script() { # LINE...: a batch script with these #SBATCH lines
    { echo '#!/bin/sh'; printf '#SBATCH %s\n' "$@"; echo 'srun true'; } | write_file script.sh
}

tiny=--recipe=llama_tiny_cpu_pretrain

@test "sbatch: components on the command line, the recipe in either" {
    write_file plain.sh <<<$'#!/bin/sh\nsrun true'
    refused sbatch -N1 "$tiny" : -N1 plain.sh
    refused sbatch -N1 : -N1 "$tiny" plain.sh
    refused sbatch "$tiny" : -N1 --wrap true
    refused sbatch -N1 : "$tiny"
}

@test "sbatch: components of the script, the recipe in either, typed or in the environment" {
    for word in hetjob packjob; do
        script "$tiny" "$word" "-N1"
        if [[ $word == packjob ]] && ! as_user sbatch --test-only --recipe=none script.sh 2>&1 | grep -q packjob; then
            continue  # newer Slurms have forgotten the word
        fi
        refused sbatch script.sh
        script "-N1" "$word" "$tiny"
        refused sbatch script.sh
        script "$tiny" "$word" "--recipe=none"
        refused sbatch script.sh
        script "-N1" "$word" "-N1"
        refused sbatch "$tiny" script.sh
        refused env SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch script.sh
    done
}

@test "salloc and srun" {
    refused salloc "$tiny" : -N1 true
    refused salloc -N1 : "$tiny" true
    refused srun "$tiny" true : true
    refused srun true : "$tiny" true
    refused srun "$tiny" -N1 : -N1 true
}

@test "a step of a heterogeneous job takes no recipe, and without one the job runs" {
    script "-N1" "hetjob" "-N1"
    cat >>script.sh <<'SHELL'
srun --het-group=0 --recipe=llama_tiny_cpu_pretrain true && echo "ran with a recipe"
srun --het-group=0,1 --recipe=llama_tiny_cpu_pretrain true && echo "ran with a recipe"
srun --recipe=llama_tiny_cpu_pretrain true && echo "ran with a recipe"
srun --het-group=0,1 true && echo "ran without"
SHELL
    for default in "" llama_tiny_cpu_pretrain; do
        run as_user env "SBATCH_RECIPE=$default" sbatch --parsable --wait --recipe=none -o out.log script.sh </dev/null
        assert_success
        run cat out.log
        assert_output_count 3 'submit\.heterogeneous'
        refute_output_contains "ran with a recipe"
        assert_output_contains "ran without"
    done
}

@test "a recipe job from inside a heterogeneous job is no part of it" {
    script "-N1" "hetjob" "-N1"
    write_file inner.sh <<<$'#!/bin/sh\nsrun -N1 sh -c \'echo "inner $RECIPE_NAME"\'\nsrun --recipe-set=run.name=x -N1 true && echo changed'
    cat >>script.sh <<'SHELL'
sbatch --wait -o inner.log --recipe=llama_tiny_cpu_pretrain inner.sh
SHELL
    run as_user sbatch --parsable --wait script.sh
    assert_success
    run cat inner.log
    assert_output_matches '^inner .*llama_tiny_cpu_pretrain$'
    assert_output_contains changed
}
