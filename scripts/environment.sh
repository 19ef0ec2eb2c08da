# Sourced by the other scripts: stands in the project's folder with the virtual environment made and current.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# environment EXTRA: makes or renews .venv with that extra. It is renewed only when pyproject.toml changed.
environment() {
    local python=${PYTHON:-python3} venv=${VENV:-.venv} stamp
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "engine-telemetry needs Python 3.11 or later. Install it, or name one: PYTHON=/path/to/python3.12 $0"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"
    stamp="$("$python" -V) $(cksum <pyproject.toml)"
    if [ ! -f "$venv/.extra-$1" ] || [ "$(cat "$venv/.extra-$1")" != "$stamp" ]; then
        printf 'Preparing the virtual environment in %s (once, about half a minute) ...\n' "$venv" >&2
        [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check --editable ".[$1]"
        printf '%s' "$stamp" >"$venv/.extra-$1"
        case $1 in # which it includes
            test) printf '%s' "$stamp" >"$venv/.extra-webapps" ;;
            full) printf '%s' "$stamp" | tee "$venv/.extra-test" >"$venv/.extra-webapps" ;;
        esac
    fi
    PATH="$PWD/$venv/bin:$PATH"
    export PATH VIRTUAL_ENV="$PWD/$venv"
    scripts/assets ||
        echo "Pages come without diagrams and do not refresh by themselves until scripts/assets succeeds." >&2
}
