"""The tag table of places: what ``places.yaml`` says, checked, and applied to one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from service.imports.osm.street_rows import Match
from service.imports.osm.table_file import TableRow, read_table
from service.imports.osm.tags import Tags, values_of
from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES, FieldType, Layer

PLACES_FILE: Final = Path(__file__).with_name("places.yaml")
NOT_STANDING: Final = "not_standing"

# In a row of the table: whatever the value.
_ANY: Final = "any"


class NotStanding(TableRow):
    """How a thing is said not to be there, or not in use."""

    tags: tuple[Match, ...]
    prefixes: tuple[str, ...]


class EntranceKey(TableRow):
    """A key whose values, but some, make a node an entrance."""

    key: str
    not_: Annotated[frozenset[str], Field(alias="not")]


class Entrances(TableRow):
    """Which nodes are entrances, and which are gates."""

    entrance: EntranceKey
    gates: Match


class Numbers(TableRow):
    """By layer, which keys give a field; the first that is there."""

    districts: Mapping[str, tuple[str, ...]]
    buildings: Mapping[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        _require_counts(DISTRICTS, self.districts)
        _require_counts(BUILDINGS, self.buildings)
        return self


class FacilityRow(TableRow):
    """What a thing with some tags is: a kind of facility, or none and why."""

    where: Mapping[str, frozenset[str]]
    unless: Mapping[str, frozenset[str]] = Field(default_factory=dict)
    kind: str | None = None
    reason: str | None = None
    numbers: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.kind is None) == (self.reason is None):
            raise ValueError("must have a kind or a reason, and not both")
        if self.kind is not None and self.kind not in FACILITY_KINDS:
            raise ValueError(f"'{self.kind}' is no kind of facility")
        _require_counts(FACILITIES, self.numbers)
        return self

    def fits(self, tags: Tags) -> bool:
        """Tell whether the tags are those of the row."""
        return all(_has(tags, *one) for one in self.where.items()) and not any(
            _has(tags, *one) for one in self.unless.items()
        )


class Operators(TableRow):
    """Who runs a facility."""

    key: str
    public: frozenset[str]
    private: frozenset[str]


@dataclass(frozen=True)
class PlaceReading:
    """What one thing is.

    Parameters
    ----------
    sorts
        Any of ``districts``, ``buildings``, ``facilities``: the layers it belongs to.
    left_out
        Layers it would belong to, each with the reason why it does not.
    entrance, gate
        Whether a node is an entrance, or a gate.
    """

    sorts: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    entrance: bool
    gate: bool


class PlaceTable(TableRow):
    """The table of ``places.yaml``."""

    residential_areas: tuple[Match, ...]
    dwellings: tuple[Match, ...]
    dwelling_numbers: tuple[str, ...]
    not_standing: NotStanding
    entrances: Entrances
    numbers: Numbers
    facilities: tuple[FacilityRow, ...]
    operators: Operators

    @cached_property
    def area_keys(self) -> tuple[str, ...]:
        """Keys one of which everything but entrances has."""
        rows = [row.key for row in (*self.residential_areas, *self.dwellings)]
        keys = (*rows, *self.dwelling_numbers, *self.facility_keys, *self._former_keys)
        return tuple(dict.fromkeys(keys))

    @cached_property
    def facility_keys(self) -> tuple[str, ...]:
        """Keys that may make a thing a facility."""
        return tuple(dict.fromkeys(next(iter(row.where)) for row in self.facilities))

    @cached_property
    def _former_keys(self) -> tuple[str, ...]:
        keys = self.facility_keys
        return tuple(f"{prefix}:{key}" for prefix in self.not_standing.prefixes for key in keys)

    @cached_property
    def keys(self) -> frozenset[str]:
        """All keys `read` looks at."""
        rows = [key for row in self.facilities for key in (*row.where, *row.unless)]
        stands = [row.key for row in self.not_standing.tags]
        nodes = (self.entrances.entrance.key, self.entrances.gates.key)
        return frozenset((*self.area_keys, *rows, *stands, *nodes))

    def read(self, tags: Tags) -> PlaceReading:
        """Read the tags of a thing: a facility is no dwelling, what does not stand is neither."""
        sorts: list[str] = []
        left_out: list[tuple[str, str]] = []
        stands = self.stands(tags)
        row = self.facility(tags)
        if row is not None and row.reason is not None:
            left_out.append(("facilities", row.reason))
        elif row is not None and stands:
            sorts.append("facilities")
        elif row is not None or self.former_facility(tags):
            left_out.append(("facilities", NOT_STANDING))
        if self.is_dwelling(tags):
            if "facilities" in sorts:
                left_out.append(("buildings", "facility"))
            elif stands:
                sorts.append("buildings")
            else:
                left_out.append(("buildings", NOT_STANDING))
        if self.is_residential_area(tags):
            if stands:
                sorts.append("districts")
            else:
                left_out.append(("districts", NOT_STANDING))
        return PlaceReading(
            tuple(sorts), tuple(left_out), self.is_entrance(tags), self.is_gate(tags)
        )

    def is_residential_area(self, tags: Tags) -> bool:
        """Tell whether a polygon is a residential area."""
        return any(row.fits(tags) for row in self.residential_areas)

    def is_dwelling(self, tags: Tags) -> bool:
        """Tell whether people live in a building."""
        if any(row.fits(tags) for row in self.dwellings):
            return True
        return any((read_number(tags, (key,)) or 0) > 0 for key in self.dwelling_numbers)

    def stands(self, tags: Tags) -> bool:
        """Tell whether a thing is there and in use, as far as its tags say."""
        return not any(row.fits(tags) for row in self.not_standing.tags)

    def facility(self, tags: Tags) -> FacilityRow | None:
        """Return the row that decides on a thing; None where it is none of the table's."""
        if tags.keys().isdisjoint(self.facility_keys):
            return None
        return next((row for row in self.facilities if row.fits(tags)), None)

    def former_facility(self, tags: Tags) -> bool:
        """Tell whether a thing was a facility, or will be one."""
        if tags.keys().isdisjoint(self._former_keys):
            return False
        for prefix in self.not_standing.prefixes:
            named = {
                key.removeprefix(f"{prefix}:"): value
                for key, value in tags.items()
                if key.startswith(f"{prefix}:")
            }
            row = self.facility({**tags, **named}) if named else None
            if row is not None and row.kind is not None:
                return True
        return False

    def is_entrance(self, tags: Tags) -> bool:
        """Tell whether a node is an entrance of the building or area it is on."""
        values = values_of(tags, self.entrances.entrance.key)
        return bool(values) and not set(values) <= self.entrances.entrance.not_

    def is_gate(self, tags: Tags) -> bool:
        """Tell whether a node is a gate."""
        return self.entrances.gates.fits(tags)

    def operator(self, tags: Tags) -> str | None:
        """Return who runs a facility; None where that is not known."""
        value = tags.get(self.operators.key)
        if value in self.operators.public:
            return "public"
        return "private" if value in self.operators.private else None


def read_number(tags: Tags, keys: tuple[str, ...]) -> int | None:
    """Return the whole number of the first key that is there; None where it is no such number."""
    for key in keys:
        if key in tags:
            text = tags[key].strip()
            return int(text) if text.isascii() and text.isdigit() else None
    return None


def load_place_table() -> PlaceTable:
    """Read ``places.yaml``.

    Raises
    ------
    InputError
        Naming the row that is not as it should be.
    """
    return read_table(PLACES_FILE, PlaceTable)


def _has(tags: Tags, key: str, values: frozenset[str]) -> bool:
    return key in tags and (_ANY in values or any(v in values for v in values_of(tags, key)))


def _require_counts(layer: Layer, numbers: Mapping[str, tuple[str, ...]]) -> None:
    counts = {field.name for field in layer.fields if field.type is FieldType.INTEGER}
    for name in numbers:
        if name not in counts:
            raise ValueError(f"'{name}' is no number of {layer.name}")
