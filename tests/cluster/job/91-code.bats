#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Training code in a git repository: cloned once per job, on its first node, at the commit that was asked for.

load ../helper

setup() {
    cluster_setup
    cpu=(--recipe=llama_tiny_cpu_pretrain "--recipe-set=launch.launcher=direct" "--recipe-set=trainer.devices=1")
    results=$WORK/results/llama-tiny-cpu
    make_repository
    # Between the job and git: what git is called with. Every clone of a job is one such call.
    mkdir bin
    chmod 755 bin
    write_file bin/git <<SHELL
#!/bin/sh
printf '%s ' "\$@" | tr '\n' ' ' >>"$WORK/calls"
echo >>"$WORK/calls"
exec $(command -v git) "\$@"
SHELL
    : >calls
    chmod 666 calls
    counted=("--recipe-set=launch.setup=['export PATH=$WORK/bin:\$PATH']")
}

teardown() {
    [[ -z ${SERVER-} ]] || kill "$SERVER" || true
    cluster_teardown
}

# A bare repository with two commits: FIRST says first, and the branch main, SECOND, says second.
make_repository() {
    mkdir src
    chown "$CLUSTER_USER" src .
    in_source git -c init.defaultBranch=main init -q .
    mkdir -p src/examples/llama
    cat >src/train.py <<'PYTHON'
import os
import sys
where = os.environ["SLURMD_NODENAME"]
os.write(1, f"{where} runs first in {os.getcwd()} with {sys.argv[1:]}\n".encode())
PYTHON
    cat >src/examples/llama/llama_pretrain.py <<'PYTHON'
import os
import sys
options = dict(argument.split("=", 1) for argument in sys.argv[1:])
text = open(os.path.join(options["--config-path"], options["--config-name"])).read()
os.write(1, f"rank {os.environ['RANK']} of {os.environ['WORLD_SIZE']} reads {text.splitlines()[1].strip()}\n".encode())
PYTHON
    cp src/examples/llama/llama_pretrain.py src/module.py
    chown -R "$CLUSTER_USER" src
    commit first
    FIRST=$(in_source git rev-parse HEAD)
    sed -i 's/first/second/' src/train.py
    commit second
    SECOND=$(in_source git rev-parse HEAD)
    in_source git clone -q --bare . "$WORK/code.git"
    url=file://$WORK/code.git
}

in_source() { as_user env -C "$WORK/src" "$@"; }

commit() { in_source sh -c "git add -A && git -c user.name=me -c user.email=me@example.org commit -q -m $1"; }

git_set() { # KEY=VALUE...
    local set
    for set in "$@"; do printf '%s\n' "--recipe-set=++git.$set"; done
}

# submit_code SBATCH_ARGUMENT... -- KEY_OF_GIT=VALUE...
submit_code() {
    local arguments=()
    while [[ $1 != -- ]]; do
        arguments+=("$1")
        shift
    done
    mapfile -t sets < <(git_set "${@:2}")
    as_user sbatch --parsable "${arguments[@]}" "${sets[@]}" </dev/null 2>"$WORK/said"
}

clones() { grep -c ' clone ' calls; }

commit_in_manifest() { # JOB [START]
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["starts"][int(sys.argv[2])]["code"]["commit"])' \
        "$results/$1/manifest.json" "${2-0}"
}

@test "the pinned commit runs on every node, cloned once, although the branch has moved" {
    job=$(submit_code -N 3 "${cpu[@]}" "${counted[@]}" -o out -- "repo_url_or_path='$url'" "commit='$FIRST'" entry_script=train.py)
    wait_job "$job"
    run cat out
    assert_completed "$job"
    assert_output_count 3 "^n[1-3] runs first in $results/$job/code with \['--config-path=$results/$job', '--config-name=recipe-[0-9a-f]{12}.yaml'\]$"
    assert_output_count 1 "^recipe: the training code is $FIRST of $url$"
    assert_equal "$(clones)" 1
    assert_equal "$(commit_in_manifest "$job")" "$FIRST"
    assert_equal "$(stat -c '%a %U' "$results/$job/code")" "700 $CLUSTER_USER"
    run ls "$results/$job"
    refute_output_matches '^code\.'
    run cat said
    refute_output_contains launch.code
}

