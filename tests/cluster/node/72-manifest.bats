#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a job leaves of its recipe beside its results: the configuration that its tasks read, and manifest.json.

load ../helper

recipe=(--recipe=llama_tiny_cpu_pretrain)
# Says whether the task finds what RECIPE_* names.
sees='[ -r "$RECIPE_CONFIG" ] && [ "$RECIPE_CONFIG" = "$RECIPE_CONFIG_DIR/$RECIPE_CONFIG_NAME" ] && [ -w "$RECIPE_RESULTS_DIR" ] && echo sees'

manifest() { # JOB EXPRESSION: of the manifest m, in Python
    python3 -c 'import json, sys; m = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$WORK/results/llama-tiny-cpu/$1/manifest.json" "$2"
}

@test "a batch job leaves one configuration and one manifest, which say what ran where" {
    printf hsqs >"$WORK/image.sqsh"
    chmod 644 "$WORK/image.sqsh"
    write_file see.sh <<SHELL
#!/bin/bash
$sees
srun sh -c '$sees'
SHELL
    job=$(submit -N 4 "${recipe[@]}" --recipe-set=trainer.max_steps=7 --recipe-set=container="$WORK/image.sqsh" \
        --recipe-set=+env_vars.API_KEY=do-not-show --recipe-set=+env_vars.PLAIN=seen -o out see.sh 2>/dev/null)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 5 '^sees$'
    run ls -A "results/llama-tiny-cpu/$job"
    assert_output_count 1 '^recipe-[0-9a-f]{12}\.yaml$'
    assert_output_count 1 '^manifest\.json$'
    assert_equal "$(wc -l <<<"$output")" 2
    assert_equal "$(manifest "$job" 'm["job_id"]')" "$job"
    assert_equal "$(manifest "$job" 'len(m["starts"])')" 1
    assert_equal "$(manifest "$job" 'm["starts"][0]["recipe"]')" training/llama/llama_tiny_cpu_pretrain
    assert_equal "$(manifest "$job" 'm["starts"][0]["nodes"]')" 'n[1-4]'
    assert_equal "$(manifest "$job" '"trainer.max_steps=7" in m["starts"][0]["overrides"]')" True
    assert_equal "$(manifest "$job" 'm["starts"][0]["container"]["inode"]')" "$(stat -c %i image.sqsh)"
    assert_equal "$(manifest "$job" 'm["starts"][0]["container"]["bytes"]')" 4
    assert_equal "$(manifest "$job" '[v for v in m["starts"][0]["environment"] if v["name"] == "API_KEY"]')" \
        "[{'name': 'API_KEY', 'value': '***', 'source': '--recipe-set'}]"
    assert_equal "$(manifest "$job" '[v["value"] for v in m["starts"][0]["environment"] if v["name"] == "PLAIN"]')" "['seen']"
    assert_equal "$(manifest "$job" 'm["starts"][0]["slurm"]')" "$(sbatch --version | awk '{print $2}')"
    assert_equal "$(manifest "$job" 'm["starts"][0]["config"]')" "$(cd "results/llama-tiny-cpu/$job" && echo recipe-*.yaml)"
    run grep -r do-not-show "results/llama-tiny-cpu/$job"
    assert_failure
    assert_equal "$(stat -c '%a %U' "results/llama-tiny-cpu/$job/manifest.json")" "600 $CLUSTER_USER"
}

@test "a direct srun and an srun inside salloc leave theirs before any task starts" {
    run as_user srun -N4 "${recipe[@]}" sh -c "$sees; echo job \$SLURM_JOB_ID"
    assert_success
    assert_output_count 4 '^sees$'
    job=$(grep -oE '^job [0-9]+' <<<"$output" | head -n 1 | cut -d' ' -f2)
    assert_equal "$(manifest "$job" 'len(m["starts"])')" 1
    assert_equal "$(manifest "$job" 'm["starts"][0]["nodes"]')" 'n[1-4]'
    run as_user salloc -N2 "${recipe[@]}" sh -c "srun sh -c '$sees'; srun sh -c '$sees'; echo job \$SLURM_JOB_ID"
    assert_success
    assert_output_count 4 '^sees$'
    job=$(grep -oE '^job [0-9]+' <<<"$output" | cut -d' ' -f2)
    assert_equal "$(manifest "$job" 'len(m["starts"])')" 1
    assert_equal "$(manifest "$job" 'm["starts"][0]["nodes"]')" 'n[1-2]'
}

has_left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }

@test "a requeue adds a start and overwrites nothing" {
    write_file wait.sh <<'SHELL'
#!/bin/bash
srun true
[[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]] || { touch first; sleep 60; }
SHELL
    job=$(submit -N 2 "${recipe[@]}" wait.sh)
    wait_until 30 test -e first
    before=$(manifest "$job" 'm["starts"][0]')
    config=$(stat -c '%i %Y' "results/llama-tiny-cpu/$job"/recipe-*.yaml)
    scontrol requeue "$job"
    wait_until 30 has_left_its_nodes "$job"
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job" 90
    assert_completed "$job"
    assert_equal "$(manifest "$job" '[s["restart"] for s in m["starts"]]')" "[0, 1]"
    assert_equal "$(manifest "$job" 'm["starts"][0]')" "$before"
    assert_equal "$(stat -c '%i %Y' "results/llama-tiny-cpu/$job"/recipe-*.yaml)" "$config"
}

@test "a step with a recipe of its own adds to the job's manifest, also when several start at once" {
    write_file own.sh <<'SHELL'
#!/bin/bash
for steps in 11 12 13 14; do
    srun --overlap --recipe-set=trainer.max_steps=$steps sh -c 'grep max_steps "$RECIPE_CONFIG"' &
done
wait
SHELL
    job=$(submit "${recipe[@]}" -o out own.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    for steps in 11 12 13 14; do assert_output_count 1 "max_steps: $steps\$"; done
    assert_equal "$(manifest "$job" 'len(m["starts"])')" 5
    assert_equal "$(manifest "$job" 'len({s["digest"] for s in m["starts"]})')" 5
    [ "$(ls "results/llama-tiny-cpu/$job"/recipe-*.yaml | wc -l)" = 5 ]
}

@test "each task of an array has its own" {
    job=$(submit --array=1-2 "${recipe[@]}" --wrap "srun sh -c '$sees'" -o out-%a)
    wait_job "$job"
    assert_completed "$job"
    for task in 1 2; do
        run cat "out-$task"
        assert_output_count 1 '^sees$'
        assert_equal "$(manifest "${job}_$task" 'm["array_task_id"]')" "$task"
    done
}

@test "a manifest that is none of ours stays, with one line; the job goes on" {
    write_file foreign.sh <<'SHELL'
#!/bin/bash
echo mine >"$RECIPE_RESULTS_DIR/manifest.json"
srun --recipe-set=trainer.max_steps=3 echo runs
cat "$RECIPE_RESULTS_DIR/manifest.json"
SHELL
    job=$(submit "${recipe[@]}" -o out foreign.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 1 '^runs$'
    assert_output_count 1 '^mine$'
}
