"""The private PostgreSQL cluster of a clone.

An ordinary user's cluster lives in ``.yike/postgres``; root's runs as an unprivileged account
under ``/var/lib/yike/<hash of the clone's path>``, since that account may be unable to read
the clone. ``.yike/postgres.json`` holds the address in both cases.

The server belongs to everyone using it: each user holds a shared lock, and whoever leaves last
stops the server. The system drops the lock of a killed process, so nothing is left to clean up,
and a server left behind by one is found and used by the next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy.engine import URL

from service.core.postgres import (
    Account,
    ClusterError,
    Installation,
    choose_installation,
    find_installations,
    run,
    server_account,
)

DATABASE: Final = "yike"
OWNER_ROLE: Final = "yike_owner"
APP_ROLE: Final = "yike_app"
ROOT_HOME: Final = Path("/var/lib/yike")
LOOPBACK: Final = "127.0.0.1"
START_ATTEMPTS: Final = 5

# One person's machine: modest memory, no parallel surprises, times in UTC.
SERVER_OPTIONS: Final = {
    "listen_addresses": LOOPBACK,
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
    # A log that cannot grow without end: refused statements are the client's to report.
    "log_min_error_statement": "panic",
}
# A test database may be lost with the power; its server then starts anew.
TEST_OPTIONS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
}

Report = Callable[[str], None]


def silent(_message: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class ClusterAddress:
    """Where a running cluster is reached, and as whom.

    Parameters
    ----------
    port
        On the loopback address.
    owner_password, app_password
        Generated; of the role that migrates and of the role that serves.
    """

    port: int
    owner_password: str
    app_password: str

    @property
    def owner_url(self) -> str:
        """SQLAlchemy address of the database for the role that migrates."""
        return self._url(OWNER_ROLE, self.owner_password)

    @property
    def app_url(self) -> str:
        """SQLAlchemy address of the database for the role that serves."""
        return self._url(APP_ROLE, self.app_password)

    def _url(self, role: str, password: str) -> str:
        url = URL.create(
            "postgresql+psycopg",
            username=role,
            password=password,
            host=LOOPBACK,
            port=self.port,
            database=DATABASE,
        )
        return url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class Layout:
    """Where the files of a clone's cluster lie.

    Parameters
    ----------
    state
        The clone's ``.yike``.
    home
        Folder of the cluster; holds ``data`` and ``server.log``.
    purpose
        ``postgres``, or ``postgres-test`` for the test suite's own cluster.
    """

    state: Path
    home: Path
    purpose: str

    @property
    def data(self) -> Path:
        """Folder PostgreSQL keeps the cluster in."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.home / "server.log"

    @property
    def address(self) -> Path:
        """File with the address, readable by its owner alone."""
        return self.state / f"{self.purpose}.json"


def layout_of(state: Path, *, purpose: str = "postgres", as_root: bool | None = None) -> Layout:
    """Tell where the cluster of a state folder lies.

    Parameters
    ----------
    state
        The ``.yike`` of a clone.
    purpose
        Name of the cluster within it.
    as_root
        Whether root asks; default whether the process is root's.
    """
    state = state.resolve()
    if as_root is None:
        as_root = os.geteuid() == 0
    if not as_root:
        return Layout(state=state, home=state / purpose, purpose=purpose)
    clone = hashlib.sha256(os.fsencode(state.parent)).hexdigest()[:16]
    return Layout(state=state, home=ROOT_HOME / clone / purpose, purpose=purpose)


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
        installation = choose_installation(
            find_installations(), data_major=_data_major(layout.data), data=layout.data
        )
        _make_home(layout, account)
        if not layout.data.exists():
            report("creating the private database cluster")
            _initialise(layout, installation, account)
        address = _read_address(layout)
        port = running_port(layout)
        if port is None:
            report("starting the private database cluster")
            port = _start(layout, installation, account, preferred=address.port)
        address = ClusterAddress(
            port=port, owner_password=address.owner_password, app_password=address.app_password
        )
        # Written first: whoever stops here leaves passwords the next run sets again.
        _write_address(layout, address)
        _furnish(layout, installation, account, address)
        return address


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
        (clone / "clone.txt").write_text(f"{layout.state.parent}\n")
    layout.home.mkdir(mode=0o700, exist_ok=True)
    if account.switched:
        os.chown(layout.home, account.uid, account.gid)


