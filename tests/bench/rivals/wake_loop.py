"""openWakeWord's own loop at the microphone: read 80 ms, score, print when the word was heard.

``wake_loop.py WORD MELSPECTROGRAM EMBEDDING``: ONNX files, the same that the speaker uses.
"""

import sys

import numpy as np
import pyaudio
from openwakeword.model import Model

HZ = 16_000
FRAME = 1_280


def main(word: str, melspectrogram: str, embedding: str) -> None:
    """Listen until the process is ended."""
    model = Model(
        wakeword_models=[word], inference_framework="onnx",
        melspec_model_path=melspectrogram, embedding_model_path=embedding,
    )  # fmt: skip
    microphone = pyaudio.PyAudio().open(
        format=pyaudio.paInt16, channels=1, rate=HZ, input=True, frames_per_buffer=FRAME
    )
    print("listening", flush=True)
    while True:
        frame = np.frombuffer(microphone.read(FRAME, exception_on_overflow=False), np.int16)
        for name, score in model.predict(frame).items():
            if score > 0.5:
                print(f"heard {name} {score:.2f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
