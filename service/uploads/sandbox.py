"""Reading an uploaded file in a process of its own: the one function that does it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from service.imports.crs_check import CrsSubject
from service.imports.limits import Limits
from service.imports.phrases import Language
from service.uploads.child import ACCEPTED, RESULT, STORED, TASK
from service.uploads.reading import Tell
from service.uploads.request import ImportRequest
from service.uploads.systems import read_subject

# What the rows of a file may take on the disk, as a multiple of the file.
_GROWTH: Final = 8
_STEP_S: Final = 0.05
_LEAST_FILE_BYTES: Final = 64 * 1024 * 1024


class ReaderError(Exception):
    """The process did not come to an end of its own: no fault of one row, but of the whole."""


@dataclass(frozen=True)
class SandboxResult:
    """What a process made of a file.

    Parameters
    ----------
    refused
        Why the file as a whole cannot be used, with the faults; None where it can.
    told
        The part of the report about the file.
    accepted
        The good rows, an Arrow stream.
    origin_crs, transformation
        As in `service.uploads.reading.ReadFile`.
    quarantine
        The file of rows set aside; None without any.
    subject
        What there is to check of its system; None where that needs no check.
    """

    refused: Mapping[str, Any] | None
    told: Mapping[str, Any]
    accepted: bytes
    origin_crs: str | None
    transformation: str | None
    quarantine: Path | None
    subject: CrsSubject | None = None


def read_in_child(  # noqa: PLR0913  # all there is to know of one upload
    folder: Path,
    file: str,
    request: ImportRequest,
    *,
    label: str,
    language: Language,
    limits: Limits,
    tell: Tell,
    stopped: threading.Event,
    stored: Callable[[], bytes],
) -> SandboxResult:
    """Read an uploaded file in a child process under limits.

    Parameters
    ----------
    folder
        A folder of this upload alone, in which the child works.
    file
        Name of the file in it, chosen by the service.
    language
        Of the reasons in the file of rows set aside.
    limits
        What reading it may cost.
    tell
        Called with each stage and the rows done.
    stopped
        Ends the child when it is set.
    stored
        The features stored already, as `service.uploads.frames.to_stream` writes them; asked for
        where the rows of the file are to be joined to them, and the file is read once more.

    Raises
    ------
    ReaderError
        When the child runs out of time or memory, crashes, or is stopped.
    """
    size = (folder / file).stat().st_size
    task = {
        "file": file,
        "label": label,
        "language": language,
        "request": request.as_json(),
        "limits": asdict(limits),
        "written_bytes": max(_LEAST_FILE_BYTES, _GROWTH * size),
    }
    (folder / TASK).write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")
    document = _run(folder, limits, tell, stopped)
    if "wants_stored" in document:
        (folder / STORED).write_bytes(stored())
        document = _run(folder, limits, tell, stopped)
    return _result(folder, document)


def _run(folder: Path, limits: Limits, tell: Tell, stopped: threading.Event) -> dict[str, Any]:
    """Let a child read the file of a folder, and return what it says of it."""
    with (
        (folder / "stderr").open("wb") as errors,
        subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-I", "-m", "service.uploads.child", str(folder)],
            cwd=folder,
            # Nothing of the service's environment: no addresses, no keys.
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        listener = threading.Thread(target=_listen, args=(process, tell), daemon=True)
        listener.start()
        try:
            _wait(process, limits.wall_seconds, stopped)
        finally:
            # Whoever is told shares a session with the caller.
            listener.join()
    return _said(folder, process.returncode, limits)


def _listen(process: subprocess.Popen[str], tell: Tell) -> None:
    for line in process.stdout or ():
        stage, _, rows = line.strip().partition(" ")
        tell(stage, int(rows) if rows.isdecimal() else None)


def _wait(process: subprocess.Popen[str], seconds: float, stopped: threading.Event) -> None:
    latest = time.monotonic() + seconds
    while process.poll() is None:
        if stopped.is_set() or time.monotonic() > latest:
            process.kill()
            process.wait()
            raise ReaderError(
                "the service was stopped while it read the file"
                if stopped.is_set()
                else f"reading the file took more than {seconds:g} seconds"
            )
        stopped.wait(_STEP_S)


def _said(folder: Path, code: int, limits: Limits) -> dict[str, Any]:
    result = folder / RESULT
    if code != 0 or not result.is_file():
        said = (folder / "stderr").read_text(encoding="utf-8", errors="replace")
        if "MemoryError" in said or "bad_alloc" in said:
            raise ReaderError("reading the file took more memory than it may")
        if code == -signal.SIGXCPU:
            raise ReaderError(f"reading the file took more than {limits.cpu_seconds} seconds")
        raise ReaderError("the process that read the file ended unexpectedly")
    document: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return document


def _result(folder: Path, document: Mapping[str, Any]) -> SandboxResult:
    if "refused" in document:
        return SandboxResult(document, {}, b"", "", None, None)
    if "undeclared" in document:
        subject = read_subject(document["undeclared"])
        return SandboxResult(None, {}, b"", "", None, None, subject)
    name = document["quarantine"]
    checked = document["subject"]
    return SandboxResult(
        None,
        document["told"],
        (folder / ACCEPTED).read_bytes(),
        document["origin_crs"],
        document["transformation"],
        None if name is None else folder / Path(name).name,
        None if checked is None else read_subject(checked),
    )