def _initialise(layout: Layout, installation: Installation, account: Account) -> None:
    """Make the cluster beside its place and move it there whole.

    An interruption leaves a folder ``data.new-*`` that the next run removes.
    """
    for leftover in layout.home.glob("data.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
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
            *(["--no-sync"] if layout.purpose.endswith("-test") else []),
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


def _read_address(layout: Layout) -> ClusterAddress:
    """Read the address file; where it is missing or torn, make new passwords."""
    try:
        return ClusterAddress(**json.loads(layout.address.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return ClusterAddress(
            port=_free_port(),
            owner_password=secrets.token_urlsafe(24),
            app_password=secrets.token_urlsafe(24),
        )
    except OSError as fault:
        raise ClusterError(f"cannot read {layout.address}: {fault.strerror}") from fault


def _write_address(layout: Layout, address: ClusterAddress) -> None:
    descriptor, name = tempfile.mkstemp(dir=layout.state, prefix=f"{layout.purpose}.json-")
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(address), file)
    Path(name).replace(layout.address)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class _Postmaster:
    """What ``postmaster.pid`` says of a server, running or not."""

    pid: int
    port: int | None
    sockets: Path | None
    ready: bool


def _postmaster(layout: Layout) -> _Postmaster | None:
    try:
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
        pid = abs(int(lines[0]))
    except (FileNotFoundError, ValueError, IndexError):
        return None
    # A server still starting has not written every line: process, data folder, start time,
    # port, socket folder, listening address, shared memory, state.
    lines += [""] * 8
    port, sockets, state = lines[3].strip(), lines[4].strip(), lines[7].strip()
    return _Postmaster(
        pid=pid,
        port=int(port) if port.isdigit() else None,
        sockets=Path(sockets) if sockets else None,
        ready=state == "ready",
    )


def _is_alive(layout: Layout, pid: int) -> bool:
    """Tell whether a process is this cluster's server: another may have got its number."""
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        try:
            return (process / "cwd").readlink() == layout.data.resolve()
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def running_port(layout: Layout, *, patience_s: float = 60.0) -> int | None:
    """Tell the port of the running server; None where there is none.

    A server still starting (its starter was killed) is waited for; the note of a dead one is
    removed, since PostgreSQL would take a new process of the same number for the old server.
    """
    deadline = time.monotonic() + patience_s
    while True:
        server = _postmaster(layout)
        if server is None:
            return None
        if not _is_alive(layout, server.pid):
            (layout.data / "postmaster.pid").unlink(missing_ok=True)
            _remove_sockets(server)
            return None
        if server.ready and server.port is not None:
            return server.port
        if time.monotonic() > deadline:
            raise ClusterError(f"the database server does not become ready; see {layout.log}")
        time.sleep(0.1)


def _remove_sockets(server: _Postmaster) -> None:
    folder = server.sockets
    if folder is not None and folder.name.startswith("yike-"):
        shutil.rmtree(folder, ignore_errors=True)


def _start(layout: Layout, installation: Installation, account: Account, *, preferred: int) -> int:
    """Start the server on its former port, or another one if that is taken."""
    options = SERVER_OPTIONS | (TEST_OPTIONS if layout.purpose.endswith("-test") else {})
    port = preferred
    for attempt in range(START_ATTEMPTS):
        if not _is_free(port):
            port = _free_port()
        # A short path of its own: a socket's path has at most 107 bytes, a clone's any length.
        sockets = Path(tempfile.mkdtemp(prefix="yike-", dir="/tmp"))
        if account.switched:
            os.chown(sockets, account.uid, account.gid)
        settings = {**options, "port": str(port), "unix_socket_directories": str(sockets)}
        done = run(
            [
                installation.program("pg_ctl"),
                "start",
                "--wait",
                "--timeout=120",
                "--silent",
                f"--pgdata={layout.data}",
                f"--log={layout.log}",
                "--options=" + " ".join(f"-c {name}={value}" for name, value in settings.items()),
            ],
            account=account,
        )
        if done.returncode == 0:
            return port
        shutil.rmtree(sockets, ignore_errors=True)
        # Processes of a killed server need a moment to notice; or the port was taken meanwhile.
        time.sleep(0.5 * (attempt + 1))
        port = _free_port()
    raise ClusterError(
        f"the private database server does not start: {_last_line(layout.log)}; see {layout.log}"
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (fatal or lines or ["empty log"])[-1]


def stop(layout: Layout) -> bool:
    """Stop the server and wait for its end; False where none was running."""
    with (layout.state / f"{layout.purpose}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if running_port(layout) is None:
            return False
        server = _postmaster(layout)
        installation = choose_installation(
            find_installations(), data_major=_data_major(layout.data), data=layout.data
        )
        run(
            [
                installation.program("pg_ctl"),
                "stop",
                "--mode=fast",
                "--wait",
                "--timeout=120",
                "--silent",
                f"--pgdata={layout.data}",
            ],
            account=server_account(),
            check="the private database server does not stop",
        )
        if server is not None:
            _remove_sockets(server)
        return True


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
    installation = choose_installation(
        find_installations(), data_major=_data_major(layout.data), data=layout.data
    )
    return _psql(layout, installation, server_account(), sql, database=database)


def _psql(
    layout: Layout, installation: Installation, account: Account, sql: str, *, database: str
) -> str:
    server = _postmaster(layout)
    if server is None or server.sockets is None or server.port is None:
        raise ClusterError("the private database server is not running")
    done = run(
        [
            installation.program("psql"),
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            f"--host={server.sockets}",
            f"--port={server.port}",
            f"--username={account.name}",
            f"--dbname={database}",
        ],
        account=account,
        text=sql,
        check="cannot prepare the private database",
    )
    return done.stdout


def _furnish(
    layout: Layout, installation: Installation, account: Account, address: ClusterAddress
) -> None:
    """Make the roles, the database and PostGIS; what is there already stays."""
    # Generated passwords hold no quote; they go through standard input, never an argument.
    roles = "".join(
        f"""
        SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS
            (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
        ALTER ROLE {role} LOGIN NOSUPERUSER PASSWORD '{password}';
        """  # noqa: S608 - names are constants, passwords generated
        for role, password in (
            (OWNER_ROLE, address.owner_password),
            (APP_ROLE, address.app_password),
        )
    )
    if layout.purpose.endswith("-test"):
        # The suite makes a database a test and drops it with whoever is still connected.
        roles += f"ALTER ROLE {OWNER_ROLE} CREATEDB; GRANT pg_signal_backend TO {OWNER_ROLE};"
    _psql(
        layout,
        installation,
        account,
        f"""SET client_min_messages = warning;
        {roles}
        SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}' WHERE NOT EXISTS
            (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
        REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE};
        \\connect {DATABASE}
        SET client_min_messages = warning;
        CREATE EXTENSION IF NOT EXISTS postgis;
        """,  # noqa: S608 - names are constants
        database="postgres",
    )
