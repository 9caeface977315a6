"""A review as plain data fit for JSON: what the command line and HTTP print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.gate import Step
from spatial.policy.review.note_wording import beside_text
from spatial.policy.review.project import Project
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.remedy_wording import remedy_text
from spatial.policy.review.review import Review
from spatial.policy.review.step_wording import sentence


def review_document(review: Review, *, lang: str) -> dict[str, Any]:
    """Write a review; texts in one language, identifiers in English, numbers as numbers.

    Areas are decimals of at most 15 digits, so the float written has their shortest text.
    """
    return {
        "project": project_facts(review.project),
        "stage": review.stage.id,
        "as_of": review.as_of.isoformat(),
        "verdict": review.verdict,
        "illustration": review.illustration,
        "packs": [vars(pack) for pack in review.packs],
        "assumptions": [dict(one) for one in review.assumptions],
        "strictest": [
            {"subject": subject, "kind": kind, "unit": unit, "rule": rule}
            for (subject, kind, unit), rule in review.strictest.items()
        ],
        "findings": [_finding(finding, lang=lang) for finding in review.findings],
        "neighbours": None
        if review.neighbours is None
        else [vars(change) for change in review.neighbours],
        "capacity": None
        if review.capacity is None
        else [asdict(change) for change in review.capacity],
    }


def project_facts(project: Project) -> dict[str, Any]:
    """Return the facts of a project that a reader wants first."""
    population = project.population
    return {
        "id": project.id,
        "name": project.name,
        "area": project.area,
        "units": project.units,
        "population": None if population is None else population.persons,
        "population_assumed": population is not None and population.assumption is not None,
        "phases": [{"id": phase.id, "units": phase.units} for phase in project.phases],
        "facilities": [
            {
                "id": facility.id,
                "kind": facility.kind,
                "phase": facility.phase,
                "floor_area_m2": _number(facility.floor_area_m2),
                "site_area_m2": _number(facility.site_area_m2),
            }
            for facility in project.facilities
        ],
        "planning_conditions": None
        if project.planning_conditions is None
        else project.planning_conditions.document_no,
        "pool": None if project.pool is None else project.pool.id,
    }


def _finding(finding: ReviewFinding, *, lang: str) -> dict[str, Any]:
    return {
        "pack": finding.pack,
        "rule": finding.rule,
        "kind": finding.kind,
        "subject": finding.subject,
        "severity": finding.severity,
        "verdict": finding.verdict,
        "gate": finding.gate,
        "binds": finding.binds,
        "beside": None if finding.beside is None else beside_text(finding.beside, lang=lang),
        "against": finding.against,
        "provided_by": finding.provided_by,
        "value": _number(finding.provided),
        "threshold": _number(finding.needed),
        "deficit": _number(finding.deficit),
        "unit": finding.unit,
        "reason": finding.reason[lang],
        "definition": finding.definition.get(lang),
        "near_threshold": finding.near_threshold,
        "unit_id": finding.unit_id,
        "unit_households": finding.unit_households,
        **{name: value for name, value in finding.measures.items() if value is not None},
        "facilities": list(finding.facilities),
        "missing": [dict(gap) for gap in finding.missing],
        "would_count_if": [dict(one) for one in finding.would_count_if],
        "alternatives": [dict(one) for one in finding.alternatives],
        "remedies": [_remedy(remedy, lang=lang) for remedy in finding.remedies],
        "steps": [_step(step, lang=lang) for step in finding.steps],
        "clause": finding.clause,
        "quote": finding.quote,
        "reading": finding.reading[lang],
    }


def _step(step: Step, *, lang: str) -> dict[str, Any]:
    members: Mapping[str, Any] = {
        "check": step.check,
        "verdict": step.verdict,
        "facility": step.facility,
        "phase": step.phase,
        "item": step.item,
        "needed": _number(step.needed),
        "provided": _number(step.provided),
        "deficit": _number(step.deficit),
        "allowed": _number(step.allowed),
        "unit": step.unit,
        "date": None if step.date is None else step.date.isoformat(),
        "against": None if step.against is None else step.against.isoformat(),
        "missing": [dict(gap) for gap in step.missing] or None,
        "reason": sentence(step, lang=lang),
    }
    return {name: value for name, value in members.items() if value is not None}


def _remedy(remedy: Remedy, *, lang: str) -> dict[str, Any]:
    members = remedy.as_json()
    if remedy.amount is not None:
        members["amount"] = _number(remedy.amount)
    return {**members, "text": remedy_text(remedy, lang=lang)}


def _number(value: Decimal | str | None) -> int | float | str | None:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
