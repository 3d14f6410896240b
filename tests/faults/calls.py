# SPDX-License-Identifier: Apache-2.0
"""System calls that fail, of the static program: strace gives it errors that the kernel, too, can give for that call."""

import collections
import errno
import os
import re
import signal
import subprocess

from trial import INTERRUPTED, IO, LIMIT, OK, SOME_FAILED, fault

# An error of the system that is reported: exit code 6, or 5 for want of memory and of descriptors; or the work goes on
# without what has failed (the plan cache, a thread), or with an error of one picture.
ANY = (OK, SOME_FAILED, LIMIT, IO)
# An error that must not be seen in the answer.
GOES_ON = (OK,)

# Call -> pattern of its arguments -> (errors, exit codes). The first pattern that fits counts; a call that is not here
# cannot fail in a way that a program may see, or strace cannot make it fail as the kernel does:
#   futex         strace fails FUTEX_WAKE, too, and then every program waits for ever
#   close         the kernel frees the descriptor before it reports an error, and strace does not: only for files on a disk
#   brk           the kernel returns the old end, not an error; a limit on memory is among the surroundings
#   execve, exit, exit_group, rt_sigreturn, rt_sigaction, rt_sigprocmask, set_robust_list, rseq, getpid, geteuid ...
TABLE = {
    "openat": [(r"O_CREAT", ("ENOSPC EDQUOT EROFS EACCES EMFILE ENFILE ENOMEM EIO ENAMETOOLONG", ANY)),
               (r"", ("EACCES EMFILE ENFILE ENOMEM EIO ELOOP", ANY))],
    "read": [(r"", ("EIO", ANY)), (r"pipe|socket|FIFO", ("EINTR", GOES_ON))],
    "pread64": [(r"", ("EIO", ANY))],
    "write": [(r"^[12]<(pipe|socket)", ("EIO EINTR EAGAIN", ANY)), (r"", ("ENOSPC EDQUOT EIO EFBIG EINTR", ANY))],
    "writev": [(r"", ("ENOSPC EIO EINTR", ANY))],
    "pwrite64": [(r"", ("ENOSPC EDQUOT EIO EFBIG EINTR", ANY))],
    "fallocate": [(r"", ("ENOSPC EDQUOT EOPNOTSUPP EFBIG EIO EINTR", ANY))],
    "ftruncate": [(r"", ("EFBIG EIO EINTR", ANY))],
    "mmap": [(r"MAP_ANONYMOUS", ("ENOMEM", ANY)), (r"", ("ENOMEM ENODEV EACCES EAGAIN", ANY))],
    "munmap": [(r"", ("ENOMEM", ANY))],  # where it would split a mapping, and there are too many
    "mprotect": [(r"", ("ENOMEM", ANY))],
    "mremap": [(r"", ("ENOMEM EAGAIN", ANY))],
    "madvise": [(r"", ("EINVAL ENOMEM EAGAIN EIO", GOES_ON))],
    "clone3": [(r"", ("EAGAIN ENOMEM ENOSYS EPERM", ANY))],
    "clone": [(r"", ("EAGAIN ENOMEM EPERM", ANY))],
    "vfork": [(r"", ("EAGAIN ENOMEM", ANY))],
    "newfstatat": [(r"AT_EMPTY_PATH", ("EIO ENOMEM", ANY)), (r"", ("EACCES EIO ENOMEM ENAMETOOLONG", ANY))],
    "fstat": [(r"", ("EIO ENOMEM", ANY))],
    "statx": [(r"", ("EACCES EIO ENOMEM", ANY))],
    "getdents64": [(r"", ("EIO", ANY))],
    "getcwd": [(r"", ("ENOENT EACCES", ANY))],
    "readlink": [(r"", ("EACCES EIO ENOENT", ANY))],
    "access": [(r"", ("EACCES EIO EROFS", ANY))],
    "mkdir": [(r"", ("ENOSPC EDQUOT EROFS EACCES EIO", ANY))],
    "rename": [(r"", ("ENOSPC EDQUOT EROFS EACCES EIO EXDEV", ANY))],
    "unlink": [(r"", ("EIO EROFS EACCES EBUSY", ANY))],
    "flock": [(r"", ("ENOLCK EINTR EWOULDBLOCK", ANY))],
    "fsync": [(r"", ("EIO ENOSPC EDQUOT", ANY))],
    "fdatasync": [(r"", ("EIO ENOSPC EDQUOT", ANY))],
    "dup": [(r"", ("EMFILE", ANY))],
    "dup2": [(r"", ("EMFILE", ANY))],
    "fcntl": [(r"F_DUPFD", ("EMFILE", ANY))],
    "close": [(r"^\d+</(?!dev|proc|sys)", ("EIO ENOSPC EINTR", ANY))],
    "pipe2": [(r"", ("EMFILE ENFILE", ANY))],
    "socketpair": [(r"", ("EMFILE ENFILE ENOMEM", ANY))],
    "memfd_create": [(r"", ("EMFILE ENFILE ENOMEM ENOSYS", ANY))],
    "getrandom": [(r"", ("EINTR ENOSYS", ANY))],
    "poll": [(r"", ("EINTR ENOMEM", ANY))],
    "wait4": [(r"", ("EINTR", ANY))],
    "sched_getaffinity": [(r"", ("EINVAL ENOSYS EPERM", GOES_ON))],
    "sched_setaffinity": [(r"", ("EINVAL EPERM", GOES_ON))],
    "utimensat": [(r"", ("EACCES EPERM EROFS", GOES_ON))],
    "fchmod": [(r"", ("EPERM EROFS EIO", ANY))],
    "fchown": [(r"", ("EPERM EROFS EIO", ANY))],
    "lseek": [(r"", ("ESPIPE", ANY))],
    "ioctl": [(r"TCGETS|TIOCGWINSZ", ("EIO", GOES_ON))],
    "prlimit64": [(r"", ("EPERM", GOES_ON))],
    "uname": [(r"", ("EFAULT", ANY))],
    "sysinfo": [(r"", ("EFAULT", ANY))],
    "copy_file_range": [(r"", ("EXDEV EINVAL EIO ENOSPC ENOSYS EOPNOTSUPP", ANY))],
    "sendfile": [(r"", ("EINVAL EIO ENOSYS", ANY))],
}
# What the C library, whose start and whose threads end by abort() or without a word, does not survive in any program.
NOT_OURS = {("mprotect", "MAP_STACK")}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
LINE = re.compile(r"^(\d+) +([a-z0-9_]+)\((.*)$")


