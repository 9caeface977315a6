"""General rules about districts, asked of the project through the kind functions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facts import Facts
from spatial.policy.findings import ADVISE, NOT_MET, UNDETERMINED
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.review.finding import (
    AFTER_DESIGN,
    CONDITIONS_HOLD,
    GENERAL_RULE,
    REACH_COLUMNS,
    TARGET,
    ReviewFinding,
)
from spatial.policy.review.placing import Placed, Surroundings
from spatial.policy.review.project import Project
from spatial.policy.review.project_facts import project_facts
from spatial.policy.review.reach_known import settle_reach
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.stages import Stage
from spatial.policy.review.stock_known import HELD, state_known, with_split
from spatial.policy.rule import Rule
from spatial.policy.terms import LANGUAGES
from spatial.policy.wording import definition_texts, reason_texts
from spatial.table import PlainRows

_AREA: Final = "floor_area_per_100hh"
_COUNT: Final = "facility_count_by_households"
# What reasons and definitions are made from.
_TEXT_COLUMNS: Final = (
    "district_id",
    "reason_code",
    "warning_code",
    "value",
    "threshold",
    "deficit",
    "nearest_m",
    "households_outside",
    "definition_code",
    "unit_id",
    "unit_households",
)


def general_findings(
    project: Project,
    placed: Placed,
    *,
    packs: Sequence[Pack],
    stage: Stage,
    surroundings: Surroundings,
    as_of: dt.date,
    parameters: EvaluationParameters,
) -> tuple[ReviewFinding, ...]:
    """Judge the project by every rule about new districts, in the order of packs and rules.

    Rules of other stages of districts are left out.
    """
    asked = [pack for pack in packs if any(rule.kind in DISTRICT_KINDS for rule in pack.rules)]
    if not asked:
        return ()
    stage_name = "planned" if stage.before_building else "new"
    rules = [
        (pack, rule)
        for pack in asked
        for rule in pack.rules
        if rule.kind in DISTRICT_KINDS and stage_name in rule.applies_to
    ]
    known = project_facts(
        placed,
        network=surroundings.network,
        as_of=as_of,
        parameters=parameters,
    )
    asked_of = [known.for_kind(rule.kind) for _, rule in rules]
    found = _judged(project, [(*one, facts) for one, facts in zip(rules, asked_of, strict=True)])
    settled = []
    for finding, (_, rule), facts in zip(found, rules, asked_of, strict=True):
        told = finding
        if DISTRICT_KINDS[rule.kind].reach:
            told = settle_reach(
                finding,
                rule,
                facts=facts,
                at=_number_of(project, facts),
                placed=placed,
                surroundings=surroundings,
            )
        settled.append(_settled(told, rule, project, placed, stage))
    return tuple(settled)


def _judged(project: Project, asked: Sequence[tuple[Pack, Rule, Facts]]) -> list[ReviewFinding]:
    """Ask the kind functions themselves: one district has no flags, ranks or roll-up."""
    rows: list[dict[str, Any]] = []
    for pack, rule, facts in asked:
        at = _number_of(project, facts)
        answer = DISTRICT_KINDS[rule.kind].judge(rule, facts)
        row = {name: column[at] for name, column in answer.items()}
        rows.append({**row, "district_id": project.id, "pack": pack.id})
    columns = PlainRows.with_columns(_TEXT_COLUMNS, rows)
    reasons = {lang: reason_texts(columns, lang=lang, stage=None) for lang in LANGUAGES}
    definitions = {lang: definition_texts(columns, lang=lang) for lang in LANGUAGES}
    return [
        _finding(
            rule,
            row,
            reason={lang: reasons[lang][number] for lang in LANGUAGES},
            definition={lang: definitions[lang][number] for lang in LANGUAGES},
        )
        for number, ((_, rule, _), row) in enumerate(zip(asked, rows, strict=True))
    ]


def _number_of(project: Project, facts: Facts) -> int:
    (at,) = np.flatnonzero(facts.city.districts["id"] == project.id).tolist()
    return int(at)


def _finding(
    rule: Rule,
    row: Mapping[str, Any],
    *,
    reason: Mapping[str, str | None],
    definition: Mapping[str, str | None],
) -> ReviewFinding:
    verdict = str(row["verdict"])
    return ReviewFinding(
        pack=str(row["pack"]),
        rule=rule.id,
        kind=rule.kind,
        subject=rule.subject,
        severity=rule.severity,
        verdict=verdict,
        gate=False,
        binds=True,
        against=GENERAL_RULE,
        clause=rule.clause,
        quote=rule.quote,
        reading=rule.reading,
        reason=reason,
        definition=definition,
        needed=_decimal(row["threshold"]),
        provided=_decimal(row["value"]),
        deficit=_decimal(row["deficit"]),
        unit=row["unit"],
        alternatives=[
            {**one, "changes": (one["verdict"] in HELD) != (verdict in HELD)}
            for one in row["alternatives"] or ()
        ],
        measures={name: _plain(name, row[name]) for name in REACH_COLUMNS},
        near_threshold=bool(row["near_threshold"]),
        unit_id=row["unit_id"],
        unit_households=_plain("households", row["unit_households"]),
        facilities=row["facilities"] or (),
        missing=row["missing"] or (),
        would_count_if=row["would_count_if"] or (),
    )


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - a number, a text or nothing
    """Turn a cell into plain data: households are whole, nothing known is None."""
    if pd.isna(value):
        return None
    if isinstance(value, str):
        return value
    return int(value) if name.startswith("households") else float(value)


def _settled(
    finding: ReviewFinding,
    rule: Rule,
    project: Project,
    placed: Placed,
    stage: Stage,
) -> ReviewFinding:
    """Say who provides, whether the rule decides at this stage, and what would make it hold."""
    # A target is what a place is to come to; no clause makes it the duty of one project.
    target = TARGET if rule.severity == TARGET else None
    if DISTRICT_KINDS[rule.kind].reach:
        # Where things stand is settled with the design; later what was approved is looked for.
        beside = target or (None if stage.before_building else AFTER_DESIGN)
        if beside is None and finding.binds and finding.beside is None:
            return finding
        return replace(finding, binds=beside is None, beside=beside)
    beside = CONDITIONS_HOLD if stage.conditions_fixed and _fixed(project, rule) else target
    first = project.reviewed_phases[0]
    remedies: tuple[Remedy, ...] = ()
    if finding.deficit is not None and finding.verdict not in HELD:
        if rule.kind == _AREA:
            remedies = (Remedy("add_floor_area", finding.deficit, "m2"),)
        elif rule.kind == _COUNT:
            remedies = (Remedy("add_facilities", finding.deficit, "facilities", phase=first),)
    if rule.kind == _COUNT:
        finding = with_split(finding, placed.split)
    if finding.verdict in (NOT_MET, ADVISE) and not stage.before_building:
        finding = state_known(finding, project, area=rule.kind == _AREA)
        remedies = () if finding.verdict == UNDETERMINED else remedies
    return replace(
        finding,
        binds=beside is None,
        beside=beside,
        provided_by=placed.provided_by.get(rule.subject, "project"),
        remedies=remedies,
    )


def _fixed(project: Project, rule: Rule) -> bool:
    """Tell whether the 规划条件 fix what the rule is about, and so hold in its place."""
    document = project.planning_conditions
    items = () if document is None else document.of((rule.subject,))
    if rule.kind == _AREA:
        return any(item.floor_area_m2 is not None for item in items)
    return bool(items)


def _decimal(value: object) -> Decimal | None:
    return None if pd.isna(value) else Decimal(repr(float(value)))  # type: ignore[call-overload, arg-type]  # any scalar of a frame
