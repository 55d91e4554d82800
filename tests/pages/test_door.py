"""The door, as strangers try it: each attack gets nothing of what is behind it."""

import time
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import Browser, expect
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from core.system.password import hash_password
from core.workspace.layout import open_workspace
from pages.ui.server.access import Door, Rules, read_rules
from pages.ui.server.login import (
    ADDRESSES,
    COOKIE,
    LIFETIME,
    TRIES,
    WINDOW,
    Tries,
    is_loopback,
)
from tests.browser import ITEM, all_saved, events
from tests.conftest import headlines, write_csv
from tests.server import Server

WORDS = "lamp otter seven harbour"


def cheap_hash(words: str) -> str:
    """A hash that takes a thousandth of the time of a real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.system.password.COST", 2**5)
        return hash_password(words)


STORED = cheap_hash(WORDS)
SECRET = "what is inside"

OPEN = Rules()
SHUT = Rules(fault="No login <is> set.")
GUARDED = Rules(password=STORED)
OPENID = Rules(has_openid=True)
PAGE = {"accept": "text/html"}


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """What is behind the door."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": SECRET})
        await send({"type": "websocket.close"})
        return
    await PlainTextResponse(SECRET)(scope, receive, send)


def client(rules: Rules, host: str = "localhost:8501") -> TestClient:
    return TestClient(
        Door(inside, rules),
        base_url=f"http://{host}",
        follow_redirects=False,
        client=("10.0.0.9", 50_000),
    )


def logged_in(host: str = "labels.example.org") -> TestClient:
    guest = client(GUARDED, host)
    assert guest.post("/login", data={"password": WORDS}).status_code == 303
    return guest


def hears(guest: TestClient, **headers: str) -> bool:
    """Whether a websocket with these headers is let in."""
    try:
        # The client takes a host of its own for websockets unless it is told one.
        address = f"{str(guest.base_url).replace('http', 'ws', 1)}/_stcore/stream"
        with guest.websocket_connect(address, headers=headers) as socket:
            return socket.receive_text() == SECRET
    except WebSocketDisconnect:
        return False


PATHS = [
    "/",
    "/annotate",
    "/data?workspace=book",
    "/api/labels",
    "/static/js/index.js",
    "/media/0123abcd.csv",
    "/_stcore/upload_file/1/2",
    "/_stcore/host-config",
    "/component/card/index.html",
    "/login/../annotate",
    "//login",
    "/login%2f..%2fannotate",
    "/LOGIN",
    "/_stcore/health/../stream",
    "/_stcore/healthy",
]


@pytest.mark.attack
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_had_without_the_password(path: str, method: str):
    answer = client(GUARDED).request(method, path)
    assert SECRET not in answer.text
    assert answer.status_code in (303, 401)


@pytest.mark.attack
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_had_from_a_server_without_a_login(path: str):
    answer = client(SHUT).get(path)
    assert answer.status_code == 403
    assert "No login &lt;is&gt; set." in answer.text
    assert not hears(client(SHUT))


@pytest.mark.attack
@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8501",
        "10.0.0.1", "0.0.0.0", "[::2]", "127.0.0.1@evil.example", "evil.example#localhost",
        "localhost%00.evil.example", "2130706433", "0x7f.1", "",
    ],
)  # fmt: skip
def test_an_open_app_answers_to_this_machines_names_alone(host: str):
    answer = client(OPEN).get("/", headers={"host": host})
    assert answer.status_code == 403
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "127.8.9.1", "[::1]:8501"]
)
def test_an_open_app_answers_on_this_machine(host: str):
    assert client(OPEN).get("/", headers={"host": host}).text == SECRET
    assert hears(client(OPEN, host))


@pytest.mark.attack
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:9999", "https://localhost", "http://["],
)
@pytest.mark.parametrize("rules", [OPEN, OPENID])
def test_another_sites_websocket_is_refused(rules: Rules, origin: str):
    assert not hears(client(rules), origin=origin)
    assert hears(client(rules), origin="http://localhost:8501")


@pytest.mark.attack
def test_another_sites_websocket_is_refused_with_the_cookie_too():
    assert hears(logged_in(), origin="http://labels.example.org")
    assert not hears(logged_in(), origin="http://evil.example")
    assert not hears(client(GUARDED))


