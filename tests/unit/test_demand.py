"""Demand points: buildings, else a fixed grid, else the point."""

import numpy as np
import shapely
from planning import buildings, districts, point, square

from spatial.crs import metric_crs, project
from spatial.demand import demand_points

CRS = metric_crs(114.3, 30.58)


def test_a_square_of_200_m_holds_about_sixteen_grid_points() -> None:
    demand = demand_points(
        districts({"id": "d", "geometry": square(0, 0, 200)}), None, crs=CRS, spacing_m=50
    )
    assert demand.kind.tolist() == ["grid"]
    assert 12 <= len(demand.geometry) <= 25
    assert shapely.within(demand.geometry, square(0, 0, 200)).all()
    steps = shapely.get_coordinates(project(demand.geometry, target=CRS)) / 50
    assert np.abs(steps - np.rint(steps)).max() < 1e-6


def test_the_grid_does_not_depend_on_what_else_is_evaluated() -> None:
    one = districts({"id": "d", "geometry": square(0, 0, 300)})
    two = districts(
        {"id": "a", "geometry": square(-900, 70, 333)}, {"id": "d", "geometry": square(0, 0, 300)}
    )
    alone = demand_points(one, None, crs=CRS, spacing_m=50)
    together = demand_points(two, None, crs=CRS, spacing_m=50)
    mine = together.geometry[together.start[1] :]
    assert shapely.equals_exact(alone.geometry, mine, 1e-12).all()


def test_a_sliver_between_the_grid_lines_has_one_point_of_its_own() -> None:
    sliver = square(0, 0, 6)
    demand = demand_points(districts({"id": "d", "geometry": sliver}), None, crs=CRS, spacing_m=50)
    assert len(demand.geometry) == 1
    assert sliver.contains(demand.geometry[0])


def test_buildings_come_first_and_weigh_by_households_where_all_have_them() -> None:
    homes = districts(
        {"id": "all", "geometry": square(0, 0, 200)},
        {"id": "some", "geometry": square(500, 0, 200)},
        {"id": "none", "geometry": point(900)},
    )
    blocks = buildings(
        {"id": "1", "district_id": "all", "households": 30, "geometry": point(0)},
        {"id": "2", "district_id": "all", "households": 10, "geometry": point(9)},
        {"id": "3", "district_id": "some", "households": 30, "geometry": point(500)},
        {"id": "4", "district_id": "some", "geometry": point(510)},
        {"id": "5", "district_id": "elsewhere", "households": 30, "geometry": point(0)},
    )
    demand = demand_points(homes, blocks, crs=CRS, spacing_m=50)
    assert demand.kind.tolist() == ["buildings", "buildings", "point"]
    assert demand.weight.tolist() == [30, 10, 1, 1, 1]
    assert demand.start.tolist() == [0, 2, 4, 5]
