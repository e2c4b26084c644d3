"""All checks, in the order in which they explain each other."""

from collections.abc import AsyncIterator

from speaker.cli.doctor.broker import check_house
from speaker.cli.doctor.check import Check, good
from speaker.cli.doctor.machine import check_machine
from speaker.cli.doctor.sound import check_sound
from speaker.cli.doctor.speech import check_service, check_speech
from speaker.config.settings import Settings
from speaker.daemon.checking import inspect_config
from speaker.daemon.loading import Surroundings


async def visit(settings: Settings, around: Surroundings) -> AsyncIterator[Check]:
    """Every check as it is done. The loudspeaker is heard for two seconds."""
    file = around.config_file
    doubts = inspect_config(file).doubts
    told = "; but look: " + "; ".join(doubts) if doubts else ""
    yield good("config", f"{file} is good{told}" if file is not None else "no file, all defaults")
    for one in await check_sound(settings.audio):
        yield one
    for one in await check_speech(settings, around.state):
        yield one
    async for one in visit_beside(settings, around):
        yield one


async def visit_beside(settings: Settings, around: Surroundings) -> AsyncIterator[Check]:
    """Those that disturb no speaker at work: no sound device is opened, and no model is loaded."""
    yield await check_service(settings, around.api_key)
    for one in await check_house(settings, around.mqtt_password):
        yield one
    for one in await check_machine(around.state):
        yield one
