"""Columns rules read, whatever holds them: a frame of a city, or a handful of plain rows.

A frame answers for a hundred thousand rows as fast as for three, and takes as long for three: the
rows of one project are held as plain columns, which these functions read as they read a frame's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.fields import Layer

# A column of a frame, or of `PlainRows`: an array of objects, None where missing.
Column: TypeAlias = "pd.Series[Any] | NDArray[Any]"


class Table(Protocol):
    """What has columns by name: a frame or `PlainRows`."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def __getitem__(self, name: str, /) -> Any:  # noqa: ANN401 - see `Column`
        """Return a column."""


class PlainRows:
    """A few rows of a layer, a plain array of objects a column; None where missing.

    Parameters
    ----------
    columns
        By name, of one length.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]], *, size: int) -> None:
        self.columns = columns
        self.size = size

    @classmethod
    def of(cls, layer: Layer, rows: Sequence[Mapping[str, Any]]) -> PlainRows:
        """Hold rows with the fields of a layer; what a row does not give is missing."""
        return cls.with_columns(layer.names, rows)

    @classmethod
    def with_columns(cls, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> PlainRows:
        """Hold rows with columns of these names; what a row does not give is missing."""
        block = np.empty((len(names), len(rows)), dtype=object)
        for number, row in enumerate(rows):
            block[:, number] = [row.get(name) for name in names]
        return cls(dict(zip(names, block, strict=True)), size=len(rows))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self.size

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return a column."""
        return self.columns[name]


def objects(column: Column) -> NDArray[Any]:
    """Return a column as an array of objects."""
    if isinstance(column, np.ndarray):
        return column
    return column.to_numpy(dtype=object)


def shapes(column: Column) -> NDArray[Any]:
    """Return a column of geometries as an array of objects."""
    if isinstance(column, np.ndarray):
        return column
    return np.asarray(column.array, dtype=object)


def missing(column: Column) -> NDArray[np.bool_]:
    """Tell where nothing is given."""
    return np.asarray(pd.isna(column), dtype=bool)


def truth(column: Column) -> NDArray[np.bool_]:
    """Tell where a yes or no is yes; a missing one is not."""
    if isinstance(column, np.ndarray):
        return np.array([one is True for one in column], dtype=bool)
    return column.fillna(value=False).to_numpy(dtype=bool)


def untruth(column: Column) -> NDArray[np.bool_]:
    """Tell where a yes or no is no; a missing one is not."""
    if isinstance(column, np.ndarray):
        return np.array([one is False for one in column], dtype=bool)
    return (column == False).fillna(value=False).to_numpy(dtype=bool)  # noqa: E712 - three-valued


def numbers(column: Column) -> NDArray[np.float64]:
    """Return numbers, NaN where missing."""
    if isinstance(column, np.ndarray):
        return np.array([np.nan if one is None else float(one) for one in column], dtype=float)
    return column.to_numpy(dtype=float, na_value=np.nan)
