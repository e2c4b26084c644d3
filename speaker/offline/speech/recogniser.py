"""Speech to words: Moonshine's recognisers, of which tiny-en, for English, is part of a package; on ONNX Runtime."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from speaker.audio.model_files import ModelFile, StoredFile, Wheel, open_session
from speaker.audio.pcm import WAKE_HZ, Samples, level_dbfs, ms_to_samples
from speaker.offline.speech.steps import Steps, all_steps

MOONSHINE: Final = Wheel("moonshine-voice", "0.1.0", "moonshine_voice")
ENCODER: Final = ModelFile(
    MOONSHINE,
    "assets/tiny-en/encoder_model.ort",
    "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
)
DECODER: Final = ModelFile(
    MOONSHINE,
    "assets/tiny-en/decoder_model_merged.ort",
    "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
)
TOKENIZER: Final = ModelFile(
    MOONSHINE, "assets/tiny-en/tokenizer.bin", "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d"
)

CONFIDENCE_FLOOR: Final = -0.45
"""Below this mean log-probability of a token the words are made up, not heard; commands lie near -0.1.

"Goodbye" comes down to -0.43, because the recogniser hesitates between three spellings of it.
"""

INVENTED: Final = frozenset({"you", "thank you for watching"})
"""What the recogniser writes, sometimes with confidence, when it is given noise."""

SHORTEST_MS: Final = 200
"""Shorter audio holds no word."""

QUIETEST_DBFS: Final = -72.0
"""Audio below this level holds no speech that could be made out."""

PADDED_MS: Final = 1000
"""Shorter audio is followed by silence up to this length: the recogniser was never shown less."""

LONGEST_PIECE_MS: Final = 15_000
"""Longer audio is recognised in pieces. Memory grows with the square of the length, and is kept: one piece takes up to
60 MB, two minutes at once would take 2.5 GB."""

_PAUSE_MS: Final = 200
"""Pieces are parted in the middle of the quietest moment of this length, so that no word is cut."""

TOKENS_PER_SECOND: Final = 6.5
"""Faster speech does not exist; a recogniser that writes more repeats itself."""

_TOKENS_PER_STEP: Final = 8
"""So many are written at one go, which takes a quarter of a second on a Pi."""

BEGIN, END = 1, 2

_Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class RecognisedSpeech:
    """What was said, as far as it could be made out."""

    text: str
    """Empty when there was nothing, or nothing to be sure of."""
    confidence: float
    """Mean log-probability of the tokens: 0 is certain, minus infinity means that nobody spoke."""


NOTHING: Final = RecognisedSpeech("", -math.inf)


@dataclass(frozen=True, slots=True)
class RecogniserFiles:
    """One of Moonshine's recognisers."""

    encoder: ModelFile | StoredFile
    decoder: ModelFile | StoredFile
    tokenizer: ModelFile | StoredFile
    tokens_per_second: float = TOKENS_PER_SECOND
    confidence_floor: float = CONFIDENCE_FLOOR


ENGLISH_FILES: Final = RecogniserFiles(ENCODER, DECODER, TOKENIZER)


