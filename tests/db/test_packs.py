from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from service.packs import service as packs
from spatial.errors import PackError
from spatial.policy.pack import Pack
from spatial.policy.pack_file import load_packs
from spatial.policy.pack_parsing import parse_pack

SEED = Path(__file__).parents[2] / "seed" / "policies"


def other(pack: Pack) -> Pack:
    return parse_pack({**pack.document, "title": pack.title + "（修订）"}, source="test")


def test_the_packs_of_the_seed_come_back_as_they_are(engine):
    seed = load_packs(SEED)
    with engine.begin() as connection:
        assert packs.store_packs(connection, seed) == len(seed) >= 3
        assert packs.store_packs(connection, seed) == 0
        back = packs.list_packs(connection)
        one = packs.load_pack(connection, "jinhua-2022")
    assert [pack.id for pack in back] == [pack.id for pack in seed]
    for stored, pack in zip(back, seed, strict=True):
        assert stored == pack
    assert one.version == next(pack.version for pack in seed if pack.id == "jinhua-2022")


def test_the_version_stored_last_is_in_use_and_old_ones_stay(engine):
    first = load_packs(SEED)[0]
    second = other(first)
    assert first.version != second.version
    with engine.begin() as connection:
        for pack, added in ((first, 1), (second, 1), (first, 0), (first, 0)):
            assert packs.store_packs(connection, [pack]) == added
            assert packs.load_pack(connection, first.id) == pack
            assert packs.versions_in_use(connection) == {first.id: pack.version}
            assert packs.list_packs(connection) == (pack,)
        for pack in (first, second):
            assert packs.load_versions(connection, {pack.id: pack.version}) == (pack,)
        assert connection.execute(text("SELECT count(*) FROM pack")).scalar_one() == 2


def test_an_unknown_pack_is_named_with_those_there_are(engine):
    with engine.begin() as connection:
        with pytest.raises(PackError, match="no pack 'x' is stored; stored are: none"):
            packs.load_pack(connection, "x")
        packs.store_packs(connection, load_packs(SEED))
        with pytest.raises(PackError, match=r"stored are: .*dali-2022, .*jinhua-2022"):
            packs.load_pack(connection, "x")
        with pytest.raises(PackError, match="not stored in version"):
            packs.load_versions(connection, {"jinhua-2022": "0" * 64})


def test_a_pack_changed_behind_our_back_is_refused(engine, owner):
    with engine.begin() as connection:
        packs.store_packs(connection, load_packs(SEED))
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE pack SET document = jsonb_set(document, '{title}', '\"x\"')")
        )
    with engine.connect() as connection, pytest.raises(PackError, match="not of version"):
        packs.load_pack(connection, "jinhua-2022")
