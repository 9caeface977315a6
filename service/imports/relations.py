"""What layers say of each other: names in one that nothing in another answers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
from geopandas import GeoDataFrame

# Layer, its field, the layer the field names a row of.
_NAMES: Final = (
    ("districts", "community", "areas"),
    ("buildings", "district_id", "districts"),
    ("areas", "parent", "areas"),
)
_SHOWN: Final = 3


def unanswered_names(
    layers: Mapping[str, GeoDataFrame | None], *, keys: Mapping[str, str]
) -> list[str]:
    """Return a warning for each field with names that no row of another layer bears.

    Parameters
    ----------
    layers
        Validated frames by layer name; None for a layer that is not given. Names in a layer that
        is not given are not looked up.
    keys
        The identifier field of each layer.
    """
    warnings: list[str] = []
    for layer, field, named in _NAMES:
        frame, other = layers.get(layer), layers.get(named)
        if frame is None or other is None:
            continue
        names = frame[field]
        lost = names[names.notna() & ~names.isin(other[keys[named]])]
        if len(lost):
            warnings.append(
                f"{len(lost)} of {len(frame)} {layer}: their {field} is not among the {named} "
                f"({_some(pd.unique(lost).tolist())})"
            )
    return warnings


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
