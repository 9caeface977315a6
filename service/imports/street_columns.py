"""What the attributes of street lines say of walking: one form for all sources.

Every source names things its own way; here they become the columns that
`spatial.network_building.build_network` reads. A column that bears one of its names holds what it
holds; else the tags of OpenStreetMap are read, under the names its extracts give them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from service.imports.cells import FALSE_WORDS, TRUE_WORDS, is_missing, shown

# A shapefile keeps ten characters of a name.
ALIASES: Final = MappingProxyType(
    {
        "highway": ("highway", "fclass"),
        "slope_forward": ("slope_forward", "slope_forw"),
        "slope_backward": ("slope_backward", "slope_back"),
        "oneway:foot": ("oneway:foot", "oneway_foot", "oneway:foo", "oneway_foo"),
    }
)
FLAGS: Final = MappingProxyType(
    {"forward": True, "backward": True, "steps": False, "cut_start": False, "cut_end": False}
)
# The least a figure may be, which is also what a missing one is.
FIGURES: Final = MappingProxyType(
    {"crossings": 0.0, "lifts": 0.0, "slope_forward": 1.0, "slope_backward": 1.0}
)
STRUCTURES: Final = ("bridge", "tunnel")
# Every name that is looked at, so that readers of large graphs need not carry the others.
READ_COLUMNS: Final = frozenset(
    {*FLAGS, *FIGURES, *STRUCTURES, "structure", "foot", "level", "layer", "source"}
    | {name for names in ALIASES.values() for name in names}
)

_TRUE: Final = TRUE_WORDS | {"t", "y"}
_FALSE: Final = FALSE_WORDS | {"f", "n"}
_AGAINST: Final = frozenset({"-1", "reverse"})
_CLOSED: Final = frozenset({"no", "private"})
# A passage through a building lies on the ground.
_NO_STRUCTURE: Final = _FALSE | {"building_passage"}


@dataclass(frozen=True)
class StreetColumns:
    """The columns of street lines.

    Parameters
    ----------
    frame
        All columns as they came, those that say something of walking in their types.
    faults
        Position (from 0), column and message of each cell that cannot be used.
    """

    frame: pd.DataFrame
    faults: tuple[tuple[int, str, str], ...]


def street_columns(frame: pd.DataFrame) -> StreetColumns:
    """Give street lines the columns that say how they are walked, as far as they say.

    Parameters
    ----------
    frame
        Attributes of lines, of any dtypes. Flags may be booleans, 0 and 1, or words (yes, no,
        T, F, 是, 否); missing cells are the default.

    Returns
    -------
    ``highway`` from ``highway`` or ``fclass``. ``forward`` and ``backward`` from the columns of
    the name, else from ``oneway:foot`` (``oneway`` speaks of vehicles and is not read); both
    False where ``foot`` is no or private. ``steps`` where a class is steps. ``structure`` where
    ``bridge`` or ``tunnel`` says so. A column that nothing speaks of is not there.
    """
    frame = frame.rename(columns=_standard_names(frame))
    faults: list[tuple[int, str, str]] = []
    made: dict[str, pd.Series[Any]] = {}
    for name, default in FLAGS.items():
        if name in frame:
            made[name] = _converted(frame[name], _flag(default=default), default, faults)
    for name, least in FIGURES.items():
        if name in frame:
            made[name] = _converted(frame[name], _figure(least), least, faults)
    if "structure" in frame:
        made["structure"] = _converted(frame["structure"], _structure, None, faults)
    made |= _from_tags(frame, made)
    return StreetColumns(frame.assign(**made), tuple(sorted(faults)))


def words(value: object) -> list[str]:
    """Return the words of a cell: a list's, a list's written as text, or the one there is."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [str(word).strip() for word in value if not is_missing(word)]
    if is_missing(value):
        return []
    text = str(value).strip()
    if text.startswith("[") and text.endswith("]"):
        return [word.strip("'\" ") for word in text[1:-1].split(",") if word.strip("'\" ")]
    return [text]


def _standard_names(frame: pd.DataFrame) -> dict[str, str]:
    return {
        found: name
        for name, aliases in ALIASES.items()
        if (found := next((alias for alias in aliases if alias in frame), name)) != name
    }


