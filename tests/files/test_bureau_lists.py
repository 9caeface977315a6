"""Lists as a civil-affairs and a housing bureau keep them, evaluated without any preparation."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from town import Run

from service.imports.column_map import How, Why
from service.imports.indicators import read_indicators
from service.imports.reader import read_layer
from service.imports.saved_mapping import SavedLayer, SavedMapping, load_mapping
from spatial.errors import InputFaults
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES

HOMES = """\
序号,小区编号,小区名称,总户数（户）,建设状态,规划许可日期,常住人口(万人),所属社区,所属街道,经度,纬度,备注
1,XQ-001,幸福里,"1,240",已建,/,0.35,红旗社区,城中街道,114.3005,30.5505,
2,XQ-002,江畔花园,８００户,在建,2023.5.1,不详,红旗社区,城中街道,114.3046,30.5505,二期
3,XQ-003,新城一期,0.21万户,规划,2024年3月1日,,东风社区,城中街道,114.3088,30.5505,
"""
HOMES_PLAIN = """\
id,name,households,stage,permitted_on,population,community,lon,lat
XQ-001,幸福里,1240,existing,,3500,红旗社区,114.3005,30.5505
XQ-002,江畔花园,800,new,2023-05-01,,红旗社区,114.3046,30.5505
XQ-003,新城一期,2100,planned,2024-03-01,,东风社区,114.3088,30.5505
"""
CARE = """\
机构编码,机构名称,机构类型,运营性质,建筑面积（万㎡）,用地面积(亩),托位数,普惠托位,床位数（张）,护理型床位,\
认知症床位,备案情况,有无电梯,开业时间,运营状态,经度,纬度,地址
JG01,阳光托育园,托育园,民办,0.03,/,60个,30,,,,已备案,√,2021年9月1日,运营中,114.3010,30.5510,中山路1号
JG02,红旗社区托育,社区托育,公建民营,0.026,—,40,40,,,,未备案,×,2022年3月,正常运营,114.3050,30.5512,中山路2号
JG03,白龙桥镇敬老院,敬老院,公办,1.2,15,,,１２０张,60,不详,无,有,2015,运营中,114.3052,30.5508,中山路3号
JG04,红旗日间照料中心,日间照料中心,公建民营,500㎡,,,,10张,,,否,无,2020/6/1,已停业,114.3012,30.5506,中山路4号
"""
CARE_PLAIN = """\
id,name,kind,operator,floor_area_m2,site_area_m2,places,inclusive_places,beds,nursing_beds,\
dementia_beds,registered,lift,opened_on,status,lon,lat
JG01,阳光托育园,nursery,private,300,,60,30,,,,true,true,2021-09-01,operating,114.3010,30.5510
JG02,红旗社区托育,community_childcare,public_built_private_run,260,,40,40,,,,false,false,\
2022-03-31,operating,114.3050,30.5512
JG03,白龙桥镇敬老院,care_home,public,12000,10000,,,120,60,,false,true,2015-12-31,operating,\
114.3052,30.5508
JG04,红旗日间照料中心,day_care,public_built_private_run,500,,,,10,,,false,false,2020-06-01,closed,\
114.3012,30.5506
"""
COMMON = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", "--crs=EPSG:4326", "--json")
FILES = ("--districts=小区.csv", "--facilities=机构.csv", "--network=streets.parquet")


@pytest.fixture
def lists(town: Path) -> Path:
    for name, text in (
        ("小区.csv", HOMES),
        ("机构.csv", CARE),
        ("homes.csv", HOMES_PLAIN),
        ("care.csv", CARE_PLAIN),
    ):
        (town / name).write_text(text, encoding="utf-8-sig")
    return town


def test_lists_give_the_rows_of_a_prepared_table(lists: Path) -> None:
    for ours, theirs, layer in (
        ("小区.csv", "homes.csv", DISTRICTS),
        ("机构.csv", "care.csv", FACILITIES),
    ):
        found = read_layer(lists / ours, layer, crs="EPSG:4326")
        plain = read_layer(lists / theirs, layer, crs="EPSG:4326")
        assert found.frame.equals(plain.frame), found.frame.compare(plain.frame)
        assert plain.notes == ()
        assert {one.how for one in plain.columns.mapped} == {How.NAME}


def test_what_became_of_every_column_and_cell_is_data(lists: Path) -> None:
    homes = read_layer(lists / "小区.csv", DISTRICTS, crs="EPSG:4326")
    care = read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326")

    assert [(one.column, one.why, one.fields) for one in homes.columns.unread] == [
        ("序号", Why.UNKNOWN, ()),
        ("所属街道", Why.UNKNOWN, ()),
        ("备注", Why.UNKNOWN, ()),
    ]
    units = {one.field: one.unit.text for one in care.columns.mapped if one.unit}
    assert units == {"floor_area_m2": "万m2", "site_area_m2": "亩", "beds": "张"}
    assert homes.values is not None
    assert care.values is not None
    assert homes.values.unknown == {"permitted_on": 1, "population": 1}
    assert care.values.unknown == {"site_area_m2": 2, "dementia_beds": 1}
    assert care.values.whole_periods == {"opened_on": 2}
    assert care.values.words["kind"]["敬老院"] == "care_home"
    assert "机构名称 → name; 机构类型 → kind" in care.notes[0]
    assert "建筑面积（万㎡） → floor_area_m2 (in 万m2)" in care.notes[0]
    assert "columns not read: 地址" in care.warnings[0]


def test_lists_are_evaluated_as_the_prepared_tables_are(lists: Path, yike: Run) -> None:
    done = yike(*COMMON, *FILES, "--save-mapping=m.yaml", "--verbose")
    plain = yike(*COMMON, "--districts=homes.csv", "--facilities=care.csv", FILES[2])

    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(done.stdout), json.loads(plain.stdout)
    assert ours["rules"] == theirs["rules"]
    assert ours["flags"] == theirs["flags"]
    assert "yike: note: 小区.csv: columns understood: 小区编号 → id; 小区名称 → name" in done.stderr
    assert "小区.csv: columns not read: 序号, 所属街道, 备注" in done.stderr
    assert "机构.csv: columns not read: 地址" in done.stderr
    assert "note" not in plain.stderr
    saved = load_mapping(lists / "m.yaml")
    assert saved.of("facilities").columns["用地面积(亩)"].unit == "亩"
    assert saved.of("facilities").words["kind"]["托育园"] == "nursery"

    again = yike(*COMMON, *FILES, "--mapping=m.yaml")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["rules"] == ours["rules"]
    assert "note" not in again.stderr


def test_a_saved_mapping_reads_what_the_tables_do_not_know(lists: Path, yike: Run) -> None:
    text = CARE.replace("敬老院,公办", "养老驿站,公办").replace("建筑面积（万㎡）", "房子大小")
    (lists / "机构.csv").write_text(text.replace("500㎡", "0.05"), encoding="utf-8")
    refused = yike(*COMMON, *FILES)
    assert refused.returncode == 2
    assert "row 3, field kind: '养老驿站' is no known kind" in refused.stderr
    mapping = {
        "version": 1,
        "layers": {
            "facilities": {
                "columns": {
                    "房子大小": {"field": "floor_area_m2", "unit": "万㎡"},
                    "地址": "-",
                    "已经没有的栏": "pool",
                },
                "values": {"kind": {"养老驿站": "care_home"}},
            }
        },
    }
    (lists / "m.yaml").write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")

    done = yike(*COMMON, *FILES, "--mapping=m.yaml")
    plain = yike(*COMMON, "--districts=homes.csv", "--facilities=care.csv", FILES[2])

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rules"] == json.loads(plain.stdout)["rules"]
    assert "columns not read" not in done.stderr.replace("备注", "").split("机构.csv")[-1]


def test_faults_of_a_list_name_row_field_and_cell(lists: Path) -> None:
    text = CARE.replace("60个", "约60").replace("１２０张", "100-120张")
    text = text.replace("JG02,红旗社区托育,社区托育", "JG02,红旗社区托育,")
    (lists / "机构.csv").write_text(text.replace("2020/6/1", "2020年底"), encoding="utf-8")

    with pytest.raises(InputFaults) as caught:
        read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326")

    assert [(f.row, f.field) for f in caught.value.faults] == [
        (1, "places"),
        (2, "kind"),
        (3, "beds"),
        (4, "opened_on"),
    ]
    assert "the name '红旗社区托育' suggests community_childcare" in str(caught.value)


def test_names_say_the_kind_only_where_asked_to(lists: Path) -> None:
    text = CARE.replace("托育园,民办", ",民办")
    (lists / "机构.csv").write_text(text, encoding="utf-8")

    with pytest.raises(InputFaults, match="suggests nursery"):
        read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326")
    read = read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326", kinds_from_names=True)
    assert read.frame["kind"][0] == "nursery"


def test_a_missing_column_names_the_columns_that_may_be_it(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "机构编号,统一社会信用代码,机构类型,经度,纬度\n1,9133,托育园,114.3,30.5\n", encoding="utf-8"
    )

    with pytest.raises(InputFaults) as caught:
        read_layer(path, FACILITIES, crs="EPSG:4326")

    assert str(caught.value) == (
        f"{path}, field id: there is no such column, and it must be; if a column is it, say "
        "--map 机构编号=id or --map 统一社会信用代码=id"
    )
    read = read_layer(path, FACILITIES, crs="EPSG:4326", columns={"机构编号": "id"})
    assert read.frame["id"].tolist() == ["1"]


def test_a_saved_unit_holds_and_an_option_goes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("楼号,小区,户数,套,lon,lat\n1,A,0.01,7,114.3,30.5\n", encoding="utf-8")
    saved = tmp_path / "m.yaml"
    saved.write_text(
        "version: 1\nlayers: {buildings: {columns: {小区: district_id, "
        "户数: {field: households, unit: 万户}}}}",
        encoding="utf-8",
    )
    mapping = load_mapping(saved)

    read = read_layer(path, BUILDINGS, crs="EPSG:4326", saved=mapping)
    other = read_layer(
        path, BUILDINGS, crs="EPSG:4326", saved=mapping, columns={"套": "households"}
    )

    assert read.frame["households"].tolist() == [100]
    assert read.frame["district_id"].tolist() == ["A"]
    assert other.frame["households"].tolist() == [7]


def test_a_mapping_made_of_what_was_read_reads_the_same(lists: Path) -> None:
    first = read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326")
    saved = SavedMapping({"facilities": first.mapping(before=SavedLayer())})

    again = read_layer(lists / "机构.csv", FACILITIES, crs="EPSG:4326", saved=saved)

    assert again.frame.equals(first.frame)
    assert {one.how for one in again.columns.mapped} == {How.SAVED}
    assert again.frame["floor_area_m2"].tolist()[0] == Decimal(300)
    assert again.frame["opened_on"].tolist()[0] == date(2021, 9, 1)


def test_figures_are_read_by_their_headings_too(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        "行政区划代码,指标名称,年份,数值,数据来源\n330700,childcare.staff,2024,5,年报\n",
        encoding="utf-8",
    )

    read = read_indicators(path)

    assert read.frame.iloc[0].tolist() == ["330700", "childcare.staff", 2024, 5, "年报"]
    assert "行政区划代码 → area; 指标名称 → indicator" in read.notes[0]
