#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The secrets of a recipe: the program gets them, and nobody else finds them.

load ../helper

recipe=(--recipe=llama_tiny_cpu_pretrain)
secret=sesame-open-0123
token=--recipe-set=++env_vars.HF_TOKEN=$secret

setup() {
    cluster_setup
    SECRETS=$CLUSTER_DIR/home/$CLUSTER_USER/.local/state/slurm-recipe/secrets
    rm -rf "$SECRETS"
    echo "$secret" >expected
    chown "$CLUSTER_USER" expected
    chmod 600 expected
    write_file got.sh <<'SHELL'
#!/bin/bash
[[ $HF_TOKEN == "$(cat expected)" ]] && echo "got on node $SLURM_NODEID"
SHELL
}

files() { find "$SECRETS" -type f 2>/dev/null; }
no_files() { [[ -z $(files) ]]; }
the_file() {
    assert_equal "$(files | wc -l)" 1 >&2 && files
}
has_left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }

# Everything that Slurm keeps or says of a job. The job's environment is kept as well: what a user exports is in it.
refute_kept() { # JOB
    run scontrol show job -dd "$1"
    refute_output_contains "$secret"
    run scontrol write batch_script "$1" -
    refute_output_contains "$secret"
    run grep -rl -a -e "$secret" "$CLUSTER_DIR/state" "$CLUSTER_DIR/log" "$CLUSTER_DIR/spool"
    assert_equal "$output" ""
}

@test "the program gets secrets in its environment and configuration, and nobody else finds them" {
    write_file see.sh <<'SHELL'
#!/bin/bash
./got.sh
srun bash -c './got.sh; [[ $URL == "https://me:$(cat expected)@host" ]] && echo "in a text"; grep -c "$(cat expected)" "$RECIPE_CONFIG"'
until [[ -e go ]]; do sleep 0.2; done
SHELL
    job=$(submit -N 2 "${recipe[@]}" --recipe-set=++env_vars.RECIPE_ENV_REPORT=1 --recipe-set=++run.access_token=$secret \
        --recipe-set="++env_vars.URL='https://me:\${recipes.run.access_token}@host'" "$token" -o out see.sh 2>err)
    run cat err
    assert_output_count 1 'secret\.literal'
    assert_output_contains "env_vars.HF_TOKEN"
    assert_output_contains "everybody on this host sees in ps"
    refute_output_contains "$secret"
    wait_until 60 grep -q 'got on node 1' out
    file=$(the_file)
    assert_equal "$(stat -c '%a %U' "$file" "$SECRETS")" "600 $CLUSTER_USER"$'\n'"700 $CLUSTER_USER"
    refute_kept "$job"
    touch go
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 2 '^got on node 0$'
    assert_output_count 1 '^got on node 1$'
    assert_output_count 2 '^in a text$'
    assert_output_matches 'HF_TOKEN=\*\*\* '
    assert_output_matches 'URL=https://me:\*\*\*@host '
    refute_output_contains "$secret"
    wait_until 30 no_files || fail "left: $(files)"
    refute_kept "$job"

    directory=results/llama-tiny-cpu/$job
    assert_equal "$(stat -c '%a %U' "$directory" "$directory"/recipe-*.yaml)" "700 $CLUSTER_USER"$'\n'"600 $CLUSTER_USER"
    run grep -l "$secret" -r "$directory"
    assert_equal "$output" "$(echo "$directory"/recipe-*.yaml)"
    run find results -type f -perm /077 -exec grep -l "$secret" {} +
    assert_equal "$output" ""
}

@test "a requeued job has its secrets again, also when its script asked for it and ended well" {
    write_file again.sh <<'SHELL'
#!/bin/bash
srun ./got.sh
if [[ ${SLURM_RESTART_COUNT:-0} == 0 ]]; then
    scontrol requeue "$SLURM_JOB_ID"
    exit 0
fi
echo "start ${SLURM_RESTART_COUNT}"
SHELL
    job=$(submit "${recipe[@]}" "$token" --open-mode=append -o out again.sh 2>/dev/null)
    wait_until 60 grep -qs got out
    wait_until 60 has_left_its_nodes "$job"
    the_file
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job" 120
    assert_completed "$job"
    run cat out
    assert_output_count 2 '^got on node 0$'
    assert_output_count 1 '^start 1$'
    wait_until 30 no_files || fail "left: $(files)"
}

@test "a job that is cancelled while it runs leaves nothing" {
    write_file sleep.sh <<'SHELL'
#!/bin/bash
touch begun
sleep 60
SHELL
    job=$(submit "${recipe[@]}" "$token" sleep.sh 2>/dev/null)
    wait_until 60 test -e begun
    the_file
    scancel "$job"
    wait_job "$job"
    wait_until 30 no_files || fail "left: $(files)"
}

@test "the tasks of an array share a file, which goes with the last" {
    write_file task.sh <<'SHELL'
#!/bin/bash
srun ./got.sh
ls ~/.local/state/slurm-recipe/secrets | wc -l
SHELL
    job=$(submit --array=1-2%1 "${recipe[@]}" "$token" -o out-%a task.sh 2>/dev/null)
    wait_job "$job"
    assert_completed "$job"
    for task in 1 2; do
        run cat "out-$task"
        assert_output_count 1 '^got on node 0$'
        assert_output_count 1 '^1$'
    done
    wait_until 30 no_files || fail "left: $(files)"
}

