from __future__ import annotations

from importlib import util
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from service.core.migration import (
    alembic_config,
    current_revision,
    downgrade,
    head_revision,
    is_current,
    upgrade,
)
from service.core.schema import METADATA

CATALOGUE = {
    "columns": """
        SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod),
               a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid), l.collname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'""",
    "partitions": """
        SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid)
        FROM pg_partitioned_table""",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
        SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')""",
    "schemas": "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'",
}
NOT_OURS = ("spatial_ref_sys", "alembic_version")


def catalogue(connection: Connection) -> dict[str, set[tuple[object, ...]]]:
    """All that a migration could have left, but what PostGIS and Alembic keep."""
    return {
        name: {
            tuple(row)
            for row in connection.execute(text(query.replace(":", "\\:")))
            if row[0] not in NOT_OURS
        }
        for name, query in CATALOGUE.items()
    }


def test_there_is_one_head_and_the_template_is_at_it(engine):
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1
    with engine.connect() as connection:
        assert current_revision(connection) == head_revision()
        assert is_current(connection)


def test_models_and_migrations_agree(owner):
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": alembic_helpers.include_object,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, METADATA) == []


def test_models_and_migrations_agree_in_checks_indexes_and_collations(owner, database):
    with owner.connect() as connection:
        migrated = catalogue(connection)
    downgrade(database.owner_url, "base")
    with owner.begin() as connection:
        METADATA.create_all(connection)
        made = catalogue(connection)
    for name in ("columns", "constraints", "indexes", "partitions"):
        assert migrated[name] == made[name], name
    assert len(migrated["constraints"]) > 100


def test_each_migration_goes_down_and_up_again(owner, database):
    script = ScriptDirectory.from_config(alembic_config())
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert len(revisions) >= 4
    states = []
    for revision in [*revisions[1:], "base"]:
        with owner.connect() as connection:
            states.append(catalogue(connection))
        downgrade(database.owner_url, revision)
    with owner.connect() as connection:
        empty = catalogue(connection)
    assert empty["columns"] == empty["triggers"] == empty["functions"] == set()
    assert empty["schemas"] == {("public",), ("information_schema",)}
    for revision, state in zip(reversed(revisions), reversed(states), strict=True):
        upgrade(database.owner_url, revision)
        with owner.connect() as connection:
            assert catalogue(connection) == state, revision


def test_migrating_twice_changes_nothing(owner, database):
    with owner.connect() as connection:
        before = catalogue(connection)
    upgrade(database.owner_url)
    with owner.connect() as connection:
        assert catalogue(connection) == before


def test_a_migration_that_fails_leaves_nothing(owner, database):
    downgrade(database.owner_url, "base")
    with owner.begin() as connection:
        # The last table but one is in the way.
        connection.execute(text("CREATE TABLE audit (id integer)"))
    with pytest.raises(Exception, match="audit"):
        upgrade(database.owner_url)
    with owner.connect() as connection:
        assert {row[0] for row in catalogue(connection)["columns"]} == {"audit"}


def test_a_url_with_a_percent_sign_is_taken_literally():
    url = "postgresql+psycopg://yike_owner:p%25w@localhost/yike"
    assert alembic_config(url).get_main_option("sqlalchemy.url") == url


def test_every_geometry_has_a_gist_index(owner):
    with owner.connect() as connection:
        missing = connection.execute(
            text("""
            SELECT f_table_name, f_geometry_column FROM geometry_columns g
            WHERE f_table_schema = 'public' AND f_geometry_column = 'geometry' AND NOT EXISTS (
                SELECT FROM pg_indexes i WHERE i.tablename = g.f_table_name
                AND i.indexdef LIKE '%USING gist (' || f_geometry_column || '%')""")
        ).all()
        total = connection.execute(
            text("SELECT count(*) FROM geometry_columns WHERE f_table_schema = 'public'")
        ).scalar_one()
    assert missing == []
    assert total >= 9


def test_a_role_that_may_not_create_roles_is_told_what_is_missing(database_server, database):
    """Nobody may drop yike_app here, so the block runs with another name for it."""
    path = Path(__file__).parents[2] / "migrations/versions/2026_11_22_history.py"
    spec = util.spec_from_file_location("history_migration", path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    block = module.CREATE_ROLE.replace("yike_app", "yike_absent")
    url = database_server.owner.set(drivername="postgresql", database=None).set(
        database=database.owner_url.rsplit("/", 1)[-1].split("?")[0]
    )
    with (
        psycopg.connect(url.render_as_string(hide_password=False)) as session,
        pytest.raises(
            psycopg.errors.RaiseException, match="yike_absent does not exist and yike_ow"
        ),
    ):
        session.execute(block)
