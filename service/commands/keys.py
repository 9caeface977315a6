"""``yike key create, list, revoke``: who may ask Yike what, and whose keys they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Connection

from service.commands.actor import command_actor
from service.commands.shared_options import AreaLimits
from service.core import audit, scope
from service.core.address import application_engine, with_database
from service.core.geojson import encode_json
from service.core.keys import ROLES, create_key, key_id_of, list_keys, revoke_key
from service.core.settings import load_settings
from service.core.usage import UsageFault
from spatial.fields import AREAS

# Whoever signs a review must not be who made it; of these keys the person must therefore be said.
_SIGNS = "reviewer"
PersonOption = Annotated[
    str | None,
    typer.Option(
        help="Whose key it is, by the name people know: two keys of one person count as one when "
        "a review is signed. Must be given for role reviewer; else it is what --name says."
    ),
]


def key_create(
    *,
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(ROLES)}.")],
    name: Annotated[str, typer.Option(help="Name of the key, as what it is used for.")],
    person: PersonOption = None,
    area: AreaLimits = None,
) -> None:
    """Make an API key and print it, this once: nobody can read it again."""
    with _writing() as connection:
        key = new_key(connection, role=role, areas=area or [], name=name, person=person)
        audit.record(
            connection, actor=command_actor(), action="create_key", target=f"key/{key_id_of(key)}"
        )
        # Printed before it is committed: a run killed in between leaves no key nobody knows.
        typer.echo(key)


def key_list(
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """List the keys, revoked ones too; the keys themselves cannot be shown."""
    with _writing() as connection:
        keys = list_keys(connection)
    if json_:
        shown = [
            {
                "id": one.principal.id,
                "name": one.principal.name,
                "person": one.principal.person,
                "role": one.principal.role,
                "areas": list(one.principal.areas),
                "created_at": one.created_at,
                "revoked_at": one.revoked_at,
            }
            for one in keys
        ]
        typer.echo(encode_json(shown))
        return
    for one in keys:
        state = "revoked" if one.revoked_at is not None else "valid"
        about = [one.principal.name, one.principal.person, ",".join(one.principal.areas)]
        typer.echo(
            f"{one.principal.id}  {one.created_at:%Y-%m-%d}  {state:<7}  {one.principal.role:<8}  "
            f"{'  '.join(part for part in about if part)}"
        )


def key_revoke(key_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Make a key useless from now on, with all its links and sessions."""
    with _writing() as connection:
        if not revoke_key(connection, key_id):
            raise UsageFault(f"key {key_id[:60]}: there is no such key, or it is revoked")
        audit.record(connection, actor=command_actor(), action="revoke_key", target=f"key/{key_id}")


def new_key(
    connection: Connection,
    *,
    role: str,
    areas: Sequence[str],
    name: str,
    person: str | None,
) -> str:
    """Make a key as the options ask, and return it.

    Raises
    ------
    UsageFault
        When there is no such role or area, or it is not said whose key a reviewer's is.
    """
    if role not in ROLES:
        raise UsageFault(f"--role {role}: there is no such role; roles are {', '.join(ROLES)}")
    for option, text in (("--name", name), ("--person", person)):
        if text is not None and not text.strip():
            raise UsageFault(f"{option}: is blank")
    if role == _SIGNS and person is None:
        raise UsageFault(
            f"--person: must say whose key it is, for role {_SIGNS}: a review is signed by a "
            "second person, and one person may have several keys"
        )
    unknown = sorted(set(areas) - scope.existing(connection, AREAS, areas))
    if unknown:
        raise UsageFault(f"--area {', '.join(unknown)}: there is no such area")
    return create_key(connection, role=role, name=name, areas=areas, person=person)


@contextmanager
def _writing() -> Iterator[Connection]:
    with (
        with_database(
            load_settings(), report=lambda message: typer.echo(f"yike: {message}", err=True)
        ) as settings,
        application_engine(settings) as engine,
        engine.begin() as connection,
    ):
        yield connection
