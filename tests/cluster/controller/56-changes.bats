#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scontrol update against the site's policy, on a cluster of its own: nobody makes of a job what would have been refused.

load ../helper

setup() { other_cluster_setup; }
teardown() { other_cluster_teardown; }

other_cluster() {
    cat >"$WORK/recipe.yaml"
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 4 --train-nodes 2 --etc "$WORK/recipe.yaml" 3>&-
    site=$OTHER/etc/recipe.yaml
    log=$OTHER/log/slurmctld.log
}

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }
root_there() { run env SLURM_CONF="$OTHER/etc/slurm.conf" "$@"; }
field_there() { SLURM_CONF=$OTHER/etc/slurm.conf job_field "$1" "$2" | sort -u; }
logged() { grep -qE -e "$1" "$log"; }

# held SBATCH_ARGUMENT...: the job's id in $job.
held() {
    there sbatch --parsable --hold "$@"
    assert_success
    job=$(tail -n 1 <<<"$output")
}

change() { there scontrol update "JobId=$1" "${@:2}"; }


refused() { # REGEX: in slurmctld's log, and for the user where Slurm has a text for them
    assert_failure 1
    assert_output_matches "Access/permission denied|$1"
    logged "job_submit/recipe: refused a change of job .* by user [0-9]+: .*$1" || fail "not in the log: $1"
}

tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=2)
policy='policy:
  require_recipe: [train]
  max_nodes: {"llama_tiny*": 3}
inventory: {refresh_seconds: 3600}'

# The table knows a job: a change that is refused for what the job is, and not for being unknown.
wait_known() {
    wait_until 20 knows "$@"
}
knows() { # JOB CHANGE
    : >"$log"
    change "$@"
    ! grep -q policy.unknown_job "$log"
}

@test "a job without a recipe is not moved to a partition that requires one, by whatever name; others are" {
    other_cluster <<<"$policy"
    held -p cpu --wrap true
    plain=$job
    change "$plain" Partition=train
    refused '\[policy.unknown_job\]'
    wait_known "$plain" Partition=train
    refused '\[policy.recipe_required\]'
    change "$plain" Partition=cpu,train
    refused '\[policy.recipe_required\]'
    assert_equal "$(field_there "$plain" Partition)" cpu
    change "$plain" Partition=shared
    assert_success
    # Whatever else one changes.
    for other in Comment=x StartTime=now+1hour ExcNodeList=n1 Nice=5 Requeue=0 TimeLimit=5 NumNodes=2-2 JobName=y; do
        change "$plain" $other
        assert_success
    done

    # What says of a job that it has a recipe is not the user's to write.
    change "$plain" AdminComment="recipe=llama_tiny_cpu_pretrain plan=0123456789ab"
    assert_failure 1
    assert_equal "$(field_there "$plain" AdminComment)" ""

    held -p cpu "${tiny[@]}"
    wait_known "$job" Partition=train
    assert_success
    assert_equal "$(field_there "$job" Partition)" train

    held -p cpu --array=1-3 --wrap true
    wait_known "$job" Partition=train
    refused '\[policy.recipe_required\]'
    change "${job}_2" Partition=train
    refused '\[policy.recipe_required\]'
    change "${job}_2" Comment=alone
    assert_success
    change "${job}_[1-3]" Partition=train
    assert_failure 1
    assert_equal "$(field_there "$job" Partition)" cpu

    there sbatch --parsable --hold -p cpu --wrap true : -p cpu
    assert_success
    job=$(tail -n 1 <<<"$output")
    wait_known "$job+1" Partition=train
    refused '\[policy.recipe_required\]'

    root_there scontrol update JobId="$plain" Partition=train
    assert_success
    assert_equal "$(field_there "$plain" Partition)" train
}

@test "a job of a recipe gets no more nodes than its submission would have" {
    other_cluster <<<"$policy"
    held -p cpu "${tiny[@]}"
    wait_known "$job" NumNodes=4
    refused 'at most 3 nodes; this one asks for 4 \[policy.max_nodes\]'
    for nodes in 1-4 4-4 ALL; do
        change "$job" NumNodes=$nodes
        assert_failure 1
    done
    change "$job" ReqNodeList='n[1-4]'
    refused '\[policy.max_nodes\]'
    assert_equal "$(field_there "$job" NumNodes)" 2-2
    # Slurm gives no task less than a node.
    change "$job" NumTasks=4
    assert_success
    change "$job" NumNodes=3-3
    assert_success
    change "$job" NumNodes=1-2
    assert_success

    # Who the site trusts.
    sed -i 's/^policy:/policy:\n  operators: ["nobody of this name", '"$CLUSTER_USER"']/' "$site"
    wait_until 20 logged 'policy.operators names nobody of this name, whom this host does not know'
    change "$job" NumNodes=4-4
    assert_success
    held -p cpu --wrap true
    change "$job" Partition=train
    assert_success
}

@test "without a policy nothing is asked of slurmctld, and nothing is refused" {
    other_cluster <<<'inventory: {refresh_seconds: 5}'
    held -p cpu "${tiny[@]}"
    change "$job" Partition=shared NumTasks=4
    assert_success
    change "$job" NumNodes=4-4
    assert_success
    sleep 6
    run grep -c 'the table of' "$log"
    assert_equal "$output" 0
    echo 'policy: {require_recipe: [train]}' >>"$site"
    wait_until 20 logged 'the table of [0-9]+ jobs took'
}
