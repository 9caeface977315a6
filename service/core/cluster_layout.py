"""Where a private PostgreSQL cluster lies, and the address it is reached at."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from service.core.postgres import ClusterError

DATABASE: Final = "yike"
OWNER_ROLE: Final = "yike_owner"
APP_ROLE: Final = "yike_app"
ROOT_HOME: Final = Path("/var/lib/yike")
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class ClusterAddress:
    """Where a running cluster is reached, and as whom.

    Parameters
    ----------
    port
        On the loopback address; None before the server was first started.
    owner_password, app_password
        Generated; of the role that migrates and of the role that serves.
    """

    port: int | None
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
        The clone's ``.yike``, or the state folder of an installed Yike.
    home
        Folder of the cluster; holds ``data`` and ``server.log``.
    purpose
        ``postgres``, or ``postgres-test`` for the test suite's own cluster.
    """

    state: Path
    home: Path
    purpose: str

    @property
    def owner(self) -> Path:
        """The clone it is of; of an installed Yike the state folder."""
        return _owner(self.state)

    @property
    def is_for_tests(self) -> bool:
        """Whether its data may be lost with the power."""
        return self.purpose.endswith("-test")

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
        The ``.yike`` of a clone, or the state folder of an installed Yike.
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
    owner = hashlib.sha256(os.fsencode(_owner(state))).hexdigest()[:16]
    return Layout(state=state, home=ROOT_HOME / owner / purpose, purpose=purpose)


def _owner(state: Path) -> Path:
    """Tell whose cluster it is: the clone around a ``.yike``, else the state folder itself.

    Two state folders of an installed Yike may lie side by side; two ``.yike`` cannot.
    """
    return state.parent if state.name == ".yike" else state


def read_address(layout: Layout) -> ClusterAddress:
    """Read the address file; where it is missing or torn, make new passwords."""
    try:
        return ClusterAddress(**json.loads(layout.address.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return ClusterAddress(
            port=None,
            owner_password=secrets.token_urlsafe(24),
            app_password=secrets.token_urlsafe(24),
        )
    except OSError as fault:
        raise ClusterError(f"cannot read {layout.address}: {fault.strerror}") from fault


def write_address(layout: Layout, address: ClusterAddress) -> None:
    """Keep the address for its owner alone; the file is whole or the one before."""
    descriptor, name = tempfile.mkstemp(dir=layout.state, prefix=f"{layout.purpose}.json-")
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(address), file)
    Path(name).replace(layout.address)
