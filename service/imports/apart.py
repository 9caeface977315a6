"""Reading files in a process of its own, under limits: whatever it does, the caller goes on.

A fault in GDAL's handling of a crafted file ends that process, or takes it over; it has no
database, is bound in memory and time, and hands back plain tables.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, NoReturn, Self

import pyarrow as pa

from service.core.frames import receive, send
from service.imports.encoding import EncodingEvidence
from service.imports.gdal import declared_crs
from service.imports.limits import MIB, Limits, megabytes
from service.imports.raw import RawTable, Reading
from service.imports.transport import from_arrow
from service.imports.worker import serve
from spatial.errors import Fault, InputError, InputFaults, UnknownCRSError

# A batch of rows is far smaller, but one row may be the boundary of a province.
_MOST_MESSAGE_BYTES: Final = 1024 * MIB
_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class _Process:
    pid: int
    requests: BinaryIO
    answers: BinaryIO


class Apart:
    """A reading process, started when first asked and started again when it has died.

    Parameters
    ----------
    memory_bytes
        Address space it may take beyond what it starts with.
    copied
        True to start it as a copy of this process, which takes no time, but may be done only
        where no other thread is at work in GDAL, PROJ or Arrow; False to start it anew, as a
        service with threads must.

    Notes
    -----
    One file is read at a time; other threads wait. A process that has read a file may have been
    taken over by it, so that what it says of later files is as untrusted as it is of that one:
    who serves several tenants gives each its own.
    """

    def __init__(self, *, memory_bytes: int, copied: bool = True) -> None:
        self._memory_bytes = memory_bytes
        self._copied = copied
        self._process: _Process | None = None
        self._lock = threading.Lock()
        self._starts = 0

    @property
    def starts(self) -> int:
        """How often the process was started."""
        return self._starts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process now, before threads do, where it does not run yet."""
        with self._lock:
            if self._process is None:
                self._start()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def read(
        self, path: Path, *, name: str, prefer: str, table: str | None, how: Reading
    ) -> RawTable:
        """Read a file with the format called `name`.

        Raises
        ------
        InputError
            With what is wrong with the file, or that reading it took more than allowed.
        """
        with self._lock, tempfile.TemporaryDirectory(prefix="yike-") as folder:
            request = {
                "path": str(path),
                "format": name,
                "prefer": prefer,
                "table": table,
                "encoding": how.encoding,
                "heading_row": how.heading_row,
                "limits": asdict(how.limits),
                "work_dir": folder,
            }
            return self._ask(request, how)

    def _ask(self, request: Mapping[str, Any], how: Reading) -> RawTable:
        source = str(request["path"])
        process = self._process or self._start()
        late = threading.Event()
        watch = threading.Timer(how.limits.wall_seconds, _kill, (process.pid, late))
        watch.daemon = True
        watch.start()
        try:
            send(process.requests, b"Q", json.dumps(request).encode())
            return self._answer(process, source, how)
        except (EOFError, OSError):
            status = self._end()
            _refuse_death(source, how.limits, late=late.is_set(), status=status)
        except BaseException as error:
            # Half an answer is left in the pipe, unless the answer was that the file is at fault.
            if not isinstance(error, InputError):
                self._end()
            raise
        finally:
            watch.cancel()

    def _answer(self, process: _Process, source: str, how: Reading) -> RawTable:
        parts: list[pa.Table] = []
        rows = 0
        while True:
            letter, content = receive(process.answers, most_bytes=_MOST_MESSAGE_BYTES)
            if letter == b"B":
                try:
                    with pa.ipc.open_stream(pa.py_buffer(content)) as stream:
                        part = stream.read_all()
                        total = int((part.schema.metadata or {}).get(b"total", b"0"))
                except (pa.ArrowException, ValueError):
                    raise EOFError from None
                parts.append(part.replace_schema_metadata(None))
                rows += len(part)
                if how.told is not None:
                    how.told(rows, total)
            elif letter == b"R":
                return _raw(json.loads(content), parts, source)
            else:
                _refuse(json.loads(content), source, how.limits)

    def _start(self) -> _Process:
        self._starts += 1
        start = _copy if self._copied else _anew
        self._process = start(self._memory_bytes)
        return self._process

    def _end(self) -> int | None:
        """Kill the process and return how it ended; None where there is none."""
        process, self._process = self._process, None
        if process is None:
            return None
        for pipe in (process.requests, process.answers):
            try:
                pipe.close()
            except OSError:
                continue
        # With nothing left to ask for it ends by itself, unless it is at something.
        _kill(process.pid)
        _, status = os.waitpid(process.pid, 0)
        return status


