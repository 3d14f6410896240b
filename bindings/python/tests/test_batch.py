# SPDX-License-Identifier: Apache-2.0
"""paperkite.batch without an engine: rows, one model a process, and what processes of a machine share. The engines
themselves are in tests/batch."""

import os
import pickle
import subprocess
import sys

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURES, kite_answers, top_of
from paperkite import _worker_model
from paperkite.batch import Predictor, granted_threads


@pytest.fixture(autouse=True)
def no_model_is_open(monkeypatch):
    monkeypatch.setattr(_worker_model, "_open", {})
    yield
    paperkite.set_threads(None)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KITE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run(code, **environment):
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_neither_engine_nor_frame_is_imported():
    loaded = run("import sys, paperkite.batch; print(*sorted(sys.modules))").split()
    assert {"ray", "pyspark", "pandas", "pyarrow", "numpy"} & set(loaded) == set()


def test_rows_are_what_the_program_says_and_errors_have_their_row():
    some = PICTURES[:5]
    values = [some[0].read_bytes(), None, str(some[1]), {"bytes": some[2].read_bytes(), "path": "x"}, {"bytes": None, "path": str(some[3])},
              {"bytes": None, "path": None}, float("nan"), bytearray(some[4].read_bytes()), b"", b"no picture", 7]
    columns = Predictor(MODEL).classify(values)
    assert {len(column) for column in columns.values()} == {len(values)}
    right = [0, 2, 3, 4, 7]
    for place, answer in zip(right, kite_answers(MODEL, *some)):
        top = [(each["index"], each["label"], each["score"]) for each in answer["top"]]
        assert list(zip(columns["top_indices"][place], columns["top_labels"][place], columns["top_scores"][place])) == top
        assert (columns["index"][place], columns["label"][place], columns["score"][place]) == top[0]
        assert columns["error"][place] is None and columns["error_text"][place] is None
        assert columns["notices"][place] == []
    codes = [columns["error"][place] for place in range(len(values)) if place not in right]
    assert codes == ["invalid-image"] * 5 + ["usage"]
    assert all(columns["error_text"][place] for place in range(len(values)) if place not in right)
    assert all(columns[name][1] is None for name in columns if not name.startswith("error"))
    assert "null" in columns["error_text"][1]


def test_no_picture_opens_no_model(tmp_path):
    columns = Predictor(tmp_path / "absent.onnx").classify([None, None])
    assert columns["error"] == ["invalid-image"] * 2
    assert Predictor(tmp_path / "absent.onnx").classify([])["label"] == []


def test_a_model_that_cannot_be_opened_raises():
    with pytest.raises(paperkite.IoError):
        Predictor("absent.onnx").classify([b""])
    with pytest.raises(paperkite.InvalidModelError):
        Predictor(b"no model").classify([b""])


@pytest.mark.parametrize("options", [{}, {"top": 2}, {"batch_size": 2}, {"threads": 1}, {"top": 1, "labels": [str(i) for i in range(75)]}])
def test_options(options):
    columns = Predictor(MODEL, **options).classify(PICTURES[:5])
    results = paperkite.Classifier(MODEL, **{key: value for key, value in options.items() if key == "labels"})(PICTURES[:5], options.get("top", 5))
    assert columns["top_scores"] == [[score for _, _, score in top_of(result)] for result in results]
    assert columns["label"] == [result.label for result in results]


@pytest.mark.parametrize("wrong", [{"colour": 1}, {"top": 0}, {"top": 2.5}, {"batch_size": 0}, {"threads": 0}])
def test_wrong_options_are_errors_on_the_driver(wrong):
    with pytest.raises(paperkite.UsageError):
        Predictor(MODEL, **wrong)


@pytest.mark.parametrize("model", [None, 3, object()])
def test_what_is_no_model(model):
    with pytest.raises(paperkite.UsageError):
        Predictor(model)


def test_a_threshold_leaves_rows_without_a_label():
    columns = Predictor(MODEL, threshold=0.99).classify(PICTURES[:6])
    assert columns["error"] == [None] * 6
    assert [label is None for label in columns["label"]] == [labels == [] for labels in columns["top_labels"]]
    assert None in columns["label"]


def test_a_pickle_is_the_model_and_the_options_and_no_open_model():
    predictor = Predictor(MODEL.read_bytes(), top=3, prefix="p_", column="x")
    predictor.classify(PICTURES[:1])
    carried = pickle.dumps(predictor)
    assert len(carried) < MODEL.stat().st_size + 2000
    copy = pickle.loads(carried)
    assert copy.classify(PICTURES[:2]) == predictor.classify(PICTURES[:2])
    assert copy.schema == predictor.schema and "`p_label` string" in copy.schema


def test_a_process_opens_a_model_once(monkeypatch):
    opened = []
    real = _worker_model.Classifier
    monkeypatch.setattr(_worker_model, "Classifier", lambda *some, **options: opened.append(some) or real(*some, **options))
    content = MODEL.read_bytes()
    for _ in range(3):
        pickle.loads(pickle.dumps(Predictor(content))).classify(PICTURES[:1])
    assert len(opened) == 1
    Predictor(MODEL).classify(PICTURES[:1])
    Predictor(MODEL, threshold=0.5).classify(PICTURES[:1])
    assert len(opened) == 3 and len(_worker_model._open) == 2


