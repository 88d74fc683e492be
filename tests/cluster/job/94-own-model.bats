#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A model, a program and a recipe file of the user's own, as the README's tutorial has them: real torchrun, real torch.

load ../helper

examples=$RECIPE_ROOT/docs/examples/own-model

setup() {
    cluster_setup
    for name in mlp.yaml train.py; do
        write_file $name <"$examples/$name"
    done
}

# assert_trained JOB RANKS: every rank was there, and the loss fell.
assert_trained() {
    local job=$1 ranks=$2
    run job_output "$job"
    assert_completed "$job"
    assert_output_contains "world $ranks, step 50, loss "
    sed -n 's/^.*step [0-9]*, loss //p' <<<"$output" | awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(NR == 5 && last < first / 2) }' ||
        fail "expected five losses, the last far below the first"
    [[ -s $WORK/results/mlp/$job/mlp.pt ]] || fail "no weights in results/mlp/$job"
}

@test "a recipe file trains the program beside it on four nodes, without a script" {
    job=$(submit --recipe=mlp.yaml 2>err)
    wait_job "$job" 300
    assert_equal "$(grep -E "error|keys" "$WORK/err")" ""
    assert_trained "$job" 8
}

@test "the recipe file lies elsewhere than where sbatch runs, and says what belongs at the root" {
    as_user mkdir -p elsewhere/results
    as_user mv mlp.yaml train.py elsewhere
    printf 'base_results_dir: %s/results\nenv_vars: {GREETING: hello}\ncluster: {comment: mine}\n' "$WORK" >>"$WORK/elsewhere/mlp.yaml"
    sed -i 's/^launch: .*/launch: {entry_script: train.py, setup: ["echo greeting $GREETING"]}/' "$WORK/elsewhere/mlp.yaml"
    job=$(submit -N2 --recipe=elsewhere/mlp.yaml)
    assert_equal "$(job_field "$job" Comment)" mine
    wait_job "$job" 300
    assert_trained "$job" 4
    assert_output_contains "greeting hello"
}

@test "a batch script of one's own also prepares data, watches the training, and evaluates on one node after it" {
    write_file prep.py <<<'import os; print("prepared by", os.environ["RECIPE_NAME"].rsplit("/", 1)[1])'
    write_file evaluate.py <<<'import os, sys; print("evaluates", os.path.getsize(os.path.join(os.environ["RECIPE_RESULTS_DIR"], "mlp.pt")) > 0)'
    write_file job.sh <<'EOF'
#!/bin/bash
srun -N1 -n1 python3 prep.py
srun --overlap --ntasks-per-node=1 --gpus-per-node=0 bash -c 'echo "watches $(hostname)"; sleep 1' &
srun torchrun train.py
wait
srun -N1 -n1 python3 evaluate.py
EOF
    job=$(submit --recipe=mlp.yaml job.sh)
    wait_job "$job" 300
    assert_trained "$job" 8
    assert_output_contains "prepared by mlp.yaml"
    assert_equal "$(grep -c '^watches ' <<<"$output")" 4
    assert_output_contains "evaluates True"
}

@test "a recipe file that builds on a recipe of the collection runs that one's program with what it changes" {
    write_file common.yaml <<<'trainer: {devices: 1, log_every_n_steps: 1}'
    write_file mine.yaml <<'EOF'
defaults: [training/llama/llama_tiny_cpu_pretrain, common]
run: {name: mine}
trainer: {num_nodes: 2, max_steps: 2}
env_vars: {GREETING: hello}
launch: {setup: ['echo greeting $GREETING']}
EOF
    job=$(submit --recipe=mine.yaml)
    wait_job "$job" 300
    run job_output "$job"
    assert_completed "$job"
    assert_output_contains "greeting hello"
    assert_output_contains "world size 2 (nodes 2 × devices 1)"
    assert_output_contains "step 2 loss"
    [[ -d $WORK/results/mine/$job/checkpoints ]] || fail "no checkpoints in results/mine/$job"
}
