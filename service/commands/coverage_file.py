"""What rules find for places, written to a file as it is worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from service.exports.features import FeatureFile
from service.imports.places import ReadPlaces
from spatial.crs import WGS84
from spatial.place_findings import PlaceFinding

_NUMBERS: Final = (
    "threshold_m",
    "straight_m",
    "walking_m",
    "walking_minutes",
    "snap_m",
)


def write_answers(
    file: FeatureFile,
    places: ReadPlaces,
    good: Sequence[int],
    found: Sequence[Sequence[PlaceFinding]],
    wrong: dict[int, str],
) -> None:
    """Write a row a place and rule."""
    rows: list[dict[str, Any]] = []
    ways: list[dict[str, Any]] = []
    at: list[int] = []
    for place, findings in zip(good, found, strict=True):
        for finding in findings:
            row = {name: getattr(finding, name) for name in PlaceFinding.__dataclass_fields__}
            nearest = row.pop("nearest") or ()
            rows.append({"row": place + 1, "place": places.ids[place], "status": "ok", **row})
            at.append(place)
            ways += [
                {
                    "row": place + 1,
                    "place": places.ids[place],
                    "rule": finding.rule,
                    "rank": rank,
                    "facility": site.facility,
                    "metres": site.metres,
                    "seconds": site.seconds,
                    "straight_m": site.straight_m,
                    "geometry": site.path,
                }
                for rank, site in enumerate(nearest, 1)
            ]
    for place, why in wrong.items():
        about = {"row": place + 1, "place": places.ids[place], "status": "invalid_geometry"}
        rows.append({**about, "reason_code": why})
        at.append(place)
    if rows:
        names = ("row", "place", "status", *PlaceFinding.__dataclass_fields__)
        frame = pd.DataFrame(rows, columns=[name for name in names if name != "nearest"])
        frame = frame.assign(**{name: frame[name].astype(float) for name in _NUMBERS})
        file.add("coverage", GeoDataFrame(frame, geometry=places.geometry[at], crs=WGS84))
    if ways:
        drawn = ways[0]["geometry"] is not None
        table = pd.DataFrame(ways)
        file.add(
            "nearest",
            GeoDataFrame(table, geometry="geometry", crs=WGS84)
            if drawn
            else table.drop(columns="geometry"),
        )
