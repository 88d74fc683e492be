#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# srecipe new: a recipe of the user's own that passes the check, and never somebody else's file. SRECIPE names the program.

bats_require_minimum_version 1.5.0

: "${SRECIPE:?the program to test}"

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# passes FILE: the check has no error.
passes() {
    run "$SRECIPE" check "$1"
    [[ $status == 0 && $output != *error* ]] || { echo "$output"; return 1; }
}

value() { "$SRECIPE" show "$1" --select "$2"; }

@test "new writes a recipe that passes the check, with a program, with a recipe to build on, with both, and with neither" {
    run "$SRECIPE" new neither.yaml
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "neither.yaml is written. Edit it, then: sbatch --recipe=neither.yaml" ]]
    passes neither.yaml
    "$SRECIPE" new from.yaml --from llama_tiny_cpu_pretrain
    passes from.yaml
    [ "$(value from.yaml run.name)" = from ]
    [ "$(value from.yaml model.lr_decay_iters)" = 30 ]

    touch train.py
    "$SRECIPE" new own.yaml --program train.py
    passes own.yaml
    [ "$(value own.yaml launch.entry_script)" = train.py ]
    run "$SRECIPE" show own.yaml --select recipes
    [[ $output != *launch* ]]
    "$SRECIPE" new beside.yaml
    passes beside.yaml
    [ "$(value beside.yaml launch.entry_script)" = train.py ]
    "$SRECIPE" new both.yaml --program train.py --from llama3_2_1b_pretrain
    passes both.yaml
    [ "$(value both.yaml launch.entry_script)" = train.py ]
    [ "$(value both.yaml model.num_hidden_layers)" = 16 ]
}

@test "new names a program and a file to build on from where the recipe lies" {
    mkdir -p programs recipes/deep
    touch programs/train.py recipes/deep/own.py
    "$SRECIPE" new recipes/far.yaml --program programs/train.py
    [ "$(value recipes/far.yaml launch.entry_script)" = "$(realpath programs/train.py)" ]
    "$SRECIPE" new recipes/near.yaml --program recipes/deep/own.py
    [ "$(value recipes/near.yaml launch.entry_script)" = deep/own.py ]
    "$SRECIPE" new recipes/deep/built.yaml --from recipes/near.yaml
    grep -q '^defaults: \[\.\./near\]' recipes/deep/built.yaml
    [ "$(value recipes/deep/built.yaml run.name)" = built ]
    passes recipes/deep/built.yaml
    "$SRECIPE" new 'true.yaml'
    [ "$("$SRECIPE" show true.yaml --select run.name --format json)" = '"true"' ]
    "$SRECIPE" new "it's, [odd].yaml"
    [ "$(value "it's, [odd].yaml" run.name)" = "it's, [odd]" ]
}

@test "new says where results go when the collection does not" {
    mkdir -p hyperpod/recipes
    printf 'defaults: [_self_, {recipes: one}]\nbase_results_dir: null\n' >hyperpod/config.yaml
    printf 'run: {name: one, results_dir: "${base_results_dir}/${.name}"}\n' >hyperpod/recipes/one.yaml
    touch train.py
    for arguments in "--program train.py" "--from one --program train.py"; do
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" -C hyperpod new mine.yaml $arguments
        [[ $status == 0 && $output != *error* ]] || { echo "$output"; return 1; }
        rm mine.yaml
    done
}

@test "new leaves what is there, and says what it cannot do" {
    echo mine >there.yaml
    run "$SRECIPE" new there.yaml
    [ "$status" -eq 1 ]
    [[ $output == "error: there.yaml is there already, and is left as it is [cli.new_recipe]" ]]
    [ "$(cat there.yaml)" = mine ]
    ln -s nowhere link.yaml
    run "$SRECIPE" new link.yaml
    [ "$status" -eq 1 ]
    [ ! -e nowhere ]
    run "$SRECIPE" new plain
    [[ $output == *"a recipe's file ends in .yaml; \`plain\` does not"* && $output == *"fix: srecipe new plain.yaml"* ]]
    run "$SRECIPE" new no/where.yaml
    [[ $output == *"no/where.yaml cannot be made: No such file or directory"* ]]
    run "$SRECIPE" new a.yaml --from no_such_recipe
    [ "$status" -eq 1 ]
    [[ $output == *"there is no recipe \`no_such_recipe\`"* ]]
    printf 'training_cfg: {run: {name: a}}\n' >custom.yaml
    run "$SRECIPE" new a.yaml --from custom.yaml
    [[ $output == *"custom.yaml is custom training"* ]]
    mkdir -p mine/recipes
    printf 'defaults: [_self_]\n' >mine/config.yaml
    run "$SRECIPE" -C mine new mine/recipes/a.yaml
    [[ $output == *"would lie in the collection mine"* ]]
    [ ! -e a.yaml ]
    [ ! -e mine/recipes/a.yaml ]
    run "$SRECIPE" new
    [ "$status" -eq 2 ]
}

@test "a recipe file that names no program is told whose runs" {
    printf 'run: {name: a}\n' >none.yaml
    run "$SRECIPE" check none.yaml
    [[ $output == *"none.yaml names no program, so the collection's own runs, "*"/entrypoints/train.py"*"[launch.program_of_collection]"* ]]
    printf 'defaults: [training/llama/llama_tiny_cpu_pretrain]\n' >based.yaml
    touch train.py
    printf 'launch: {entry_script: train.py}\n' >own.yaml
    for recipe in based.yaml own.yaml llama_tiny_cpu_pretrain; do
        run "$SRECIPE" check "$recipe"
        [[ $status == 0 && $output != *program_of_collection* ]] || { echo "$output"; return 1; }
    done
}

@test "new says at once that a program is not there, and writes the recipe all the same" {
    run "$SRECIPE" new later.yaml --program later.py
    [ "$status" -eq 0 ]
    [[ $output == *"the entry script $(pwd -P)/later.py is not there"* ]]
    touch later.py
    passes later.yaml
}
