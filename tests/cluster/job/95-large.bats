#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A recipe whose configuration leaves the plan no room: it travels in a file of the results directory.

load ../helper

setup() {
    cluster_setup
    other=
    # 1 MiB of 100-byte texts, numbered, so that a lost one is seen.
    {
        printf 'run: {name: big, results_dir: "${base_results_dir}/big"}\n'
        printf 'trainer: {num_nodes: 2, devices: 1, accelerator: cpu}\nmodel: {data: {use_synthetic_data: true}}\nblob:\n'
        seq -f '- "%0100.0f"' 1 10200
    } >big.yaml
    write_file seen.sh <<'SHELL'
#!/bin/bash
awk -v who="${1-rank $SLURM_PROCID}" '
    /^- .[0-9]+.$/ { gsub(/[^0-9]/, ""); count += 1; sum += $0; bytes += 105 }
    END { printf("%s: %d texts, sum %d%s\n", who, count, sum, (bytes > 1048576) ? ", over 1 MiB" : "") }' "$RECIPE_CONFIG"
SHELL
    write_file batch.sh <<'SHELL'
#!/bin/bash
./seen.sh batch
srun ./seen.sh
echo "a plan of ${#SLURM_SPANK_RECIPE_PLAN} bytes"
SHELL
}

teardown() {
    if [[ -n $other && -e $other/.slurm-recipe-cluster ]]; then
        "$RECIPE_ROOT/scripts/cluster" stop "$other"
    fi
    [[ -z $other ]] || rm -rf "$other"
    cluster_teardown
}

big=(--recipe=big.yaml)
all='10200 texts, sum 52025100, over 1 MiB'

files() { find results/big -maxdepth 1 -name '.configuration-*' 2>/dev/null; }
no_files() { [[ -z $(files) ]]; }
the_file() {
    assert_equal "$(files | wc -l)" 1 >&2 && files
}

assert_whole() { # OUTPUT_FILE TASKS
    run cat "$1"
    assert_output_count 1 "^batch: $all$"
    assert_output_count "$2" "^rank [0-9]: $all$"
    assert_output_matches '^a plan of [0-9]+ bytes$'
    (($(sed -n 's/^a plan of \([0-9]*\) bytes$/\1/p' <<<"$output") <= 32768))
}

@test "a configuration of 1 MiB reaches the batch script and every task whole, and its file goes with the job" {
    job=$(submit -H "${big[@]}" -o out batch.sh)
    file=$(the_file)
    assert_equal "$(stat -c '%a %U' "$file")" "600 $CLUSTER_USER"
    scontrol release "$job"
    wait_job "$job"
    assert_completed "$job"
    assert_whole out 2
    wait_until 30 no_files || fail "left: $(files)"
}

@test "srun and salloc take their files with them" {
    run as_user srun "${big[@]}" ./seen.sh
    assert_success
    assert_output_count 2 "^rank [01]: $all$"
    no_files || fail "left: $(files)"
    run as_user salloc "${big[@]}" sh -c 'srun ./seen.sh; find results/big -maxdepth 1 -name ".configuration-*" | wc -l'
    assert_success
    assert_output_count 2 "^rank [01]: $all$"
    assert_output_count 1 '^1$'
    no_files || fail "left: $(files)"
}

@test "what root submits for a user is the user's file" {
    run env -u SLURM_RECIPE_PATH sbatch --parsable --hold --uid="$CLUSTER_USER" "${big[@]}" -o "$WORK/out" batch.sh </dev/null
    assert_success
    job=$(grep -E '^[0-9]+$' <<<"$output")
    assert_equal "$(stat -c '%a %U' "$(the_file)")" "600 $CLUSTER_USER"
    scontrol release "$job"
    wait_job "$job"
    assert_completed "$job"
    assert_whole out 2
    wait_until 30 no_files || fail "left: $(files)"
}

@test "a job that is cancelled while it runs leaves nothing, and a small one never has a file" {
    write_file sleep.sh <<'SHELL'
#!/bin/bash
touch begun
sleep 60
SHELL
    job=$(submit "${big[@]}" sleep.sh)
    wait_until 60 test -e begun
    the_file
    scancel "$job"
    wait_job "$job"
    wait_until 30 no_files || fail "left: $(files)"
    job=$(submit -H --recipe=llama_tiny_cpu_pretrain sleep.sh)
    run find results -name '.configuration-*'
    assert_equal "$output" ""
}

@test "a step with a large configuration of its own has a file of its own" {
    write_file own.sh <<'SHELL'
#!/bin/bash
srun --recipe=big.yaml ./seen.sh
srun --recipe=big.yaml --recipe-set=run.name=other sh -c './seen.sh; grep "name: other" "$RECIPE_CONFIG"'
find results/big -maxdepth 1 -name '.configuration-*' | wc -l
SHELL
    job=$(submit -N2 --recipe=llama_tiny_cpu_pretrain -o out own.sh)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 4 "^rank [01]: $all$"
    assert_output_count 2 'name: other$'
    assert_output_count 1 '^0$'
}

