"""Findings of a stored run as paragraphs for a letter; see `service.exports.explanation`."""

from __future__ import annotations

from sqlalchemy import Connection

from service.evaluations.results import areas, district_of, findings_at
from service.evaluations.stored_evaluation import StoredEvaluation
from service.exports.explanation import Explanation, explain_found, explain_rows, parse_finding
from service.packs.service import load_versions


def explain_one(connection: Connection, stored: StoredEvaluation, address: str) -> Explanation:
    """Explain a finding about a district.

    Parameters
    ----------
    address
        ``district~rule``, or the number of the finding in the run.

    Raises
    ------
    InputError
        When it is of neither form, there is no such finding, or there are several.
    """
    found = findings_at(connection, stored.id, parse_finding(address))
    district = found["district_id"].iloc[0] if len(found) else ""
    return explain_found(
        found,
        district_of(connection, stored.id, district),
        address=address,
        packs=load_versions(connection, dict(stored.pack_versions)),
    )


def explain_area(
    connection: Connection, stored: StoredEvaluation, code: str, rule: str
) -> tuple[Explanation, ...]:
    """Explain what a rule found for an area or a park: one explanation a part and pack.

    Raises
    ------
    InputError
        When the run has no such row.
    """
    return explain_rows(
        areas(connection, stored.id, code=code, rule=rule),
        code=code,
        rule=rule,
        packs=load_versions(connection, dict(stored.pack_versions)),
    )
