# SPDX-License-Identifier: Apache-2.0
"""A cluster's life, shortened: jobs of all kinds, good and bad, that really run, while slurmctld and slurmds are restarted and
reconfigured, the site file breaks and heals, and a file system hangs. In the end every job has done what it should, as often as it
should; no node is drained; no process, file, port or thread is left; and the daemons are as large as they were."""

import contextlib
import pwd
import random
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from private_cluster import ROOT, UNREACHABLE, Cluster, adopt_what_is_orphaned, descendants, open_files, resident, threads

SITE = "policy: {max_nodes: {'*': 4}, require_recipe: [shared]}\nnode_check_seconds: 3\ninventory: {refresh_seconds: 5}\n"
# A slurmstepd that finds no slurmctld to tell of its end tries again after a minute, and Slurm drains a node whose step has not ended
# by UnkillableStepTimeout.
CONF = "MaxJobCount=20000\nMinJobAge=5\nUnkillableStepTimeout=180\n"
BROKEN = ["policy: [", "policy: {max_nodes: 7}\n", "hardware: [/nowhere/at/all.yaml]\n" + SITE]
JOBS_A_MINUTE = 200
DISTURBED_EVERY = 8  # seconds
NODES = 8


class Kind:
    """Jobs alike: what sbatch is given, whether it is refused and by what, and what happens to a job that is accepted."""

    def __init__(self, name, share, arguments, *, script=None, refusal=None, marks=1, disturb=None):
        self.name, self.share, self.arguments, self.refusal, self.marks, self.disturb = name, share, arguments, refusal, marks, disturb
        self.script = script

    def command(self, soak):
        words = [word.format(results=soak.results, hung=soak.hung) for word in self.arguments]
        return words + (["--wrap", self.script.format(marks=soak.marks)] if self.script else [])


RECIPE = ["--recipe=llama_tiny_cpu_pretrain", "--recipe-set=base_results_dir={results}"]
MARK = "echo x >>{marks}/$SLURM_JOB_ID"
STEP = "srun --recipe-step=helper true && " + MARK
KINDS = [
    Kind("one node", 9, [*RECIPE, "--recipe-set=trainer.num_nodes=1"], script=STEP),
    Kind("two nodes", 3, [*RECIPE, "--recipe-set=trainer.num_nodes=2"], script=STEP),
    Kind("no recipe", 2, ["-N1", "-t5"], script=MARK),
    Kind("fails", 1, [*RECIPE, "--recipe-set=trainer.num_nodes=1"], script="srun --recipe-step=helper false || " + MARK + "; exit 3"),
    Kind("wrong recipe", 1, [*RECIPE, "--recipe-set=model.tensor_model_parallel_degree=3"], refusal="["),
    Kind("against the policy", 1, [*RECIPE, "--recipe-set=trainer.num_nodes=7"], script=STEP, refusal="[policy.max_nodes]"),
    Kind("without a recipe where one is needed", 1, ["-p", "shared", "-N1", "-t5"], script=MARK, refusal="[policy."),
    Kind("cancelled", 1, [*RECIPE, "--recipe-set=trainer.num_nodes=1"], script="srun --recipe-step=helper sleep 600 && " + MARK, marks=0,
         disturb="cancel"),
    Kind("requeued", 1, [*RECIPE, "--recipe-set=trainer.num_nodes=1", "--requeue"],
         script=MARK + "; [ ${{SLURM_RESTART_COUNT:-0}} -gt 0 ] || srun --recipe-step=helper sleep 600", marks=2, disturb="requeue"),
    Kind("results on storage that hangs", 1, ["--recipe=llama_tiny_cpu_pretrain", "--recipe-set=base_results_dir={hung}/results"],
         script=STEP, refusal="{hung}"),
]


