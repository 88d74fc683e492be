#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line of srecipe: what stands where, what goes to which stream, and the exit status. SRECIPE names the program.

bats_require_minimum_version 1.5.0

: "${SRECIPE:?the program to test}"

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p mine/recipes/group
    printf 'defaults: [_self_]\nbase: /data\n' >mine/config.yaml
    printf 'run: {name: one, dir: "${base}/${.name}"}\nsize: 1\n' >mine/recipes/group/one.yaml
    printf 'run: {name: two, dir: "${base}/${.name}"}\nextra: [1, 2.0]\n' >mine/recipes/two.yaml
}

@test "options may stand before and after the command, the recipe and the overrides" {
    for arguments in "-C mine show one size=2 --select recipes.size" "show -C mine one size=2 --select recipes.size" \
        "show one -C mine --select recipes.size size=2" "show --select recipes.size one size=2 --collection=mine"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$SRECIPE" $arguments
        [ "$status" -eq 0 ]
        [ "$output" = 2 ]
    done
}

@test "--recipe-set is taken as sbatch takes it, after all other overrides" {
    run "$SRECIPE" show -C mine --recipe-set=size=3 one size=2 --recipe-set '+run.more=[a,b]' --select recipes
    [ "$status" -eq 0 ]
    [ "$output" = "run:
  name: one
  dir: /data/one
  more:
  - a
  - b
size: 3" ]
}

@test "--origin prints the line, the override and the interpolation of each value" {
    run "$SRECIPE" show -C mine one size=2 --origin --select recipes
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == 'recipes.run.name: "one"'*'  # '*one.yaml:1 ]]
    [[ ${lines[1]} == *'one.yaml:1  "${base}/${.name}"' ]]
    [ "${lines[2]}" = "recipes.size: 2               # override 1" ]
    run "$SRECIPE" show -C mine one size=2 --origin --select recipes.size --format json
    [ "$(/usr/bin/python3 -c 'import json,sys; print(json.loads(sys.argv[1])["recipes.size"])' "$output")" = "{'value': 2, 'source': 'override 1'}" ]
}

@test "--unresolved shows what stands there before interpolation" {
    run "$SRECIPE" show -C mine one --unresolved --select recipes.run.dir
    [ "$output" = '${base}/${.name}' ]
}

@test "diff compares two recipes, or one with itself overridden" {
    run "$SRECIPE" diff -C mine one size=2
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "- recipes.size: 1  # "*"one.yaml:2" ]]
    [ "${lines[1]}" = "+ recipes.size: 2  # override 1" ]
    [ "${#lines[@]}" -eq 2 ]
    run "$SRECIPE" diff -C mine one two base=/x --format json
    [ "$status" -eq 0 ]
    [ "$(/usr/bin/python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(d["removed"], d["added"], d["changed"]["recipes.run.dir"])' "$output")" = \
        "{'recipes.size': 1} {'recipes.extra': [1, 2.0]} {'before': '/x/one', 'after': '/x/two'}" ]
    run "$SRECIPE" diff -C mine one
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "what is wrong goes to stderr with status 1, and several problems at once" {
    stderr=
    run --separate-stderr "$SRECIPE" show -C mine one sise=2 run.nme=x
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ $stderr == *'did you mean `size`?'* ]]
    [[ $stderr == *'did you mean `run.name`?'* ]]
}

@test "a usage error has status 2 and names a command that is meant" {
    run "$SRECIPE" shwo one
    [ "$status" -eq 2 ]
    [ "$output" = 'srecipe: there is no command `shwo`; did you mean `show`?' ]
    run "$SRECIPE"
    [ "$status" -eq 2 ]
    run "$SRECIPE" show
    [ "$status" -eq 2 ]
    run "$SRECIPE" --version
    [ "$status" -eq 0 ]
}

@test "what the shipped trainer does not do is refused before it waits in a queue" {
    run "$SRECIPE" check llama3_2_1b_pretrain instance_type=p5.48xlarge model.context_parallel_degree=2
    [ "$status" -eq 1 ]
    [[ $output == *"[program.unsupported]"* ]]
    [[ $output == *"fix: --recipe-set=model.context_parallel_degree=1"* ]]
    run "$SRECIPE" check llama3_2_1b_pretrain instance_type=p5.48xlarge
    [ "$status" -eq 0 ]
}

