# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # option_* are scripts/cluster's
# The configuration of a private cluster: what is written into DIR/etc. Sourced by scripts/cluster.
#
# What is simulated, and how:
#   n1..nN  partition `cpu` (default) and `shared`: slurmd processes on this host that claim cpu_node_cpus processors
#           each, whatever the host has.
#   g1..gM  partition `train`: slurmd processes that claim to be g5.48xlarge instances. Their eight A10G are character
#           devices that lead to /dev/null; no job can compute on them.
# Slurm believes these claims because of SlurmdParameters=config_overrides, and nothing is enforced, because no cgroups
# and no task affinity are configured.

cpu_node_cpus=8
cpu_node_memory_mib=16000

# An EC2 g5.48xlarge: 2 sockets x 48 cores x 2 threads = 192 vCPUs, 768 GiB, of which 95 % are given to Slurm as
# AWS ParallelCluster does.
train_instance_type=g5.48xlarge
train_topology='Sockets=2 CoresPerSocket=48 ThreadsPerCore=2'
train_memory_mib=747110
train_gpus=8

# The directory with Slurm's own plugins; it differs between distributions.
system_plugin_dir() {
    local candidate
    for candidate in /usr/lib/*/slurm-wlm /usr/lib/*/slurm /usr/lib64/slurm /usr/lib/slurm /opt/slurm/lib/slurm; do
        if [[ -e $candidate/auth_munge.so ]]; then
            echo "$candidate"
            return
        fi
    done
    die "Slurm's plugin directory was not found: is slurm-wlm-basic-plugins installed?"
}

# write_slurm_conf DIR PORT: PORT is slurmctld's; the nodes follow it.
write_slurm_conf() {
    local dir=$1 port=$2 plugin_dir first last feature=
    plugin_dir=$(system_plugin_dir)
    first=$((port + 1))
    last=$((port + option_nodes))

    cat <<CONF
# Written by scripts/cluster for one private cluster; its hardware is simulated.
ClusterName=recipe
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
# Loopback only: bind to the configured addresses and not to every interface.
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny

StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
SlurmctldDebug=$option_debug
SlurmdDebug=$option_debug
PlugStackConfig=$dir/etc/plugstack.conf

# Several slurmd on one host, without cgroups, believed whatever they claim to be.
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000

# Answer at once: a test waits for every second of this.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=1,sched_interval=5
InactiveLimit=0
KillWait=2
WaitTime=10
UnkillableStepTimeout=20
# There is no accounting database, so the records of ended jobs are the only place to ask for a job's end.
MinJobAge=3600
JobRequeue=1
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=60
TaskProlog=$dir/etc/task_prolog
CONF

    if [[ -n $spank_plugin || -n $job_submit_plugin ]]; then
        plugin_dir+=:$(dirname "${job_submit_plugin:-$spank_plugin}")
    fi
    echo "PluginDir=$plugin_dir"
    if [[ -n $job_submit_plugin ]]; then
        # An empty value is a parse error, so the line is there only when it says something.
        echo "JobSubmitPlugins=$option_job_submit_list"
    fi
    if [[ -n $option_gres ]]; then
        echo "GresTypes=gpu"
    fi

    cat <<CONF

NodeName=n[1-$option_nodes] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$first-$last] CPUs=$cpu_node_cpus RealMemory=$cpu_node_memory_mib
PartitionName=cpu Nodes=n[1-$option_nodes] Default=YES MaxTime=60 DefaultTime=10
# The same nodes, where jobs that ask for whole nodes and all memory share them: for two such jobs at once on one node.
PartitionName=shared Nodes=n[1-$option_nodes] OverSubscribe=FORCE:4 SelectTypeParameters=CR_Core MaxTime=60 DefaultTime=10
CONF

    if ((option_train_nodes)); then
        first=$((last + 1))
        last=$((last + option_train_nodes))
        # Of other devices nothing but the GRES tells.
        [[ $option_train_gres != a10g ]] || feature=" Feature=$train_instance_type"
        cat <<CONF

