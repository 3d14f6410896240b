# SPDX-License-Identifier: Apache-2.0
"""What make_dist and make_deb have in common: an installation of a build in a folder of its own, and facts about it."""

import os
import pathlib
import platform
import re
import shutil
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAMS = ("kite", "kite-race", "kite-race-spawn")
PT_INTERP = 3


class Refused(Exception):
    pass


def version():
    return re.search(r"project\(paperkite VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)


def architecture():
    return platform.machine()


def commit_time():
    """Seconds since 1970 of the commit that is packed, so that the same commit gives the same bytes."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    return int(subprocess.run(["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True).stdout)


def check_notices(build):
    """The notices in the package are those of what is in it."""
    if subprocess.run([ROOT / "tools/third_party_notices", "--check", "--build", build], check=False).returncode != 0:
        raise Refused("THIRD-PARTY-NOTICES is not that of this build: run tools/third_party_notices, then build again")


def bill_of_materials(build, name, products):
    """What of others is inside, as CycloneDX."""
    return subprocess.run([ROOT / "tools/sbom", "--build", build, "--name", name, *products], capture_output=True, text=True, check=True).stdout


def program_headers(path):
    with open(path, "rb") as file:
        header = file.read(64)
        at, size, count = struct.unpack_from("<Q", header, 32)[0], *struct.unpack_from("<HH", header, 54)
        file.seek(at)
        table = file.read(size * count)
    return {struct.unpack_from("<I", table, i * size)[0] for i in range(count)}


def check_static(folder):
    for name in PROGRAMS:
        if PT_INTERP in program_headers(folder / name):
            raise Refused(f"{name} is not a static program: pack a build without sanitizers")


def install(build, prefix, *options, destdir=None):
    """cmake --install, stripped. With `destdir` the files lie below it, as they will below the root folder."""
    target = pathlib.Path(destdir or prefix)
    shutil.rmtree(target, ignore_errors=True)
    environment = {**os.environ, **({"DESTDIR": str(target)} if destdir else {})}
    done = subprocess.run(["cmake", "--install", build, "--prefix", prefix, "--strip", *options], env=environment, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"cmake --install ended with {done.returncode}: {done.stderr.strip()}")


def run_main(main):
    try:
        sys.exit(main())
    except Refused as refused:
        print(f"{pathlib.Path(sys.argv[0]).name}: {refused}", file=sys.stderr)
        sys.exit(1)