@test "explain says what a code means" {
    run "$SRECIPE" explain precision.fp8
    [ "$status" -eq 0 ]
    [[ $output == *"8.9"* ]]
    run "$SRECIPE" explain precision.fb8
    [ "$status" -ne 0 ]
    [[ $output == *"precision.fp8"* ]]
}

@test "fit knows what our own trainer needs, and that it trains on CPUs where it does" {
    family='import json,sys; fit = json.loads(sys.argv[1]); print(fit["family"], fit["program"], fit["verdict"])'
    run "$SRECIPE" fit llama3_2_1b_pretrain instance_type=p5.48xlarge --format json
    [ "$(/usr/bin/python3 -c "$family" "$output")" = "hf slurm-recipe's trainer fits" ]
    run "$SRECIPE" fit llama_tiny_cpu_pretrain --format json
    [ "$(/usr/bin/python3 -c "$family" "$output")" = "hf slurm-recipe's trainer None" ]
    [[ $output == *"it trains on CPUs"* ]]
}

@test "fit names the parts, the assumptions and what would fit" {
    run "$SRECIPE" fit llama3_2_1b_pretrain instance_type=g5.48xlarge trainer.num_nodes=4 model.fp8=False --format json
    [ "$(/usr/bin/python3 -c 'import json,sys; print(json.loads(sys.argv[1])["verdict"])' "$output")" = does_not_fit ]
    mapfile -t fix < <(/usr/bin/python3 -c 'import json,sys; print(*json.loads(sys.argv[1])["suggestions"][0]["set"], sep="\n")' "$output")
    run "$SRECIPE" fit llama3_2_1b_pretrain instance_type=g5.48xlarge trainer.num_nodes=4 model.fp8=False "${fix[@]}" --format json
    [ "$status" -eq 0 ]
    [ "$(/usr/bin/python3 -c 'import json,sys; print(json.loads(sys.argv[1])["verdict"])' "$output")" = fits ]
    run "$SRECIPE" fit llama3_2_1b_pretrain instance_type=p5.48xlarge --sweep model.train_batch_size=1,2,4
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -ge 4 ]
}

@test "--select takes a key of the recipe without recipes., as overrides do" {
    run "$SRECIPE" show -C mine one --select run.name
    [ "$output" = one ]
    run "$SRECIPE" show -C mine one --select base
    [ "$output" = /data ]
    run "$SRECIPE" show -C mine one size=2 --origin --select size
    [[ ${lines[0]} == 'recipes.size: 2'*'# override 1' ]]
    run "$SRECIPE" show -C mine one --select sise
    [ "$status" -eq 1 ]
    [[ $output == *'has no key `sise`'* ]]
}

@test "a folder of SLURM_RECIPE_PATH that is not there is named" {
    for command in list "show one" "diff one" "check one"; do
        # shellcheck disable=SC2086 # words
        SLURM_RECIPE_PATH=/nowhere:$PWD/mine run --separate-stderr "$SRECIPE" $command
        # shellcheck disable=SC2154 # of run
        [[ $stderr == *"warning: there is no folder /nowhere, so no recipe is looked up there [compose.search_path]"* ]]
    done
    SLURM_RECIPE_PATH=/nowhere:$PWD/mine run --separate-stderr "$SRECIPE" show one --select size
    [ "$status" -eq 0 ]
    [ "$output" = 1 ]
}

@test "an addition that misses the recipe is named" {
    run "$SRECIPE" check llama3_2_1b_pretrain +memory.loss=chunked
    [ "$status" -eq 0 ]
    [[ $output == *"warning: memory was added beside the recipe, at the root of the configuration, where nobody reads it; the recipe's own is "'`recipes.memory` [model.misplaced]'* ]]
    [[ $output == *"fix: --recipe-set=+recipes.memory.loss=chunked"* ]]
    run "$SRECIPE" check llama3_2_1b_pretrain +recipes.memory.loss=chunked
    [[ $output != *misplaced* ]]
}

