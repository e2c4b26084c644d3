"""The page in a real browser: a spoken turn seen, the everyday commands, a phone, the keyboard, and who cannot see."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe

from speaker.conversation.states import State
from tests.support.browser import CHROMIUM, MISSING, SIZES, Screen, seen
from tests.support.reverse_proxy import proxy_before
from tests.support.shown_page import ShownPage, page_of, with_page
from tests.support.talking_speaker import answer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

TOKEN = "a token of some length"  # noqa: S105 - it opens nothing
PARTS = ("Now", "Turns", "House", "Cost", "Health")


async def hear_something(shown: ShownPage) -> None:
    """A near miss, and sound in the room."""
    for score in (0.2, 0.42, *[0.02] * 6):
        shown.frame(score)
    await asyncio.sleep(0.2)


async def test_a_whole_spoken_turn_is_seen(tmp_path: Path) -> None:
    async with page_of(tmp_path, answer(20_000)) as shown, seen(shown) as one:
        await one.says("link", "connected")
        await one.says("doing", "Waiting")
        await shown.speaker.wake_and_speak()
        await one.says("doing", "Speaking")
        await one.says("doing", "Waiting")
        await one.part("Turns")
        turn = one.page.locator("#turn-list li")
        assert await turn.count() == 1
        text = await turn.inner_text()
        assert "hey jarvis" in text
        assert "tokens 200 in, 100 out" in text
        assert "It is noon." not in text, "nobody allowed transcripts"
        bar = await one.page.locator("#turn-list .bar").get_attribute("aria-label")
        assert bar is not None
        assert bar.startswith("opening ")
        assert one.complaints == []


async def test_words_are_seen_where_transcripts_are_allowed(tmp_path: Path) -> None:
    settings = with_page({"privacy": {"publish_transcripts": True}})
    async with page_of(tmp_path, answer(), settings=settings) as shown, seen(shown) as one:
        await shown.speaker.converse()
        await one.part("Turns")
        await one.says("turn-list", "Speaker: It is noon.")


async def test_mute_from_the_page_mutes(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown) as one:
        sound = shown.speaker.sound
        for press, says, is_open in (("Mute", "Muted", False), ("Mute", "Waiting", True)):
            await one.page.get_by_role("button", name=press).click()
            await one.says("doing", says)
            assert (shown.speaker.state is State.MUTED, sound.open) == (not is_open, is_open)
            assert await one.page.get_by_role("button", name="Wake").is_disabled() is not is_open
        assert one.complaints == []


async def test_the_threshold_tells_what_would_have_woken_it(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown) as one:
        await hear_something(shown)
        await one.says("would", "1 near miss. At 0.50, 0 of these")
        await one.page.locator("#threshold").fill("0.4")
        await one.says("would", "At 0.40, 1 of these would have woken it")
        await shown.speaker.until(lambda: shown.speaker.sound.threshold == 0.4)
        assert one.complaints == []


async def test_what_is_typed_is_said(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown) as one:
        await one.says("doing", "Waiting")
        await one.page.get_by_label("Say or ask").fill("Dinner is ready.")
        await one.page.get_by_role("button", name="Say it").click()
        # A function: the page's policy lets no bare expression be looked at twice.
        await one.page.wait_for_function("() => document.getElementById('text').value === ''")
        assert ("speaker/kitchen/command/result", '{"verb": "say", "ok": true}') in shown.told_hub
        await one.page.get_by_role("button", name="Mute").click()
        await one.says("doing", "Muted")
        await one.page.get_by_label("Say or ask").fill("What is the time?")
        await one.page.get_by_role("button", name="Ask it").click()
        await one.says("notice", "the microphone is muted")
        told = await one.page.get_by_role("alert").bounding_box()
        assert told is not None
        assert 0 <= told["y"] <= SIZES["phone"][1] - told["height"], "it is seen without scrolling"


async def test_a_tool_is_tried_and_the_house_shown(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown, "desk") as one:
        await one.part("House")
        await one.says("devices", "Ceiling light")
        await one.page.get_by_label("Try one").select_option("set_light")
        await one.page.get_by_label("Arguments, as JSON").fill('{"light": "ceiling light", "on": true}')
        await one.page.get_by_role("button", name="Run it").click()
        await one.says("tool-said", "on")
        assert shown.house.orders == [("k/lamp/set", "ON")]
        assert one.complaints == []


async def test_the_keyboard_alone_is_enough(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown, "desk") as one:
        await one.says("doing", "Waiting")
        keyboard = one.page.keyboard
        focused = "document.activeElement.id"
        await keyboard.press("Tab")
        assert await one.page.evaluate("document.activeElement.className") == "skip"
        await keyboard.press("Tab")
        assert await one.page.evaluate(focused) == "tab-now"
        for key, there in (("ArrowRight", "turns"), ("End", "health"), ("ArrowRight", "now"), ("ArrowLeft", "health"),
                           ("Home", "now")):  # fmt: skip
            await keyboard.press(key)
            assert await one.page.evaluate(focused) == f"tab-{there}"
            assert await one.page.locator(f"#{there}").is_visible()
        await keyboard.press("Tab")
        assert await one.page.evaluate(focused) == "mute"
        await keyboard.press("Enter")
        await one.says("doing", "Muted")
        assert shown.speaker.state is State.MUTED


async def test_the_token_is_asked_for_and_never_shown(tmp_path: Path) -> None:
    async with page_of(tmp_path, token=TOKEN) as shown, seen(shown) as one:
        await one.says("link", "locked")
        assert await one.page.locator("#now").is_hidden()
        await one.page.get_by_label("Token").fill("not this one")
        await one.page.get_by_role("button", name="Open").click()
        await one.says("notice", "that is not the token")
        await one.page.get_by_label("Token").fill(TOKEN)
        await one.page.get_by_role("button", name="Open").click()
        await one.says("doing", "Waiting")
        assert await one.page.evaluate("document.cookie") == ""
        await one.page.get_by_role("button", name="Sign out").click()
        await one.says("link", "locked")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Another site, with nothing on it."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>elsewhere</p>")
    await writer.drain()
    writer.close()


FRAME = """(url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
}"""

ATTEMPT = """async (url) => {
    await fetch(url + "api/command/mute", {method: "POST", body: "ON", mode: "no-cors"}).catch(() => null);
    const socket = new WebSocket(url.replace("http", "ws") + "api/live");
    return await new Promise((done) => {
        socket.onopen = () => done("open");
        socket.onerror = () => done("refused");
    });
}"""


async def test_another_site_can_neither_post_nor_connect_nor_frame_it(tmp_path: Path) -> None:
    elsewhere = await asyncio.start_server(_serve, "127.0.0.1", 0)
    async with page_of(tmp_path) as shown, seen(shown) as one, elsewhere:
        await one.page.goto(f"http://127.0.0.1:{elsewhere.sockets[0].getsockname()[1]}/")
        assert await one.page.evaluate(ATTEMPT, shown.url) == "refused"
        assert shown.speaker.state is State.ASLEEP
        await one.page.evaluate(FRAME, shown.url)
        async with asyncio.timeout(10):
            while not any("frame-ancestors" in said for said in one.complaints):
                await asyncio.sleep(0.02)


async def test_a_page_that_is_named_may_frame_it(tmp_path: Path) -> None:
    """As a card of the hub does, on another port of the same machine: the cookie of the token is sent there."""
    elsewhere = await asyncio.start_server(_serve, "127.0.0.1", 0)
    site = f"http://127.0.0.1:{elsewhere.sockets[0].getsockname()[1]}"
    async with (
        page_of(tmp_path, settings=with_page(frames=[site]), token=TOKEN) as shown,
        seen(shown) as one,
        elsewhere,
    ):
        await one.page.goto(site)
        await one.page.evaluate(FRAME, shown.url)
        frame = one.page.frame_locator("iframe")
        await frame.get_by_label("Token").fill(TOKEN)
        await frame.get_by_role("button", name="Open").click()
        await frame.get_by_text("Waiting", exact=True).wait_for(timeout=10_000)
        await frame.get_by_role("button", name="Mute").click()
        await frame.get_by_text("Muted", exact=True).wait_for(timeout=10_000)
        assert shown.speaker.state is State.MUTED


async def test_it_works_below_a_path_of_a_proxy(tmp_path: Path) -> None:
    async with (
        page_of(tmp_path, token=TOKEN) as shown,
        proxy_before(shown.url, "/speaker/") as place,
        seen(shown) as one,
    ):
        await one.page.goto(place)
        await one.page.get_by_label("Token").fill(TOKEN)
        await one.page.get_by_role("button", name="Open").click()
        await one.says("doing", "Waiting")
        await one.page.get_by_role("button", name="Mute").click()
        await one.says("doing", "Muted")
        await one.part("House")
        await one.says("devices", "Ceiling light")
        assert shown.speaker.state is State.MUTED


async def test_code_that_is_smuggled_in_is_not_run(tmp_path: Path) -> None:
    async with page_of(tmp_path) as shown, seen(shown) as one:
        shown.hub.event({"type": "error", "message": "<img src=x onerror=\"document.title='taken'\">"})
        await one.part("Health")
        await one.says("errors", "<img src=x")
        assert await one.page.title() == "Kitchen speaker"
        assert one.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SIZES)
async def test_everybody_can_use_it(tmp_path: Path, screen: Screen, scheme: Any) -> None:
    """Contrast, labels, roles and order as the accessibility engine judges them, and nothing wider than the screen."""
    engine = Axe()
    async with page_of(tmp_path, answer()) as shown, seen(shown, screen, scheme) as one:
        await shown.speaker.converse()
        await hear_something(shown)
        shown.hub.event({"type": "error", "message": "the loudspeaker is gone; plug it in again"})
        found: list[str] = []
        for part in PARTS:
            await one.part(part)
            await asyncio.sleep(0.3)
            result = await engine.run(one.page)
            found += [f"{part}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]
            wide = await one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{part} is {wide} px too wide"
        assert found == []
        assert one.complaints == []
