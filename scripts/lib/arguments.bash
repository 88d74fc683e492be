# SPDX-License-Identifier: Apache-2.0
# How our scripts take their arguments: the comment at a script's head is its usage, and what it does not name is refused.
# Sourced, after set -euo pipefail.

# The lines between the SPDX line and "set -euo pipefail".
usage() { sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }

# refuse MESSAGE: ends the script with status 2, before it has done anything.
refuse() {
    echo "$(basename "$0"): $*" >&2
    usage >&2
    exit 2
}

refuse_word() { # WORD
    case $1 in
    -*) refuse "there is no option $1" ;;
    *) refuse "'$1' is not among the words that this takes" ;;
    esac
}

# want_value "$@", where $1 is an option that takes a value.
want_value() {
    [[ -n ${2-} && $2 != --* ]] || refuse "$1 wants a value"
}

# want_number FROM "$@", likewise.
want_number() {
    [[ ${3-} =~ ^[0-9]+$ ]] && ((10#$3 >= $1)) || refuse "$2 wants a number from $1"
}
