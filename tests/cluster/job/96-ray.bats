#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# verl on Slurm by the batch script of docs/examples/verl. `ray` and verl are stand-ins, which say so in what they print: what is
# tested is which steps start where, with which addresses and variables, and that the job ends.

load ../helper

setup() {
    cluster_setup
    write_file ray.sh <"$RECIPE_ROOT/docs/examples/verl/ray.sh"
    as_user mkdir -p bin verl/trainer seen
    write_file bin/ray <<SHELL
#!/bin/bash
# A stand-in for Ray: nodes join by a file each, and start --block stays until it is ended.
case \$1 in
start)
    echo "stand-in ray on \$SLURMD_NODENAME: \$* PET_NNODES=\${PET_NNODES-unset} MINE=\$MINE"
    sleep 1
    touch "$WORK/seen/\$SLURMD_NODENAME"
    exec sleep 300
    ;;
status) [[ -e $WORK/seen/\$SLURMD_NODENAME ]] ;;
esac
SHELL
    chmod 755 bin/ray
    write_file verl/trainer/main_ppo.py <<PYTHON
import os, sys, time
options = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:])
text = open(os.path.join(options["config-path"], options["config-name"] + ".yaml")).read()
for _ in range(300):
    if len(os.listdir("$WORK/seen")) == 3:
        break
    time.sleep(0.1)
print("stand-in verl on", os.environ["SLURMD_NODENAME"], "drives", os.environ["RAY_ADDRESS"], sorted(os.listdir("$WORK/seen")))
print("nnodes" in text, "model_type" in text)
PYTHON
    write_file rl.yaml <<YAML
base_results_dir: $WORK/results
env_vars: {MINE: mine}
run: {name: rl, model_type: verl}
trainer: {devices: 2, num_nodes: 3, accelerator: cpu}
training_config:
  actor_rollout_ref: {model: {path: none}}
  trainer: {nnodes: 3, n_gpus_per_node: 2}
YAML
    programs=(env "PATH=$WORK/bin:$PATH" "PYTHONPATH=$WORK")
}

@test "without a script a verl recipe is refused by that reason" {
    run as_user sbatch --recipe=rl.yaml
    assert_failure
    assert_output_contains "submit.platform"
    assert_output_contains "fix: sbatch --recipe=rl.yaml ray.sh"
    no_jobs
}

@test "the script ends where Ray's head does not come up" {
    as_user mv bin/ray bin/other
    job=$(as_user "${programs[@]}" sbatch --parsable --recipe=rl.yaml -o out ray.sh)
    wait_job "$job" 60
    assert_equal "$(job_state "$job")" FAILED
}

@test "the script of docs/verl.md starts Ray's head, its workers and the driver as helper steps" {
    job=$(as_user "${programs[@]}" sbatch --parsable --recipe=rl.yaml -o out ray.sh)
    wait_job "$job" 120
    run cat out
    assert_completed "$job"
    assert_output_count 1 '^stand-in ray on n1: start --head --node-ip-address=n1 --port=6379 --block PET_NNODES=unset MINE=mine$'
    assert_output_count 1 '^stand-in ray on n2: start --address=n1:6379 --block PET_NNODES=unset MINE=mine$'
    assert_output_count 1 '^stand-in ray on n3: start --address=n1:6379 --block PET_NNODES=unset MINE=mine$'
    assert_output_contains "stand-in verl on n1 drives n1:6379 ['n1', 'n2', 'n3']"
    assert_output_contains "True False"
}
