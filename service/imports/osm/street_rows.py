"""The rows of the tag table of streets: what each says of a tag, and of the ways that have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field

from service.imports.osm.table_file import TableRow
from service.imports.osm.tags import Tags, values_of

Foot = Literal["open", "permission", "never"]

OPEN: Final = "open"


class Match(TableRow):
    """A key and the values of it that are meant."""

    key: str
    values: frozenset[str]

    def fits(self, tags: Tags) -> bool:
        """Tell whether one of the values stands in the tag, alone or in a list."""
        return any(value in self.values for value in values_of(tags, self.key))


class ClassRow(TableRow):
    """What people on foot may do on ways of some classes; `reason` where they may not."""

    key: str
    values: frozenset[str]
    foot: Foot
    reason: str | None = None


class UnknownRow(TableRow):
    """The same of classes no row names."""

    key: str
    foot: Foot
    reason: str


class Access(TableRow):
    """Which keys say who may walk, the weightiest first, and what their values mean."""

    keys: tuple[str, ...]
    open: frozenset[str]
    closed: Mapping[str, str]

    def says(self, tags: Tags, keys: Iterable[str]) -> str | None:
        """Return ``open``, the reason why it is closed, or None where nothing known is said."""
        for key in keys:
            for value in values_of(tags, key):
                if value in self.open:
                    return OPEN
                if value in self.closed:
                    return self.closed[value]
        return None


class Closing(Match):
    """A tag that closes a way, and why."""

    reason: str


class Direction(TableRow):
    """A key that says in which direction something goes."""

    key: str
    forward: frozenset[str]
    backward: frozenset[str]
    both: frozenset[str] = frozenset()

    def says(self, tags: Tags) -> str | None:
        """Return ``forward``, ``backward``, ``both``, or None where nothing known is said."""
        value = tags.get(self.key)
        for name in ("forward", "backward", "both"):
            if value in getattr(self, name):
                return name
        return None


class OneWay(TableRow):
    """How one-way for people on foot is said."""

    moving: Direction
    moving_one_way: Direction
    feet: Direction
    ambiguous: frozenset[str]
    forward_access: str
    backward_access: str


class Structure(TableRow):
    """A key that, with any value but some, says that a way is off the ground."""

    key: str
    except_: Annotated[frozenset[str], Field(alias="except")]

    def fits(self, tags: Tags) -> bool:
        """Tell whether the way is one."""
        value = tags.get(self.key)
        return value is not None and value not in self.except_


class Structures(TableRow):
    """What is off the ground."""

    bridge: Structure
    tunnel: Structure


class Barriers(TableRow):
    """Which nodes stop people on foot."""

    key: str
    walls: frozenset[str]
    gates: frozenset[str]
    locked: Match
