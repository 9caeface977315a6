"""The parts of a stored run as other people's scripts read them (design, section 6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import ARRAY, Connection, Text, any_, literal, select

from service.core import history
from service.core.language import Language
from service.core.notices import notice_member
from service.core.schema import NETWORK, VERSIONED
from service.evaluations.service import StoredEvaluation, findings_of_districts
from service.evaluations.tables import EVALUATION_DISTRICT
from service.exports.content import finding_objects
from service.indicators import service as indicators
from spatial.fields import AREAS, DISTRICTS, FACILITIES, PARKS
from spatial.policy.output import output_districts, output_findings
from spatial.policy.pack import Pack


def shown_districts(
    connection: Connection,
    stored: StoredEvaluation,
    districts: GeoDataFrame,
    *,
    packs: Sequence[Pack],
    language: Language,
) -> GeoDataFrame:
    """Return districts with reasons and findings: the properties of the output contract.

    Parameters
    ----------
    districts
        As `service.evaluations.service.districts` reads them.
    """
    findings = findings_of_districts(connection, stored.id, districts["id"].tolist())
    shown = output_districts(districts, findings, packs=packs, lang=language)
    stage = dict(zip(districts["id"], districts["stage"], strict=True))
    worded = output_findings(findings, packs=packs, lang=language, stage=stage)
    by_district = finding_objects(worded)
    shown["findings"] = pd.Series(
        [by_district.get(key, []) for key in shown["id"]], index=shown.index, dtype=object
    )
    return shown


def shown_findings(
    connection: Connection,
    stored: StoredEvaluation,
    findings: GeoDataFrame,
    *,
    packs: Sequence[Pack],
    language: Language,
) -> GeoDataFrame:
    """Return findings with their texts and the geometries of their districts."""
    stage = _stages(connection, stored, findings["district_id"].unique().tolist())
    worded = output_findings(findings, packs=packs, lang=language, stage=stage)
    geometry = findings.geometry.reset_index(drop=True)
    return GeoDataFrame(worded.reset_index(drop=True), geometry=geometry, crs=findings.crs)


def run_members(
    connection: Connection, stored: StoredEvaluation, language: Language
) -> dict[str, Any]:
    """Return what every part of a run carries: its id, its day, its region and the notices."""
    return {
        "evaluation": stored.id,
        "as_of": stored.as_of,
        "region": dict(stored.region),
        **run_notices(connection, stored, language),
    }


def run_notices(
    connection: Connection, stored: StoredEvaluation, language: Language
) -> dict[str, list[str]]:
    """Return the member ``notices`` the data of a run ask for."""
    return notice_member(run_sources(connection, stored), language)


def run_sources(connection: Connection, stored: StoredEvaluation) -> set[str | None]:
    """Return what the data of a run, its streets among them, say of their origin."""
    sources: set[str | None] = set()
    for layer in (DISTRICTS, FACILITIES, AREAS, PARKS):
        table = VERSIONED[layer.name]
        wanted = history.at_moment(table, stored.moment)
        sources |= set(
            connection.execute(select(table.c.source).where(*wanted).distinct()).scalars()
        )
    sources |= indicators.sources(connection, stored.moment)
    if stored.network_version is not None:
        street = select(NETWORK.c.source).where(NETWORK.c.version == stored.network_version)
        sources |= set(connection.execute(street).scalars())
    return sources


def _stages(
    connection: Connection, stored: StoredEvaluation, districts: Collection[str]
) -> dict[str, str]:
    table = EVALUATION_DISTRICT.c
    wanted = literal(list(districts), ARRAY(Text))
    statement = select(table.district_id, table.stage).where(
        table.evaluation_id == stored.id, table.district_id == any_(wanted)
    )
    return {row.district_id: row.stage for row in connection.execute(statement)}
