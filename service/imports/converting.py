"""Converting all cells of a column to the type of its field, at once where it can be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from service.imports.cells import (
    CONTROL,
    MAX_INTEGER,
    CellError,
    is_missing,
    to_boolean,
    to_date,
    to_decimal,
    to_document,
    to_integer,
    to_text,
    to_texts,
)
from spatial.fields import Field, FieldType


@dataclass(frozen=True)
class Converted:
    """A column after conversion.

    Parameters
    ----------
    column
        In the dtype of the field; a cell at fault is missing.
    faults
        Position (from 0) and message of each cell that could not be converted.
    """

    column: pd.Series[Any]
    faults: tuple[tuple[int, str], ...]


_CONVERTERS: Final[MappingProxyType[FieldType, Callable[[object, Field], object]]] = (
    MappingProxyType(
        {
            FieldType.TEXT: to_text,
            FieldType.TEXTS: to_texts,
            FieldType.INTEGER: to_integer,
            FieldType.DECIMAL: to_decimal,
            FieldType.BOOLEAN: to_boolean,
            FieldType.DATE: to_date,
            FieldType.DOCUMENT: to_document,
        }
    )
)
_DTYPES: Final = MappingProxyType({FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"})


def convert(column: pd.Series[Any], field: Field) -> Converted:
    """Convert every cell of a column; a cell at fault becomes missing and is reported.

    Parameters
    ----------
    column
        Cells of any dtype; null, NaN of a float column and blank text are missing.
    field
        Any but a geometry or points.

    Returns
    -------
    The values on the index of `column`, and the faults in row order.
    """
    whole = _whole_numbers(column, field)
    if whole is not None:
        return Converted(whole, ())
    cells = column.astype(object).tolist()
    if not field.required and (_is_void(cells) or all(map(is_missing, cells))):
        return Converted(missing_column(field, column.index), ())
    plain = _plain_texts(cells, field)
    if plain is not None:
        return Converted(_series(plain, field, column.index), ())
    converter = _CONVERTERS[field.type]
    values: list[object] = []
    faults: list[tuple[int, str]] = []
    # Most texts of a column are the same few words: each is converted once.
    known: dict[str, object] = {}
    for position, cell in enumerate(cells):
        value: object = None
        if type(cell) is str and cell in known:
            value = known[cell]
        elif not is_missing(cell):
            try:
                value = converter(cell, field)
                if type(cell) is str:
                    known[cell] = value
            except CellError as error:
                faults.append((position, str(error)))
        elif field.required:
            faults.append((position, "is missing"))
        values.append(value)
    return Converted(_series(values, field, column.index), tuple(faults))


def missing_column(field: Field, index: pd.Index[Any]) -> pd.Series[Any]:
    """Return a column of a field, of any type but a geometry or points, without a value."""
    return _series([None] * len(index), field, index)


def _series(values: list[object], field: Field, index: pd.Index[Any]) -> pd.Series[Any]:
    if field.type in _DTYPES:
        extension: pd.Series[Any] = pd.Series(values, index=index, dtype=_DTYPES[field.type])
        return extension
    # One object a cell: numpy would unpack tuples, pandas turn None into NaN.
    cells = np.fromiter(values, dtype=object, count=len(values))
    objects: pd.Series[Any] = pd.Series(cells, index=index, dtype=object)
    return objects


def _is_void(cells: list[object]) -> bool:
    """Tell whether no cell holds anything at all, as in a column the file does not have."""
    return {*map(type, cells)} <= {type(None)}


def _plain_texts(cells: list[object], field: Field) -> list[object] | None:
    """Convert a column of nothing but faultless texts at once; None for any other column.

    Names and identifiers are each of their own, and there are as many as rows.
    """
    if field.type is not FieldType.TEXT or field.choices:
        return None
    if {*map(type, cells)} != {str}:
        return None
    texts: list[Any] = [cell.strip() for cell in cells]  # type: ignore[attr-defined]  # all str
    if not all(texts) or CONTROL.search("".join(texts)):
        return None
    return texts


def _whole_numbers(column: pd.Series[Any], field: Field) -> pd.Series[Any] | None:
    """Convert a numeric column of faultless whole numbers at once; None for any other column.

    This is the usual case, and half a million buildings come through here.
    """
    if field.type is not FieldType.INTEGER or field.required or column.dtype.kind not in "iuf":
        return None
    if not isinstance(column.dtype, np.dtype):
        return None
    numbers = column.to_numpy()
    present = numbers[~np.isnan(numbers)]
    low = -MAX_INTEGER if field.minimum is None else float(field.minimum)
    high = MAX_INTEGER if field.maximum is None else float(field.maximum)
    if not bool(np.all((present >= low) & (present <= high) & (np.trunc(present) == present))):
        return None
    return column.astype("Int64")
