#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Trainium's recipes: neuronx-distributed-training's train.sh, once on each node, with what HyperPod's launcher tells it. The
# script is a stand-in that says what it got; the Neuron devices are plain files in /dev.

load ../helper

setup() {
    cluster_setup
    neurons=()
    for number in {0..15}; do
        [[ -e /dev/neuron$number ]] && continue
        touch "/dev/neuron$number" && chmod 666 "/dev/neuron$number"
        neurons+=("/dev/neuron$number")
    done
    as_user mkdir -p code/examples/conf
    write_file code/examples/train.sh <<'SHELL'
#!/bin/bash
echo "stand-in train.sh on $SLURMD_NODENAME, node $SLURM_NODEID of $SLURM_NTASKS in ${PWD##*/}: CONF_FILE=$CONF_FILE COMPILE=$COMPILE ranks ${RANK-none}, $# arguments"
echo "it reads $(grep -A1 distributed_strategy "conf/$CONF_FILE.yaml" | tail -1 | tr -d ' ') from conf/$CONF_FILE.yaml"
source ./setup.sh
SHELL
    write_file code/examples/setup.sh <<<'echo "and setup.sh beside it, of $MASTER_ADDR"'
    write_file trn.yaml <<YAML
base_results_dir: $WORK/results
instance_type: trn1.32xlarge
git: {repo_url_or_path: $WORK/code}
launch: {entry_script: null}
run: {name: trn, model_type: neuron-hf, compile: 1}
trainer: {devices: 32, num_nodes: 2}
distributed_strategy: {tensor_model_parallel_size: 32, pipeline_model_parallel_size: 1}
data: {train_dir: null}
YAML
}

teardown() {
    rm -f "${neurons[@]}"
    cluster_teardown
}

@test "train.sh runs once on each node, where it lies, with its configuration, its variables and Slurm's count of nodes" {
    job=$(submit --recipe=trn.yaml -o out </dev/null)
    wait_job "$job" 60
    run cat out
    assert_completed "$job"
    for node in 0 1; do
        assert_output_count 1 "^stand-in train.sh on n$((node + 1)), node $node of 2 in examples: CONF_FILE=trn COMPILE=1 ranks none, 0 arguments$"
    done
    assert_output_count 2 '^it reads tensor_model_parallel_size:32 from conf/trn.yaml$'
    assert_output_count 2 '^and setup.sh beside it, of [^ ]+$'
    assert_equal "$(ls code/examples/conf)" trn.yaml
}

@test "a node with fewer NeuronCores than ranks ends the step" {
    rm -f "${neurons[0]}"
    job=$(submit --recipe=trn.yaml -o out </dev/null)
    wait_job "$job" 60
    run cat out
    assert_equal "$(job_state "$job")" FAILED
    assert_output_contains "the step has 15 Neuron devices here (among /dev/neuron*) and the recipe runs 32 processes on 16"
    refute_output_contains "stand-in"
}