@test "srun and salloc take their files with them" {
    run as_user srun -N2 "${recipe[@]}" "$token" ./got.sh
    assert_success
    assert_output_count 2 '^got on node [01]$'
    refute_output_contains "$secret"
    no_files || fail "left: $(files)"
    run as_user salloc -N1 "${recipe[@]}" "$token" sh -c 'srun ./got.sh; ls ~/.local/state/slurm-recipe/secrets | wc -l; echo job $SLURM_JOB_ID'
    assert_success
    assert_output_count 1 '^got on node 0$'
    assert_output_count 1 '^1$'
    refute_output_contains "$secret"
    no_files || fail "left: $(files)"
    run scontrol show job -dd
    refute_output_contains "$secret"
}

@test "a step with overrides of its own has the job's secrets, and its own" {
    write_file own.sh <<'SHELL'
#!/bin/bash
srun --recipe-set=trainer.max_steps=3 bash -c './got.sh; grep max_steps "$RECIPE_CONFIG"'
srun --recipe-set=++env_vars.OTHER_TOKEN="$(cat expected)-2" --recipe-set=++run.token="$(cat expected)-2" \
    bash -c './got.sh; [[ $OTHER_TOKEN == "$(cat expected)-2" ]] && echo other; grep -c -e "$(cat expected)-2" "$RECIPE_CONFIG"'
ls ~/.local/state/slurm-recipe/secrets | wc -l
SHELL
    job=$(submit "${recipe[@]}" "$token" -o out own.sh 2>/dev/null)
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_count 2 '^got on node 0$'
    assert_output_count 1 'max_steps: 3$'
    assert_output_count 1 '^other$'
    assert_output_count 2 '^1$'
    refute_output_contains "$secret"
    wait_until 30 no_files || fail "left: $(files)"
}

@test "nothing is written for what is not submitted, and a refused job's file goes" {
    run as_user sbatch --test-only "${recipe[@]}" "$token" got.sh
    assert_success
    refute_output_contains "$secret"
    no_files || fail "left: $(files)"
    run as_user sbatch --partition=nosuch "${recipe[@]}" "$token" got.sh
    assert_failure
    refute_output_contains "$secret"
    no_files || fail "left: $(files)"
    for command in plan check show; do
        run as_user "$RECIPE_BUILD/bin/srecipe" "$command" llama_tiny_cpu_pretrain "++env_vars.HF_TOKEN=$secret"
        assert_success
        refute_output_contains "$secret"
    done
    no_files || fail "left: $(files)"
    run as_user "$RECIPE_BUILD/bin/srecipe" show llama_tiny_cpu_pretrain "++env_vars.HF_TOKEN=$secret" --select env_vars.HF_TOKEN
    assert_output_contains "$secret"
}

@test "secrets that cannot be kept are a reason to refuse" {
    run as_user env XDG_STATE_HOME=/proc sbatch "${recipe[@]}" "$token" got.sh
    assert_failure
    assert_output_contains "cannot create /proc/slurm-recipe/secrets"
    assert_output_contains "[secret.file]"
}

# spoil HOW: what a hostile or clumsy hand makes of the file.
spoil() {
    case $1 in
    link) mv "$file" "$WORK/elsewhere" && ln -s "$WORK/elsewhere" "$file" ;;
    foreign) chown root "$file" ;;
    readable) chmod 640 "$file" ;;
    huge) truncate -s 100M "$file" ;;
    missing) rm "$file" ;;
    fifo) rm "$file" && setpriv --reuid "$CLUSTER_USER" --clear-groups mkfifo -m 600 "$file" ;;
    other) echo 'root:x:0:0' >"$file" ;;
    esac
}

@test "a node reads nothing but a file that is the user's alone, and fails the step in one line" {
    declare -A why=([link]="it is a link" [foreign]="Permission denied" [readable]="others may read or write it"
        [huge]="it has more than 65536 bytes" [missing]="No such file or directory" [fifo]="it is no regular file"
        [other]="it is none of ours")
    for how in "${!why[@]}"; do
        rm -rf "$SECRETS"
        job=$(submit -H "${recipe[@]}" "$token" -o "out-$how" got.sh 2>/dev/null)
        file=$(the_file)
        spoil "$how"
        scontrol release "$job"
        wait_job "$job"
        assert_equal "$(job_state "$job")" FAILED
        run cat "out-$how"
        assert_output_count 1 "recipe: on node n[0-9]: the file of the recipe's secrets $file: ${why[$how]}; submit the job again.*\[node\.secrets\]"
        refute_output_contains "got on"
    done
}

