"""The process that parses files of strangers: it takes requests, and sends tables back.

Messages either way are a letter, the length of what follows in eight bytes, and that. A request is
``Q`` with JSON. Answers are ``B`` with a part of the table as an Arrow stream, then ``R`` with
what else is known of it as JSON, or ``E`` with what is wrong with the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

import pandas as pd
import pyarrow as pa
from pyproj import CRS

from service.core.frames import receive, send
from service.imports.gdal import enable_needed_drivers
from service.imports.limits import Limits
from service.imports.raw import RawTable, Reading
from service.imports.transport import FEATURE_ID, Streamed, to_arrow
from spatial.errors import InputError, InputFaults, UnknownCRSError

_BATCH_ROWS: Final = 20_000


def serve(requests: BinaryIO, answers: BinaryIO, *, memory_bytes: int) -> None:
    """Answer requests until there are no more; limits of memory hold from the start.

    Parameters
    ----------
    memory_bytes
        Address space allowed beyond what the process has now.
    """
    # Arrow's own pool reserves addresses by the gigabyte, whatever little it needs.
    pa.set_memory_pool(pa.system_memory_pool())
    confine(memory_bytes)
    enable_needed_drivers()
    while True:
        try:
            _, content = receive(requests, most_bytes=2**20)
        except EOFError:
            return
        for letter, answer in _answers(json.loads(content)):
            send(answers, letter, answer)


def confine(memory_bytes: int) -> None:
    """Bind the process: no core files, so much memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    # Killed before anything of the service, should memory run out all the same.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def allow_time(limits: Limits) -> None:
    """Allow so much more time of the processor, counted from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + limits.cpu_seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.unpacked_bytes, hard))


def _answers(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    try:
        yield from _read(request)
    except InputFaults as error:
        faults = [asdict(fault) for fault in error.faults]
        yield b"E", json.dumps({"kind": "faults", "faults": faults}).encode()
    except UnknownCRSError as error:
        yield b"E", json.dumps({"kind": "crs", "message": str(error)}).encode()
    except InputError as error:
        yield b"E", json.dumps({"kind": "input", "message": str(error)}).encode()
    except MemoryError:
        yield b"E", json.dumps({"kind": "memory"}).encode()
    except Exception as error:  # noqa: BLE001  # whatever a damaged file makes a library raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        # Arrow, NumPy and GEOS each have words of their own for no memory.
        if "alloc" in reason.lower() or "memory" in reason.lower():
            yield b"E", json.dumps({"kind": "memory"}).encode()
            return
        message = f"{request['path']}: cannot be read: {reason}"
        yield b"E", json.dumps({"kind": "input", "message": message}).encode()


def _read(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    from service.imports.formats import format_named  # noqa: PLC0415  # it imports this module's peers

    limits = Limits(**request["limits"])
    allow_time(limits)
    how = Reading(
        encoding=request["encoding"],
        heading_row=request["heading_row"],
        limits=limits,
        work_dir=Path(request["work_dir"]),
    )
    read = format_named(request["format"]).read
    found = read(Path(request["path"]), prefer=request["prefer"], table=request["table"], how=how)
    if isinstance(found, Streamed):
        yield from _stream(found, source=request["path"])
    else:
        yield from _whole(found)


def _stream(found: Streamed, *, source: str) -> Iterator[tuple[bytes, bytes]]:
    sent = False
    for table in found.batches:
        yield b"B", _packed(table, total=found.total)
        sent = True
    result = {
        "empty": not sent,
        "placed": True,
        "crs": found.crs,
        "feature_ids": found.fid_column,
        "warnings": list(dict.fromkeys(f"{source}: {message}" for message in found.said)),
    }
    yield b"R", json.dumps(result).encode()


def _whole(found: RawTable) -> Iterator[tuple[bytes, bytes]]:
    frame = found.frame
    if found.feature_ids is not None:
        ids = pd.Series(found.feature_ids[1], index=frame.index, dtype=object)
        frame = frame.assign(**{FEATURE_ID: ids})
    table = to_arrow(frame)
    for start in range(0, max(1, len(table)), _BATCH_ROWS):
        yield b"B", _packed(table.slice(start, _BATCH_ROWS), total=len(table))
    result = {
        "empty": not len(frame),
        "placed": found.placed,
        # Web maps' systems are declared in GeoJSON alone, which is not read here.
        "crs": found.declared_crs.to_json() if isinstance(found.declared_crs, CRS) else None,
        "feature_ids": None if found.feature_ids is None else found.feature_ids[0],
        "warnings": list(found.warnings),
        "serial_dates": found.serial_dates,
        "encoding": None if found.encoding is None else asdict(found.encoding),
        "not_read": found.not_read,
    }
    yield b"R", json.dumps(result).encode()


def _packed(table: pa.Table, *, total: int) -> bytes:
    """Return a part of a table as an Arrow stream, with the rows of the whole in its schema."""
    sink = pa.BufferOutputStream()
    schema = table.schema.with_metadata({b"total": str(total).encode()})
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table.replace_schema_metadata(schema.metadata))
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def main() -> None:
    """Serve on the standard streams; what libraries print goes to the standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers, memory_bytes=int(sys.argv[1]))


if __name__ == "__main__":
    main()
