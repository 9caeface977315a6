"""Briefs and ledgers of a stored evaluation, read out of one snapshot.

A brief is read first and drawn afterwards, when the connection is given back: drawing takes far
longer than reading, and there are few connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from service.core.language import Language
from service.core.network_cache import NetworkCache
from service.core.notices import notices
from service.evaluations import results
from service.evaluations.presentation import run_sources
from service.evaluations.service import StoredEvaluation, load_evaluation
from service.evaluations.tables import EVALUATION_DISTRICT
from service.exports.areas import output_areas
from service.exports.region import region_notices
from service.packs.service import load_versions
from service.reports.brief import Brief
from service.reports.brief_maps import area_picture, district_picture, facilities_around
from spatial.errors import InputError
from spatial.policy.explain import area_remedy, remedy
from spatial.policy.findings import ADVISE, NOT_MET, UNDETERMINED
from spatial.policy.output import output_findings
from spatial.policy.pack import Pack
from spatial.policy.problem_ledger import problem_ledger

_ACT: Final = (NOT_MET, UNDETERMINED, ADVISE)


def district_brief(
    connection: Connection,
    stored: StoredEvaluation,
    district_id: str,
    *,
    cache: NetworkCache,
    lang: Language,
) -> Callable[[], Brief]:
    """Read the brief of a district.

    Returns
    -------
    What draws it, without the connection.

    Raises
    ------
    InputError
        When the run has no such district.
    """
    found = results.district_of(connection, stored.id, district_id)
    if len(found) == 0:
        raise InputError(f"the evaluation has no district {district_id[:100]!r}")
    packs = load_versions(connection, dict(stored.pack_versions))
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    findings = results.findings_of_districts(connection, stored.id, [district_id])
    sources = run_sources(connection, stored)
    site = found.geometry.iloc[0]
    facilities = facilities_around(connection, site, stored.moment)
    network = (
        None if stored.network_version is None else cache.load(connection, stored.network_version)
    )
    districts = results.summary(connection, stored.id)["districts"]

    def drawn() -> Brief:
        row = _plain(found.iloc[0].drop("geometry"))
        stage = {district_id: row["stage"]}
        said = [
            remedy(finding, rule=rules[finding["pack"], finding["rule"]], lang=lang, district=row)
            for finding in records(findings)
            if finding["verdict"] in _ACT and not _repeats(rules[finding["pack"], finding["rule"]])
        ]
        return Brief(
            place=row,
            rows=records(output_findings(findings, packs=packs, lang=lang, stage=stage)),
            remedies=_cleared(said),
            map_png=district_picture(
                site,
                findings=records(findings),
                rules=rules,
                facilities=facilities,
                network=network,
                sources=sources,
                lang=lang,
            ),
            districts=districts,
            **_common(stored, packs, sources, lang),
        )

    return drawn


def area_brief(
    connection: Connection, stored: StoredEvaluation, code: str, *, lang: Language
) -> Callable[[], Brief]:
    """Read the brief of an area or a park.

    Returns
    -------
    What draws it, without the connection.

    Raises
    ------
    InputError
        When the run has no such area.
    """
    found = results.areas(connection, stored.id, code=code)
    if len(found) == 0:
        raise InputError(f"the evaluation has no area {code[:100]!r}")
    packs = load_versions(connection, dict(stored.pack_versions))
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    inside = results.districts(connection, stored.id, area=code)
    sources = run_sources(connection, stored)

    def drawn() -> Brief:
        said = [
            area_remedy(row, rule=rules[row["pack"], row["rule"]], lang=lang)
            for row in records(pd.DataFrame(found.drop(columns="geometry")))
            if row["verdict"] in _ACT
        ]
        flags = {
            str(flag): (len(of), int(of["households"].fillna(0).sum()))
            for flag, of in inside.groupby("flag", sort=False)
        }
        worst = [
            (row["id"], row["name"], row["flag"], row["households_concerned"])
            for row in records(pd.DataFrame(inside.head(5).drop(columns="geometry")))
            if row["flag"] in ("underserved", "undetermined", "watch")
        ]
        first = _plain(found.iloc[0].drop("geometry"))
        worded = output_areas(found, packs=packs, lang=lang)
        return Brief(
            place={"id": first["code"], "name": first["name"], "level": first["level"]},
            rows=records(pd.DataFrame(worded.drop(columns="geometry"))),
            remedies=_cleared(said),
            map_png=area_picture(found.geometry.iloc[0], inside, lang),
            districts=len(inside),
            flags=flags,
            worst=worst,
            **_common(stored, packs, sources, lang),
        )

    return drawn


def stored_ledger(
    connection: Connection,
    stored: StoredEvaluation,
    *,
    before: Sequence[StoredEvaluation],
    ledger: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Write the ledger of a run, carrying on those of earlier ones.

    Parameters
    ----------
    before
        Earlier runs, in any order; none is later than `stored`.
    ledger
        What the earliest of them carries on; None for nothing.
    """
    for run in (*sorted(before, key=lambda one: (one.as_of, one.created_at)), stored):
        evaluation = load_evaluation(connection, run.id)
        if evaluation is None:
            raise InputError(f"there is no evaluation {run.id!r}")
        ledger = problem_ledger(
            evaluation,
            packs=load_versions(connection, dict(run.pack_versions)),
            previous=ledger,
            areas_of=_areas_of(connection, run.id),
        )
    if ledger is None:
        raise TypeError("the run itself always makes a ledger")
    return ledger


