"""Sign-in: every variant of the header that real clients send, and nothing else."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

import pytest

from app.sandbox.sign_in import wsse_digest
from tests.sandbox.asking import Asker, Got
from tests.sandbox.conftest import Clock

UNAUTHORIZED = (401, b'{"replyCode":1,"replyText":"Unauthorized","data":""}')
WRONG = (401, b'{"message":"Credentials are invalid."}')
SKEWED = (401, b'{"message":"Timeframe is invalid."}')
MISSING = (401, b'{"message":"WSSE authentication header is missing."}')
USER, SECRET = "customer001", "customersecret"
NONCE = "d36e316282959a9ed4c89851497a717f"


@pytest.fixture
def wsse(open_sandbox: Callable[..., Asker]) -> Asker:
    return open_sandbox(auth="wsse", user=USER, secret=SECRET)


@pytest.fixture
def oauth(open_sandbox: Callable[..., Asker]) -> Asker:
    return open_sandbox(auth="oauth", user=USER, secret=SECRET)


def now(clock: Clock, shift_s: float = 0, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return (datetime.fromtimestamp(clock.now, UTC) + timedelta(seconds=shift_s)).strftime(form)


def digest(nonce: str, created: str, secret: str = SECRET) -> str:
    spelled = hashlib.sha1(f"{nonce}{created}{secret}".encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(spelled.encode()).decode()


def header(created: str, nonce: str = NONCE, user: str = USER, secret: str = SECRET) -> str:
    return (
        f'UsernameToken Username="{user}", PasswordDigest="{digest(nonce, created, secret)}", '
        f'Nonce="{nonce}", Created="{created}"'
    )


def asked(sandbox: Asker, value: str, name: str = "X-WSSE") -> Got:
    return sandbox.get("/api/v2/settings", {name: value})


@pytest.mark.parametrize(
    ("nonce", "created", "secret", "expected"),
    [
        (NONCE, "2010-12-27T13:14:15Z", "secret", "NzYyYTZjMmE0NTRiYzFmYWI0ZTE1OWVkMDlhNmQ0MTBhMjk1NDE5Zg=="),
        (
            NONCE,
            "2014-03-20T12:51:45Z",
            "customersecret",
            "YWQyNWE5Y2JkOTY2ZTU1ODg2M2QzNzVhNDZlZGQwZjg5YjZlZTk4Yw==",
        ),
        (
            "0" * 32,
            "2020-01-01T00:00:00Z",
            "mock-secret",
            "NTdhMWU4YWVlMWE3ZDE4MjQ1NmMwOTZkZmU1MDc3YjI0MzQzZmJkNg==",
        ),
        (
            "asdfa3rasd",
            "2018-07-23T16:06:53+00:00",
            "testSecret",
            "MzUzYTEzMTgzZTM2YzY0Y2RhYTg1OTE5ZmVhNzMxMDNmZGQ2ZWY1OQ==",
        ),
    ],
)
def test_the_published_vectors_hold(
    open_sandbox: Callable[..., Asker], clock: Clock, nonce: str, created: str, secret: str, expected: str
) -> None:
    clock.now = datetime.fromisoformat(created).timestamp()
    sandbox = open_sandbox(auth="wsse", user=USER, secret=secret)
    value = (
        f'UsernameToken Username="{USER}", PasswordDigest="{expected}", Nonce="{nonce}", Created="{created}"'
    )
    assert wsse_digest(nonce, created, secret.encode()) == expected
    assert asked(sandbox, value).status == 200


def test_the_digest_of_raw_bytes_is_refused(open_sandbox: Callable[..., Asker], clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2010-12-27T13:14:15Z").timestamp()
    sandbox = open_sandbox(auth="wsse", user=USER, secret="secret")
    value = f'UsernameToken Username="{USER}", PasswordDigest="dipsKkVLwfq04VntCabUEKKVQZ8=", Nonce="{NONCE}", Created="2010-12-27T13:14:15Z"'
    assert asked(sandbox, value).plain == WRONG


@pytest.mark.parametrize("name", ["X-WSSE", "x-wsse", "WSSE"])
def test_the_header_has_two_names(wsse: Asker, clock: Clock, name: str) -> None:
    assert asked(wsse, header(now(clock)), name).status == 200


@pytest.mark.parametrize("nonce", [NONCE.upper(), NONCE * 2, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "a"])
def test_any_nonce_will_do_and_may_be_used_again(wsse: Asker, clock: Clock, nonce: str) -> None:
    for _ in range(2):
        assert asked(wsse, header(now(clock), nonce)).status == 200


def test_spaces_order_and_case_of_the_parts_do_not_matter(wsse: Asker, clock: Clock) -> None:
    created = now(clock)
    found = digest(NONCE, created)
    for value in (
        f'  UsernameToken Username="{USER}",PasswordDigest="{found}",Nonce="{NONCE}",Created="{created}"',
        f'UsernameToken Username="{USER}", PasswordDigest="{found}", Created="{created}", nonce="{NONCE}"',
        f'UsernameToken username = "{USER}" , passworddigest = "{found}" , CREATED="{created}", NONCE = "{NONCE}" ',
    ):
        assert asked(wsse, value).status == 200


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.818Z", "%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S+0000"],
)
def test_the_moment_may_be_written_in_many_ways(wsse: Asker, clock: Clock, form: str) -> None:
    assert asked(wsse, header(now(clock, form=form))).status == 200


@pytest.mark.parametrize(("zone", "shift_s"), [("+02:00", 7200), ("-0500", -18000), ("", 3600), ("", 7200)])
def test_other_offsets_count_and_none_means_the_service_s_own(
    wsse: Asker, clock: Clock, zone: str, shift_s: int
) -> None:
    assert asked(wsse, header(now(clock, shift_s, "%Y-%m-%dT%H:%M:%S") + zone)).status == 200


@pytest.mark.parametrize(
    ("shift_s", "expected"), [(-300, 200), (300, 200), (-301, 401), (301, 401), (-86400 * 400, 401)]
)
def test_the_moment_may_be_five_minutes_off(wsse: Asker, clock: Clock, shift_s: int, expected: int) -> None:
    assert asked(wsse, header(now(clock, shift_s))).status == expected


@pytest.mark.parametrize(
    "created", ["2000-01-01T00:00:00Z", "yesterday", "", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00"]
)
def test_a_moment_that_is_off_or_none_is_told_as_such(wsse: Asker, created: str) -> None:
    assert asked(wsse, header(created)).plain == SKEWED


def test_wrong_credentials_are_not_told_from_each_other(wsse: Asker, clock: Clock) -> None:
    created = now(clock)
    for value in (
        header(created, secret="wrong"),
        header(created, user="customer002"),
        header(created).replace(NONCE, "0" * 32),
        header("2000-01-01T00:00:00Z", secret="wrong"),
        'Nonce="\xe9", PasswordDigest="\xe9", Username="\xe9", Created="\xe9"',
    ):
        assert asked(wsse, value).plain == WRONG


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "WSSE authentication header is empty."),
        ("  ", "WSSE authentication header is empty."),
        ("UsernameToken", "The Username field is missing from WSSE authentication header."),
        ("\xff\xfe=\xe9", "The Username field is missing from WSSE authentication header."),
        ('Username="u"', "The PasswordDigest field is missing from WSSE authentication header."),
        (
            'Username="u", PasswordDigest="d"',
            "The Nonce field is missing from WSSE authentication header.",
        ),
        (
            'Username="u", PasswordDigest="d", Nonce="n"',
            "The Created field is missing from WSSE authentication header.",
        ),
    ],
)
def test_the_gateway_names_the_missing_part(wsse: Asker, value: str, message: str) -> None:
    assert asked(wsse, value).plain == (401, f'{{"message":"{message}"}}'.encode())


def test_a_digest_may_leave_out_its_padding(wsse: Asker, clock: Clock) -> None:
    assert asked(wsse, header(now(clock)).replace("==", "")).status == 200


def test_the_gateway_has_its_own_words_for_a_limit_and_a_failure(
    open_sandbox: Callable[..., Asker], clock: Clock
) -> None:
    sandbox = open_sandbox(auth="wsse", user=USER, secret=SECRET, rate_limit=2)
    sandbox.post("/_sandbox/faults", b'{"kind":"500"}')
    assert asked(sandbox, header(now(clock))).plain == (
        500,
        b'{"message":"An unexpected error occurred."}',
    )
    asked(sandbox, header(now(clock)))
    assert asked(sandbox, header(now(clock))).plain == (429, b'{"message":"Rate limit exceeded"}')


def test_wsse_is_for_version_2_alone(wsse: Asker, clock: Clock) -> None:
    assert wsse.get("/api/v3/settings", {"X-WSSE": header(now(clock))}).plain == UNAUTHORIZED


def test_sign_in_comes_before_everything_else(wsse: Asker) -> None:
    assert wsse.trigger(999, b"nix").plain == MISSING
    assert wsse.ask("PUT", "/api/v2/event").plain == MISSING


def basic(user: str = USER, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def token(sandbox: Asker) -> str:
    got = sandbox.post("/oauth2/token", "grant_type=client_credentials", basic())
    assert got.status == 200
    reply = json.loads(got.body)
    assert {key: reply[key] for key in ("token_type", "expires_in")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    assert got.headers["cache-control"] == "no-store"
    return str(reply["access_token"])


def test_a_token_opens_version_3_alone(oauth: Asker) -> None:
    bearer = {"Authorization": f"Bearer {token(oauth)}"}
    assert oauth.get("/api/v3/settings", bearer).status == 200
    assert (
        oauth.get(
            "/api/v3/settings", {"Authorization": bearer["Authorization"].replace("Bearer", "bearer")}
        ).status
        == 200
    )
    assert oauth.get("/api/v2/settings", bearer).plain == MISSING


def test_a_token_is_good_for_an_hour(oauth: Asker, clock: Clock) -> None:
    bearer = {"Authorization": f"Bearer {token(oauth)}"}
    clock.now += 3599
    assert oauth.get("/api/v3/settings", bearer).status == 200
    clock.now += 1
    assert oauth.get("/api/v3/settings", bearer).plain == UNAUTHORIZED


@pytest.mark.parametrize("encoded", [False, True])
def test_a_secret_of_any_characters_is_accepted_as_it_is_and_encoded_like_a_form(
    open_sandbox: Callable[..., Asker], encoded: bool
) -> None:
    secret = "p+q%41 ü&=:x"
    sent = quote_plus(secret) if encoded else secret
    asked = open_sandbox(auth="oauth", user=USER, secret=secret)
    assert asked.post("/oauth2/token", "grant_type=client_credentials", basic(secret=sent)).status == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer nix", "Basic nix", "nix", "Bearer \xff"])
def test_what_is_no_token_is_refused(oauth: Asker, value: str) -> None:
    got = oauth.get("/api/v3/settings", {"Authorization": value})
    assert got.plain == UNAUTHORIZED
    assert got.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(secret="wrong"),
        basic(user="other"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic /w=="},
        {"Authorization": basic()["Authorization"].replace("Basic", "Bearer")},
    ],
)
def test_a_token_is_refused_without_the_right_credentials(oauth: Asker, headers: dict[str, str]) -> None:
    got = oauth.post("/oauth2/token", "grant_type=client_credentials", headers)
    assert got.plain == (401, b'{"error":"invalid_client"}')
    assert got.headers["www-authenticate"] == 'Basic realm="sandbox"'


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("grant_type=password", b"unsupported_grant_type"),
        ("", b"invalid_request"),
        ("&" * 200, b"invalid_request"),
    ],
)
def test_a_token_is_refused_for_another_grant(oauth: Asker, body: str, error: bytes) -> None:
    assert oauth.post("/oauth2/token", body, basic()).plain == (400, b'{"error":"' + error + b'"}')


def test_a_token_is_not_given_to_a_get(oauth: Asker) -> None:
    assert oauth.get("/oauth2/token", basic()).status == 405


def test_without_oauth_there_is_no_token_endpoint(sandbox: Asker) -> None:
    assert sandbox.get("/api/v2/settings", {"X-WSSE": "nix"}).status == 200
    assert sandbox.get("/api/v3/settings").status == 200
    assert sandbox.post("/oauth2/token", "grant_type=client_credentials").status == 404
