# SPDX-License-Identifier: Apache-2.0
"""Submissions to a slurmctld whose memory is watched. Slurm's programs are as the distribution built them, so that a report counts
when a function of ours is among its callers; the others are counted and told."""

import concurrent.futures
import shutil
import tempfile
import threading
import time
import xml.etree.ElementTree
from pathlib import Path

from private_cluster import UNREACHABLE, Cluster, jobs_known

OURS = ("job_submit_recipe.so", "spank_recipe.so", "librecipe")
TINY = ["--recipe=llama_tiny_cpu_pretrain"]
# Either refuses what is too large; a change of the file is news all the same.
SITES = ["policy: {max_nodes: {'llama_tiny*': 4}}\nseverities: {cluster.unavailable: off}\ninventory: {refresh_seconds: 5}\n",
         "policy: {max_nodes: {'llama_tiny*': 8}}\nseverities: {cluster.unavailable: off}\ninventory: {refresh_seconds: 7}\n"]
KINDS = [
    ("good", [*TINY, "--recipe-set=trainer.num_nodes=2"], None),
    ("policy", [*TINY, "--recipe-set=trainer.num_nodes=16"], "[policy.max_nodes]"),
    ("nodes", ["-p", "train", "--recipe=llama3_2_1b_pretrain", "--recipe-set=trainer.num_nodes=8"], "[cluster.nodes]"),
    ("plain", ["--wrap", "true"], None),
]
# What of Slurm's own lies below a call of ours that can do nothing about it, by the function that is at fault.
KNOWN = {
    "spank_unset_job_env": "sbatch keeps the name of a variable that it does not find (22.05)",
}
# What is checked is many times slower than what is not: nobody may take it for dead.
PATIENT = "MaxJobCount=20000\nMessageTimeout=100\nSlurmdTimeout=300\n"


def memcheck(reports, name):
    return ["valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", "--num-callers=40",
            "--error-limit=no", "--child-silent-after-fork=yes", "--xml=yes", f"--xml-file={reports}/{name}.%p.xml"]


def submit_all(cluster, count, at_once):
    """Good and bad, while slurmctld is reconfigured, its site file changes, and users change their jobs. What was decided wrongly."""
    accepted, wrong, counts = set(), [], {}
    lock, done = threading.Lock(), threading.Event()

    def one(number):
        name, arguments, refusal = KINDS[number % len(KINDS)]
        job, printed = cluster.submit("-J", f"{name}{number}", *arguments)
        if job and number % 10 == 0:
            cluster.run(*cluster.user, "scontrol", "update", f"JobId={job}", "NumNodes=3")
            cluster.run(*cluster.user, "scontrol", "update", f"JobId={job}", "Partition=shared")
        with lock:
            lost_touch = not job and UNREACHABLE.search(printed)
            outcome = "accepted" if job else "unreachable" if lost_touch else "refused"
            counts[name, outcome] = counts.get((name, outcome), 0) + 1
            if job:
                accepted.add(job)
            if not lost_touch and (bool(job) != (refusal is None) or (refusal and refusal not in printed)):
                wrong.append(f"{name}: {printed}")

    def disturb():
        turn = 0
        while not done.wait(3):
            cluster.write_site(SITES[turn % 2])
            cluster.run("scontrol", "reconfigure")
            turn += 1
        print(f"slurmctld was reconfigured, and its site file changed, {turn} times")

    began = time.monotonic()
    disturber = threading.Thread(target=disturb)
    disturber.start()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, range(count)))
    done.set()
    disturber.join()
    lost = accepted - jobs_known(cluster)
    print(f"{count} submissions, {at_once} at a time, in {time.monotonic() - began:.0f} s: " +
          ", ".join(f"{name} {outcome} {number}" for (name, outcome), number in sorted(counts.items())))
    unreachable = sum(number for (_, outcome), number in counts.items() if outcome == "unreachable")
    if unreachable > count / 3:
        wrong.append(f"{unreachable} of {count} submissions found no slurmctld: too few were decided")
    print(f"jobs lost: {len(lost)}; decisions wrong: {len(wrong)}", flush=True)
    return wrong + [f"job {job} was lost" for job in sorted(lost)]


