#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What kind of step a step is: by its command and its tasks. Only one that trains is held to the recipe's world.

load ../helper

setup() {
    cluster_setup
    write_file world.py <<'PYTHON'
import os
import torch.distributed as dist
dist.init_process_group("gloo")
os.write(1, "rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
dist.barrier()
os._exit(0)
PYTHON
    write_file prep.py <<'PYTHON'
import os
names = "RECIPE_CONFIG", "PET_NNODES", "MASTER_PORT", "RANK", "SLURM_RECIPE_STEP"
print("prep", *("no" if os.environ.get(name) is None else "has" for name in names))
PYTHON
    # What a launcher would find.
    write_file torchrun <<'SHELL'
#!/bin/sh
echo "agent ${PET_NODE_RANK-none} of ${PET_NNODES-none}, ${SLURM_RECIPE_STEP-auto}"
SHELL
}

left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }

# A world of four that two nodes have and one has not.
wide=(--recipe=llama_tiny_cpu_pretrain --recipe-set=model.shard_degree=4 --recipe-set=model.sharding_strategy=hybrid_shard)

@test "a user's own script prepares, watches, trains and evaluates on one node" {
    write_file own.sh <<'SHELL'
#!/bin/bash
srun -n1 -N1 python3 prep.py || exit 1
srun --overlap -N1 -n1 sh -c 'echo watching; sleep 1' &
srun --overlap torchrun world.py || exit 2
wait
srun -N1 -n1 torchrun --standalone --nproc_per_node=1 world.py
SHELL
    job=$(submit -N 2 "${wide[@]}" -o out own.sh)
    wait_job "$job" 120
    assert_completed "$job"
    run cat out
    assert_output_count 1 '^prep has no no no no$'
    assert_output_count 1 '^watching$'
    assert_output_count 4 '^rank [0-3] of 4$'
    assert_output_count 1 '^rank 0 of 1$'
    # What the shell hides may be a launcher.
    assert_output_matches 'recipe: warning: on node n1: this step: 1 node × 2 devices = 2 ranks cannot be divided by shard_degree 4; .*--recipe=none \[node\.world\]$'
}

