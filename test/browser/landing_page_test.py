"""The landing page in a real browser, of real exporters that watch development servers."""

import contextlib
import json
import signal

import pytest
import requests

from browser import chromium
from support import EXPORTER, ROOT, await_that, exporter, free_port, process, simulator

PICTURES = ROOT / "build" / "landing-page"
MARKUP = '</th></td><script>document.title="caught"</script><h1 onclick="x">&lt;b>'
LONG = "a_name_without_a_place_to_break_" * 6


def entry(category, scope, name, value, **more):
    """An entry of a reply."""
    stamp = {"timestamp": "2024-04-19T12:00:00.000001", "value": value}
    return {"name": name, "category": category, "scope": scope, **stamp, **more}


def memory_of(number, name, used_bytes, percent):
    """The two entries of a locale."""
    locale = {"locale_num": number, "locale_name": name, "locale_hostname": name}
    return [
        entry("SYSTEM", "LOCALE", "arkouda_memory_used_per_locale", used_bytes, **locale),
        entry("SYSTEM", "LOCALE", "arkouda_percent_memory_used_per_locale", percent, **locale),
    ]


def entries_with(name):
    """The reply of a server on which somebody gives this name to all that has a name."""
    return [
        entry("NUM_REQUESTS", "GLOBAL", name, 12),
        entry("AVG_RESPONSE_TIME", "GLOBAL", name, 0.5),
        entry("NUM_REQUESTS", "USER", "total", 12, user=name),
        *memory_of(0, name, 1e9, 85),
    ]


