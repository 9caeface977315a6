"""Every heading of the table means its field and no other, however it is written."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from service.imports.column_map import PLACES, How, Why
from service.imports.columns import name_columns
from service.imports.headings import heading_table, plain, understand
from service.imports.saved_mapping import SavedColumn
from service.imports.tables import packaged_table
from service.indicators.fields import INDICATORS
from spatial.errors import InputError
from spatial.fields import AREAS, DISTRICTS, FACILITIES, LAYERS, Layer

TABLE = packaged_table("headings.yaml", "headings")
ALL: Mapping[str, Layer] = {**LAYERS, INDICATORS.name: INDICATORS}
WORDS = [
    (layer, field, word)
    for layer, fields in TABLE["layers"].items()
    for field, words in fields.items()
    for word in words
]
PLACE_WORDS = [(field, word) for field, words in TABLE["places"].items() for word in words]


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def named(*columns: str, layer: Layer = FACILITIES, **options):
    frame = pd.DataFrame({column: ["1"] for column in columns})
    return name_columns(frame, layer, options.pop("mapping", {}), source="f", **options)


def taken(*columns: str, layer: Layer = FACILITIES, **options) -> dict[str, str]:
    return {one.column: one.field for one in named(*columns, layer=layer, **options).columns.mapped}


def test_every_field_of_every_layer_has_headings() -> None:
    for name, layer in LAYERS.items():
        assert set(TABLE["layers"][name]) == set(layer.names) - {"geometry"}
    assert set(TABLE["layers"]) == set(ALL)
    assert set(TABLE["places"]) <= PLACES


def test_every_heading_means_its_field() -> None:
    for layer, field, word in WORDS:
        for written in (word, full_width(word), f" {word} ", word.upper(), f"{word}（必填）"):
            meaning = understand(written, ALL[layer], places=True)
            assert meaning.field == field, (layer, written, meaning)


def test_every_heading_of_a_place_means_it_in_every_layer() -> None:
    for field, word in PLACE_WORDS:
        for layer in LAYERS.values():
            assert understand(word, layer, places=True).field == field
            assert understand(word, layer, places=False).field is None


def test_no_heading_means_two_fields() -> None:
    for layer in ALL:
        places = [] if layer == INDICATORS.name else PLACE_WORDS
        seen: dict[str, str] = {}
        for field, word in [*((f, w) for kind, f, w in WORDS if kind == layer), *places]:
            assert seen.setdefault(plain(word), field) == field, (layer, word)
        names = {plain(name): name for name in ALL[layer].names}
        for word, field in seen.items():
            assert names.get(word, field) == field, (layer, word)


def test_ambiguous_headings_are_no_headings_and_name_fields_of_their_layer() -> None:
    for name, headings in TABLE["ambiguous"].items():
        known = heading_table(name, places=True)
        for word, fields in headings.items():
            assert plain(word) not in known.fields, (name, word)
            assert set(fields) <= set(ALL[name].names), (name, word)
            meaning = understand(word, ALL[name], places=True)
            assert (meaning.field, meaning.candidates) == (None, tuple(fields))


@pytest.mark.parametrize(
    ("layer", "heading", "field", "unit"),
    [
        (FACILITIES, "建筑面积(㎡)", "floor_area_m2", "m2"),
        (FACILITIES, "建筑面积（万㎡）", "floor_area_m2", "万m2"),
        (FACILITIES, "总建筑面积【平方米】", "floor_area_m2", "平方米"),
        (FACILITIES, "用地面积（亩）", "site_area_m2", "亩"),
        (FACILITIES, "用地面积（单位：公顷）", "site_area_m2", "公顷"),
        (FACILITIES, "占地面积亩", "site_area_m2", "亩"),
        (FACILITIES, "Floor Area (m²)", "floor_area_m2", "m2"),
        (FACILITIES, "FLOOR_AREA_SQM", "floor_area_m2", "sqm"),
        (FACILITIES, "托位数（个）", "places", "个"),
        (FACILITIES, "床位数(张)(必填)", "beds", "张"),
        (FACILITIES, "*3、机构名称", "name", None),
        (FACILITIES, "机构\n名称", "name", None),
        (FACILITIES, "公办/民办", "operator", None),
        (DISTRICTS, "户数（户）", "households", "户"),
        (DISTRICTS, "规划户数(2023年)", "households", None),
        (DISTRICTS, "X 坐标", "x", None),
        (AREAS, "常住人口(万人)", "population", "万人"),
        (AREAS, "常住人口（万）", "population", "万"),
        (AREAS, "６０岁以上人口", "population_60_plus", None),
        (AREAS, "0～3岁人口", "population_0_3", None),
    ],
)
def test_units_and_remarks_in_a_heading(
    layer: Layer, heading: str, field: str, unit: str | None
) -> None:
    meaning = understand(heading, layer, places=True)

    assert meaning.field == field
    assert (meaning.unit.text if meaning.unit else None) == unit
    assert not meaning.truncated


@pytest.mark.parametrize(
    "heading",
    [
        "建筑面积(地下)",
        "建筑面积(万)",
        "户数(㎡)",
        "建筑面积(㎡)(亩)",
        "托位数(张)",
        "床位数(已备案)",
    ],
)
def test_brackets_that_are_no_unit_of_the_field_are_not_passed_over(heading: str) -> None:
    assert understand(heading, FACILITIES, places=True).field is None


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("建筑面", "floor_area_m2"),  # 10 bytes of UTF-8
        ("总建筑面积"[:3], "floor_area_m2"),
        ("护理型床位", "nursing_beds"),  # whole, in GBK 10 bytes
        ("护理型", "nursing_beds"),
        ("认知障碍床", "dementia_beds"),  # 10 bytes of GBK
        ("统一社会信", "id"),
        ("floor_area", "floor_area_m2"),
        ("childcare_", "childcare_floor_area_m2"),
        ("inclusive_", "inclusive_places"),
    ],
)
def test_names_cut_to_ten_bytes_are_resolved(heading: str, field: str) -> None:
    assert understand(heading, FACILITIES, places=False).field == field


def test_a_cut_name_that_may_be_two_fields_is_not_resolved() -> None:
    assert len(b"justified_") == 10
    meaning = understand("justified_", DISTRICTS, places=False)
    assert meaning.field is None
    assert meaning.candidates == ("justified_body", "justified_by", "justified_on")
    # Cut in the bracket of a unit: 建筑面积(㎡) and 建筑面积(万㎡) both leave this in GBK.
    cut = understand("建筑面积(", FACILITIES, places=False)
    assert cut.field is None
    assert cut.candidates == ("floor_area_m2",)


def test_household_is_households() -> None:
    assert understand("household", DISTRICTS, places=False).field == "households"


def test_a_name_of_a_field_wins_and_the_other_column_is_named() -> None:
    found = named("id", "households", "户数", layer=DISTRICTS)

    assert found.frame["households"].tolist() == ["1"]
    (unread,) = found.columns.unread
    assert (unread.column, unread.why, unread.fields) == ("户数", Why.TAKEN, ("households",))
    assert found.warnings == ("f: 户数 is not read: households is the column households",)


def test_two_headings_of_one_field_are_a_conflict_and_neither_is_read() -> None:
    found = named("id", "规划户数", "入住户数", layer=DISTRICTS)

    assert "households" not in found.frame
    assert [(one.column, one.why) for one in found.columns.unread] == [
        ("规划户数", Why.CONFLICT),
        ("入住户数", Why.CONFLICT),
    ]
    assert "规划户数 and 入住户数 may all be households" in found.warnings[0]
    assert "--map 规划户数=households" in found.warnings[0]


def test_what_the_user_maps_wins_over_everything() -> None:
    found = named("规划户数", "入住户数", layer=DISTRICTS, mapping={"入住户数": "households"})
    assert {c.column: c.how for c in found.columns.mapped} == {"入住户数": How.OPTION}
    assert taken("户数", layer=DISTRICTS, mapping={"户数": "population"}) == {"户数": "population"}
    ignored = named("户数", layer=DISTRICTS, mapping={"户数": "-"})
    assert ignored.columns.unread[0].why is Why.IGNORED
    assert (list(ignored.frame), ignored.warnings) == ([], ())


def test_a_unit_in_a_heading_holds_for_a_column_the_user_maps() -> None:
    found = named("面积(万㎡)", mapping={"面积(万㎡)": "floor_area_m2"})
    assert found.columns.units()["floor_area_m2"].factor == 10000
    with pytest.raises(InputError, match="'面积\\(万㎡\\)' is in 万m2, and places is not given in"):
        named("面积(万㎡)", mapping={"面积(万㎡)": "places"})


def test_a_saved_mapping_goes_before_names_and_after_options() -> None:
    saved = {"甲": SavedColumn("places"), "beds": SavedColumn("-"), "乙": SavedColumn("beds")}
    found = named("甲", "beds", "乙", "丙", saved=saved, mapping={"丙": "beds"})
    assert {c.column: (c.field, c.how) for c in found.columns.mapped} == {
        "甲": ("places", How.SAVED),
        "丙": ("beds", How.OPTION),
    }


def test_coordinates_are_looked_for_only_where_nothing_else_says_where() -> None:
    assert taken("经度", "纬度") == {"经度": "lon", "纬度": "lat"}
    assert taken("经度", "纬度", placed=True) == {}
    assert taken("经度", "纬度", "x", "y") == {"x": "x", "y": "y"}
    assert taken("X坐标", "Y坐标", "经度", "纬度", mapping={"经度": "lon", "纬度": "lat"}) == {
        "经度": "lon",
        "纬度": "lat",
    }


def test_every_column_is_in_one_of_the_lists() -> None:
    columns = ["机构名称", "面积", "怪栏", "托位", "托位数", "beds", "床位数", "建筑面积(地下)"]
    found = named(*columns, mapping={"怪栏": "-"}).columns
    assert sorted(columns) == sorted(one.column for one in (*found.mapped, *found.unread))


def test_what_is_not_understood_comes_with_near_guesses_and_is_not_taken() -> None:
    found = named("托位个数", "houshold", layer=FACILITIES)
    assert found.columns.mapped == ()
    assert found.columns.unread[0].fields[0] == "places"
    assert "托位个数 (did you mean places?)" in found.warnings[0]


def test_the_note_says_what_was_taken_for_what() -> None:
    found = named("name", "户数", "建筑面", "用地面积（亩）")
    assert found.columns.note() == (
        "columns understood: 建筑面 → floor_area_m2 (a name cut to 10 bytes); "
        "用地面积（亩） → site_area_m2 (in 亩)"
    )


def test_a_heading_that_fits_several_fields_is_listed_while_one_of_them_is_open() -> None:
    found = named("面积", "托位数")
    (unread,) = found.columns.unread
    assert unread.why is Why.AMBIGUOUS
    assert found.warnings[0].startswith(
        "f: 面积 may be floor_area_m2 or site_area_m2 or childcare_floor_area_m2 and is not read; "
        "say which with --map 面积=floor_area_m2 or --map 面积=site_area_m2"
    )
    assert named("序号").columns.unread[0].fields == ("id",)
    assert named("序号", "机构编号").columns.unread[0].why is Why.UNKNOWN


def test_beside_geometries_a_column_of_coordinates_is_listed_as_not_read() -> None:
    found = named("lon", "纬度", "geometry", placed=True)
    assert [one.column for one in found.columns.unread] == ["lon", "纬度"]
    assert "columns not read: lon" in found.warnings[0]
