"""The kind of each facility: its type where the list gives one, else what its name suggests.

A type decides, and one that nobody knows is refused whatever the name says. A name alone decides
only where the user has said that names may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from service.imports.cells import is_missing
from service.imports.facility_words import kinds_in_name
from spatial.fields import Layer

_SHOWN: Final = 5


@dataclass(frozen=True)
class FilledKinds:
    """Facilities with the kinds their names gave them.

    Parameters
    ----------
    frame
        As given, with a column ``kind`` where names suggest some.
    faults
        Position (from 0) and message of each row without a type that has no kind now.
    unknown
        Types that are no kind, with the number of their rows.
    from_names
        Kinds taken from names, with the number of their rows.
    """

    frame: pd.DataFrame
    faults: tuple[tuple[int, str], ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    from_names: Mapping[str, int] = field(default_factory=dict)


def fill_kinds(
    frame: pd.DataFrame, layer: Layer, *, skip: Collection[int], from_names: bool
) -> FilledKinds:
    """Look at the kind of each facility, words of types being translated already.

    Parameters
    ----------
    frame
        With or without the columns ``kind`` and ``name``.
    layer
        The facilities.
    skip
        Positions (from 0) whose type is at fault already.
    from_names
        True to take the kind a name suggests, if it is one.

    Returns
    -------
    The frame, and what was found. Where no name suggests anything, rows without a type are left
    for the check of required fields.
    """
    choices = frozenset(layer.field("kind").choices)
    kinds: list[object] = [None] * len(frame)
    if "kind" in frame:
        kinds = frame["kind"].astype(object).tolist()
    types = Counter(str(kind).strip() for kind in kinds if not is_missing(kind))
    unknown = {word: count for word, count in types.items() if word not in choices}
    silent = [at for at, kind in enumerate(kinds) if is_missing(kind) and at not in skip]
    names: list[object] = frame["name"].tolist() if "name" in frame else [None] * len(frame)
    suggested = {at: _suggested(names[at]) for at in silent}
    if not any(suggested.values()):
        return FilledKinds(frame, unknown=unknown)
    taken: Counter[str] = Counter()
    faults: list[tuple[int, str]] = []
    for at, found in suggested.items():
        if from_names and len(found) == 1:
            kinds[at] = found[0]
            taken[found[0]] += 1
        else:
            faults.append((at, _proposal(names[at], found)))
    column: pd.Series[Any] = pd.Series(kinds, index=frame.index, dtype=object)
    return FilledKinds(frame.assign(kind=column), tuple(faults), unknown, dict(taken))


def unknown_line(kinds: Mapping[str, int]) -> str:
    """Return in one line which types nobody knows, the most frequent first."""
    most = Counter(kinds).most_common()
    parts = [f"{word} ({count})" for word, count in most[:_SHOWN]]
    more = f" and {len(most) - _SHOWN} more" if len(most) > _SHOWN else ""
    return (
        f"{sum(kinds.values())} rows have types that are not known: {', '.join(parts)}{more}; "
        "a mapping (--mapping) can say what they are"
    )


def _suggested(name: object) -> tuple[str, ...]:
    return kinds_in_name(name) if isinstance(name, str) else ()


def _proposal(name: object, found: tuple[str, ...]) -> str:
    if not found:
        return "is missing, and the name suggests none"
    if len(found) == 1:
        return f"is missing; the name '{name}' suggests {found[0]} (--kinds-from-names accepts it)"
    return f"is missing, and the name '{name}' suggests {' or '.join(found)}"
