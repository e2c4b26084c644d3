"""The command line as a shell meets it: soon there, and completed."""

import subprocess
import sys

import pytest

from tests.documents import commands


@pytest.mark.parametrize("name", [name for name in commands() if name not in {"run", "demo", "offline"}])
def test_help_loads_no_model_and_no_sound(name: str) -> None:
    """Whoever looks a command up waits for nothing: neither numbers nor sound nor speech are loaded."""
    code = f"from speaker.cli.main import main; main([{name!r}, '--help'])"
    code = f"import sys\ntry:\n {code}\nfinally:\n print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert not {"numpy", "onnxruntime", "pyaudio", "speaker.daemon.loading"} & set(done.stdout.split())


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_can_complete_the_commands(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "speaker", "completion", shell], capture_output=True, text=True, check=True, timeout=60
    )
    assert all(name in done.stdout for name in ("status", "announcement_volume", "openai_api_key"))


def test_completion_works_in_bash() -> None:
    """Asked as the shell asks: what may follow "speaker ann"."""
    script = (
        f'eval "$({sys.executable} -m speaker completion bash)"; COMP_WORDS=(speaker ann); COMP_CWORD=1; '
        '_shtab_speaker; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert {word.strip() for word in done.stdout.split()} == {"announce", "announcement_volume"}
