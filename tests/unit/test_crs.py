import numpy as np
import pytest

from spatial.crs import geodesic_m, metric_crs, millimetres, project_lonlat, unproject


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (114.3, 30.6, 4547),  # Wuhan, central meridian 114
        (119.65, 29.08, 4549),  # Jinhua, 120
        (100.23, 25.6, 4542),  # Dali, 99
        (106.7, 26.6, 4545),  # Guiyang, 108
        (112.5, 30.0, 4547),  # the seam belongs to the zone in the east
        (24.94, 60.17, 32635),  # Helsinki
        (-15.4, 28.1, 32628),  # Las Palmas
        (151.2, -33.9, 32756),  # Sydney
    ],
)
def test_metric_crs(lon: float, lat: float, code: int) -> None:
    assert metric_crs(lon, lat).to_epsg() == code


def test_a_projected_place_comes_back() -> None:
    places = np.array([[114.3, 30.6], [113.9, 30.4]])
    crs = metric_crs(114.3, 30.6)
    back = unproject(project_lonlat(places, target=crs), source=crs)
    assert np.abs(back - places).max() < 1e-11


def test_geodesic_of_a_known_line() -> None:
    # One degree of the equator on WGS 84: a * pi / 180.
    metres = geodesic_m(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
    assert metres[0] == pytest.approx(6378137.0 * np.pi / 180, abs=1e-6)


def test_geodesic_of_no_places_is_empty() -> None:
    assert geodesic_m(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0,)


def test_millimetres_round_half_up_and_pass_infinity_on() -> None:
    metres = np.array([0.0005, 300.0004, 300.0005, 1.0, np.inf, np.nan])
    assert millimetres(metres)[:5].tolist() == [1, 300000, 300001, 1000, np.inf]
    assert np.isnan(millimetres(metres)[5])
