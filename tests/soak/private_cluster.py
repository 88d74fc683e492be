# SPDX-License-Identifier: Apache-2.0
"""A private cluster for a soak, and the daemons of it that the soak may replace."""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "scripts" / "cluster"
# What sbatch says where slurmctld does not listen to it, as it may while it is reconfigured or restarted.
UNREACHABLE = re.compile("ontact slurm controller|ommunication|Socket timed out|Connection re|Zero Bytes|Slurm backup controller|"
                         "Transport endpoint|missing socket")


class Cluster:
    """A private cluster, and the slurmctld of it that this process may replace."""

    def __init__(self, build, *options, conf="", site="", plugins=True):
        self.directory = Path(tempfile.mkdtemp(prefix="recipe-soak."))
        files = Path(tempfile.mkdtemp(prefix="recipe-soak-files."))
        (files / "conf").write_text(conf)
        (files / "recipe.yaml").write_text(site)
        loaded = ["--build", build] if plugins else []
        subprocess.run([CLUSTER, "start", self.directory, "--debug", "info", "--slurm-conf-extra", files / "conf", "--timeout", "120",
                        "--etc", files / "recipe.yaml", *loaded, *options], check=True)
        shutil.rmtree(files)
        self.replacement = None
        self.new_nodes = {}
        self.environment = {**os.environ, "SLURM_CONF": f"{self.directory}/etc/slurm.conf"}
        self.user = [CLUSTER, "as-user", self.directory]
        self.home = next((self.directory / "home").iterdir())  # of the one user

    def close(self, keep=False):
        """Its files stay where somebody wants to know what went wrong."""
        for daemon in [self.replacement, *self.new_nodes.values()]:
            if daemon:
                daemon.terminate()
                daemon.wait()
        subprocess.run([CLUSTER, "stop", self.directory], check=True)
        if keep:
            print(f"the logs are in {self.directory}/log, what jobs printed is in {self.home}", flush=True)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def controller(self):
        return int((self.directory / "run" / "slurmctld.pid").read_text())

    def node(self, name):
        return int((self.directory / "run" / f"slurmd-{name}.pid").read_text())

    def replace(self, pid, old, pid_file, *command):
        """As an administrator does: SIGTERM, and a new daemon, whose process is returned once it has written its PID file."""
        os.kill(pid, signal.SIGTERM)
        while self.is_running(pid):
            time.sleep(0.02)
        if old:
            old.wait()
        new = subprocess.Popen([*command, "-D", "-f", self.environment["SLURM_CONF"]], env=self.environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not pid_file.exists() or pid_file.read_text().strip() != str(new.pid):
            if new.poll() is not None:
                sys.exit(f"{command[0]} ended with {new.returncode}")
            time.sleep(0.02)
        return new

    def restart_controller(self):
        """On the saved state."""
        pid_file = self.directory / "run" / "slurmctld.pid"
        self.replacement = self.replace(self.controller(), self.replacement, pid_file, "slurmctld")

    def restart_node(self, name):
        """Its steps go on."""
        pid_file = self.directory / "run" / f"slurmd-{name}.pid"
        self.new_nodes[name] = self.replace(self.node(name), self.new_nodes.get(name), pid_file, "slurmd", "-N", name)

    @staticmethod
    def is_running(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    def run(self, *command):
        return subprocess.run(command, env=self.environment, text=True, capture_output=True, check=False)

    def submit(self, *arguments):
        """The job's id, or None, and what sbatch printed."""
        done = subprocess.run([*self.user, "sbatch", "--parsable", "--hold", "-D", f"{self.directory}/home", "-o", "/dev/null", *arguments],
                              stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False)
        number = re.search(r"^(\d+)$", done.stdout, re.MULTILINE)
        return (int(number[1]) if number and done.returncode == 0 else None), done.stdout + done.stderr

    def write_site(self, text):
        """The site file, which slurmctld and the users' commands read."""
        new = self.directory / "etc" / "recipe.yaml.new"
        new.write_text(text)
        new.chmod(0o644)
        new.rename(self.directory / "etc" / "recipe.yaml")

    def log(self):
        return (self.directory / "log" / "slurmctld.log").read_text()


PR_SET_CHILD_SUBREAPER = 36


def adopt_what_is_orphaned():
    """What daemons leave behind becomes this process's child, so that descendants() names it: also steps of a slurmd that was replaced,
    which scripts/cluster does not know."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit(f"soak: cannot become a child subreaper: {os.strerror(ctypes.get_errno())}")


def descendants():
    """Of this process, by id, without those that have ended: their command and their user's id."""
    parents, found = {}, {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if entry.name.isdigit():
                before, _, after = (entry / "stat").read_text(errors="replace").rpartition(")")
                state, parent = after.split()[:2]
                parents[int(entry.name)] = int(parent)
                if state != "Z":
                    found[int(entry.name)] = (before.partition("(")[2], entry.stat().st_uid)

    def is_ours(pid):
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return {pid: what for pid, what in found.items() if is_ours(pid)}


def resident(pid):
    """Of the process, in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def threads(pid):
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def open_files(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def jobs_known(cluster):
    return {int(number) for number in cluster.run("squeue", "--noheader", "--all", "--format=%A").stdout.split()}
