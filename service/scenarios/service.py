"""Working a scenario out: the evaluation it rests on, and the same after its changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from service.core import scope
from service.core.errors.problem import Detail
from service.core.errors.request import InvalidBodyError
from service.core.errors.rights import ForbiddenError
from service.core.json_input import Json
from service.core.keys import Principal
from service.core.language import Language
from service.core.resources import Resources
from service.evaluations.planning import Selection, read_planning_data
from service.evaluations.stored_evaluation import StoredEvaluation
from service.packs.service import load_versions
from service.scenarios.changes import ReadChanges, read_changes
from service.scenarios.result import result_document
from spatial.errors import InputError
from spatial.fields import FACILITIES
from spatial.policy.pack import Pack


def work_out(
    resources: Resources,
    principal: Principal,
    stored: StoredEvaluation,
    changes: Json,
    *,
    language: Language,
) -> dict[str, Any]:
    """Return what changes would change of an evaluation.

    Parameters
    ----------
    stored
        The evaluation, which the key may see.
    changes
        The member ``changes`` of a body.

    Raises
    ------
    InvalidBodyError
        With every fault of the changes and its pointer.
    ForbiddenError
        Where a change lies outside the areas of the key.
    ConflictError
        Where the evaluation cannot be made again.
    """

    def read() -> tuple[tuple[Pack, ...], Selection]:
        with resources.reading() as connection:
            by_id = {
                pack.id: pack for pack in load_versions(connection, dict(stored.pack_versions))
            }
            selection = read_planning_data(
                connection,
                area=stored.area,
                moment=stored.moment,
                network_version=stored.network_version,
                network_cache=resources.network_cache,
            )
        return tuple(by_id[pack_id] for pack_id in stored.pack_versions), selection

    with resources.baselines.using(stored, read) as prepared:
        started = time.perf_counter()
        facilities = prepared.baseline.data.facilities
        if facilities is None:  # never: `evaluate_for_edits` refuses such data
            raise TypeError("a baseline without facilities")
        wanted = read_changes(changes, facilities, as_of=stored.as_of)
        if principal.areas:
            with resources.reading() as connection:
                _require_inside(connection, principal, wanted)
        try:
            after = prepared.edited(wanted.edits)
        except InputError as error:
            raise InvalidBodyError.of("/changes", str(error)) from None
        document = result_document(
            prepared.evaluation, after, packs=prepared.packs, language=language
        )
    return {
        "base_evaluation": stored.id,
        "as_of": stored.as_of,
        "changes": len(changes),
        **document,
        "seconds": round(time.perf_counter() - started, 4),
    }


def _require_inside(connection: Connection, principal: Principal, wanted: ReadChanges) -> None:
    """Refuse a scoped key that touches facilities, or builds, outside its areas."""
    hidden = scope.keys_outside(connection, principal, FACILITIES, list(wanted.existing))
    if hidden:
        raise InvalidBodyError.listing(
            [
                Detail("the evaluation has no such facility", pointer=f"{wanted.places[key]}/id")
                for key in sorted(hidden)
            ]
        )
    if wanted.edits.rows is None:
        return
    rows = wanted.edits.rows
    outside = scope.places_outside(connection, principal, np.asarray(rows.geometry, dtype=object))
    if outside.any():
        keys: Sequence[str] = rows["id"].to_numpy(dtype=object)[outside].tolist()
        raise ForbiddenError(
            f"The key is scoped to {', '.join(principal.areas)}; "
            f"{', '.join(keys)} would lie outside.",
            errors=[Detail("outside the key's areas", pointer=wanted.places[key]) for key in keys],
        )
