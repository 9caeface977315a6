"""Ending a process the hard way."""

import contextlib
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess


def kill(process: BaseProcess, pipe: Connection) -> list[object]:
    """Kill -9, and return what was said before."""
    process.kill()
    process.join()
    said = []
    with contextlib.suppress(EOFError):
        while True:
            said.append(pipe.recv())
    pipe.close()
    process.close()
    return said
