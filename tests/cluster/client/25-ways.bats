#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ways to submit and to run: arrays, --test-only, requeue, --export, quiet, a terminal, REST, cron.

load ../helper

tiny=--recipe=llama_tiny_cpu_pretrain

setup() {
    cluster_setup
    # Absolute paths: --export=NONE leaves steps without PATH.
    write_file said.sh <<'SHELL'
#!/bin/sh
echo "batch ${RECIPE_NAME-none} in $RECIPE_RESULTS_DIR mine ${MINE-unset}"
srun -N1 /bin/sh -c 'echo "step ${RECIPE_NAME-none} nnodes ${PET_NNODES-none}"; test -r "$RECIPE_CONFIG" && echo readable'
SHELL
}

teardown() {
    [[ ! -e rest.pid ]] || kill "$(cat rest.pid)" 2>/dev/null || true
    if [[ -n ${OTHER-} ]]; then
        "$RECIPE_ROOT/scripts/cluster" stop "$OTHER"
        rm -rf "$OTHER"
    fi
    cluster_teardown
}

number_in() { grep -E '^[0-9]+$' <<<"$1"; }

@test "an array is one submission, and every task has its own directory and log" {
    run as_user sbatch --parsable --wait --array=0-2 "$tiny" said.sh </dev/null
    assert_success
    assert_output_count 1 '^[0-9]+$'
    array=$(number_in "$output")
    for task in 0 1 2; do
        log=results/llama-tiny-cpu/log-llama-tiny-cpu_${array}_$task.out
        run cat "$log"
        assert_output_matches "^batch .*llama_tiny_cpu_pretrain in $WORK/results/llama-tiny-cpu/${array}_$task mine unset\$"
        assert_output_contains readable
        ls "results/llama-tiny-cpu/${array}_$task"/recipe-*.yaml
    done
    assert_equal "$(find results -name 'recipe-*.yaml' | wc -l)" 3
}

@test "--test-only checks everything, submits and writes nothing, and its status is Slurm's" {
    run as_user sbatch --test-only "$tiny" </dev/null
    assert_success
    assert_output_contains "to start at"
    run as_user srun --test-only "$tiny" true
    assert_success
    assert_output_contains "to start at"
    { printf '#!/bin/sh\n#SBATCH --test-only %s\ntrue\n' "$tiny"; } | write_file only.sh
    run as_user sbatch only.sh </dev/null
    assert_success
    assert_output_contains "to start at"
    for tool in "sbatch --wrap=true" "srun true"; do
        # shellcheck disable=SC2086 # words
        run as_user ${tool% *} --test-only "$tiny" --recipe-set=trainer.num_node=4 ${tool#* } </dev/null
        assert_failure 1
        assert_output_contains "compose.unknown_key"
        # shellcheck disable=SC2086 # words
        run as_user ${tool% *} --test-only "$tiny" --recipe-set=trainer.num_nodes=400 ${tool#* } </dev/null
        assert_failure 1
    done
    [ ! -e results ]
    run no_jobs
    assert_success
}

left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }
said() { [[ $(grep -c "$2" "$1" 2>/dev/null) == "$3" ]]; }

@test "a requeued job finds its directory and its configuration again" {
    write_file twice.sh <<'SHELL'
#!/bin/sh
echo "run $RECIPE_RESULTS_DIR $(cksum <"$RECIPE_CONFIG") $(stat -c %i "$RECIPE_CONFIG")" >>runs
[ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 60
SHELL
    job=$(submit "$tiny" twice.sh)
    wait_until 60 said runs '^run ' 1
    # What the recipe becomes afterwards is not this job's.
    as_user scontrol requeue "$job"
    wait_until 40 left_its_nodes "$job"
    # Slurm itself would wait two minutes, for a slurmd refuses credentials made in or before the second it ended the job.
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job"
    assert_completed "$job"
    assert_equal "$(sort -u runs | wc -l)" 1
    assert_equal "$(wc -l <runs)" 2
    assert_equal "$(find results -name 'recipe-*.yaml' | wc -l)" 1
}

@test "the plan reaches the nodes whatever --export says" {
    for export in ALL NONE NIL MINE ALL,MINE=2; do
        run as_user env MINE=1 sbatch --parsable --wait "--export=$export" -o "$export.log" "$tiny" said.sh </dev/null
        assert_success
        run cat "$export.log"
        assert_output_matches '^batch .*llama_tiny_cpu_pretrain in '
        assert_output_matches '^step .*llama_tiny_cpu_pretrain nnodes 1$'
        assert_output_contains readable
        case $export in
        ALL | MINE) assert_output_contains "mine 1" ;;
        ALL,MINE=2) assert_output_contains "mine 2" ;;
        *) assert_output_contains "mine unset" ;;
        esac
    done
    printf 'MINE=3\0PATH=/usr/bin:/bin\0' | write_file exported
    # Without --export, sbatch of Slurm 26.05 reads the file and then replaces what it read (sbatch.c, _fill_job_desc_from_opts).
    run as_user sbatch --parsable --wait --export=ALL --export-file=exported -o file.log "$tiny" said.sh </dev/null
    assert_success
    run cat file.log
    assert_output_matches '^batch .*llama_tiny_cpu_pretrain in .* mine 3$'
    assert_output_contains readable
}