@test "steps beside the training of a GPU recipe get its environment and no refusal" {
    write_file own.sh <<'SHELL'
#!/bin/bash
srun --overlap -N1 -n1 --gpus-per-node=0 sh -c 'echo "monitor ${PET_NNODES-none} ${RECIPE_CONFIG:+has}"' || exit 1
srun --overlap -N1 -n1 --gpus=0 --gpus-per-node=0 python3 prep.py || exit 2
srun --overlap -N1 -n1 ray --head 2>/dev/null
srun --overlap -N1 -n1 --recipe-step=helper sh -c 'echo "driver ${PET_NNODES-none} ${RECIPE_CONFIG:+has}"' || exit 3
srun --overlap ./torchrun || exit 4
srun --overlap -N1 -n1 --gpus-per-node=4 sh -c 'echo "hidden ${PET_NNODES-none}"' || exit 5
SHELL
    write_file ray <<<$'#!/bin/sh\necho "ray ${PET_NNODES-none} ${RECIPE_CONFIG:+has}"'
    job=$(as_user env PATH="$WORK:$PATH" sbatch --parsable -p train -N 2 --recipe=llama3_2_1b_pretrain "$FITS_A10G" \
        --recipe-set=trainer.num_nodes=2 -o out own.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 1 '^monitor none has$'
    assert_output_count 1 '^prep has no no no no$'
    assert_output_count 1 '^ray none has$'
    assert_output_count 1 '^driver none has$'
    assert_output_count 1 '^agent 0 of 2, auto$'
    assert_output_count 1 '^agent 1 of 2, auto$'
    assert_output_count 1 '^hidden 1$'
    assert_output_count 1 'recipe: warning: '
    assert_output_matches 'recipe: warning: on node g1: the step has 4 GPUs here .*\[node\.devices\]$'
}

@test "a wrong world of a step that trains ends it, and the message names --recipe=none" {
    run as_user salloc -N 2 "${wide[@]}" srun -N1 -n1 ./torchrun
    assert_failure
    refute_output_contains agent
    assert_output_matches 'recipe: on node n1: this step: 1 node × 2 devices = 2 ranks cannot be divided by shard_degree 4; run it on 2 nodes, as the recipe was planned, or without the recipe: --recipe=none \[node\.world\]$'
    run as_user salloc -N 2 "${wide[@]}" srun -N1 -n1 --recipe-step=train ./prep.py
    assert_failure
    assert_output_contains '[node.world]'
    run as_user salloc -N 2 "${wide[@]}" srun -N1 -n1 --recipe=none ./torchrun
    assert_success
    assert_output_contains "agent none of none, auto"
    # One step per node makes its world itself.
    run as_user salloc -N 2 "${wide[@]}" srun -N1 -n1 ./torchrun --nnodes=2 --node_rank=0 world.py
    assert_success
    assert_output_contains "agent 0 of 1, auto"
}

@test "task counts that leave torchrun without a world are refused by srun" {
    for tasks in "-N1 -n4" "-N2 -n3" "-N2 -n16 -O" "-n4 --ntasks-per-node=2"; do
        # shellcheck disable=SC2086
        run as_user salloc -N 2 --recipe=llama_tiny_cpu_pretrain srun $tasks ./torchrun
        assert_failure
        refute_output_contains agent
        assert_output_count 1 'torchrun runs once on each node'
        assert_output_matches "^srun: error: recipe: torchrun runs once on each node and makes the node's processes itself, and this step would run it [0-9]+ times on [12] nodes? \[node\.tasks\]\$"
        assert_output_contains "--recipe-step=helper"
        assert_output_contains "--recipe=none"
    done
    # At once, and not after an allocation that may take its time.
    rm -rf results
    for tasks in "-N2 -n4" "-N2 --ntasks-per-node=2" "--ntasks=3"; do
        # shellcheck disable=SC2086
        run as_user srun --begin=now+1hour $tasks --recipe=llama_tiny_cpu_pretrain ./torchrun
        assert_failure
        assert_output_contains "[node.tasks]"
        refute_output_contains "queued"
        run no_jobs
        assert_success
    done
    [ ! -e results ]
    # Each a world of its own.
    run as_user salloc -N 2 --recipe=llama_tiny_cpu_pretrain srun -n4 ./torchrun --standalone world.py
    assert_success
    assert_output_count 4 '^agent none of none, auto$'
}

@test "a program started with one task per device is a rank, whatever the recipe's launcher is" {
    run as_user salloc -N 2 --recipe=llama_tiny_cpu_pretrain srun -n4 --ntasks-per-node=2 python3 world.py
    assert_success
    assert_output_count 4 '^rank [0-3] of 4$'
}

@test "--recipe-step is said of a step of a recipe" {
    run as_user srun --recipe-step=train true
    assert_failure
    assert_output_contains "there is no recipe here [submit.no_recipe]"
    run as_user srun --recipe=llama_tiny_cpu_pretrain --recipe-step=maybe true
    assert_failure
    assert_output_contains "--recipe-step takes train, helper or auto"
    # Of an outer step, and not of the one inside.
    run as_user salloc -N 2 "${wide[@]}" srun --overlap -N1 -n1 --recipe-step=helper srun --overlap -N2 -n2 ./torchrun
    assert_success
    assert_output_count 1 '^agent 0 of 2, auto$'
    run as_user salloc -N 2 --recipe=llama_tiny_cpu_pretrain srun -n3 --recipe-step=train true
    assert_failure
    assert_output_contains "[node.tasks]"
}

@test "steps of one job with different configurations share no checkpoints, and those with one go on" {
    trainer=$RECIPE_ROOT/recipes_collection/entrypoints/train.py
    write_file own.sh <<SHELL
#!/bin/bash
srun torchrun $trainer || exit 1
srun --recipe-set=model.seed=7 torchrun $trainer || exit 2
srun --recipe-set=model.seed=7 torchrun $trainer || exit 3
srun --recipe-set=model.seed=8 --recipe-set=exp_manager.checkpoint_dir=\$RECIPE_RESULTS_DIR/checkpoints torchrun $trainer
echo "said no: \$?"
SHELL
    job=$(submit --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.max_steps=2 -o out own.sh)
    wait_job "$job" 180
    run cat out
    assert_completed "$job"
    directory=$WORK/results/llama-tiny-cpu/$job
    assert_output_count 1 "checkpoint $directory/checkpoints/step-000002\$"
    assert_output_count 1 "checkpoint $directory/[0-9a-f]{12}/checkpoints/step-000002\$"
    assert_output_count 1 'resumed after step 2'
    assert_output_contains "exp_manager.checkpoint_dir: $directory/checkpoints/step-000002 is of another run (model.seed 12345, here 8)"
    assert_output_matches '^said no: [1-9]'
    assert_equal "$(find "$directory" -name manifest.json)" "$directory/manifest.json"
}

@test "a step of another configuration goes on after a requeue in the directory that it had" {
    trainer=$RECIPE_ROOT/recipes_collection/entrypoints/train.py
    write_file own.sh <<SHELL
#!/bin/bash
srun --recipe-set=model.seed=7 --recipe-set=++env_vars.HF_TOKEN=hf_0123456789 torchrun $trainer || exit 1
echo "trained \${SLURM_RESTART_COUNT:-0}" >>runs
[ "\${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 60
SHELL
    job=$(submit --recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.max_steps=2 -o out --open-mode=append own.sh)
    wait_until 90 grep -q 'trained 0' runs
    as_user scontrol requeue "$job"
    wait_until 40 left_its_nodes "$job"
    # Slurm itself would wait two minutes, for a slurmd refuses credentials made in or before the second it ended the job.
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job" 120
    assert_completed "$job"
    assert_equal "$(cat runs)" $'trained 0\ntrained 1'
    run cat out
    # What the second start found is what the first one left, though its file of secrets is another.
    directory=$WORK/results/llama-tiny-cpu/$job
    assert_output_count 1 "checkpoint $directory/[0-9a-f]{12}/checkpoints/step-000002\$"
    assert_output_count 1 'resumed after step 2'
    assert_equal "$(find "$directory" -path '*/checkpoints/step-*' -prune -print | wc -l)" 1
}
