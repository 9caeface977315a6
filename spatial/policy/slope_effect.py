"""What counting slope changes: one evaluation beside the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from spatial.policy.evaluation import Evaluation

# The kind of rule that is decided by walking.
_CIRCLE: Final = "service_circle_time"


@dataclass(frozen=True)
class SlopeEffect:
    """How much harsher an evaluation is for counting slope.

    Parameters
    ----------
    households_outside_more
        Households outside a circle with slope, less those without. In each district the circle
        that leaves most of them outside counts, so that no household is counted twice.
    districts_changed
        Districts of another flag.
    findings_changed
        Findings of another verdict.
    rules
        Households outside with slope, less those without, by rule.
    """

    households_outside_more: int
    districts_changed: int
    findings_changed: int
    rules: Mapping[str, int]

    def line(self) -> str:
        """Return the effect as one line, as warnings are."""
        return (
            f"with slope: {self.households_outside_more} more households outside, "
            f"{self.districts_changed} districts flagged otherwise"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the effect as plain data."""
        return {
            "households_outside_more": self.households_outside_more,
            "districts_changed": self.districts_changed,
            "findings_changed": self.findings_changed,
            "rules": dict(self.rules),
        }


def slope_effect(sloped: Evaluation, level: Evaluation) -> SlopeEffect:
    """Compare two evaluations that differ in nothing but slope.

    Parameters
    ----------
    sloped, level
        Of the same districts, packs and date, on the network with slope and without. Districts of
        unknown households, and those off the network, add nothing to households.
    """
    ahead, behind = _circles(sloped.findings), _circles(level.findings)
    keys = ["district_id", "pack", "rule"]
    verdicts = sloped.findings.set_index(keys)["verdict"]
    before = level.findings.set_index(keys)["verdict"].reindex(verdicts.index)
    flags = sloped.districts.set_index("id")["flag"]
    flags_before = level.districts.set_index("id")["flag"].reindex(flags.index)
    by_rule = _outside(ahead, "rule") - _outside(behind, "rule")
    return SlopeEffect(
        households_outside_more=_worst(ahead) - _worst(behind),
        districts_changed=int((flags.to_numpy() != flags_before.to_numpy()).sum()),
        findings_changed=int((verdicts.to_numpy() != before.to_numpy()).sum()),
        rules=MappingProxyType({str(rule): int(more) for rule, more in by_rule.items()}),
    )


def _circles(findings: pd.DataFrame) -> pd.DataFrame:
    return findings[findings["kind"] == _CIRCLE]


def _outside(findings: pd.DataFrame, by: str) -> pd.Series[float]:
    return findings["households_outside"].astype(float).groupby(findings[by], sort=True).sum()


def _worst(findings: pd.DataFrame) -> int:
    outside = findings["households_outside"].astype(float).fillna(0.0)
    return int(outside.groupby(findings["district_id"]).max().sum())
