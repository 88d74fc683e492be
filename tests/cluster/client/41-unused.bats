#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A recipe that was asked for where Slurm does not look: no job runs without it and says nothing.

load ../helper

tiny=--recipe=llama_tiny_cpu_pretrain

setup() {
    cluster_setup
    write_file plain.sh <<'SHELL'
#!/bin/sh
echo "recipe ${RECIPE_NAME-none} arguments $*"
SHELL
    write_file named.sh <<SHELL
#!/bin/sh
#SBATCH $tiny
echo "recipe \${RECIPE_NAME-none}"
SHELL
}

refused() { # CODE COMMAND...: leaves output for assertions
    local code=$1
    shift
    run as_user "$@" </dev/null
    assert_failure
    assert_output_contains "[$code]"
    assert_output_contains "fix: "
    refute_output_contains "Submitted"
    refute_output_contains "recipe none"
    local said=$output
    run no_jobs
    assert_success
    output=$said
}

# runs_with RECIPE COMMAND...: a job whose script says which recipe it has.
runs_with() {
    local recipe=$1
    shift
    run as_user "$@" </dev/null
    assert_success
    refute_output_contains "recipe:"
    run job_output "$(grep -E '^[0-9]+$' <<<"$output")"
    assert_output_contains "recipe $recipe"
}

@test "--recipe behind the script's name is refused, and the line that works is shown" {
    for command in "plain.sh $tiny" "plain.sh x --recipe llama_tiny_cpu_pretrain" "plain.sh --recipe=llama/llama_tiny_cpu_pretrain"; do
        # shellcheck disable=SC2086 # words
        refused submit.after_script sbatch $command
        assert_output_contains "fix: sbatch --recipe"
    done
    assert_output_contains "recipe: --recipe=llama/llama_tiny_cpu_pretrain stands after plain.sh"
    refused submit.after_script srun plain.sh "$tiny"
    refused submit.after_script salloc ./plain.sh "$tiny"
    refused submit.after_script sbatch "$tiny" plain.sh --recipe-set=trainer.num_nodes=2
    refused submit.after_script sbatch "$tiny" plain.sh --recipe=llama3_2_1b_pretrain
    refused submit.after_script env SBATCH_RECIPE=llama_tiny_cpu_pretrain sbatch plain.sh --recipe-set=trainer.num_nodes=2
    # The line of the last fix works.
    runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait --recipe=llama/llama_tiny_cpu_pretrain plain.sh
}

@test "a recipe file behind the script's name is refused, another YAML file is the script's" {
    printf 'run: {name: mine}\ntrainer: {num_nodes: 1}\n' | write_file mine.yaml
    printf 'flour: 200\n' | write_file cake.yaml
    refused submit.after_script sbatch plain.sh --recipe=mine.yaml
    runs_with "none arguments --recipe=cake.yaml" sbatch --parsable --wait plain.sh --recipe=cake.yaml
}

@test "what the script's own options are, passes in silence" {
    runs_with "none arguments --recipe=pie --recipe-set=a=b" sbatch --parsable --wait plain.sh --recipe=pie --recipe-set=a=b
    runs_with "none arguments $tiny" sbatch --parsable --wait --recipe=none plain.sh "$tiny"
    runs_with "training/llama/llama_tiny_cpu_pretrain arguments $tiny --recipe-set=mine=3" \
        sbatch --parsable --wait "$tiny" -o out plain.sh "$tiny" --recipe-set=mine=3
    run as_user srun plain.sh --recipe=pie
    assert_output_contains "recipe none arguments --recipe=pie"
}

@test "a command of Slurm that salloc or srun runs takes its own options" {
    run as_user salloc srun -N1 -n1 "$tiny" ./plain.sh
    assert_success
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
    run as_user salloc env X=1 sbatch --parsable --wait "$tiny" -o inner.out plain.sh
    assert_success
    run cat inner.out
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
}