@test "a branch runs as it is when the job starts, with a warning at the prompt; a tag and an abbreviated commit do as well" {
    in_source git -C "$WORK/code.git" tag old "$FIRST"
    job=$(submit_code "${cpu[@]}" -o out -- "repo_url_or_path='$url'" branch=main entry_script=train.py)
    run cat said
    assert_output_contains "recipe: warning: git.commit: the job runs what the branch or tag main of $url is when it starts: that can move between submission, start and requeue [launch.code_unpinned]"
    assert_output_contains "fix: --recipe-set=git.commit=\$(git ls-remote $url main | head -n 1 | cut -f 1)"
    tagged=$(submit_code "${cpu[@]}" -o tagged -- "repo_url_or_path='$url'" branch=old entry_script=train.py)
    short=$(submit_code "${cpu[@]}" -o short -- "repo_url_or_path='$url'" "commit='${FIRST:0:8}'" entry_script=train.py)
    wait_job "$job"
    wait_job "$tagged"
    wait_job "$short"
    assert_completed "$job" "$tagged" "$short"
    run cat out
    assert_output_count 1 ' runs second '
    run cat tagged short
    assert_output_count 2 ' runs first '
    assert_equal "$(commit_in_manifest "$job")" "$SECOND"
    assert_equal "$(commit_in_manifest "$tagged")" "$FIRST"
}

@test "a collection without an entry script runs the family's program with torchrun and its own arguments" {
    mkdir -p hyperpod/recipes/training/llama hyperpod/cluster
    cp "$CLUSTER_DIR/opt/share/slurm-recipe/recipes_collection/cluster/slurm.yaml" hyperpod/cluster/
    cp "$CLUSTER_DIR/opt/share/slurm-recipe/recipes_collection/recipes/training/llama/llama_tiny_cpu_pretrain.yaml" hyperpod/recipes/training/llama/hf_tiny.yaml
    cat >hyperpod/config.yaml <<'YAML'
defaults:
  - _self_
  - cluster: slurm
  - recipes: training/llama/hf_tiny
cluster_type: slurm
instance_type: null
base_results_dir: ${oc.env:PWD}/results
container: null
git:
  repo_url_or_path: null
  branch: null
  commit: null
  entry_script: null
env_vars: {}
YAML
    chmod -R a+rX hyperpod
    run as_user env "SLURM_RECIPE_PATH=$WORK/hyperpod" srecipe plan hf_tiny --format json
    assert_output_contains '"url": "https://github.com/aws/sagemaker-hyperpod-training-adapter-for-nemo.git"'
    assert_output_contains "/results/llama-tiny-cpu/%j/code/examples/llama/llama_pretrain.py\""
    job=$(as_user env "SLURM_RECIPE_PATH=$WORK/hyperpod" sbatch --parsable -N 2 --recipe=hf_tiny -o out \
        --recipe-set=git.repo_url_or_path="'$url'" --recipe-set=git.commit="'$FIRST'" </dev/null 2>/dev/null)
    wait_job "$job"
    run cat out
    assert_completed "$job"
    assert_output_count 4 '^rank [0-3] of 4 reads name: llama-tiny-cpu$'
}

@test "a requeued job finds its code and does not clone again" {
    write_file wait.sh <<'SHELL'
#!/bin/bash
PATH=$WORK_BIN:$PATH
eval "$RECIPE_CODE"
srun sh -c 'sed -n "/runs/p" "$RECIPE_CODE_DIR/train.py"'
[[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]] || { touch first; sleep 60; }
SHELL
    mapfile -t sets < <(git_set "repo_url_or_path='$url'" "commit='$FIRST'")
    job=$(submit -N 2 --export="ALL,WORK_BIN=$WORK/bin" "${cpu[@]}" "${sets[@]}" -o out --open-mode=append wait.sh 2>/dev/null)
    wait_until 60 test -e first
    inode=$(stat -c %i "$results/$job/code")
    scontrol requeue "$job"
    wait_until 60 has_left_its_nodes "$job"
    scontrol update JobId="$job" StartTime=now+3
    wait_job "$job"
    assert_completed "$job"
    assert_equal "$(clones)" 1
    assert_equal "$(stat -c %i "$results/$job/code")" "$inode"
    assert_equal "$(commit_in_manifest "$job" 0) $(commit_in_manifest "$job" 1)" "$FIRST $FIRST"
    run cat out
    assert_output_count 1 "^recipe: the training code is there: $FIRST in $results/$job/code$"
    assert_output_count 4 'runs first'
}

