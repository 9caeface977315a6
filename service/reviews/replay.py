"""Making a stored review again: from what it rested on, and from what is stored today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from geopandas import GeoDataFrame
from sqlalchemy import Connection

from service.core import history, scope
from service.core.canonical import canonical_json
from service.core.errors.state import ConflictError
from service.core.keys import Principal
from service.core.network_cache import NetworkCache
from service.core.rows import to_copy
from service.packs.service import load_versions, versions_in_use
from service.reviews.freezing import Case, Frozen, freeze, thaw
from service.reviews.storage import StoredReview
from service.reviews.surroundings import AROUND, stored_surroundings
from spatial.errors import InputError, PackError
from spatial.fields import DISTRICTS, PROJECTS, Layer

# What makes two findings the same finding of two reviews.
_IDENTITY: Final = ("pack", "rule", "kind", "gate")
_SHOWN: Final = ("verdict", "value", "threshold", "deficit")
ADDED: Final = "added"
CHANGED: Final = "changed"
GONE: Final = "gone"


@dataclass(frozen=True)
class Replay:
    """A stored review made again.

    Parameters
    ----------
    stored, again
        As it was frozen, and as the same inputs give it now.
    intact
        True where what is stored still has the hash it was stored with.
    differing
        Findings that came out otherwise, fit for JSON.
    since
        What of the data under it is no longer so, fit for JSON; the stored review rests on what
        was.
    today
        What the same project comes to with the data, packs and streets of today.
    """

    stored: Frozen
    stored_hash: str
    again: Frozen
    intact: bool
    differing: Sequence[Mapping[str, Any]]
    since: Sequence[Mapping[str, Any]]
    today: Mapping[str, Any]

    @property
    def same(self) -> bool:
        """True where the hash is the same."""
        return self.intact and self.again.hash == self.stored_hash


def replay(connection: Connection, stored: StoredReview, *, cache: NetworkCache) -> Replay:
    """Make a stored review again, in one snapshot; nothing is written.

    Raises
    ------
    ConflictError
        When what it rested on is no longer stored as it was.
    """
    frozen = stored.frozen
    try:
        case = thaw(connection, frozen.inputs, cache)
    except (InputError, PackError) as error:
        raise ConflictError(f"The review cannot be made again: {error}") from None
    again = freeze(case, case.review())
    now = _case_today(connection, case, cache)
    return Replay(
        stored=frozen,
        stored_hash=stored.record.hash,
        again=again,
        intact=frozen.hash == stored.record.hash,
        differing=_differing(frozen.result["zh"], again.result["zh"]),
        since=_since(connection, stored, case, now),
        today=_today(now, frozen),
    )


def replay_document(found: Replay) -> dict[str, Any]:
    """Return a replay as plain data."""
    return {
        "same": found.same,
        "hash": {"stored": found.stored_hash, "replayed": found.again.hash},
        "intact": found.intact,
        "code_version": {
            "stored": found.stored.code_version,
            "replayed": found.again.code_version,
        },
        "findings": {
            "compared": len(found.stored.result["zh"]["findings"]),
            "differing": list(found.differing),
        },
        "since": list(found.since),
        "today": dict(found.today),
    }


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare two reviews finding by finding; texts count too."""
    one, two = _by_identity(before), _by_identity(after)
    found = []
    for key in dict.fromkeys([*one, *two]):
        first, second = one.get(key), two.get(key)
        if first is not None and second is not None:
            fields = [
                name
                for name in dict.fromkeys([*first, *second])
                if canonical_json(first.get(name)) != canonical_json(second.get(name))
            ]
            if not fields:
                continue
        else:
            fields = []
        found.append(
            {
                **dict(zip(_IDENTITY, key, strict=False)),
                "fields": fields,
                "stored": None if first is None else {name: first[name] for name in _SHOWN},
                "replayed": None if second is None else {name: second[name] for name in _SHOWN},
            }
        )
    return found


def _by_identity(document: Mapping[str, Any]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for one in document["findings"]:
        key = tuple(one[name] for name in _IDENTITY)
        # The same rule may be answered for several services; then the order tells them apart.
        alike = sum(1 for other in found if other[: len(key)] == key)
        found[(*key, alike)] = one
    return found


def _case_today(connection: Connection, case: Case, cache: NetworkCache) -> Case:
    """Return the same case with the data, packs and streets stored now."""
    asker = Principal(id="", name="", role="viewer", areas=case.scope)
    seen = scope.conditions(connection, asker, DISTRICTS)
    around = stored_surroundings(
        connection,
        case.project,
        as_of=case.as_of,
        network=cache.latest(connection),
        neighbours=seen if DISTRICTS.name in case.around.frames else None,
    )
    in_use = versions_in_use(connection)
    order = [pack.id for pack in case.packs]
    packs = load_versions(connection, {name: in_use[name] for name in order if name in in_use})
    return replace(case, around=around, packs=sorted(packs, key=lambda pack: order.index(pack.id)))


def _today(now: Case, frozen: Frozen) -> dict[str, Any]:
    """Review the same project with what is stored today, or say why that cannot be."""
    try:
        again = freeze(now, now.review())
    except InputError as error:
        return {"verdict": None, "reason": str(error), "differing": []}
    return {
        "verdict": again.result["zh"]["verdict"],
        "differing": _differing(frozen.result["zh"], again.result["zh"]),
    }


def _since(
    connection: Connection, stored: StoredReview, case: Case, now: Case
) -> list[dict[str, Any]]:
    """Tell what is new, gone or of another version: rows around, packs, streets, the project."""
    found: list[dict[str, Any]] = []
    for name, before in case.around.frames.items():
        layer, after = AROUND[name], now.around.frames[name]
        for one in _changes(name, _versions(before, layer), _versions(after, layer)):
            fields = (
                {"fields": _fields(before, after, layer, one["id"])}
                if one["change"] == CHANGED
                else {}
            )
            found.append({**one, **fields})
    packs = ({pack.id: pack.version for pack in one.packs} for one in (case, now))
    found += _changes("packs", *packs)
    streets = (
        {} if one is None else {"network": one.version}
        for one in (case.around.network, now.around.network)
    )
    found += _changes("networks", *streets)
    version, key = stored.record.project_version, stored.record.project_id
    if version is not None:
        frame = history.current(connection, PROJECTS, keys=[key])
        found += _changes(PROJECTS.name, {key: version}, _versions(frame, PROJECTS))
    return found


def _changes(
    name: str, before: Mapping[str, int | str], after: Mapping[str, int | str]
) -> list[dict[str, Any]]:
    found = []
    for key in sorted({*before, *after}):
        was, becomes = before.get(key), after.get(key)
        if was == becomes:
            continue
        change = ADDED if was is None else GONE if becomes is None else CHANGED
        versions = {"from_version": was, "to_version": becomes}
        found.append({"layer": name, "id": key, "change": change, **versions})
    return found


def _versions(frame: GeoDataFrame, layer: Layer) -> dict[str, int]:
    return dict(zip(frame[layer.key].tolist(), frame["version"].tolist(), strict=True))


def _fields(before: GeoDataFrame, after: GeoDataFrame, layer: Layer, key: str) -> list[str]:
    one, two = (frame[frame[layer.key] == key] for frame in (before, after))
    return [
        field.name
        for field in layer.fields
        if to_copy(one[field.name], field.type) != to_copy(two[field.name], field.type)
    ]
