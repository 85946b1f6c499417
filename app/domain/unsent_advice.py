"""What to do about a trigger that never left this machine, by the word that says why.

The words are the client's; one that is not here needs no more than its sentence.
"""

_BY_REASON = {
    "address": "Correct it, then send again.",
    "request": "Correct the event data, then send again.",
    "too_large": "Shorten the event data, then send again.",
    "refused": "Check the base URL of the profile, and that the service runs; then send again.",
    "dns": "Check the base URL of the profile and the network, then send again.",
    "unreachable": "Check the base URL of the profile and the network, then send again.",
    "deadline": "Check the network, then send again.",
    "tls": "Check the base URL of the profile, and that nothing stands between this machine and the service.",
    "proxy": "Check the proxy of the profile, its user and its password; then send again.",
    "no_token": "Check the client id, the secret and the token URL of the profile; then send again.",
}


def remedy_for_reason(reason: str) -> str | None:
    """What to do about a trigger that was not sent; None where nothing needs doing."""
    return _BY_REASON.get(reason)
