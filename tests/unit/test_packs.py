"""Rule packs: the shipped ones against the catalogue, and what is wrong with a bad one."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from planning import pack, rule

from spatial.errors import InputFaults, PackError
from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.kinds import DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_pack, load_packs
from spatial.policy.pack_parsing import pack_schema, parse_pack

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "seed" / "policies"


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    return {pack.id: pack for pack in load_packs(POLICIES)}


def test_the_four_documents_are_there_by_their_dates(packs: dict[str, Pack]) -> None:
    dates = {
        "dali-2022": dt.date(2022, 9, 28),
        "guizhou-2022": dt.date(2022, 3, 17),
        "jinhua-2022": dt.date(2022, 12, 8),
        "panzhihua-2020": dt.date(2020, 11, 30),
    }
    assert {name: packs[name].effective_from for name in dates} == dates


def test_counts_name_known_kinds_of_the_right_service(packs: dict[str, Pack]) -> None:
    for pack_ in packs.values():
        for rule_ in pack_.rules:
            # Rules about areas name what they count in their figures.
            counted = {FACILITY_KINDS[kind].service for kind in rule_.counts.kinds}
            assert counted == ({rule_.subject} if rule_.kind in DISTRICT_KINDS else set())
            assert "home_childcare" not in rule_.counts.kinds


def test_the_schema_is_a_valid_schema_and_plain_json() -> None:
    Draft202012Validator.check_schema(pack_schema())
    assert json.loads(json.dumps(pack_schema())) == pack_schema()


def test_the_version_is_the_content() -> None:
    one, same = pack(rule("service_radius")), pack(rule("service_radius"))
    other = pack(rule("service_radius", quote="另一条文"))
    assert one.version == same.version
    assert one.version != other.version


def test_a_pack_read_from_its_stored_form_is_the_same() -> None:
    area = rule("floor_area_per_100hh", parameters={"m2_per_100hh": Decimal("12.5")})
    first = pack(area)
    stored = json.loads(json.dumps(dict(first.document), ensure_ascii=False))
    second = parse_pack(stored, source="database")
    assert second.version == first.version
    assert second.rules == first.rules
    assert second.rules[0].parameters["m2_per_100hh"] == Decimal("12.5")


def test_yaml_decimals_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    text = (POLICIES / "jinhua-2022.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("m2_per_100hh: 15", "m2_per_100hh: 15.10"), encoding="utf-8")
    found = load_pack(path).rule("jinhua.childcare.area.new")
    assert found.parameters["m2_per_100hh"] == Decimal("15.10")


def test_all_faults_are_reported_at_once() -> None:
    broken: list[dict[str, Any]] = [
        rule("service_radius", rule_id="a.one", parameters={"radius_m": -1}),
        rule("service_radius", rule_id="a.two", quote=""),
        {**rule("service_radius", rule_id="a.three"), "kind": "service_radios"},
        rule("service_radius", rule_id="a.four", severity="must"),
        {k: v for k, v in rule("service_radius", rule_id="a.five").items() if k != "clause"},
        rule("service_radius", rule_id="a.six", parameters={"radios": 3}),
        rule("service_radius", rule_id="a.seven"),
        rule("service_radius", rule_id="a.seven"),
    ]
    with pytest.raises(InputFaults) as caught:
        pack(*broken)
    text = str(caught.value)
    for name in ("a.one", "a.two", "a.three", "a.four", "a.five", "a.six", "a.seven"):
        assert name in text, name
    assert "two rules have this id" in text
    assert "'clause' is a required property" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: [", "p.yaml, line"),
        ("id: a\nid: b\n", "given twice"),
        ("- 1\n", "is not of type 'object'"),
        ("", "is not of type 'object'"),
        ("id: a\nx: !!python/object/apply:os.system [ls]\n", "p.yaml, line 2"),
    ],
)
def test_files_that_are_no_pack(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((PackError, InputFaults), match=message):
        load_pack(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"none\.yaml"):
        load_pack(tmp_path / "none.yaml")


def test_two_packs_of_one_id_are_refused(tmp_path: Path) -> None:
    text = (POLICIES / "dali-2022.yaml").read_text(encoding="utf-8")
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(PackError, match="two packs share the id dali-2022"):
        load_packs(tmp_path)
