"""``speaker hub-package``: the file that brings Home Assistant's entities."""

import argparse

from speaker.cli.output import GOOD, config_file
from speaker.daemon.loading import read_settings
from speaker.hub.home_assistant_package import home_assistant_package


def print_hub_package(options: argparse.Namespace) -> int:
    """Print the package for the configuration in force."""
    mqtt = read_settings(config_file(options)).mqtt
    package = home_assistant_package(
        options.prefix, options.label, options.area, entities=options.entity,
        base=mqtt.base, hub=mqtt.discovery_prefix, assist=options.assist,
    )  # fmt: skip
    print(package, end="")
    return GOOD
