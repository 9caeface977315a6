"""``yike review`` as a user runs it, with files and without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from bad_projects import BAD_PROJECTS, BELOW_THE_RULE, SKIPPING
from housing import SITE, at, conditions, nursery, plain, station
from town import Run, write_geojson

# No server can be reached there: the command must not ask for one.
NO_DATABASE = {"YIKE_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}
DAY = "--as-of=2026-11-22"


@pytest.fixture
def submit(tmp_path: Path):
    """Write a project."""

    def write(*rows: Any, **members: Any) -> str:
        path = tmp_path / "project.json"
        path.write_text(json.dumps(plain(*rows, **members), ensure_ascii=False), encoding="utf-8")
        return "project.json"

    return write


@pytest.mark.parametrize(
    ("rows", "stage", "pack", "code", "verdict"),
    [
        ([station()], "land_grant", "panzhihua-2020", 4, "undetermined"),
        ([station()], "handover", "panzhihua-2020", 0, "pass"),
        (
            [station(handover={"receiver": "developer"})],
            "handover",
            "panzhihua-2020",
            3,
            "not_pass",
        ),
        ([nursery(199)], "plan", "jinhua-2022", 3, "not_pass"),
    ],
)
def test_exit_codes(submit, yike: Run, rows, stage, pack, code, verdict) -> None:
    name = submit(*rows)
    call = ("review", name, f"--stage={stage}", f"--pack={pack}", "--alone", "--json", DAY)
    done = yike(*call, **NO_DATABASE)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["verdict"] == verdict


def test_advice_passes(submit, yike: Run) -> None:
    asked = {"id": "托育", "service": "childcare", "kind": "nursery", "floor_area_m2": 150}
    low = conditions(asked)
    name = submit(nursery(150), planning_conditions=low, stage="verification", area="330702")
    done = yike("review", name, "--alone", "--json", DAY, **NO_DATABASE)
    shown = json.loads(done.stdout)
    assert (done.returncode, shown["verdict"]) == (4, "undetermined"), "its survey is missing"
    built = nursery(150, status="built", as_built={"floor_area_m2": 150})
    submit(built, planning_conditions=low, stage="verification", area="330702")
    done = yike("review", name, "--alone", "--json", DAY, **NO_DATABASE)
    shown = json.loads(done.stdout)
    assert (done.returncode, shown["verdict"]) == (0, "pass_with_advice")
    assert [pack["id"] for pack in shown["packs"]] == ["jinhua-2022", "project"], "by the area"


def test_files_of_the_surroundings_decide_reach(submit, tmp_path: Path, yike: Run) -> None:
    name = submit(stage="design")
    old = {"id": "old", "kind": "nursery", "status": "operating", "source": "synthetic"}
    write_geojson(
        tmp_path / "around.geojson",
        [{**old, "geometry": shapely.Point(at(150)["coordinates"])}],
    )
    call = ("review", name, "--pack=jinhua-2022", DAY)
    done = yike(*call, "--facilities=around.geojson", "--json", **NO_DATABASE)
    assert done.returncode == 3, done.stderr
    found = {one["rule"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["jinhua.childcare.radius"]["verdict"] == "met"
    assert found["jinhua.childcare.radius"]["facilities"] == ["old"]
    assert found["jinhua.childcare.area.new"]["deficit"] == 200
    assert found["jinhua.childcare.circle15"]["verdict"] == "undetermined", "there are no streets"
    chinese = yike(*call, "--facilities=around.geojson", **NO_DATABASE)
    assert "结论: 不予通过" in chinese.stdout
    assert "增加建筑面积200㎡" in chinese.stdout
    assert "合成" in chinese.stdout
    english = yike(*call, "--facilities=around.geojson", "--lang=en", **NO_DATABASE)
    assert "add 200 m² of floor area" in english.stdout


def test_districts_of_a_file_gain(submit, tmp_path: Path, yike: Run) -> None:
    name = submit(nursery(200), stage="design")
    home = {"id": "a", "stage": "existing", "households": 100}
    old = {"id": "old", "kind": "nursery", "status": "operating"}
    for layer, row, east in (("homes", home, 250), ("around", old, 1000)):
        shape = shapely.Point(at(east)["coordinates"])
        write_geojson(tmp_path / f"{layer}.geojson", [{**row, "geometry": shape}])
    call = ("review", name, "--pack=jinhua-2022", DAY, "--json", "--districts=homes.geojson")
    done = yike(*call, "--facilities=around.geojson", **NO_DATABASE)
    assert done.returncode == 0, "a circle is a target, so nobody waits for streets"
    (change,) = json.loads(done.stdout)["neighbours"]
    assert (change["district"], change["change"]) == ("a", "gains")
    assert (change["before_m"], change["after_m"]) == (750, 250)
    done = yike(*call, **NO_DATABASE)
    assert done.returncode == 2
    assert "--districts: gain and lose by facilities" in done.stderr


@pytest.mark.parametrize(
    ("document", "options", "words"),
    [
        (plain(units=0), (), "field /phases/0/units: 0 is less than the minimum of 1"),
        (plain(site=SITE), ("--stage=build",), "stage: there is no 'build'"),
        (plain(), (), "the stage is missing"),
        (plain(), ("--stage=plan", "--shrink-tolerance=2"), "shrink_tolerance"),
        (plain(), ("--stage=plan", "--shrink-tolerance=x"), "--shrink-tolerance"),
        (plain(), ("--alone", "--network=n.geojson"), "--alone"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, yike: Run, document, options, words):
    (tmp_path / "project.json").write_text(json.dumps(document), encoding="utf-8")
    alone = () if "--alone" in options else ("--alone",)
    done = yike("review", "project.json", "--pack=jinhua-2022", *alone, *options, **NO_DATABASE)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_what_contradicts_itself_is_one_line_and_exit_2(tmp_path: Path, yike: Run) -> None:
    call = ("review", "project.json", "--pack=jinhua-2022", "--alone", "--stage=design", DAY)
    path = tmp_path / "project.json"
    for name, (document, pointer, words) in BAD_PROJECTS.items():
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        done = yike(*call, **NO_DATABASE)
        assert (done.returncode, done.stdout) == (2, ""), name
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(f"yike: project.json, field {pointer}: "), line
        assert words in line
    path.write_text(json.dumps(SKIPPING, ensure_ascii=False), encoding="utf-8")
    done = yike(*call, **NO_DATABASE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'design' skips 'land_grant'" in done.stderr
    path.write_text(json.dumps(BELOW_THE_RULE, ensure_ascii=False), encoding="utf-8")
    done = yike(*call, **NO_DATABASE)
    assert done.returncode == 0, done.stderr
    assert "以规划条件为准，列明供参考" in done.stdout


@pytest.mark.parametrize("text", ["", "{", '{"id": NaN}', '{"id": 1, "id": 2}', "[" * 3000])
def test_what_is_no_json_is_said(tmp_path: Path, yike: Run, text: str) -> None:
    (tmp_path / "project.json").write_text(text, encoding="utf-8")
    done = yike("review", "project.json", "--pack=jinhua-2022", "--alone", **NO_DATABASE)
    assert done.returncode == 2
    assert done.stderr.startswith("yike: project.json")
    assert "Traceback" not in done.stderr


def test_json_is_in_utf_8(tmp_path: Path, yike: Run) -> None:
    (tmp_path / "project.json").write_bytes('{"name": "小区"}'.encode("gbk"))
    done = yike("review", "project.json", "--pack=jinhua-2022", "--alone", **NO_DATABASE)
    assert done.returncode == 2
    assert done.stderr == "yike: project.json: is not in UTF-8 (line 1), as JSON must be\n"


def test_without_a_pack_the_area_must_choose(submit, yike: Run) -> None:
    done = yike("review", submit(stage="plan"), "--alone", **NO_DATABASE)
    assert done.returncode == 2
    assert "--pack is missing: the project names no area" in done.stderr
    assert yike("review", "none.json", "--alone", **NO_DATABASE).returncode == 2
