# SPDX-License-Identifier: Apache-2.0
"""The answers: the same for every form of a picture, and the same as the program's."""

import collections
import itertools
import json
import pickle
import weakref

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE, PICTURES, kite_answers, top_of
from PIL import Image


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def picture_in_memory(path):
    with Image.open(path) as image:
        image.load()
        return image


def test_answers_are_those_of_the_program(classifier):
    paths = PICTURES[:20]
    for result, said in zip(classifier(paths), kite_answers(MODEL, *paths), strict=True):
        assert top_of(result) == [(each["index"], each["label"], each["score"]) for each in said["top"]]
        assert result.score_kind == said["scores"] == "probabilities"


@pytest.mark.parametrize("form", ["str", "path", "bytes", "bytearray", "memoryview", "encoded array", "pillow", "array"])
def test_each_form_of_a_picture_gives_the_same_bits(classifier, form):
    content = PICTURE.read_bytes()
    picture = {
        "str": lambda: str(PICTURE), "path": lambda: PICTURE, "bytes": lambda: content, "bytearray": lambda: bytearray(content),
        "memoryview": lambda: memoryview(content), "encoded array": lambda: np.frombuffer(content, np.uint8),
        "pillow": lambda: picture_in_memory(PICTURE), "array": lambda: pixels_of(PICTURE),
    }[form]()
    result, wanted = classifier(picture), classifier(PICTURE)
    assert result.label == "Paper Kite"
    assert result.scores.tobytes() == wanted.scores.tobytes()
    assert top_of(result) == top_of(wanted)
    assert classifier.preprocess(picture).tobytes() == classifier.preprocess(PICTURE).tobytes()


@pytest.mark.parametrize("view", [
    lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a[:, :, ::-1], lambda a: a[::2, ::3], lambda a: a[5:50, 7:100],
    lambda a: np.asfortranarray(a), lambda a: a.transpose(1, 0, 2), lambda a: a[:1], lambda a: a[:, :1], lambda a: a[:, :, 0],
    lambda a: a[:, :, :1], lambda a: a[::-2, :, 1], lambda a: np.broadcast_to(a[:1, :1], (30, 40, 3)),
], ids=str)
def test_an_array_with_any_strides_is_the_picture_that_numpy_shows(classifier, view):
    array = view(pixels_of(PICTURE))
    dense = np.ascontiguousarray(array)
    grey = dense.ndim == 2 or dense.shape[2] == 1
    picture = Image.fromarray(dense.reshape(dense.shape[:2]) if grey else dense)
    assert classifier.preprocess(array).tobytes() == classifier.preprocess(picture).tobytes()
    assert classifier(array).scores.tobytes() == classifier(dense).scores.tobytes()


def test_read_only_memory_is_read(classifier):
    array = pixels_of(PICTURE).copy()
    array.flags.writeable = False
    assert classifier(array).label == "Paper Kite"


def test_a_result_has_what_it_says(classifier):
    result = classifier(PICTURE, k=3)
    assert [type(each) for each in result.top] == [paperkite.Prediction] * 3
    assert (result.top[0].index, result.top[0].label) == (50, "Paper Kite") and result.label == "Paper Kite"
    assert result.scores.dtype == np.float32 and result.scores.shape == (75,)
    assert [float(result.scores[each.index]) for each in result.top] == [each.score for each in result.top]
    assert int(result.scores.argmax()) == 50 and abs(float(result.scores.sum()) - 1) < 1e-5
    assert result.timings.decode_ms > 0 and result.timings.preprocess_ms > 0 and result.timings.infer_ms > 0
    assert result.warnings == [] and result.error is None
    assert repr(result).startswith("<paperkite.Result: Paper Kite 0.")
    assert len(classifier(PICTURE, k=1000).top) == 75


