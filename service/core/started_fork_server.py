"""The process that is copied for workers, as the service sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

from service.core import fork_server


class StartedForkServer:
    """A running `service.core.fork_server`, with the workers it started in one group of processes.

    The group is not the service's: what the terminal sends with Ctrl-C goes to the service alone.

    Parameters
    ----------
    setup
        What it is to prepare, pickled.

    Raises
    ------
    OSError
        If the process cannot be started.
    """

    def __init__(self, setup: bytes) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # this Python with a module of our own
                [sys.executable, "-P", "-m", fork_server.__name__],
                stdin=theirs.fileno(),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                process_group=0,
            )
        self._control.send(setup)

    def hire(self, channel: socket.socket) -> bool:
        """Have a worker started at the other end of a socket; False where the process has gone."""
        try:
            socket.send_fds(self._control, [b"W"], [channel.fileno()])
        except OSError:
            return False
        return True

    def complaint(self) -> str:
        """Return why it could not prepare; empty where it did not say."""
        # Of one that ended with orders unread the system tells that first, then what it said.
        for _ in range(2):
            with contextlib.suppress(OSError):
                told = self._control.recv(fork_server.MOST_SETUP_BYTES, socket.MSG_DONTWAIT)
                return told.decode(errors="replace")
        return ""

    def end(self) -> None:
        """End it and all its workers, whatever they are at."""
        self._control.close()
        # Until it is waited for, the number of the group is no other's.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
