from __future__ import annotations

import hashlib
import re

import pytest
from sqlalchemy import text

from service.core import keys
from service.core.keys import Principal
from spatial.errors import InputError


def test_a_key_works_until_it_is_revoked(engine):
    with engine.begin() as connection:
        key = keys.create_key(connection, role="editor", name="规划局", areas=["330702", "330703"])
        assert re.fullmatch(r"yike_[0-9a-f]{12}_[0-9a-f]{64}", key)
        key_id = key.split("_")[1]
        principal = Principal(key_id, "规划局", "editor", ("330702", "330703"), "规划局")
        assert keys.authenticate(connection, key) == principal
        (listed,) = keys.list_keys(connection)
        assert listed.principal == principal
        assert listed.revoked_at is None
        assert keys.revoke_key(connection, key_id)
        assert keys.authenticate(connection, key) is None
        assert not keys.revoke_key(connection, key_id)
        (listed,) = keys.list_keys(connection)
        assert listed.revoked_at >= listed.created_at


def test_a_key_is_stored_as_a_hash_only(engine):
    with engine.begin() as connection:
        key = keys.create_key(connection, role="admin", name="a")
        row = connection.execute(text("SELECT api_key::text AS line, hash FROM api_key")).one()
    secret = key.rsplit("_", 1)[1]
    assert secret not in row.line
    assert row.hash == hashlib.sha256(secret.encode()).digest()


def test_two_keys_share_nothing(engine):
    with engine.begin() as connection:
        made = {keys.create_key(connection, role="viewer", name="same") for _ in range(20)}
        assert len({key.split("_")[1] for key in made}) == 20
        assert len({key.split("_")[2] for key in made}) == 20
        one, two, *_ = sorted(made)
        mixed = "_".join([*one.split("_")[:2], two.split("_")[2]])
        assert keys.authenticate(connection, mixed) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:0],
        lambda key: key[:4],
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.upper(),
        lambda key: " " + key,
        lambda key: key + "\n",
        lambda key: key.replace("yike", "yoke"),
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: "_".join(["yike", "0" * 12, key.split("_")[2]]),
        lambda key: key.split("_")[2],
        lambda key: "yike_' OR true --_" + key.split("_")[2],
        lambda key: "\x00" + key,
    ],
)
def test_a_wrong_key_is_nobody(engine, spoil):
    with engine.begin() as connection:
        key = keys.create_key(connection, role="admin", name="a")
        assert keys.authenticate(connection, spoil(key)) is None
        assert keys.authenticate(connection, key) is not None


@pytest.mark.parametrize(("role", "name"), [("root", "a"), ("", "a"), ("viewer", " ")])
def test_a_key_needs_a_role_and_a_name(engine, role, name):
    with engine.begin() as connection, pytest.raises(InputError):
        keys.create_key(connection, role=role, name=name)
