"""A file as it stands, before anything is made of its columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import pandas as pd
from pyproj import CRS

from service.imports.encoding import EncodingEvidence
from service.imports.limits import DEFAULT_LIMITS, Limits
from spatial.webmap_crs import WebMap

# The column that says, in a file of rows that were set aside, why.
REASON_COLUMN: Final = "import_reason"


@dataclass(frozen=True)
class RawTable:
    """The rows of a file and what it says of its coordinates.

    Parameters
    ----------
    frame
        One row a feature, index 0..n-1, columns of any dtypes. Where `placed`, the column
        ``geometry`` holds shapely objects or GeoJSON mappings, None where there is none.
    placed
        False for a plain table, whose columns say where its rows are.
    declared_crs
        The system the file says; None if it says nothing.
    assumed_crs
        The system its format says a silent file is in; None if the format says nothing.
    feature_ids
        Name and values of an identifier kept beside the columns; None if there is none.
    warnings
        What the reader of the format had to say, one line each.
    serial_dates
        True for a workbook, where a number in a column of dates may be a count of days.
    encoding
        How the bytes of its text were read, and why so; None where the format leaves no choice.
    not_read
        What the file holds besides, by kind: how many of it were left out.
    """

    frame: pd.DataFrame
    placed: bool
    declared_crs: CRS | WebMap | None = None
    assumed_crs: CRS | None = None
    feature_ids: tuple[str, list[object]] | None = None
    warnings: tuple[str, ...] = ()
    serial_dates: bool = False

    encoding: EncodingEvidence | None = None
    not_read: dict[str, int] = field(default_factory=dict)


def without_reasons(raw: RawTable) -> RawTable:
    """Return a table without the column of reasons, where its rows were set aside once."""
    if REASON_COLUMN not in raw.frame:
        return raw
    return replace(raw, frame=raw.frame.drop(columns=REASON_COLUMN))


class ReaderApart(Protocol):
    """What reads a file in a process of its own; `service.imports.apart.Apart` does."""

    def read(
        self, path: Path, *, name: str, prefer: str, table: str | None, how: Reading
    ) -> RawTable:
        """Read a file with the format called `name`."""


@dataclass(frozen=True)
class Reading:
    """What a user says of how a file is to be read, and what that may cost.

    Parameters
    ----------
    encoding
        The encoding of its text; None to find out.
    heading_row
        The row of a workbook's sheet, from 1, that heads its columns; None to find out.
    limits
        What may be taken.
    work_dir
        A folder for what is unpacked, emptied by whoever gave it; None where nothing may be.
    told
        Called with rows read so far and rows in all, 0 where unknown, while a large file is read.
    apart
        What reads formats that are parsed in a process of their own; None to start one for each
        file, as a copy of this process, which may be done only where no other thread is at work.
    """

    encoding: str | None = None
    heading_row: int | None = None
    limits: Limits = DEFAULT_LIMITS
    work_dir: Path | None = None
    told: Callable[[int, int], None] | None = None
    apart: ReaderApart | None = None


PLAIN: Final = Reading()