@test "fit honours a site's severities as check does" {
    too_large=(llama3_2_1b_pretrain instance_type=g5.48xlarge trainer.num_nodes=4 model.fp8=False)
    printf 'severities: {memory.does_not_fit: warning}\n' >lenient.yaml
    printf 'severities: {layout.world_not_divisible: warning, memory.tight: error}\n' >other.yaml
    for command in check fit; do
        run "$SRECIPE" "$command" "${too_large[@]}"
        [ "$status" -eq 1 ]
        run "$SRECIPE" --site lenient.yaml "$command" "${too_large[@]}"
        [ "$status" -eq 0 ]
        run "$SRECIPE" --site lenient.yaml "$command" llama3_2_1b_pretrain trainer.num_nodes=3 model.shard_degree=16
        [ "$status" -eq 1 ]
        run "$SRECIPE" --site other.yaml "$command" llama3_2_1b_pretrain trainer.num_nodes=3 model.shard_degree=16
        [ "$status" -eq 0 ]
    done
}

@test "no output shows a secret but that of its own key, when just that is asked for" {
    secret=(+run.token=sesame-open-0123 '+url="https://me:${recipes.run.token}@host"')
    for form in "" "--format json" "--origin" "--origin --format json" "--unresolved" "--select recipes.run"; do
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" show -C mine one "${secret[@]}" $form
        [ "$status" -eq 0 ]
        [[ $output == *'***'* ]]
        [[ $output != *sesame* ]]
    done
    run "$SRECIPE" show -C mine one "${secret[@]}" --select url
    [ "$output" = "https://me:***@host" ]
    run "$SRECIPE" show -C mine one "${secret[@]}" --select run.token
    [ "$output" = sesame-open-0123 ]
    run "$SRECIPE" diff -C mine one "${secret[@]}"
    [[ $output == *'+ recipes.run.token: "***"'* ]]
    [[ $output != *sesame* ]]
    # Where a secret comes from is none.
    MY_TOKEN=sesame-open-0123 run "$SRECIPE" show -C mine one '+run.token="${oc.env:MY_TOKEN}"' --unresolved --select run.token
    [ "$output" = '${oc.env:MY_TOKEN}' ]
}

@test "nothing in a name, a value or an argument is obeyed by a terminal" {
    esc=$'\e[31m' c1=$'\xc2\x9b31m' bidi=$'\xe2\x80\xae'
    hostile="x$esc$c1$bidi"
    mkdir -p evil/recipes
    printf 'defaults: [_self_]\n' >evil/config.yaml
    printf 'run: {name: "x\\e[31m\\x9b31m\\u202e"}\n' >"evil/recipes/$hostile.yaml"
    refuse_raw() { # of $output
        for raw in "$esc" "$c1" "$bidi"; do [[ $output != *"$raw"* ]] || { echo "raw: ${output@Q}"; return 1; }; done
    }
    run "$SRECIPE" list -C evil
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = 'x\x1b[31m\u009b31m\u202e' ]
    for arguments in "show --format json" "check" "check --format json" "plan" "show --origin" "show size=2" "fit"; do
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" $arguments -C evil "$hostile"
        [ -n "$output" ]
        refuse_raw
    done
    # The JSON says the same.
    [ "$("$SRECIPE" show --format json -C evil "$hostile" | python3 -c 'import json,sys; print(ascii(json.load(sys.stdin)["recipes"]["run"]["name"]))')" = \
        "'x\\x1b[31m\\x9b31m\\u202e'" ]
    for arguments in "nosuch$hostile" "--no-such=$hostile" "explain $hostile" "show $hostile"; do
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" $arguments
        [ "$status" -ne 0 ]
        refuse_raw
    done
    RECIPE_LOG=$hostile run "$SRECIPE" list -C evil
    refuse_raw
    # On a terminal YAML and values, too; a program gets them as they are.
    run script -qec "$SRECIPE show -C evil '$hostile' --select recipes.run.name" /dev/null
    refuse_raw
    [ "$("$SRECIPE" show -C evil "$hostile" --select recipes.run.name)" = "$hostile" ]
}