@test "inside a job that has a recipe a step's own --recipe is its own" {
    runs_with "training/llama/llama_tiny_cpu_pretrain arguments $tiny" \
        sbatch --parsable --wait "$tiny" -o out --wrap "srun -N1 -n1 ./plain.sh $tiny"
}

@test "#SBATCH lines behind the first command are refused" {
    printf '#!/bin/sh\n#SBATCH -N 1\necho "recipe ${RECIPE_NAME-none}"\n#SBATCH %s\n' "$tiny" | write_file late.sh
    refused submit.script_line sbatch late.sh
    assert_output_contains "at late.sh:4"
    assert_output_contains "fix: #SBATCH $tiny above line 3"
    printf '#!/bin/sh\n#SBATCH %s\ntrue\n#SBATCH --recipe-set=trainer.num_nodes=2\n' "$tiny" | write_file late_set.sh
    refused submit.script_line sbatch late_set.sh
    run as_user env "PATH=$WORK:$PATH" sh -c 'mkdir away; cd away; sbatch late.sh' </dev/null
    assert_failure
    assert_output_contains "[submit.script_line]"
}

@test "#SBATCH lines that sbatch takes for comments are refused, and those that are switched off are not" {
    for line in "# SBATCH $tiny" "#sbatch $tiny" " #SBATCH $tiny" "#SBTACH $tiny" "#SBATCH: $tiny"; do
        printf '#!/bin/sh\n%s\necho "recipe ${RECIPE_NAME-none}"\n' "$line" | write_file misspelt.sh
        run as_user sbatch misspelt.sh </dev/null
        assert_failure
        # The last of these Slurm refuses itself.
        [[ $line == "#SBATCH:"* ]] || assert_output_contains "[submit.script_line]"
    done
    for line in "##SBATCH $tiny" "# sbatch $tiny misspelt.sh" "# say --recipe=NAME"; do
        printf '#!/bin/sh\n%s\necho "recipe ${RECIPE_NAME-none}"\n' "$line" | write_file off.sh
        runs_with none sbatch --parsable --wait off.sh
    done
    # Slurm reads these.
    for line in "#SBATCH$tiny" "#SBATCH -N1 $tiny # why"; do
        printf '#!/bin/sh\n%s\necho "recipe ${RECIPE_NAME-none}"\n' "$line" | write_file on.sh
        runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait on.sh
    done
}

@test "a script on stdin, from a file, a pipe or a here-document, is looked at as well" {
    printf '#!/bin/sh\ntrue\n#SBATCH %s\n' "$tiny" | write_file late.sh
    write_file here.sh <<SHELL
#!/bin/bash
sbatch <<END
#!/bin/sh
true
#SBATCH $tiny
END
SHELL
    for command in 'sbatch <late.sh' './here.sh' 'cat late.sh >copy; (cat copy; sleep 0.2) | (sleep 0.1; sbatch)'; do
        run as_user bash -c "$command"
        assert_failure
        assert_output_contains "[submit.script_line]"
        assert_output_contains "at stdin:3"
    done
    # The same under a name.
    for command in 'cat late.sh | (sleep 0.1; sbatch /dev/stdin)' 'exec 9< <(cat late.sh); sleep 0.1; sbatch /dev/fd/9' 'sbatch /dev/stdin <late.sh'; do
        run as_user bash -c "$command"
        assert_failure
        assert_output_contains "[submit.script_line]"
        assert_output_matches 'at /dev/(stdin|fd/9):3$'
    done
    run as_user bash -c 'sbatch --parsable --wait <(cat named.sh)'
    assert_success
    run job_output "$output"
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
    run as_user bash -c 'sbatch --parsable --wait <named.sh'
    assert_success
    # What was looked at is still there for sbatch.
    run as_user bash -c 'cat named.sh | sbatch --parsable --wait'
    assert_success
    run job_output "$output"
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
}

