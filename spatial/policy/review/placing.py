"""A project as a city of one district, for the kind functions of an evaluation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from geopandas import GeoDataFrame

from spatial.errors import InputError
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES, Layer
from spatial.network import Network
from spatial.policy.review.around import Around, KnownAround
from spatial.policy.review.as_counted import as_it_stands, measured, status_of
from spatial.policy.review.frames import layer_frame
from spatial.policy.review.laying import Laid
from spatial.policy.review.ledger import pooled, split_away
from spatial.policy.review.project import Project
from spatial.policy.review.project_rows import (
    building_rows,
    district_row,
    facility_row,
    member_rows,
    required_rows,
)
from spatial.policy.review.stages import Stage
from spatial.table import PlainRows

SERVICES: Final = ("childcare", "elderly")


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is around the project.

    Parameters
    ----------
    facilities
        All facilities within 5,000 m at least, as a validated frame, EPSG:4326, or with what is
        known of them; None where nothing is known of them, which is not the same as there being
        none.
    network
        Streets, or None.
    districts
        Districts around, for what the project does to them; None where not asked.
    """

    facilities: GeoDataFrame | Around | None = None
    network: Network | None = None
    districts: GeoDataFrame | None = None

    @property
    def frame(self) -> GeoDataFrame | None:
        """The facilities around as a frame; None where nothing is known of them."""
        return self.facilities.frame if isinstance(self.facilities, Around) else self.facilities

    def known(self, *, as_of: dt.date) -> Surroundings:
        """Return the same, made ready for any number of questions about one day."""
        if self.facilities is None or isinstance(self.facilities, Around):
            return self
        known = KnownAround.of(self.facilities, network=self.network, as_of=as_of)
        return replace(self, facilities=Around(known))

    def around(self, *, as_of: dt.date) -> Around:
        """Return the facilities around; none where nothing is known of them."""
        if isinstance(self.facilities, Around):
            return self.facilities
        frame = layer_frame(FACILITIES, []) if self.facilities is None else self.facilities
        return Around(KnownAround.of(frame, network=self.network, as_of=as_of))


@dataclass(frozen=True, eq=False)
class Placed:
    """A project laid out: what rules about districts are asked of.

    Parameters
    ----------
    reach, stock
        Facilities for rules of reach: where they stand. For rules of area and number: also those
        whose place is not fixed, and at the land grant what the documents ask for. The same
        object where nothing differs.
    number
        For rules of number: the stock without facilities of which half or more counts elsewhere;
        the same object where there are none.
    split
        Ids of those.
    districts, buildings
        The project and the other members of its pool, by id; its buildings, None without any.
    opened
        Its own facilities that have a place, as rows, open.
    unplaced
        Facilities of the project or its pool without a place, as rows.
    provided_by
        By service who says what is provided: ``project``, ``control_plan`` or
        ``planning_conditions``.
    mine, taken
        Numbers of the facilities around that are the project's own, and that it takes down.
    """

    around: Around
    reach: Laid
    stock: Laid
    number: Laid
    split: tuple[str, ...]
    districts: PlainRows
    buildings: PlainRows | None
    opened: Sequence[Mapping[str, Any]]
    unplaced: PlainRows
    provided_by: Mapping[str, str]
    mine: Sequence[int]
    taken: Sequence[int]

    @property
    def before(self) -> GeoDataFrame:
        """Facilities around without the project; made when asked for."""
        return self._without(self.mine)

    @property
    def after(self) -> GeoDataFrame:
        """Facilities around with the project in place; made when asked for."""
        return _with(self._without([*self.mine, *self.taken]), self.opened)

    def _without(self, gone: Sequence[int]) -> GeoDataFrame:
        frame = self.around.frame
        if not gone:
            return frame
        return frame.loc[~frame["id"].isin(self.around.known.columns["id"][list(gone)])]


