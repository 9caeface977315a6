"""What has ended stays ended for the role that serves, and of two who race only one gets in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from jobs import until
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.core.keys import create_key, key_id_of, revoke_key
from service.core.sessions import create_link, end_session, open_session, use_link

REVIEW = "0" * 32
OVERRIDE = text(f"""
    INSERT INTO review_override (review_id, number, finding, verdict, reason, name,
        effective_verdict, given_by)
    VALUES ('{REVIEW}', 1, 0, 'met', 'measured again', 'Wang', 'pass', 'key')""")
SIGNATURE = text(f"""
    INSERT INTO review_signature (review_id, name, overrides, verdict, signed_by)
    VALUES ('{REVIEW}', 'Li', 0, 'pass', 'other key')""")


@pytest.fixture
def review(engine):
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO review (id, project_id, stage, as_of, verdict, illustration, inputs,
                result, code_version, hash, data_instant, made_by, made_by_name, site)
            VALUES (:id, 'p', 'design', '2026-11-22', 'pass', false, '{}', '{}', 'x', :hash,
                now(), 'key', 'Wang', ST_SetSRID(ST_MakePoint(114, 30), 4326))"""),
            {"id": REVIEW, "hash": "0" * 64},
        )


def test_an_end_is_written_once(engine):
    with engine.begin() as connection:
        key = key_id_of(create_key(connection, role="editor", name="a"))
        assert use_link(connection, create_link(connection, key_id=key, seconds=60)) == key
        end_session(connection, open_session(connection, key, former=None))
        assert revoke_key(connection, key)
    for change in (
        "sign_in_link SET used_at",
        "browser_session SET ended_at",
        "api_key SET revoked_at",
    ):
        for value in ("NULL", "now() - interval '1 day'"):
            with engine.connect() as connection, pytest.raises(IntegrityError, match="is set"):
                connection.execute(text(f"UPDATE {change} = {value}"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE browser_session SET seen_at = clock_timestamp()"))


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (SIGNATURE, OVERRIDE, "is signed"),
        (OVERRIDE, SIGNATURE, "has 1 overrides, not the 0 signed under"),
    ],
    ids=["override while it is signed", "signature while it is overridden"],
)
def test_an_override_and_a_signature_do_not_both_win(engine, first, second, told):
    def late() -> None:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL application_name = 'late'"))
            connection.execute(second)

    def waits() -> bool:
        with engine.connect() as connection:
            return connection.execute(
                text("""
                SELECT count(*) > 0 FROM pg_stat_activity
                WHERE application_name = 'late' AND wait_event_type = 'Lock'""")
            ).scalar_one()

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as connection:
            connection.execute(first)
            racing = pool.submit(late)
            until(lambda: waits() or racing.done(), why="the other one neither waits nor ends")
            assert not racing.done()
        with pytest.raises(IntegrityError, match=told):
            racing.result()


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize("statement", [OVERRIDE, SIGNATURE])
def test_a_snapshot_that_could_be_old_adds_nothing(engine, statement):
    old = engine.execution_options(isolation_level="REPEATABLE READ")
    with old.connect() as connection, pytest.raises(IntegrityError, match="what is committed"):
        connection.execute(statement)
