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
    if [[ -n ${OTHER-} ]]; then
        other_cluster_teardown
    else
        cluster_teardown
    fi
}

# HyperPod's collection v1.0.1 is no part of the project: RECIPE_CORPUS names a corpus that has it, as for the conformance tests.
public_collection() {
    echo "${RECIPE_CORPUS:-$RECIPE_ROOT/../shared/corpus}/hyperpod-v1.0.1/recipes_collection"
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

# public_recipe NAME COMPILE MODEL: submitted as its script among the launcher's submits it; sets job.
public_recipe() {
    local name=${1##*/}
    write_file code/examples/train.sh <<'SHELL'
#!/bin/bash
{
    echo "node $SLURM_NODEID of $SLURM_NTASKS: CONF_FILE=$CONF_FILE COMPILE=$COMPILE in ${PWD##*/}, $# arguments"
    echo "ranks ${RANK-none} ${LOCAL_RANK-none} ${WORLD_SIZE-none}"
    cat "conf/$CONF_FILE.yaml"
} >"$RECORDS/$SLURMD_NODENAME"
SHELL
    as_user mkdir -p "records-$name"
    job=$("$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" env "SLURM_RECIPE_PATH=$(public_collection)" sbatch --parsable -p trn \
        --recipe="$1" --recipe-set="base_results_dir=$WORK/results" --recipe-set=instance_type=trn1.32xlarge \
        --recipe-set="git.repo_url_or_path=$WORK/code" --recipe-set="recipes.run.compile=$2" \
        --recipe-set=recipes.trainer.max_steps=50 --recipe-set="recipes.data.train_dir=$WORK/code" \
        --recipe-set="recipes.model.model_config=$WORK/$3/config.json" --recipe-set="+env_vars.RECORDS=$WORK/records-$name" \
        -o "$WORK/$name.out" </dev/null 2>"$name.err")
    run cat "$name.err"
    refute_output_contains warning
    refute_output_contains error
    SLURM_CONF=$OTHER/etc/slurm.conf wait_job "$job" 120
    run cat "$WORK/$name.out"
    assert_equal "$(SLURM_CONF=$OTHER/etc/slurm.conf job_state "$job")" COMPLETED
}

@test "the three Trainium recipes of HyperPod's v1.0.1 give train.sh what the launcher gives it" {
    [[ -d $(public_collection) ]] || skip "there is no corpus at ${RECIPE_CORPUS:-../shared/corpus}; RECIPE_CORPUS names another place"
    OTHER=$(mktemp -d "${TMPDIR:-/tmp}/recipe-other.XXXXXX")
    # The recipes ask for six days.
    echo 'PartitionName=trn Nodes=n[1-16] MaxTime=7-0' >more.conf
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 16 --train-nodes 0 --slurm-conf-extra more.conf 3>&-
    as_user mkdir llama3-8b llama3-70b
    write_file llama3-8b/config.json <<'JSON'
{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
 "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256}
JSON
    write_file llama3-70b/config.json <<'JSON'
{"architectures": ["LlamaForCausalLM"], "hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80,
 "num_attention_heads": 64, "num_key_value_heads": 8, "vocab_size": 128256}
JSON
    while read -r recipe nodes compile model; do
        name=${recipe##*/}
        public_recipe "$recipe" "$compile" "$model"
        assert_equal "$(find "records-$name" -type f | wc -l)" "$nodes"
        for ((node = 0; node < nodes; node++)); do
            run cat "records-$name/n$((node + 1))"
            assert_output_count 1 "^node $node of $nodes: CONF_FILE=$name COMPILE=$compile in examples, 0 arguments$"
            assert_output_count 1 '^ranks none none none$'
            # What the job's directory keeps is what the script read; that it is the launcher's, a unit test says.
            run diff <(tail -n +3 "records-$name/n$((node + 1))") "$(find results -path "*/$job/recipe-*.yaml")"
            assert_success
        done
    done <<'RECIPES'
training/llama/hf_llama3_8b_seq8k_trn1x4_pretrain 4 1 llama3-8b
training/llama/hf_llama3_70b_seq8k_trn1x16_pretrain 16 0 llama3-70b
fine-tuning/llama/hf_llama3_8b_seq8k_trn1_fine_tuning 1 0 llama3-8b
RECIPES
}
