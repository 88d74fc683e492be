#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Our own trainer, trained with by sbatch on four nodes, with real torchrun and this machine's torch.

load ../helper

setup_file() {
    local torch
    # Version, and whether it shards and splits a model on the CPU. The trainer's own judgement.
    torch=$(/usr/bin/python3 -B -c "import sys; sys.path.insert(0, '$BATS_TEST_DIRNAME/../../../recipes_collection/entrypoints')
import parallel, torch; print(torch.__version__, parallel.HAS_FSDP2['cpu'])")
    export TORCH_VERSION=${torch% *} TORCH_HAS_FSDP2=${torch#* }
}

needs_fsdp2() { [[ $TORCH_HAS_FSDP2 == True ]] || skip "torch $TORCH_VERSION has no FSDP2 on the CPU"; }

# train NODES OVERRIDE...: leaves what the job said in $output, its number in $job, its directory in $directory.
train() {
    local nodes=$1
    shift
    job=$(submit -N "$nodes" --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.max_steps=15 "${@/#/--recipe-set=}" </dev/null)
    wait_job "$job" 300
    run job_output "$job"
    assert_completed "$job"
    assert_output_contains "world size $((2 * nodes)) (nodes $nodes × devices 2), torch $TORCH_VERSION, backend gloo"
    directory=$WORK/results/llama-tiny-cpu/$job
}

# The recipe saves every ten steps and after the last, and keeps two.
assert_left_its_checkpoints() {
    local checkpoints step
    checkpoints=$(sed -n 's/^ *checkpoint_dir: //p' "$directory"/recipe-*.yaml | sort -u)
    assert_equal "$checkpoints" "$directory/checkpoints"
    for step in step-000010 step-000015; do
        assert_output_contains "checkpoint $checkpoints/$step"
        [[ -s $checkpoints/$step/progress.json ]] || fail "no $checkpoints/$step"
    done
    assert_equal "$(find "$checkpoints" -mindepth 1 -maxdepth 1 | wc -l)" 2
    [[ -s $directory/metrics.jsonl && -s $directory/loss.svg ]] || fail "no metrics or curve in $directory"
}

# The losses that the job logged, one a line.
losses() { sed -n 's/^.*step [0-9]* loss \([0-9.]*\) .*/\1/p' <<<"$output"; }

assert_learnt() {
    losses | awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(NR == 4 && last < 0.6 * first) }' ||
        fail "expected four losses, the last far below the first"
}

# assert_same_losses LOSSES LOSSES: single precision sums in another order on another layout.
assert_same_losses() {
    paste <(echo "$1") <(echo "$2") | awk '{ d = $1 - $2; if (d < 0) d = -d; if (NF != 2 || d > 0.001) exit bad = 1 } END { exit bad }' ||
        fail "expected the losses ${1//$'\n'/ }, found ${2//$'\n'/ }"
}

@test "four nodes train replicas and leave their checkpoints where the recipe says" {
    train 4
    if [[ $TORCH_HAS_FSDP2 == True ]]; then
        assert_output_contains "FSDP2: replicas 8 × shards 1 × tensor parallel 1"
    else
        assert_output_contains "no FSDP2 in this torch: DDP"
    fi
    assert_learnt
    assert_left_its_checkpoints
}

@test "four nodes train a model that is sharded over all of them, or over those of each node, to the same losses" {
    needs_fsdp2
    train 4 model.sharding_strategy=full_shard model.shard_degree=8
    assert_output_contains "FSDP2: replicas 1 × shards 8 × tensor parallel 1"
    assert_learnt
    assert_left_its_checkpoints
    sharded=$(losses)
    train 4 model.sharding_strategy=hybrid_shard model.shard_degree=2
    assert_output_contains "FSDP2: replicas 4 × shards 2 × tensor parallel 1"
    assert_left_its_checkpoints
    assert_same_losses "$sharded" "$(losses)"
}

@test "four nodes train with tensor parallelism, two go on from their checkpoint with other degrees" {
    needs_fsdp2
    train 4 model.tensor_model_parallel_degree=2 model.sharding_strategy=full_shard model.shard_degree=4 model.train_batch_size=4
    assert_output_contains "FSDP2: replicas 1 × shards 4 × tensor parallel 2"
    assert_learnt
    assert_left_its_checkpoints
    split=$(losses)
    train 2 "exp_manager.resume_from_checkpoint=$directory/checkpoints/step-000010" \
        model.sharding_strategy=full_shard model.shard_degree=4
    assert_output_contains "FSDP2: replicas 1 × shards 4 × tensor parallel 1"
    assert_output_contains "resumed after step 10"
    assert_output_contains "keeping the checkpoint's global batch of 16: 2 micro-batches of 2"
    assert_same_losses "$(tail -n 1 <<<"$split")" "$(losses | tail -n 1)"
}
