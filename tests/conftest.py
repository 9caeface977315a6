"""The database of the tests, and the rule that no test is left out in silence.

The suite uses a PostGIS server of its own, the private cluster ``.yike/postgres-test``, or the
server ``YIKE_TEST_DATABASE_URL`` names with a superuser. Each test that asks for `database`
gets a fresh clone of a migrated template.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from warm_process import WarmCommandLine

from service.core.cluster import running_cluster, superuser_sql
from service.core.cluster_layout import APP_ROLE, OWNER_ROLE
from service.core.migration import upgrade

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".yike"
PURPOSE = "postgres-test"
SHARED = ROOT.parent / "shared"
TEST_DATABASE = "YIKE_TEST_DATABASE_URL"


# --- what runs ------------------------------------------------------------------------------

LEFT_OUT = pytest.StashKey[dict[str, int]]()
REASONS = {
    "shared": "the folder shared/ beside the clone is not there",
    "full": "long runs, asked for with --full",
    "office": "LibreOffice is not installed",
    "browser": "Chromium is not installed, or the page is not built",
    "gdal": "Debian's gdal-bin is not installed",
}
BUILT_PAGE = ROOT / "service" / "web" / "dist" / "index.html"


def office_program() -> str | None:
    """Where LibreOffice is; None where it is not."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def browser_program() -> str | None:
    """Where Chromium is, as the distribution names it; None where it is not."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long tests too")
    parser.addoption(
        "--pictures", action="store_true", help="put pictures of the page into docs/images"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = dict.fromkeys(REASONS, 0)
    # How long an example takes says how busy the machine is, not whether the code is right.
    # What CI says of a change must not hang on the examples drawn that day: those who work on it
    # draw new ones each time, CI the same ones for the same code.
    steady = os.environ.get("CI") == "true"
    hypothesis.settings.register_profile("yike", deadline=None, derandomize=steady)
    hypothesis.settings.load_profile("yike")
    # The person's own settings, their database above all, are none of the tests' business.
    for name in [name for name in os.environ if name.startswith("YIKE_")]:
        if name != TEST_DATABASE:
            del os.environ[name]
    # Nor do the many services of the tests start processes for reviews, but where those are tested.
    os.environ["YIKE_REVIEWS__PROCESSES"] = "0"


@pytest.hookimpl(trylast=True)  # after -k and -m, so that only what was asked for is counted
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    unmet = {
        marker
        for marker, met in (
            ("shared", SHARED.is_dir()),
            ("full", config.getoption("--full")),
            ("office", office_program() is not None),
            ("browser", browser_program() is not None and BUILT_PAGE.exists()),
            ("gdal", shutil.which("ogr2ogr") is not None),
        )
        if not met
    }
    kept = []
    for item in items:
        wanting = (name for name in REASONS if name in unmet and item.get_closest_marker(name))
        reason = next(wanting, None)
        if reason is not None:
            config.stash[LEFT_OUT][reason] += 1
        else:
            kept.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    left_out = session.config.stash[LEFT_OUT]
    if output is not None:  # a worker: the controller, which collects nothing, does the telling
        output["left_out"] = left_out
    elif _fails_ci(left_out) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output = getattr(node, "workeroutput", None) or {}
    if "left_out" in output:
        node.config.stash[LEFT_OUT] = output["left_out"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left_out = config.stash[LEFT_OUT]
    for marker, count in left_out.items():
        if count:
            tests = "1 test" if count == 1 else f"{count} tests"
            terminalreporter.write_line(f"left out: {tests}; {REASONS[marker]}")
    if _fails_ci(left_out):
        terminalreporter.write_line("CI=true: tests left out for want of shared/ are a failure")


def _fails_ci(left_out: dict[str, int]) -> bool:
    return os.environ.get("CI") == "true" and left_out["shared"] > 0


# --- the database ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Database:
    """A database of one test: SQLAlchemy addresses for the two roles."""

    owner_url: str
    app_url: str


@dataclass(frozen=True)
class DatabaseServer:
    """The server of the tests; its `owner` may create databases."""

    owner: URL
    app: URL
    superuser: URL | None  # None: the private cluster, whose superuser comes in by psql

    def address(self, name: str) -> Database:
        return Database(
            owner_url=self.owner.set(database=name).render_as_string(hide_password=False),
            app_url=self.app.set(database=name).render_as_string(hide_password=False),
        )

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Open a session of the owner in which databases are made and dropped."""
        url = self.owner.set(drivername="postgresql", database="postgres")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as opened:
            yield opened

    def install_postgis(self, name: str) -> None:
        statement = "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS postgis;"
        if self.superuser is None:
            superuser_sql(STATE, statement, database=name, purpose=PURPOSE)
        else:
            _execute(self.superuser.set(database=name), statement)


