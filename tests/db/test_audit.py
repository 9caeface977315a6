from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from service.core import audit
from service.core.audit import BrokenLink

DETAIL = {"数": [1, 2.5, 1e16, 0.1, None, True], "a": {"b": '汉 " \\ \u2028'}, "": -0.0}


def record(connection, number: int) -> None:
    audit.record(connection, actor=f"a{number}", action="store", target="district/x", detail=DETAIL)


@pytest.fixture
def chain(engine):
    with engine.begin() as connection:
        for number in range(1, 6):
            record(connection, number)
    return engine


def test_a_chain_as_written_is_whole(chain):
    with chain.connect() as connection:
        assert audit.verify(connection) is None
        rows = connection.execute(text("SELECT * FROM audit ORDER BY sequence")).all()
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5]
    assert [row.actor for row in rows] == ["a1", "a2", "a3", "a4", "a5"]
    assert rows[0].previous_hash == bytes(32)
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert rows[0].detail == DETAIL


def test_an_empty_chain_is_whole(engine):
    with engine.connect() as connection:
        assert audit.verify(connection) is None


def test_it_is_whole_in_any_time_zone(chain):
    with chain.connect() as connection:
        connection.execute(text("SET TIME ZONE 'Asia/Shanghai'"))
        assert audit.verify(connection) is None


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("UPDATE audit SET actor = 'x' WHERE sequence = 3", 3),
        ("UPDATE audit SET action = 'drop' WHERE sequence = 1", 1),
        ("UPDATE audit SET target = 'y' WHERE sequence = 5", 5),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE sequence = 2", 2),
        ("UPDATE audit SET detail = '{}' WHERE sequence = 4", 4),
        ("UPDATE audit SET detail = jsonb_set(detail, '{a,b}', '\"x\"') WHERE sequence = 4", 4),
        ("UPDATE audit SET hash = sha256('x') WHERE sequence = 2", 2),
        ("UPDATE audit SET previous_hash = sha256('x') WHERE sequence = 2", 2),
        # The content moved across the border of two columns.
        ("UPDATE audit SET actor = 'a1s', action = 'tore' WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("UPDATE audit SET sequence = 9 WHERE sequence = 5", 5),
        (
            "DELETE FROM audit WHERE sequence = 4; UPDATE audit SET sequence = 4 WHERE actor>'a4'",
            4,
        ),
    ],
)
def test_the_first_broken_link_is_found(chain, owner, change, sequence):
    with owner.begin() as connection:
        for statement in change.split("; "):
            connection.execute(text(statement))
    with chain.connect() as connection:
        broken = audit.verify(connection)
    assert isinstance(broken, BrokenLink)
    assert broken.sequence == sequence
    assert broken.reason


def test_a_long_chain_is_read_in_parts_and_leaves_the_connection_as_it_was(engine, monkeypatch):
    monkeypatch.setattr(audit, "_ROWS_AT_ONCE", 3)
    with engine.begin() as connection:
        for number in range(10):
            record(connection, number)
        options = dict(connection.get_execution_options())
        assert audit.verify(connection) is None
        assert dict(connection.get_execution_options()) == options


def test_what_is_rolled_back_leaves_no_gap(engine):
    with engine.begin() as connection:
        record(connection, 1)
    with engine.connect() as connection:
        record(connection, 2)
        connection.rollback()
    with engine.begin() as connection:
        record(connection, 3)
        assert audit.verify(connection) is None
        actors = connection.execute(text("SELECT actor FROM audit ORDER BY sequence")).scalars()
        assert actors.all() == ["a1", "a3"]


def test_writers_at_once_make_one_chain(engine):
    faults: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for _ in range(10):
                with engine.begin() as connection:
                    record(connection, number)
        except BaseException as fault:  # noqa: BLE001  reported by the main thread
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    with engine.connect() as connection:
        assert audit.verify(connection) is None
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == 60


def test_a_stale_snapshot_may_not_append(engine):
    with (
        engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
        pytest.raises(RuntimeError, match="READ COMMITTED"),
    ):
        record(connection, 1)