def test_scores_are_the_engines_memory_and_outlive_all_else():
    classifier = paperkite.Classifier(MODEL)
    result = classifier(PICTURE)
    scores, tensor = result.scores, classifier.preprocess(PICTURE)
    assert not scores.flags.owndata and scores is result.scores
    assert not tensor.flags.owndata and tensor.shape == (1, 3, 224, 224) and tensor.dtype == np.float32
    copies = scores.copy(), tensor.copy()
    gone = weakref.ref(classifier)
    classifier.close()
    del classifier, result
    assert gone() is None
    assert (scores == copies[0]).all() and (tensor == copies[1]).all()
    scores[0] = tensor[0, 0, 0, 0] = 7  # nobody else has them


def test_a_list_keeps_its_order_and_its_errors(classifier):
    pictures = [PICTURES[0], b"no picture", pixels_of(PICTURES[1]), None, "/no/such/file.jpg", picture_in_memory(PICTURES[2]), np.zeros((2, 2), "f4")]
    results = classifier(pictures)
    assert [None if each.error is None else each.error.code for each in results] == [
        None, "invalid-image", None, "usage", "io", None, "invalid-image"]
    for index, path in ((0, PICTURES[0]), (2, PICTURES[1]), (5, PICTURES[2])):
        assert top_of(results[index]) == top_of(classifier(path))
    for name in ("top", "label", "scores", "timings", "warnings", "score_kind"):
        for _ in range(3):
            with pytest.raises(paperkite.InvalidImageError) as raised:
                getattr(results[1], name)
        assert raised.value is results[1].error
    assert "error[io]" in repr(results[4])
    assert classifier([]) == [] and len(classifier((PICTURE,))) == 1 and len(classifier(collections.deque([PICTURE, None]))) == 2


def test_a_long_list_is_classified_in_portions(classifier):
    paths = list(itertools.islice(itertools.cycle(PICTURES[:7]), 16 * classifier.threads + 5))
    alone = [top_of(classifier(path)) for path in PICTURES[:7]]
    assert [top_of(each) for each in classifier(paths)] == [alone[index % 7] for index in range(len(paths))]


def test_an_iterator_is_read_as_its_results_are(tiny):
    read = []

    def pictures():
        for number in range(1000):
            read.append(number)
            yield np.full((8, 8, 3), number % 256, np.uint8)

    results = tiny(pictures(), look_ahead=10)
    assert read == []
    for number in range(60):
        result = next(results)
        assert top_of(result) == top_of(tiny(np.full((8, 8, 3), number, np.uint8)))
        assert number + 1 <= len(read) <= number + 10
    tiny.close()
    with pytest.raises(paperkite.UsageError, match="closed"):
        list(results)


def test_what_an_iterator_gave_before_it_failed_has_its_answers(tiny):
    def pictures():
        yield np.zeros((8, 8, 3), np.uint8)
        yield "/no/such/file.png"
        raise RuntimeError("the camera is gone")

    results = tiny(pictures())
    assert next(results).label == "red" and next(results).error.code == "io"
    with pytest.raises(RuntimeError, match="camera"):
        next(results)


def test_other_iterables_are_streams(tiny):
    array = np.zeros((8, 8, 3), np.uint8)
    for pictures in ({"a": array}.values(), map(lambda each: each, [array]), iter([array])):
        assert [each.label for each in tiny(pictures)] == ["red"]


def test_the_model_may_be_bytes(classifier):
    opened = paperkite.Classifier(MODEL.read_bytes(), threads=1)
    assert opened.threads == 1
    assert opened(PICTURE).scores.tobytes() == classifier(PICTURE).scores.tobytes()
    assert "bytes" in repr(opened)
    assert paperkite.Classifier(memoryview(MODEL.read_bytes()))(PICTURE).label == "Paper Kite"


@pytest.mark.parametrize("model", [MODEL, MODEL.read_bytes()], ids=["path", "bytes"])
def test_pickle_carries_model_and_options(model):
    opened = paperkite.Classifier(model, threads=1, isa="generic", recipe={"resize": 230, "crop": 224, "rescale": 1 / 255})
    again = pickle.loads(pickle.dumps(opened))
    assert (again.threads, again.isa, again.recipe) == (1, "generic", opened.recipe)
    assert again(PICTURE).scores.tobytes() == opened(PICTURE).scores.tobytes()
    opened.close()
    with pytest.raises(paperkite.UsageError, match="closed"):
        pickle.dumps(opened)


