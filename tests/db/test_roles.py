"""What the role that serves may not do, tried as that role."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from service.core import history
from spatial.fields import FACILITIES

VERSIONED = ("area", "district", "building", "facility", "park", "project", "indicator")
APPEND_ONLY = (
    "audit",
    "evaluation",
    "network_edge",
    "review",
    "review_override",
    "review_signature",
    "scenario",
)
SEALED = ("finding", "evaluation_district", "evaluation_area")
EVERY_TABLE = (
    *VERSIONED,
    *APPEND_ONLY,
    *SEALED,
    "network",
    "pack",
    "api_key",
    "sign_in_link",
    "browser_session",
    "data_state",
    "data_import",
)
IMPORT_PROGRESS = {
    "state",
    "stage",
    "rows_done",
    "report",
    "digest",
    "origin_crs",
    "transformation",
    "accepted",
    "quarantine",
    "quarantine_suffix",
    "committed_at",
    "committed_by",
    "after_instant",
    "until_instant",
    "undone_at",
    "undone_by",
}
RUN = "0123456789abcdef" * 2


def denied(engine, statement: str) -> bool:
    """Whether the statement is refused for want of a privilege, and for nothing else."""
    with engine.connect() as connection, pytest.raises(ProgrammingError) as fault:
        connection.execute(text(statement))
    return fault.value.orig.sqlstate == "42501"


def test_the_role_is_no_superuser_and_owns_nothing(engine):
    with engine.connect() as connection:
        row = connection.execute(
            text("""
            SELECT current_user, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls,
                (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)
            FROM pg_roles WHERE rolname = current_user""")
        ).one()
    assert tuple(row) == ("yike_app", False, 0)


@pytest.mark.parametrize("table", EVERY_TABLE)
def test_nothing_is_deleted_emptied_or_redefined(engine, table):
    assert denied(engine, f"DELETE FROM {table}")
    assert denied(engine, f"TRUNCATE {table}")
    assert denied(engine, f"DROP TABLE {table}")
    assert denied(engine, f"ALTER TABLE {table} ADD COLUMN x integer")


@pytest.mark.parametrize(
    "change",
    [
        "sign_in_link SET expires_at = now()",
        "sign_in_link SET key_id = ''",
        "browser_session SET created_at = now()",
        "browser_session SET key_id = ''",
        "browser_session SET hash = ''",
    ],
)
def test_signing_in_is_used_up_and_ended_and_nothing_else(engine, change):
    assert denied(engine, f"UPDATE {change}")


def test_every_table_is_in_these_lists(owner):
    with owner.connect() as connection:
        names = connection.execute(
            text("""
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND relkind IN ('r', 'p')""")
        ).scalars()
        ours = set(names) - {"spatial_ref_sys", "alembic_version"}
    assert ours == set(EVERY_TABLE)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (i integer)",
        "CREATE SCHEMA x",
        "CREATE TABLE run.x (i integer)",
        "CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION hstore",
        "DROP SCHEMA run CASCADE",
        "ALTER TABLE facility DISABLE TRIGGER ALL",
    ],
)
def test_nothing_is_defined(engine, statement):
    assert denied(engine, statement)


@pytest.mark.parametrize("table", [*APPEND_ONLY, *SEALED])
def test_what_was_found_and_recorded_is_never_updated(owner, engine, table):
    with owner.connect() as connection:
        columns = (
            connection.execute(
                text(
                    "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) "
                    "AND attnum > 0"
                ),
                {"t": table},
            )
            .scalars()
            .all()
        )
    for column in columns:
        assert denied(engine, f'UPDATE {table} SET "{column}" = "{column}"')


@pytest.mark.parametrize("table", SEALED)
def test_results_are_not_inserted_beside_a_run(engine, table):
    assert denied(engine, f"INSERT INTO {table} DEFAULT VALUES")


@pytest.mark.parametrize(
    ("tables", "allowed"),
    [
        (VERSIONED, {"superseded_at"}),
        (("network",), {"used_since", "diagnosis"}),
        (("pack",), {"used_since"}),
        (("api_key",), {"revoked_at"}),
        (("data_state",), {"instant"}),
        (("data_import",), IMPORT_PROGRESS),
    ],
)
def test_only_the_columns_that_end_or_use_a_row_can_change(owner, engine, tables, allowed):
    for table in tables:
        with owner.connect() as connection:
            columns = set(
                connection.execute(
                    text(
                        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) "
                        "AND attnum > 0"
                    ),
                    {"t": table},
                ).scalars()
            )
        assert allowed < columns
        for column in columns - allowed:
            assert denied(engine, f'UPDATE {table} SET "{column}" = "{column}"')
        with engine.connect() as connection:
            for column in allowed:
                connection.execute(text(f'UPDATE {table} SET "{column}" = "{column}"'))


def test_history_cannot_be_rewritten(engine, make_frame, nursery, origin):
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        nursery["places"] = 61
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
    for value in ("NULL", "superseded_at + interval '1 hour'"):
        with engine.connect() as connection, pytest.raises(IntegrityError, match="is history"):
            connection.execute(
                text(f"UPDATE facility SET superseded_at = {value} WHERE version = 1")
            )


def test_dropping_a_run_is_the_owners_alone(engine, owner):
    assert denied(engine, f"SELECT drop_run('{RUN}')")
    with owner.begin() as connection:
        assert connection.execute(text(f"SELECT drop_run('{RUN}')")).scalar_one() is False


@pytest.mark.parametrize("function", ["prepare_run", "seal_run"])
@pytest.mark.parametrize(
    "name", ["", "x", RUN.upper(), RUN + "0", RUN + "\n", "a; DROP TABLE finding", None]
)
def test_a_run_has_an_id_or_no_tables(engine, function, name):
    with engine.connect() as connection, pytest.raises(Exception, match=r"no id of an evaluation"):
        connection.execute(text(f"SELECT {function}(:name)"), {"name": name})


def insert_area(connection, evaluation: str) -> None:
    connection.execute(
        text(
            f"INSERT INTO run.evaluation_area_{RUN} (evaluation_id, number, code, name, kind, "
            "pack, rule, part, verdict, value, districts, underserved, undetermined, watch, "
            "served, not_assessed) "
            "VALUES (:id, 1, 'c', 'n', 'county', 'p', 'r', 'occupied', 'met', 0.5, "
            "1, 0, 0, 0, 1, 0)"
        ),
        {"id": evaluation},
    )


def test_a_prepared_run_is_filled_and_then_closed(engine):
    with engine.begin() as connection:
        connection.execute(text(f"SELECT prepare_run('{RUN}')"))
        insert_area(connection, RUN)
        connection.execute(text(f"SELECT seal_run('{RUN}')"))
    assert denied(engine, f"INSERT INTO run.evaluation_area_{RUN} SELECT * FROM evaluation_area")
    assert denied(engine, f"DELETE FROM run.finding_{RUN}")
    assert denied(engine, f"DROP TABLE run.finding_{RUN}")
    with engine.connect() as connection:
        value = connection.execute(text("SELECT value FROM evaluation_area")).scalar_one()
    assert str(value) == "0.5"


def test_a_run_being_stored_holds_up_no_reader(engine):
    with engine.connect() as writer, engine.connect() as reader:
        writer.execute(text(f"SELECT prepare_run('{RUN}')"))
        insert_area(writer, RUN)
        writer.execute(text(f"SELECT seal_run('{RUN}')"))
        reader.execute(text("SET lock_timeout = '2s'"))
        for table in SEALED:
            count = reader.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert count == 0


def test_a_run_holds_only_rows_of_its_own(engine):
    other = RUN[::-1]
    with engine.connect() as connection:
        connection.execute(text(f"SELECT prepare_run('{RUN}')"))
        insert_area(connection, other)
        with pytest.raises(IntegrityError, match="partition constraint"):
            connection.execute(text(f"SELECT seal_run('{RUN}')"))


def test_functions_that_run_as_the_owner_pin_their_search_path(owner):
    with owner.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT proname, prosecdef, proconfig, has_function_privilege('public', oid, 'EXECUTE')
            FROM pg_proc WHERE proname IN ('prepare_run', 'seal_run', 'drop_run')
            ORDER BY proname""")
        ).all()
    pinned = ["search_path=pg_catalog, pg_temp"]
    assert [tuple(row) for row in rows] == [
        ("drop_run", False, pinned, False),
        ("prepare_run", True, pinned, False),
        ("seal_run", True, pinned, False),
    ]