def wait_for_snapshot(cluster, since):
    """Until then what the nodes cannot run is accepted, with a hint."""
    deadline = time.monotonic() + 300
    while "job_submit/recipe: recipes are checked against" not in cluster.log()[since:]:
        if time.monotonic() > deadline:
            raise TimeoutError("slurmctld did not see its nodes within 300 s")
        time.sleep(0.5)


def checked_cluster(options, wrapper):
    """A cluster whose slurmctld runs below the wrapper."""
    cluster = Cluster(options.build, conf=PATIENT, site=SITES[0])
    # What is installed has been stripped of its symbols, which a report needs.
    for installed in cluster.directory.glob("opt/lib/**/*.so"):
        for built in Path(options.build, "lib").glob(f"**/{installed.name}"):
            shutil.copy(built, installed.with_suffix(".new"))
            installed.with_suffix(".new").rename(installed)
    since = len(cluster.log())
    pid_file = cluster.directory / "run" / "slurmctld.pid"
    cluster.replacement = cluster.replace(cluster.controller(), cluster.replacement, pid_file, *wrapper, "slurmctld")
    wait_for_snapshot(cluster, since)
    return cluster


def errors_of_valgrind(file):
    """Of one process: those in which a function of ours takes part, as text, and the number of all others. A file without an end
    comes from a process that was killed, and is an error as well."""
    try:
        root = xml.etree.ElementTree.parse(file).getroot()
    except xml.etree.ElementTree.ParseError as error:
        return [f"{file.name} is not whole: {error}"], 0
    ours, others = [], 0
    for error in root.findall("error"):
        frames = error.findall(".//frame")
        is_known = any(frame.findtext("fn") in KNOWN for frame in frames)
        if not is_known and any(name in (frame.findtext("obj") or "") for frame in frames for name in OURS):
            lines = [f"    {frame.findtext('fn') or frame.findtext('ip')} ({frame.findtext('file') or frame.findtext('obj')}:{frame.findtext('line') or ''})"
                     for frame in frames[:20]]
            ours.append("\n".join([f"{error.findtext('kind')}: {error.findtext('what') or error.findtext('xwhat/text')}", *lines]))
        else:
            others += 1
    return ours, others


def sample_clients(cluster, reports, count):
    """sbatch of each kind below valgrind; what it decides is tried elsewhere, but it must have got so far."""
    wrong = []
    for number in range(count):
        name, arguments, refusal = KINDS[number % len(KINDS)]
        printed = cluster.run(*cluster.user, *memcheck(reports, "sbatch"), "sbatch", "--parsable", "--hold", "-D", f"{cluster.directory}/home",
                              "-o", "/dev/null", *arguments)
        text = printed.stdout + printed.stderr
        if (printed.returncode == 0) != (refusal is None) or (refusal and refusal not in text):
            wrong.append(f"sbatch below valgrind, {name}: {text}")
    return wrong


def valgrind(options):
    reports = Path(tempfile.mkdtemp(prefix="recipe-valgrind."))
    reports.chmod(0o1777)
    cluster = checked_cluster(options, memcheck(reports, "slurmctld"))
    try:
        wrong = submit_all(cluster, options.submissions, options.at_once)
        wrong += sample_clients(cluster, reports, options.clients)
    finally:
        cluster.close()
    ended, found = {}, []
    for file in sorted(reports.glob("*.xml")):
        ours, others = errors_of_valgrind(file)
        program = file.name.split(".")[0]
        processes, total_ours, total_others = ended.get(program, (0, 0, 0))
        ended[program] = (processes + 1, total_ours + len(ours), total_others + others)
        found += [f"{program}: {text}" for text in ours]
    for program, (processes, ours, others) in sorted(ended.items()):
        print(f"{program}, {processes} processes: {ours} errors in which we take part, {others} of others alone")
    for text in dict.fromkeys(wrong + found):
        print(text)
    if ended.get("slurmctld", (0,))[0] == 0:
        wrong.append("valgrind has written nothing of slurmctld")
        print(wrong[-1])
    shutil.rmtree(reports, ignore_errors=True)
    return not wrong and not found