@test "--wrap, srun and salloc read no #SBATCH lines, which is said" {
    refused submit.script_line sbatch --wrap "#SBATCH $tiny
echo recipe \${RECIPE_NAME-none}"
    refused submit.script_line srun named.sh
    refused submit.script_line srun ./named.sh
    refused submit.script_line salloc ./named.sh
    assert_output_contains "fix: salloc $tiny ./named.sh"
    run as_user srun "$tiny" ./named.sh
    assert_success
    run as_user srun --recipe=none ./named.sh
    assert_output_contains "recipe none"
}

@test "an allocation without a shell is refused, and srun --jobid takes a recipe" {
    refused submit.no_shell salloc --no-shell "$tiny"
    refused submit.no_shell env SALLOC_RECIPE=llama_tiny_cpu_pretrain salloc --no-shell
    run as_user env SALLOC_RECIPE=llama_tiny_cpu_pretrain salloc --no-shell --recipe=none -J bare
    assert_success
    job=$(squeue -h -n bare -o %i)
    run as_user srun "--jobid=$job" "$tiny" -N1 -n1 ./plain.sh
    assert_success
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
}

@test "a variable or an option that would have no effect is refused" {
    refused submit.no_variable env SBATCH_RECIPE_SET=trainer.num_nodes=2 sbatch plain.sh
    refused submit.no_variable env SBATCH_RECIPE_SET=trainer.num_nodes=2 sbatch "$tiny" plain.sh
    refused submit.no_variable env SRUN_RECIPE=llama_tiny_cpu_pretrain srun ./plain.sh
    refused submit.no_recipe sbatch --recipe= plain.sh
    refused submit.no_recipe sbatch --recipe=none --recipe-set=trainer.num_nodes=2 plain.sh
    printf '#!/bin/sh\n#SBATCH %s --recipe-set=trainer.num_nodes=2\necho "recipe ${RECIPE_NAME-none}"\n' "$tiny" | write_file sets.sh
    runs_with none sbatch --parsable --wait --recipe=none sets.sh
}

@test "of two recipes on one command line neither is dropped" {
    refused submit.conflict sbatch --recipe=llama3_2_1b_pretrain "$tiny" plain.sh
    assert_output_contains "--recipe=llama3_2_1b_pretrain and $tiny name two recipes"
    refused submit.conflict srun "$tiny" --recipe llama3_2_1b_pretrain ./plain.sh
    runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait "$tiny" --recipe=none "$tiny" plain.sh
    # Each of its own level.
    printf '#!/bin/sh\n#SBATCH --recipe=llama3_2_1b_pretrain\necho "recipe ${RECIPE_NAME-none}"\n' | write_file other.sh
    runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait "$tiny" other.sh
}

@test "a site may make each a warning, or silence it" {
    write_file site.yaml <<'YAML'
severities: {submit.after_script: warning, submit.script_line: warning, submit.no_shell: warning, submit.no_variable: off}
YAML
    export_site() { as_user env "SLURM_RECIPE_SITE=$WORK/site.yaml" "$@"; }
    run export_site sbatch --parsable plain.sh "$tiny" </dev/null
    assert_success
    assert_output_contains "recipe: warning: $tiny stands after plain.sh"
    run export_site srun ./named.sh
    assert_success
    assert_output_contains "recipe none"
    assert_output_contains "[submit.script_line]"
    run export_site env SBATCH_RECIPE_SET=a=b sbatch --parsable plain.sh </dev/null
    assert_success
    refute_output_contains "recipe:"
}

@test "the plan reaches steps whatever hides the user's environment" {
    runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait --get-user-env "$tiny" -o out ./plain.sh
    for export in NONE NIL HOME; do
        runs_with training/llama/llama_tiny_cpu_pretrain sbatch --parsable --wait "$tiny" -o out --wrap "srun --export=$export -N1 -n1 $WORK/plain.sh"
    done
}
