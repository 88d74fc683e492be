#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Our scripts refuse what they do not know: they say how they are used, exit with 2, and do nothing.

bats_require_minimum_version 1.5.0

# What a script that went to work would start sooner or later. Each leaves a trace instead of doing anything.
tools=(apt-get bats cmake ctest debootstrap dpkg-query mktemp ninja sbatch slurmctld unshare valgrind)

setup_file() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    mkdir "$BATS_FILE_TMPDIR/bin"
    local tool
    for tool in "${tools[@]}"; do
        printf '#!/bin/sh\necho "%s $*" >>"%s"\nexit 1\n' "$tool" "$BATS_FILE_TMPDIR/started" >"$BATS_FILE_TMPDIR/bin/$tool"
        chmod 755 "$BATS_FILE_TMPDIR/bin/$tool"
    done
    scripts=$(cd "$root" && find scripts bench tests/cluster tests/soak -type f -perm -u+x ! -name git_server.py | sort)
    export root scripts
}

# takes_any_word SCRIPT: whether a word is the name of a directory to it.
takes_any_word() { [[ $1 == scripts/build ]]; }

# refuses SCRIPT ARGUMENT...
refuses() {
    local script=$1
    shift
    echo "$script $*"
    rm -f "$BATS_FILE_TMPDIR/started"
    run --separate-stderr env PATH="$BATS_FILE_TMPDIR/bin:$PATH" "$root/$script" "$@"
    # shellcheck disable=SC2154 # bats sets stderr
    echo "  status $status: ${stderr%%$'\n'*} $output"
    [ "$status" -eq 2 ] && [ -z "$output" ] && [ ! -e "$BATS_FILE_TMPDIR/started" ] && grep -q "$(basename "$script")" <<<"$stderr"
}

# The usage that --help prints.
usage_of() { "$root/$1" --help; }

@test "there are scripts, and each tells how it is used" {
    [ "$(wc -w <<<"$scripts")" -ge 13 ]
    for script in $scripts; do
        echo "$script"
        usage_of "$script" | grep -q "$(basename "$script")"
    done
}

@test "an option that is not known" {
    for script in $scripts; do
        refuses "$script" --no-such-option
        refuses "$script" --no-such-option=1 x
    done
}

@test "a word that is not known" {
    for script in $scripts; do
        takes_any_word "$script" || refuses "$script" no-such-word
    done
    refuses scripts/build here there
    refuses scripts/build --product here there
    refuses scripts/test unit no-such-suite
    refuses scripts/test-matrix trixie
    refuses scripts/test-matrix --only trixie no-such-suite
    refuses scripts/cluster stop /nonexistent more
    refuses scripts/cluster start /nonexistent --nodes 2 --no-such-option
    refuses tests/cluster/run no-such-file.bats
}

@test "an option that wants a value and has none, or a wrong one" {
    found=0
    for script in $scripts; do
        while read -r option; do
            found=$((found + 1))
            if [[ $script == scripts/cluster ]]; then
                refuses "$script" start /nonexistent "$option"
            else
                refuses "$script" "$option"
            fi
        done < <(usage_of "$script" | grep -oE -e '--[a-z-]+ [A-Z]+' | sed 's/ .*//' | sort -u)
    done
    [ "$found" -ge 15 ]
    refuses scripts/test --build --keep
    refuses scripts/fuzz --seconds soon
    refuses scripts/test-matrix --only sid
    refuses scripts/cluster start /nonexistent --nodes 0
    refuses tests/cluster/run --nodes many
    refuses bench/run --only nothing
}

@test "a command without what it works on" {
    for command in start stop env as-user logs; do
        refuses scripts/cluster "$command"
    done
    refuses scripts/cluster
    refuses scripts/lib/check-symbols
    refuses scripts/lib/debian-root make /nonexistent
    refuses scripts/lib/debian-root run /nonexistent true
}

# wrong_in PATH TEXT: what scripts/rooms --check says of a source file with this text.
wrong_in() {
    python3 -B - "$root/scripts/lib" "$1" "$2" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import touches
print("\n".join(line for line in touches.problems({sys.argv[2]: sys.argv[3]}) if line.startswith(sys.argv[2])))
END
}

@test "no source file asks the file system by a path on its own" {
    local line
    for line in 'if (std::filesystem::exists(path, error)) return;' 'for (auto& e : fs::directory_iterator(path))' 'std::ifstream file(path);' \
        'const int file = ::open(path.c_str(), O_RDONLY);' 'if (stat(path.c_str(), &status) != 0) return;' 'return access(path.c_str(), R_OK) == 0;' \
        'rename(from.c_str(), to.c_str());' 'std::fopen(file.c_str(), "rbe")' 'std::call_once(once, [] { load(); });' \
        'namespace files = std::filesystem;' 'using std::filesystem::exists;' 'using namespace std::filesystem;' 'fs::relative(path, above, error)' \
        'truncate(path.c_str(), 0);' 'dlopen(path, RTLD_LAZY);' 'return open(name.c_str(), flags);' 'inotify_add_watch(watch, path.c_str(), IN_MODIFY);'; do
        echo "$line"
        [ -n "$(wrong_in lib/plan/plan.cpp "$line")" ]
    done
    for line in '// std::filesystem::exists(path) would hang' 'say("open(2) says", O_RDONLY);' 'struct stat status{};' 'if (host.access(path).exists()) return;' \
        'storage::exists(path)' 'result.open(Value::map());' 'std::ranges::remove(list, name);' \
        'namespace fs = std::filesystem;' 'using std::filesystem::path;' 'truncate(*found.value)'; do
        echo "$line"
        [ -z "$(wrong_in lib/plan/plan.cpp "$line")" ]
    done
    # A file that may do one thing may not do another, and what nobody does any more is taken off the list.
    wrong_in lib/planner/who_runs.cpp 'std::fopen(file.c_str(), "rbe"); stat(file.c_str(), &status);' | grep -q 'calls stat()'
    [ -z "$(wrong_in lib/planner/who_runs.cpp 'std::fopen(file.c_str(), "rbe");')" ]
    run "$root/scripts/rooms" --check
    [ "$status" -eq 0 ]
}