def _execute(url: URL, statement: str) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as session:
        session.execute(statement.encode())


def _given_server(address: str) -> DatabaseServer:
    """Make the two roles on a server of one's own; every worker arrives at the same passwords."""
    superuser = make_url(address)
    urls = []
    for role in (OWNER_ROLE, APP_ROLE):
        password = hashlib.sha256(f"{role} {address}".encode()).hexdigest()
        _execute(
            superuser,
            f"""DO $$ BEGIN
                CREATE ROLE {role} LOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
            ALTER ROLE {role} LOGIN PASSWORD '{password}';""",
        )
        urls.append(superuser.set(username=role, password=password))
    _execute(superuser, f"ALTER ROLE {OWNER_ROLE} CREATEDB; GRANT {APP_ROLE} TO {OWNER_ROLE};")
    return DatabaseServer(owner=urls[0], app=urls[1], superuser=superuser)


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The server of the tests, running."""
    given = os.environ.get(TEST_DATABASE)
    if given:
        with _lock():
            server = _given_server(given)
        yield server
        return
    with running_cluster(STATE, purpose=PURPOSE) as address:
        server = DatabaseServer(
            owner=make_url(address.owner_url), app=make_url(address.app_url), superuser=None
        )
        with _lock():
            _drop_leftovers(server)
        yield server


def _drop_leftovers(server: DatabaseServer) -> None:
    """Drop the databases of runs that were killed: their process is gone."""
    with server.session() as session:
        for (name,) in session.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'yike\\_test\\_%'"
        ).fetchall():
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                session.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time make roles and templates."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "test-template.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _template_name() -> str:
    """Name the template by what the migrations say: another schema is another template."""
    digest = hashlib.sha256()
    sources = ("migrations/**/*.py", "service/*/tables.py", "service/core/*.py", "spatial/*.py")
    for path in sorted(path for pattern in sources for path in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return f"yike_template_{digest.hexdigest()[:16]}"


def _make_template(server: DatabaseServer, session: psycopg.Connection, name: str) -> None:
    """Make the migrated template; it gets its name when it is complete."""
    for (leftover,) in session.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'yike\\_template\\_%'"
    ).fetchall():
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(leftover)))
    fresh = f"{name}_new"
    session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
    server.install_postgis(fresh)
    upgrade(server.address(fresh).owner_url)
    session.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(fresh), sql.Identifier(name)
        )
    )


@contextmanager
def _fresh_database(server: DatabaseServer) -> Iterator[Database]:
    name = f"yike_test_{os.getpid()}_{secrets.token_hex(4)}"
    with server.session() as session:
        # Held for the copy too: another run may replace the template at any time.
        with _lock():
            template = _template_name()
            if (
                session.execute(
                    "SELECT FROM pg_database WHERE datname = %s", (template,)
                ).fetchone()
                is None
            ):
                _make_template(server, session, template)
            session.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        session.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(APP_ROLE)
            )
        )
        try:
            yield server.address(name)
        finally:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(database_server: DatabaseServer) -> Iterator[Database]:
    """A fresh migrated database, dropped after the test."""
    with _fresh_database(database_server) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def module_database(database_server: DatabaseServer) -> Iterator[Database]:
    """A migrated database shared by the tests of one module, which must not rely on order."""
    with _fresh_database(database_server) as fresh:
        yield fresh


# --- the command line ------------------------------------------------------------------------


@pytest.fixture(scope="session")
def commands() -> Iterator[WarmCommandLine]:
    """The program, imported once a worker."""
    warm = WarmCommandLine()
    yield warm
    warm.close()
