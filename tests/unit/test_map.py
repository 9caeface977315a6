"""The map picture: drawn without global state, with legend, scale and notices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib import colors

from service.reports import fonts
from service.reports.legend import count_flags
from service.reports.map import draw_map
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from service.reports.scale import length_text, round_length
from service.reports.window import densest
from service.reports.wrapping import width, wrap
from spatial.errors import InputError
from spatial.fields import SERVICES
from spatial.policy.findings import FLAGS

TITLE = {"zh": "示范图\n2026-06-30", "en": "Demonstration\n2026-06-30"}
NOTICES = {"zh": ["合成数据。© OpenStreetMap contributors"], "en": ["Synthetic data."]}


@pytest.fixture
def districts() -> gpd.GeoDataFrame:
    """Five squares of about 500 m in a row, one of each flag; the last has a hole."""
    squares = [shapely.box(114.3 + 0.01 * n, 30.5, 114.305 + 0.01 * n, 30.505) for n in range(5)]
    squares[4] = squares[4].difference(shapely.box(114.341, 30.501, 114.344, 30.504))
    return gpd.GeoDataFrame(
        {
            "flag": list(FLAGS),
            "households": pd.array([900, None, 300, 1_200, 10], dtype="Int64"),
        },
        geometry=squares,
        crs="EPSG:4326",
    )


@pytest.fixture
def facilities() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"service": ["childcare", "elderly"]},
        geometry=[shapely.Point(114.302, 30.502), shapely.box(114.31, 30.51, 114.311, 30.511)],
        crs="EPSG:4326",
    )


def draw(path: Path, districts, facilities, *, streets=None, lang="en", **texts):
    return draw_map(
        path,
        districts=districts,
        facilities=facilities,
        streets=streets,
        title=texts.get("title", TITLE),
        notices=texts.get("notices", NOTICES),
        lang=lang,
    )


def pixels_of(path: Path, colour: str) -> int:
    picture = matplotlib.image.imread(path)[:, :, :3]
    return int((np.abs(picture - np.array(colors.to_rgb(colour))).max(axis=2) < 0.01).sum())


def test_every_flag_is_drawn_in_its_colour(tmp_path, districts, facilities):
    path = tmp_path / "map.png"
    draw(path, districts, facilities)
    counts = {flag: pixels_of(path, style.colour) for flag, style in FLAG_STYLES.items()}
    assert min(counts.values()) > 2_000
    # Equal squares are equally large in the picture; the last one has a hole.
    equal = [counts[flag] for flag in ("underserved", "undetermined", "watch")]
    assert max(equal) < 1.1 * min(equal)
    assert counts["not_assessed"] < 0.85 * min(equal)
    # The one with most households is shown a second time, enlarged.
    assert counts["served"] > 3 * max(equal)


def test_a_flag_that_does_not_occur_is_not_drawn(tmp_path, districts, facilities):
    path = tmp_path / "map.png"
    draw(path, districts[districts["flag"] != "watch"], facilities)
    assert pixels_of(path, FLAG_STYLES["watch"].colour) == 0


def test_streets_are_drawn_where_given(tmp_path, districts, facilities):
    streets = gpd.GeoDataFrame(
        {"highway": ["primary", None]},
        geometry=[
            shapely.LineString([(114.30, 30.51), (114.35, 30.51)]),
            shapely.LineString([(114.30, 30.495), (114.35, 30.495)]),
        ],
        crs="EPSG:4326",
    )
    paths = tmp_path / "without.png", tmp_path / "with.png"
    draw(paths[0], districts, facilities)
    draw(paths[1], districts, facilities, streets=streets)
    without, drawn = (matplotlib.image.imread(path) for path in paths)
    assert (without != drawn).any(axis=2).sum() > 500


def test_districts_known_as_points_are_drawn(tmp_path, districts, facilities):
    path = tmp_path / "map.png"
    dots = districts.assign(geometry=shapely.centroid(districts.geometry.to_numpy()))
    draw(path, gpd.GeoDataFrame(dots, crs="EPSG:4326"), facilities)
    small = pixels_of(path, FLAG_STYLES["served"].colour)
    draw(path, districts, facilities)
    # The key of the legend has the colour too.
    assert 0 < small < pixels_of(path, FLAG_STYLES["served"].colour)


def test_one_point_and_no_facility_make_a_map(tmp_path):
    path = tmp_path / "map.png"
    one = gpd.GeoDataFrame(
        {"flag": ["served"], "households": [5]}, geometry=[shapely.Point(24.9, 60.2)], crs=4326
    )
    nothing = gpd.GeoDataFrame({"service": [], "geometry": []}, crs="EPSG:4326")
    draw(path, one, nothing, streets=one.iloc[:0].set_geometry("geometry"))
    assert pixels_of(path, FLAG_STYLES["served"].colour) > 0


def test_a_layer_in_another_system_is_put_in_place(tmp_path, districts, facilities):
    paths = tmp_path / "degrees.png", tmp_path / "metres.png"
    draw(paths[0], districts, facilities)
    draw(paths[1], districts.to_crs("EPSG:32650"), facilities.to_crs("EPSG:4547"))
    first, second = (matplotlib.image.imread(path) for path in paths)
    assert (np.abs(first - second).max(axis=2) > 0.1).mean() < 0.001


def test_the_same_map_is_the_same_file(tmp_path, districts, facilities):
    paths = tmp_path / "first.png", tmp_path / "second.png"
    for path in paths:
        draw(path, districts, facilities)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_whole_city_is_drawn(tmp_path, city, lang):
    path = tmp_path / "city.png"
    flags = np.array(FLAGS)[np.arange(len(city.districts)) % len(FLAGS)]
    draw(
        path,
        city.districts.assign(flag=flags),
        city.facilities,
        streets=city.streets,
        lang=lang,
        notices={"zh": [city.notice_zh], "en": [city.notice_en]},
    )
    assert all(pixels_of(path, style.colour) > 500 for style in FLAG_STYLES.values())


def test_chinese_is_written_with_a_chinese_font(tmp_path, districts, facilities):
    family = fonts.cjk_family()
    # A missing glyph would be a warning, and a warning fails the test.
    drawn = draw(tmp_path / "map.png", districts, facilities, lang="zh")
    assert drawn.lang == ("en" if family is None else "zh")
    assert drawn.font == (family or fonts.LATIN_FAMILY)


def test_without_a_chinese_font_the_map_is_english(tmp_path, districts, facilities, monkeypatch):
    monkeypatch.setattr(fonts, "CJK_FAMILIES", ())
    drawn = draw(tmp_path / "asked_zh.png", districts, facilities, lang="zh")
    assert (drawn.lang, drawn.font) == ("en", fonts.LATIN_FAMILY)
    draw(tmp_path / "asked_en.png", districts, facilities, lang="en")
    assert (tmp_path / "asked_zh.png").read_bytes() == (tmp_path / "asked_en.png").read_bytes()


def test_chinese_in_english_texts_is_left_out_without_a_font(
    tmp_path, districts, facilities, monkeypatch
):
    monkeypatch.setattr(fonts, "CJK_FAMILIES", ())
    mixed = {"en": ["合成数据。© OpenStreetMap contributors，ODbL"], "zh": ["合成"]}
    # A missing glyph would be a warning, and a warning fails the test.
    drawn = draw(tmp_path / "map.png", districts, facilities, notices=mixed)
    assert drawn.font == fonts.LATIN_FAMILY
    assert fonts.without_wide(mixed["en"][0]) == "© OpenStreetMap contributors ODbL"


def test_unknown_flags_services_and_systems_are_refused(tmp_path, districts, facilities):
    path = tmp_path / "map.png"
    with pytest.raises(InputError, match="unknown flag 'fine'; known are underserved"):
        draw(path, districts.assign(flag="fine"), facilities)
    with pytest.raises(InputError, match="unknown service 'health'"):
        draw(path, districts, facilities.assign(service="health"))
    with pytest.raises(InputError, match="no districts"):
        draw(path, districts.iloc[:0], facilities)
    with pytest.raises(InputError, match="declares no coordinate reference system"):
        draw(path, districts.set_crs(None, allow_override=True), facilities)
    assert not path.exists()


def test_a_map_that_cannot_be_written_says_so(tmp_path, districts, facilities):
    with pytest.raises(OSError, match="No such file"):
        draw(tmp_path / "missing" / "map.png", districts, facilities)


def test_drawing_does_not_touch_the_global_state_of_matplotlib():
    code = "import sys, service.reports.map; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_flag_and_service_has_a_style():
    assert tuple(FLAG_STYLES) == FLAGS
    assert set(SERVICE_STYLES) == set(SERVICES)


def test_flag_colours_differ_in_lightness():
    lightness = sorted(
        np.dot(colors.to_rgb(style.colour), (0.2126, 0.7152, 0.0722))
        for flag, style in FLAG_STYLES.items()
        if flag in {"underserved", "watch", "served"}
    )
    assert np.diff(lightness).min() > 0.1


def test_the_legend_counts_districts_and_known_households(districts):
    counted = count_flags(pd.concat([districts, districts.iloc[:1]]))
    assert [(c.flag, c.districts, c.households) for c in counted] == [
        ("underserved", 2, 1_800),
        ("undetermined", 1, 0),
        ("watch", 1, 300),
        ("served", 1, 1_200),
        ("not_assessed", 1, 10),
    ]


@pytest.mark.parametrize(
    ("longest_m", "length_m", "text"),
    [(11_999, 10_000, "10 km"), (1_000, 1_000, "1 km"), (999, 500, "500 m"), (4.9, 2, "2 m")],
)
def test_the_scale_bar_has_a_round_length(longest_m, length_m, text):
    assert round_length(longest_m) == length_m
    assert length_text(length_m) == text


def test_the_part_enlarged_holds_most_weight():
    points = np.array([[0.0, 0.0], [10.0, 0.0], [11.0, 0.0], [500.0, 0.0]])
    window = densest(points, np.array([5.0, 2.0, 2.0, 7.0]), width_m=20, height_m=20)
    # Around the first: 5 + 2; around the second: all three, 5 + 2 + 2, one of them on the rim.
    assert (window.west, window.east) == (0.0, 20.0)
    assert (window.width, window.height) == (20.0, 20.0)


def test_lines_break_between_words_and_chinese_characters():
    assert wrap("one two three", columns=8) == ["one two", "three"]
    assert wrap("金华市规则，套用", columns=10) == ["金华市规则，", "套用"]
    assert wrap("图 © OpenStreetMap contributors。", columns=20) == [
        "图 © OpenStreetMap",
        "contributors。",
    ]
    assert wrap("a\nb", columns=9) == ["a", "b"]
    assert width("金a") == 3
