"""Reading parts of a stored run: pages of districts and findings, area rows, the summary."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    any_,
    func,
    literal,
    select,
)

from service.evaluations.result_frames import (
    area_frame,
    area_query,
    district_frame,
    district_query,
    finding_frame,
    finding_query,
)
from service.evaluations.stored_evaluation import get
from service.evaluations.tables import EVALUATION_AREA, EVALUATION_DISTRICT, FINDING
from spatial.errors import InputError
from spatial.policy.area_rules import WHOLE
from spatial.policy.findings import FLAGS, VERDICTS


def districts(  # the filters, by name only
    connection: Connection,
    evaluation_id: str,
    *,
    district: str | None = None,
    flag: str | None = None,
    area: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> GeoDataFrame:
    """Read districts of a run in rank order.

    Parameters
    ----------
    district, flag, area
        Only these; an area with all under it, as the roll-up counts them.
    bbox
        Only what intersects west, south, east, north, degrees in EPSG:4326, borders included.
    after
        Only ranks behind this one: the last of the page before.
    limit
        At most so many.

    Returns
    -------
    The columns of `Evaluation.districts`; empty when there is no such run.

    Raises
    ------
    InputError
        When the flag does not exist.
    """
    query = district_query(evaluation_id)
    if district is not None:
        query = query.where(EVALUATION_DISTRICT.c.district_id == district)
    query = query.where(*_of_districts(flag, area, bbox))
    if after is not None:
        query = query.where(EVALUATION_DISTRICT.c.rank > after)
    return district_frame(connection, query.limit(limit))


def findings(  # noqa: PLR0913  # the filters, by name only
    connection: Connection,
    evaluation_id: str,
    *,
    verdict: str | None = None,
    rule: str | None = None,
    flag: str | None = None,
    area: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> GeoDataFrame:
    """Read findings of a run with the geometries of their districts, in the run's order.

    Parameters
    ----------
    verdict, rule
        Only these.
    flag, area, bbox
        Only findings of such districts; see `districts`.
    after
        Only behind this ``number``: the last of the page before.
    limit
        At most so many.

    Returns
    -------
    Columns ``number``, `spatial.policy.findings.FINDING_COLUMNS` and ``geometry``, EPSG:4326.

    Raises
    ------
    InputError
        When the verdict or flag does not exist.
    """
    query = _with_district(evaluation_id)
    if verdict is not None:
        _known("verdict", verdict, VERDICTS)
        query = query.where(FINDING.c.verdict == verdict)
    if rule is not None:
        query = query.where(FINDING.c.rule == rule)
    query = query.where(*_of_districts(flag, area, bbox))
    if after is not None:
        query = query.where(FINDING.c.number > after)
    return GeoDataFrame(finding_frame(connection, query.limit(limit)))


def findings_of_districts(
    connection: Connection, evaluation_id: str, district_ids: Collection[str]
) -> pd.DataFrame:
    """Read all findings of some districts, without geometries: `districts`, one step deeper."""
    wanted = literal(list(district_ids), ARRAY(Text))
    query = finding_query(evaluation_id).where(FINDING.c.district_id == any_(wanted))
    return finding_frame(connection, query)


def areas(
    connection: Connection,
    evaluation_id: str,
    *,
    level: str | None = None,
    rule: str | None = None,
    verdict: str | None = None,
    code: str | None = None,
) -> GeoDataFrame:
    """Read area rows of a run: the columns of `Evaluation.areas`, in the run's order.

    Parameters
    ----------
    level, rule, verdict, code
        Only these; the level of industrial parks is ``park``.

    Raises
    ------
    InputError
        When there is no such run, or the verdict does not exist.
    """
    stored = get(connection, evaluation_id)
    if stored is None:
        raise InputError(f"there is no evaluation {evaluation_id!r}")
    query = area_query(stored)
    if verdict is not None:
        _known("verdict", verdict, VERDICTS)
    wanted = {"level": level, "rule": rule, "verdict": verdict, "code": code}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(EVALUATION_AREA.c[name] == value)
    return area_frame(connection, query)


def findings_at(
    connection: Connection, evaluation_id: str, address: int | tuple[str, str]
) -> pd.DataFrame:
    """Read the finding of a number, or those of a district and rule: one for each pack with it.

    Returns
    -------
    Columns ``number`` and `spatial.policy.findings.FINDING_COLUMNS`; empty where there is none.
    """
    query = finding_query(evaluation_id)
    if isinstance(address, int):
        query = query.where(FINDING.c.number == address)
    else:
        district, rule = address
        query = query.where(FINDING.c.district_id == district, FINDING.c.rule == rule)
    return finding_frame(connection, query)


def district_of(connection: Connection, evaluation_id: str, district_id: str) -> GeoDataFrame:
    """Read one district of a run: the columns of `Evaluation.districts`; empty where none is."""
    query = district_query(evaluation_id).where(EVALUATION_DISTRICT.c.district_id == district_id)
    return district_frame(connection, query)


def summary(connection: Connection, evaluation_id: str) -> dict[str, Any]:
    """Sum a run up as the object ``--json`` prints (design, section 6), counted in the database.

    Raises
    ------
    InputError
        When there is no such run.
    """
    stored = get(connection, evaluation_id)
    if stored is None:
        raise InputError(f"there is no evaluation {evaluation_id!r}")
    flag, verdict = EVALUATION_DISTRICT.c.flag, FINDING.c.verdict
    counted_flags = connection.execute(
        select(flag, func.count().label("number"))
        .where(EVALUATION_DISTRICT.c.evaluation_id == evaluation_id)
        .group_by(flag)
    )
    flags: dict[str, int] = {row.flag: row.number for row in counted_flags}
    rules: dict[str, dict[str, int]] = {}
    counted = connection.execute(
        select(FINDING.c.rule, verdict, func.count())
        .where(FINDING.c.evaluation_id == evaluation_id)
        .group_by(FINDING.c.rule, verdict)
        # A rule's first finding has the place of the rule in its pack.
        .order_by(func.min(func.min(FINDING.c.number)).over(partition_by=FINDING.c.rule))
    )
    for rule, found, number in counted:
        rules.setdefault(rule, {})[found] = number
    area = EVALUATION_AREA.c
    areas: dict[str, dict[str, int]] = {}
    counted_areas = connection.execute(
        select(area.rule, area.verdict, func.count())
        .where(area.evaluation_id == evaluation_id, area.part == WHOLE)
        .group_by(area.rule, area.verdict)
        .order_by(func.min(func.min(area.number)).over(partition_by=area.rule))
    )
    for rule, found, number in counted_areas:
        areas.setdefault(rule, {})[found] = number
    return {
        "evaluation": stored.id,
        "pack": list(stored.pack_versions),
        "region": dict(stored.region),
        "as_of": stored.as_of.isoformat(),
        "districts": sum(flags.values()),
        "flags": {name: flags.get(name, 0) for name in FLAGS},
        "rules": _in_order(rules),
        "areas": _in_order(areas),
        "seconds": {stage: round(seconds, 3) for stage, seconds in stored.seconds.items()},
    }


def _in_order(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {
        rule: {name: found[name] for name in VERDICTS if name in found}
        for rule, found in counts.items()
    }


def _with_district(evaluation_id: str) -> Select[Any]:
    """Select findings with the geometry of their district."""
    district = EVALUATION_DISTRICT
    same = and_(
        district.c.evaluation_id == FINDING.c.evaluation_id,
        district.c.district_id == FINDING.c.district_id,
    )
    return (
        finding_query(evaluation_id)
        .add_columns(func.ST_AsBinary(district.c.geometry).label("geometry"))
        .join_from(FINDING, district, same)
        .where(district.c.evaluation_id == evaluation_id)
    )


def _of_districts(
    flag: str | None, area: str | None, bbox: tuple[float, float, float, float] | None
) -> Iterator[ColumnElement[bool]]:
    """Yield what narrows districts down; see `districts`."""
    table = EVALUATION_DISTRICT.c
    if flag is not None:
        _known("flag", flag, FLAGS)
        yield table.flag == flag
    if area is not None:
        yield table.areas.any_() == area
    if bbox is not None:
        yield func.ST_Intersects(table.geometry, func.ST_MakeEnvelope(*bbox, 4326))


def _known(what: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise InputError(f"{what} {word!r} does not exist; there are {', '.join(words)}")
