"""Whether projects lie in the areas they name.

The area a project names decides which packs judge it. What is stored of the area tells whether the
site lies there; of an area that is not stored, or has no outline, nothing can be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ARRAY, Connection, Text, func, literal, select

from service.core.errors.problem import Detail, pointer
from service.core.feature_check import CheckedRows
from service.core.feature_input import Row
from service.core.history.moment import NOW, at_moment
from service.core.schema import VERSIONED
from spatial.fields import AREAS, PROJECTS, Layer

_AREA = pointer("properties", "document", "area")


def outlines(connection: Connection, codes: Sequence[str | None]) -> Mapping[str, BaseGeometry]:
    """Return the outlines of areas as stored now, by code; those without one are left out."""
    wanted = {code for code in codes if code is not None}
    if not wanted:
        return {}
    table = VERSIONED[AREAS.name]
    rows = connection.execute(
        select(table.c.code, func.ST_AsBinary(table.c.geometry).label("outline")).where(
            *at_moment(table, NOW),
            table.c.code == func.any(literal(list(wanted), ARRAY(Text))),
            ~func.ST_IsEmpty(table.c.geometry),
        )
    )
    return {row.code: shapely.from_wkb(bytes(row.outline)) for row in rows}


def why_elsewhere(site: BaseGeometry, code: str, outline: BaseGeometry | None) -> str | None:
    """Say that a site does not lie in an area; None where it does, or nothing can be told.

    Parameters
    ----------
    site
        In EPSG:4326. A point inside of it decides, as for the scope of keys; the border of the
        area is part of it.
    code, outline
        Of the area; None where no outline is stored.
    """
    if outline is None or outline.covers(shapely.point_on_surface(site)):
        return None
    return f"the site does not lie in {code}, as that area is stored"


def check_named_areas(
    connection: Connection, checked: CheckedRows, rows: Sequence[Row], layer: Layer
) -> CheckedRows:
    """Move the projects among rows whose site lies elsewhere than they say to the faults."""
    frame = checked.frame
    if layer.name != PROJECTS.name or frame.empty:
        return checked
    stored = outlines(connection, frame["area"].tolist())
    prefixes = {row.index: row.prefix for row in rows}
    faults = {}
    for index, code, site in zip(frame.index, frame["area"], frame.geometry, strict=True):
        why = None if code not in stored else why_elsewhere(site, code, stored[code])
        if why is not None:
            faults[index] = (Detail(why, pointer=f"{prefixes[index]}{_AREA}"),)
    return replace(
        checked,
        frame=frame.loc[~frame.index.isin(list(faults))],
        faults={**checked.faults, **faults},
    )
