"""The demo city brought to any number of districts, one demand point each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from seed.wuhan.city import DemoCity
from spatial.network import Network
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_pack
from spatial.policy.planning_data import PlanningData

PACK_FILE = Path(__file__).resolve().parents[2] / "seed" / "policies" / "jinhua-2022.yaml"
AS_OF = dt.date(2026, 7, 1)
_SEED = 20260722
_SHIFT_DEG = 0.0015  # about 150 m: a copy gets a nearest facility and a street of its own


@dataclass(frozen=True, eq=False)
class BenchCity:
    """The layers of the demo city and what they are judged by."""

    demo: DemoCity
    network: Network
    pack: Pack

    def planning_data(self, *, districts: int) -> PlanningData:
        """Return the city with that many point districts."""
        frame = point_districts(self.demo.districts, count=districts)
        facilities = self.demo.facilities.copy()
        # A facility of a district that was not drawn is a facility like any other.
        absent = ~facilities["district_id"].isin(frame["id"])
        facilities["district_id"] = facilities["district_id"].mask(absent, None)
        return PlanningData(
            districts=frame,
            facilities=facilities,
            areas=self.demo.areas,
            network=self.network,
        )


def bench_city(demo: DemoCity, network: Network) -> BenchCity:
    """Put the parts together with the pack of the demo."""
    return BenchCity(demo, network, load_pack(PACK_FILE))


def point_districts(districts: GeoDataFrame, *, count: int) -> GeoDataFrame:
    """Resample districts to `count` points; the same ones every time.

    Fewer than there are: a draw without repetition. More: each once, then copies drawn with
    repetition, moved by up to 150 m, with ids of their own.

    Parameters
    ----------
    districts
        Columns of `spatial.fields`, EPSG:4326.
    """
    rng = np.random.default_rng(_SEED)
    number = _draw(rng, len(districts), count)
    copies = len(number) - min(count, len(districts))
    frame = districts.iloc[number].reset_index(drop=True)
    xy = shapely.get_coordinates(shapely.point_on_surface(np.asarray(frame.geometry.array)))
    if copies:
        xy[-copies:] += rng.uniform(-_SHIFT_DEG, _SHIFT_DEG, size=(copies, 2))
        marks = pd.Series([f"-{i}" for i in range(copies)], index=frame.index[-copies:])
        frame.loc[marks.index, "id"] = frame.loc[marks.index, "id"] + marks
    frame["entrances"] = None
    return gpd.GeoDataFrame(
        frame.drop(columns="geometry"), geometry=shapely.points(xy), crs=districts.crs
    )[list(districts.columns)]


def _draw(rng: np.random.Generator, available: int, count: int) -> NDArray[np.int64]:
    if count <= available:
        return np.sort(rng.choice(available, count, replace=False))
    return np.concatenate(
        [np.arange(available), rng.integers(0, available, size=count - available)]
    )