def forged(cookie: str) -> list[str]:
    word, made, signature = cookie.split(".")
    later = f"{made[:-1]}{'A' if made[-1] != 'A' else 'B'}"
    other = client(Rules(password=cheap_hash(WORDS)))
    other.post("/login", data={"password": WORDS})
    return [
        "", ".", "..", word, f"{word}.{made}", f"{word}.{made}.", f".{made}.{signature}",
        f"{word}.{later}.{signature}", f"{word}..{signature}", f"{word}.{signature}",
        f"out.{made}.{signature}", f"{word}.{made}.{signature}0", f"{word}.{made}.{signature[:-2]}",
        f"{word}.{made}.{signature.swapcase()}", f"{word}.{made}.{'0' * 43}",
        f"{made}.{word}.{signature}", other.cookies[COOKIE], "true", "admin", "in",
    ]  # fmt: skip


@pytest.mark.attack
def test_a_forged_cookie_opens_nothing():
    guest = logged_in()
    assert guest.get("/").text == SECRET
    for cookie in forged(guest.cookies[COOKIE]):
        answer = client(GUARDED).get("/", headers={"cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == 401, cookie


def test_a_cookie_is_good_for_a_week_and_for_this_password(monkeypatch):
    guest = logged_in()
    cookie = {"cookie": f"{COOKIE}={guest.cookies[COOKIE]}"}
    assert client(GUARDED).get("/", headers=cookie).text == SECRET
    changed = Rules(password=cheap_hash(WORDS))
    assert client(changed).get("/", headers=cookie).status_code == 401
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + LIFETIME + 2)
    assert client(GUARDED).get("/", headers=cookie).status_code == 401


def test_the_cookie_is_for_the_server_alone():
    answer = client(GUARDED).post("/login", data={"password": WORDS})
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert "Secure" not in answer.headers["set-cookie"]


@pytest.mark.attack
@pytest.mark.parametrize(
    "password",
    [
        "",
        "wrong",
        WORDS + "\0",
        WORDS + " ",
        WORDS.upper(),
        "x" * 5_000,
        "%00",
        pytest.param(STORED, id="its hash"),
        "' OR 1=1 --",
        "\ud83d",
    ],
)
def test_a_wrong_password_opens_nothing(password: str):
    guest = client(GUARDED)
    content = f"password={quote(password, errors='surrogatepass')}"
    assert guest.post("/login", content=content).status_code == 401
    assert guest.get("/").status_code == 401


@pytest.mark.attack
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"password", b"password=a&" * 2_000, b"x" * 100_000, b"{}"]
)
def test_a_form_that_is_none_opens_nothing(body: bytes):
    assert client(GUARDED).post("/login", content=body).status_code == 401


@pytest.mark.attack
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_can_neither_log_in_nor_out(headers: dict[str, str]):
    guest = client(GUARDED)
    assert guest.post("/login", data={"password": WORDS}, headers=headers).status_code == 403
    guest = logged_in()
    assert guest.get("/logout", headers=headers).status_code == 403
    assert guest.get("/").text == SECRET


def test_logging_out_forgets_the_cookie():
    guest = logged_in()
    assert guest.get("/logout").status_code == 303
    assert guest.get("/").status_code == 401


@pytest.mark.attack
@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "javascript:1", "/\t/evil.example", "/\n/evil.example", "///evil.example",
        "evil.example", "",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_the_login(target: str):
    answer = client(GUARDED).post(f"/login?next={quote(target)}", data={"password": WORDS})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_after_the_login_one_is_where_one_wanted_to_be():
    guest = client(GUARDED)
    to_form = guest.get("/sunlight?seed=3&size=10", headers=PAGE)
    assert to_form.headers["location"] == "/login?next=/sunlight%3Fseed%3D3%26size%3D10"
    answer = guest.post(to_form.headers["location"], data={"password": WORDS})
    assert answer.headers["location"] == "/sunlight?seed=3&size=10"


@pytest.mark.attack
def test_guesses_are_slowed_down_for_each_address_by_itself():
    guest = client(GUARDED)
    for _ in range(TRIES):
        assert guest.post("/login", data={"password": "guess"}).status_code == 401
    assert guest.post("/login", data={"password": WORDS}).status_code == 429
    other = Door(inside, GUARDED)
    assert TestClient(other, client=("10.0.0.10", 1)).post("/login").status_code == 401


@pytest.mark.attack
def test_who_is_no_proxy_on_this_machine_names_nobody_else():
    direct = client(GUARDED)
    for number in range(TRIES):
        direct.post("/login", content=b"", headers={"x-forwarded-for": f"1.1.1.{number}"})
    assert direct.post("/login", data={"password": WORDS}).status_code == 429


def test_tries_are_forgotten_in_time_and_take_bounded_room():
    tries = Tries()
    for number in range(TRIES):
        tries.note("a", number)
    assert tries.wait("a", TRIES) == pytest.approx(WINDOW - TRIES)
    assert tries.wait("a", WINDOW + 0.5) == 0
    for number in range(ADDRESSES + 5):
        tries.note(str(number), 0)
    assert len(tries._wrong) == ADDRESSES


