"""The house in action: sends what was asked and says what came of it, from what the device reports.

A command that the broker took is not a lamp that is on. What a tool may call confirmed is only what the
device itself said, after the command or shortly before it.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from speaker.errors import BrokerError, ToolError
from speaker.home.device_registry import (
    MOST_DEVICES,
    Device,
    DeviceMessage,
    DeviceRegistry,
    DeviceState,
    Kind,
    Outcome,
    Wish,
)
from speaker.home.naming import be
from speaker.home.places import Places
from speaker.home.risk import Risk, asked_for, risk_of
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook

log = logging.getLogger(__name__)

ALREADY_WAIT_S: Final = 1.0
"""Seconds to wait for a report of a device that was as asked before: many report only changes."""

MOST_TIMES: Final = 2 * MOST_DEVICES
"""Devices whose last report is known by its time, those that are gone included."""

FRESH_S: Final = 600.0
"""How long a state that was reported live is believed of a device that does not say when it is offline."""


class CommandPublisher(Protocol):
    """What can send to the broker."""

    async def publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 1) -> None:
        """Send one message and wait until the broker has it. Raises BrokerError when not connected."""


class Approval(Protocol):
    """Asks a person whether a risky wish may be granted."""

    async def __call__(self, device: Device, wish: Wish, sentence: str) -> bool:
        """Whether the person said yes to exactly this wish for this device.

        ``sentence`` says what it would do, as in "unlock the front door", for "Shall I …?".
        """


async def approve_nothing(device: Device, wish: Wish, sentence: str) -> bool:  # noqa: ARG001
    """The Approval of a speaker that has no way to ask: nothing is approved."""
    return False


@dataclass(eq=False, slots=True)
class _Pending:
    """A wish that was sent and waits for the device."""

    wish: Wish
    before: DeviceState
    """What the device reported before it was told."""
    fulfilled: asyncio.Event = field(default_factory=asyncio.Event)
    reported: bool = False
    moving: bool = False
    """Whether it was seen on its way there, which is enough for slow devices."""


class DeviceController:
    """The Home that tools see: a House whose orders are published and whose reports are waited for."""

    def __init__(
        self,
        house: DeviceRegistry,
        publisher: CommandPublisher,
        confirm_timeout_s: float = 5.0,
        *,
        risk: Mapping[str, Risk] | None = None,
        approve: Approval = approve_nothing,
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``risk``: the rules of ``tools.risk``; what they call ``confirm`` is asked of ``approve``, by ``book``."""
        self._house = house
        self._publisher = publisher
        self._confirm_timeout_s = confirm_timeout_s
        self._risk = risk or {}
        self._approve = approve
        self._book = book
        self._asking = asyncio.Lock()
        self._pending: dict[str, list[_Pending]] = {}
        self._reported_at_s: dict[str, float] = {}
        """When a device last reported live."""
        self._told_at_s: dict[str, float] = {}
        """When it last reported at all."""

    def find(self, name: str, *kinds: Kind, room: str = "") -> Device:
        """The one device of these kinds that ``name`` means. Raises ToolError, naming what there is."""
        return self._house.find(name, *kinds, room=room)

    def matching(self, name: str, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds that ``name`` may mean."""
        return self._house.matching(name, *kinds, room=room)

    def devices(self, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds (no kind: all kinds), in a room or everywhere."""
        return self._house.devices(*kinds, room=room)

    @property
    def places(self) -> Places:
        """Where the speaker stands, and which floors there are."""
        return self._house.places

    def reading(self, device: Device) -> str | None:
        """The device's present value with its unit, as one would say it; None when it is not known."""
        return self._house.reading(device, self._age_s(device)) if self._house.available(device) else None

    def condition(self, device: Device) -> str | None:
        """What the device is: "on at 40 percent", "closed"; None when not known or not reachable."""
        return self._house.condition(device, self._age_s(device)) if self._house.available(device) else None

    def _age_s(self, device: Device) -> float | None:
        """How long ago the device reported; of an event that the broker kept, nobody knows."""
        told_at_s = (self._reported_at_s if device.kind == "event" else self._told_at_s).get(device.id)
        return None if told_at_s is None else asyncio.get_running_loop().time() - told_at_s

    def hear(self, topic: str, payload: bytes, *, retained: bool = False) -> list[str]:
        """Take in a message of a device, on the event loop, and wake who waits for it.

        ``retained`` marks a message that the broker kept: it tells the state, but not that the device
        is there, so it confirms nothing. Returns the ids of the devices that reported.
        """
        reported = self._house.hear(topic, payload)
        now_s = asyncio.get_running_loop().time()
        self._told_at_s |= dict.fromkeys(reported, now_s)
        if len(self._told_at_s) > MOST_TIMES:
            self._forget_the_gone()
        if retained:
            return reported
        for device_id in reported:
            self._reported_at_s[device_id] = now_s
            for pending in self._pending.get(device_id, ()):
                pending.reported = True
                done = bool(self._house.fulfils(device_id, pending.wish))
                pending.moving = not done and self._house.approaches(device_id, pending.before, pending.wish)
                if done or pending.moving:
                    pending.fulfilled.set()
        return reported

    def _forget_the_gone(self) -> None:
        known = {device.id for device in self._house.devices()}
        for times in (self._told_at_s, self._reported_at_s):
            for gone in times.keys() - known:
                del times[gone]

    async def act(self, device: Device, wish: Wish) -> Outcome:
        """Ask the device for a change and wait until its own report says so, or the time is over.

        What is risky is approved first. Raises ToolError when the device cannot do that at all.
        """
        wish = self._house.settled(device, wish)
        orders = self._house.order(device, wish)
        if refusal := self._offline(device) or await self._forbidden(device, wish) or self._offline(device):
            return refusal
        return await self._do(device, wish, orders)

    def rehearse(self, device: Device, wish: Wish) -> str:
        """What a wish would do, as in "switch off the sofa lamp"; nothing is done.

        Raises ToolError when the device cannot do that, or when somebody would have to be asked first.
        """
        said = self._house.spoken(device)
        self._house.order(device, self._house.settled(device, wish))
        sentence = asked_for(wish, said)
        if risk_of(None, device, self._risk, wish=wish) != "allow":
            raise ToolError(f"I may not {sentence} without asking first.")
        return self._asked_for(device, wish)

    def _asked_for(self, device: Device, wish: Wish) -> str:
        """What a wish would do, as people hear it; names stand bare where nobody here knows their article."""
        if self._book.is_english:
            return asked_for(wish, self._house.spoken(device))
        name, room = device.name, device.room
        return asked_for(wish, name if room.casefold() in name.casefold() else f"{room} {name}", self._book)

    async def act_all(self, devices: Sequence[Device], wish: Wish) -> list[Outcome]:
        """Act on several at once; what one cannot do is its Outcome and does not hide the others'."""
        return await asyncio.gather(*(self._act_or_say(device, wish) for device in devices))

    async def _act_or_say(self, device: Device, wish: Wish) -> Outcome:
        try:
            return await self.act(device, wish)
        except ToolError as error:
            return Outcome("refused", f"{str(error)[:1].lower()}{str(error)[1:]}")

    def _offline(self, device: Device) -> Outcome | None:
        if self._house.available(device):
            return None
        said = self._house.spoken(device)
        return Outcome("refused", f"{said} {be(said)} offline.")

    async def _forbidden(self, device: Device, wish: Wish) -> Outcome | None:
        """Why the wish may not be granted; None when it may, or somebody said yes."""
        risk = risk_of(None, device, self._risk, wish=wish)
        if risk == "allow":
            return None
        said = self._house.spoken(device)
        if risk == "never":
            return Outcome("refused", f"{said} may not be changed by voice; the owner decided so.")
        sentence = asked_for(wish, said)
        async with self._asking:  # one question at a time, even when several devices are acted on at once
            approved = await self._approve(device, wish, self._asked_for(device, wish))
        if approved:
            return None
        return Outcome("refused", f"nobody confirmed to {sentence}, so it was not done.")

    async def _do(self, device: Device, wish: Wish, orders: Sequence[DeviceMessage]) -> Outcome:
        said = self._house.spoken(device)
        believed = self._already(device, wish)
        pending = _Pending(wish, self._house.state(device))
        self._pending.setdefault(device.id, []).append(pending)
        try:
            if problem := await self._publish(orders, said):
                return problem
            if not self._house.confirms(device, wish):
                return _unconfirmed(device, wish, said)
            wait_s = min(ALREADY_WAIT_S, self._confirm_timeout_s) if believed else self._confirm_timeout_s
            await _within(wait_s, pending.fulfilled)
        finally:
            self._forget(device.id, pending)
        return self._outcome(device, pending, said, believed=believed)

    def _forget(self, device_id: str, pending: _Pending) -> None:
        self._pending[device_id].remove(pending)
        if not self._pending[device_id]:
            del self._pending[device_id]

    def _already(self, device: Device, wish: Wish) -> bool:
        """Whether the device is as asked, and that is to be believed: it says it is there, or just spoke."""
        if not self._house.fulfils(device.id, wish):
            return False
        now_s = asyncio.get_running_loop().time()
        heard_at_s = self._reported_at_s.get(device.id, float("-inf"))
        return bool(self._house.presence(device)) or now_s - heard_at_s <= FRESH_S

    async def _publish(self, orders: Sequence[DeviceMessage], said: str) -> Outcome | None:
        """Send the orders; an Outcome only when that failed."""
        try:
            async with asyncio.timeout(self._confirm_timeout_s):
                for order in orders:
                    log.debug("> %s %s", order.topic, order.payload)
                    await self._publisher.publish(order.topic, order.payload, retain=order.retain, qos=order.qos)
        except BrokerError as error:
            return Outcome("refused", f"the command for {said} could not be sent. {error}")
        except TimeoutError:
            waited = f"{self._confirm_timeout_s:g} seconds"
            return Outcome("no answer", f"the broker did not take the command for {said} within {waited}.")
        return None

    def _outcome(self, device: Device, pending: _Pending, said: str, *, believed: bool) -> Outcome:
        condition = self._house.condition(device)
        several = be(said) == "are"
        it, have, was = ("they are", "have", "were") if several else ("it is", "has", "was")
        if pending.moving:
            return Outcome("confirmed", f"{said} {be(said)} on the way, now {condition}.")
        if pending.fulfilled.is_set():
            return Outcome("confirmed", f"{said} {be(said)} {condition}.")
        if not self._house.available(device):
            return Outcome("refused", f"{said} {have} gone offline.")
        if pending.reported and self._house.fulfils(device.id, pending.wish) is False:
            return Outcome("refused", f"{said} did not do it, {it} {condition}.")
        if believed and self._house.fulfils(device.id, pending.wish):
            return Outcome("confirmed", f"{said} {was} already {condition}.")
        waited = f"{self._confirm_timeout_s:g} seconds"
        silent = f"{said} did not report back within {waited}"
        return Outcome(
            "no answer", f"{silent}, so I don't know whether it worked.", f"{silent}, so do not say it was done."
        )


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Wait for the event, at most so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _unconfirmed(device: Device, wish: Wish, said: str) -> Outcome:
    """What is to be said of a device that has nothing to report with."""
    if sent := device.shape.unreported(wish):
        return Outcome("sent", f"{said} {sent}.")
    return Outcome("no answer", f"the command was sent, but {said} never reports whether it obeyed.")