NodeName=g[1-$option_train_nodes] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$first-$last] $train_topology RealMemory=$train_memory_mib$feature${option_gres:+ Gres=gpu:$option_train_gres:$train_gpus}
PartitionName=train Nodes=g[1-$option_train_nodes] DefaultTime=10
CONF
    fi
    if [[ -n $option_conf_extra ]]; then
        printf '\n# From %s:\n' "$option_conf_extra"
        cat "$option_conf_extra"
    fi
}

write_gres_conf() {
    local dir=$1
    if [[ -n $option_gres ]] && ((option_train_nodes)); then
        echo "NodeName=g[1-$option_train_nodes] Name=gpu Type=$option_train_gres File=$dir/dev/nvidia[0-$((train_gpus - 1))]"
    fi
}

write_plugstack_conf() {
    if [[ -n $spank_plugin ]]; then
        echo "required $spank_plugin"
    fi
}

# Nothing of ours uses cgroups, but every slurmd loads a plugin for them, and the default one wants a cgroup filesystem
# that it may write to; containers often have none.
write_cgroup_conf() {
    if [[ $(slurmctld -V) == *" 22."* ]]; then
        # "disabled" does not exist yet. The plugin for v1 touches nothing until something asks it to.
        echo "CgroupPlugin=cgroup/v1"
    else
        echo "CgroupPlugin=disabled"
    fi
}

# What an administrator of this platform has to set for every task. A task prolog also reaches jobs that were submitted
# with --export=NONE, which an exported variable would not.
write_task_prolog() {
    local dir=$1 torch
    torch=$(/usr/bin/python3 -c 'from importlib.metadata import version; print(version("torch"))' 2>/dev/null) || true
    echo '#!/bin/sh'
    case $torch in
    1.*) work_around_redirects ;;
    2.*+debian) work_around_libuv "$dir" ;;
    esac
}

work_around_redirects() {
    cat <<'PROLOG'
# Workaround for a defect of Debian 12's platform: torchrun of torch 1.13 breaks under Python 3.11 when it redirects
# none of its workers ("'NoneType' object has no attribute 'get'"). Redirecting and teeing a local rank that does not
# exist avoids the broken path and changes nothing else.
echo "export PET_REDIRECTS=9:1"
echo "export PET_TEE=9:1"
PROLOG
}

work_around_libuv() {
    local dir=$1
    # A copy, since users may not be able to read the checkout.
    mkdir -m 755 "$dir/etc/without_libuv"
    install -m 644 "$script_dir/../tests/trainer/without_libuv/sitecustomize.py" "$dir/etc/without_libuv"
    cat <<PROLOG
# Workaround for a defect of Debian 13 and later: torch is built without libuv, which its torchrun asks for.
echo "export PYTHONPATH=$dir/etc/without_libuv\${PYTHONPATH:+:\$PYTHONPATH}"
PROLOG
}

# Device files that stand for GPUs: slurmd wants a file for each, and gpu counts without files are not accepted.
make_gpu_devices() {
    local dir=$1 i
    for ((i = 0; i < train_gpus; i++)); do
        # The numbers of /dev/null. Where device nodes are forbidden (an unprivileged container), slurmd is content with an
        # ordinary file; jobs then get their GPUs counted but no CUDA_VISIBLE_DEVICES.
        mknod -m 666 "$dir/dev/nvidia$i" c 1 3 2>/dev/null || : >"$dir/dev/nvidia$i"
    done
}

write_config() {
    local dir=$1 port=$2
    write_slurm_conf "$dir" "$port" >"$dir/etc/slurm.conf"
    write_gres_conf "$dir" >"$dir/etc/gres.conf"
    write_plugstack_conf >"$dir/etc/plugstack.conf"
    write_cgroup_conf >"$dir/etc/cgroup.conf"
    write_task_prolog "$dir" >"$dir/etc/task_prolog"
    if ((${#option_etc[@]})); then
        cp "${option_etc[@]}" "$dir/etc/"
    fi
    # All nodes are this host, so that they have its disk in common, and the directories of clusters beside it.
    if ! grep -qs '^paths:' "$dir/etc/recipe.yaml"; then
        echo "paths: {shared: [$dir, ${TMPDIR:-/tmp}]}" >>"$dir/etc/recipe.yaml"
    fi
    chmod 644 "$dir"/etc/*.*
    chmod 755 "$dir/etc/task_prolog"
}
