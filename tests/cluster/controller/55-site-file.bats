#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Site files that cannot be read, that come later and that go: what holds meanwhile, on a cluster of its own whose slurmctld is
# started again and again.

load ../helper

setup() {
    other_cluster_setup
    controller=
}

teardown() {
    if [[ -n $controller ]]; then
        kill "$controller" 2>/dev/null || true
        wait "$controller" || true
    fi
    other_cluster_teardown
}

# other_cluster: with the site file of standard input; none where that is empty.
other_cluster() {
    local etc=()
    cat >"$WORK/recipe.yaml"
    [[ ! -s $WORK/recipe.yaml ]] || etc=(--etc "$WORK/recipe.yaml")
    "$RECIPE_ROOT/scripts/cluster" start "$OTHER" --build "$RECIPE_BUILD" --nodes 2 --train-nodes 2 "${etc[@]}" 3>&-
    site=$OTHER/etc/recipe.yaml
    log=$OTHER/log/slurmctld.log
}

there() { run "$RECIPE_ROOT/scripts/cluster" as-user "$OTHER" "$@" </dev/null; }
doctor_there() { run env SLURM_CONF="$OTHER/etc/slurm.conf" "$OTHER/opt/bin/srecipe" doctor; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }
answers() { SLURM_CONF=$OTHER/etc/slurm.conf timeout 5 scontrol ping | grep -q UP; }

stop_controller() {
    local pid
    pid=$(cat "$OTHER/run/slurmctld.pid")
    kill "$pid"
    wait_until 30 is_gone "$pid"
    controller=
}

# restart_controller VARIABLE=VALUE...: its log begins anew.
restart_controller() {
    stop_controller
    : >"$log"
    env -i PATH="$PATH" LANG=C.UTF-8 "$@" slurmctld -D -f "$OTHER/etc/slurm.conf" >/dev/null 2>&1 3>&- &
    controller=$!
    wait_until 30 answers
}

logged() { grep -qE -e "$1" "$log"; }

# spoil KIND: what lies at the site file's place.
spoil() {
    rm -rf "$site"
    case $1 in
    yaml) echo 'policy: {require_recipe: [train' >"$site" ;;
    key) echo 'polices: {require_recipe: [train]}' >"$site" ;;
    link) ln -s /nowhere/at/all "$site" ;;
    directory) mkdir "$site" ;;
    pipe) mkfifo "$site" ;;
    large) truncate -s 100M "$site" ;;
    esac
}

refused_without_recipe() {
    there sbatch -p train --wrap true
    ((status == 1)) && [[ $output == *policy.recipe_required* ]]
}
accepted_without_recipe() {
    there sbatch -p train --hold --wrap true
    ((status == 0))
}

holds_last_policy='the policy of .*/etc/recipe.yaml cannot be read; the last one that could holds: train requires a recipe'

@test "whatever becomes of the site file, the last policy holds: at once, after a restart, and until the file is good again" {
    other_cluster <<<'policy: {require_recipe: [train]}'
    : >"$log"
    spoil yaml
    wait_until 20 logged "error: .*$holds_last_policy"
    refused_without_recipe
    for kind in yaml key link directory pipe large; do
        echo "$kind"
        spoil "$kind"
        restart_controller
        refused_without_recipe
        logged "error: .*$holds_last_policy"
    done
    rm -rf "$site"
    echo 'policy: {require_recipe: [train]}' >"$site"
    wait_until 20 logged "the site's files can be read again"
    refused_without_recipe
    doctor_there
    refute_output_contains doctor.policy
    spoil yaml
    doctor_there
    assert_failure 1
    assert_output_contains "error: slurmctld cannot read the site's policy: it goes by the last one that it could, which $OTHER/state/slurm-recipe.policy keeps [doctor.policy]"
    assert_equal "$(stat -c %a "$OTHER/state/slurm-recipe.policy")" 600
}

@test "where no policy was ever read, slurmctld's environment says whether jobs are accepted" {
    other_cluster <<<'policy: {require_recipe: [train'
    accepted_without_recipe
    logged 'none is kept in .*/slurm-recipe.policy: which partitions require a recipe is not known, so that all jobs are accepted'
    doctor_there
    assert_output_contains "none is kept in $OTHER/state/slurm-recipe.policy, so that which partitions require a recipe is not known, and all jobs are accepted"
    restart_controller SLURM_RECIPE_POLICY_UNKNOWN=refuse
    for job in "-p cpu --wrap true" "-p cpu --recipe=llama_tiny_cpu_pretrain"; do
        # shellcheck disable=SC2086 # words
        SLURM_RECIPE_SITE='' there sbatch $job
        assert_failure 1
    done
    there sbatch -p cpu --wrap true
    assert_output_contains "slurmctld cannot read this site's settings for recipes, and takes no job until it can: tell the administrators [policy.unknown]"
    echo 'policy: {require_recipe: [train]}' >"$site"
    wait_until 20 refused_without_recipe
    there sbatch -p cpu --hold --wrap true
    assert_success
}

@test "a site file that is made later is seen without a reconfiguration, and one that is removed is gone" {
    other_cluster </dev/null
    accepted_without_recipe
    echo 'policy: {require_recipe: [train]}' >"$site"
    wait_until 20 refused_without_recipe
    rm "$site"
    wait_until 20 accepted_without_recipe
    logged 'no partition requires a recipe, as '
    echo 'policy: {require_recipe: [train]}' >"$site"
    SLURM_CONF=$OTHER/etc/slurm.conf scontrol reconfigure
    wait_until 20 refused_without_recipe
}

@test "a hardware file that is missing leaves the policy, and so does an installation without its data" {
    other_cluster <<<$'hardware: [/nowhere/hardware.yaml]\npolicy: {require_recipe: [train]}'
    refused_without_recipe
    logged 'error: .*/nowhere/hardware.yaml'
    echo 'policy: {require_recipe: [train]}' >"$OTHER/etc/elsewhere.yaml"
    rm "$site"
    mv "$OTHER/opt/share/slurm-recipe" "$OTHER/opt/share/away"
    restart_controller
    refused_without_recipe
    logged "there is no site file, and the installation's share/slurm-recipe is not beside what reads it"
    restart_controller SLURM_RECIPE_SITE="$OTHER/etc/elsewhere.yaml"
    refused_without_recipe
    logged "train requires a recipe, as $OTHER/etc/elsewhere.yaml says"
}

@test "a user's own site file counts where the site says so" {
    other_cluster </dev/null
    write_file mine.yaml <<<'severities: {paths.none: off}'
    there env SLURM_RECIPE_SITE="$WORK/mine.yaml" sbatch --hold -N 1 --recipe=llama_tiny_cpu_pretrain
    assert_success
    assert_output_contains "recipe: warning: $WORK/mine.yaml is not used: $site holds for everybody, and does not say \`user_site: true\` [site.user_file]"
    assert_output_contains "fix: unset SLURM_RECIPE_SITE"
    echo 'user_site: true' >>"$site"
    there env SLURM_RECIPE_SITE="$WORK/mine.yaml" sbatch --hold -N 1 --recipe=llama_tiny_cpu_pretrain
    assert_success
    refute_output_contains site.user_file
}
