"""``yike review`` with what is stored: store, list, show, replay, override, sign."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from housing import nursery, plain
from stored_files import Stored

from service.core.database import create_database_engine
from service.core.keys import create_key
from service.packs.service import store_packs
from spatial.policy.pack_file import load_packs

POLICIES = Path(__file__).resolve().parents[2] / "seed" / "policies"
CALL = ("review", "project.json", "--stage=design", "--as-of=2026-11-22", "--store")


@pytest.fixture
def office(stored: Stored, database) -> Stored:
    """A database with packs and a reviewer, and a project that lacks 0.1 m²."""
    owner = create_database_engine(database.owner_url)
    with owner.begin() as connection:
        store_packs(connection, load_packs(POLICIES))
        Path("key").write_text(create_key(connection, role="reviewer", name="乙"))
        Path("editor").write_text(create_key(connection, role="editor", name="丙"))
    owner.dispose()
    document = plain(nursery(200), units=1334, area="330702")
    Path("project.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return stored


def test_a_review_from_draft_to_signature(office: Stored) -> None:
    made = office.yike(*CALL, "--json")
    assert made.returncode == 3, made.stderr
    document = json.loads(made.stdout)
    review_id = document["id"]
    assert (document["state"], document["verdict"]) == ("draft", "not_pass")

    replayed = office.yike("review", "replay", review_id)
    assert replayed.returncode == 0, replayed.stderr
    assert "the same hash" in replayed.stdout
    assert document["hash"] in replayed.stdout

    rule = "jinhua.childcare.area.new"
    said = ("--verdict=met", "--reason=实测201㎡", "--name=王某")
    over = office.yike("review", "override", review_id, f"--finding={rule}", *said)
    assert over.returncode == 0, over.stderr
    assert f"人工改判: {rule}: 不符合 → 符合, 王某: 实测201㎡" in over.stdout
    assert "结论: 不予通过" in over.stdout, "what was computed stays"
    bad = office.yike("review", "override", review_id, "--finding=none", *said)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert "give a number" in bad.stderr

    for key, name, words in (
        ("editor", "李某", "needs a key of role"),
        ("key", "王某", "had a hand in the review"),
        ("none", "李某", "there is no such file"),
    ):
        refused = office.yike("review", "sign", review_id, f"--name={name}", f"--key-file={key}")
        assert refused.returncode == 2
        assert words in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    signed = office.yike("review", "sign", review_id, "--name=李某", "--key-file=key")
    assert signed.returncode == 0, signed.stderr
    assert signed.stdout.startswith("项目审查（已签发）")
    late = office.yike("review", "override", review_id, "--finding=0", *said)
    assert late.returncode == 2
    assert "was signed by 李某" in late.stderr

    listed = office.yike("review", "list", "--state=signed", "--project=p")
    assert listed.stdout.startswith(review_id)
    assert "不予通过 → 无法判断" in listed.stdout, "there are no streets"
    english = office.yike("review", "show", review_id, "--lang=en")
    assert "Signed off: 李某" in english.stdout
    shown = json.loads(office.yike("review", "show", review_id, "--json").stdout)
    assert shown["effective"]["verdict"] == "undetermined"
    assert office.ask("SELECT action FROM audit ORDER BY sequence") == [
        ("review",), ("override",), ("sign",),
    ]  # fmt: skip


def test_bad_input_is_said_in_a_line(office: Stored) -> None:
    for call, words in (
        ((*CALL, "--alone"), "--store: keeps what the database holds"),
        ((*CALL, "--pack=dali-2022"), "outside the region of dali-2022"),
        ((*CALL, "--pack=none"), "there is no pack 'none'"),
        ((*CALL, "--stage=built"), "there is no 'built'"),
        ((*CALL[:2], "--illustration"), "--illustration: is for reviews that are stored"),
        (("review", "show", "none"), "There is no such review"),
        (("review", "list", "--verdict=met"), "--verdict: there is no 'met'"),
    ):
        done = office.yike(*call)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert words in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    done = office.yike(*CALL, "--pack=dali-2022", "--illustration", "--json")
    assert json.loads(done.stdout)["illustration"] is True


def test_help_knows_both(office: Stored) -> None:
    assert "--shrink-tolerance" in office.yike("review", "--help").stdout
    assert "--key-file" in office.yike("review", "sign", "--help").stdout
    assert office.yike("--help").stdout.count(" review ") == 1