def place(project: Project, *, stage: Stage, around: Around, as_of: dt.date) -> Placed:
    """Lay a project out.

    What is submitted counts as if approved, for that is the question asked; once built, what has
    been measured counts and what has not been built does not, except in later phases. Other
    members of the pool are districts of their own at the site's point, whose findings nobody
    reads; their facilities count as they stand.

    Raises
    ------
    InputError
        When a facility of the surroundings bears the id of one of the project and is allotted
        elsewhere: it would count twice; and when one to be taken down is not there.
    """
    provided_by = {service: _provider(project, stage, service) for service in SERVICES}
    own = [
        (facility, status_of(project, facility, stage, as_of))
        for facility in (measured(project, one, stage) for one in project.facilities)
        if not facility.cancelled
    ]
    own = [(facility, status) for facility, status in own if status != "absent"]
    others = [] if project.pool is None else list(pooled(project.pool))
    rows = [facility_row(project, facility, status) for facility, status in own]
    rows += [
        facility_row(project, facility, as_it_stands(facility, as_of))
        for facility in others
        if not facility.cancelled
    ]
    taken = _taken(project, around)
    mine = _mine(project, around)
    ids = around.known.columns["id"]
    replaced = {*mine, *taken}
    stored = {ids[at] for at in around.numbers({one.id for one in others}) if at not in replaced}
    # What is made out to others wholly counts in no sum here, and still serves who lives near.
    counted = [row for row in rows if row["share"] != 0]
    placed = [row for row in rows if row["geometry"] is not None]
    stock = [row for row in counted if provided_by.get(row["service"], "project") == "project"]
    stock += [
        row
        for service, provider in provided_by.items()
        if provider != "project"
        for row in required_rows(project, service, getattr(project, provider))
    ]
    middle = project.site.representative_point()
    located = [{**row, "geometry": middle} if row["geometry"] is None else row for row in stock]
    # What another member brings may be stored as well: it is the same one, and counts once.
    standing_in = {row["id"] for row in placed} & stored
    reach = Laid.of(around, placed, gone=sorted({*replaced, *around.numbers(standing_in)}))
    same = len(placed) == len(counted) == len(rows) and set(provided_by.values()) == {"project"}
    buildings = building_rows(project)
    gone = sorted({*replaced, *around.numbers(stored)})
    laid = reach if same else Laid.of(around, located, gone=gone)
    split = {one.id for one in (*project.facilities, *others) if split_away(project, one)}
    split &= {str(row["id"]) for row in located}
    whole = [row for row in located if row["id"] not in split]
    return Placed(
        around=around,
        reach=reach,
        stock=laid,
        number=Laid.of(around, whole, gone=gone) if split else laid,
        split=tuple(sorted(split)),
        districts=_by_id(DISTRICTS, [district_row(project, stage), *member_rows(project)]),
        buildings=_by_id(BUILDINGS, buildings) if buildings else None,
        opened=[
            {**row, "status": "operating"} for row in placed if row["district_id"] == project.id
        ],
        unplaced=_unplaced([*rows, *stock], stored),
        provided_by=provided_by,
        mine=mine,
        taken=taken,
    )


def _provider(project: Project, stage: Stage, service: str) -> str:
    """Say whose list of facilities is judged.

    At the land grant the 规划条件 once they are written, for the general rule is tested then; at
    the plan the control plan, unless the project lists facilities of the service itself.
    """
    if stage.provided_by == "planning_conditions" and project.planning_conditions is not None:
        return stage.provided_by
    if (
        stage.provided_by == "control_plan"
        and project.control_plan is not None
        and not project.of_services((service,))
    ):
        return stage.provided_by
    return "project"


def _taken(project: Project, around: Around) -> list[int]:
    """List the numbers of what the project takes down."""
    if not project.removes:
        return []
    found = around.numbers(project.removes)
    known = set(around.known.columns["id"][found])
    unknown = [name for name in project.removes if name not in known]
    if unknown:
        msg = f"removes: there is no facility {unknown[0]!r} around the project"
        raise InputError(msg)
    return found


def _mine(project: Project, around: Around) -> list[int]:
    """List what is stored of the project's own already, and is in its place from now on."""
    found = around.numbers({facility.id for facility in project.facilities})
    ours = {
        "district_id": project.id,
        "project_id": project.id,
        "pool": None if project.pool is None else project.pool.id,
    }
    columns = around.known.columns
    for field, name in ours.items():
        for at in found:
            other = columns[field][at]
            if not pd.isna(other) and other != name:
                facility = columns["id"][at]
                msg = f"facility {facility}: counts for {field} {other} already, and counts once"
                raise InputError(msg)
    return found


def _unplaced(rows: Sequence[Mapping[str, Any]], stored: Collection[str]) -> PlainRows:
    """Return those without a place, each once; what is stored has its place there."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        if row["geometry"] is None and row["id"] not in stored:
            found.setdefault((row["id"], row["kind"]), row)
    return PlainRows.of(FACILITIES, list(found.values()))


def _by_id(layer: Layer, rows: Sequence[Mapping[str, Any]]) -> PlainRows:
    return PlainRows.of(layer, sorted(rows, key=lambda row: str(row["id"])))


def _with(around: GeoDataFrame, rows: Sequence[Mapping[str, Any]]) -> GeoDataFrame:
    own = layer_frame(FACILITIES, rows)
    if len(around) == 0:
        return own
    if len(own) == 0:
        return around
    names = list(FACILITIES.names)
    # As plain frames: of the same dtypes, which stay, and without asking for the CRS of each.
    both = pd.concat(
        [pd.DataFrame(around, columns=names), pd.DataFrame(own, columns=names)], ignore_index=True
    )
    return GeoDataFrame(both, geometry="geometry", crs=around.crs)
