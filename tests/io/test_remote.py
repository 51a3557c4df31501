import datetime as dt
import http.server
import json
import threading

import pytest

from iota_py.errors import InputError, TaskError
from iota_py.io import access
from iota_py.io.access import Token, key_header, token_for, trusted
from iota_py.io.fetching import fetch, parse_json, redacted
from iota_py.io.raster import open_dataset
from iota_py.io.remote import address_of, checked_address, file_part, is_remote, lease, opening, remote_name, unopened

BLOB = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/31/T/CJ/B04.tif"
PORTAL = "https://geodes-portal.cnes.fr/api/download/B4.tif"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch):
    for name in (access.API_KEY, access.SUBSCRIPTION_KEY, access.SERVICE_URL, "GDAL_HTTP_MAX_RETRY", "GDAL_HTTP_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(access, "_TOKENS", {})


def test_names():
    name = remote_name("https://host/a/B4.tif?v=2#part")
    assert name == "/vsicurl/https://host/a/B4.tif?v=2"
    assert address_of(name) == ("https://host/a/B4.tif?v=2", "")
    assert address_of(remote_name(PORTAL, "geodes")) == (PORTAL, "geodes")
    assert file_part(name) == "/a/B4.tif"
    assert file_part("/data/B4.tif") == "/data/B4.tif"
    assert is_remote(name)
    assert not is_remote("/data/B4.tif")


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl?url=https://host/a.tif",
        "/vsicurl_streaming/https://host/a.tif",
        "/vsicurl/file:///etc/passwd.tif",
        "/vsicurl//etc/passwd.tif",
        "/vsicurl/https://host/a.tif#other",
        "/vsicurl/https:///a.tif",
    ],
)
def test_names_that_are_none(name):
    with pytest.raises(InputError, match="E-PRD-057"):
        address_of(name)
    with pytest.raises(InputError, match="E-PRD-057"):
        open_dataset(name)


def test_formats_of_remote_files_are_those_of_files_on_disk():
    with pytest.raises(InputError, match=r"E-RAS-001 .*expected a raster named \.tif"):
        open_dataset("/vsicurl/https://host/a.vrt?b.tif")
    with pytest.raises(InputError, match="E-RAS-001"):
        open_dataset("/vsicurl/https://host/a?name=b.tif")


@pytest.mark.parametrize(
    "query",
    ["sig=abc", "X-Amz-Signature=abc", "X-Amz-Credential=abc", "X-Goog-Signature=abc", "token=abc", "access_token=abc", "api_key=abc",
     "apikey=abc", "AWSAccessKeyId=abc", "v=1&SIG=abc", "Signature=abc", "password=abc"],
)  # fmt: skip
def test_addresses_that_hold_a_credential(query):
    with pytest.raises(InputError, match=r"E-PRD-057 https://host/a\.tif: href: the address holds a credential") as failed:
        checked_address(f"https://host/a.tif?{query}")
    assert "abc" not in str(failed.value)


@pytest.mark.parametrize("query", ["v=1", "design=3", "monkey=1", "sequence=2"])
def test_addresses_that_do_not(query):
    assert checked_address(f"https://host/a.tif?{query}") == f"https://host/a.tif?{query}"


def test_text_without_signatures():
    text = "HTTP error code: 403 - https://host/a.tif?se=1&sig=abc. Retrying 'https://host/b.tif?sig=def' now"
    assert redacted(text) == "HTTP error code: 403 - https://host/a.tif?… Retrying 'https://host/b.tif?…' now"


def test_options_leave_the_environment_its_word(monkeypatch):
    name, options = opening("/vsicurl/https://host/a.tif")
    assert name == "/vsicurl/https://host/a.tif"
    assert options["GDAL_HTTP_MAX_RETRY"] == "4"
    assert options["VSI_CACHE"] == "FALSE"
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "9")
    assert "GDAL_HTTP_MAX_RETRY" not in opening("/vsicurl/https://host/a.tif")[1]


def test_the_key_of_geodes(monkeypatch):
    assert key_header(PORTAL, "geodes") == ""
    monkeypatch.setenv(access.API_KEY, "k-1")
    assert key_header(PORTAL, "geodes") == "X-API-Key: k-1"
    assert opening(remote_name(PORTAL, "geodes"))[1]["GDAL_HTTP_HEADERS"] == "X-API-Key: k-1"
    monkeypatch.setenv("GDAL_HTTP_HEADERS", "Accept: x")
    assert opening(remote_name(PORTAL, "geodes"))[1]["GDAL_HTTP_HEADERS"] == "Accept: x, X-API-Key: k-1"
    for other in ("http://geodes-portal.cnes.fr/B4.tif", "https://geodes-portal.cnes.fr.evil.org/B4.tif", "https://evil.org/B4.tif"):
        assert key_header(other, "geodes") == ""
    assert key_header(PORTAL, "") == ""


@pytest.mark.parametrize("key", ["a b", "a,b: c", "a\nX: y", 'a"b', "clé"])
def test_keys_that_cannot_be_in_a_header(monkeypatch, key):
    monkeypatch.setenv(access.API_KEY, key)
    with pytest.raises(InputError, match=f"E-PRD-059 {access.API_KEY}: expected letters") as failed:
        key_header(PORTAL, "geodes")
    assert key not in str(failed.value)


def test_hosts_that_get_a_token():
    assert trusted(BLOB, "planetary-computer")
    assert not trusted(BLOB.replace("https", "http"), "planetary-computer")
    assert not trusted("https://blob.core.windows.net.evil.org/a/b.tif", "planetary-computer")
    assert not trusted("https://evilblob.core.windows.net/a/b.tif", "planetary-computer")


