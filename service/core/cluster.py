"""The private PostgreSQL cluster of a clone, or of an installed Yike.

An ordinary user's cluster lives in ``.yike/postgres``; root's runs as an unprivileged account
under ``/var/lib/yike/<hash of the clone's path>``, since that account may be unable to read
the clone. ``.yike/postgres.json`` holds the address in both cases. For an installed Yike the
state folder, ``~/.local/state/yike``, stands in the place of both clone and ``.yike``.

The server belongs to everyone using it: each user holds a shared lock, and whoever leaves last
stops the server. The system drops the lock of a killed process, so nothing is left to clean up,
and a server left behind by one is found and used by the next.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

from service.core.cluster_layout import (
    APP_ROLE,
    DATABASE,
    LOOPBACK,
    OWNER_ROLE,
    ROOT_HOME,
    ClusterAddress,
    Layout,
    layout_of,
    read_address,
    write_address,
)
from service.core.cluster_server import psql, running_port, start, stop_server
from service.core.postgres import (
    Account,
    ClusterError,
    Installation,
    choose_installation,
    find_installations,
    run,
    server_account,
)

Report = Callable[[str], None]


def silent(_message: str) -> None:
    """Report nothing."""


@contextmanager
def running_cluster(
    state: Path, *, purpose: str = "postgres", report: Report = silent
) -> Iterator[ClusterAddress]:
    """Have the private cluster running within the block.

    It is made and started if need be; when the last user of any process leaves its block,
    the server stops.

    Parameters
    ----------
    state
        The ``.yike`` of the clone; made if missing.
    purpose
        ``postgres``, or ``postgres-test``: faster, without protection against power loss.
    report
        Told what is being done, one line each.

    Raises
    ------
    ClusterError
        If PostgreSQL or PostGIS is missing, the cluster is of another major version, or the
        server does not start.
    """
    layout = layout_of(state, purpose=purpose)
    try:
        layout.state.mkdir(parents=True, exist_ok=True)
        users = (layout.state / f"{purpose}.users").open("w")
    except OSError as fault:
        raise ClusterError(f"cannot write to {layout.state}: {fault.strerror}") from fault
    with users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _ensure(layout, report=report)
        finally:
            _stop_if_last(users, layout)


def _stop_if_last(users: TextIO, layout: Layout) -> None:
    """Stop the server unless another user still holds the lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop(layout)


def _ensure(layout: Layout, *, report: Report) -> ClusterAddress:
    """Make, start and furnish the cluster; one process at a time."""
    with (layout.state / f"{layout.purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        account = server_account()
        installation = _installation(layout)
        _make_home(layout, account)
        for leftover in layout.home.glob("data.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        if not layout.data.exists():
            report("creating the private database cluster")
            _initialise(layout, installation, account)
        address = read_address(layout)
        port = running_port(layout)
        if port is None:
            report("starting the private database cluster")
            port = start(layout, installation, account, preferred=address.port)
        address = replace(address, port=port)
        # Written first: whoever stops here leaves passwords the next run sets again.
        write_address(layout, address)
        _furnish(layout, installation, account, address)
        return address


def stop(layout: Layout) -> bool:
    """Stop the server and wait for its end; False where none was running."""
    with (layout.state / f"{layout.purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if running_port(layout) is None:
            return False
        stop_server(layout, _installation(layout), server_account())
        return True


def _installation(layout: Layout) -> Installation:
    return choose_installation(
        find_installations(), data_major=_data_major(layout.data), data=layout.data
    )


def _data_major(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None
    except ValueError:
        raise ClusterError(f"{data} is no database cluster: PG_VERSION is unreadable") from None


def _make_home(layout: Layout, account: Account) -> None:
    if account.switched:
        ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        clone = layout.home.parent
        clone.mkdir(mode=0o755, exist_ok=True)
        (clone / "clone.txt").write_text(f"{layout.owner}\n")
    layout.home.mkdir(mode=0o700, exist_ok=True)
    if account.switched:
        os.chown(layout.home, account.uid, account.gid)


def _initialise(layout: Layout, installation: Installation, account: Account) -> None:
    """Make the cluster beside its place and move it there whole.

    An interruption leaves a folder ``data.new-*`` that the next run removes.
    """
    fresh = layout.home / f"data.new-{secrets.token_hex(4)}"
    run(
        [
            installation.program("initdb"),
            f"--pgdata={fresh}",
            f"--username={account.name}",
            "--encoding=UTF8",
            # Names sort by code point on every machine, as they do in Python.
            "--lc-collate=C",
            "--lc-ctype=C.UTF-8",
            "--lc-messages=C",
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
            *(["--no-sync"] if layout.is_for_tests else []),
        ],
        account=account,
        check=f"cannot create a database cluster in {layout.home}",
    )
    # The superuser has no password: only its system account comes in, through the socket.
    (fresh / "pg_hba.conf").write_text(
        f'local all "{account.name}" peer\n'
        f"host all {OWNER_ROLE},{APP_ROLE} {LOOPBACK}/32 scram-sha-256\n"
    )
    fresh.rename(layout.data)


def superuser_sql(state: Path, sql: str, *, database: str, purpose: str = "postgres") -> str:
    """Run SQL as the superuser of a running private cluster.

    Parameters
    ----------
    state, purpose
        As for `running_cluster`, which must hold.
    sql
        Statements, psql commands included; stops at the first error.
    database
        Database connected to.

    Returns
    -------
    What psql prints, tuples only, unaligned.
    """
    layout = layout_of(state, purpose=purpose)
    return psql(layout, _installation(layout), server_account(), sql, database=database)


# A killed run's psql may still be at it: the locks make this one wait for its end.
_ROLES: Final = """
SET client_min_messages = warning;
SELECT pg_advisory_lock(1498565446);
SELECT format('CREATE ROLE %I', name)
    FROM (VALUES (:'owner'), (:'app')) AS wanted (name)
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER PASSWORD :'owner_password';
ALTER ROLE :"app" LOGIN NOSUPERUSER PASSWORD :'app_password';
"""
# The suite makes a database a test and drops it with whoever is still connected.
_TEST_ROLES: Final = """
ALTER ROLE :"owner" CREATEDB;
GRANT pg_signal_backend TO :"owner";
"""
_DATABASE: Final = """
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"app";
\\connect :"database"
SET client_min_messages = warning;
SELECT pg_advisory_lock(1498565446);
CREATE EXTENSION IF NOT EXISTS postgis;
"""


def _furnish(
    layout: Layout, installation: Installation, account: Account, address: ClusterAddress
) -> None:
    """Make the roles, the database and PostGIS; what is there already stays."""
    # Passwords go through standard input, never an argument; generated, they hold no quote.
    values = {
        "database": DATABASE,
        "owner": OWNER_ROLE,
        "owner_password": address.owner_password,
        "app": APP_ROLE,
        "app_password": address.app_password,
    }
    given = "".join(f"\\set {name} '{value}'\n" for name, value in values.items())
    script = given + _ROLES + (_TEST_ROLES if layout.is_for_tests else "") + _DATABASE
    psql(layout, installation, account, script, database="postgres")