def can_trace():
    """Why strace cannot be used here, or ""."""
    try:
        done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "--seccomp-bpf", "-f", "-e", "trace=read", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return "strace is not installed"
    return "" if done.returncode == 0 else "strace may not trace here"


def trace(place, scenario):
    """[(call, its number in its thread, arguments)] behind the start of main(), each once."""
    place.prepare(scenario)
    path = place.root / "trace"
    place.start(scenario, before=["strace", "-f", "-y", "-o", path])
    calls, counts, seen_main, main, early = [], collections.Counter(), False, None, set()
    for line in path.read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if not found:
            continue
        thread, name, arguments = found.groups()
        main = main or thread
        counts[thread, name] += 1
        seen_main = seen_main or (name == "fcntl" and "F_GETFD" in arguments)
        # strace counts the calls of each thread for itself: a point is one of several threads. None of them may be one
        # before main(), where the C library does not yet report errors.
        point = (name, counts[thread, name])
        if not seen_main:
            early.add(point)
        elif point not in early and point not in {(c[0], c[1]) for c in calls}:
            calls.append((*point, arguments))
    return calls


def behind_handlers(calls):
    """Those at which a signal finds main()'s handlers; until then it simply ends the process."""
    last = max(i for i, (name, _, arguments) in enumerate(calls) if name == "rt_sigaction" and "SIGPIPE" in arguments)
    return calls[last + 1:]


def points(calls):
    """[(call, number, error, exit codes, arguments)]"""
    found = []
    for name, number, arguments in calls:
        for pattern, (errors, codes) in TABLE.get(name, []):
            if re.search(pattern, arguments):
                found += [(name, number, error, codes, arguments) for error in errors.split()]
                break
    return found


def try_error(place, scenario, reference, point):
    name, number, error, codes, arguments = point
    place.prepare(scenario)
    got = place.start(scenario, before=["strace", "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf", "-e", f"trace={name}",
                                        "-e", f"inject={name}:error={error}:when={number}"])
    is_stderr = name in ("write", "writev") and arguments.startswith("2<")
    is_stdout = name in ("write", "writev") and arguments.startswith("1<")
    if error in ("EINTR", "EAGAIN") and name in ("write", "read", "pread64", "poll", "wait4"):
        codes = GOES_ON
    wrong = fault(scenario, got, reference, codes, is_stdout_lost=is_stdout and got.code != OK, is_stderr_lost=is_stderr,
                  excuse=os.strerror(getattr(errno, error)))
    return wrong and f"{scenario.name}, {name} {number} gives {error}: {wrong}   [{arguments[:90]}]"


def try_signal(place, scenario, reference, call, which):
    """A signal to each thread at its system call of this name and number."""
    name, number, arguments = call
    place.prepare(scenario)
    log = place.root / "signals"
    got = place.start(scenario, before=["strace", "-f", "-qq", "-o", str(log), "--seccomp-bpf", "-e", f"trace={name}", "-e",
                                        f"signal={which.name}", "-e", f"inject={name}:signal={which.name}:when={number}"])
    codes = (OK, -which) if which == signal.SIGPIPE else (OK, INTERRUPTED)
    # The second one ends the program at once, in the middle of an answer.
    is_second = log.read_text().count(f"--- {which.name} ") > 1
    wrong = fault(scenario, got, reference, codes, is_stdout_lost=which == signal.SIGPIPE or is_second)
    return wrong and f"{scenario.name}, {which.name} at {name} {number}: {wrong}   [{arguments[:90]}]"
