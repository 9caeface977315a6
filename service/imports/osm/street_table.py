"""The tag table of streets: what ``streets.yaml`` says, checked, and applied to one way or node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from service.imports.osm.street_rows import (
    OPEN,
    Access,
    Barriers,
    ClassRow,
    Closing,
    Foot,
    Match,
    OneWay,
    Structures,
    UnknownRow,
)
from service.imports.osm.table_file import TableRow, read_table
from service.imports.osm.tags import Tags, values_of

STREETS_FILE: Final = Path(__file__).with_name("streets.yaml")


@dataclass(frozen=True)
class WayReading:
    """What one way is to people on foot.

    Parameters
    ----------
    highway
        Its class; None for a way that is none of the table's.
    reason
        Why it is not walked; None where it is.
    forward, backward
        Whether it is walked along and against its direction.
    steps, crossing, lift
        Whether it is stairs, a crossing, a lift.
    structure
        ``bridge``, ``tunnel`` or None.
    notes
        What else was decided on it, to be counted.
    """

    highway: str | None
    reason: str | None = None
    forward: bool = True
    backward: bool = True
    steps: bool = False
    crossing: bool = False
    lift: bool = False
    structure: str | None = None
    notes: tuple[str, ...] = ()


class StreetTable(TableRow):
    """The table of ``streets.yaml``."""

    classes: tuple[ClassRow, ...]
    unknown_class: UnknownRow
    access: Access
    closing: tuple[Closing, ...]
    one_way: OneWay
    steps: tuple[Match, ...]
    steps_with_ramp: tuple[Match, ...]
    crossings: tuple[Match, ...]
    lifts: tuple[Match, ...]
    structures: Structures
    barriers: Barriers

    @cached_property
    def class_keys(self) -> tuple[str, ...]:
        """Keys one of which every street has."""
        return tuple(dict.fromkeys([row.key for row in self.classes] + [self.unknown_class.key]))

    @cached_property
    def keys(self) -> frozenset[str]:
        """All keys the reading of a way looks at."""
        one_way = self.one_way
        rows: tuple[Match, ...] = (
            *self.closing,
            *self.steps,
            *self.steps_with_ramp,
            *self.crossings,
            *self.lifts,
        )
        return frozenset(
            (
                *self.class_keys,
                *self.access.keys,
                *(row.key for row in rows),
                one_way.moving.key,
                one_way.moving_one_way.key,
                one_way.feet.key,
                one_way.forward_access,
                one_way.backward_access,
                self.structures.bridge.key,
                self.structures.tunnel.key,
            )
        )

    @cached_property
    def node_keys(self) -> frozenset[str]:
        """All keys the reading of a node looks at."""
        barriers = self.barriers
        lifts = (row.key for row in self.lifts)
        return frozenset((barriers.key, barriers.locked.key, *self.access.keys, *lifts))

    def read_way(self, tags: Tags) -> WayReading | None:
        """Read the tags of a way; None where none of them makes it a street."""
        found = self._class(tags)
        if found is None:
            return None
        highway, foot, why = found
        reason = self._closed(tags, foot, why)
        if reason is not None:
            return WayReading(highway, reason)
        forward, backward, notes = self._directions(tags, highway)
        if not forward and not backward:
            return WayReading(highway, "no_direction")
        stairs = any(row.fits(tags) for row in self.steps)
        if stairs and any(row.fits(tags) for row in self.steps_with_ramp):
            stairs, notes = False, (*notes, "steps_with_ramp")
        structure = "bridge" if self.structures.bridge.fits(tags) else None
        if structure is None and self.structures.tunnel.fits(tags):
            structure = "tunnel"
        return WayReading(
            highway,
            forward=forward,
            backward=backward,
            steps=stairs,
            crossing=any(row.fits(tags) for row in self.crossings),
            lift=any(row.fits(tags) for row in self.lifts),
            structure=structure,
            notes=notes,
        )

    def closed_node(self, tags: Tags) -> str | None:
        """Return why nobody can walk past a node, None where one can.

        The reasons are ``wall``, ``locked`` and those of `access`.
        """
        is_lift = self.is_lift(tags)
        kind = tags.get(self.barriers.key)
        if kind is None and not is_lift:
            return None
        feet = self.access.says(tags, self.access.keys[:1])
        if feet is not None:
            return None if feet == OPEN else feet
        said = self.access.says(tags, self.access.keys)
        if kind in self.barriers.walls:
            return None if said == OPEN else said or "wall"
        if kind in self.barriers.gates or is_lift:
            if self.barriers.locked.fits(tags):
                return "locked"
            return None if said == OPEN else said
        return None

    def is_lift(self, tags: Tags) -> bool:
        """Tell whether a way or node is a lift."""
        return any(row.fits(tags) for row in self.lifts)

    def _class(self, tags: Tags) -> tuple[str, Foot, str] | None:
        for row in self.classes:
            for value in values_of(tags, row.key):
                if value in row.values and self._is_first_known(tags, row.key, value):
                    return value, row.foot, row.reason or "closed_to_foot"
        unknown = self.unknown_class
        if unknown.key in tags:
            return tags[unknown.key], unknown.foot, unknown.reason
        return None

    def _is_first_known(self, tags: Tags, key: str, value: str) -> bool:
        known = self._known_values[key]
        return next(one for one in values_of(tags, key) if one in known) == value

    @cached_property
    def _known_values(self) -> Mapping[str, frozenset[str]]:
        return {
            key: frozenset().union(*(row.values for row in self.classes if row.key == key))
            for key in self.class_keys
        }

    def _closed(self, tags: Tags, foot: Foot, why: str) -> str | None:
        if foot == "never":
            return why
        feet = self.access.says(tags, self.access.keys[:1])
        if feet is not None:
            return None if feet == OPEN else feet
        said = self.access.says(tags, self.access.keys)
        if said is not None and said != OPEN:
            return said
        if foot == "permission":
            return why
        return next((row.reason for row in self.closing if row.fits(tags)), None)

    def _directions(self, tags: Tags, highway: str) -> tuple[bool, bool, tuple[str, ...]]:
        """Return whether a way is walked forward and backward, and what was decided on it."""
        rule = self.one_way
        notes: tuple[str, ...] = ()
        moves = rule.moving.says(tags)
        said = rule.feet.says(tags)
        vehicles = rule.moving_one_way.says(tags)
        if moves is not None:
            notes = ("moving",)
            said = moves if moves != "both" else said or vehicles
        elif vehicles is not None and said is None and highway in rule.ambiguous:
            notes = ("one_way_not_of_feet",)
        forward, backward = said != "backward", said != "forward"
        closed_forward = self.access.says(tags, (rule.forward_access,))
        closed_backward = self.access.says(tags, (rule.backward_access,))
        forward &= closed_forward in (None, OPEN)
        backward &= closed_backward in (None, OPEN)
        return forward, backward, notes


def load_street_table() -> StreetTable:
    """Read ``streets.yaml``.

    Raises
    ------
    InputError
        Naming the row that is not as it should be.
    """
    return read_table(STREETS_FILE, StreetTable)
