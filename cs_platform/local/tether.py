"""Runs a program that ends when the process that started it ends, however that one dies.

``python tether.py SIGNAL PARENT USER PROGRAM [ARGUMENT …]``: SIGNAL is the number sent when the
process PARENT is gone; USER is ``uid:gid`` to give root's rights up for, or ``-``.

A program of its own, because Python's hook between fork and exec is not safe beside threads, and
because the order matters: the kernel forgets the tether when the user changes. Where the kernel
has no such thing (outside Linux), the program just runs.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def hold(signal_number: int, parent: int) -> None:
    """Have this process sent ``signal_number`` as soon as ``parent`` is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it ended before the tether held
            sys.exit(1)


def main(signal_number: str, parent: str, user: str, *command: str) -> None:
    if user != "-":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    hold(int(signal_number), int(parent))
    os.execv(command[0], command)  # noqa: S606 - there is no shell here to begin with


if __name__ == "__main__":
    main(*sys.argv[1:])
