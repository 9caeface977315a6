"""Whether a browser's request was made by Yike's own page, or by a page of somebody else."""

from __future__ import annotations

import hmac
from typing import Final

from fastapi import Request

from service.core.errors.rights import CrossSiteError

CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def require_same_site(request: Request) -> None:
    """Refuse a change whose headers do not say that it comes from this very origin.

    ``Sec-Fetch-Site`` is sent by browsers to trustworthy addresses (HTTPS, this machine),
    ``Origin`` everywhere; whichever is there must agree, and one must be there.

    Raises
    ------
    CrossSiteError
        Where they disagree, or both are missing.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None and origin is None:
        raise CrossSiteError(
            "A change by a signed-in browser needs the header Origin or Sec-Fetch-Site."
        )
    if site is not None and site != "same-origin":
        raise CrossSiteError("Sec-Fetch-Site says that another site asks.")
    # Where TLS ends before this service, the scheme the browser sees is not known here.
    host = request.headers.get("host", "").lower()
    if origin is not None and origin.lower() not in {f"http://{host}", f"https://{host}"}:
        raise CrossSiteError("Origin is another one than this service's.")


def require_token(request: Request, token: str) -> None:
    """Refuse a change by cookie without the session's token.

    Raises
    ------
    CrossSiteError
        Where the header is missing or wrong.
    """
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise CrossSiteError(
            f"A change by a signed-in browser needs the header {CSRF_HEADER} with the token "
            "that GET /v1/session tells."
        )
