#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An enroot hook: adds the mounts of a recipe to whatever the user of the step mounts himself. Copy it, executable, to
# /etc/enroot/hooks.d on every node.
#
# SLURM_RECIPE_MOUNTS, which slurm-recipe sets for a step whose --container-mounts would leave them out, has a line for each:
# "ro" or "rw", with "+nofail" where the container starts without it, source and target, with one tab between. enroot runs this as the user, before the user's own mounts, which
# therefore lie above these.
set -euo pipefail

[[ -n ${SLURM_RECIPE_MOUNTS-} ]] || exit 0

refuse() {
    printf 'slurm-recipe: the mount %q is refused: %s\n' "$1" "$2" >&2
    exit 1
}

# As fstab(5) has blanks.
escaped() {
    local path=${1//\\/\\134}
    printf '%s' "${path// /\\040}"
}

lines=
while IFS= read -r line; do
    [[ -n $line ]] || continue
    # A line break in a path would make two lines of it, of which at least one is no mount.
    [[ $line =~ ^(ro|rw)(\+nofail)?$'\t'(/[^$'\t']*)$'\t'(/[^$'\t']*)$ ]] || refuse "$line" "it is not \"ro\" or \"rw\" and two absolute paths"
    access=${BASH_REMATCH[1]}${BASH_REMATCH[2]:+,nofail} source=${BASH_REMATCH[3]} target=${BASH_REMATCH[4]}
    [[ ! $source$target =~ [[:cntrl:]] ]] || refuse "$line" "a path has control characters"
    lines+="$(escaped "$source") $(escaped "$target") none x-create=auto,rbind,$access"$'\n'
done <<<"$SLURM_RECIPE_MOUNTS"
printf '%s' "$lines" >>"$ENROOT_MOUNTS"
