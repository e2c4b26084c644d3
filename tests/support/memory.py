"""How much memory something takes, in a process of its own where nothing else takes any."""

import subprocess
import sys

_PEAK = "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
"""In kB. The peak that ``resource`` tells would begin with that of the parent process."""


def growth_mb(first: str, more: str) -> int:
    """By how much ``more`` raises the most memory that ``first`` has needed; both are statements of Python."""
    code = f"{first}\nbefore = {_PEAK}\n{more}\nprint(({_PEAK} - before) // 1024)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)
