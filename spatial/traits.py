"""What is known of each street besides where it runs: direction, stairs, waits, slope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import NetworkError

GROUND: Final = 0
BRIDGE: Final = 1
TUNNEL: Final = 2
STRUCTURES: Final = MappingProxyType({"bridge": BRIDGE, "tunnel": TUNNEL})


@dataclass(frozen=True, eq=False)
class EdgeTraits:
    """Traits of edges, one array a trait, shape (m,) each.

    Parameters
    ----------
    highway
        Class as OpenStreetMap names it, or None.
    forward, backward
        True where the edge may be walked along, and against, its direction.
    steps
        True for stairs.
    crossings
        Road crossings with a wait that the edge holds; parts of one crossing add up to 1.
    lifts
        Lifts taken; half a lift at each end that stands at one.
    structure
        `GROUND`, `BRIDGE` or `TUNNEL`.
    slope_forward, slope_backward
        What slope makes of a metre along, and against, the edge: 1 on the level, never less.
    """

    highway: NDArray[Any]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    steps: NDArray[np.bool_]
    crossings: NDArray[np.float64]
    lifts: NDArray[np.float64]
    structure: NDArray[np.int8]
    slope_forward: NDArray[np.float64]
    slope_backward: NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many edges there are."""
        return len(self.forward)

    def __getitem__(self, chosen: NDArray[Any]) -> EdgeTraits:
        """Return the traits of the chosen edges."""
        return EdgeTraits(**{name: array[chosen] for name, array in self.arrays().items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the traits by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def turned(self, mask: NDArray[np.bool_]) -> EdgeTraits:
        """Return the traits with the edges of the mask running the other way."""
        swapped = {
            "forward": np.where(mask, self.backward, self.forward),
            "backward": np.where(mask, self.forward, self.backward),
            "slope_forward": np.where(mask, self.slope_backward, self.slope_forward),
            "slope_backward": np.where(mask, self.slope_forward, self.slope_backward),
        }
        return EdgeTraits(**{**self.arrays(), **swapped})

    def shared(self, part: NDArray[np.float64]) -> EdgeTraits:
        """Return the traits of parts of edges, each `part` in (0, 1] of its edge's length."""
        shares = {"crossings": self.crossings * part, "lifts": self.lifts * part}
        return EdgeTraits(**{**self.arrays(), **shares})


def plain_traits(highway: NDArray[Any]) -> EdgeTraits:
    """Return the traits of level streets walked both ways, of the given classes."""
    edges = len(highway)
    return EdgeTraits(
        highway=highway,
        forward=np.ones(edges, dtype=np.bool_),
        backward=np.ones(edges, dtype=np.bool_),
        steps=np.zeros(edges, dtype=np.bool_),
        crossings=np.zeros(edges),
        lifts=np.zeros(edges),
        structure=np.zeros(edges, dtype=np.int8),
        slope_forward=np.ones(edges),
        slope_backward=np.ones(edges),
    )


def traits_of(lines: pd.DataFrame, *, highway: NDArray[Any]) -> EdgeTraits:
    """Read the traits of street lines from the columns that are there.

    Parameters
    ----------
    lines
        Columns named as the traits, all optional; None and NaN stand for a level street walked
        both ways. ``structure`` is text: ``bridge``, ``tunnel`` or None.
    highway
        Class of each line, shape (n,).

    Raises
    ------
    NetworkError
        Naming row and field, when a value is not of its field: not a yes or no, a negative
        number, a slope factor below 1, another structure.
    """
    traits = plain_traits(highway).arrays()
    for name in ("forward", "backward", "steps"):
        if name in lines:
            traits[name] = _truths(lines[name], name, default=name != "steps")
    least = {"crossings": 0.0, "lifts": 0.0, "slope_forward": 1.0, "slope_backward": 1.0}
    for name, low in least.items():
        if name in lines:
            traits[name] = _numbers(lines[name], name, low=low)
    if "structure" in lines:
        traits["structure"] = _structures(lines["structure"])
    return EdgeTraits(**traits)


def _truths(column: pd.Series[Any], name: str, *, default: bool) -> NDArray[np.bool_]:
    if column.dtype == bool:
        return column.to_numpy(dtype=np.bool_)
    values = column.to_numpy(dtype=object)
    missing = np.asarray(pd.isna(values), dtype=bool)
    truth = np.fromiter((value in (True, 1) for value in values), dtype=bool, count=len(values))
    denial = np.fromiter((value in (False, 0) for value in values), dtype=bool, count=len(values))
    _refuse(~(missing | truth | denial), values, name, "is not a yes or no")
    return np.where(missing, default, truth)


def _numbers(column: pd.Series[Any], name: str, *, low: float) -> NDArray[np.float64]:
    values = column.to_numpy(dtype=object)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    missing = np.asarray(pd.isna(values), dtype=bool)
    with np.errstate(invalid="ignore"):
        _refuse(
            ~missing & ~(np.isfinite(numbers) & (numbers >= low)),
            values,
            name,
            f"is not a number from {low:g} up",
        )
    return np.where(missing, low, numbers)


def _structures(column: pd.Series[Any]) -> NDArray[np.int8]:
    values = column.to_numpy(dtype=object)
    codes = np.full(len(values), GROUND, dtype=np.int8)
    known = np.asarray(pd.isna(values), dtype=bool)
    for word, code in STRUCTURES.items():
        here = values == word
        codes[here] = code
        known |= here
    _refuse(~known, values, "structure", "is neither bridge nor tunnel")
    return codes


def _refuse(wrong: NDArray[np.bool_], values: NDArray[Any], name: str, fault: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise NetworkError(f"row {row + 1}, field {name}: {values[row]!r} {fault}")


def differing(traits: EdgeTraits) -> Mapping[str, NDArray[Any]]:
    """Return what sets edges apart besides their class, for telling copies from parallels."""
    return {name: array for name, array in traits.arrays().items() if name != "highway"}
