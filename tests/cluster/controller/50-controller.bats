#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# slurmctld against clients that do not play by the rules, and clients that have no SPANK plugin's help.

load ../helper

setup() {
    cluster_setup
    # A user's own slurm.conf with a user's own SPANK plugin: what a hostile client looks like.
    mkdir -p etc
    sed "s|^PlugStackConfig=.*|PlugStackConfig=$WORK/etc/plugstack.conf|" "$CLUSTER_DIR/etc/slurm.conf" >etc/slurm.conf
    cp "$RECIPE_BUILD/tests/forger.so" etc/
    echo "required $WORK/etc/forger.so" >etc/plugstack.conf
    chmod -R a+rX etc
}

forge() { # PLAN SBATCH_ARGUMENT...
    local plan=$1
    shift
    as_user env SLURM_CONF="$WORK/etc/slurm.conf" "RECIPE_FORGED_PLAN=$plan" sbatch --parsable "$@"
}

good_plan() { as_user srecipe plan llama_tiny_cpu_pretrain "$@" | tr -d '\n'; }

@test "a job without a plan is not touched" {
    run as_user sbatch --parsable --hold --wrap true
    assert_success
    assert_equal "$(job_field "$output" NumNodes)" "$(unasked_nodes)"
    run ! takes_whole_nodes "$output"
}

@test "what the client could not fill in, slurmctld fills in from the plan" {
    run forge "$(good_plan trainer.num_nodes=3)" --hold --wrap true
    assert_success
    assert_equal "$(job_field "$output" NumNodes)" 3-3
    takes_whole_nodes "$output"
    assert_equal "$(job_field "$output" TimeLimit)" 00:10:00
    run forge "$(good_plan trainer.num_nodes=3)" --hold -t 2 --oversubscribe --wrap true
    assert_equal "$(job_field "$output" TimeLimit)" 00:02:00
}

@test "GPUs are filled in where the cluster has them" {
    run forge "$(as_user srecipe plan llama3_2_1b_pretrain model.max_context_width=1024 | tr -d '\n')" --hold -p train --wrap true
    assert_success
    assert_equal "$(job_field "$output" TresPerNode)" "$(tres_request gpu:8)"
}

@test "a request for other nodes than the plan's is refused with both numbers" {
    run forge "$(good_plan trainer.num_nodes=3)" --hold -N 2 --wrap true
    assert_failure 1
    assert_output_contains "the job asks for 2 nodes, its recipe was planned for 3"
}

@test "slurmctld survives every plan that a user can forge" {
    good=$(good_plan)
    for plan in '' '{' '[]' 'null' '{"version":2}' "${good:0:500}" "${good/\"nodes\": 1/\"nodes\": -1}" \
        "${good/\"nodes\": 1/\"nodes\": 1e99}" "${good/\"shard\": 1/\"shard\": 999999999999999999999}" \
        "${good/\"layout\"/\"layout2\"}" "$(printf '[%.0s' {1..30000})" "$(printf '{"a":%.0s' {1..6000})" \
        "$(head -c 100000 /dev/zero | tr '\0' x)" $'\xff\xfe\x80' $'{"version":2,"recipe":"\x1b[31m\n"}'; do
        run forge "$plan" --hold --wrap true
        assert_failure 1
        assert_output_contains "recipe: "
        refute_output_contains $'\x1b'
    done
    run as_user sbatch --parsable --hold --wrap true
    assert_success
}
