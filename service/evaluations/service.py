"""Evaluation runs: computed once from one snapshot, stored whole, read in parts.

A run reads one REPEATABLE READ snapshot, which also decides its id, computes, and stores in one
transaction of its own. That second transaction is READ COMMITTED, because the audit it appends
to goes on while the run computes. Whoever holds the advisory lock of a request computes it;
others that ask for the same wait and get the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from service.core import audit, history
from service.core.history import Moment
from service.core.network_cache import NetworkCache
from service.evaluations.identity import Basis, EvaluationRequest, code_version, evaluation_id
from service.evaluations.planning import (
    Selection,
    areas_of_districts,
    count_districts,
    read_planning_data,
    restrict,
)
from service.evaluations.result_frames import load_evaluation
from service.evaluations.result_writing import copy_results
from service.evaluations.results import areas, districts, findings, findings_of_districts, summary
from service.evaluations.stored_evaluation import (
    StoredEvaluation,
    get,
    insert_evaluation,
    list_evaluations,
)
from service.networks import service as networks
from service.packs import service as packs
from spatial.errors import InputError, PackError
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.pack import Pack
from spatial.policy.slope_effect import slope_effect
from spatial.slope import without_slope


@dataclass(frozen=True)
class EvaluationRun:
    """What became of a request.

    Parameters
    ----------
    id
        Of the run.
    created
        False when the same request on the same data had been computed before.
    seconds
        Time of each stage of the run, as it was computed.
    """

    id: str
    created: bool
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class _Snapshot:
    """All a run needs, read at one instant."""

    id: str
    basis: Basis
    packs: tuple[Pack, ...]
    selection: Selection


def run(
    engine: Engine,
    request: EvaluationRequest,
    *,
    network_cache: NetworkCache,
    actor: str = "yike",
    report: Callable[[str, int, int], None] | None = None,
) -> EvaluationRun:
    """Evaluate the stored data, unless the same request on the same data was computed before.

    Killed at any moment, it leaves the whole run or nothing.

    Parameters
    ----------
    network_cache
        Holds the streets, with the graph a run before this one has built of them.
    actor
        Who asks, for the record.
    report
        Told each stage as it begins, and how many of its steps are done, of how many. What it
        raises ends the run, of which nothing is then stored.

    Raises
    ------
    InputError
        When a pack or the area does not exist, or there are no districts.
    """
    tell = report or _unheard
    tell("read", 0, 1)
    with engine.connect() as connection:
        with _snapshot(connection):
            existing = _existing(connection, request)
        if existing is not None:
            return existing
        with _alone(connection, request):
            started = time.perf_counter()
            with _snapshot(connection):
                existing = _existing(connection, request)
                if existing is not None:
                    return existing
                snapshot = _read(connection, request, network_cache=network_cache)
            read = time.perf_counter() - started
            return _compute_and_store(
                connection, request, snapshot, read=read, actor=actor, tell=tell
            )


def _unheard(_stage: str, _done: int, _of: int) -> None:
    """Report to nobody."""


def _compute_and_store(
    connection: Connection,
    request: EvaluationRequest,
    snapshot: _Snapshot,
    *,
    read: float,
    actor: str,
    tell: Callable[[str, int, int], None],
) -> EvaluationRun:
    selection = snapshot.selection
    evaluation = _evaluated(snapshot, request, tell)
    tell("store", 0, 1)
    started = time.perf_counter()
    data = selection.data
    areas_of = dict(
        zip(data.districts["id"], areas_of_districts(data.districts, data.areas), strict=True)
    )
    with connection.begin():
        copy_results(connection, snapshot.id, evaluation, areas_of=areas_of)
        seconds = {"read": read, **evaluation.seconds, "store": time.perf_counter() - started}
        insert_evaluation(
            connection,
            snapshot.id,
            evaluation,
            request=request,
            basis=snapshot.basis,
            seconds=seconds,
            actor=actor,
        )
        audit.record(
            connection,
            actor=actor,
            action="evaluate",
            target=f"evaluation/{snapshot.id}",
            detail=request.as_json(),
        )
    return EvaluationRun(snapshot.id, created=True, seconds=MappingProxyType(seconds))


def _evaluated(
    snapshot: _Snapshot, request: EvaluationRequest, tell: Callable[[str, int, int], None]
) -> Evaluation:
    """Evaluate a snapshot; where its streets have slope, also say what that changes."""

    def found(selection: Selection, report: Callable[[str, int, int], None]) -> Evaluation:
        whole = evaluate(
            selection.data,
            packs=snapshot.packs,
            as_of=request.as_of,
            parameters=request.parameters,
            report=report,
        )
        return restrict(whole, selection, snapshot.packs)

    evaluation = found(snapshot.selection, tell)
    data = snapshot.selection.data
    if data.network is None or not data.network.has_slope:
        return evaluation
    started = time.perf_counter()
    level = replace(data, network=without_slope(data.network))

    def tell_again(_stage: str, _done: int, _of: int) -> None:
        tell("without_slope", 0, 1)

    effect = slope_effect(evaluation, found(replace(snapshot.selection, data=level), tell_again))
    seconds = {**evaluation.seconds, "without_slope": time.perf_counter() - started}
    return replace(
        evaluation,
        warnings=(effect.line(), *evaluation.warnings),
        seconds=MappingProxyType(seconds),
    )


def _existing(connection: Connection, request: EvaluationRequest) -> EvaluationRun | None:
    """Find the run of this request on the data as they are."""
    stored = get(connection, evaluation_id(request, _basis(connection, request)))
    if stored is None:
        return None
    return EvaluationRun(stored.id, created=False, seconds=stored.seconds)


def _basis(connection: Connection, request: EvaluationRequest) -> Basis:
    if not request.pack_ids:
        raise InputError("no rule pack is named")
    if len(set(request.pack_ids)) < len(request.pack_ids):
        raise InputError("a rule pack is named twice")
    in_use = packs.versions_in_use(connection)
    for pack_id in request.pack_ids:
        if pack_id not in in_use:
            known = ", ".join(sorted(in_use)) or "none"
            raise PackError(f"no pack {pack_id!r} is stored; stored are: {known}")
    return Basis(
        pack_versions={pack_id: in_use[pack_id] for pack_id in request.pack_ids},
        network_version=networks.latest(connection),
        data_instant=history.data_instant(connection),
    )


def _read(
    connection: Connection, request: EvaluationRequest, *, network_cache: NetworkCache
) -> _Snapshot:
    basis = _basis(connection, request)
    by_id = {pack.id: pack for pack in packs.load_versions(connection, basis.pack_versions)}
    return _Snapshot(
        id=evaluation_id(request, basis),
        basis=basis,
        packs=tuple(by_id[pack_id] for pack_id in request.pack_ids),
        selection=read_planning_data(
            connection,
            area=request.area,
            moment=Moment(valid_on=request.as_of),
            network_version=basis.network_version,
            network_cache=network_cache,
        ),
    )


@contextmanager
def _snapshot(connection: Connection) -> Iterator[None]:
    """Read everything as it is at one instant."""
    with connection.begin():
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield


@contextmanager
def _alone(connection: Connection, request: EvaluationRequest) -> Iterator[None]:
    """Hold the lock of a request for the session; the server frees it if the process dies."""
    with connection.begin():
        connection.execute(select(func.pg_advisory_lock(request.lock_key)))
    try:
        yield
    finally:
        try:
            with connection.begin():
                connection.execute(select(func.pg_advisory_unlock(request.lock_key)))
        except SQLAlchemyError:
            # Closing the session frees the lock too; it must not go back to the pool with it.
            connection.invalidate()
            raise


__all__ = [
    "EvaluationRequest",
    "EvaluationRun",
    "StoredEvaluation",
    "areas",
    "code_version",
    "count_districts",
    "districts",
    "findings",
    "findings_of_districts",
    "get",
    "list_evaluations",
    "load_evaluation",
    "run",
    "summary",
]
