"""Edits of facilities: moved, added, removed, changed; several at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.errors import InputError
from spatial.policy.city import City
from spatial.policy.counting import Counted, Standing
from spatial.policy.units import Allotment
from spatial.snapping import Snap, snap


@dataclass(frozen=True, eq=False)
class FacilityEdits:
    """What changes about the facilities.

    Parameters
    ----------
    rows
        Facilities as they are now, all columns of `spatial.fields.FACILITIES`, EPSG:4326: an id
        that is known is changed (or moved), another one added. None for none.
    removed
        Ids of facilities that are no longer there.
    """

    rows: GeoDataFrame | None = None
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Change:
    """Which facilities edits touch; numbers are positions in the order of ids.

    Parameters
    ----------
    gone
        True for those removed, and those changed as they were before, shape (k before,).
    came
        Numbers of those added, and those changed as they are now, ascending.
    number
        The number now of each that is as it was, -1 for the rest, shape (k before,).
    size
        How many there are now.
    """

    gone: NDArray[np.bool_]
    came: NDArray[np.int64]
    number: NDArray[np.int64]
    size: int

    def now(self, facility: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give numbers as they were before as they are now; -1 stays."""
        return np.append(self.number, -1)[facility]

    def spliced(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Put what is as it was together with what came; a row a facility each."""
        now = np.empty(self.size, dtype=before.dtype)
        kept = ~self.gone
        now[self.number[kept]] = before[kept]
        now[self.came] = came
        return now


def apply_edits(facilities: GeoDataFrame, edits: FacilityEdits) -> tuple[GeoDataFrame, Change]:
    """Edit facilities.

    Parameters
    ----------
    facilities
        Validated frame, ordered by id and numbered from 0.
    edits
        What changes.

    Returns
    -------
    The facilities after the edits, ordered by id, and which of them were touched.

    Raises
    ------
    InputError
        Where an id to remove is not known, an id is named twice, or a column is missing.
    """
    rows = pd.DataFrame(facilities.iloc[:0] if edits.rows is None else edits.rows)
    missing = [str(name) for name in facilities.columns if name not in rows.columns]
    if missing:
        msg = f"edits of facilities: column {missing[0]} is missing"
        raise InputError(msg)
    rows = rows.sort_values("id", kind="stable")
    named = [*rows["id"], *edits.removed]
    twice = next((one for one in named if named.count(one) > 1), None)
    if twice is not None:
        msg = f"edits of facilities: {twice} is named twice"
        raise InputError(msg)
    known = pd.Index(facilities["id"])
    removed, changed = (
        known.get_indexer(pd.Index(edits.removed, dtype=object)),
        known.get_indexer(pd.Index(rows["id"], dtype=object)),
    )
    if (removed < 0).any():
        msg = f"edits of facilities: there is no facility {edits.removed[int(removed.argmin())]}"
        raise InputError(msg)
    gone = np.zeros(len(facilities), dtype=bool)
    gone[removed] = gone[changed[changed >= 0]] = True
    if len(removed) == 0 and (changed >= 0).all():
        number = np.where(gone, -1, np.arange(len(facilities)))
        frame = _changed(facilities, changed, rows)
        return frame, Change(gone, changed.astype(np.int64), number, len(frame))
    both = pd.concat(
        [facilities[~gone], GeoDataFrame(rows[list(facilities.columns)], crs=facilities.crs)],
        ignore_index=True,
    )
    order = both["id"].argsort(kind="stable").to_numpy()
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    number = np.full(len(facilities), -1, dtype=np.int64)
    kept = len(facilities) - int(gone.sum())
    number[~gone] = place[:kept]
    return (
        both.iloc[order].reset_index(drop=True),
        Change(gone, np.sort(place[kept:]), number, len(order)),
    )


def _changed(facilities: GeoDataFrame, at: NDArray[np.int64], rows: pd.DataFrame) -> GeoDataFrame:
    """Put rows in the place of others, touching no column that stays as it is."""
    # Plain frames give columns away at a tenth of the cost.
    plain = pd.DataFrame(facilities)
    columns: dict[str, pd.Series[Any]] = {}
    for name in facilities.columns:
        before, now = plain[name], rows[name].array
        old = before.array
        if not all(_same(old[i], value) for i, value in zip(at.tolist(), now, strict=True)):
            column = old.copy()
            column[at] = now
            columns[str(name)] = pd.Series(column, index=plain.index, dtype=before.dtype)
    return facilities.assign(**columns)


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - cells of any column
    if one is other:
        return True
    scalars = pd.api.types.is_scalar(one) and pd.api.types.is_scalar(other)
    return scalars and not (pd.isna(one) or pd.isna(other)) and bool(one == other)


def edited_city(
    city: City, facilities: GeoDataFrame, came_rows: pd.DataFrame, change: Change
) -> City:
    """Carry over to a city with other facilities what is known of it, and work out the rest.

    Parameters
    ----------
    city
        Before the edits.
    facilities, change
        What `apply_edits` answers.
    came_rows
        The facilities that came.
    """
    now = replace(city, facilities=facilities, _snaps={}, _reach={}, _counted={}, _gain={})
    carry(
        now,
        crs=city.crs,
        demand=city.demand,
        demand_local=city.demand_local,
        demand_xy=city.demand_xy,
        gates=city.gates,
        district_ids=city.district_ids,
    )
    came = replace(now, facilities=cast("GeoDataFrame", came_rows))
    carry(came, crs=city.crs)
    standing = (
        change.spliced(getattr(city.standing, name), getattr(came.standing, name))
        for name in ("operating", "approved", "unknown", "conflict")
    )
    kept = ~change.gone[city.doors[1]]
    owner = np.concatenate([change.number[city.doors[1][kept]], change.came[came.doors[1]]])
    order = np.argsort(owner, kind="stable")

    def doors(before: NDArray[Any], added: NDArray[Any]) -> NDArray[Any]:
        together: NDArray[Any] = np.concatenate([before[kept], added])[order]
        return together

    carry(
        now,
        standing=Standing(*standing),
        doors=(doors(city.doors[0], came.doors[0]), owner[order]),
        doors_local=doors(city.doors_local, came.doors_local),
    )
    for impedance, (gates, before) in city._snaps.items():  # noqa: SLF001 - the city's own copy
        added = snap(now.graph(impedance), came.doors[0], limit_m=city.snap_limit_m)
        now._snaps[impedance] = (  # noqa: SLF001 - as above
            gates,
            Snap(
                doors(before.edge, added.edge),
                doors(before.fraction, added.fraction),
                doors(before.connector_m, added.connector_m),
            ),
        )
    return now


def carry(to: object, **known: object) -> None:
    """Give an object the answers of cached properties that are known already."""
    vars(to).update(known)


def spliced_count(before: Counted, came: Counted, change: Change) -> Counted:
    """Splice what counts for a rule."""
    return Counted(*map(change.spliced, before.columns, came.columns))


def spliced_allotment(before: Allotment, came: Allotment, change: Change) -> Allotment:
    """Splice where facilities are allotted."""
    return Allotment(
        unit=change.spliced(before.unit, came.unit),
        district=change.spliced(before.district, came.district),
    )