@test "the tasks of an array share a file, and a requeued job needs it no more" {
    job=$(submit --array=1-2%1 "${big[@]}" -o out-%a batch.sh)
    wait_job "$job"
    assert_completed "$job"
    for task in 1 2; do assert_whole "out-$task" 2; done
    wait_until 30 no_files || fail "left: $(files)"

    write_file again.sh <<'SHELL'
#!/bin/bash
./batch.sh
if [[ ${SLURM_RESTART_COUNT:-0} == 0 ]]; then
    rm results/big/.configuration-*
    scontrol requeue "$SLURM_JOB_ID"
    sleep 60
fi
echo "start $SLURM_RESTART_COUNT"
SHELL
    job=$(submit "${big[@]}" --open-mode=append -o again again.sh)
    wait_until 60 grep -qs 'a plan of' again
    is_pending() { [[ $(job_state "$job") == PENDING && -z $(squeue -h -j "$job" -t completing) ]]; }
    wait_until 60 is_pending
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job"
    assert_completed "$job"
    run cat again
    assert_output_count 4 "^rank [01]: $all$"
    assert_output_count 1 '^start 1$'
}

@test "a secret of a large configuration is not in its file" {
    secret=sesame-open-0123
    job=$(submit -H "${big[@]}" --recipe-set=++run.access_token=$secret -o out --wrap "srun --recipe-step=helper -n1 -N1 grep -c $secret \"\$RECIPE_CONFIG\"" 2>/dev/null)
    run grep -c "$secret" "$(the_file)"
    assert_equal "$output" 0
    scontrol release "$job"
    wait_job "$job"
    assert_completed "$job"
    assert_equal "$(cat out)" 1
    wait_until 30 no_files || fail "left: $(files)"
}

@test "nothing is written for what is not submitted, and a refused job's file goes" {
    run as_user sbatch --test-only "${big[@]}" batch.sh
    assert_success
    no_files || fail "left: $(files)"
    run as_user sbatch --partition=nosuch "${big[@]}" batch.sh
    assert_failure
    no_files || fail "left: $(files)"
    run as_user "$RECIPE_BUILD/bin/srecipe" plan big.yaml launch.entry_script=batch.sh
    assert_success
    assert_output_contains '"configuration_file"'
    no_files || fail "left: $(files)"
}

@test "a results directory that cannot be written to is a reason to refuse" {
    mkdir closed
    run as_user sbatch "${big[@]}" --recipe-set=base_results_dir="$WORK/closed" batch.sh
    assert_failure
    assert_output_matches "run\.results_dir: the resolved recipe has [0-9]+ bytes, which travel in a file of the results directory: cannot write $WORK/closed/big/\.configuration-[0-9a-f]{32}: No such file or directory \[plan\.file\]"
    assert_output_contains "--recipe-set=base_results_dir=DIRECTORY"
    assert_equal "$(ls -A closed)" ""
}

# spoil HOW: what a hostile or clumsy hand makes of the file.
spoil() {
    case $1 in
    changed) sed -i '1s/0000/0001/' "$file" && chown "$CLUSTER_USER" "$file" ;;
    cut) truncate -s 1000 "$file" ;;
    huge) truncate -s 100M "$file" ;;
    link) mv "$file" aside && ln -s "$WORK/aside" "$file" ;;
    foreign) chown root "$file" && chmod 644 "$file" ;;
    writable) chmod 666 "$file" ;;
    missing) rm "$file" ;;
    fifo) rm "$file" && setpriv --reuid "$CLUSTER_USER" --clear-groups mkfifo -m 600 "$file" ;;
    esac
}

@test "a file that is not the one submitted is refused by name, before the batch script starts" {
    declare -A why=([changed]="it was changed since the job was submitted"
        [cut]="it has 1000 bytes, and the job was submitted with [0-9]+" [huge]="it has more than 4194304 bytes"
        [link]="it is a link" [foreign]="it belongs to another user" [writable]="others may write it"
        [missing]="No such file or directory" [fifo]="it is no regular file")
    for how in "${!why[@]}"; do
        rm -rf results
        job=$(submit -H "${big[@]}" -o "out-$how" batch.sh)
        file=$WORK/$(the_file)
        spoil "$how"
        scontrol release "$job"
        wait_job "$job"
        assert_equal "$(job_state "$job")" FAILED
        run cat "out-$how"
        assert_output_count 1 "recipe: on node n[0-9]: the file of the recipe's configuration $file: ${why[$how]}; submit the job again \[plan\.file\]"
        refute_output_contains "rank"
    done
}

@test "with a Prolog, with and without job_submit, the job has its configuration" {
    for plugins in recipe none; do
        other=$(mktemp -d "${TMPDIR:-/tmp}/recipe-other.XXXXXX")
        write_file prolog <<SHELL
#!/bin/sh
echo "plan of \${#SLURM_SPANK_RECIPE_PLAN} and \${#SPANK_RECIPE_PLAN} bytes" >>$other/home/prolog
SHELL
        echo "Prolog=$WORK/prolog" >extra.conf
        options=(--nodes 2 --train-nodes 0)
        [[ $plugins == recipe ]] || options+=(--no-job-submit)
        "$RECIPE_ROOT/scripts/cluster" start "$other" --build "$RECIPE_BUILD" "${options[@]}" --slurm-conf-extra extra.conf 3>&-
        there=$other/home/$CLUSTER_USER
        cp big.yaml seen.sh batch.sh "$there/"
        run "$RECIPE_ROOT/scripts/cluster" as-user "$other" sh -c "cd $there && sbatch --parsable --wait -o $there/out ${big[*]} batch.sh" </dev/null
        assert_success
        assert_whole "$there/out" 2
        run sort -u "$other/home/prolog"
        if [[ $plugins == recipe ]]; then
            assert_equal "$output" "plan of 0 and 0 bytes"
        else
            assert_output_matches '^plan of [0-9]+ and [0-9]{3,4} bytes$'
        fi
        "$RECIPE_ROOT/scripts/cluster" stop "$other"
        rm -rf "$other"
    done
}
