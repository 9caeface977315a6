"""Kinds of facility as type columns call them, and as names suggest them.

The table is ``tables/kinds.yaml``. A type decides, a name only proposes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from service.imports.tables import one_width, packaged_table
from spatial.facility_kinds import FACILITY_KINDS


@dataclass(frozen=True)
class KindTable:
    """Words to kind: whole words of type columns, and parts of names."""

    types: Mapping[str, str]
    names: Mapping[str, str]


@cache
def kind_table() -> KindTable:
    """Return the words that come with Yike; each kind's own names are among its types."""
    table = packaged_table("kinds.yaml", "kinds")
    own = {one_width(kind.name_zh): kind.id for kind in FACILITY_KINDS.values()}
    types = {_plain(word): kind for kind, words in table["types"].items() for word in words}
    names = {_plain(word): kind for kind, words in table["names"].items() for word in words}
    return KindTable(MappingProxyType(own | types), MappingProxyType(names))


def kind_of_type(text: str) -> str | None:
    """Return the kind a type column means by `text`; None where the table does not know it."""
    return kind_table().types.get(_plain(text))


def kinds_in_name(name: str) -> tuple[str, ...]:
    """Return the kinds the name of a facility suggests, ordered by id.

    Of words that overlap the longest counts (社区托育, not the 托育 in it); of overlapping words of
    one length both do.
    """
    text = _plain(name)
    spans = [
        (len(word), at, kind)
        for word, kind in kind_table().names.items()
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    kept = [
        (length, at, kind)
        for length, at, kind in spans
        if not any(
            other > length and start < at + length and at < start + other
            for other, start, _ in spans
        )
    ]
    return tuple(sorted({kind for _, _, kind in kept}))


def _plain(text: str) -> str:
    return "".join(one_width(text).split())
