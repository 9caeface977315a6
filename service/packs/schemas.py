"""How rule packs are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from service.core.language import Language
from spatial.policy.pack import Pack, evaluable
from spatial.policy.rule import Rule


class PackSummary(BaseModel):
    """One policy document."""

    id: str
    version: str
    document_no: str
    title: str
    issuer: str
    region_codes: list[str]
    effective_from: date
    effective_to: date | None
    background: bool
    rules: int

    @classmethod
    def of(cls, pack: Pack) -> PackSummary:
        """Return the summary of a pack."""
        return cls(
            id=pack.id,
            version=pack.version,
            document_no=pack.document_no,
            title=pack.title,
            issuer=pack.issuer,
            region_codes=list(pack.region_codes),
            effective_from=pack.effective_from,
            effective_to=pack.effective_to,
            background=pack.background,
            rules=len(pack.rules),
        )


class PackList(BaseModel):
    """All packs in use, ordered by id."""

    packs: list[PackSummary]


def rule_document(rule: Rule, language: Language) -> dict[str, Any]:
    """Return a rule as shown: with its quote, its reading in one language, its exact numbers."""
    return {
        "id": rule.id,
        "clause": rule.clause,
        "quote": rule.quote,
        "reading": rule.reading[language],
        "kind": rule.kind,
        "subject": rule.subject,
        "severity": rule.severity,
        "condition": rule.condition,
        "applies_to": list(rule.applies_to),
        "parameters": dict(rule.parameters),
        "targets_by_year": dict(rule.targets_by_year),
        "baselines": dict(rule.baselines),
        "evaluable": evaluable(rule),
        "counts": {
            "kinds": list(rule.counts.kinds),
            "status": rule.counts.status,
            "require": dict(rule.counts.require),
        },
    }


_RULE_TEXTS: Final = ("id", "clause", "quote", "reading", "kind", "severity", "evaluable")
RULES_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["pack", "version", "rules"],
        "properties": {
            "pack": {"type": "string"},
            "version": {"type": "string"},
            "rules": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": list(_RULE_TEXTS),
                    "properties": {name: {"type": "string"} for name in _RULE_TEXTS},
                },
            },
        },
    }
)
