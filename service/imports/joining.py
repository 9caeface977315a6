"""Tables that say nothing of where their rows are: joined to the features stored already."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame

from service.imports.cells import CellError, is_missing, near, shown, to_text
from service.imports.column_map import PLACES
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import Field, FieldType, Layer

_NAME: Final = "name"
_SHOWN: Final = 10


def says_where(frame: pd.DataFrame) -> bool:
    """Tell whether a table has any column of coordinates or geometries."""
    return bool(PLACES & set(map(str, frame.columns)))


def join_stored(
    frame: pd.DataFrame, layer: Layer, stored: GeoDataFrame, *, source: str
) -> pd.DataFrame:
    """Fill what a table does not say of features from what is stored of them.

    A row is joined by the identifier of the layer where it gives one, else by its name, blanks
    and the width of characters aside. What it says replaces what is stored; an empty cell leaves
    it, and so does the name a row is joined by.

    Parameters
    ----------
    frame
        Columns named as the fields.
    stored
        The features as they are now, validated, EPSG:4326.

    Returns
    -------
    Every field of the layer, the geometry in EPSG:4326; the rows of `frame` in their order.

    Raises
    ------
    InputError
        When the table has neither identifiers nor names.
    InputFaults
        For each row that joins no feature, several of one name, which are told, or one that
        another row joins.
    """
    if layer.key not in frame and _NAME not in frame:
        raise InputError(
            f"{source}: no column says where its rows are, and none which stored "
            f"{layer.name} they are: it needs lon and lat, or wkt, or {layer.key}, or name "
            "(--map gives columns other names)"
        )
    positions, faults = _positions(frame, layer, stored, source)
    if faults:
        raise InputFaults(faults)
    by_name = [True] * len(frame)
    if layer.key in frame:
        by_name = [is_missing(key) for key in frame[layer.key].tolist()]
    columns: dict[str, pd.Series[Any]] = {}
    for field in layer.fields:
        kept = stored[field.name].astype(object).to_numpy(dtype=object)[positions]
        if field.name in frame and field.name != layer.key:
            given = frame[field.name].tolist()
            if field.name == _NAME:
                # A name that says which feature is meant is no other spelling to be stored.
                given = [None if by else name for by, name in zip(by_name, given, strict=True)]
            cells = [old if is_missing(new) else new for new, old in zip(given, kept, strict=True)]
            kept = np.fromiter(cells, dtype=object, count=len(cells))
        columns[field.name] = pd.Series(kept, index=frame.index, dtype=object)
    return pd.DataFrame(columns, index=frame.index)


def joined_positions(frame: pd.DataFrame, layer: Layer, stored: GeoDataFrame) -> list[int | None]:
    """Return the position in `stored` of the feature each row speaks of; None where of none.

    Two rows may speak of one: which of them is joined does not matter here.
    """
    known = _known(layer, stored)
    found: list[int | None] = []
    for key, name in _given(frame, layer):
        try:
            found.append(_position_of(key, name, known, layer))
        except CellError:
            found.append(None)
    return found


@dataclass(frozen=True)
class _Known:
    """The stored features by what rows may call them: identifiers, and names made plain."""

    keys: list[str]
    by_key: dict[str, int]
    by_name: dict[str, list[int]]


def _known(layer: Layer, stored: GeoDataFrame) -> _Known:
    keys = [str(key) for key in stored[layer.key]]
    by_name: dict[str, list[int]] = defaultdict(list)
    if _NAME in layer.names:
        for position, name in enumerate(stored[_NAME].tolist()):
            if not is_missing(name):
                by_name[_plain(str(name))].append(position)
    return _Known(keys, {key: position for position, key in enumerate(keys)}, by_name)


def _given(frame: pd.DataFrame, layer: Layer) -> Iterator[tuple[object, object]]:
    """Yield the identifier and the name of each row, None where the table has none."""
    empty = [None] * len(frame)
    keys = frame[layer.key].tolist() if layer.key in frame else empty
    names = frame[_NAME].tolist() if _NAME in frame else empty
    return zip(keys, names, strict=True)


def _position_of(key: object, name: object, known: _Known, layer: Layer) -> int:
    if is_missing(key):
        return _by_name(name, known.by_name, known.keys, layer)
    return _by_key(key, known.by_key, layer)


def _positions(
    frame: pd.DataFrame, layer: Layer, stored: GeoDataFrame, source: str
) -> tuple[list[int], list[Fault]]:
    """Return the position in `stored` of the feature of each row, and what is wrong."""
    known = _known(layer, stored)
    positions: list[int] = []
    faults: list[Fault] = []
    taken: dict[int, int] = {}
    for row, (key, name) in enumerate(_given(frame, layer), start=1):
        field = _NAME if is_missing(key) else layer.key
        try:
            at = _position_of(key, name, known, layer)
            if at in taken:
                raise CellError(  # noqa: TRY301  # one place where faults are made
                    f"{shown(known.keys[at])} is already joined by row {taken[at]}"
                )
        except CellError as error:
            faults.append(Fault(source, row, field, str(error)))
            at = -1
        taken.setdefault(at, row)
        positions.append(at)
    return positions, faults


def _by_key(cell: object, known: dict[str, int], layer: Layer) -> int:
    key = to_text(cell, Field(layer.key, FieldType.TEXT))
    if key not in known:
        guesses = near(key, known)
        hint = f"; did you mean {' or '.join(guesses)}?" if guesses else ""
        raise CellError(
            f"{shown(key)} is none of the {len(known)} stored {layer.name}, and the row has no "
            f"place of its own{hint}"
        )
    return known[key]


def _by_name(cell: object, known: dict[str, list[int]], keys: list[str], layer: Layer) -> int:
    if is_missing(cell):
        raise CellError(f"is missing, and so is {layer.key}: nothing says which feature it is")
    name = to_text(cell, Field(_NAME, FieldType.TEXT))
    found = known.get(_plain(name), [])
    if not found:
        guesses = near(_plain(name), known)
        hint = f"; did you mean {' or '.join(guesses)}?" if guesses else ""
        raise CellError(
            f"{shown(name)} names none of the stored {layer.name}, and the row has no place of "
            f"its own{hint}"
        )
    if len(found) > 1:
        told = ", ".join(keys[position] for position in found[:_SHOWN])
        more = " …" if len(found) > _SHOWN else ""
        raise CellError(
            f"{shown(name)} names {len(found)} of the stored {layer.name} ({told}{more}); "
            f"give the {layer.key}"
        )
    return found[0]


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