def test_a_file_that_was_replaced_is_opened_again(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(MODEL.read_bytes())
    before = Predictor(path)._classifier()
    assert Predictor(path)._classifier() is before
    os.replace(path, tmp_path / "old.onnx")
    path.write_bytes(MODEL.read_bytes())
    assert Predictor(path)._classifier() is not before


class Broadcast:
    """As Spark's: the value is read where it is used."""

    def __init__(self, value):
        self.value = value


def test_bytes_may_come_in_a_broadcast_variable():
    of_path = Predictor(MODEL).classify(PICTURES[:2])
    assert Predictor(Broadcast(MODEL.read_bytes())).classify(PICTURES[:2]) == of_path
    with pytest.raises(paperkite.UsageError):
        Predictor(Broadcast("text")).classify(PICTURES[:1])


def test_bytes_are_kept_as_a_file_that_others_find_and_that_is_not_trusted(own_cache):
    content = MODEL.read_bytes()
    expected = Predictor(content).classify(PICTURES[:1])
    kept, = (own_cache / "models").glob("*.model")
    assert kept.read_bytes() == content and kept.stat().st_mode & 0o077 == 0
    kept.write_bytes(content[:1000])
    _worker_model._open.clear()
    assert Predictor(content).classify(PICTURES[:1]) == expected
    assert kept.read_bytes() == content


def test_a_folder_that_others_may_write_to_is_not_used(own_cache):
    own_cache.mkdir()
    own_cache.chmod(0o777)
    with pytest.warns(paperkite.Notice, match="share no memory"):
        columns = Predictor(MODEL.read_bytes(), cache=False).classify(PICTURES[:1])
    assert columns["error"] == [None] and list(own_cache.rglob("*.model")) == []


WORKER = """
import os, sys, time
from paperkite.batch import Predictor
model = sys.argv[1] if sys.argv[2] == "path" else open(sys.argv[1], "rb").read()
while time.time() < float(sys.argv[3]):
    pass
assert Predictor(model).classify(sys.argv[4:])["error"] == [None]
print(*{line.split()[4] for line in open("/proc/self/maps") if line.rstrip().endswith(".plan")})
"""


@pytest.mark.parametrize("form", ["path", "bytes"])
def test_workers_that_start_together_map_one_plan(form, own_cache):
    import time

    start = str(time.time() + 2)
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, MODEL, form, start, PICTURES[0]], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    inodes = [worker.communicate(timeout=120)[0].split() for worker in workers]
    assert all(len(each) == 1 for each in inodes), inodes
    assert len({inode for inode, in inodes}) == 1, inodes


@pytest.mark.parametrize("stated, modules, granted", [
    ("3", (), "all"), ("1", (), 1), ("1,4", (), 1), ("", (), None), ("none", (), None), ("", ("ray",), 1), ("", ("pyspark",), 1), ("1", ("ray",), 1),
])
def test_threads_are_what_the_engine_grants(stated, modules, granted, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", stated)
    for module in ("ray", "pyspark"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, object())
    expected = min(3, len(os.sched_getaffinity(0))) if granted == "all" else granted
    assert granted_threads() == expected
    Predictor(MODEL).classify(PICTURES[:1])
    if expected is not None:
        assert paperkite.threads() == expected


def test_columns():
    predictor = Predictor(MODEL)
    assert predictor._column_of(["path", "content"]) == "content"
    assert predictor._kept(["path", "content"], "content") == ["path"]
    for names, words in ((["path"], "not known"), (["bytes", "image"], "several")):
        with pytest.raises(paperkite.UsageError, match=words):
            predictor._column_of(names)
    with pytest.raises(paperkite.UsageError, match='no column "x"'):
        Predictor(MODEL, column="x")._column_of(["path"])
    with pytest.raises(paperkite.UsageError, match="prefix"):
        predictor._kept(["label", "bytes"], "bytes")
    assert Predictor(MODEL, keep="path")._kept(["label", "path", "bytes"], "bytes") == ["path"]
    with pytest.raises(paperkite.UsageError, match="kept"):
        Predictor(MODEL, keep=["x"])._kept(["bytes"], "bytes")
    with pytest.raises(paperkite.UsageError, match="not known"):
        predictor([b"bytes"])


def test_arrays_for_predict_batch_udf():
    from PIL import Image

    pixels = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in PICTURES[:3]])
    classifier = paperkite.Classifier(MODEL)
    expected = classifier([*pixels], 5)
    predict = pickle.loads(pickle.dumps(Predictor(MODEL).make_predict_fn))()
    for array in (pixels, pixels.astype("int16"), pixels.astype("int64")):
        columns = predict(array)
        assert columns["top_scores"].dtype == np.float32 and columns["top_scores"].shape == (3, 5)
        assert columns["top_scores"].tolist() == [[each.score for each in result.top] for result in expected]
        assert columns["label"].tolist() == [result.label for result in expected]
        assert set(columns) == {part.split("`")[1] for part in Predictor(MODEL).tensor_schema.split(", ")}
    tensors = np.concatenate([classifier.preprocess(picture) for picture in pixels])
    assert predict(tensors)["top_scores"].tolist() == columns["top_scores"].tolist()
    wrong = pixels.astype("int16")
    wrong[1] -= 1000
    mixed = predict(wrong)
    assert mixed["error"].tolist() == [None, "invalid-image", None] and mixed["index"][1] == -1
    assert np.isnan(mixed["score"][1]) and mixed["top_labels"][1].tolist() == [None] * 5
    encoded = np.empty(2, object)
    encoded[:] = [PICTURES[0].read_bytes(), None]
    assert predict(encoded)["error"].tolist() == [None, "invalid-image"]
    assert predict(pixels[:0])["label"].shape == (0,)
