# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # scripts/cluster and lib/cluster_config.bash use what is set here
# The options of `scripts/cluster start`. Sourced by scripts/cluster, and by tests/cluster/run, which passes them on and must
# not start what they would stop. Wants lib/arguments.bash.

option_nodes=4
option_train_nodes=4
option_gres=yes
option_train_gres=a10g
option_build=
option_spank=yes
option_job_submit=yes
option_conf_extra=
option_etc=()
option_job_submit_list=recipe
option_debug=debug
option_timeout=30
option_env=()
option_user_env=()

# want_file "$@", where $1 is an option that takes the path of something that is there.
want_file() {
    want_value "$@"
    [[ -e $2 ]] || refuse "$1: there is no $2"
}

parse_start_options() {
    while (($#)); do
        case $1 in
        --nodes) want_number 1 "$@" && option_nodes=$2 && shift ;;
        --train-nodes) want_number 0 "$@" && option_train_nodes=$2 && shift ;;
        --no-gres) option_gres= ;;
        --train-gres) want_value "$@" && option_train_gres=$2 && shift ;;
        --build) want_file "$@" && option_build=$(realpath "$2") && shift ;;
        --no-spank) option_spank= ;;
        --no-job-submit) option_job_submit= ;;
        --slurm-conf-extra) want_file "$@" && option_conf_extra=$(realpath "$2") && shift ;;
        --etc) want_file "$@" && option_etc+=("$(realpath "$2")") && shift ;;
        --job-submit) want_value "$@" && option_job_submit_list=$2 && shift ;;
        --debug) want_value "$@" && option_debug=$2 && shift ;;
        --env) want_value "$@" && option_env+=("$2") && shift ;;
        --user-env) want_value "$@" && option_user_env+=("$2") && shift ;;
        --timeout) want_number 1 "$@" && option_timeout=$2 && shift ;;
        *) refuse_word "$1" ;;
        esac
        shift
    done
}
