"""Signing in: X-WSSE and OAuth 2 client credentials as httpx knows authentication.

The secret is an argument here; where it comes from is not this module's concern.
"""

import httpx


class SignIn(httpx.Auth):
    """What both have in common: the names of the headers that they add."""

    signs_with: tuple[str, ...] = ()
