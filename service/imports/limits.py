"""What a file may cost: size, rows, what it unpacks to, memory and time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spatial.errors import InputError

MIB: Final = 2**20
GIB: Final = 2**30


@dataclass(frozen=True)
class Limits:
    """The most that reading one file may take; each bound itself is allowed.

    Parameters
    ----------
    file_bytes
        Size of the file.
    rows
        Rows of the table read.
    unpacked_bytes
        What the entries of an archive, or of a workbook, unpack to together.
    unpack_ratio
        Unpacked over packed size, once more than `RATIO_FLOOR_BYTES` are unpacked.
    entries
        Entries of an archive or workbook.
    memory_bytes
        Address space a reading process may take beyond what it started with.
    cpu_seconds, wall_seconds
        Time of the processor, and on the clock, that a reading process may take for one file.
    """

    file_bytes: int = 2 * GIB
    rows: int = 2_000_000
    unpacked_bytes: int = 4 * GIB
    unpack_ratio: float = 200.0
    entries: int = 1_000
    memory_bytes: int = 4 * GIB
    cpu_seconds: int = 300
    wall_seconds: float = 600.0


DEFAULT_LIMITS: Final = Limits()
# Small entries of blanks pack very well and harm nobody.
RATIO_FLOOR_BYTES: Final = 16 * MIB


def refuse_large_file(path: Path, limits: Limits, *, source: str) -> None:
    """Refuse a file that is larger than allowed.

    Raises
    ------
    InputError
        Naming both sizes.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise InputError(
            f"{source}: is too large: {megabytes(size)}, at most {megabytes(limits.file_bytes)} "
            "are read"
        )


def refuse_many_rows(rows: int, limits: Limits, *, source: str) -> None:
    """Refuse a table with more rows than allowed.

    Raises
    ------
    InputError
        Naming both numbers.
    """
    if rows > limits.rows:
        raise InputError(f"{source}: has too many rows: {rows:,}, at most {limits.rows:,} are read")


def megabytes(size: float) -> str:
    """Return a size in bytes as text in megabytes."""
    return f"{size / 1e6:,.1f} MB"
