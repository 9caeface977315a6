"""What is written to a file: tables of features, read a chunk at a time, and what is said of them.

No more than one chunk is in memory, so that a file of any size can be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from service.exports.columns import Column, ColumnKind, cells
from service.exports.content import Content, Language
from service.exports.headings import Heading
from service.exports.systems import LONLAT, OutputSystem

CHUNK_ROWS: Final = 5_000


@dataclass(frozen=True)
class Category:
    """How features of one value look: the value, its words, fill colour and marker."""

    value: str
    zh: str
    en: str
    colour: str
    marker: str = "circle"


@dataclass(frozen=True)
class Style:
    """The colours of a layer by the value of one column."""

    column: str
    categories: tuple[Category, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """One table of rows, which may have places.

    Parameters
    ----------
    name
        Of the layer or file.
    title
        What people call it.
    columns
        In order.
    frames
        Gives the rows anew each time it is called: frames with the columns, and where `placed`
        the active geometry in EPSG:4326.
    placed
        True where rows have a geometry.
    missing_places
        True where some rows may have none all the same.
    key
        Column that identifies a row; None without.
    rows
        How many there will be; None where nobody has counted.
    style
        Colours of the layer.
    """

    name: str
    title: Heading
    columns: tuple[Column, ...]
    frames: Callable[[], Iterator[pd.DataFrame]]
    placed: bool = True
    missing_places: bool = False
    key: str | None = None
    rows: int | None = None
    style: Style | None = None

    def heading(self, column: Column, lang: Language) -> str:
        """Return what people call a column."""
        return column.heading.zh if lang == "zh" else column.heading.en


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a table as plain values.

    Parameters
    ----------
    columns
        The cells of each column of the table, in order; None where missing.
    shapes
        Geometries in the system of the output; None for a table without places.
    """

    columns: tuple[list[Any], ...]
    shapes: NDArray[Any] | None
    rows: int


@dataclass(frozen=True, eq=False)
class Package:
    """Everything a file is to hold.

    Parameters
    ----------
    tables
        For formats of many tables; the first is what others take.
    notices
        What must be said of the data wherever they go.
    lang
        Of texts and headings.
    system
        Of the coordinates.
    members
        Further facts about the whole, by name, as JSON can say them: the summary of an evaluation.
    nested
        The first table with what the other tables hold within its rows, for formats of one table
        that can say so; None where that is the first table itself.
    content
        The evaluation the tables come from, where it is in memory, for a picture.
    """

    tables: tuple[Table, ...]
    notices: tuple[str, ...]
    lang: Language
    system: OutputSystem = LONLAT
    members: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    nested: Table | None = None
    content: Content | None = None

    def __post_init__(self) -> None:
        """Add what must be said of coordinates that the file itself cannot declare."""
        said = self.system.notice(self.lang)
        if said is not None and said not in self.notices:
            object.__setattr__(self, "notices", (*self.notices, said))

    @property
    def main(self) -> Table:
        """The table a format of one table writes."""
        return self.tables[0]

    @property
    def whole(self) -> Table:
        """The table a format of one table writes that can hold lists of objects."""
        return self.nested or self.main

    @property
    def rows(self) -> int | None:
        """How many rows all tables have; None where nobody has counted."""
        counts = [table.rows for table in self.tables]
        return None if None in counts else sum(count or 0 for count in counts)

    def chunks(self, table: Table) -> Iterator[Chunk]:
        """Read a table, its places brought to the system of the output.

        Raises
        ------
        InputError
            When a text cannot be written, or a place has no coordinates in the system.
        """
        first = 1
        for frame in table.frames():
            if not len(frame):
                continue
            yield self._chunk(frame, table, first)
            first += len(frame)

    def watched(self, advance: Callable[[int], None]) -> Package:
        """Return the package with a function that is told of rows as they are read."""

        def watch(table: Table) -> Table:
            def frames() -> Iterator[pd.DataFrame]:
                for frame in table.frames():
                    yield frame
                    if len(frame):
                        advance(len(frame))

            return replace(table, frames=frames)

        return replace(
            self,
            tables=tuple(watch(table) for table in self.tables),
            nested=None if self.nested is None else watch(self.nested),
        )

    def _chunk(self, frame: pd.DataFrame, table: Table, first: int) -> Chunk:
        columns = [cells(frame[column.name], column, first_row=first) for column in table.columns]
        for column, values in zip(table.columns, columns, strict=True):
            if column.kind is ColumnKind.POINTS:
                shapes = np.fromiter(values, dtype=object, count=len(values))
                values[:] = self.system.bring(shapes, first_row=first).tolist()
        placed: NDArray[Any] | None = None
        if table.placed:
            given = np.asarray(frame.geometry.array, dtype=object)
            placed = self.system.bring(given, first_row=first)
        return Chunk(tuple(columns), placed, len(frame))


def slices(frame: pd.DataFrame) -> Callable[[], Iterator[pd.DataFrame]]:
    """Return what gives a frame in memory in chunks."""

    def frames() -> Iterator[pd.DataFrame]:
        for start in range(0, len(frame), CHUNK_ROWS):
            yield frame.iloc[start : start + CHUNK_ROWS]

    return frames


def notice_text(package: Package) -> str:
    """Return what is laid beside a file that cannot hold notices itself."""
    titles = "、".join(table.title.zh for table in package.tables)
    named = ", ".join(table.name for table in package.tables)
    system = package.system.name
    lines: Sequence[str] = [
        f"Yike 一刻: {titles} ({named})",
        f"坐标系 CRS: {system}（先东坐标或经度 / easting or longitude first）",
        *package.notices,
    ]
    return "\r\n".join([*lines, ""])
