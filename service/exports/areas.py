"""Area rows as other people's scripts and people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from spatial.policy.area_wording import area_reasons
from spatial.policy.findings import AREA_COLUMNS, AREA_COUNTS, AREA_NUMBERS, AREA_YEARS
from spatial.policy.pack import Pack

# The row as it is stored, then what is worded or joined from the pack.
AREA_OUTPUT_COLUMNS: Final = (*AREA_COLUMNS, "reason", "clause")


def output_areas(areas: GeoDataFrame, *, packs: Sequence[Pack], lang: str) -> GeoDataFrame:
    """Word the rows of the area table.

    Parameters
    ----------
    areas
        `spatial.policy.findings.AREA_COLUMNS` and geometry, in EPSG:4326.
    packs
        The packs they were judged by.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    `AREA_OUTPUT_COLUMNS` and geometry: numbers float64, years and counts Int64, lists Python
    lists, whatever is in them; None, NaN or NA where there is nothing.
    """
    clause = {(pack.id, rule.id): rule.clause for pack in packs for rule in pack.rules}
    columns: dict[str, pd.Series[Any]] = {}
    for name in AREA_COLUMNS:
        column = areas[name].reset_index(drop=True)
        if name in AREA_NUMBERS:
            columns[name] = column.astype("float64")
        elif name in (*AREA_COUNTS, *AREA_YEARS):
            columns[name] = column.astype("float64").astype("Int64")
        else:
            given = column.astype(object)
            columns[name] = given.where(given.notna(), None)
    columns["reason"] = pd.Series(area_reasons(areas, packs=packs, lang=lang), dtype=object)
    columns["clause"] = pd.Series(
        [clause[key] for key in zip(areas["pack"], areas["rule"], strict=True)], dtype=object
    )
    return GeoDataFrame(
        {name: columns[name] for name in AREA_OUTPUT_COLUMNS},
        geometry=areas.geometry.reset_index(drop=True),
        crs=areas.crs,
    )
