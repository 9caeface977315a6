"""What can be wrong with the input of an analysis.

SpatialError
├── InputError (ValueError)      a value a user gave: names file, row and field
│   ├── InputFaults              many of them, reported together
│   ├── UnknownCRSError          a coordinate reference system nobody declared
│   └── PackError                a rule pack that cannot be used
└── NetworkError (ValueError)    lines that do not make a street network
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class SpatialError(Exception):
    """Any fault the analysis reports; its text is one line fit for a user."""


class InputError(SpatialError, ValueError):
    """A value the user gave cannot be used."""


class UnknownCRSError(InputError):
    """No coordinate reference system is declared, or the declared one does not exist."""


class PackError(InputError):
    """A rule pack does not exist or breaks the schema."""


class NetworkError(SpatialError, ValueError):
    """The lines given do not make a walkable network."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one value.

    Parameters
    ----------
    source
        File name or request part the value came from.
    row
        1-based number of the data row (a CSV heading is not counted); None for the whole source.
    field
        Field or column name; None for the whole row.
    message
        What is wrong, with the offending value.
    """

    source: str
    row: int | None
    field: str | None
    message: str

    def __str__(self) -> str:
        place = [self.source]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.field is not None:
            place.append(f"field {self.field}")
        return f"{', '.join(place)}: {self.message}"


class InputFaults(InputError):  # noqa: N818 - it carries many faults
    """All faults found in one input, so that they can be corrected in one go.

    Parameters
    ----------
    faults
        At least one.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
