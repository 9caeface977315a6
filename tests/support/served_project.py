"""A housing project in the served town, and a finding of its review."""

from __future__ import annotations

from served_town import block, point

HOUSING = {
    "planned_on": "2024-01-01",
    "built_on": "2025-06-01",
    "accepted_on": "2025-09-01",
    "handed_over_on": "2025-10-01",
}


def project(project_id="p", *, units=1000, column=5, **members):
    """Make a project in the west of the town, a block from its nursery."""
    nursery = {
        "id": f"{project_id}-n",
        "kind": "nursery",
        "phase": "1",
        "floor_area_m2": 200,
        "geometry": point(column + 0.5, 2.5),
    }
    return {
        "id": project_id,
        "site": block(column, 2),
        "phases": [{"id": "1", "units": units, "housing": HOUSING}],
        "facilities": [nursery],
        **members,
    }


def found(document, rule):
    (finding,) = [one for one in document["findings"] if one["rule"] == rule]
    return finding
