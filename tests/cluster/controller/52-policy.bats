#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a site's recipe.yaml makes of jobs, on a cluster of its own.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

# other_cluster START_OPTION...: with the site settings of standard input.
other_cluster() {
    cat >"$WORK/recipe.yaml"
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 2 --etc "$WORK/recipe.yaml" "$@" 3>&-
}

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }

field_there() { SLURM_CONF=$OTHER/etc/slurm.conf job_field "$1" "$2"; }

tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=2)
gpu=(--recipe=llama3_2_1b_pretrain --recipe-set=trainer.num_nodes=2 --recipe-set=instance_type=g5.48xlarge
    --recipe-set=model.tensor_model_parallel_degree=4 --recipe-set=model.shard_degree=4)

@test "partitions that require a recipe, allowed types, limits by name and default partitions" {
    other_cluster <<'YAML'
policy:
  require_recipe: [train]
  instance_types: [g5.48xlarge]
  max_nodes: {"llama_tiny*": 1, "*": 16}
  default_partition: {g5.48xlarge: train}
inventory: {refresh_seconds: 5}
YAML
    there sbatch -p train --wrap true
    assert_failure 1
    assert_output_contains "recipe: in partition train of this cluster every job has a recipe; \`srecipe list\` shows which there are [policy.recipe_required]"
    assert_output_contains "fix: --recipe=NAME"
    for command in srun salloc; do
        there "$command" -p train true
        assert_failure 1
        assert_output_contains "policy.recipe_required"
    done
    there sbatch --parsable --hold -p cpu --wrap true
    assert_success

    there sbatch "${tiny[@]}"
    assert_failure 1
    assert_output_contains "this cluster gives a job of a recipe that matches llama_tiny* at most 1 nodes; this one asks for 2 [policy.max_nodes]"
    there sbatch --parsable --hold "${tiny[@]}" --recipe-set=trainer.num_nodes=1
    assert_success

    there sbatch "${gpu[@]}" --recipe-set=instance_type=g6.48xlarge
    assert_failure 1
    assert_output_contains "instance_type g6.48xlarge is not for recipes on this cluster, which has g5.48xlarge for them [policy.instance_type]"

    there sbatch --parsable --hold "${gpu[@]}"
    assert_success
    assert_equal "$(field_there "$(tail -n 1 <<<"$output")" Partition)" train
}

@test "a site that wants no job unchecked, and one that shrugs at nodes" {
    other_cluster <<'YAML'
severities: {cluster.nodes: warning}
nodes: {"g[1-2]": g6.48xlarge}
inventory: {refresh_seconds: 5}
YAML
    there sbatch --parsable --hold -p train "${gpu[@]}"
    assert_success
    assert_output_contains "recipe: warning: instance_type: partition train has 2 nodes with 8 × NVIDIA A10G (g6.48xlarge); the recipe wants 2 with 8 × NVIDIA A10G (g5.48xlarge)"
    assert_output_matches '^[0-9]+$'
}

logs_a_wrong_key() { grep -q "job_submit/recipe: .*policies.*site file knows" "$OTHER/log/slurmctld.log"; }

@test "a site file that cannot be used is reported in the log and keeps what was there" {
    other_cluster <<'YAML'
policy: {require_recipe: [train]}
inventory: {refresh_seconds: 5}
YAML
    there sbatch -p train --wrap true
    assert_failure 1
    printf 'policies: {}\n' >"$OTHER/etc/recipe.yaml"
    wait_until 30 logs_a_wrong_key
    there sbatch -p train --wrap true
    assert_failure 1
    assert_output_contains "policy.recipe_required"
}

@test "messages of a Lua plugin and ours arrive whatever their order" {
    cat >"$WORK/job_submit.lua" <<'LUA'
function slurm_job_submit(job, partitions, user)
    slurm.log_user("greetings from Lua")
    return slurm.SUCCESS
end
function slurm_job_modify(job, record, partitions, user) return slurm.SUCCESS end
return slurm.SUCCESS
LUA
    for order in lua,recipe recipe,lua; do
        other_cluster --job-submit "$order" --etc "$WORK/job_submit.lua" <<'YAML'
severities: {cluster.nodes: warning}
YAML
        there sbatch --parsable --hold -p cpu "${gpu[@]}"
        assert_success
        assert_output_contains "greetings from Lua"
        # Slurm's Lua plugin puts its message in the place of whatever was there (docs/controller.md).
        if [[ $order == lua,recipe ]]; then
            assert_output_contains "recipe: warning: instance_type: partition cpu has 2 nodes with no GPUs"
        fi
        there sbatch -p cpu "${tiny[@]}" -t 9:00:00
        assert_failure 1
        assert_output_contains "cluster.time_limit"
        if [[ $order == lua,recipe ]]; then
            assert_output_contains "greetings from Lua"
        fi
        "$RECIPE_ROOT/scripts/cluster" stop "$OTHER"
        rm -rf "${OTHER:?}"/*
    done
}
