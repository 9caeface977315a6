"""What the columns of a file were taken for, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.imports.units import Unit

# How a table without a geometry column may say where its rows are.
COORDINATES: Final = (("lon", "lat"), ("longitude", "latitude"), ("x", "y"))
WKT_COLUMNS: Final = ("wkt", "geometry")
PLACES: Final = frozenset({*WKT_COLUMNS, *(name for pair in COORDINATES for name in pair)})
# What stands for the field of a column that is not to be read.
NOT_READ: Final = "-"


class How(StrEnum):
    """Why a column was taken for a field, the strongest reason first."""

    OPTION = "option"  # --map
    SAVED = "saved"  # a saved mapping
    NAME = "name"  # it bears the name of the field
    HEADING = "heading"  # the table of headings
    TRUNCATED = "truncated"  # the table of headings, cut as a shapefile cuts


class Why(StrEnum):
    """Why a column is not read."""

    UNKNOWN = "unknown"  # it is nothing that is still open; `fields` holds near guesses
    AMBIGUOUS = "ambiguous"  # it may be each of `fields`, which no other column is
    CONFLICT = "conflict"  # other columns may be the same field as well
    TAKEN = "taken"  # another column, named more plainly, is that field
    IGNORED = "ignored"  # the user said so


@dataclass(frozen=True)
class MappedColumn:
    """A column of the file that became a field.

    Parameters
    ----------
    column
        Heading in the file.
    field
        Field of the layer, or a coordinate of a plain table.
    how
        Why it was taken for that.
    unit
        The unit its numbers are in where a cell gives none; None for the field's own.
    """

    column: str
    field: str
    how: How
    unit: Unit | None = None

    def words(self) -> str:
        """Return it as ``户数 → households``, with the unit where there is one."""
        unit = f" (in {self.unit.text})" if self.unit is not None else ""
        cut = " (a name cut to 10 bytes)" if self.how is How.TRUNCATED else ""
        return f"{self.column} → {self.field}{unit}{cut}"


@dataclass(frozen=True)
class UnreadColumn:
    """A column of the file that became nothing.

    Parameters
    ----------
    column
        Heading in the file.
    why
        The reason.
    fields
        What it may be, best first; empty where nobody knows.
    others
        The columns it conflicts with.
    detail
        More of the reason, in one clause; None where there is no more.
    """

    column: str
    why: Why
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    detail: str | None = None


@dataclass(frozen=True)
class ColumnMap:
    """What the columns of a file were taken for, each in one of the two lists.

    Parameters
    ----------
    mapped
        In the order of the file.
    unread
        In the order of the file, those the user displaced last.
    """

    mapped: tuple[MappedColumn, ...] = ()
    unread: tuple[UnreadColumn, ...] = ()

    def units(self) -> dict[str, Unit]:
        """Return the unit of each field whose heading gives one."""
        return {one.field: one.unit for one in self.mapped if one.unit is not None}

    def may_be(self, field: str) -> tuple[str, ...]:
        """Return the columns not read that may be `field`."""
        return tuple(
            one.column for one in self.unread if field in one.fields and one.why is not Why.IGNORED
        )

    def note(self) -> str | None:
        """Return in one line what was taken for what by the table of headings; None if nothing."""
        words = [one.words() for one in self.mapped if one.how in (How.HEADING, How.TRUNCATED)]
        return f"columns understood: {'; '.join(words)}" if words else None

    def warnings(self) -> list[str]:
        """Return the columns that are not read, one line a kind of reason."""
        lines = []
        for one in self.unread:
            choices = " or ".join(f"--map {one.column}={field}" for field in one.fields)
            if one.why is Why.AMBIGUOUS:
                detail = f" ({one.detail})" if one.detail else ""
                lines.append(
                    f"{one.column} may be {' or '.join(one.fields)} and is not read{detail}; "
                    f"say which with {choices}"
                )
            elif one.why is Why.CONFLICT:
                lines.append(
                    f"{one.column} and {', '.join(one.others)} may all be {one.fields[0]}, so none "
                    f"is read; say which with {choices}"
                )
            elif one.why is Why.TAKEN:
                lines.append(
                    f"{one.column} is not read: {one.fields[0]} is the column "
                    f"{', '.join(one.others)}"
                )
        plain = [one for one in self.unread if one.why is Why.UNKNOWN]
        parts = [
            f"{one.column} (did you mean {one.fields[0]}?)" if one.fields else one.column
            for one in plain
        ]
        if parts:
            lines.append(f"columns not read: {', '.join(parts)}")
        return lines
