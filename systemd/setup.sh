# What the installer and the test command share: system packages, a Python, a virtual environment.
# Sourced, not run. Every step says one line; a failure says what to do.

say() { printf '%s\n' "== $*"; }

fail() {
    printf '%s\n' "!! $*" >&2
    exit 1
}

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What the daemon needs: PortAudio and ALSA's tools.
packages_daemon="python3 python3-venv libportaudio2 alsa-utils"
# What PyAudio is built with; it has no wheel for Linux.
packages_build="python3-dev gcc libc6-dev portaudio19-dev"
# Who has no broker elsewhere gets one here; the demo always brings its own.
packages_broker="mosquitto"
# What the demo's virtual room needs beside that.
packages_demo="$packages_broker pulseaudio pulseaudio-utils libasound2-plugins"
# What only the tests need: human voices, systemd's own check of the unit file, certificates, another voice, and a browser.
packages_tests="pocketsphinx-testdata systemd openssl espeak-ng chromium"
# Every package of the virtual environment with the hashes of its files: what the speaker runs with, and what tests do.
lock=$checkout/requirements.lock
lock_of_tests=$checkout/tests/requirements.lock

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

# install_demo_packages ENVIRONMENT: what the demo needs. Where PulseAudio would push out what gives a desktop its sound
# (pipewire-alsa), it is only unpacked into the virtual environment, and nothing is removed.
install_demo_packages() {
    local plan rest folder=$1/share/pulseaudio
    plan=$(apt-get install -s --no-install-recommends pulseaudio 2>/dev/null || true)
    if ! grep -q '^Remv' <<<"$plan"; then
        # shellcheck disable=SC2086 # a list of names
        install_packages $packages_demo
        return
    fi
    say "PulseAudio: unpacked into $folder, since installing it would remove $(awk '/^Remv/ { print $2 }' <<<"$plan" | xargs)"
    rest=$(awk '/^Inst/ && $2 != "pulseaudio" { print $2 }' <<<"$plan")
    # shellcheck disable=SC2046,SC2086 # lists of names
    install_packages $(tr ' ' '\n' <<<"$packages_demo" | grep -vx pulseaudio) $rest
    [ ! -x "$folder/usr/bin/pulseaudio" ] || return 0
    (
        cd "$(mktemp -d)" && apt-get -qq download pulseaudio 2>/dev/null && mkdir -p "$folder" &&
            dpkg -x pulseaudio*.deb "$folder" && rm -rf "$PWD"
    ) || fail "PulseAudio could not be fetched: check the network and 'sudo apt-get update', then try again"
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

# stamp_of LOCK PIP-ARGUMENT...: what a virtual environment is made of, as one word.
stamp_of() {
    { "$python" -VV; printf '%s\n' "$@"; cat "$checkout/pyproject.toml" "$1"; } | sha256sum | cut -c 1-64
}

# make_environment DIRECTORY LOCK PIP-ARGUMENT...: a virtual environment with the speaker in it, built anew only
# when the interpreter, the packages or the arguments changed.
make_environment() {
    local directory=$1 packages=$2 stamp
    shift 2
    find_python
    stamp=$(stamp_of "$packages" "$@")
    if [ "$(cat "$directory/.stamp" 2>/dev/null)" = "$stamp" ]; then
        say "virtual environment: $directory is up to date"
        return
    fi
    fill_environment "$directory" "$packages" "$@"
    printf '%s\n' "$stamp" >"$directory/.stamp"
}

# make_environment_without_sound DIRECTORY LOCK PIP-ARGUMENT...: the same, but for PyAudio, whose building needs
# Debian's packages. A whole environment that is up to date does as well.
make_environment_without_sound() {
    local directory=$1 packages=$2 stamp silent
    shift 2
    find_python
    stamp=$(stamp_of "$packages" "$@")
    case $(cat "$directory/.stamp" 2>/dev/null) in
        "$stamp" | "without sound $stamp") say "virtual environment: $directory is up to date"; return ;;
    esac
    silent=$(mktemp)
    pick_packages without "$packages" >"$silent"
    fill_environment "$directory" "$silent" "$@"
    rm -f "$silent"
    printf 'without sound %s\n' "$stamp" >"$directory/.stamp"
}

# pick_packages without|only LOCK: the lines of a lock that are not, or are, those of PyAudio.
pick_packages() {
    awk -v which="$1" '/^[a-zA-Z]/ { kept = /^pyaudio=/ ? which == "only" : which == "without" } kept' "$2"
}

# fill_environment DIRECTORY LOCK PIP-ARGUMENT...: a new virtual environment; no file of it is one that the lock does
# not know.
fill_environment() {
    local directory=$1 packages=$2
    shift 2
    say "virtual environment: $directory with $("$python" -V 2>&1) (some minutes the first time)"
    rm -rf "$directory"
    "$python" -m venv "$directory" || fail "the virtual environment could not be made in $directory"
    run_pip "$directory" --require-hashes -r "$packages"
    run_pip "$directory" --no-deps --no-build-isolation "$@"
}

run_pip() {
    local directory=$1
    shift
    "$directory/bin/pip" install --quiet --disable-pip-version-check "$@" </dev/null ||
        fail "pip could not install the packages: check the network, then run the command again"
}
