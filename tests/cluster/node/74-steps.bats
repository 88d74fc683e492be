#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# However a step comes about, its ranks and its world are those of its own nodes.

load ../helper

setup() {
    cluster_setup
    recipe=(--recipe=llama_tiny_cpu_pretrain)
    # One line per process: the world as torchrun makes it, or as a direct step has it.
    write_file world.py <<'PYTHON'
import os
import torch.distributed as dist
dist.init_process_group("gloo")
os.write(1, "{SLURMD_NODENAME} rank {RANK} of {WORLD_SIZE}\n".format_map(os.environ).encode())
dist.barrier()
PYTHON
    write_file node.sh <<'SHELL'
#!/bin/sh
echo "$SLURMD_NODENAME is $PET_NODE_RANK of $PET_NNODES, $PET_RDZV_CONF"
SHELL
}

assert_world_of_four() { # on n1 and n2
    assert_output_count 4 '^n[12] rank [0-3] of 4$'
    assert_equal "$(grep -oE 'rank [0-3]' <<<"$output" | sort -u | wc -l)" 4
}

@test "sbatch --export=NONE" {
    job=$(submit --export=NONE -N 2 "${recipe[@]}" "--recipe-set=launch.entry_script=$WORK/world.py" </dev/null)
    wait_job "$job" 120
    assert_completed "$job"
    run job_output "$job"
    assert_world_of_four
}

@test "a user's script under --export=NONE, and srun --export=NONE in it" {
    write_file own.sh <<SHELL
#!/bin/bash
export PATH=$PATH
srun --export=ALL ./node.sh
srun --export=NONE $WORK/node.sh
srun --export=FOO=1 $WORK/node.sh
SHELL
    job=$(submit --export=NONE -N 2 "${recipe[@]}" -o out own.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 3 '^n1 is 0 of 2, is_host=1$'
    assert_output_count 3 '^n2 is 1 of 2, is_host=0$'
}

@test "sbatch --export-file" {
    printf 'PATH=%s\0FROM_FILE=yes\0' "$PATH" >exported
    chmod 644 exported
    # --export=ALL: see 25-ways.bats.
    job=$(submit --export=ALL --export-file="$WORK/exported" -N 2 "${recipe[@]}" -o out --wrap 'echo "file $FROM_FILE"; srun --export=ALL ./node.sh')
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_contains "file yes"
    assert_output_count 1 '^n1 is 0 of 2, is_host=1$'
    assert_output_count 1 '^n2 is 1 of 2, is_host=0$'
}

@test "sbatch inside a job of a recipe" {
    write_file outer.sh <<SHELL
#!/bin/bash
srun ./node.sh
sbatch --parsable -p shared -N 2 ${recipe[*]} -o inner --wrap 'srun ./node.sh' >inner-job
sbatch --parsable -p shared -N 2 -o plain --wrap 'echo "\${RECIPE_CONFIG-unset} \${SLURM_SPANK_RECIPE_PLAN-unset}"' >plain-job
SHELL
    job=$(submit -p shared -N 4 "${recipe[@]}" -o outer outer.sh)
    wait_job "$job"
    assert_completed "$job"
    wait_job "$(cat inner-job)"
    wait_job "$(cat plain-job)"
    assert_completed "$(cat inner-job)" "$(cat plain-job)"
    run cat outer
    assert_output_count 4 '^n[1-4] is [0-3] of 4, '
    run cat inner
    assert_output_count 2 '^n[1-4] is [01] of 2, '
    run cat plain
    assert_output_count 1 '^unset unset$'
}

@test "srun inside salloc" {
    run as_user salloc -N 2 "${recipe[@]}" sh -c 'srun ./node.sh && srun torchrun world.py'
    assert_success
    assert_output_count 1 '^n1 is 0 of 2, is_host=1$'
    assert_world_of_four
}

@test "overlapping steps on the same nodes each have their own world" {
    write_file overlap.sh <<'SHELL'
#!/bin/bash
srun --overlap -N4 ./node.sh &
srun --overlap -N2 -n2 -r1 ./node.sh &
wait
SHELL
    job=$(submit -N 4 "${recipe[@]}" -o out overlap.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    for rank in 0 1 2 3; do assert_output_count 1 "^n$((rank + 1)) is $rank of 4, "; done
    assert_output_count 1 '^n2 is 0 of 2, is_host=1$'
    assert_output_count 1 '^n3 is 1 of 2, is_host=0$'
}

@test "steps on some nodes, by -r and by -w" {
    write_file sub.sh <<'SHELL'
#!/bin/bash
srun -N2 -n2 -r2 ./node.sh
srun -N2 -n2 -w n2,n4 ./node.sh
srun -N1 -n1 -w n3 ./node.sh
srun -N2 -n2 -w n2,n4 torchrun world.py
SHELL
    job=$(submit -N 4 "${recipe[@]}" -o out sub.sh)
    wait_job "$job" 120
    assert_completed "$job"
    run cat out
    assert_output_count 1 '^n3 is 0 of 2, is_host=1$'
    assert_output_count 2 '^n4 is 1 of 2, is_host=0$'
    assert_output_count 1 '^n2 is 0 of 2, is_host=1$'
    assert_output_count 1 '^n3 is 0 of 1, is_host=1$'
    assert_output_count 2 '^n2 rank [0-3] of 4$'
    assert_output_count 2 '^n4 rank [0-3] of 4$'
}

@test "-m arbitrary: the first task is the head, wherever it is" {
    write_file arbitrary.sh <<'SHELL'
#!/bin/bash
srun -n2 -m arbitrary -w n3,n1 ./node.sh
srun -n2 -m arbitrary -w n3,n1 torchrun world.py
SHELL
    job=$(submit -N 4 "${recipe[@]}" -o out arbitrary.sh)
    wait_job "$job" 120
    assert_completed "$job"
    run cat out
    assert_output_count 1 '^n3 is 0 of 2, is_host=1$'
    assert_output_count 1 '^n1 is 1 of 2, is_host=0$'
    assert_output_count 2 '^n3 rank [0-3] of 4$'
    assert_output_count 2 '^n1 rank [0-3] of 4$'
    run as_user salloc -N 4 "${recipe[@]}" --recipe-set=launch.launcher=direct \
        srun -n4 -m arbitrary -w n3,n3,n1,n1 python3 world.py
    assert_success
    assert_output_count 1 '^n3 rank 0 of 4$'
    assert_output_count 1 '^n1 rank 3 of 4$'
}

@test "a job of several restarts, arrays and steps never shares a rendezvous" {
    job=$(submit --array=1-2 -p shared -N 2 "${recipe[@]}" -o out-%a --wrap 'srun sh -c "echo \$PET_RDZV_ID"; srun sh -c "echo \$PET_RDZV_ID"')
    wait_job "$job"
    assert_completed "$job"
    # A second srun that has to wait for the first one's nodes says so there as well.
    ids=$(grep -hE '^[0-9]+\.[0-9]+\.[0-9]+$' out-1 out-2)
    assert_equal "$(sort <<<"$ids" | uniq -c | awk '{print $1}' | sort -u)" 2
    assert_equal "$(sort -u <<<"$ids" | wc -l)" 4
}
