# SPDX-License-Identifier: Apache-2.0
"""Sessions in forked, spawned and ending processes."""

import concurrent.futures
import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import warnings

import numpy as np
import paperkite.ort as ort
import pytest
from ort_both import affine, picture_classifier

ROWS = np.ones((2, 3), np.float32)
PICTURES = np.linspace(0, 1, 3 * 32 * 32, dtype=np.float32).reshape(1, 3, 32, 32)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "m.onnx").write_bytes(picture_classifier(["batch", 3, 32, 32]))
    return tmp_path / "m.onnx"


def answer(session, pictures):
    return session.run(None, {"images": pictures})[0].tobytes()


def test_pickle_carries_path_or_bytes_and_options(path, tmp_path, monkeypatch):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_free_dimension_override_by_name("batch", 1)
    options.add_session_config_entry("paperkite.isa", "generic")
    monkeypatch.chdir(tmp_path)
    for model in ("m.onnx", path.read_bytes()):
        session = ort.InferenceSession(model, options)
        monkeypatch.chdir("/")
        for copied in (pickle.loads(pickle.dumps(session)), copy.copy(session), copy.deepcopy(session)):
            assert answer(copied, PICTURES) == answer(session, PICTURES)
            assert copied.get_inputs()[0].shape == [1, 3, 32, 32]
            kept = copied.get_session_options()
            assert kept.intra_op_num_threads == 1 and kept.get_session_config_entry("paperkite.isa") == "generic"
        monkeypatch.chdir(tmp_path)


def test_a_subclass_is_pickled_as_itself(path):
    session = Counting(path)
    answer(session, PICTURES)
    copied = pickle.loads(pickle.dumps(session))
    assert type(copied) is Counting and answer(copied, PICTURES) == answer(session, PICTURES)
    assert session.calls == 2


class Counting(ort.InferenceSession):
    calls = 0

    def run(self, output_names, input_feed, run_options=None):
        self.calls += 1
        return super().run(output_names, input_feed, run_options)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_a_pool_of_processes(path, method):
    session = ort.InferenceSession(path)
    wanted = [answer(session, PICTURES * i) for i in range(4)]
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(answer, [session] * 4, [PICTURES * i for i in range(4)])) == wanted


def test_a_forked_child_goes_on_while_other_threads_of_its_parent_run(path):
    session = ort.InferenceSession(path)
    wanted = answer(session, PICTURES)
    end = threading.Event()

    def work():
        while not end.is_set():
            answer(session, PICTURES)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, about any fork beside threads
                child = os.fork()
            if child == 0:
                os._exit(0 if answer(session, PICTURES) == wanted and answer(session, np.repeat(PICTURES, 2, 0)) else 1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_the_interpreter_ends_while_daemons_run(path):
    program = textwrap.dedent(f"""
        import threading, time
        import numpy as np, paperkite.ort as ort
        session = ort.InferenceSession({str(path)!r})
        picture = np.zeros((1, 3, 32, 32), np.float32)
        def work():
            while True:
                session.run(None, {{"images": picture}})
        for _ in range(4):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
    """)
    for _ in range(3):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


def test_a_file_that_changes_gives_the_old_answers_or_an_error(path):
    session = ort.InferenceSession(path)
    wanted = answer(session, PICTURES)
    path.write_bytes(affine())
    assert answer(session, PICTURES) == wanted
    with pytest.raises(ort.capi.onnxruntime_pybind11_state.Fail, match="changed since it was opened"):
        answer(session, np.repeat(PICTURES, 2, 0))
    assert answer(session, PICTURES) == wanted


def test_nothing_is_printed(path):
    program = f"""
import paperkite.ort as ort, numpy as np
session = ort.InferenceSession({str(path)!r}, providers=["CPUExecutionProvider"])
session.run(None, {{"images": np.zeros((1, 3, 32, 32), np.float32)}})
try:
    session.run(None, {{"images": np.zeros((1, 3, 32, 32))}})
except ort.capi.onnxruntime_pybind11_state.InvalidArgument:
    pass
try:
    ort.InferenceSession("gone.onnx")
except ort.capi.onnxruntime_pybind11_state.NoSuchFile:
    pass
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == ended.stderr == ""