def entries_of_a_busy_day():
    """The reply of a server that is rather full."""
    commands = {"binopvv": 0.084, "segmentedIndex": 0.31, "create": 0.0021, "reduce": 0.017}
    commands |= {"argsort": 2.4, "readAllHdf": 38, "efunc": 0.052, "unique": 1.1, "groupby": 3.7}
    commands |= {"set": 0.0008, "delete": 0.0004, "coargsort": 5.2}
    users = {"okonkwo": 20418, "maria": 9730, "li.wei": 8214, "nightly-report": 1180, "sam": 3}
    left = sum(users.values())
    entries = [entry("NUM_REQUESTS", "GLOBAL", "total", left)]
    for name, seconds in commands.items():
        entries.append(entry("NUM_REQUESTS", "GLOBAL", name, left * 3 // 10))
        entries.append(entry("AVG_RESPONSE_TIME", "GLOBAL", name, seconds))
        left = left * 7 // 10
    for name, count in users.items():
        entries.append(entry("NUM_REQUESTS", "USER", "total", count, user=name))
    for number in range(64):
        percent = 92.3 - 9 * number**0.5 + number % 3
        used_bytes = percent / 100 * 512 * 2**30
        entries += memory_of(number, f"node{1701 + number}", used_bytes, percent)
    return entries


@contextlib.contextmanager
def page_of(folder, entries, name, host, version, locales, interval="1h"):
    """The address of the page of a server with that reply, which says that of itself."""
    (folder / "reply.json").write_text(json.dumps(entries))
    identity = {"hostname": host, "version": version, "number_of_locales": locales}
    (folder / "info.json").write_text(json.dumps({**identity, "locales": []}))
    files = ("--reply-file", folder / "reply.json", "--server-info-file", folder / "info.json")
    settings = (f"--arkouda.server-name={name}", f"--polling-interval={interval}")
    with simulator(folder, *files) as (_, port):
        with exporter(folder, port, *settings) as (_, address):
            url = f"http://{address}/"
            await_that("it answers", lambda: "answering" in requests.get(url, timeout=5).text)
            yield url


def page_of_name(folder, name):
    """The address of a page on which that name is everywhere."""
    return page_of(folder, entries_with(name), name, host=name, version=name, locales=1)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The page of one server, which has more than is shown of everything."""
    folder = tmp_path_factory.mktemp("one")
    size = ("--locales", "48", "--commands", "24", "--users", "12", "--form", "2026")
    with simulator(folder, *size) as (_, port):
        with exporter(folder, port, "--polling-interval=1s") as (_, address):
            url = f"http://{address}/"
            await_that("there are requests", lambda: "Requests</dt>" in requests.get(url).text)
            yield url


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The page of 250 servers: two are gone, and three hang."""
    folder = tmp_path_factory.mktemp("many")
    targets = folder / "targets.json"
    conditions = ("--servers", "250", "--gone", "2", "--hanging", "3", "--targets-file", targets)
    with simulator(folder, *conditions):
        address = f"127.0.0.1:{free_port()}"
        command = [
            EXPORTER,
            f"--arkouda.targets-file={targets}",
            f"--web.listen-address={address}",
            "--polling-interval=1s",
        ]
        with process(command, folder / "exporter.log"):
            url = f"http://{address}/"
            news = "5 of 250 servers in trouble"
            await_that(news, lambda: news in requests.get(url, timeout=5).text)
            yield url


def test_names_that_are_markup_are_text(browser, tmp_path):
    browser.resize(1280)
    with page_of_name(tmp_path, MARKUP) as url:
        browser.open(url)
        assert browser.texts("h2 bdi") == [MARKUP]
        # Version, host, requests and the size of a reply are facts, too.
        assert browser.texts(".facts bdi")[:2] == [MARKUP, MARKUP]
        assert browser.texts("tbody th bdi") == [MARKUP] * 3
        assert browser.driver.title == f"{MARKUP} answering – Arkouda Exporter"
        assert browser.ask("return document.scripts.length") == 0
        assert browser.texts("h1") == ["Arkouda Exporter"]


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out_at_the_side(browser, one, many, tmp_path, width):
    browser.resize(width)
    with page_of_name(tmp_path, LONG) as long:
        for url in (one, many, long):
            browser.open(url)
            assert browser.ask("return document.documentElement.scrollWidth") <= width, url
            outside = browser.ask(
                """return [...document.querySelectorAll("body *")].filter(element =>
                [...element.getClientRects()].some(box => box.width > 1 && (box.right > innerWidth || box.left < 0))
                ).map(element => element.outerHTML)"""
            )
            assert outside == [], url


def test_both_schemes_can_be_read_and_differ(browser, one, many):
    colours = []
    for scheme in ("light", "dark"):
        browser.resize(1280, scheme=scheme)
        for url in (one, many):
            browser.open(url)
            faint = [found for found in browser.contrasts() if found[1] < 4.5]
            assert faint == [], scheme
        colours.append(browser.ask("return getComputedStyle(document.body).backgroundColor"))
    assert colours[0] != colours[1]


def test_a_refresh_leaves_the_reader_where_he_was(browser, one):
    browser.resize(360, 600)
    browser.open(one)
    browser.ask("scrollTo(0, 700)")
    for _ in range(2):
        before = browser.texts("header time")
        await_that("it is another page", lambda: browser.texts("header time") != before, 20)
        # The browser goes there when it has laid out the page.
        await_that("the place is the same", lambda: browser.ask("return scrollY") == 700, 5)


def test_refreshing_can_be_stopped_and_taken_up_again_by_keyboard(browser, one):
    browser.resize(1280)
    browser.open(one)
    assert browser.ask("return !!document.querySelector('meta[http-equiv=refresh]')")
    for label, refreshes in (("Stop refreshing", False), ("Go on refreshing", True)):
        browser.follow(label, keys="\ue007")  # Enter
        await_that(
            "it is the other page",
            lambda: browser.ask("return !!document.querySelector('meta[http-equiv=refresh]')")
            == refreshes,
            20,
        )


def test_the_tabulator_key_reaches_every_link_in_order(browser, one):
    browser.resize(1280)
    browser.open(f"{one}?refresh=off")
    links = browser.texts("a")
    reached = []
    for _ in links:
        browser.driver.switch_to.active_element.send_keys("\ue004")  # Tab
        reached.append(browser.ask("return document.activeElement.innerText"))
        outline = browser.ask("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "it can be seen which link is reached"
    assert reached == links


@pytest.mark.parametrize("width", [360, 1280])
def test_a_screen_reader_is_told_what_is_what(browser, one, many, width):
    browser.resize(width)
    browser.open(f"{one}?refresh=off")
    told = browser.told()
    roles = [role for role, _ in told]
    for role in ("banner", "main", "complementary", "navigation", "article"):
        assert roles.count(role) == 1, role
    assert ("article", "arkouda-metrics") in told
    assert ("navigation", "Links") in told
    assert [name for role, name in told if role == "table"] == [
        "Memory of locales the fullest 16 of 48; 32 more",
        "Busiest commands 8 of 24; 16 more",
        "Busiest users 8 of 12; 4 more",
    ]
    meters = [name for role, name in told if role == "meter"]
    assert len(meters) == 16 and all(name.startswith("Memory of locale ") for name in meters)
    browser.open(f"{many}?refresh=off")
    told = browser.told()
    roles = [role for role, _ in told]
    assert ("table", "The worst first, then the fullest 1 to 100 of 250") in told
    assert roles.count("rowheader") == 100
    assert roles.count("columnheader") >= 3


def test_the_worst_of_many_come_first_and_the_others_are_linked(browser, many):
    browser.resize(1280)
    browser.open(f"{many}?refresh=off")
    assert browser.texts(".states li") == ["✕ 2 unreachable", "▲ 3 busy", "● 245 answering"]
    states = [text.split()[1] for text in browser.texts("tbody .state")]
    assert states == ["unreachable"] * 2 + ["busy"] * 3 + ["answering"] * 95
    percents = [float(text.split()[0]) for text in browser.texts("tbody td.bar + td")]
    assert percents == sorted(percents, reverse=True)
    browser.follow("Next 100")
    assert len(browser.texts("tbody tr")) == 100
    server = browser.texts("tbody th a")[0]
    browser.follow(server)
    assert browser.texts("h2")[0] == server
    assert "Memory of locales" in browser.texts("caption")
    browser.follow("All servers")
    assert browser.texts("h2")[0] == "Servers"


def test_a_server_that_goes_is_told_of_without_anybody_doing_anything(browser, tmp_path):
    browser.resize(1280)
    with simulator(tmp_path) as (server, port):
        with exporter(tmp_path, port, "--polling-interval=1s") as (_, address):
            browser.open(f"http://{address}/")
            await_that("it answers", lambda: "answering" in browser.texts("article .state")[0], 30)
            server.child.send_signal(signal.SIGTERM)
            await_that(
                "it is gone", lambda: "unreachable" in browser.texts("article .state")[0], 30
            )
            assert browser.texts(".fault") != []
            assert browser.texts("table") == [], "what nobody vouches for is not shown"


def test_it_is_the_same_without_scripts(one, many, tmp_path):
    with chromium(tmp_path, has_scripts=False) as browser:
        browser.open("data:text/html,<title>off</title><script>document.title='on'</script>")
        assert browser.driver.title == "off", "scripts are off"
        browser.open(one)
        text = browser.text("body")
        assert "answering" in text and "Busiest users" in text
        before = browser.text("header time")
        await_that("it refreshes itself", lambda: browser.text("header time") != before, 20)
        browser.open(many)
        assert "unreachable" in browser.text("body")


def test_pictures(browser, one, many):
    """For people to look at."""
    for name, url in (("one", one), ("many", many)):
        for width in (1280, 360):
            for scheme in ("light", "dark"):
                browser.resize(width, scheme=scheme)
                browser.open(url)
                browser.picture(PICTURES / f"{name}-{width}-{scheme}.png", most_height=3000)
                assert (PICTURES / f"{name}-{width}-{scheme}.png").stat().st_size > 10_000


def test_picture_for_the_readme(browser, tmp_path):
    """docs/landing-page.png"""
    entries = entries_of_a_busy_day()
    with page_of(tmp_path, entries, "alice-4711", "node1701", "v2026.08.01", 64, "5s") as url:
        browser.resize(1180)
        browser.open(url)
        browser.picture(PICTURES / "readme.png")
    # A third of the size, and nobody sees it.
    Image = pytest.importorskip("PIL.Image")
    picture = Image.open(PICTURES / "readme.png").convert("RGB")
    picture.quantize(128, dither=Image.Dither.NONE).save(PICTURES / "readme.png", optimize=True)