class Recogniser:
    """The recogniser; every call stands for itself."""

    def __init__(self, model: RecogniserFiles = ENGLISH_FILES) -> None:
        """Load the model, 44 MB for English. Raises ModelError when a file is missing or damaged."""
        self._model = model
        self._encoder = open_session(model.encoder)
        self._decoder = open_session(model.decoder)
        self._pieces = read_pieces(model.tokenizer.locate())
        self._outputs = [output.name for output in self._decoder.get_outputs()]
        self._empty_cache = {
            given.name: np.zeros((1, given.shape[1], 0, given.shape[3]), np.float32)
            for given in self._decoder.get_inputs()
            if given.name.startswith("past_key_values.")
        }

    def hear(self, samples: Samples) -> RecognisedSpeech:
        """The words in (n,) int16 samples at 16 kHz, one turn of speech."""
        return all_steps(self.hear_in_steps(samples))

    def hear_in_steps(self, samples: Samples) -> Steps[RecognisedSpeech]:
        """The same, so that somebody else can be heard in between."""
        heard: list[RecognisedSpeech] = []
        for piece in _pieces(samples):
            heard.append((yield from self._hear(piece)))  # noqa: PERF401 - a comprehension cannot yield
        return joined(heard)

    def _hear(self, samples: Samples) -> Steps[RecognisedSpeech]:
        if samples.size < ms_to_samples(SHORTEST_MS, WAKE_HZ) or level_dbfs(samples) < QUIETEST_DBFS:
            return NOTHING
        most = max(4, math.ceil(samples.size / WAKE_HZ * self._model.tokens_per_second))
        tokens, confidence = yield from self._decode(_prepare(samples), most)
        text = self._spell(tokens)
        if confidence < self._model.confidence_floor or _is_invented(text):
            return RecognisedSpeech("", confidence)
        return RecognisedSpeech(text, confidence)

    def _decode(self, values: _Floats, most: int) -> Steps[tuple[list[int], float]]:
        """The likeliest tokens, at most ``most``, and their mean log-probability."""
        mask = np.ones(values.shape, np.int64)
        (encoded,) = self._encoder.run(None, {"input_values": values, "attention_mask": mask})
        fixed = {"encoder_hidden_states": encoded, "encoder_attention_mask": mask}
        token, cache = BEGIN, self._empty_cache
        tokens: list[int] = []
        chances: list[float] = []
        while token != END and len(tokens) <= most:
            if len(tokens) % _TOKENS_PER_STEP == 0:
                yield
            out = self._step(token, fixed, cache)
            cache = _renew(cache, out, first=token == BEGIN)
            token, chance = _likeliest(out["logits"][0, -1])
            tokens.append(token)
            chances.append(chance)
        return tokens[:-1], sum(chances) / len(chances)

    def _step(self, token: int, fixed: Arrays, cache: Arrays) -> Arrays:
        inputs = {
            "input_ids": np.array([[token]], np.int64),
            "use_cache_branch": np.array([token != BEGIN]),
            **fixed,
            **cache,
        }
        return dict(zip(self._outputs, self._decoder.run(None, inputs), strict=True))

    def _spell(self, tokens: list[int]) -> str:
        letters = b"".join(self._pieces[token] for token in tokens)
        return " ".join(letters.decode("utf-8", errors="ignore").split())


def joined(pieces: Sequence[RecognisedSpeech]) -> RecognisedSpeech:
    """What consecutive pieces (one at least) say together; a piece without words takes nothing away."""
    told = [piece for piece in pieces if piece.text]
    if not told:
        return max(pieces, key=lambda piece: piece.confidence)
    text = " ".join(piece.text for piece in told)
    return RecognisedSpeech(text, sum(piece.confidence for piece in told) / len(told))


def _pieces(samples: Samples) -> Iterator[Samples]:
    """The samples in pieces that are not too long, parted where it is quiet."""
    longest = ms_to_samples(LONGEST_PIECE_MS, WAKE_HZ)
    while samples.size > longest:
        end = quiet_place(samples[:longest], WAKE_HZ)
        yield samples[:end]
        samples = samples[end:]
    yield samples


def quiet_place(samples: Samples, hz: int) -> int:
    """Where in the later half of (n,) samples it is quietest, as an index: there speech may be parted."""
    pause = ms_to_samples(_PAUSE_MS, hz)
    places = np.square(samples[samples.size // 2 :].astype(np.float32))
    moments = places[: places.size - places.size % pause].reshape(-1, pause)
    return samples.size // 2 + int(np.argmin(np.mean(moments, axis=1))) * pause + pause // 2


def _prepare(samples: Samples) -> _Floats:
    """Samples as (1, n) floats in [-1, 1], with silence after very short ones."""
    missing = max(0, ms_to_samples(PADDED_MS, WAKE_HZ) - samples.size)
    values: _Floats = np.pad(samples, (0, missing)).astype(np.float32)[None] / np.float32(32768)
    return values


def _is_invented(text: str) -> bool:
    words = "".join(character for character in text.lower() if character.isalnum() or character == " ")
    return not words.strip() or words in INVENTED


def _likeliest(logits: _Floats) -> tuple[int, float]:
    """The best token of (n,) logits and its log-probability."""
    token = int(np.argmax(logits))
    return token, -float(np.log(np.sum(np.exp(logits - logits[token]))))


def _renew(cache: Arrays, out: Arrays, *, first: bool) -> Arrays:
    # The encoder's keys are computed in the first step alone; later steps return them empty.
    return {
        name: out[name.replace("past_key_values", "present")] if first or ".decoder." in name else kept
        for name, kept in cache.items()
    }


def read_pieces(place: Path) -> list[bytes]:
    """The vocabulary: what each token stands for, as UTF-8.

    A piece is stored after its length, which takes one byte below 128 and two from there on.
    """
    data = place.read_bytes()
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = data[at] * 128 + length - 128, at + 1
        pieces.append(_letters(data[at : at + length]))
        at += length
    return pieces


def _letters(piece: bytes) -> bytes:
    if len(piece) == 6 and piece.startswith(b"<0x") and piece.endswith(b">"):
        return bytes([int(piece[3:5], 16)])
    if piece.startswith(b"<") and piece.endswith(b">") and len(piece) > 2:
        return b""
    return piece.replace("▁".encode(), b" ")
