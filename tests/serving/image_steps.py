# SPDX-License-Identifier: Apache-2.0
"""usage: image_steps.py DOCKERFILE CONTEXT: the steps of a Dockerfile as a shell script, for a Debian that has no Docker.

Its stages share one root folder, so that a later stage may find more than its image would hold. An instruction that is not
known here is an error. The script ends with START, which runs the entry point as the image's user."""

import json
import pathlib
import shlex
import sys


def lines_of(text):
    joined = text.replace("\\\n", " ")
    return [line for line in map(str.strip, joined.splitlines()) if line and not line.startswith("#")]


def copied(arguments, context):
    options = [each for each in arguments if each.startswith("--")]
    sources, target = [each for each in arguments if not each.startswith("--")][:-1], arguments[-1]
    if options and not options[0].startswith("--from="):
        raise ValueError(f"COPY {options[0]}")
    steps = [f"mkdir -p {shlex.quote(target if target.endswith('/') or len(sources) > 1 else str(pathlib.PurePath(target).parent))}"]
    for source in sources:
        path = source if options else f"{context}/{source}"
        if options and path == target:
            continue  # the stages share their root
        steps.append(f"cp -a {shlex.quote(path)} {shlex.quote(target)}" if source != "." else
                     f"mkdir -p {shlex.quote(target)} && cp -a {shlex.quote(context)}/. {shlex.quote(target)}")
    return steps


def script_of(text, context):
    steps, folder, user, entry, command, bases = ["set -eu"], "/", "root", [], [], []
    for line in lines_of(text):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            bases.append(rest)
            folder = "/"
        elif word == "RUN":
            steps.append(f"(cd {shlex.quote(folder)} && {rest})")
        elif word == "COPY":
            steps += copied(shlex.split(rest), context)
        elif word == "WORKDIR":
            folder = rest
            steps.append(f"mkdir -p {shlex.quote(folder)}")
        elif word == "ENV":
            name, _, value = rest.partition("=")
            steps.append(f"export {name}={shlex.quote(value)}")
        elif word == "USER":
            user = rest
        elif word == "ENTRYPOINT":
            entry = json.loads(rest)
        elif word == "CMD":
            command = json.loads(rest)
        elif word != "EXPOSE":
            raise ValueError(line)
    if not all(base.startswith("debian:bookworm") for base in bases):
        raise ValueError(f"the room is a Debian 12, the images are {bases}")
    # CMD is what arguments replace.
    steps.append(f"START() {{ [ $# -gt 0 ] || set -- {shlex.join(command)}; setpriv --reuid={user} --regid={user} --clear-groups {shlex.join(entry)} \"$@\"; }}")
    return "\n".join(steps) + "\n"


if __name__ == "__main__":
    sys.stdout.write(script_of(pathlib.Path(sys.argv[1]).read_text(), sys.argv[2]))
