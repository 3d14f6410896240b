# SPDX-License-Identifier: Apache-2.0
"""Faults of the surroundings: streams that are closed or full, little room, few threads, no /proc, a folder that may not be
written, half a processor."""

import dataclasses
import errno
import fcntl
import os
import pathlib
import re
import resource
import select
import signal
import subprocess
import time
import uuid

from trial import INTERRUPTED, IO, LIMIT, OK, SOME_FAILED, fault

ANY = (OK, SOME_FAILED, LIMIT, IO)
KB, MB = 1 << 10, 1 << 20


@dataclasses.dataclass
class Row:
    name: str
    codes: tuple = ANY
    before: tuple = ()  # words before the command; {WORK} is the run's folder
    child: object = None  # called in the new process
    stdout: str = ""  # "full", "closed", "gone"
    stderr: str = ""
    root: bool = False
    old_outputs: bool = True
    environment: dict = dataclasses.field(default_factory=dict)


def limit(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def few_processes(count):
    def child():
        as_nobody()
        resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
    return child


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def with_no_rights():
    as_nobody()
    os.umask(0o777)


def on_one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def closing(*descriptors):
    return lambda: [os.close(fd) for fd in descriptors] and None


def ignoring_broken_pipes(child=None):
    return lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def after(script):
    """As in_own_mounts(), with the mounts of all."""
    return ("sh", "-c", script + '; shift; exec "$@"', "sh", "{WORK}")


def in_own_mounts(script):
    """The script sees {WORK} as $1 and runs the rest of its arguments."""
    return ("unshare", "-m", "sh", "-c", script + '; shift; exec "$@"', "sh", "{WORK}")


STREAMS = [
    Row("standard output is full", (OK, IO), stdout="full"),
    Row("standard output is closed", (OK, IO), stdout="closed"),
    Row("the reader of standard output is gone", (OK, -signal.SIGPIPE), stdout="gone"),
    Row("the reader is gone, and SIGPIPE ignored", (OK, IO), stdout="gone", child=ignoring_broken_pipes()),
    Row("standard error is full", (OK,), stderr="full"),
    Row("standard error is closed", (OK,), stderr="closed"),
    Row("standard output and error are closed", (OK, IO), stdout="closed", stderr="closed"),
    Row("standard output and error are full", (OK, IO), stdout="full", stderr="full"),
    Row("standard input is closed", (OK,), child=closing(0)),
    Row("nothing is open", (OK, IO), child=closing(0), stdout="closed", stderr="closed"),
]
LIMITS = [
    *(Row(f"files of at most {size} bytes", child=limit(resource.RLIMIT_FSIZE, size))
      for size in (0, 1, 79, 80, 127, 128, 143, 144, 300, 500, 1000, 2000, 4095, 4096, 4352, 8192, 1 << 16)),
    *(Row(f"{count} descriptors", child=limit(resource.RLIMIT_NOFILE, count)) for count in range(3, 21)),
    *(Row(f"{kb} KB of memory", child=limit(resource.RLIMIT_AS, kb * KB)) for kb in range(11_000, 60_000, 371)),
    *(Row(f"a stack of {kb} KB", (OK,), child=limit(resource.RLIMIT_STACK, kb * KB)) for kb in (64, 96, 128, 256, 512, 1024)),
    Row("a stack without a limit", (OK,), child=limit(resource.RLIMIT_STACK, resource.RLIM_INFINITY)),
]
PROCESSES = [Row(f"{count} processes", (OK,), child=few_processes(count), root=True) for count in (1, 2, 3)]
PROCESSES += [Row("what is made may not even be read", (OK,), child=with_no_rights, root=True)]
MOUNTS = [
    *(Row(f"a disk of {kb} KB", before=in_own_mounts(f'mount -t tmpfs -o size={kb}k none "$1" && mkdir "$1/tmp"'), root=True,
          old_outputs=False) for kb in range(4, 65, 4)),
    Row("no /proc", (OK,), before=in_own_mounts("mount -t tmpfs none /proc"), root=True),
    Row("no /sys", (OK,), before=in_own_mounts("mount -t tmpfs none /sys"), root=True),
    Row("neither /proc nor /sys nor /dev", (OK,), before=in_own_mounts("for d in proc sys dev; do mount -t tmpfs none /$d; done"), root=True),
    Row("everything is read-only", (OK, IO), root=True,
        before=in_own_mounts('mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -o remount,ro /')),
    Row("no cache folder can be made", (OK,), environment={"KITE_CACHE_DIR": "/proc/none"}),
    Row("no folder for temporary files", (OK,), environment={"TMPDIR": "/proc/none"}),
    Row("no home", (OK,), environment={"HOME": "", "KITE_CACHE_DIR": "", "XDG_CACHE_HOME": ""}),
    Row("a home that is a file", (OK,), environment={"HOME": "/proc/version", "KITE_CACHE_DIR": "", "XDG_CACHE_HOME": ""}),
    Row("the cache folder is a file", (OK,), environment={"KITE_CACHE_DIR": "/proc/version"}),
    Row("the cache folder is a device", (OK,), environment={"KITE_CACHE_DIR": "/dev/null"}),
    Row("the folder for temporary files is a file", (OK,), environment={"TMPDIR": "/proc/version"}),
    Row("no room for the cache", (OK,), root=True, before=in_own_mounts(
        'mkdir -p "$1/cache" && mount -t tmpfs -o size=4k,nr_inodes=8 none "$1/cache" && head -c 4096 /dev/zero >"$1/cache/full"')),
    Row("the cache may not be written", (OK,), root=True, before=in_own_mounts(
        'mkdir -p "$1/cache" && mount --bind "$1/cache" "$1/cache" && mount -o remount,ro,bind "$1/cache"')),
    Row("no folder can be made in the cache", (OK,), root=True, before=in_own_mounts(
        'mkdir -p "$1/cache" && mount -t tmpfs -o nr_inodes=1 none "$1/cache"')),
    Row("the working folder is gone", (OK,), before=after('mkdir gone && cd gone && rmdir ../gone')),
    Row("one processor", (OK,), child=on_one_processor),
    Row("an environment without anything", (OK,), before=("env", "-i")),
]


class ControlGroup:
    """A group of the old or the new kind that this process makes; None where it may not."""

    def __init__(self, controller, settings):
        top = pathlib.Path("/sys/fs/cgroup")
        above = top / controller if (top / controller).is_dir() else top
        self.folder = above / f"kite-test-{uuid.uuid4().hex[:8]}"
        self.is_made = False
        try:
            self.folder.mkdir()
            self.is_made = True
            for name, text in settings.items():
                if (self.folder / name).exists():
                    (self.folder / name).write_text(text)
            self.has_setting = any((self.folder / name).exists() for name in settings)
        except OSError:
            self.has_setting = False

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        if self.is_made:
            self.folder.rmdir()


# Controller, settings by file (of both kinds of groups), exit codes.
GROUPS = [
    ("half a processor", "cpu", {"cpu.cfs_quota_us": "50000", "cpu.max": "50000 100000"}, (OK,)),
    ("one process", "pids", {"pids.max": "1"}, (OK,)),
    ("two processes", "pids", {"pids.max": "2"}, (OK,)),
    ("64 MB of memory", "memory", {"memory.limit_in_bytes": str(64 * MB), "memory.max": str(64 * MB)}, (OK, LIMIT)),
]


def more_codes(scenario, name):
    return next((codes for pattern, codes in scenario.gives_up.items() if re.fullmatch(pattern, name)), ())


def try_row(place, scenario, reference, row):
    place.prepare(scenario, row.old_outputs)
    if row.child in [r.child for r in PROCESSES]:
        subprocess.run(["chown", "-R", "65534:65534", place.work], check=True)
    streams, closing = {}, []
    opened = []
    for name, how in (("stdout", row.stdout), ("stderr", row.stderr)):
        if how == "full":
            opened.append(open("/dev/full", "wb"))
            streams[name] = opened[-1]
        elif how == "closed":
            closing.append(1 if name == "stdout" else 2)
            streams[name] = subprocess.DEVNULL
        elif how == "gone":
            reader, writer = os.pipe()
            os.close(reader)
            opened.append(os.fdopen(writer, "wb"))
            streams[name] = opened[-1]

    def child():
        if not (row.child and row.name.endswith("SIGPIPE ignored")):
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for fd in closing:
            os.close(fd)
        if row.child:
            row.child()

    before = [word.replace("{WORK}", str(place.work)) for word in row.before]
    got = place.start(scenario, before=before, preexec_fn=child, environment=row.environment, **streams)
    for file in opened:
        file.close()
    prints = reference.out != b""
    codes = row.codes + more_codes(scenario, row.name)
    if row.stdout and prints and OK in codes and row.stdout != "gone":
        codes = tuple(code for code in codes if code != OK)  # what was not written is no success
    if row.before and row.root and "disk" in row.name:
        got.files = {}  # they were on the disk, which is gone
    wrong = fault(scenario, got, reference, codes, is_stdout_lost=bool(row.stdout), is_stderr_lost=bool(row.stderr) or row.stdout == "gone",
                  is_disk_lost="disk" in row.name, excuse=os.strerror(errno.EAGAIN) if row in PROCESSES else "")
    return wrong and f"{scenario.name}, {row.name}: {wrong}"


def try_group(place, scenario, reference, name, controller, settings, codes, tried):
    """A run inside a control group; why not, or ""."""
    group = ControlGroup(controller, settings)
    try:
        if not group.has_setting:
            return f"{name}: no control group can be made here"
        place.prepare(scenario)
        got = place.start(scenario, preexec_fn=group.enter)
        wrong = fault(scenario, got, reference, codes + more_codes(scenario, name))
        tried.take("control groups", wrong and f"{scenario.name}, {name}: {wrong}")
    finally:
        group.remove()
    return ""


def try_reader_that_waits(place, scenario, which):
    """One signal ends a program whose output nobody reads."""
    place.prepare(scenario)
    picture = place.inputs / "pictures/a.png"
    (place.work / "list.txt").write_text(f"{picture}\n" * 500)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    many = dataclasses.replace(scenario, arguments=["classify", "IN/m.onnx", "@WORK/list.txt", "--format", "jsonl", "--no-cache"])
    process = subprocess.Popen(place.command(many), stdout=writer, stderr=subprocess.DEVNULL, cwd=place.work)
    os.close(writer)
    try:
        while not select.select([reader], [], [], 0.1)[0]:
            pass
        time.sleep(0.5)  # until the pipe is full
        process.send_signal(which)
        code = process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"{which.name} does not end a program whose output nobody reads"
    finally:
        os.close(reader)
    return "" if code == INTERRUPTED else f"{which.name} while nobody reads: exit code {code}"
