"""Evaluation runs as collections: their districts and their findings."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sqlalchemy import and_

from service.core.schema import EVALUATION_DISTRICT, FINDING
from service.evaluations.service import StoredEvaluation
from service.ogc.collection import Collection
from service.ogc.properties import Kind
from service.ogc.table_properties import column_property, geometry_property
from spatial.policy.findings import FINDING_COLUMNS

_DISTRICT_PROPERTIES: Final = (
    ("rank", "rank"),
    ("name", "name"),
    ("stage", "stage"),
    ("households", "households"),
    ("community", "community"),
    ("flag", "flag"),
    ("households_concerned", "households_concerned"),
    ("areas", "areas"),
)


def _run_districts(run: StoredEvaluation, name: str) -> Collection:
    table = EVALUATION_DISTRICT
    return Collection(
        id=f"{name}-districts",
        title=f"小区评估 Districts judged as of {run.as_of.isoformat()}",
        description=(
            f"Districts of evaluation {run.id} with flag and rank: {_judged_by(run)}. "
            "The worst served come first."
        ),
        source=table,
        conditions=(table.c.evaluation_id == run.id,),
        key=table.c.district_id,
        key_kind=Kind.TEXT,
        order=table.c.rank,
        order_kind=Kind.INTEGER,
        geometry=geometry_property(table, "any"),
        properties=(
            column_property(table, "district_id", "id", role="id"),
            *(column_property(table, column, shown) for column, shown in _DISTRICT_PROPERTIES),
        ),
        state=run.id,
        run=run,
    )


def _run_findings(run: StoredEvaluation, name: str) -> Collection:
    table, district = FINDING, EVALUATION_DISTRICT
    same = and_(
        district.c.evaluation_id == table.c.evaluation_id,
        district.c.district_id == table.c.district_id,
    )
    return Collection(
        id=f"{name}-findings",
        title=f"规则结果 Findings as of {run.as_of.isoformat()}",
        description=(
            f"Findings of evaluation {run.id}, each at its district: {_judged_by(run)}. "
            "Their texts are under /v1/evaluations."
        ),
        source=table.join(district, same),
        conditions=(table.c.evaluation_id == run.id, district.c.evaluation_id == run.id),
        key=table.c.number,
        key_kind=Kind.INTEGER,
        order=table.c.number,
        order_kind=Kind.INTEGER,
        geometry=geometry_property(district, "any"),
        properties=(
            column_property(table, "number", "number", role="id"),
            *(column_property(table, column, column) for column in FINDING_COLUMNS),
        ),
        state=run.id,
        run=run,
    )


PARTS: Final = MappingProxyType({"districts": _run_districts, "findings": _run_findings})


def _judged_by(run: StoredEvaluation) -> str:
    packs = ", ".join(run.pack_versions)
    illustration = (
        "; region: outside (illustration)" if "outside" in set(run.region.values()) else ""
    )
    return f"{packs}, as of {run.as_of.isoformat()}{illustration}"
