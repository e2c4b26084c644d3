"""A reverse proxy that has the page below a path, as docs/web.md asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web


@asynccontextmanager
async def proxy_before(url: str, path: str) -> AsyncIterator[str]:
    """Where the page at ``url`` can be had below ``path``."""
    async with aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as behind:

        async def hand_on(request: web.Request) -> web.StreamResponse:
            headers = {**request.headers, "X-Forwarded-For": request.remote or "", "X-Forwarded-Proto": "http"}
            target = url + request.match_info["rest"]
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await _bridge(request, behind, target, headers)
            async with behind.request(request.method, target, headers=headers, data=await request.read()) as answer:
                return web.Response(status=answer.status, body=await answer.read(), headers=answer.headers)

        app = web.Application()
        app.router.add_route("*", path + "{rest:.*}", hand_on)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
        finally:
            await runner.cleanup()


async def _bridge(
    request: web.Request, behind: aiohttp.ClientSession, target: str, headers: dict[str, str]
) -> web.WebSocketResponse:
    kept = {name: one for name, one in headers.items() if not name.startswith(("Sec-", "Upgrade", "Connection"))}
    front = web.WebSocketResponse()
    async with behind.ws_connect(target, headers=kept) as back:
        await front.prepare(request)
        sending = asyncio.create_task(_copy(back, front))
        await front.receive()
        sending.cancel()
    return front


async def _copy(back: aiohttp.ClientWebSocketResponse, front: web.WebSocketResponse) -> None:
    async for message in back:
        await front.send_str(message.data)
