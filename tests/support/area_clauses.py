"""Clauses about areas that several tests judge by."""

from __future__ import annotations

from typing import Any

from regions import area_rule

PLACES = {
    "of": "facilities",
    "sum": "places",
    "kinds": ["nursery"],
    "status": "operating",
    "indicator": "childcare_places",
}
NURSERIES = {"of": "facilities", "sum": "count", "kinds": ["nursery"], "status": "operating"}
PEOPLE = {"of": "areas", "field": "population"}


def ratio(**more: Any) -> dict[str, Any]:
    parameters = {
        "numerator": PLACES,
        "denominator": PEOPLE,
        "per": 1000,
        "operator": ">=",
        "minimum": None,
        "unit": "‰",
        **more.pop("parameters", {}),
    }
    return area_rule(
        more.pop("kind", "places_per_1000_pop"),
        applies_to=more.pop("applies_to", ["prefecture", "county"]),
        parameters=parameters,
        targets_by_year=more.pop("targets_by_year", {"2025": 4.5}),
        **more,
    )
