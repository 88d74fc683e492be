// SPDX-License-Identifier: Apache-2.0
// How the first node clones the training code. A constant text: what differs from job to job stands in RECIPE_CODE_*,
// which no shell reads as anything but words.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"

namespace recipe::node {
namespace {

constexpr std::string_view script = R"script(recipe_code() (
    set +eu
    umask 077
    export LC_ALL=C
    # Of addresses and paths a terminal or a log is to obey nothing.
    say() { printf 'recipe: %s\n' "$(printf %s "$1" | tr -c ' -~' '?')" >&2; }
    unset $(git rev-parse --local-env-vars 2>/dev/null)
    # With git's own test of the owner, whatever the user has set for it.
    here() { [ -d "$1/.git" ] && git -C "$1" -c safe.directory= rev-parse --verify --quiet 'HEAD^{commit}' 2>/dev/null; }
    # Whoever may write above it can have made it beforehand.
    ours() { [ ! -L "$1" ] && [ -d "$1" ] && [ -O "$1" ] && [ -z "$(find "$1" -prune -perm /022)" ]; }

    # A requeued job finds its own.
    for directory in "$RECIPE_RESULTS_DIR" "$RECIPE_CODE_DIR" "$RECIPE_CODE_DIR/.git"; do
        { [ -e "$directory" ] || [ -L "$directory" ]; } || continue
        ours "$directory" && continue
        say "error: $directory belongs to $(stat -c %U "$directory"), or others may write to it: the training code is not taken from there [node.code]"
        exit 1
    done
    if [ -e "$RECIPE_CODE_DIR" ]; then
        commit=$(here "$RECIPE_CODE_DIR") && say "the training code is there: $commit in $RECIPE_CODE_DIR" && exit 0
        say "error: $RECIPE_CODE_DIR is there and is no clone of $RECIPE_CODE_URL [node.code]"
        exit 1
    fi
    command -v git >/dev/null || { say "error: the training code $RECIPE_CODE_URL cannot be cloned: no git here [node.code]"; exit 1; }
    mkdir -p "$RECIPE_RESULTS_DIR" && work=$(mktemp -d "$RECIPE_CODE_DIR.XXXXXXXX") || exit 1
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM

    # What git said last, on one line and without control characters.
    fail() {
        words=$(tr '\r' '\n' <"$work/said" | tr -cd '\n -~' | grep -v '^ *$' | grep -E '^(fatal|error|remote|ERROR)|denied|refused' | tail -n 3 | paste -s -d ' ')
        [ -n "$words" ] || words=$(tr -cd '\n -~' <"$work/said" | grep -v '^ *$' | tail -n 1)
        say "error: the training code $RECIPE_CODE_URL cannot be cloned: $(printf '%.600s' "$words") [node.code]"
        exit 1
    }

    # Nobody is there to answer. Nothing of the repository runs here, and nothing but these ways leads to it.
    export GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL=file:http:https:ssh
    set -- -c protocol.ext.allow=never -c core.hooksPath=/dev/null -c submodule.recurse=false -c advice.detachedHead=false \
        -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=60
    if [ -n "${RECIPE_CODE_TOKEN_FILE-}" ]; then
        [ -r "$RECIPE_CODE_TOKEN_FILE" ] || { say "error: the token's file $RECIPE_CODE_TOKEN_FILE cannot be read here [node.code]"; exit 1; }
        # Only the repository's own server gets the token, also after redirects, and no credential helper of the user stores it.
        cat >"$work/askpass" <<'ASKPASS'
#!/bin/sh
rest=${RECIPE_CODE_URL#*://}
host=${rest%%/*}
case $1 in
"Username for '${RECIPE_CODE_URL%%://*}://$host'"*) echo x-access-token ;;
"Password for '${RECIPE_CODE_URL%%://*}://x-access-token@$host'"*) cat "$RECIPE_CODE_TOKEN_FILE" ;;
*) exit 1 ;;
esac
ASKPASS
        chmod 700 "$work/askpass"
        export GIT_ASKPASS="$work/askpass"
        set -- "$@" -c credential.helper= -c core.askPass= -c credential.useHttpPath=false \
            -c credential.username=x-access-token
    fi

    git "$@" clone --quiet --no-checkout --no-recurse-submodules --template= ${RECIPE_CODE_BRANCH:+"--branch=$RECIPE_CODE_BRANCH"} \
        -- "$RECIPE_CODE_URL" "$work/clone" </dev/null >/dev/null 2>"$work/said" || fail
    cd "$work/clone" || exit 1
    # By the digits alone: a branch or tag may have them for a name.
    named() {
        git rev-parse --disambiguate="$RECIPE_CODE_COMMIT" 2>/dev/null | while read -r object; do
            case $(git cat-file -t "$object") in commit | tag) echo "$object" ;; esac
        done
    }
    wanted=HEAD
    if [ -n "${RECIPE_CODE_COMMIT-}" ]; then
        wanted=$(named)
        if [ -z "$wanted" ]; then
            # One that no branch leads to has to be asked for.
            git "$@" fetch --quiet --no-recurse-submodules origin "$RECIPE_CODE_COMMIT" </dev/null >/dev/null 2>"$work/said" || fail
            wanted=$(named)
        fi
        case $wanted in
        '' | *[!0-9a-f]*) echo "fatal: $RECIPE_CODE_COMMIT is not one commit there" >"$work/said"; fail ;;
        esac
    fi
    git "$@" checkout --quiet --detach "$wanted^{commit}" -- </dev/null >/dev/null 2>"$work/said" || fail
    commit=$(here .) || fail
    cd / || exit 1
    mv -T "$work/clone" "$RECIPE_CODE_DIR" 2>"$work/said" || fail
    say "the training code is $commit of $RECIPE_CODE_URL"
)
recipe_code </dev/null || exit 1
unset -f recipe_code
unset RECIPE_CODE RECIPE_CODE_TOKEN_FILE
)script";
static_assert(script.contains(codes::node.code.name));

}  // namespace

std::string_view code_script() noexcept {
    return script;
}

}  // namespace recipe::node