def _raw(result: Mapping[str, Any], parts: list[pa.Table], source: str) -> RawTable:
    try:
        frame, ids = from_arrow(parts)
    except (pa.ArrowException, ValueError, TypeError, KeyError, RecursionError) as error:
        # Text that is none, above all, which Parquet hands on as it stands.
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{source}: cannot be read: {reason}") from None
    name = result["feature_ids"]
    evidence = result.get("encoding")
    if evidence is not None:
        evidence = EncodingEvidence(**{**evidence, "sample": tuple(evidence["sample"])})
    return RawTable(
        frame,
        placed=result["placed"],
        declared_crs=declared_crs(result["crs"], source=source),
        feature_ids=None if name is None or ids is None else (name, ids),
        warnings=tuple(result["warnings"]),
        serial_dates=result.get("serial_dates", False),
        encoding=evidence,
        not_read=result.get("not_read", {}),
    )


def _refuse(error: Mapping[str, Any], source: str, limits: Limits) -> NoReturn:
    match error["kind"]:
        case "faults":
            raise InputFaults([Fault(**fault) for fault in error["faults"]])
        case "crs":
            raise UnknownCRSError(error["message"])
        case "memory":
            raise InputError(_memory_message(source, limits))
        case _:
            raise InputError(error["message"])


def _memory_message(source: str, limits: Limits) -> str:
    return (
        f"{source}: cannot be read within {megabytes(limits.memory_bytes)} of memory, "
        "the most that is allowed"
    )


def _refuse_death(source: str, limits: Limits, *, late: bool, status: int | None) -> NoReturn:
    if late:
        raise InputError(
            f"{source}: reading it took longer than {limits.wall_seconds:g} seconds, the most that "
            "is allowed"
        )
    died_of = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None
    if died_of == signal.SIGXCPU:
        raise InputError(
            f"{source}: reading it took more than {limits.cpu_seconds} seconds of the processor, "
            "the most that is allowed"
        )
    how = "" if died_of is None else f" ({signal.Signals(died_of).name})"
    raise InputError(f"{source}: cannot be read: the file made its reader fail{how}")


def _kill(pid: int, told: threading.Event | None = None) -> None:
    if told is not None:
        told.set()
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _copy(memory_bytes: int) -> _Process:
    """Start the process as a copy of this one."""
    request_end, requests = os.pipe()
    answers, answer_end = os.pipe()
    with warnings.catch_warnings():
        # Later Pythons warn of threads, NumPy's idle ones too; there is no other (see `Apart`).
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _serve_and_end(request_end, answer_end, memory_bytes)
    os.close(request_end)
    os.close(answer_end)
    return _Process(pid, os.fdopen(requests, "wb"), os.fdopen(answers, "rb"))


def _serve_and_end(request_end: int, answer_end: int, memory_bytes: int) -> NoReturn:
    """Serve in the copy, which ends without anything of what it was copied from being ended."""
    status = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        _close_connections(keep={request_end, answer_end})
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        serve(
            io.open(request_end, "rb"),  # noqa: UP020, SIM115  # closed by the end of the process
            io.open(answer_end, "wb"),  # noqa: UP020, SIM115  # likewise
            memory_bytes=memory_bytes,
        )
        status = 0
    finally:
        os._exit(status)


def _close_connections(*, keep: set[int]) -> None:
    """Close sockets and pipes of the original, a database's above all: none of the copy's business.

    Files stay open. Libraries hold some, PROJ its register: the number of one closed behind their
    backs becomes that of the next file, which they would then read, or close, as their own.
    """
    for number in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208  # numbers
        if number in keep or number <= 2:  # noqa: PLR2004  # the three streams
            continue
        # The listing's own number is among them, and gone.
        with contextlib.suppress(OSError):
            if not stat.S_ISREG(os.fstat(number).st_mode):
                os.close(number)


def _anew(memory_bytes: int) -> _Process:
    """Start the process from nothing, with an environment that says nothing of the service."""
    process = subprocess.Popen(  # noqa: S603  # this Python with a module of our own
        [sys.executable, "-m", "service.imports.worker", str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        close_fds=True,
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise EOFError
    # Ended and waited for by its number, as a copy is.
    process.returncode = 0
    return _Process(process.pid, process.stdin, process.stdout)  # type: ignore[arg-type]  # buffered
