"""Rule packs: the shipped ones against the catalogue, and what is wrong with a bad one."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from planning import pack, rule

from spatial.errors import InputFaults, PackError
from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.pack import Pack, pack_schema, parse_pack
from spatial.policy.pack_file import load_pack, load_packs

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "seed" / "policies"
CATALOGUE = ROOT.parent / "shared" / "policy" / "catalogue.yaml"


@pytest.fixture(scope="module")
def packs() -> dict[str, Pack]:
    return {pack.id: pack for pack in load_packs(POLICIES)}


def test_the_packs_of_this_issue_are_there(packs: dict[str, Pack]) -> None:
    assert list(packs) == ["dali-2022", "guizhou-2022", "jinhua-2022"]
    assert packs["jinhua-2022"].effective_from == dt.date(2022, 12, 8)
    assert packs["dali-2022"].effective_from == dt.date(2022, 9, 28)
    assert packs["guizhou-2022"].effective_from == dt.date(2022, 3, 17)


@pytest.mark.shared
def test_every_rule_of_the_four_kinds_stands_with_its_exact_quote(packs: dict[str, Pack]) -> None:
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    numbers = {pack.document_no: pack for pack in packs.values()}
    expected = {entry["id"]: entry for entry in catalogue["rules"] if entry["document"] in numbers}
    found = {rule.id: rule for pack in packs.values() for rule in pack.rules}
    assert set(found) == set(expected)
    for rule_id, entry in expected.items():
        got = found[rule_id]
        assert got.quote == entry["quote"]
        assert got.clause == entry["clause"]
        assert got.kind == entry["kind"]
        assert got.severity == entry["severity"]
        assert got.subject == entry["subject"]
        assert set(got.targets_by_year) == set(entry["targets_by_year"])
        for name in set(got.parameters) & set(entry["parameters"]):
            assert got.parameters[name] == entry["parameters"][name], (rule_id, name)


@pytest.mark.shared
def test_documents_are_named_as_in_the_catalogue(packs: dict[str, Pack]) -> None:
    catalogue = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    for document in catalogue["documents"].values():
        for pack_ in packs.values():
            if pack_.document_no == document["no"]:
                assert pack_.title == document["title"]
                assert pack_.issuer == document["issuer"]
                assert pack_.effective_from.isoformat() == document["date"]


def test_counts_name_known_kinds_of_the_right_service(packs: dict[str, Pack]) -> None:
    for pack_ in packs.values():
        for rule_ in pack_.rules:
            assert {FACILITY_KINDS[kind].service for kind in rule_.counts.kinds} == {rule_.subject}
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
