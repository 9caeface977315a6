"""Residential buildings from a massing: where people will live before a plan names buildings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from spatial.crs import metric_crs
from spatial.crs import project as to_metres
from spatial.policy.review.project import Block, PlannedBuilding, Project


def demand_buildings(project: Project) -> tuple[PlannedBuilding, ...]:
    """Return the buildings distances are measured from: as planned, else those of the massing.

    The units of a phase are spread over its blocks by their floor area, footprint × storeys, in
    whole units that add up to those of the phase (largest remainders, ties in the order given).
    """
    if not project.massing:
        return project.buildings
    floor_m2 = _floor_areas(project)
    units: dict[str, int] = {}
    for phase in project.phases:
        of_phase = [block for block in project.massing if block.phase == phase.id]
        shares = _spread(phase.units, [floor_m2[block.id] for block in of_phase])
        units |= {block.id: share for block, share in zip(of_phase, shares, strict=True)}
    return tuple(
        PlannedBuilding(block.id, block.phase, block.geometry, units[block.id])
        for block in project.massing
    )


def _floor_areas(project: Project) -> dict[str, float]:
    """Return the floor area of each block, m², footprints measured in the local metric CRS."""
    middle = project.site.representative_point()
    shapes = np.array([block.geometry for block in project.massing], dtype=object)
    footprint_m2 = shapely.area(to_metres(shapes, target=metric_crs(middle.x, middle.y)))
    blocks: Sequence[Block] = project.massing
    return {
        block.id: float(area) * block.storeys
        for block, area in zip(blocks, footprint_m2, strict=True)
    }


def _spread(units: int, weights: Sequence[float]) -> list[int]:
    exact = [units * weight / sum(weights) for weight in weights]
    whole = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda at: (whole[at] - exact[at], at))
    for at in order[: units - sum(whole)]:
        whole[at] += 1
    return whole
