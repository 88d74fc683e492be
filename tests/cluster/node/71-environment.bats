#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Environment variables: who wins, who is told, and what a step makes of its own.

load ../helper

setup() {
    cluster_setup
    write_file site.yaml <<'YAML'
env_vars: {OF_SITE: site, OF_RECIPE: site, OF_USER: site, OF_TYPED: site, OF_NOBODY: site, NCCL_SHM_USE_CUDA_MEMCPY: 0}
YAML
    recipe=(--recipe=llama_tiny_cpu_pretrain --recipe-set=instance_type=g5.48xlarge)
    write_file script.sh <<'SHELL'
#!/bin/bash
#SBATCH --recipe-set=+env_vars.OF_RECIPE=recipe
#SBATCH --recipe-set=+env_vars.OF_USER=recipe
#SBATCH --recipe-set=+env_vars.OF_NOBODY=null
echo "batch: $OF_SITE $OF_RECIPE $OF_USER $OF_TYPED ${OF_NOBODY-unset} $NCCL_SHM_USE_CUDA_MEMCPY $NCCL_SOCKET_IFNAME"
srun /bin/sh -c 'echo "step: $OF_SITE $OF_RECIPE $OF_USER $OF_TYPED ${OF_NOBODY-unset} $NCCL_SHM_USE_CUDA_MEMCPY $NCCL_SOCKET_IFNAME"'
SHELL
    site=(env "SLURM_RECIPE_SITE=$WORK/site.yaml")
}

@test "typed beats exported beats recipe beats site beats instance type" {
    run as_user "${site[@]}" OF_USER=user OF_TYPED=user sbatch --parsable --wait -N 2 "${recipe[@]}" \
        --recipe-set=+env_vars.OF_TYPED=typed script.sh
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run job_output "$job"
    assert_output_count 1 '^batch: site recipe user typed unset 0 \^lo,docker,veth$'
    assert_output_count 2 '^step: site recipe user typed unset 0 \^lo,docker,veth$'
}

@test "--export=NONE leaves out what the user exported and nothing else" {
    run as_user "${site[@]}" OF_USER=user OF_TYPED=user sbatch --export=NONE --parsable --wait "${recipe[@]}" \
        --recipe-set=+env_vars.OF_TYPED=typed script.sh
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run job_output "$job"
    assert_output_count 1 '^batch: site recipe recipe typed unset 0 \^lo,docker,veth$'
}

@test "srun with another recipe inside a job gets that recipe's variables, not the job's" {
    write_file other.sh <<'SHELL'
#!/bin/bash
#SBATCH --recipe=llama_tiny_cpu_pretrain
#SBATCH --recipe-set=+env_vars.FIRST=job
srun sh -c 'echo "job: $FIRST"'
srun --recipe-set=++env_vars.FIRST=changed sh -c 'echo "set: $FIRST"'
srun --recipe=llama_tiny_cpu_pretrain sh -c 'echo "other: ${FIRST-unset}"'
export FIRST=exported
srun sh -c 'echo "job: $FIRST"'
srun --recipe=llama_tiny_cpu_pretrain sh -c 'echo "other: $FIRST"'
SHELL
    run as_user sbatch --parsable --wait -o out other.sh
    assert_success
    run cat out
    assert_output_count 1 '^job: job$'
    assert_output_count 1 '^job: exported$'
    assert_output_count 1 '^set: changed$'
    assert_output_count 1 '^other: unset$'
    assert_output_count 1 '^other: exported$'
}

@test "RECIPE_ENV_REPORT=1 prints every variable with its source once per job, secrets hidden" {
    write_file report.sh <<'SHELL'
#!/bin/bash
srun -n2 --ntasks-per-node=1 true
srun -n2 --ntasks-per-node=1 true
SHELL
    run as_user "${site[@]}" RECIPE_ENV_REPORT=1 OF_USER=user sbatch --parsable --wait -N 2 "${recipe[@]}" \
        --recipe-set=+env_vars.OF_USER=typed --recipe-set=+env_vars.HF_TOKEN=hf_very_secret \
        --recipe-set=+env_vars.OF_RECIPE=typed --recipe-set=launch.launcher=torchrun -o out report.sh
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    run cat out
    assert_output_count 1 'recipe: OF_SITE=site \(site\)$'
    assert_output_count 1 'recipe: OF_RECIPE=typed \(--recipe-set\)$'
    assert_output_count 1 'recipe: NCCL_DEBUG=WARN \(recipe\)$'
    assert_output_count 1 'recipe: NCCL_SOCKET_IFNAME=\^lo,docker,veth \(instance type g5\.48xlarge\)$'
    assert_output_count 1 'recipe: HF_TOKEN=\*\*\* \(--recipe-set\)$'
    assert_output_count 1 "recipe: PET_RDZV_ID=$job\.0\.0 \(the step\)\$"
    assert_output_count 1 'recipe: PET_NNODES=2 \(the step\)$'
    assert_output_count 1 "recipe: RECIPE_RESULTS_DIR=$WORK/results/llama-tiny-cpu/$job \(the step\)\$"
    refute_output_contains hf_very_secret
    run as_user sbatch --parsable --wait -N 2 "${recipe[@]}" -o quiet report.sh
    assert_success
    run cat quiet
    refute_output_contains "(the step)"
}