has_left_its_nodes() { [[ $(job_state "$1") == PENDING && -z $(squeue -h -j "$1" -t completing) ]]; }

@test "a clone that fails ends the job in one line with git's own words, and no task starts" {
    fails() { # REGEX KEY=VALUE...
        local job
        job=$(submit_code -N 2 "${cpu[@]}" -o failed -- "${@:2}" entry_script=train.py)
        wait_job "$job"
        assert_equal "$(job_state "$job")" FAILED
        run cat failed
        refute_output_contains ' runs '
        assert_output_count 1 '^recipe: error: the training code '
        assert_output_matches "^recipe: error: the training code .* cannot be cloned: $1 \[node\.code\]$"
        run ls "$results/$job"
        refute_output_contains code
        rm -f failed
    }
    fails ".*$WORK/none.git. does not appear to be a git repository.*" "repo_url_or_path='file://$WORK/none.git'" commit=abcdef0
    fails '.*Remote branch none not found in upstream origin' "repo_url_or_path='$url'" branch=none
    fails ".*abcdef0.*" "repo_url_or_path='$url'" commit=abcdef0
    fails '.*Failed to connect to 127\.0\.0\.1( port |:)1 .*' "repo_url_or_path='http://127.0.0.1:1/code'" commit=abcdef0
}

@test "a branch or tag with a commit's digits for a name is not taken for it" {
    in_source git -C "$WORK/code.git" branch "${FIRST:0:7}" "$SECOND"
    in_source git -C "$WORK/code.git" tag "${FIRST:0:7}" "$SECOND"
    job=$(submit_code "${cpu[@]}" -o out -- "repo_url_or_path='$url'" "commit='${FIRST:0:7}'" entry_script=train.py)
    wait_job "$job"
    run cat out
    assert_completed "$job"
    assert_output_count 1 ' runs first '
    assert_equal "$(commit_in_manifest "$job")" "$FIRST"
}

start_server() {
    mkdir server
    printf 'do-not-show-this-token\n' >token
    chmod 600 token
    chown "$CLUSTER_USER" token
    "$RECIPE_ROOT/tests/cluster/support/git_server.py" "$WORK" "$WORK/token" "$WORK/server" >server/log 2>&1 3>&- &
    SERVER=$!
    wait_until 30 test -e server/port
    http=http://127.0.0.1:$(<server/port)
}

@test "a token reaches git from its file, and is nowhere else" {
    start_server
    job=$(submit_code -N 2 "${cpu[@]}" "${counted[@]}" -o out -- "repo_url_or_path='$http/code.git'" "commit='$FIRST'" entry_script=train.py \
        "token_file=$WORK/token")
    wait_job "$job"
    run cat out
    assert_completed "$job"
    assert_output_count 2 ' runs first '
    run cat server/requests
    assert_output_count 1 '^GET /code.git/info/refs known$'
    [ ! -e server/leaks ]
    run grep -rlF do-not-show "$WORK"
    assert_equal "$output" "$WORK/token"
    run scontrol show job "$job"
    refute_output_contains do-not-show
    run cat "$results/$job/code/.git/config"
    assert_output_contains "url = $http/code.git"
    refute_output_contains askpass
    run ls -A "$results/$job"
    refute_output_matches '^code\.'
}

@test "a token goes to its own server only, wherever that sends us, and a wrong one ends the job" {
    start_server
    job=$(submit_code "${cpu[@]}" -o out -- "repo_url_or_path='$http/elsewhere/code.git'" "commit='$FIRST'" entry_script=train.py "token_file=$WORK/token")
    wait_job "$job"
    assert_equal "$(job_state "$job")" FAILED
    run cat server/requests
    refute_output_contains ' known'
    printf 'wrong\n' >token
    job=$(submit_code "${cpu[@]}" -o wrong -- "repo_url_or_path='$http/code.git'" "commit='$FIRST'" entry_script=train.py "token_file=$WORK/token")
    wait_job "$job"
    assert_equal "$(job_state "$job")" FAILED
    run cat wrong
    assert_output_matches "^recipe: error: the training code $http/code.git cannot be cloned: .*Authentication failed for '$http/code.git/' \[node\.code\]$"
    job=$(submit_code "${cpu[@]}" -o missing -- "repo_url_or_path='$http/code.git'" "commit='$FIRST'" entry_script=train.py "token_file=$WORK/no-token")
    wait_job "$job"
    run cat missing said
    assert_output_contains "recipe: error: the token's file $WORK/no-token cannot be read here [node.code]"
    assert_output_contains "launch.code_token"
    job=$(submit_code "${cpu[@]}" -o asks -- "repo_url_or_path='$http/code.git'" "commit='$FIRST'" entry_script=train.py)
    wait_job "$job"
    run cat asks
    assert_output_contains "terminal prompts disabled"
}

