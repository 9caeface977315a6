"""``yike review`` with what is stored: store, list, show, replay, override, sign."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from housing import nursery, plain
from planning import districts, facilities, main_street, point
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url
from stored_files import Stored

from service.core import history
from service.core.database import create_database_engine
from service.core.history import Origin
from service.core.keys import create_key
from service.networks.service import store_network
from service.packs.service import store_packs
from spatial.fields import DISTRICTS, FACILITIES
from spatial.policy.pack_file import load_packs

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "seed" / "policies"
# The command line in a process of its own, which says where its code lies.
REPLAYING = """
import sys, spatial, service.cli
print(spatial.__file__, file=sys.stderr)
sys.argv = ["yike", "review", "replay", sys.argv[1], "--json"]
service.cli.main()
"""
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
        signer = (f"--name={name}", f"--key-file={key}", "--overrides=1")
        refused = office.yike("review", "sign", review_id, *signer)
        assert refused.returncode == 2
        assert words in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    unseen = office.yike("review", "sign", review_id, "--name=李某", "--key-file=key")
    assert unseen.returncode == 2
    assert "seen 0, there are 1 by now" in unseen.stderr
    signed = office.yike(
        "review", "sign", review_id, "--name=李某", "--key-file=key", "--overrides=1"
    )
    assert signed.returncode == 0, signed.stderr
    assert signed.stdout.startswith("项目审查（已签发）")
    late = office.yike("review", "override", review_id, "--finding=0", *said)
    assert late.returncode == 2
    assert "was signed by 李某" in late.stderr

    listed = office.yike("review", "list", "--state=signed", "--project=p")
    assert listed.stdout.startswith(review_id)
    assert "不予通过 → 通过" in listed.stdout
    english = office.yike("review", "show", review_id, "--lang=en")
    assert "Signed off: 李某" in english.stdout
    shown = json.loads(office.yike("review", "show", review_id, "--json").stdout)
    assert shown["effective"]["verdict"] == "pass"
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


@pytest.fixture
def restored(database) -> Iterator[str]:
    """Name a copy of the database, made when it is asked for, as a restored dump is one."""
    url = make_url(database.owner_url)
    name = f"{url.database}_restored"
    server = url.set(drivername="postgresql", database="postgres")
    yield name
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as session:
        session.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))


def test_a_fresh_clone_with_the_database_restored_gives_the_same_hash(
    office: Stored, database, restored: str, tmp_path: Path
) -> None:
    """Another path, another process, hash seed, time zone, language and cache: the same hash."""
    owner = create_database_engine(database.owner_url)
    around = [{"id": f"n{east}", "geometry": point(east)} for east in (900, 1500)]
    homes = [
        {"id": f"d{east}", "stage": "existing", "households": 100, "geometry": point(east)}
        for east in (250, 800)
    ]
    origin = Origin(file="test", crs="EPSG:4326", transformation=None, actor="test")
    with owner.begin() as connection:
        store_network(connection, main_street(), name="street", source="a test")
        history.store(connection, FACILITIES, facilities(*around), origin=origin)
        history.store(connection, DISTRICTS, districts(*homes), origin=origin)
    owner.dispose()
    made = json.loads(office.yike(*CALL, "--neighbours", "--json").stdout)
    assert made["neighbours"]

    url = make_url(database.owner_url)
    server = url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as session:
        copying = SQL("CREATE DATABASE {} TEMPLATE {}")
        session.execute(copying.format(Identifier(restored), Identifier(str(url.database))))
    clone = tmp_path / "another" / "clone"
    for folder in ("service", "spatial", "seed", "migrations"):
        shutil.copytree(ROOT / folder, clone / folder)
    app = make_url(database.app_url).set(database=restored).render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", REPLAYING, made["id"]],
        cwd=clone,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(clone),
            "PYTHONHASHSEED": "7",
            "TZ": "Pacific/Auckland",
            "LC_ALL": "C",
            "YIKE_DATABASE__URL": app,
            "YIKE_CACHE_DIR": str(clone / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(clone) in done.stderr, "the code of the clone ran"
    replayed = json.loads(done.stdout)
    assert replayed["hash"] == {"stored": made["hash"], "replayed": made["hash"]}
    assert replayed["code_version"]["replayed"] == made["code_version"]
    assert (replayed["since"], replayed["findings"]["differing"]) == ([], [])