@test "a forged reference to another file is refused before anything is opened" {
    write_file forge.sh <<'SHELL'
#!/bin/bash
for path in /etc/shadow "$HOME/mine"; do
    export SLURM_SPANK_RECIPE_PLAN=$(sed "s|\"secrets_file\":\"[^\"]*\"|\"secrets_file\":\"$path\"|" <<<"$plan")
    srun env | grep -c root: || echo "refused $path"
done
SHELL
    sed -i '2i plan=$SLURM_SPANK_RECIPE_PLAN' forge.sh
    job=$(submit "${recipe[@]}" "$token" -o out forge.sh 2>/dev/null)
    wait_job "$job"
    run cat out
    assert_output_count 2 '^refused '
    assert_output_contains "secrets_file is none of ours [plan.malformed]"
}

@test "a secret argument reaches the program, and not the words of srun, which slurmctld keeps" {
    write_file program.sh <<'SHELL'
#!/bin/bash
[[ $2 == "$(cat expected)" ]] && echo "got $1 and ${*:3}"
until [[ -e go ]]; do sleep 0.2; done
SHELL
    job=$(as_user sbatch --parsable "${recipe[@]}" --recipe-set="launch.entry_script=$WORK/program.sh" --recipe-set=launch.launcher=direct \
        --recipe-set=trainer.devices=1 "--recipe-set=launch.args=[--token,'\${env_vars.HF_TOKEN}','two words']" "$token" -o out 2>err </dev/null)
    wait_until 60 grep -qs got out
    run pgrep -a srun
    assert_output_contains RECIPE_SECRET_COMMAND
    refute_output_contains "$secret"
    refute_kept "$job"
    touch go
    wait_job "$job"
    assert_completed "$job"
    run cat out
    assert_output_contains "got --token and two words"
}

@test "git's token is in a file of its own, whose name the clone gets" {
    write_file token.sh <<'SHELL'
#!/bin/bash
[[ $(cat "$RECIPE_CODE_TOKEN_FILE") == "$(cat expected)" ]] && echo "told where"
eval "$RECIPE_CODE"
cat "$RECIPE_CODE_DIR/hello"
grep -c "$(cat expected)" "$RECIPE_CONFIG"
SHELL
    as_user git init -q code
    as_user sh -c 'cd code && echo hello >hello && git add hello && git -c user.name=me -c user.email=me@host commit -q -m hello'
    job=$(submit -H "${recipe[@]}" --recipe-set="++git.repo_url_or_path=file://$WORK/code" --recipe-set=++git.token=$secret \
        --recipe-set=++git.entry_script=hello -o out token.sh 2>err)
    assert_equal "$(files | wc -l)" 2
    assert_equal "$(cat "$SECRETS"/*-git)" "$secret"
    assert_equal "$(stat -c '%a %U' "$SECRETS"/*-git)" "600 $CLUSTER_USER"
    run cat err
    assert_output_contains "++git.token_file=FILE"
    scontrol release "$job"
    wait_job "$job"
    run cat out
    assert_output_count 1 '^told where$'
    assert_output_count 1 '^hello$'
    assert_output_count 1 '^0$'
    refute_output_contains "$secret"
    wait_until 30 no_files || fail "left: $(files)"
    refute_kept "$job"
}

@test "the line that Slurm keeps has nothing of a secret, however it is typed" {
    lines=(
        "--recipe-set=++git.token=[Zebra, Yak]"
        "--recipe-set=++env_vars.HF_TOKEN= Zebra"
        "--recipe-set=++env_vars.A_TOKEN='Zebra Yak'"
        "--recipe-set=++env_vars.MY_PASSWD=Zebra"
        "--recipe-set=++env_vars.NGC_APIKEY=Zebra"
        "--recipe-set=++env_vars.GIT_CREDENTIALS='https://me:Zebra@host'"
        "--recipe-set=++env_vars.PROXY='https://me:Zebra@host'"
        "--recipe-set=++hub={token: Zebra, user: seen}"
    )
    count=0
    for typed in "${lines[@]}"; do
        count=$((count + 1))
        job=$(submit -H "${recipe[@]}" "$typed" -J "the-$count" got.sh one two 2>err) || fail "$(cat err)"
        run scontrol show job -dd "$job"
        refute_output_contains Zebra
    done
    # slurmctld writes its state some seconds later. What it is asked for by no command of 22.05 is there.
    wait_until 60 grep -qsa "the-$count got.sh one two" "$CLUSTER_DIR/state/job_state"
    run grep -rlsa -e Zebra -e Yak "$CLUSTER_DIR/state" "$CLUSTER_DIR/log"
    assert_equal "$output" ""
    for kept in '++git.token=*** -J the-1 got.sh one two' '++env_vars.PROXY='"'https://me:***@host'"' -J the-7' \
        '++hub=*** -J the-8'; do
        run grep -cFa -e "$kept" "$CLUSTER_DIR/state/job_state"
        assert_equal "$output" 1
    done
}

@test "a placeholder is no secret" {
    for value in None null '<token>' changeme; do
        run as_user sbatch --test-only "${recipe[@]}" "--recipe-set=++run.access_token='$value'" --wrap true
        assert_success
        refute_output_contains secret.literal
    done
    run as_user sbatch --test-only "${recipe[@]}" "--recipe-set=++run.access_token='Zebra'" --wrap true
    assert_output_contains secret.literal
}
