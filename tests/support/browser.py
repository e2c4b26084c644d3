"""Debian's Chromium, without a window."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from playwright.async_api import Page, async_playwright

from tests.support.shown_page import ShownPage

CHROMIUM: Final = shutil.which("chromium")

MISSING: Final = "Chromium is not installed here; `sudo apt-get install chromium` brings it"

Screen = Literal["phone", "desk"]
SIZES: Final[dict[Screen, tuple[int, int]]] = {"phone": (390, 844), "desk": (1280, 800)}


class SeenPage:
    """The page in a browser, and what the browser complains of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    async def says(self, place: str, text: str) -> None:
        """Wait until an element, by its id, shows a text."""
        await self.page.wait_for_function(
            "([id, text]) => document.getElementById(id).textContent.includes(text)", arg=[place, text], timeout=10_000
        )

    async def part(self, name: str) -> None:
        """Go to one of the five parts."""
        await self.page.get_by_role("tab", name=name).click()


@asynccontextmanager
async def seen(
    shown: ShownPage, screen: Screen = "phone", scheme: Literal["light", "dark"] = "light", scale: float = 1
) -> AsyncIterator[SeenPage]:
    """The page, open in a browser of its own; ``scale``: pixels of the screen for one of the page."""
    width, height = SIZES[screen]
    async with async_playwright() as driver:
        # Whoever runs tests as root in a container has no sandbox to offer.
        browser = await driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            page = await browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=screen == "phone",
                device_scale_factor=scale,
            )  # fmt: skip
            one = SeenPage(page)
            await page.goto(shown.url)
            yield one
        finally:
            await browser.close()