def test_results_can_be_pickled(classifier):
    result, failed = classifier([PICTURE, b""])
    again = pickle.loads(pickle.dumps(result))
    assert top_of(again) == top_of(result) and (again.scores == result.scores).all()
    assert (again.timings, again.warnings, again.score_kind) == (result.timings, result.warnings, result.score_kind)
    assert pickle.loads(pickle.dumps(again)).label == "Paper Kite"
    error = pickle.loads(pickle.dumps(failed)).error
    assert type(error) is paperkite.InvalidImageError and str(error) == str(failed.error)


def test_close_ends_it():
    with paperkite.Classifier(MODEL) as opened:
        assert "75 classes" in repr(opened)
    assert repr(opened).endswith("closed>")
    opened.close()
    for call in (lambda: opened(PICTURE), lambda: opened([PICTURE]), lambda: opened.preprocess(PICTURE), lambda: opened.labels,
                 lambda: opened.recipe, opened.explain, lambda: opened.threads, lambda: opened.isa, lambda: opened.__enter__()):
        with pytest.raises(paperkite.UsageError, match="closed"):
            call()


def test_facts_are_those_of_the_program(classifier):
    import subprocess

    from conftest import KITE

    said = json.loads(subprocess.run([KITE, "inspect", str(MODEL), "--json"], capture_output=True, check=True, text=True).stdout)
    assert len(classifier.labels) == classifier.classes == 75 and classifier.labels[50] == "Paper Kite"
    assert classifier.recipe == said["recipe"]
    explained = classifier.explain()
    assert [each.subject for each in explained] == ["labels", "preprocessing", "scores", "activation", "picture input"]
    assert explained[0] == ("labels", "75", "metadata key paperkite.labels", False)
    text = str(explained)
    assert 'activation     softmax  (the graph, which ends in logits)' in text.splitlines()
    assert isinstance(explained[0], paperkite.Decision)


def test_options_reach_the_engine(tmp_path, classifier):
    labels = tmp_path / "größe.txt"
    labels.write_text("\n".join(f"kind {chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(75)))
    opened = paperkite.Classifier(MODEL, labels=labels, recipe="imagenet", threads=1, isa="generic", cache_dir=tmp_path / "plans")
    assert opened.labels[3] == "kind da" and opened.isa == "generic" and list((tmp_path / "plans").iterdir())
    listed = paperkite.Classifier(MODEL, labels=[f"kind {number}" for number in range(75)])
    assert listed.labels[74] == "kind 74" and listed.explain()[0] == ("labels", "75", "labels", False)
    with pytest.warns(paperkite.Notice, match='^labels: classes 0 and 1 have the same label "a"$'):
        paperkite.Classifier(MODEL, labels=["a", "a", *map(str, range(73))])
    raw = paperkite.Classifier(MODEL, raw=True)(PICTURE)
    assert raw.score_kind == "raw" and raw.top[0].score > 1
    none = paperkite.Classifier(MODEL, threshold=0.95)(PICTURE)
    assert none.top == [] and none.label == "" and "threshold" in repr(none) and len(none.scores) == 75
    assert paperkite.Classifier(MODEL, activation="sigmoid").score_kind == "independent"
    assert paperkite.Classifier(MODEL, size="224x224", exif="apply", processor="pil", scores_from="logits", cache=False).classes == 75
    assert paperkite.Classifier(MODEL, memory_limit=1 << 30).classes == 75


def test_the_limit_of_threads_can_be_set():
    before = paperkite.threads()
    paperkite.set_threads(1)
    try:
        assert paperkite.threads() == 1
        assert paperkite.Classifier(MODEL, threads=3)(PICTURE).label == "Paper Kite"
    finally:
        paperkite.set_threads(None)
    assert paperkite.threads() == before
    for wrong in (0, -1, 1025, 1.5, "2"):
        with pytest.raises(paperkite.UsageError):
            paperkite.set_threads(wrong)