def _from_tags(frame: pd.DataFrame, given: dict[str, pd.Series[Any]]) -> dict[str, pd.Series[Any]]:
    """Read the tags of OpenStreetMap for what no column of its own says."""
    made: dict[str, pd.Series[Any]] = {}
    if "steps" not in given and "highway" in frame:
        made["steps"] = _each(frame["highway"], lambda value: "steps" in words(value), bool)
    built = [name for name in STRUCTURES if name in frame]
    if "structure" not in given and built:
        structure = np.full(len(frame), None, dtype=object)
        # What is both is a bridge.
        for name in reversed(built):
            structure[_each(frame[name], _is_built, bool).to_numpy()] = name
        made["structure"] = pd.Series(structure, index=frame.index, dtype=object)
    open_ways: dict[str, pd.Series[Any]] = {}
    for name, closing in (("forward", _against), ("backward", _along)):
        if name in given:
            open_ways[name] = given[name]
        elif "oneway:foot" in frame:
            open_ways[name] = ~_each(frame["oneway:foot"], closing, bool)
        elif "foot" in frame:
            open_ways[name] = pd.Series(data=True, index=frame.index)
    if "foot" in frame:
        closed = _each(frame["foot"], lambda value: _word(value) in _CLOSED, bool)
        open_ways = {name: column & ~closed for name, column in open_ways.items()}
    return made | open_ways


def _converted(
    column: pd.Series[Any],
    convert: Callable[[object], object],
    default: object,
    faults: list[tuple[int, str, str]],
) -> pd.Series[Any]:
    """Convert each distinct cell once; one that cannot be is the default, and a fault."""
    cells = column.astype(object).to_numpy(dtype=object)
    known: dict[str, object] = {}
    result = np.full(len(cells), default, dtype=object)
    for position, cell in enumerate(cells):
        if is_missing(cell):
            continue
        key = str(cell)
        if key not in known:
            try:
                known[key] = convert(cell)
            except ValueError as error:
                known[key] = error
        value = known[key]
        if isinstance(value, ValueError):
            faults.append((position, str(column.name), str(value)))
        else:
            result[position] = value
    return pd.Series(result, index=column.index).astype(_dtype(default))


def _each(
    column: pd.Series[Any], convert: Callable[[object], object], dtype: type
) -> pd.Series[Any]:
    """Convert each distinct cell once."""
    known: dict[str, object] = {}
    result = []
    for cell in column.astype(object).to_numpy(dtype=object):
        key = str(cell)
        if key not in known:
            known[key] = convert(cell)
        result.append(known[key])
    return pd.Series(result, index=column.index, dtype=dtype)


def _dtype(default: object) -> type:
    return object if default is None else type(default)


def _flag(*, default: bool) -> Callable[[object], bool]:
    def convert(cell: object) -> bool:
        word = _word(cell)
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        if not word:
            return default
        raise ValueError(f"must be true or false, not {shown(cell)}")

    return convert


def _figure(least: float) -> Callable[[object], float]:
    def convert(cell: object) -> float:
        try:
            value = float(str(cell))
        except ValueError:
            raise ValueError(f"must be a number, not {shown(cell)}") from None
        if not math.isfinite(value) or value < least:
            raise ValueError(f"must not be less than {least:g}, nor infinite: {shown(cell)}")
        return value

    return convert


def _structure(cell: object) -> str | None:
    word = _word(cell)
    if word in STRUCTURES:
        return word
    if word in _NO_STRUCTURE or word == "none":
        return None
    raise ValueError(f"must be bridge or tunnel, not {shown(cell)}")


def _word(value: object) -> str:
    """Return the first word of a cell in lower case, whole numbers without their ``.0``."""
    found: Sequence[str] = words(value)
    return found[0].casefold().removesuffix(".0") if found else ""


def _is_built(value: object) -> bool:
    word = _word(value)
    return bool(word) and word not in _NO_STRUCTURE


def _along(value: object) -> bool:
    return _word(value) in _TRUE


def _against(value: object) -> bool:
    return _word(value) in _AGAINST
