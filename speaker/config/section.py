"""What every part of the configuration that has keys of its own is made from."""

from msgspec import Struct


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parent of every part of the configuration that has keys of its own."""
