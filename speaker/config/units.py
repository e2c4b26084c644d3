"""The types of settings that carry a unit or a form, with the words for what they take."""

from typing import Annotated

from msgspec import Meta

Percent = Annotated[int, Meta(ge=0, le=100)]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(gt=0)]
Usd = Annotated[float, Meta(gt=0)]
Milliseconds = Annotated[int, Meta(ge=0)]
# \Z and not $, which would let a line break through.
ClockTime = Annotated[
    # In quotes, since YAML 1.1 reads a bare 22:30 as a number in base sixty.
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", description='HH:MM in quotes, such as "22:30"')
]  # fmt: skip
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,64}\Z", description="1 to 64 lower-case letters, digits, _ and -")]
TopicPath = Annotated[
    str, Meta(pattern=r"^[^/+#\s\x00-\x1f]+(/[^/+#\s\x00-\x1f]+)*\Z", description='a topic such as "speaker"')
]  # fmt: skip
Url = Annotated[str, Meta(pattern=r"^wss?://", description="an address that begins with wss:// or ws://")]
