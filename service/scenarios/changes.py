"""Reading the changes of a scenario: every fault with its JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from geopandas import GeoDataFrame

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.feature_check import check_rows
from service.core.feature_input import Row, read_feature
from service.core.feature_patch import as_document
from service.core.geometry_input import GEOMETRY_FIELD, ShapeError, read_geometry
from service.core.json_input import Json
from service.core.parameters import check_year, parse_date
from spatial.fields import FACILITIES
from spatial.policy.facility_edits import FacilityEdits

MAX_CHANGES: Final = 500
ENTRANCES: Final = "entrances"
# The members each action has; all are needed but those with a default.
_MEMBERS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "add": (frozenset({"facility"}), frozenset()),
    "move": (frozenset({"id", "geometry"}), frozenset()),
    "close": (frozenset({"id"}), frozenset({"on"})),
    "change": (frozenset({"id", "properties"}), frozenset()),
}
_DATES: Final = ("opened_on", "closed_on")


@dataclass(frozen=True, eq=False)
class ReadChanges:
    """Changes that make sense beside the facilities of an evaluation.

    Parameters
    ----------
    edits
        Each facility that is touched, as it is in the end.
    existing
        Ids of those that were there before.
    places
        JSON pointer of the last change of each facility touched, by id.
    """

    edits: FacilityEdits
    existing: tuple[str, ...]
    places: Mapping[str, str]


@dataclass
class _Edited:
    """A facility while changes are applied to it, one after the other."""

    document: dict[str, Any]
    # The row as stored; None for one that is added.
    before: GeoDataFrame | None
    index: int
    # Where in the body a field got its value, by its pointer in a Feature.
    origin: dict[str, str] = field(default_factory=dict)
    shapes: set[str] = field(default_factory=set)


def read_changes(value: Json, facilities: GeoDataFrame, *, as_of: date) -> ReadChanges:
    """Read the member ``changes`` of a body.

    Parameters
    ----------
    value
        A list of changes, applied in order; a facility may be touched more than once.
    facilities
        Those of the evaluation, with unique ids.
    as_of
        The day of the evaluation. A facility added without a status and without dates is taken to
        operate on it, and one is closed on it where no date is given.

    Raises
    ------
    InvalidBodyError
        With every fault and its pointer.
    """
    if not isinstance(value, list):
        raise InvalidBodyError.of("/changes", "expected a list of changes")
    if len(value) > MAX_CHANGES:
        raise InvalidBodyError.of("/changes", f"{len(value)} changes; at most {MAX_CHANGES}")
    reading = _Reading(facilities, as_of)
    for index, change in enumerate(value):
        reading.read(index, change)
    if reading.faults:
        raise InvalidBodyError.listing(reading.faults)
    return reading.finished()


class _Reading:
    def __init__(self, facilities: GeoDataFrame, as_of: date) -> None:
        self.facilities = facilities
        self.number = {key: i for i, key in enumerate(facilities["id"])}
        self.as_of = as_of
        self.edited: dict[str, _Edited] = {}
        self.faults: list[Detail] = []

    def fault(self, detail: str, *parts: str | int) -> None:
        self.faults.append(Detail(detail, pointer=pointer("changes", *parts)))

    def read(self, index: int, change: Json) -> None:
        if not isinstance(change, dict):
            self.fault("expected an object", index)
            return
        action = change.get("action")
        if not isinstance(action, str) or action not in _MEMBERS:
            self.fault(f"expected one of {', '.join(_MEMBERS)}", index, "action")
            return
        needed, optional = _MEMBERS[action]
        known = needed | optional | {"action"}
        before = len(self.faults)
        for name in change:
            if name not in known:
                self.fault(f"{action} has no such member", index, name)
        for name in sorted(needed - change.keys()):
            self.fault(f"{action} needs it", index, name)
        if len(self.faults) > before:
            return
        if action == "add":
            self._add(index, change["facility"])
            return
        edited = self._known(index, change["id"])
        if edited is None:
            return
        edited.index = index
        if action == "move":
            self._move(edited, change["geometry"])
        elif action == "close":
            self._close(edited, change)
        else:
            self._change(edited, change["properties"])

    def _add(self, index: int, given: Json) -> None:
        if not isinstance(given, dict):
            self.fault("expected a Feature", index, "facility")
            return
        document = {"type": "Feature", **given}
        properties = document.get("properties")
        if properties is not None and not isinstance(properties, dict):
            self.fault("expected an object or null", index, "facility", "properties")
            return
        properties = dict(properties or {})
        if all(properties.get(name) is None for name in ("status", *_DATES)):
            properties["status"] = "operating"
        key = properties.get("id", document.pop("id", None))
        key = f"scenario-{index + 1}" if key is None else str(key)
        if key in self.number or key in self.edited:
            self.fault(f"there is a facility {key} already", index, "facility", "properties", "id")
            return
        document["properties"] = {**properties, "id": key}
        self.edited[key] = _Edited(
            document,
            before=None,
            index=index,
            origin={"": pointer("changes", index, "facility")},
            shapes={GEOMETRY_FIELD, ENTRANCES},
        )

    def _known(self, index: int, key: Json) -> _Edited | None:
        if isinstance(key, str) and key in self.edited:
            return self.edited[key]
        if not isinstance(key, str) or key not in self.number:
            self.fault("the evaluation has no such facility", index, "id")
            return None
        row = self.facilities.iloc[[self.number[key]]]
        edited = _Edited(as_document(row, FACILITIES), before=row, index=index)
        self.edited[key] = edited
        return edited

    def _move(self, edited: _Edited, geometry: Json) -> None:
        try:
            shape = read_geometry(geometry)
        except ShapeError as error:
            self.fault(str(error), edited.index, "geometry")
            return
        if shape is None:
            self.fault("expected a geometry object", edited.index, "geometry")
            return
        edited.document["geometry"] = geometry
        # Entrances say where the old place is entered.
        edited.document["properties"].pop(ENTRANCES, None)
        edited.shapes |= {GEOMETRY_FIELD, ENTRANCES}
        edited.origin[pointer(GEOMETRY_FIELD)] = pointer("changes", edited.index, "geometry")

    def _close(self, edited: _Edited, change: Mapping[str, Json]) -> None:
        on = change.get("on", self.as_of)
        try:
            day = parse_date(on)
            if not isinstance(day, date):
                raise ValueError("expected a date like 2026-11-22")  # noqa: TRY004, TRY301  one way to say it
            check_year(day)
        except ValueError as error:
            self.fault(str(error), edited.index, "on")
            return
        if day > self.as_of:
            self.fault(
                f"the evaluation is of {self.as_of}: it would still be open", edited.index, "on"
            )
            return
        properties = edited.document["properties"]
        properties["closed_on"] = day.isoformat()
        properties["status"] = "closed"
        place = pointer("changes", edited.index, "on")
        edited.origin[pointer("properties", "closed_on")] = place

    def _change(self, edited: _Edited, properties: Json) -> None:
        if not isinstance(properties, dict):
            self.fault("expected an object", edited.index, "properties")
            return
        for name, value in properties.items():
            if name == "id":
                self.fault("an identifier cannot change", edited.index, "properties", name)
                continue
            if value is None:
                edited.document["properties"].pop(name, None)
            else:
                edited.document["properties"][name] = value
            if name == ENTRANCES:
                edited.shapes.add(name)
            edited.origin[pointer("properties", name)] = pointer(
                "changes", edited.index, "properties", name
            )

    def finished(self) -> ReadChanges:
        rows = [
            _with_stored_shapes(
                read_feature(one.document, FACILITIES, index=number, prefix=""), one
            )
            for number, one in enumerate(self.edited.values())
        ]
        places = {key: pointer("changes", one.index) for key, one in self.edited.items()}
        existing = tuple(key for key, one in self.edited.items() if one.before is not None)
        if not rows:
            return ReadChanges(FacilityEdits(), existing, places)
        checked = check_rows(rows, FACILITIES)
        if checked.faults:
            edited = list(self.edited.values())
            raise InvalidBodyError.listing(
                [
                    replace(detail, pointer=_place(edited[number], detail.pointer or ""))
                    for number, details in sorted(checked.faults.items())
                    for detail in details
                ]
            )
        frame = checked.frame.reset_index(drop=True)
        return ReadChanges(FacilityEdits(rows=frame), existing, places)


def _with_stored_shapes(row: Row, edited: _Edited) -> Row:
    """Keep the shapes that no change names exactly as they are."""
    if edited.before is None:
        return row
    stored = {
        name: edited.before[name].iloc[0]
        for name in (GEOMETRY_FIELD, ENTRANCES)
        if name not in edited.shapes
    }
    return replace(row, cells={**row.cells, **stored})


def _place(edited: _Edited, at: str) -> str:
    """Say where in the body the fault at a place of a Feature comes from."""
    field_at = next((one for one in edited.origin if one and at.startswith(one)), None)
    if field_at is not None:
        return edited.origin[field_at] + at.removeprefix(field_at)
    if "" in edited.origin:
        return edited.origin[""] + at
    return pointer("changes", edited.index)


def point_places(edits: FacilityEdits) -> Sequence[Any]:
    """List where the facilities touched are in the end."""
    return [] if edits.rows is None else list(edits.rows.geometry)
