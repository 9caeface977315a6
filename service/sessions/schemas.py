"""What a session looks like over HTTP."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field

from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json
from service.core.keys import Principal
from service.core.model_input import read_asked

FORM_TYPE: Final = "application/x-www-form-urlencoded"
MAX_TOKEN_LENGTH: Final = 200


class SessionDocument(BaseModel):
    """Who is signed in."""

    actor: str = Field(description="The id of the key, as the audit names it")
    name: str = Field(description="The name of the key")
    person: str = Field(description="Whose key it is: what a signature compares")
    role: Literal["viewer", "editor", "reviewer", "admin"]
    areas: list[str] = Field(description="Codes of the areas it is limited to; empty: no limit")
    csrf_token: str | None = Field(
        description="For the header X-CSRF-Token of requests that change something; "
        "null where the request came with a key"
    )

    @classmethod
    def of(cls, principal: Principal, csrf_token: str | None) -> SessionDocument:
        """Describe a principal."""
        return cls.model_validate(
            {
                "actor": principal.id,
                "name": principal.name,
                "person": principal.person,
                "role": principal.role,
                "areas": list(principal.areas),
                "csrf_token": csrf_token,
            }
        )


class SignInBody(BaseModel):
    """The key to sign in by."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str = Field(description="An API key: yike_…")


def read_sign_in(value: Json) -> str:
    """Return the key of a body.

    Raises
    ------
    InvalidBodyError
        Naming each fault; the key itself is not repeated.
    """
    return read_asked(value, SignInBody).key


def read_token(body: bytes) -> str:
    """Return the token of the form a one-time link opens.

    Raises
    ------
    InvalidBodyError
        When the body is no such form.
    """
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=1)
    except ValueError:
        fields = {}
    if fields.keys() != {"token"} or len(fields["token"][0]) > MAX_TOKEN_LENGTH:
        raise InvalidBodyError.of("", "expected a form with the one field token")
    return fields["token"][0]