@test "what the user exported is reported as exported" {
    run as_user env RECIPE_ENV_REPORT=1 NCCL_DEBUG=INFO OMP_NUM_THREADS=3 srun -N2 "${recipe[@]}" sh -c 'echo "$NCCL_DEBUG $OMP_NUM_THREADS"'
    assert_success
    assert_output_count 2 '^INFO 3$'
    assert_output_count 1 'recipe: NCCL_DEBUG=INFO \(exported\)$'
    assert_output_count 1 'recipe: OMP_NUM_THREADS=3 \(exported\)$'
}

@test "rendezvous variables are the step's own; exported ones are replaced with one hint" {
    run as_user env MASTER_PORT=29500 PET_NNODES=9 WORLD_SIZE=7 srun -N2 "${recipe[@]}" sh -c 'echo "$PET_NNODES $MASTER_PORT"'
    assert_success
    assert_output_count 2 '^2 2[5-9][0-9]{3}$'
    assert_output_count 1 'recipe: hint: the step sets its own '
    assert_output_matches 'recipe: hint: the step sets its own MASTER_PORT=2[5-9][0-9]{3} \(exported: 29500\), PET_NNODES=2 \(exported: 9\) \[rendezvous\.exported\]$'
    run as_user env RANK=5 WORLD_SIZE=7 srun -N2 "${recipe[@]}" --recipe-set=launch.launcher=direct sh -c 'echo "$RANK of $WORLD_SIZE"'
    assert_success
    assert_output_count 4 '^[0-3] of 4$'
    assert_output_count 1 'recipe: hint: the step sets its own RANK=0 \(exported: 5\), WORLD_SIZE=4 \(exported: 7\) '
}

@test "interfaces follow the route to the head node when the site says so" {
    run as_user srun -N2 --recipe=llama_tiny_cpu_pretrain sh -c 'echo "${NCCL_SOCKET_IFNAME-unset} ${GLOO_SOCKET_IFNAME-unset}"'
    assert_success
    assert_output_count 2 '^unset unset$'
    write_file route.yaml <<<'interfaces: route'
    # All nodes here have the loopback address, which only this host reaches: then it is lo.
    run as_user env SLURM_RECIPE_SITE="$WORK/route.yaml" RECIPE_ENV_REPORT=1 srun -N2 "${recipe[@]}" \
        sh -c 'echo "$NCCL_SOCKET_IFNAME $GLOO_SOCKET_IFNAME"'
    assert_success
    assert_output_count 2 '^=lo lo$'
    assert_output_count 1 'recipe: GLOO_SOCKET_IFNAME=lo \(route to 127\.0\.0\.1\)$'
    run as_user env SLURM_RECIPE_SITE="$WORK/route.yaml" NCCL_SOCKET_IFNAME=mine srun -N2 "${recipe[@]}" \
        sh -c 'echo "$NCCL_SOCKET_IFNAME $GLOO_SOCKET_IFNAME"'
    assert_output_count 2 '^mine lo$'
}

@test "the site's variables are checked when they are read" {
    write_file site.yaml <<<'env_vars: {A-B: 1}'
    run as_user "${site[@]}" sbatch "${recipe[@]}" --wrap true
    assert_failure 1
    assert_output_contains "A-B is no name of a variable"
    assert_output_contains "site.file"
    write_file site.yaml <<<'interfaces: eth0'
    run as_user "${site[@]}" sbatch "${recipe[@]}" --wrap true
    assert_failure 1
    assert_output_contains "interfaces is route, or left out"
    write_file site.yaml <<<'node_check_seconds: 600'
    run as_user "${site[@]}" sbatch "${recipe[@]}" --wrap true
    assert_failure 1
    assert_output_contains "node_check_seconds is an int from 0 (no checks) to 60"
}
