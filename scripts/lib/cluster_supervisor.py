#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The parent of every process of a private cluster, so that stopping is exact.

    cluster_supervisor.py DIR <DAEMONS

Reads one daemon a line (a name, a tab, a shell-quoted command), starts each in the foreground as soon as its line comes,
with its output in DIR/log/NAME.out, and stays until SIGTERM. The last line is "ready". An input that ends without it
comes from a start that failed or was killed, so everything is ended again.

It is a "child subreaper" (prctl(2)): whatever daemons, steps or jobs leave behind becomes its child. On SIGTERM it ends
the daemons, then kills its own direct children again and again until there are none. So nothing of the cluster survives,
and nothing else can be hit: a process is signalled only while it is an unreaped child of this one, hence its id cannot
have been given to another, and nothing is ever looked up by name.
"""

import ctypes
import errno
import os
import select
import shlex
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
DAEMON_GRACE_SECONDS = 4.0

libc = ctypes.CDLL(None, use_errno=True)


def log(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


def prepare_daemon():
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start_daemon(directory, line):
    """Its name and its Popen. The latter must be kept: a forgotten Popen reaps its process behind our back."""
    name, command = line.split("\t", 1)
    with open(f"{directory}/log/{name}.out", "ab") as output:
        daemon = subprocess.Popen(
            shlex.split(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, preexec_fn=prepare_daemon
        )
    log(f"started {name} as {daemon.pid}")
    return name, daemon


def parent_of(pid):
    """The parent's id, or None for a process that is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            # The command's name, in parentheses, may contain anything; the fields behind it are plain.
            return int(stat.read().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def children():
    me = os.getpid()
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and parent_of(entry) == me]


def reap(names):
    """Collects the dead. False when there is no child left at all."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid in names:
            log(f"{names.pop(pid)} ended with status {os.waitstatus_to_exitcode(status)}")


def terminated():
    return signal.SIGTERM in signal.sigpending()


def lines_until_terminated(names):
    """Lines of standard input until its end or SIGTERM. The dead are reaped meanwhile: the start watches our log."""
    rest = b""
    while not terminated():
        reap(names)
        if not select.select([0], [], [], 0.05)[0]:
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode()


def signal_child(pid, number):
    try:
        os.kill(pid, number)
    except OSError as error:
        if error.errno != errno.ESRCH:
            raise


def end_everything(names):
    for pid in names:
        signal_child(pid, signal.SIGTERM)
    deadline = time.monotonic() + DAEMON_GRACE_SECONDS
    while reap(names) and names and time.monotonic() < deadline:
        time.sleep(0.01)
    # Steps and jobs, with whatever they put into the background: killing a child hands us its children.
    while reap(names):
        for pid in children():
            signal_child(pid, signal.SIGKILL)
        time.sleep(0.01)
    log("nothing is left")


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    directory = sys.argv[1]
    os.setsid()
    # A caller's pipes must not stay open for as long as the cluster runs.
    os.closerange(3, 1024)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit(f"cannot become a subreaper: {os.strerror(ctypes.get_errno())}")
    names = {}
    daemons = []
    # Blocked and polled, not handled: a handler could interrupt the start of a daemon before its id is known.
    signals = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with open(f"{directory}/run/supervisor.pid", "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    ready = False
    for line in lines_until_terminated(names):
        if line == "ready":
            ready = True
            break
        name, daemon = start_daemon(directory, line)
        names[daemon.pid] = name
        daemons.append(daemon)
    while ready and not terminated():
        reap(names)
        # Taken off the queue: the next death of a child queues it again.
        signal.sigtimedwait({signal.SIGCHLD}, 0.2)
    end_everything(names)


if __name__ == "__main__":
    main()
