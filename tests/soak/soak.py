#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What takes too long for the gate, on a private cluster of its own; run by hand. Figures go to docs/controller.md.

    tests/soak/soak.py [--build DIR] restarts [--submissions 1000]   submissions while slurmctld is reconfigured and restarted
    tests/soak/soak.py [--build DIR] memory [--submissions 20000]    slurmctld's memory with and without the plugins
    tests/soak/soak.py [--build DIR] inventory [--nodes 10000]       decisions and refreshes on a large cluster
    tests/soak/soak.py [--build DIR] life [--submissions 6000]       jobs of all kinds that run, at 200 a minute, on a cluster that is
                                                                     disturbed in all ways (tests/soak/life.py)
    tests/soak/soak.py [--build DIR] valgrind [--submissions 1000] [--clients 8]
                                                                     slurmctld, and some sbatch, below valgrind (tests/soak/checked.py)

Prints what it measured; exits with 1 when a job was lost, a decision was wrong, or slurmctld died.
"""

import argparse
import concurrent.futures
import re
import signal
import sys
import threading
import time

from checked import valgrind
from life import life
from private_cluster import ROOT, UNREACHABLE, Cluster, jobs_known, resident

TINY = ["--recipe=llama_tiny_cpu_pretrain"]
AT_ONCE = 20


def restarts(options):
    """Good and bad submissions, 20 at a time. A bad one by policy is always refused; one that the nodes cannot run may be
    accepted with a hint while a new slurmctld has no snapshot of them yet."""
    site = "policy: {max_nodes: {'llama_tiny*': 4}}\nseverities: {cluster.unavailable: off}\ninventory: {refresh_seconds: 5}\n"
    cluster = Cluster(options.build, conf="MaxJobCount=20000\n", site=site)
    kinds = [
        ("good", [*TINY, "--recipe-set=trainer.num_nodes=2"], None),
        ("policy", [*TINY, "--recipe-set=trainer.num_nodes=16"], "[policy.max_nodes]"),
        ("nodes", ["-p", "train", "--recipe=llama3_2_1b_pretrain", "--recipe-set=trainer.num_nodes=8"], "[cluster.nodes]"),
        ("plain", ["--wrap", "true"], None),
    ]
    accepted, wrong, counts, unreachable = set(), [], {}, 0
    lock, done = threading.Lock(), threading.Event()

    def one(number):
        nonlocal unreachable
        name, arguments, refusal = kinds[number % len(kinds)]
        job, printed = cluster.submit("-J", f"{name}{number}", *arguments)
        with lock:
            if job:
                accepted.add(job)
            outcome = "accepted" if job else "refused"
            if not job and UNREACHABLE.search(printed):
                unreachable += 1
                outcome = "unreachable"
            elif bool(job) != (refusal is None):
                if not (job and name == "nodes" and "[cluster.no_inventory]" in printed):
                    wrong.append((name, printed))
                else:
                    outcome = "accepted without a picture"
            elif refusal and refusal not in printed:
                wrong.append((name, printed))
            counts[name, outcome] = counts.get((name, outcome), 0) + 1

    def disturb():
        turns = {"reconfigured": 0, "restarted": 0}
        while not done.wait(0.7):
            if turns["reconfigured"] % 4 == 3:
                cluster.restart_controller()
                turns["restarted"] += 1
            cluster.run("scontrol", "reconfigure")
            turns["reconfigured"] += 1
        print(f"slurmctld was reconfigured {turns['reconfigured']} times and restarted {turns['restarted']} times")

    began = time.monotonic()
    disturber = threading.Thread(target=disturb)
    disturber.start()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(options.submissions)))
    done.set()
    disturber.join()
    time.sleep(3)
    lost = accepted - jobs_known(cluster)
    print(f"{options.submissions} submissions, {AT_ONCE} at a time, in {time.monotonic() - began:.0f} s: " +
          ", ".join(f"{name} {outcome} {count}" for (name, outcome), count in sorted(counts.items())))
    print(f"jobs lost: {len(lost)}; decisions wrong: {len(wrong)}; sbatch found no slurmctld: {unreachable}")
    for name, printed in wrong[:5]:
        print(f"wrong: {name}: {printed}")
    cluster.close()
    return not lost and not wrong


def memory(options):
    """The same submissions with the plugins and, as plain jobs of the same shape, without them. First the cost of a job that is
    kept, also without job_submit, which takes the plan out of it. Then every job is cancelled and forgotten, so that what stays is
    not the jobs themselves."""
    growth = {}
    for plugins in ("absent", "without job_submit", "loaded"):
        cluster = Cluster(options.build, *(["--no-job-submit"] if plugins == "without job_submit" else []),
                          conf="MaxJobCount=60000\nMinJobAge=2\n", plugins=plugins != "absent")
        shape = TINY if plugins != "absent" else ["-N1", "--ntasks-per-node=1", "--exclusive", "--mem=0", "-t10", "-J", "llama-tiny-cpu", "--wrap", "true"]

        def submissions(count, cluster=cluster, shape=shape):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return [job for job, _ in pool.map(lambda _: cluster.submit(*shape), range(count)) if job]

        def forget(cluster=cluster):
            cluster.run("scancel", "--state=PENDING")
            deadline = time.monotonic() + 240
            while "JobId" in cluster.run("scontrol", "-o", "show", "jobs").stdout and time.monotonic() < deadline:
                time.sleep(5)

        submissions(100)
        start = resident(cluster.controller())
        kept = len(submissions(2000))
        print(f"plugins {plugins}: {kept} kept jobs: {(resident(cluster.controller()) - start) / kept:.2f} KiB each", flush=True)
        if plugins == "without job_submit":
            cluster.close()
            continue
        forget()
        start = resident(cluster.controller())
        rounds = max(1, options.submissions // 2000)
        accepted = 0
        for _ in range(rounds):
            accepted += len(submissions(options.submissions // rounds))
            forget()
        growth[plugins] = resident(cluster.controller()) - start
        print(f"plugins {plugins}: {accepted} of {options.submissions} jobs accepted, then forgotten: slurmctld grew by {growth[plugins]} KiB",
              flush=True)
        cluster.close()
    more = growth["loaded"] - growth["absent"]
    print(f"with the plugins slurmctld grew by {more} KiB more")
    return more < 2048


def inventory(options):
    """Nodes without a slurmd: slurmctld believes slurm.conf, and so do we."""
    nodes = f"x[1-{options.nodes}]"
    conf = (f"NodeName={nodes} NodeAddr=127.0.0.1 Port=19999 CPUs=96 RealMemory=700000 Gres=gpu:a10g:8 Feature=g5.48xlarge State=DOWN\n"
            f"PartitionName=huge Nodes={nodes} DefaultTime=10\nPartitionName=huge2 Nodes={nodes} DefaultTime=10\nMaxJobCount=50000\n")
    cluster = Cluster(options.build, conf=conf, site="inventory: {refresh_seconds: 30}\n")
    time.sleep(5)
    arguments = ["-p", "huge", "--recipe=llama3_2_1b_pretrain", "--recipe-set=instance_type=g5.48xlarge",
                 "--recipe-set=model.tensor_model_parallel_degree=4", "--recipe-set=trainer.num_nodes=64"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:  # so that slurmctld has a processor of its own
        printed = [text for _, text in pool.map(lambda _: cluster.submit(*arguments), range(options.submissions))]
    known = sum("no_inventory" not in text for text in printed)
    cluster.run("scontrol", "setdebug", "debug")
    seen = []
    for turn in range(5):  # a node that changes makes the whole list news
        cluster.run("scontrol", "update", "NodeName=x1", f"Comment=turn{turn}")
        cluster.run("scontrol", "update", "NodeName=x2", "State=RESUME" if turn % 2 else "State=DRAIN", "Reason=soak")
        time.sleep(30)
        seen = re.findall(r"job_submit/recipe: (\d+) nodes of .*?; (\d+) us of CPU since the start\. (.*)", cluster.log())
    print(f"{known} of {len(printed)} submissions were decided by a snapshot of the nodes")
    for nodes, microseconds, text in seen:
        print(f"{nodes} nodes, {int(microseconds) / 1000:.1f} ms of CPU since the start. {text}")
    cpu = [int(microseconds) for _, microseconds, _ in seen]
    cluster.close()
    if len(cpu) < 2:
        return False
    print(f"one refresh: {(cpu[-1] - cpu[0]) / (len(cpu) - 1) / 1000:.1f} ms of CPU")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("what", choices=["restarts", "memory", "inventory", "life", "valgrind"])
    parser.add_argument("--submissions", type=int)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no cluster stays
    defaults = {"restarts": 1000, "memory": 20_000, "inventory": 2000, "life": 6000, "valgrind": 1000}
    options.submissions = options.submissions or defaults[options.what]
    parts = {"restarts": restarts, "memory": memory, "inventory": inventory, "life": life, "valgrind": valgrind}
    sys.exit(0 if parts[options.what](options) else 1)


if __name__ == "__main__":
    main()