class Service:
    """A token service that notes what it is asked."""

    def __init__(self, minutes: float = 60) -> None:
        self.asked: list = []
        self.minutes = minutes

    def __call__(self, address, headers, limit):
        self.asked.append((address, headers))
        expiry = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=self.minutes)
        return json.dumps({"token": f"sig=S{len(self.asked)}", "msft:expiry": expiry.isoformat()}).encode()


def test_one_token_for_each_container_until_half_of_its_life():
    service = Service()
    token = token_for(BLOB, "planetary-computer", service)
    assert token.query == "sig=S1"
    assert 1700 < token.stale - dt.datetime.now(dt.UTC).timestamp() < 1810
    assert token_for(BLOB.replace("B04", "B11"), "planetary-computer", service) is token
    assert service.asked == [("https://planetarycomputer.microsoft.com/api/sas/v1/token/sentinel2l2a01/sentinel2-l2", {})]
    token_for(BLOB.replace("sentinel2-l2", "other"), "planetary-computer", service)
    assert len(service.asked) == 2
    old = Service(minutes=-1)
    access._TOKENS.clear()
    assert token_for(BLOB, "planetary-computer", old) != token_for(BLOB, "planetary-computer", old)


def test_a_subscription_is_named_to_the_service(monkeypatch):
    monkeypatch.setenv(access.SUBSCRIPTION_KEY, "s-1")
    service = Service()
    token_for(BLOB, "planetary-computer", service)
    assert service.asked[0][1] == {"Ocp-Apim-Subscription-Key": "s-1"}


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"{}",
        b'{"token": "a b", "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "sig=1"}',
        b'{"token": "sig=1", "msft:expiry": "x"}',
    ],
)
def test_answers_that_are_no_token(answer):
    with pytest.raises(InputError, match=r"E-PRD-059 .*not the answer of a token service"):
        token_for(BLOB, "planetary-computer", lambda *asked: answer)


def test_tokens_are_asked_for_over_encrypted_lines_only(monkeypatch):
    monkeypatch.setenv(access.SERVICE_URL, "http://service.org/token")
    with pytest.raises(InputError, match=r"E-PRD-059 PC_SDK_SAS_URL: expected an address that begins with https"):
        token_for(BLOB, "planetary-computer", Service())
    with pytest.raises(InputError, match=r"E-PRD-059 .*expected an address of account, container and file"):
        token_for("https://account.blob.core.windows.net/B04.tif", "planetary-computer", Service())


def test_signed_names_and_their_lease(monkeypatch):
    monkeypatch.setitem(
        access._TOKENS, "https://planetarycomputer.microsoft.com/api/sas/v1/token/sentinel2l2a01/sentinel2-l2", Token("sig=S", 9e9)
    )
    name = remote_name(BLOB, "planetary-computer")
    assert opening(name)[0] == f"/vsicurl/{BLOB}?sig=S"
    assert opening(remote_name(f"{BLOB}?v=1", "planetary-computer"))[0] == f"/vsicurl/{BLOB}?v=1&sig=S"
    assert opening(remote_name(BLOB))[0] == f"/vsicurl/{BLOB}"
    assert lease(name) == 9e9
    assert lease(remote_name(BLOB)) == lease("/data/a.tif") == lease(remote_name(PORTAL, "geodes")) == 0


@pytest.mark.parametrize(
    ("reason", "error", "text"),
    [
        ("HTTP response code: 404", InputError, "the server answers 404"),
        ("HTTP response code on https://h/a.tif?sig=abc: 403", InputError, "the server answers 403. Fix: set IOTA_PY_STAC_API_KEY"),
        ("HTTP response code: 500", TaskError, "cannot be reached"),
        ("HTTP error code: 429 - https://h/a.tif?sig=abc", TaskError, "cannot be reached"),
        ("CURL error: Could not resolve host: h", TaskError, "cannot be reached"),
        ("CURL error: Operation timed out after 1005 milliseconds", TaskError, "cannot be reached"),
        ("CURL error: Recv failure: Connection reset by peer", TaskError, "cannot be reached"),
    ],
)
def test_what_failures_of_gdal_mean(reason, error, text):
    found = unopened(remote_name(PORTAL, "geodes"), reason)
    assert type(found) is error
    assert text in str(found)
    assert "abc" not in str(found)


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b"[Infinity]", b"[" * 50_000, b"\xff\xfe\x00", b"1" * 6000])
def test_texts_that_are_not_json(content):
    with pytest.raises(InputError, match="E-PRD-054 x: not a JSON document"):
        parse_json(content, "x")


@pytest.fixture
def moved():
    """Two servers: the first redirects to the second, or to where its path says."""
    seen: list = []

    class Second(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    class First(Second):
        def do_GET(self):
            self.send_response(302)
            target = "file:///etc/passwd" if "file" in self.path else f"http://localhost:{second.server_port}/"
            self.send_header("Location", target)
            self.end_headers()

    first, second = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) for handler in (First, Second))
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in (first, second)]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{first.server_port}", seen
    for server, thread in zip((first, second), threads):
        server.shutdown()
        server.server_close()
        thread.join()


def test_headers_do_not_follow_a_redirection(moved):
    address, seen = moved
    assert fetch(f"{address}/a", {"Ocp-Apim-Subscription-Key": "s-1"}) == b"{}"
    assert "s-1" not in json.dumps(seen)


def test_redirections_lead_to_the_web_only(moved):
    with pytest.raises(InputError, match="E-PRD-053"):
        fetch(f"{moved[0]}/file")


def test_nobody_there(monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    with pytest.raises(TaskError, match=r"E-PRD-053 http://127\.0\.0\.1:9/x: cannot be reached \(Connection refused\)"):
        fetch("http://127.0.0.1:9/x")
    with pytest.raises(TaskError, match="unknown url type"):
        fetch("ftp://127.0.0.1/x")
