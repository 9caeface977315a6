"""The process whose copies do the work of a pool (`service.core.worker_pool`).

A process with threads cannot be copied safely, and one started anew imports for seconds. So one is
started anew beside the service, without threads of its own at work, imports and prepares what all
workers need, and is copied for each worker: a copy takes milliseconds and shares the memory.

What the service sends is what a worker answers with: a function and its argument, then one socket a
worker. Nothing stands on a command line. When the service is gone, however it ended, the sockets
end: each worker stops after what it is at, and this process after the last worker.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

from service.core.frames import receive, send

# What a worker says: that it is ready, with its number; an answer; a defect's traceback.
READY: Final = b"R"
ANSWER: Final = b"A"
DEFECT: Final = b"D"
# What it is asked.
QUESTION: Final = b"Q"

MOST_SETUP_BYTES: Final = 2**16
_MOST_COMPLAINT_BYTES: Final = 2**15
# After so long without the service, what still works is stuck.
_MOST_ORPHANED_S: Final = 60
# A tenth of what others get who want all of a processor: the first page opens as fast as without
# it, and on a machine that is always busy the workers still come.
_BEHIND_OTHERS: Final = 10
_ENDED_BY_ITS_SOCKET: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU)

Answering = Callable[[Any], Any]


def main() -> None:
    """Prepare, and start a worker for each socket that comes, until the service is gone."""
    # A service manager, or the terminal, signals all processes: those who work answer first.
    for number in _ENDED_BY_ITS_SOCKET:
        signal.signal(number, signal.SIG_IGN)
    # The system buries the workers: the service sees for itself that one has gone.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control = socket.socket(fileno=os.dup(0))
    with open(os.devnull) as nothing:  # noqa: PTH123  # a device
        os.dup2(nothing.fileno(), 0)
    try:
        answering = _prepared(control.recv(MOST_SETUP_BYTES))
    except Exception:  # noqa: BLE001  # told to the service, which logs it
        with contextlib.suppress(OSError):
            control.send(traceback.format_exc().encode()[-_MOST_COMPLAINT_BYTES:])
        sys.exit(1)
    # What all share stays shared: the collector would write to it.
    gc.collect()
    gc.freeze()
    while True:
        try:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except OSError:
            break
        if not descriptors:
            break
        with socket.socket(fileno=descriptors[0]) as channel:
            _start(channel, control, answering)
    signal.signal(signal.SIGALRM, _end_all)
    signal.alarm(_MOST_ORPHANED_S)
    with contextlib.suppress(ChildProcessError):
        # As the system buries them, it returns when there is none left.
        os.wait()


def _prepared(setup: bytes) -> Answering:
    """Return what answers, made behind what the service does meanwhile.

    Only a thread can step back in line and the process itself, and its copies, stay where it is.
    """
    made: list[Answering] = []
    faults: list[Exception] = []

    def prepare() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND_OTHERS)
        try:
            build, argument = pickle.loads(setup)  # noqa: S301  # from the service itself
            made.append(build(argument))
        except Exception as fault:  # noqa: BLE001  # raised below, in the thread that waits
            faults.append(fault)

    thread = threading.Thread(target=prepare, name="preparing")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return made[0]


def _start(channel: socket.socket, control: socket.socket, answering: Answering) -> None:
    try:
        process_id = os.fork()
    except OSError:
        # The socket is closed, so the service knows and tries again later.
        return
    if process_id == 0:
        control.close()
        _work_and_end(channel, answering)


def _work_and_end(channel: socket.socket, answering: Answering) -> NoReturn:
    """Work in the copy, which ends without anything of what it was copied from being ended."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # The service is gone, or has closed the socket.
        with contextlib.suppress(EOFError, OSError):
            _work(channel, answering)
    finally:
        os._exit(0)


def _work(channel: socket.socket, answering: Answering) -> None:
    with channel.makefile("rb") as questions, channel.makefile("wb") as answers:
        send(answers, READY, str(os.getpid()).encode())
        while True:
            _, content = receive(questions, most_bytes=sys.maxsize)
            send(answers, *_answer(content, answering))


def _answer(content: bytes, answering: Answering) -> tuple[bytes, bytes]:
    try:
        found = answering(pickle.loads(content))  # noqa: S301  # from the service itself
        return ANSWER, pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001  # whatever it was, the service tells and this goes on
        return DEFECT, traceback.format_exc().encode()


def _end_all(_number: int, _frame: object) -> None:
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
