"""The PostgreSQL programs installed on this machine, and who may run a server.

ClusterError (UsageFault)   the private database cannot be made, started or used
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.core.usage import UsageFault

OLDEST_MAJOR: Final = 15
# Where Debian and Ubuntu keep the programs of each major version.
DEBIAN_LIBRARY: Final = Path("/usr/lib/postgresql")
# Accounts a server started by root runs as, the first that exists.
ACCOUNTS: Final = ("postgres", "yike")


class ClusterError(UsageFault):
    """The private database cannot be made, started or used."""


@dataclass(frozen=True)
class Installation:
    """One installed major version of PostgreSQL with PostGIS.

    Parameters
    ----------
    major
        Major version, 15 or later.
    programs
        Folder of ``initdb``, ``pg_ctl`` and ``psql``.
    """

    major: int
    programs: Path

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.programs / name)


@dataclass(frozen=True)
class Account:
    """The system account the server runs as.

    Parameters
    ----------
    name, uid, gid
        As in the password file.
    switched
        True where root runs the server as this other account.
    """

    name: str
    uid: int
    gid: int
    switched: bool


def find_installations(library: Path = DEBIAN_LIBRARY) -> tuple[Installation, ...]:
    """List the installed PostgreSQL versions that have PostGIS, newest first."""
    folders = {path.parent for path in library.glob("*/bin/initdb")}
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.add(Path(on_path).resolve().parent)
    found = {}
    for folder in folders:
        installation = _inspect(folder)
        if installation is not None and installation.major >= OLDEST_MAJOR:
            found[installation.major] = installation
    return tuple(found[major] for major in sorted(found, reverse=True))


def _inspect(programs: Path) -> Installation | None:
    """Describe one folder of programs; None where PostGIS or a program is missing."""
    if not all((programs / name).is_file() for name in ("initdb", "pg_ctl", "postgres", "psql")):
        return None
    version = run([str(programs / "postgres"), "--version"]).stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", version)
    if match is None:
        return None
    major = int(match.group(1))
    extensions = [Path("/usr/share/postgresql") / str(major) / "extension"]
    config = programs / "pg_config"
    if config.is_file():
        extensions.append(Path(run([str(config), "--sharedir"]).stdout.strip()) / "extension")
    if not any((folder / "postgis.control").is_file() for folder in extensions):
        return None
    return Installation(major=major, programs=programs)


def choose_installation(
    installations: Iterable[Installation], *, data_major: int | None, data: Path
) -> Installation:
    """Choose the programs for a cluster.

    Parameters
    ----------
    installations
        What is installed, newest first.
    data_major
        Major version that made the cluster; None where there is none yet.
    data
        Folder of the cluster, for the message.

    Raises
    ------
    ClusterError
        If nothing suitable is installed. A cluster is never opened with another major version.
    """
    available = tuple(installations)
    if not available:
        raise ClusterError(
            f"PostgreSQL {OLDEST_MAJOR} or later with PostGIS is not installed; "
            "run ./yike up, which installs it on Debian and Ubuntu, or install postgresql-N and "
            "postgresql-N-postgis-3 of the distribution"
        )
    if data_major is None:
        return available[0]
    for installation in available:
        if installation.major == data_major:
            return installation
    have = ", ".join(str(installation.major) for installation in available)
    raise ClusterError(
        f"the database in {data} was made by PostgreSQL {data_major}, but PostgreSQL {have} is "
        f"installed: install postgresql-{data_major} and postgresql-{data_major}-postgis-3, "
        "or move that folder away to begin with an empty database"
    )


def server_account() -> Account:
    """Tell which account the server runs as: the caller's own, or for root another one.

    PostgreSQL refuses to run as root. Debian's packages make the account ``postgres``; where
    it is missing an account ``yike`` without a login is made.
    """
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid())
        return Account(name=own.pw_name, uid=own.pw_uid, gid=own.pw_gid, switched=False)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switched=True)
    name = ACCOUNTS[-1]
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        raise ClusterError(
            f"PostgreSQL does not run as root; make an account {name} or run as an ordinary user"
        )
    run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        check=f"cannot make the account {name}",
    )
    entry = pwd.getpwnam(name)
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switched=True)


def run(
    command: list[str],
    *,
    account: Account | None = None,
    text: str | None = None,
    check: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as `account` where root must not run it.

    Parameters
    ----------
    command
        Program and arguments.
    account
        The account to run as; None or one that is not ``switched`` is the caller's own.
    text
        Standard input.
    check
        What to say when the program fails; None returns a failed run to the caller.

    Raises
    ------
    ClusterError
        If it fails and `check` is given; the text is `check` and the program's last line.
    """
    switched = account is not None and account.switched
    # A neutral folder: the account may not read the clone. A plain locale keeps messages
    # in English, whatever the caller's is.
    done = subprocess.run(  # noqa: S603 - the program's path was found above, no shell
        command,
        input=text if text is not None else "",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10"},
        user=account.uid if account is not None and switched else None,
        group=account.gid if account is not None and switched else None,
        extra_groups=[] if switched else None,
    )
    if check is not None and done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise ClusterError(f"{check}: {lines[-1].strip()}")
    return done
