# SPDX-License-Identifier: Apache-2.0
"""Threads, forks, signals, and the end of the interpreter. What may hang or crash runs in a process of its own."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE, PICTURES, top_of


def run(program, *arguments, timeout=60, options=(), expect=0):
    """The output of a program of Python; it must end with `expect` and, unless the program prints there, silent stderr."""
    begin = "import sys, os, paperkite\nMODEL, PICTURE = sys.argv[1:3]\n"
    ran = subprocess.run([sys.executable, *options, "-c", begin + textwrap.dedent(program), str(MODEL), str(PICTURE), *map(str, arguments)],
                         capture_output=True, text=True, timeout=timeout, check=False)
    assert ran.returncode == expect, ran.stderr
    assert ran.stderr == "", ran.stderr
    return ran.stdout


def test_sixteen_threads_on_one_object(classifier):
    wanted = [top_of(each) for each in classifier(PICTURES[:4])]
    wrong = []

    def work(number):
        for turn in range(4):
            path = (number + turn) % 4
            forms = (PICTURES[path], PICTURES[path].read_bytes(), [PICTURES[path]])
            result = classifier(forms[turn % 3])
            result = result[0] if isinstance(result, list) else result
            if top_of(result) != wanted[path] or len(classifier.labels) != 75 or classifier.preprocess(PICTURES[path]).shape[1] != 3:
                wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_close_while_others_call():
    opened = paperkite.Classifier(MODEL)
    ends = []

    def work():
        try:
            while True:
                assert opened(PICTURE).label == "Paper Kite"
        except paperkite.UsageError as error:
            ends.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    opened.close()
    for thread in threads:
        thread.join()
    assert len(ends) == 4 and all("closed" in end for end in ends)


def test_others_run_while_a_call_runs(classifier):
    """The lock of Python is free: a thread that counts goes on counting during one long call."""
    stop, counted = threading.Event(), []

    def count():
        while not stop.is_set():
            counted.append(time.monotonic())
            time.sleep(0.0005)

    counter = threading.Thread(target=count)
    counter.start()
    begin = time.monotonic()
    answers = paperkite._native.ClassifierPool.classify_all(
        classifier._pool, [paperkite._pictures.picture_of(path) for path in PICTURES[:40]], 5)
    end = time.monotonic()
    stop.set()
    counter.join()
    assert len(answers) == 40
    assert sum(begin < each < end for each in counted) > 5


def classify_in_child(queue, opened):
    queue.put([top_of(opened(path)) for path in PICTURES[:3]])


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_multiprocessing(classifier, method):
    wanted = [top_of(classifier(path)) for path in PICTURES[:3]]
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    children = [context.Process(target=classify_in_child, args=(queue, classifier)) for _ in range(2)]
    for child in children:
        child.start()
    assert [queue.get(timeout=60) for _ in children] == [wanted] * 2
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert [top_of(classifier(path)) for path in PICTURES[:3]] == wanted


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_results_travel_through_a_pool_of_processes(classifier):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = pool.map(classifier, PICTURES[:6])
    assert [top_of(each) for each in results] == [top_of(each) for each in classifier(PICTURES[:6])]


def test_a_fork_during_calls_of_other_threads():
    """As a server that forks its workers while it already answers."""
    out = run("""
        import threading
        opened = paperkite.Classifier(MODEL)
        stop = threading.Event()
        def work():
            while not stop.is_set():
                opened(PICTURE)
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads: thread.start()
        for turn in range(6):
            child = os.fork()
            if child == 0:
                labels = [opened(PICTURE).label, opened([PICTURE] * 3)[2].label]
                # Through the interpreter's end, which must not wait for calls of threads that are not here.
                sys.exit(0 if labels == ["Paper Kite"] * 2 else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for thread in threads: thread.join()
        print("well")
        """, options=["-W", "ignore::DeprecationWarning"])
    assert out == "well\n"


def test_an_interrupt_ends_a_list_between_pictures():
    out = run("""
        import signal, threading, time
        opened = paperkite.Classifier(MODEL, threads=1)
        opened(PICTURE)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        begin = time.monotonic()
        try:
            opened([PICTURE] * 100000)
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - begin < 30)
        print(opened(PICTURE).label)
        """)
    assert out == "interrupted True\nPaper Kite\n"


def test_a_handler_that_does_not_raise_lets_the_list_go_on():
    out = run("""
        import signal, threading
        opened = paperkite.Classifier(MODEL)
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(len(seen)))
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        results = opened([PICTURE] * 60)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print({each.label for each in results}, len(seen) > 0)
        """)
    assert out == "{'Paper Kite'} True\n"


def test_daemon_threads_at_the_interpreters_end():
    for _ in range(3):
        out = run("""
            import threading, time
            opened = paperkite.Classifier(MODEL)
            def work():
                try:
                    while True:
                        opened(PICTURE)
                        for result in opened([PICTURE] * 50):
                            result.label
                except (paperkite.UsageError, paperkite.InterruptedCallError):
                    pass
            for _ in range(6): threading.Thread(target=work, daemon=True).start()
            time.sleep(0.2)
            print("end")
            """)
        assert out == "end\n"


def test_calls_at_the_interpreters_end_are_refused():
    out = run("""
        import atexit
        opened = paperkite.Classifier(MODEL)
        class Late:
            def __del__(self):
                try:
                    print(opened(PICTURE).label)
                except paperkite.UsageError as error:
                    print("refused:", error.what)
        late = Late()
        def last():
            for call in (lambda: opened(PICTURE), lambda: opened([PICTURE])[0].label, lambda: opened.preprocess(PICTURE),
                         lambda: paperkite.Classifier(MODEL)):
                try:
                    call()
                except paperkite.UsageError as error:
                    print(error.what)
        sys.modules["atexit"]._clear() if "first" in sys.argv else None
        atexit.register(last)
        atexit.unregister(paperkite._native.end_calls)
        atexit.register(paperkite._native.end_calls)  # as for a function that was registered before the import
        """)
    assert out.count("the Python interpreter is ending, and no call can begin") == 5, out


def test_a_model_whose_file_is_replaced_while_it_is_opened(tmp_path):
    """`cp` truncates the file and fills it again: an open in between sees any part of it."""
    out = run("""
        import shutil, subprocess, threading
        path, other = sys.argv[3:5]
        stop = threading.Event()
        def replace():
            while not stop.is_set():
                subprocess.run(["cp", other, path])
        shutil.copy(other, path)
        writer = threading.Thread(target=replace)
        writer.start()
        opened, refused = 0, set()
        for turn in range(60):
            try:
                with paperkite.Classifier(path, cache=turn % 2 == 0, threads=1 + turn % 2) as classifier:
                    assert classifier(PICTURE).label == "Paper Kite"
                    opened += 1
            except (paperkite.InvalidModelError, paperkite.IoError) as error:
                refused.add(error.code)
        stop.set()
        writer.join()
        assert paperkite.Classifier(path)(PICTURE).label == "Paper Kite"
        print("well", opened + len(refused) > 0)
        """, tmp_path / "model.onnx", MODEL)
    assert out == "well True\n"


def test_a_model_whose_file_is_cut_short_after_it_was_opened(tmp_path):
    path = tmp_path / "model.onnx"
    for cache in (False, True):
        path.write_bytes(MODEL.read_bytes())
        opened = paperkite.Classifier(path, cache=cache)
        os.truncate(path, 100)
        assert opened(PICTURE).label == "Paper Kite"


def test_nothing_is_printed_and_nothing_heavy_is_imported():
    out = run("""
        before = set(sys.modules)
        label = paperkite.Classifier(MODEL)(PICTURE).label
        assert not {"numpy", "PIL", "typing", "json", "dataclasses", "re"} & (set(sys.modules) - before), set(sys.modules) - before
        print(label)
        """, options=["-S"])
    assert out == "Paper Kite\n"


def test_the_number_of_compute_threads_is_bounded_for_the_process():
    """Eight classifiers that are called from eight threads: never more threads run than were granted."""
    out = run("""
        import threading, time, pathlib
        paperkite.set_threads(1)
        opened = [paperkite.Classifier(MODEL) for _ in range(4)]
        def running():
            states = []
            for task in pathlib.Path("/proc/self/task").iterdir():
                try:
                    states.append((task / "stat").read_text().rsplit(")", 1)[1].split()[0])
                except OSError:
                    pass
            return sum(state == "R" for state in states)
        stop = threading.Event()
        def work(classifier):
            while not stop.is_set():
                classifier(PICTURE)
        threads = [threading.Thread(target=work, args=(each,)) for each in opened * 2]
        for thread in threads: thread.start()
        time.sleep(0.3)
        counts = []
        for _ in range(200):
            counts.append(running())
            time.sleep(0.002)
        stop.set()
        for thread in threads: thread.join()
        counts.sort()
        # This thread itself runs, and others do for a moment between calls.
        print(counts[len(counts) // 2] <= 3)
        """)
    assert out == "True\n"


def test_time_of_arrays_is_not_spent_on_copies(classifier):
    """A dense array is borrowed: nothing of its size is allocated."""
    import tracemalloc

    array = np.zeros((2000, 3000, 3), np.uint8)
    classifier(array)
    tracemalloc.start()
    classifier(array)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_signals_in_other_threads_wait_for_the_main_thread(classifier):
    done = []
    thread = threading.Thread(target=lambda: done.append(classifier([PICTURE] * 8)))
    previous = signal.signal(signal.SIGALRM, lambda *_: None)
    thread.start()
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    thread.join()
    signal.signal(signal.SIGALRM, previous)
    assert len(done[0]) == 8
