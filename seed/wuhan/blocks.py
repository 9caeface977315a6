"""Street blocks: the faces between real streets, and the plots inside them.

All geometry in metres, `seed.wuhan.streets.LOCAL_CRS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from seed.wuhan.streets import NOT_WALKABLE

HECTARE_M2: Final = 10_000.0

# From the centre line of the street to the fence, and the width of a lane between two plots.
SETBACK_M: Final = 7.0
LANE_M: Final = 4.0

MIN_PLOT_M2: Final = 0.5 * HECTARE_M2
MAX_PLOT_M2: Final = 8.0 * HECTARE_M2
MAX_BLOCK_M2: Final = 24.0 * HECTARE_M2
# Polsby-Popper: a square has 0.79, the strip between two carriageways nearly 0.
_MIN_COMPACTNESS: Final = 0.33
_MIN_WIDTH_M: Final = 44.0
# A block whose rim is mostly ramps is a junction, not a neighbourhood.
_MAX_RAMP_SHARE: Final = 0.4
_RIM_SAMPLES: Final = 12


@dataclass(frozen=True)
class Plots:
    """Pieces of land fit for a residential district.

    Parameters
    ----------
    polygons
        Polygon objects, shape (n,); no two overlap.
    block
        Number of the block each lies in, shape (n,).
    """

    polygons: NDArray[np.object_]
    block: NDArray[np.int64]


def street_blocks(streets: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Polygonize the walkable streets.

    Parameters
    ----------
    streets
        Lines with ``highway``; motorways are left out, and crossings without a common end point
        (bridges) are cut as if they met, so that the faces do not overlap.

    Returns
    -------
    Polygons that share their edges vertex by vertex (a coverage), from south to north.
    """
    walkable = streets[~streets["highway"].isin(NOT_WALKABLE)].geometry.to_numpy()
    noded = shapely.node(shapely.geometrycollections(walkable))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    middle = shapely.point_on_surface(faces)
    return np.asarray(faces[np.lexsort((shapely.get_x(middle), shapely.get_y(middle)))])


def residential_plots(blocks: NDArray[np.object_], streets: gpd.GeoDataFrame) -> Plots:
    """Find the plots a residential district could stand on.

    A block is taken when it is neither a sliver nor a junction nor larger than
    `MAX_BLOCK_M2`; it is set back from its streets, and cut by lanes while a piece is larger than
    `MAX_PLOT_M2`. Pieces under `MIN_PLOT_M2` are dropped.

    Parameters
    ----------
    blocks
        From `street_blocks`.
    streets
        With ``highway``, to tell ramps from streets.

    Returns
    -------
    In the order of the blocks.
    """
    fit = np.flatnonzero(_is_neighbourhood(blocks))
    fit = fit[_ramp_share(blocks[fit], streets) <= _MAX_RAMP_SHARE]
    inner, of = shapely.get_parts(
        shapely.buffer(blocks[fit], LANE_M / 2 - SETBACK_M, join_style="mitre"), return_index=True
    )
    block = fit[of]
    while (large := shapely.area(inner) > MAX_PLOT_M2).any():
        halves, half_of = _halve(inner[large])
        inner = np.concatenate([inner[~large], halves])
        block = np.concatenate([block[~large], block[large][half_of]])
    plots, of = shapely.get_parts(
        shapely.simplify(shapely.buffer(inner, -LANE_M / 2, join_style="mitre"), 0.3),
        return_index=True,
    )
    block = block[of]
    keep = (shapely.area(plots) >= MIN_PLOT_M2) & (_compactness(plots) >= _MIN_COMPACTNESS)
    keep &= shapely.get_num_interior_rings(plots) == 0
    plots, block = plots[keep], block[keep]
    middle = shapely.centroid(plots)
    order = np.lexsort((shapely.get_x(middle), shapely.get_y(middle), block))
    return Plots(plots[order], block[order])


def _compactness(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    around = shapely.length(polygons)
    return np.divide(
        4 * np.pi * shapely.area(polygons), around**2, out=np.zeros_like(around), where=around > 0
    )


def _is_neighbourhood(blocks: NDArray[np.object_]) -> NDArray[np.bool_]:
    area = shapely.area(blocks)
    wide = ~shapely.is_empty(shapely.buffer(blocks, -_MIN_WIDTH_M / 2 - SETBACK_M))
    fits = (area >= MIN_PLOT_M2) & (area <= MAX_BLOCK_M2)
    return np.asarray(fits & wide & (_compactness(blocks) >= _MIN_COMPACTNESS))


def _ramp_share(blocks: NDArray[np.object_], streets: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Share of points along the rim whose nearest street is a ramp."""
    rims = shapely.get_exterior_ring(blocks)
    at = (np.arange(_RIM_SAMPLES) + 0.5) / _RIM_SAMPLES
    points = shapely.line_interpolate_point(rims[:, None], at[None, :], normalized=True).ravel()
    walkable = streets[~streets["highway"].isin(NOT_WALKABLE)]
    ramp = walkable["highway"].str.endswith("_link").to_numpy()
    asked, nearest = shapely.STRtree(walkable.geometry.to_numpy()).query_nearest(
        points, all_matches=False
    )
    share = np.zeros(len(points))
    share[asked] = ramp[nearest]
    return np.asarray(share.reshape(len(blocks), _RIM_SAMPLES).mean(axis=1))


def _halve(polygons: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut each polygon through its centroid, across its longer side."""
    corners = shapely.get_coordinates(
        shapely.get_exterior_ring(shapely.oriented_envelope(polygons))
    )
    corners = corners.reshape(len(polygons), 5, 2)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]
    sizes = np.hypot(*first.T), np.hypot(*second.T)
    longer = np.where((sizes[0] >= sizes[1])[:, None], first, second)
    along = longer / np.hypot(*longer.T)[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    middle = shapely.get_coordinates(shapely.centroid(polygons))
    reach = 2 * (sizes[0] + sizes[1])[:, None]
    pieces = []
    for side in (1.0, -1.0):
        half_plane = shapely.polygons(
            np.stack(
                [
                    middle - reach * across,
                    middle + reach * across,
                    middle + reach * across + side * reach * along,
                    middle - reach * across + side * reach * along,
                ],
                axis=1,
            )
        )
        pieces.append(shapely.intersection(polygons, half_plane))
    halves = np.column_stack(pieces).ravel()
    parts, of = shapely.get_parts(halves, return_index=True)
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[is_area], of[is_area] // 2
