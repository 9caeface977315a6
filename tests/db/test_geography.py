"""Straight-line distances against PostGIS's geography (acceptance 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import shapely
from sqlalchemy.engine import make_url

from spatial.crs import metric_crs
from spatial.straight import nearest_straight


def test_straight_lines_equal_geography_within_2_mm(database: Any) -> None:
    random = np.random.default_rng(20261122)
    low, high = np.array([113.99, 30.38]), np.array([114.55, 30.78])
    places = shapely.points(random.uniform(low, high, size=(1000, 2)))
    sites = shapely.points(random.uniform(low, high, size=(300, 2)))
    found = nearest_straight(places, sites, crs=metric_crs(114.3, 30.6), limit_m=50_000)
    url = make_url(database.owner_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        rows = connection.execute(
            """
            WITH place AS (
                SELECT ordinality AS n, ST_GeomFromWKB(wkb, 4326)::geography AS geog
                FROM unnest(%s::bytea[]) WITH ORDINALITY AS given (wkb, ordinality)
            ), site AS (
                SELECT ordinality - 1 AS n, ST_GeomFromWKB(wkb, 4326)::geography AS geog
                FROM unnest(%s::bytea[]) WITH ORDINALITY AS given (wkb, ordinality)
            )
            SELECT nearest.n, nearest.metres
            FROM place CROSS JOIN LATERAL (
                SELECT site.n, ST_Distance(place.geog, site.geog) AS metres
                FROM site ORDER BY metres, site.n LIMIT 1
            ) AS nearest
            ORDER BY place.n
            """,
            (list(shapely.to_wkb(places)), list(shapely.to_wkb(sites))),
        ).fetchall()
    expected = np.array([metres for _, metres in rows])
    assert np.abs(found.metres - expected).max() < 0.002
    assert found.site.tolist() == [site for site, _ in rows]


def test_the_footprint_counts_from_its_nearest_point_as_in_geography(database: Any) -> None:
    random = np.random.default_rng(5)
    corners = random.uniform([114.2, 30.5], [114.4, 30.7], size=(200, 2))
    footprints = shapely.box(*corners.T, *(corners + 0.0006).T)
    site = shapely.Point(114.3, 30.6)
    found = nearest_straight(
        footprints, np.array([site]), crs=metric_crs(114.3, 30.6), limit_m=50_000
    )
    url = make_url(database.owner_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        rows = connection.execute(
            "SELECT ST_Distance(ST_GeomFromWKB(wkb, 4326)::geography, ST_GeomFromWKB(%s, 4326))"
            " FROM unnest(%s::bytea[]) WITH ORDINALITY AS given (wkb, n) ORDER BY n",
            (shapely.to_wkb(site), list(shapely.to_wkb(footprints))),
        ).fetchall()
    # Geography draws the sides as great circles, we as straight lines of the zone: a footprint of
    # 60 m bends by far less than a millimetre.
    assert np.abs(found.metres - np.array([row[0] for row in rows])).max() < 0.002
