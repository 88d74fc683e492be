#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a job writes is there after it, where its manifest says, whatever the recipe says of its directories.

load ../helper

tiny=(--recipe=llama_tiny_cpu_pretrain --recipe-set=trainer.num_nodes=2 --recipe-set=trainer.max_steps=2
    --recipe-set=exp_manager.checkpoint_callback_params.every_n_train_steps=2)

start() { # JOB KEY: of the job's first start
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["starts"][0][sys.argv[2]])' \
        "$WORK/results/llama-tiny-cpu/$1/manifest.json" "$2"
}

train() { # OVERRIDE...: sets job
    local overrides=()
    for override in "$@"; do overrides+=("--recipe-set=$override"); done
    job=$(submit "${tiny[@]}" "${overrides[@]}" </dev/null)
    wait_job "$job"
    assert_completed "$job"
}

@test "a recipe without exp_dir leaves its checkpoints in the job's results directory" {
    train exp_manager.exp_dir=null
    assert_equal "$(start "$job" results)" "$WORK/results/llama-tiny-cpu/$job"
    assert_equal "$(start "$job" written)" "[]"
    [ -s "$(start "$job" results)/checkpoints/step-000002/progress.json" ]
}

@test "a recipe of HyperPod's form, whose checkpoint_dir would begin with None, does as well" {
    train exp_manager.exp_dir=null 'exp_manager.checkpoint_dir=${recipes.exp_manager.exp_dir}/checkpoints/'
    [ -s "$(start "$job" results)/checkpoints/step-000002/progress.json" ]
}

@test "a recipe with an exp_dir elsewhere leaves them there, as the manifest says" {
    train exp_manager.exp_dir="$WORK/elsewhere/run"
    assert_equal "$(start "$job" written)" "['$WORK/elsewhere/run']"
    [ -s "$WORK/elsewhere/run/checkpoints/step-000002/progress.json" ]
}

@test "a job of several nodes is warned of a disk of this host, and not where the site calls it shared or is strict" {
    truncate -s 16M "$WORK/disk"
    mkfs.ext4 -q "$WORK/disk"
    mkdir "$WORK/mounted"
    mount -o loop "$WORK/disk" "$WORK/mounted"
    chown "$CLUSTER_USER" "$WORK/mounted"
    check() { # SITE
        write_file site.yaml <<<"$1"
        run as_user env SLURM_RECIPE_SITE="$WORK/site.yaml" srecipe check llama_tiny_cpu_pretrain trainer.num_nodes=2 \
            exp_manager.exp_dir="$WORK/mounted/run"
    }
    check '{}'
    assert_success
    assert_output_contains "warning: exp_manager.exp_dir is $WORK/mounted/run (with exp_manager.checkpoint_dir), on a disk of this host (ext4), which 2 nodes share only if it is exported to them [paths.node_local]"
    check "paths: {shared: [$WORK/mounted]}"
    assert_success
    refute_output_contains "$WORK/mounted/run"
    check 'paths: {strict: true}'
    assert_failure 1
    assert_output_contains "error: exp_manager.exp_dir is $WORK/mounted/run"
    umount "$WORK/mounted"
}
