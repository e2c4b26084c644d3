# What the installer and the test command share: system packages, a Python, a virtual environment.
# Sourced, not run. Every step says one line; a failure says what to do.

say() { printf '%s\n' "== $*"; }

fail() {
    printf '%s\n' "!! $*" >&2
    exit 1
}

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the daemon needs: PortAudio and a compiler for PyAudio (it has no wheel for Linux), ALSA's tools, a broker.
packages_daemon="python3 python3-venv python3-dev gcc libc6-dev portaudio19-dev libportaudio2 alsa-utils mosquitto"
# What the demo's virtual room needs beside that.
packages_demo="pulseaudio pulseaudio-utils libasound2-plugins"
# What only the tests need: human voices, systemd's own check of the unit file, and certificates.
packages_tests="pocketsphinx-testdata systemd openssl"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this step needs root: run the command again as root, or install sudo"
    fi
}

# install_packages NAME...: those that are missing, and never at the price of removing others.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || { say "system packages: all there"; return; }
    command -v apt-get >/dev/null || fail "this is not Debian or Raspberry Pi OS; install by hand: ${missing[*]}"
    say "system packages: ${missing[*]}"
    local log
    log=$(mktemp)
    if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${missing[*]}: check the network and 'sudo apt-get update', then try again"
    fi
    rm -f "$log"
}

# find_python: the interpreter to build the environment with, in $python.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 /usr/bin/python3; do
        [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$(command -v "$candidate")
            return
        fi
    done
    fail "no Python 3.11 or newer with venv; Debian 12, 13 and Raspberry Pi OS bookworm, trixie have one"
}

# stamp_of PIP-ARGUMENT...: what a virtual environment is made of, as one word.
stamp_of() {
    { "$python" -VV; printf '%s\n' "$@"; cat "$checkout/pyproject.toml" "$checkout/requirements.lock"; } | sha256sum
}

# make_environment DIRECTORY PIP-ARGUMENT...: a virtual environment with the speaker in it, built anew only
# when the interpreter, the dependencies or the arguments changed.
make_environment() {
    local directory=$1 stamp
    shift
    find_python
    stamp=$(stamp_of "$@")
    if [ "$(cat "$directory/.stamp" 2>/dev/null)" = "$stamp" ]; then
        say "virtual environment: $directory is up to date"
        return
    fi
    say "virtual environment: $directory with $("$python" -V 2>&1) (some minutes the first time)"
    rm -rf "$directory"
    "$python" -m venv "$directory" || fail "the virtual environment could not be made in $directory"
    run_pip "$directory" "$@"
    printf '%s\n' "$stamp" >"$directory/.stamp"
}

# make_environment_without_sound DIRECTORY PIP-ARGUMENT...: the same, but for PyAudio, whose building needs Debian's
# packages. A whole environment that is up to date does as well.
make_environment_without_sound() {
    local directory=$1 stamp
    shift
    find_python
    stamp=$(stamp_of "$@")
    case $(cat "$directory/.stamp" 2>/dev/null) in
        "$stamp" | "without sound $stamp") say "virtual environment: $directory is up to date"; return ;;
    esac
    say "virtual environment: $directory with $("$python" -V 2>&1), without sound (a minute the first time)"
    rm -rf "$directory"
    "$python" -m venv "$directory" || fail "the virtual environment could not be made in $directory"
    "$python" - "$checkout/pyproject.toml" >"$directory/requirements.txt" <<'PYTHON'
import sys, tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
needed = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
print("\n".join(one for one in needed if not one.startswith("pyaudio")))
PYTHON
    run_pip "$directory" -r "$directory/requirements.txt"
    run_pip "$directory" --no-deps "$@"
    printf 'without sound %s\n' "$stamp" >"$directory/.stamp"
}

run_pip() {
    local directory=$1
    shift
    "$directory/bin/pip" install --quiet --disable-pip-version-check -c "$checkout/requirements.lock" "$@" </dev/null ||
        fail "pip could not install the packages: check the network, then run the command again"
}
