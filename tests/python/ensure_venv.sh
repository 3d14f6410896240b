#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes build/venv hold what requirements.txt says; instant when it already does. Usage: ensure_venv.sh [VENV [REQUIREMENTS]]
# pip reads the user's own configuration (index, proxy, certificates); this script overrides none of it.
set -eu
folder=$(CDPATH= cd "$(dirname "$0")" && pwd)
root=$(CDPATH= cd "$folder/../.." && pwd)
venv=${1:-$root/build/venv}
requirements=${2:-$folder/requirements.txt}

fail() {
  echo "ensure_venv: $1" >&2
  exit 1
}

command -v python3 >/dev/null 2>&1 || fail "no python3; install it: apt-get install python3 python3-venv"

# The path is part of the stamp because a virtual environment does not survive being moved, the
# interpreter because its packages are built for one Python version.
stamp=$venv/.requirements-stamp
wanted=$(
  echo "$venv"
  python3 -c 'import sys; print(sys.executable, sys.version)'
  cat "$requirements"
)
if [ -x "$venv/bin/python" ] && [ -f "$stamp" ] && [ "$wanted" = "$(cat "$stamp")" ]; then
  exit 0
fi

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$(python3 --version) is too old for the tests; Python 3.11 or newer is needed"
python3 -c 'import ensurepip, venv' 2>/dev/null ||
  fail "Python's venv is missing; install it: apt-get install python3-venv"

echo "ensure_venv: making $venv with" >&2
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e 's/^/  /' "$requirements" >&2
mkdir -p "$(dirname "$venv")"
# --clear: a half-made or outdated environment is replaced, never patched.
python3 -m venv --clear "$venv" || fail "python3 -m venv $venv failed"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
  fail "pip could not install $requirements into $venv; see its message above, then run this again"
printf '%s\n' "$wanted" >"$stamp"
echo "ensure_venv: done" >&2
