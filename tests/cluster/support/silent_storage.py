# SPDX-License-Identifier: Apache-2.0
"""A file system whose server is gone: it reads every request and answers none, so that who touches it waits for ever.

    silent_storage.py DIRECTORY     mounts it there, prints "silent" and stays; needs root and /dev/fuse

When it ends, for whatever reason, everything that waits fails with ENOTCONN, so that no process is left in state D; and
the mount is gone where it was ended with SIGTERM. It speaks the kernel's protocol itself (linux/fuse.h), for a library
would answer something.
"""

import ctypes
import os
import signal
import struct
import sys

FUSE_INIT = 26
MNT_DETACH = 2
MS_NOSUID, MS_NODEV = 2, 4
REQUEST = struct.Struct("<IIQQIIII")  # length, opcode, unique, node, uid, gid, pid, padding
ANSWER = struct.Struct("<IiQ")  # length, error, unique
# major, minor, read-ahead, flags, background requests and their threshold, longest write, time's grain, pages, rest
VERSION = struct.Struct("<IIIIHHIIHH8I")


def mount(libc, server, directory):
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0,allow_other"
    rc = libc.mount(b"silent", os.fsencode(directory), b"fuse.silent", MS_NOSUID | MS_NODEV, options.encode())
    if rc != 0:
        sys.exit(f"silent_storage.py: cannot mount on {directory}: {os.strerror(ctypes.get_errno())}")


def answer_init(server, unique):
    body = VERSION.pack(7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, *[0] * 8)
    os.write(server, ANSWER.pack(ANSWER.size + len(body), 0, unique) + body)


def main(directory):
    libc = ctypes.CDLL(None, use_errno=True)
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    mount(libc, server, directory)

    def end(*_):
        libc.umount2(os.fsencode(directory), MNT_DETACH)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    print("silent", flush=True)
    while True:
        try:
            request = os.read(server, 1 << 20)
        except InterruptedError:
            continue
        except OSError:
            return  # unmounted
        _, opcode, unique, *_ = REQUEST.unpack_from(request)
        if opcode == FUSE_INIT:
            answer_init(server, unique)


main(sys.argv[1])