@test "--wrap and a script on stdin are the batch script" {
    run as_user sbatch --parsable --wait "$tiny" --wrap './said.sh' </dev/null
    assert_success
    run job_output "$output"
    assert_output_matches '^batch .*llama_tiny_cpu_pretrain in '
    run as_user sh -c 'sbatch --parsable --wait "$1" <said.sh' sh "$tiny"
    assert_success
    run job_output "$output"
    assert_output_matches '^step .*llama_tiny_cpu_pretrain nnodes 1$'
}

@test "-Q leaves errors only, and --parsable keeps stdout to the job's number" {
    warned=("$tiny" --recipe-set=container=/away/x.sqsh --wrap true)
    run as_user sbatch -Q "${warned[@]}" </dev/null
    assert_success
    assert_equal "$output" ""
    stderr=
    run --separate-stderr as_user sbatch --parsable "${warned[@]}" </dev/null
    assert_success
    [[ $output =~ ^[0-9]+$ ]]
    [[ $stderr == *container.not_visible* ]]
    run as_user sbatch -Q "$tiny" --recipe-set=trainer.num_node=4 --wrap true </dev/null
    assert_failure 1
    assert_output_contains "compose.unknown_key"
}

@test "srun --pty gives a terminal and the recipe" {
    run as_user script -qec "srun --pty $tiny sh -c 'tty; echo recipe \$RECIPE_NAME'" /dev/null
    assert_success
    assert_output_contains "/dev/pts/"
    assert_output_contains "recipe training/llama/llama_tiny_cpu_pretrain"
}

# --- REST ------------------------------------------------------------------------------------------------------------

rest() { # PATH [CURL_ARGUMENT...]
    as_user curl -s --unix-socket rest.socket -H 'Content-Type: application/json' "http://localhost$1" "${@:2}"
}

rest_answers() { rest /openapi/v3 -o openapi.json && [ -s openapi.json ]; }

@test "a job by slurmrestd, which asks no SPANK plugin, is an ordinary job and runs" {
    command -v slurmrestd || skip "no slurmrestd"
    # Those for slurmdbd end it where there is none, and util takes no jobs.
    plugin=$(as_user slurmrestd -s list 2>&1 | grep -oE 'openapi/[a-z0-9.]+' | grep -vE 'db|util' | sort -V | tail -n 1)
    as_user sh -c 'slurmrestd -a rest_auth/local -s "$1" unix:rest.socket >rest.log 2>&1 3>&- & echo $! >rest.pid' sh "$plugin"
    wait_until 20 rest_answers
    path=$(tr -d '\\' <openapi.json | grep -oE '/slurm/v[0-9.]+/job/submit' | sort -V | tail -n 1)
    [ -n "$path" ]
    # Up to v0.0.38 the environment is a map.
    environment='["PATH=/usr/bin:/bin"]'
    if [[ $(printf '%s\n' "$path" /slurm/v0.0.38/job/submit | sort -V | tail -n 1) == */v0.0.38/* ]]; then
        environment='{"PATH": "/usr/bin:/bin"}'
    fi
    write_file job.json <<JSON
{"script": "#!/bin/sh\necho plan \${SLURM_SPANK_RECIPE_PLAN-none} recipe \${RECIPE_NAME-none}\n",
 "job": {"name": "rest", "current_working_directory": "$WORK", "standard_output": "$WORK/rest.out", "environment": $environment}}
JSON
    run rest "$path" -d @job.json
    assert_success
    job=$(/usr/bin/python3 -c 'import json,sys; print(json.loads(sys.argv[1])["job_id"])' "$output")
    wait_job "$job"
    assert_completed "$job"
    assert_equal "$(cat rest.out)" "plan none recipe none"
}

# --- cron ------------------------------------------------------------------------------------------------------------

@test "scrontab's options take no recipe, with the way that works" {
    # Another client under its name, where Slurm is packaged without it: plugins know a command by its name.
    run as_user bash -c "exec -a scrontab sbatch $tiny --wrap true" </dev/null
    assert_failure
    assert_output_contains "recipe: scrontab hands no recipe to its jobs [submit.scrontab]"
    assert_output_contains "fix: let the line's own command be sbatch --recipe=NAME"
    run no_jobs
    assert_success
}

@test "a crontab line whose command is sbatch --recipe submits recipe jobs" {
    scrontab=$(command -v scrontab) || skip "no scrontab"
    OTHER=$(mktemp -d "${TMPDIR:-/tmp}/recipe-other.XXXXXX")
    echo "ScronParameters=enable" >"$WORK/extra.conf"
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 1 --train-nodes 0 --slurm-conf-extra "$WORK/extra.conf" 3>&-
    there() { "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@"; }
    printf '#SCRON %s\n* * * * * true\n' "$tiny" | write_file refused.tab
    run there timeout 20 "$scrontab" "$WORK/refused.tab" </dev/null
    assert_failure
    assert_output_contains "[submit.scrontab]"
    write_file cron.tab <<TAB
#SCRON --chdir=$WORK -o $WORK/line.out
* * * * * cd $WORK && SLURM_CONF=$OTHER/etc/slurm.conf PATH=/usr/bin:/bin HOME=$WORK sbatch $tiny -o $WORK/cron.out said.sh
TAB
    there "$scrontab" "$WORK/cron.tab"
    wait_until 120 said cron.out '^step training/llama/llama_tiny_cpu_pretrain nnodes 1$' 1
}