class Soak:
    def __init__(self, options):
        self.cluster = Cluster(options.build, "--nodes", str(NODES), "--train-nodes", "0", conf=CONF, site=SITE)
        home = self.cluster.home
        self.results, self.marks, self.hung = home / "results", home / "marks", self.cluster.directory / "hung"
        self.hung.mkdir()
        self.storage = subprocess.Popen(["/usr/bin/python3", ROOT / "tests/cluster/support/silent_storage.py", self.hung],
                                        stdout=subprocess.PIPE, text=True)
        self.storage.stdout.readline()
        self.printed = home / "printed"
        for directory in (self.results, self.marks, self.printed):
            subprocess.run([*self.cluster.user, "mkdir", directory], check=True)
        self.lock, self.done = threading.Lock(), threading.Event()
        self.replacing = threading.Lock()  # held while a daemon may be between its end and its successor
        self.jobs, self.wrong, self.counts, self.turns = {}, [], {}, {}
        self.longest_wait = 0.0  # of a command for the file system that never answers

    def count(self, *what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def is_wrong(self, kind, what, printed):
        self.report(kind.name, what, printed)

    def report(self, *what):
        """Told at once: the end may be half an hour away."""
        self.wrong.append(what)
        print("wrong: " + ": ".join(what), flush=True)

    def disturb(self, kind, job):
        """Once it runs."""
        while not self.done.is_set():
            state = self.cluster.run("squeue", "--noheader", "--format=%T", "--jobs", str(job)).stdout.strip()
            if state == "RUNNING":
                time.sleep(random.random() * 2)
                command = ["scancel", str(job)] if kind.disturb == "cancel" else ["scontrol", "requeue", str(job)]
                if self.cluster.run(*command).returncode == 0:
                    return
            time.sleep(1)

    def one(self, kind):
        """A worker's fault is the soak's: the pool would keep it to itself."""
        try:
            self.submit(kind)
        except Exception as error:
            self.is_wrong(kind, "was not tried to its end", repr(error))

    def submit(self, kind):
        began = time.monotonic()
        command = [*self.cluster.user, "sbatch", "--parsable", "-D", self.cluster.home, "-o", self.printed / "%j", *kind.command(self)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False)
        took, printed = time.monotonic() - began, done.stdout + done.stderr
        number = re.search(r"^(\d+)$", done.stdout, re.MULTILINE)
        if done.returncode == 0 and number:
            with self.lock:
                twice = int(number[1]) in self.jobs
                self.jobs[int(number[1])] = kind
            self.count(kind.name, "accepted")
            if twice:
                self.is_wrong(kind, "has the number of another job", printed)
            if kind.refusal:
                self.is_wrong(kind, "was accepted", printed)
            if kind.disturb:
                self.disturb(kind, int(number[1]))
        elif UNREACHABLE.search(printed):
            self.count(kind.name, "unreachable")
        elif kind.arguments[0].startswith("--recipe") and re.search(r"etc/recipe\.yaml|/nowhere/at/all", printed):
            self.count(kind.name, "refused for the site file")
        elif kind.refusal is None and "slurmctld has just started and does not know its default partition yet" in printed:
            self.count(kind.name, "refused until slurmctld knows its partitions")
        else:
            self.count(kind.name, "refused")
            if kind.refusal is None or kind.refusal.format(hung=self.hung) not in printed:
                self.is_wrong(kind, "was refused", printed)
        if kind.name.startswith("results on"):
            self.longest_wait = max(self.longest_wait, took)
        if kind.name.startswith("results on") and took > 3 + 15:
            self.is_wrong(kind, f"was waited for {took:.0f} s", printed)

    def disturb_the_cluster(self, until):
        """Daemons are restarted in the first two thirds alone: their sizes are measured in the last."""
        turn = 0
        try:
            while not self.done.wait(DISTURBED_EVERY):
                turn += 1
                with self.replacing:
                    name = self.take_turn(turn, time.monotonic() < until)
                self.turns[name] = self.turns.get(name, 0) + 1
        except (Exception, SystemExit) as error:  # of a daemon that did not start
            self.report("the cluster", "is disturbed no longer", repr(error))
        self.cluster.write_site(SITE)

    def take_turn(self, turn, may_restart):
        what = turn % 8
        if what == 4:
            self.cluster.write_site(random.choice(BROKEN))
            return "site file broken"
        if what == 0:
            self.cluster.write_site(SITE)
            return "site file healed"
        if what == 2 and may_restart:
            self.cluster.restart_controller()
            return "slurmctld restarted"
        if what == 6 and may_restart:
            self.cluster.restart_node(f"n{random.randint(1, NODES)}")
            return "slurmd restarted"
        self.cluster.run("scontrol", "reconfigure")
        return "reconfigured"

    def sizes(self):
        with self.replacing:
            pids = {"slurmctld": self.cluster.controller(), **{f"n{i}": self.cluster.node(f"n{i}") for i in range(1, NODES + 1)}}
            return {name: (pid, resident(pid), threads(pid), open_files(pid)) for name, pid in pids.items()}

    def silence_ends(self):
        """Who asked the file system that never answers can be killed by nobody until it is gone."""
        self.storage.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.storage.wait(10)

    def close(self, keep):
        self.done.set()
        self.silence_ends()
        self.cluster.close(keep)

    def queue_is_empty(self):
        return not self.cluster.run("squeue", "--noheader", "--all").stdout.strip()

    def wait_for_an_empty_queue(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.queue_is_empty():
            time.sleep(2)

    # --- what is left in the end -----------------------------------------------------------------------------------------

    def jobs_that_did_something_else(self):
        for job, kind in self.jobs.items():
            file = self.marks / str(job)
            marks = len(file.read_text()) // 2 if file.exists() else 0
            if marks != kind.marks:
                printed = self.printed / str(job)
                yield job, kind.name, f"ran {marks} times, not {kind.marks}", printed.read_text()[-2000:] if printed.exists() else "no output"

    def left_behind(self):
        """Of this cluster's jobs and our plugins: other clusters may run on the machine."""
        user = pwd.getpwnam(self.cluster.home.name).pw_uid
        processes = {pid: command for pid, (command, owner) in descendants().items() if command == "slurmstepd" or owner == user}
        for pid, command in processes.items():
            yield f"process: {pid} {command}"
        for pattern in ("results/.recipe*", "results/*/.recipe*", ".local/state/slurm-recipe/secrets/*"):
            for file in self.cluster.home.glob(pattern):
                yield f"file: {file}"
        for file in (self.cluster.directory / "spool").glob("*/job*"):
            yield f"file: {file}"
        listening = subprocess.run(["ss", "-Hltnp"], text=True, capture_output=True, check=True).stdout
        for line in listening.splitlines():
            if any(int(pid) in processes for pid in re.findall(r"pid=(\d+)", line)):
                yield f"port: {line}"


def life(options):
    adopt_what_is_orphaned()
    soak = Soak(options)
    good = False
    try:
        good = live(soak, options)
    finally:
        soak.close(keep=not good)
    return good


def live(soak, options):
    cluster = soak.cluster
    random.seed(7)
    draw = [kind for kind in KINDS for _ in range(kind.share)]
    began = time.monotonic()
    disturber = threading.Thread(target=soak.disturb_the_cluster, args=(began + options.submissions / JOBS_A_MINUTE * 60 * 2 / 3,))
    disturber.start()
    early = None
    with ThreadPoolExecutor(48) as pool:
        try:
            for number in range(options.submissions):
                time.sleep(max(0.0, began + number * 60 / JOBS_A_MINUTE - time.monotonic()))
                pool.submit(soak.one, random.choice(draw))
                if early is None and number > options.submissions * 0.72:
                    early = soak.sizes()
            soak.wait_for_an_empty_queue(600)
        finally:
            soak.done.set()  # some workers wait for it, and the pool for them
    disturber.join()
    took = time.monotonic() - began
    soak.wait_for_an_empty_queue(120)
    time.sleep(8)  # MinJobAge
    late = soak.sizes()
    drained = cluster.run("sinfo", "--noheader", "--format=%n %T %E", "--Node", "--states=drain,down,fail").stdout.strip()
    queued = cluster.run("squeue", "--noheader", "--all").stdout.strip()
    soak.silence_ends()
    time.sleep(2)
    other, left = list(soak.jobs_that_did_something_else()), list(soak.left_behind())

    print(f"{options.submissions} submissions in {took / 60:.1f} minutes, and meanwhile: " +
          ", ".join(f"{name} {count}" for name, count in sorted(soak.turns.items())))
    for (kind, outcome), count in sorted(soak.counts.items()):
        print(f"  {kind}: {outcome} {count}")
    print(f"the longest wait for the file system that never answers: {soak.longest_wait:.0f} s, of which the site allows 3")
    print(f"jobs that did something else: {len(other)}; decisions wrong: {len(soak.wrong)}; still queued: {len(queued.splitlines())}; "
          f"drained: {len(drained.splitlines())}; left behind: {len(left)}")
    for line in [*other[:10], *left[:10], *queued.splitlines()[:5], *drained.splitlines()]:
        print(f"  {line}")
    unreachable = sum(count for (_, outcome), count in soak.counts.items() if outcome == "unreachable")
    if unreachable > options.submissions / 3:
        soak.report("the cluster", "was not tried", f"{unreachable} of {options.submissions} submissions found no slurmctld")
    grown = 0
    for name, (pid, size, thread_count, files) in late.items():
        before = early[name] if early else late[name]
        same = before[0] == pid
        print(f"  {name}: {size} KiB ({size - before[1]:+d}), {thread_count} threads, {files} open files" + ("" if same else " (restarted)"))
        if same and size - before[1] > 4096 or files > 64 or thread_count > 40:
            grown += 1
    return not (other or soak.wrong or queued or drained or left or grown)