@test "a path is used where it lies, and a module of it by torchrun's -m" {
    mapfile -t sets < <(git_set "repo_url_or_path=$WORK/src" entry_script=train.py)
    job=$(as_user sbatch --parsable "${cpu[@]}" "${sets[@]}" -o out </dev/null)
    mapfile -t sets < <(git_set "repo_url_or_path=$WORK/src" entry_module=module)
    module=$(as_user sbatch --parsable --recipe=llama_tiny_cpu_pretrain "${sets[@]}" -o module </dev/null)
    wait_job "$job"
    wait_job "$module"
    run cat out module
    assert_completed "$job" "$module"
    assert_output_count 1 "^n1 runs second in $WORK/src with "
    assert_output_count 2 '^rank [01] of 2 reads name: llama-tiny-cpu$'
    [ ! -e "$results/$job/code" ]
}

@test "custom training: a script of the repository with its own arguments" {
    cat >custom.yaml <<YAML
defaults:
  - override hydra/job_logging: stdout
hydra:
  run:
    dir: .
  output_subdir: null
cluster:
  cluster_type: slurm
  cluster_config: {exclusive: true, job_name_prefix: my-, slurm_create_submission_file_only: false, srun_args: null}
git: {repo_url_or_path: '$url', commit: '$FIRST'}
training_cfg:
  entry_script: train.py
  script_args:
    - --steps: 3
    - --name: it's mine
  run: {name: custom, nodes: 2, ntasks_per_node: 1}
base_results_dir: $WORK/results
container: null
env_vars: {}
YAML
    chmod 644 custom.yaml
    job=$(as_user sbatch --parsable -p train --recipe="$WORK/custom.yaml" -o out </dev/null 2>said)
    wait_job "$job"
    assert_equal "$(job_field "$job" JobName)" my-custom
    run cat out
    assert_completed "$job"
    assert_output_count 2 "^g[1-4] runs first in $WORK/results/custom/$job/code with \['--steps', '3', '--name', \"it's mine\"\]$"
}

@test "what git may not be given is refused at the prompt, and shows no secret" {
    refused() { # TEXT KEY=VALUE...
        mapfile -t sets < <(git_set "${@:2}" entry_script=train.py)
        run as_user sbatch "${cpu[@]}" "${sets[@]}" </dev/null
        assert_failure
        refute_output_contains do-not-show
        assert_output_contains "$1"
    }
    refused 'git may not be given `https://***@host/code.git`: it holds a user'"'"'s name or token [launch.code_url]' \
        "repo_url_or_path='https://me:do-not-show@host/code.git'"
    refused 'fix: write the token to a file' "repo_url_or_path='https://do-not-show@host/code.git'"
    refused '[launch.code_url]' "repo_url_or_path='ext::sh -c id'"
    refused '[launch.code_url]' "repo_url_or_path='--upload-pack=id'"
    refused 'fix: --recipe-set=git.repo_url_or_path=$PWD/code' "repo_url_or_path=code"
    refused '[launch.code_reference]' "repo_url_or_path='$url'" "branch='--upload-pack=id'"
    refused '[launch.code_reference]' "repo_url_or_path='$url'" "commit='HEAD;id'"
    [ ! -e "$WORK/results" ]
}

@test "the clone is among the mounts of a container" {
    printf hsqs | write_file train.sqsh
    run --separate-stderr as_user srecipe plan llama_tiny_cpu_pretrain "container=$WORK/train.sqsh" \
        "git.repo_url_or_path='$url'" git.entry_script=train.py --format json
    assert_success
    output=$(python3 -c 'import json, sys; print([m["reason"] for m in json.load(sys.stdin)["container"]["mounts"] if m["source"] == sys.argv[1]])' \
        "$results" <<<"$output")
    assert_output_contains git.repo_url_or_path
}
