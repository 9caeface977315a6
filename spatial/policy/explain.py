"""One finding as a paragraph for a letter: clause, reading, computation, way to meet it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spatial.policy.explaining import area as of_area
from spatial.policy.explaining import district as of_district
from spatial.policy.explaining import letter
from spatial.policy.explaining.letter import Record
from spatial.policy.pack import Pack
from spatial.policy.rule import Rule


def explain_finding(
    finding: Record, *, pack: Pack, rule: Rule, lang: str, district: Mapping[str, Any]
) -> str:
    """Explain what a rule found for one district.

    Parameters
    ----------
    finding
        `spatial.policy.findings.FINDING_COLUMNS`.
    pack, rule
        What it was judged by.
    lang
        ``zh`` or ``en``.
    district
        Its ``id``, ``name``, ``stage`` and ``households``; the last three may be None.

    Returns
    -------
    One paragraph. Numbers are exact, or cut and marked with ….
    """
    return letter.paragraph(
        [
            letter.clause(pack, rule, lang=lang),
            letter.reading(rule, lang=lang),
            *of_district.sentences(finding, rule=rule, lang=lang, district=district),
        ],
        lang=lang,
    )


def explain_area_row(row: Record, *, pack: Pack, rule: Rule, lang: str) -> str:
    """Explain what a rule found for one area, or how its districts' findings roll up.

    Parameters
    ----------
    row
        `spatial.policy.findings.AREA_COLUMNS`.
    pack, rule, lang
        As in `explain_finding`.
    """
    return letter.paragraph(
        [
            letter.clause(pack, rule, lang=lang),
            letter.reading(rule, lang=lang),
            *of_area.sentences(row, rule=rule, lang=lang),
        ],
        lang=lang,
    )


def calculation(finding: Mapping[str, Any], *, rule: Rule, lang: str) -> str | None:
    """Write out how the figures of a rule about a new district were worked out.

    Parameters
    ----------
    finding
        ``verdict``, ``value``, ``threshold``, ``unit_households`` and the measures of reach, as a
        review's document names them.
    rule, lang
        As in `explain_finding`.

    Returns
    -------
    As `0.15 × 1,334`, exact; None for another kind of rule, and where there are no figures.
    """
    return of_district.calculation(finding, rule=rule, lang=lang)


def remedy(finding: Record, *, rule: Rule, lang: str, district: Mapping[str, Any]) -> str | None:
    """Say what would meet the rule, or decide it; None where it is met or nothing can be said.

    Parameters as in `explain_finding`.
    """
    return of_district.remedy(finding, rule=rule, lang=lang, district=district)


def area_remedy(row: Record, *, rule: Rule, lang: str) -> str | None:
    """Say the same of a row of the area table; parameters as in `explain_area_row`."""
    return of_area.remedy(row, rule=rule, lang=lang)
