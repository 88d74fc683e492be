#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What srecipe tells of its own work: -v, -vv and RECIPE_LOG. SRECIPE names the program.

bats_require_minimum_version 1.5.0

: "${SRECIPE:?the program to test}"

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    unset RECIPE_LOG
    mkdir -p mine/recipes
    printf 'defaults: [_self_]\n' >mine/config.yaml
    printf 'run: {name: one}\nsize: 1\n' >mine/recipes/one.yaml
    printf '{}\n' >site.yaml
    check=(check -C mine --site site.yaml llama_tiny_cpu_pretrain)
}

# traced LEVEL: what the last command wrote on stderr has the lines of this level and of no other.
traced() {
    local settings=0 searched=0 other
    settings=$(grep -cFx 'recipe: site settings: site.yaml' <<<"$stderr") || true
    searched=$(grep -cFx 'recipe: looks for recipes in mine' <<<"$stderr") || true
    other=$(grep -cvE '^recipe: ' <<<"$stderr") || true
    case $1 in
    off) [ -z "$stderr" ] ;;
    info) [ "$settings" -eq 1 ] && [ "$searched" -eq 0 ] && [ "$other" -eq 0 ] ;;
    debug) [ "$settings" -eq 1 ] && [ "$searched" -ge 1 ] && [ "$other" -eq 0 ] ;;
    esac || {
        echo "not the trace of level $1: $stderr"
        return 1
    }
}

@test "without -v nothing is traced" {
    run --separate-stderr "$SRECIPE" "${check[@]}"
    [ "$status" -eq 0 ]
    traced off
    RECIPE_LOG='' run --separate-stderr "$SRECIPE" "${check[@]}"
    traced off
    RECIPE_LOG=off run --separate-stderr "$SRECIPE" "${check[@]}"
    traced off
}

@test "-v tells what is decided and -vv how, before the command and after it" {
    run --separate-stderr "$SRECIPE" -v "${check[@]}"
    [ "$status" -eq 0 ]
    traced info
    for more in "-vv" "-v -v" "--verbose --verbose" "-vvv"; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$SRECIPE" $more "${check[@]}"
        traced debug
        # shellcheck disable=SC2086
        run --separate-stderr "$SRECIPE" "${check[@]}" $more
        traced debug
    done
    run --separate-stderr "$SRECIPE" -v "${check[@]}" -v
    traced debug
}

@test "the stages, the winner among overrides and the plan's size are printed, and no secret" {
    run --separate-stderr "$SRECIPE" -vv "${check[@]}" trainer.num_nodes=2 trainer.num_nodes=4 '++env_vars.HF_TOKEN=sesame-open-0123' \
        '++env_vars.COPY="x-${env_vars.HF_TOKEN}"' '++env_vars.AT="https://me:barley-shut-4567@host"'
    for line in 'compose: [0-9.]+ ms' 'check: [0-9.]+ ms' 'draft: [0-9.]+ ms' 'hide secrets: [0-9.]+ ms' 'serialise: [0-9.]+ ms' \
        'plan: [0-9]+ bytes of at most 32768, .*' 'planned in [0-9.]+ ms' '[0-9]+ rules apply, [0-9]+ do not: .*' \
        'recipes\.trainer\.num_nodes: override 2 .* wins over override 1 .*' \
        'override 3 .*: \+\+env_vars\.HF_TOKEN=\*\*\* sets env_vars\.HF_TOKEN' \
        'override 5 .*: \+\+env_vars\.AT="https://\*\*\*@host" sets env_vars\.AT'; do
        grep -qxE "recipe: $line" <<<"$stderr" || {
            echo "no line $line: $stderr"
            return 1
        }
    done
    [[ $(grep '^recipe: ' <<<"$stderr") != *sesame* ]]
    [[ $(grep '^recipe: ' <<<"$stderr") != *barley* ]]
}

@test "RECIPE_LOG does the same, and -v can only add to it" {
    RECIPE_LOG=info run --separate-stderr "$SRECIPE" "${check[@]}"
    traced info
    RECIPE_LOG=debug run --separate-stderr "$SRECIPE" "${check[@]}"
    traced debug
    RECIPE_LOG=debug run --separate-stderr "$SRECIPE" -v "${check[@]}"
    traced debug
    RECIPE_LOG=info run --separate-stderr "$SRECIPE" -vv "${check[@]}"
    traced debug
}

@test "a level that there is not is named, and nothing is traced" {
    RECIPE_LOG=verbose run --separate-stderr "$SRECIPE" "${check[@]}"
    [ "$status" -eq 0 ]
    [ "$stderr" = "srecipe: RECIPE_LOG is verbose, which is none of off, info and debug" ]
}

@test "the trace leaves the output alone" {
    run --separate-stderr "$SRECIPE" plan --site site.yaml llama_tiny_cpu_pretrain
    quiet=$output
    run --separate-stderr "$SRECIPE" -vv plan --site site.yaml llama_tiny_cpu_pretrain
    [ "$output" = "$quiet" ]
}
