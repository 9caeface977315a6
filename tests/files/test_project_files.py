"""``yike import projects`` and ``yike export projects``: in and out as over HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine, text
from stored_files import Stored

from service.core import audit

SITE = """{"type": "Polygon", "coordinates": [[[114.30500000001, 30.602], [114.306, 30.602],
    [114.306, 30.603], [114.30500000001, 30.602]]]}"""
# More digits than a float has, and a number that ends in a zero.
PROJECT = f"""{{"id": "GY-1", "name": "示例小区", "area": "330702", "stage": "design",
  "site": {SITE}, "phases": [{{"id": "1", "units": 600}}],
  "facilities": [{{"id": "n", "kind": "nursery", "phase": "1",
    "floor_area_m2": 199.99999999999999999, "site_area_m2": 300.50}}]}}"""


def feature(document: str) -> str:
    return f'{{"type": "Feature", "geometry": null, "properties": {{"document": {document}}}}}'


def test_projects_go_in_and_out(stored: Stored, database) -> None:
    second = PROJECT.replace("GY-1", "GY-2")
    Path("one.json").write_text(PROJECT, encoding="utf-8")
    Path("two.geojson").write_text(
        f'{{"type": "FeatureCollection", "features": [{feature(second)}]}}', encoding="utf-8"
    )
    looked = stored.yike("import", "projects", "one.json", "two.geojson", "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.splitlines()[0] == (
        "one.json: 1 rows read, would be 1 added, 0 changed, 0 unchanged"
    )
    done = stored.yike("import", "projects", "one.json", "two.geojson", "--json")
    assert done.returncode == 0, done.stderr
    assert [(one["kind"], one["added"]) for one in json.loads(done.stdout)] == [("projects", 1)] * 2

    written = stored.yike("export", "projects", "--out", "all.geojson")
    assert written.returncode == 0, written.stderr
    found = Path("all.geojson").read_text(encoding="utf-8")
    documents = [
        one["properties"]["document"] for one in json.loads(found, parse_float=Decimal)["features"]
    ]
    assert documents == [json.loads(one, parse_float=Decimal) for one in (PROJECT, second)]
    assert "300.50" in found
    # What comes out goes in again, and changes nothing.
    again = stored.yike("import", "projects", "all.geojson")
    assert "0 added, 0 changed, 2 unchanged" in again.stdout, again.stderr
    Path("one.json").write_text(PROJECT.replace("示例小区", "二期"), encoding="utf-8")
    changed = json.loads(stored.yike("import", "projects", "one.json", "--json").stdout)[0]
    assert changed["changed"] == 1
    # An import of projects is taken back as any other is.
    undone = stored.yike("imports", "undo", changed["import"])
    assert undone.returncode == 0, undone.stderr
    again = stored.yike("import", "projects", "all.geojson")
    assert "0 added, 0 changed, 2 unchanged" in again.stdout, again.stderr
    none = stored.yike("export", "projects", "--bbox=0,0,1,1", "--out", "none.geojson")
    assert none.returncode == 0, none.stderr
    assert json.loads(Path("none.geojson").read_text())["features"] == []

    Path("bad.json").write_text(PROJECT.replace('"units": 600', '"units": 0'), encoding="utf-8")
    Path("no.json").write_text("[", encoding="utf-8")
    Path("both.geojson").write_text(feature(PROJECT), encoding="utf-8")
    for arguments, told in (
        (("import", "projects", "one.json", "bad.json"), "bad.json: /phases/0/units: "),
        (("import", "projects", "no.json"), "no.json: not JSON"),
        (("import", "projects", "none.json"), "none.json: there is no such file"),
        (("import", "projects", "one.json", "both.geojson"), "'GY-1' is in one.json too"),
        (("import", "projects"), "name a file"),
        (("import", "projects", "one.json", "--crs", "EPSG:4547"), "--crs: is not for projects"),
        (("export", "projects", "--out", "x.gpkg"), "x.gpkg: projects are written as .geojson"),
        (("export", "projects", "GY-1", "--out", "x.geojson"), "projects are written whole"),
        (("export", "projects", "--crs=EPSG:4547", "--out", "x.geojson"), "--crs: is not for"),
        (("export", "projects", "--area=nowhere", "--out", "x.geojson"), "no area 'nowhere'"),
    ):
        refused = stored.yike(*arguments)
        assert (refused.returncode, refused.stdout) == (2, ""), arguments
        assert told in refused.stderr
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
    owner = create_engine(database.owner_url)
    with owner.connect() as connection:
        names = connection.execute(text("SELECT name FROM project ORDER BY id, version")).scalars()
        assert list(names) == ["示例小区", "二期", "示例小区", "示例小区"]
        assert audit.verify(connection) is None
    owner.dispose()