def test_the_right_password_makes_up_for_wrong_ones():
    guest = client(GUARDED)
    for password in ["guess"] * (TRIES - 1) + [WORDS] + ["guess"] * (TRIES - 1):
        guest.post("/login", data={"password": password})
    assert guest.post("/login", data={"password": WORDS}).status_code == 303


def test_every_answer_has_the_headers():
    for answer in (client(OPEN).get("/"), client(GUARDED).get("/login"), logged_in().get("/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors" in answer.headers["content-security-policy"]


def test_a_proxy_may_ask_whether_the_server_lives():
    assert client(GUARDED).get("/_stcore/health").text == SECRET


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.1.2.3", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("192.168.0.2", False),
        ("unix:///run/sunlight", False), ("example.org", False),
    ],
)  # fmt: skip
def test_what_other_machines_can_reach_is_not_this_machines_own(address: str, is_own: bool):
    assert is_loopback(address) == is_own


@pytest.mark.attack
def test_a_password_in_plain_text_lets_nobody_in(monkeypatch):
    monkeypatch.setattr("pages.ui.server.access.secrets", lambda name: {"password": WORDS})
    answer = client(read_rules()).get("/")
    assert answer.status_code == 403
    assert "python -m core password" in answer.text
    assert WORDS not in answer.text


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory):
    """A server that asks for the password, and its workspace."""
    folder = tmp_path_factory.mktemp("guarded")
    write_csv(folder / "workspace" / "unlabeled_data" / "pool.csv", [i[:2] for i in headlines(60)])
    secrets = folder / "secrets.toml"
    secrets.write_text(f'[sunlight]\npassword = "{STORED}"\n')
    options = ["--secrets.files", str(secrets), "--server.maxUploadSize", "1"]
    server = Server(folder / "workspace", folder / "log", options=options)
    yield server, folder
    server.stop()
    assert "Traceback" not in server.log()


def test_a_proxy_on_this_machine_tells_who_knocks_and_by_which_way(guarded: tuple[Server, Path]):
    server, _ = guarded

    def knock(password: str, **headers: str) -> requests.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        form = {"password": password}
        return requests.post(f"{server.url}/login", form, headers=told, allow_redirects=False)

    for number in range(TRIES):
        assert knock("guess", x_forwarded_for=f"1.2.3.{number}, 10.9.9.9").status_code == 401
    assert knock(WORDS, x_forwarded_for="10.9.9.9").status_code == 429
    plain = knock(WORDS, x_forwarded_for="10.9.9.8")
    assert plain.status_code == 303
    assert "Secure" not in plain.headers["set-cookie"]
    encrypted = knock(WORDS, x_forwarded_for="10.9.9.8", x_forwarded_proto="https")
    assert "Secure" in encrypted.headers["set-cookie"]


@pytest.mark.browser
def test_one_logs_in_labels_and_logs_out(guarded: tuple[Server, Path], browser: Browser):
    server, folder = guarded
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/annotate?annotator=ann")
    page.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("not the password")
    page.get_by_label("Password").fill(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'{ITEM}[data-item-id]:not([data-item-id=""])')
    page.keyboard.press("1")
    all_saved(page)
    assert len(events(open_workspace(folder / "workspace"))) == 1
    with context.expect_page() as opened:
        page.get_by_role("link", name="Log out").click()
    expect(opened.value.get_by_label("Password")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
    context.close()


@pytest.mark.browser
def test_an_upload_that_is_too_large_is_refused(
    guarded: tuple[Server, Path], browser: Browser, tmp_path: Path
):
    server, _ = guarded
    page = browser.new_page()
    page.goto(f"{server.url}/login?next=/data%3Fannotator%3Dann")
    page.get_by_label("Password").fill(WORDS)
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Import").click()
    large = tmp_path / "large.csv"
    large.write_text("text\n" + "x" * 2_000_000)
    page.locator("input[type=file]").set_input_files(large)
    expect(page.get_by_text("File must be 1.0MB or smaller")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    page.close()


@pytest.mark.browser
def test_a_server_for_other_machines_without_a_login_shows_nothing(
    browser: Browser, guarded: tuple[Server, Path], tmp_path: Path
):
    _, folder = guarded
    server = Server(folder / "workspace", tmp_path / "log", options=["--server.address", "0.0.0.0"])
    try:
        page = browser.new_page()
        page.goto(f"{server.url}/annotate")
        expect(page.get_by_role("status")).to_contain_text("nobody has to log in")
        page.close()
        assert "nobody has to log in" in server.log()
    finally:
        server.stop()