def ledger_notes(
    connection: Connection,
    stored: StoredEvaluation,
    before: Sequence[StoredEvaluation],
    lang: Language,
) -> list[tuple[str, object]]:
    """Say what a ledger rests on: names and values."""
    at = ("zh", "en").index(lang)
    packs = load_versions(connection, dict(stored.pack_versions))
    said = [
        *notices(run_sources(connection, stored), lang),
        *region_notices(stored.region, packs, lang=lang),
    ]
    return [
        (("评估编号", "Evaluation")[at], stored.id),
        (("评估日期", "As of")[at], stored.as_of),
        *((("前次评估", "Before it")[at], f"{one.id} ({one.as_of})") for one in before),
        *((("规则集", "Pack")[at], f"{pack.title}（{pack.document_no}）") for pack in packs),
        (
            ("缺口", "Deficit")[at],
            (
                "行政区的缺口按比率的分子计，不按其单位",
                "of an area it is counted in what the ratio counts, not in the unit of the ratio",
            )[at],
        ),
        *((("声明", "Notice")[at], notice) for notice in said),
    ]


def _areas_of(connection: Connection, evaluation_id: str) -> dict[str, list[str]]:
    table = EVALUATION_DISTRICT.c
    rows = connection.execute(
        select(table.district_id, table.areas).where(table.evaluation_id == evaluation_id)
    )
    return {row.district_id: row.areas for row in rows}


def _common(
    stored: StoredEvaluation, packs: Sequence[Pack], sources: set[str | None], lang: Language
) -> dict[str, Any]:
    said = [*notices(sources, lang), *region_notices(stored.region, packs, lang=lang)]
    return {
        "evaluation": stored.id,
        "as_of": stored.as_of.isoformat(),
        "packs": tuple((pack.id, f"{pack.title}（{pack.document_no}）") for pack in packs),
        "region": dict(stored.region),
        "notices": tuple(said),
        "lang": lang,
    }


def _repeats(rule: Any) -> bool:  # noqa: ANN401  # a rule of a pack
    return bool(rule.parameters.get("role") == "relaxed")


def _cleared(said: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in said if one))


def _plain(row: pd.Series[Any]) -> dict[str, Any]:
    return {
        str(name): None if not isinstance(value, list) and pd.isna(value) else value
        for name, value in row.items()
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain values, None where missing."""
    return [_plain(row) for _, row in frame.astype(object).iterrows()]
