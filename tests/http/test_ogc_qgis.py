"""The project for QGIS: a file QGIS can open, at this service's address, in the known colours.

It was opened in QGIS 3.22 by hand (docs/ogc.md); here its elements are compared with what QGIS
reads.
"""

from __future__ import annotations

import io
import zipfile
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

import pyproj
import pytest

from service.reports.map_words import FLAG_STYLES

FLAGS = ("underserved", "undetermined", "watch", "served", "not_assessed")
PATH = "/ogc/qgis-project"


@pytest.fixture(scope="module")
def judged(town):
    body = {"packs": ["jinhua-2022"], "as_of": "2026-06-30"}
    answer = town.post("/v1/evaluations", json=body)
    assert answer.status_code == 201, answer.text
    return town


def read(town, *, role="viewer", language="zh"):
    answer = town.get(PATH, role=role, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="yike.qgs"'
    assert town.keys[role] not in answer.text, "a project is passed on; a key is not"
    assert answer.text.startswith("<!DOCTYPE qgis PUBLIC")
    return ET.fromstring(answer.content)  # noqa: S314  made by the service under test


def layers_of(root):
    layers = {one.findtext("id"): one for one in root.iter("maplayer")}
    tree = [one.get("id") for one in root.find("layer-tree-group")]
    order = [one.get("id") for one in root.find("layerorder")]
    assert list(layers) == tree == order
    for one in root.find("layer-tree-group"):
        layer = layers[one.get("id")]
        assert layer.findtext("datasource") == one.get("source")
        assert layer.findtext("provider") == one.get("providerKey")
        assert layer.findtext("layername") == one.get("name")
    return layers


def test_layers_are_read_from_this_service(judged):
    town = judged
    root = read(town)
    layers = layers_of(root)
    assert list(layers) == [
        "facilities_features",
        "facilities_radii",
        "latest-districts_features",
        "latest-districts_tiles",
        "areas_features",
        "districts_features",
        "network-edges_tiles",
    ], "buildings and parks are empty, and QGIS cannot open what is empty"
    for name, layer in layers.items():
        collection, source = name.rsplit("_", 1)[0], layer.findtext("datasource")
        assert layer.find("srs/spatialrefsys/authid").text in {"OGC:CRS84", "EPSG:3857"}
        if layer.findtext("provider") == "OAPIF":
            told = dict(part.split("=", 1) for part in source.split())
            assert told["url"] == f"'{town.address}/ogc'"
            assert told["typename"] == f"'{collection}'"
            assert layer.get("type") == "vector"
            items = f"/ogc/collections/{collection}/items?limit=1"
            assert town.get(items, role="viewer").json()["numberMatched"] > 0
        else:
            told = {key: values[0] for key, values in parse_qs(source).items()}
            assert (layer.get("type"), told["type"]) == ("vector-tile", "xyz")
            address = unquote(told["url"]).format(z=0, y=0, x=0)
            assert town.get(address, role="viewer").status_code in {200, 204}
    # What is seen first is where the districts are.
    corners = [float(root.findtext(f"mapcanvas/extent/{name}")) for name in ("xmin", "ymin")]
    to_degrees = pyproj.Transformer.from_crs(3857, 4326, always_xy=True)
    assert to_degrees.transform(*corners) == pytest.approx((114.302, 30.602))
    assert pyproj.CRS.from_wkt(root.findtext("projectCrs/spatialrefsys/wkt")).to_epsg() == 3857


def test_colours_and_radii(judged):
    for language, at in (("zh", "zh"), ("en", "en")):
        layers = layers_of(read(judged, language=language))
        renderer = layers["latest-districts_features"].find("renderer-v2")
        assert renderer.get("attr") == "flag"
        symbols = {one.get("name"): one for one in renderer.find("symbols")}
        shown = {}
        for category in renderer.find("categories"):
            color = symbols[category.get("symbol")].find(".//Option[@name='color']").get("value")
            shown[category.get("value")] = (category.get("label"), color)
        expected = {}
        for flag, how in FLAG_STYLES.items():
            red, green, blue = bytes.fromhex(how.colour[1:])
            expected[flag] = (getattr(how, at), f"{red},{green},{blue},255")
        assert shown == expected
        assert tuple(shown) == FLAGS
        tiled = layers["latest-districts_tiles"].findall("renderer/styles/style")
        for flag in FLAGS:
            found = [one for one in tiled if f"\"flag\"='{flag}'" in one.get("expression")]
            assert {one.get("geometry") for one in found} == {"0", "2"}
            colours = {one.find(".//Option[@name='color']").get("value") for one in found}
            assert colours == {shown[flag][1]}
            assert {one.get("layer") for one in found} == {"latest-districts"}
        # 金华: 服务半径不宜大于300米, for the kinds its rule counts.
        radii = layers["facilities_radii"].find("renderer-v2")
        (rule,) = (one for one in radii.find("rules") if one.get("key").endswith("care.radius"))
        assert rule.get("label").startswith("300 ")
        assert "'nursery'" in rule.get("filter")
        circle = radii.find(f"symbols/symbol[@name='{rule.get('symbol')}']")
        options = {one.get("name"): one.get("value") for one in circle.iter("Option")}
        assert (options["size"], options["size_unit"]) == ("600", "RenderMetersInMapUnits")


def test_packed_restricted_and_empty(judged, check_problem):
    town = judged
    packed = [town.get(f"{PATH}?f=qgz", role="viewer") for _ in range(2)]
    assert packed[0].content == packed[1].content
    with zipfile.ZipFile(io.BytesIO(packed[0].content)) as archive:
        assert archive.namelist() == ["yike.qgs"]
        assert archive.read("yike.qgs") == town.get(PATH, role="viewer").content
    # The evaluation is of the whole town, which a key of its west may not see.
    own = layers_of(read(town, role="west viewer"))
    assert not any(name.startswith("latest") for name in own)
    assert "facilities_features" in own
    check_problem(town.get(f"{PATH}?f=pdf", role="viewer"), 400)
    check_problem(town.get(f"{PATH}?x=1", role="viewer"), 400)
    check_problem(town.get(PATH, role=None), 401)
