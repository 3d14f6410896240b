# SPDX-License-Identifier: Apache-2.0
"""What servers share: the queue, deadlines, a model that is replaced, and the layer that sees clients leave. The servers
themselves are in tests/serving."""

import asyncio
import json
import os
import pathlib
import threading
import time

import numpy as np
import paperkite
import pytest
from conftest import MODEL, PICTURE, tiny_model
from paperkite import _service
from paperkite._disconnect import LeavesWithItsClient
from paperkite._service import Refusal, Service, model_state


class Gate:
    """A classifier that answers when it is told to, and counts."""

    def __init__(self, real):
        self._real = real
        self.open = threading.Event()
        self.begun = 0

    def _answers(self, pictures, k):
        self.begun += len(pictures)
        assert self.open.wait(30)
        return self._real._answers(pictures, k)


def service(**options):
    return Service(MODEL, **{"watch": 0, "threads": 1, **options})


def held(options=None):
    made = service(**(options or {}))
    made._classifier = Gate(made.classifier)
    return made, made._classifier


def outcome(answer):
    return answer.code if isinstance(answer, Refusal) else type(answer).__name__ if isinstance(answer, BaseException) else len(answer)


async def gather(*calls):
    return [outcome(answer) for answer in await asyncio.gather(*calls, return_exceptions=True)]


def test_answers_are_those_of_a_classifier_in_their_order(classifier):
    pictures = [PICTURE.read_bytes(), np.zeros((9, 9, 3), np.uint8), paperkite.InputTensor(classifier.preprocess(PICTURE)), b"no picture"]
    first, dark, tensor, broken = asyncio.run(service().classify(pictures, 3))
    assert first.top == tensor.top == classifier(PICTURE, 3).top and len(first.top) == 3
    assert dark.top == classifier(pictures[1], 3).top
    assert broken.error.code == "invalid-image"
    assert asyncio.run(service().classify([])) == []


@pytest.mark.parametrize("picture", [str(PICTURE), pathlib.Path(PICTURE), None, 3])
def test_a_path_is_never_read(picture):
    with pytest.raises(Refusal) as refused:
        asyncio.run(service().classify([picture]))
    assert refused.value.http_status == 400


def test_what_goes_beyond_the_queue_is_refused_at_once_and_the_rest_is_answered():
    made, gate = held({"queue": 3})
    picture = PICTURE.read_bytes()

    async def run():
        calls = [asyncio.ensure_future(made.classify([picture])) for _ in range(6)]
        await asyncio.sleep(0.2)
        done = [outcome(call.exception()) for call in calls if call.done()]
        gate.open.set()
        return done, await gather(*calls)

    done, answers = asyncio.run(run())
    assert done == ["overloaded"] * 2
    assert sorted(answers, key=str) == [1, 1, 1, 1, "overloaded", "overloaded"]
    assert made.waiting == 0
    assert asyncio.run(gather(made.classify([picture] * 4), made.classify([picture] * 5))) == [4, "limit"]


def test_the_queue_is_bounded_in_bytes_too():
    picture = PICTURE.read_bytes()
    made, gate = held({"queue": 100, "queue_bytes": 2 * len(picture)})

    async def run():
        calls = [asyncio.ensure_future(made.classify([picture])) for _ in range(3)]
        await asyncio.sleep(0.1)
        gate.open.set()
        return await gather(*calls)

    assert sorted(asyncio.run(run()), key=str) == [1, 1, "overloaded"]
    assert made.waiting == 0


def test_after_its_deadline_a_request_is_answered_and_what_had_not_begun_is_not_computed():
    made, gate = held()
    picture = PICTURE.read_bytes()

    async def run():
        begin = time.monotonic()
        answers = await gather(*[made.classify([picture], deadline=made.deadline_in(0.2)) for _ in range(5)])
        waited = time.monotonic() - begin
        gate.open.set()
        while made.waiting:
            await asyncio.sleep(0.01)
        return answers, waited

    answers, waited = asyncio.run(run())
    assert answers == ["deadline"] * 5 and 0.2 <= waited < 5
    assert gate.begun == 1
    assert asyncio.run(gather(made.classify([picture], deadline=time.monotonic() - 1))) == ["deadline"]
    assert gate.begun == 1


def test_nothing_is_computed_after_its_deadline_even_where_the_loop_is_late():
    made, gate = held()

    async def run():
        calls = [asyncio.ensure_future(made.classify([b"x"], deadline=made.deadline_in(0.2))) for _ in range(4)]
        await asyncio.sleep(0.05)
        time.sleep(0.3)
        gate.open.set()
        while made.waiting:
            time.sleep(0.01)
        return await gather(*calls)

    assert asyncio.run(run())[1:] == ["deadline"] * 3
    assert gate.begun == 1


def test_a_request_without_a_deadline_has_that_of_the_service():
    made, gate = held({"timeout": 0.2})
    assert asyncio.run(gather(made.classify([b"x"]), made.classify([b"x"], deadline=made.deadline_in(60)))) == ["deadline"] * 2
    gate.open.set()


def test_a_request_that_is_cancelled_is_not_computed():
    made, gate = held()

    async def run():
        calls = [asyncio.ensure_future(made.classify([b"x"])) for _ in range(4)]
        await asyncio.sleep(0.1)
        for call in calls[1:]:
            call.cancel()
        await asyncio.sleep(0.1)
        gate.open.set()
        return await gather(*calls)

    assert asyncio.run(run()) == [1, "CancelledError", "CancelledError", "CancelledError"]
    assert gate.begun == 1 and made.waiting == 0


def test_a_closed_service_answers_what_waits_and_refuses_what_comes():
    made, gate = held()

    async def run():
        calls = [asyncio.ensure_future(made.classify([PICTURE.read_bytes()])) for _ in range(3)]
        await asyncio.sleep(0.1)
        made.close()
        late = await gather(made.classify([b"x", b"y"]))
        gate.open.set()
        return late + await gather(*calls)

    assert asyncio.run(run()) == ["interrupted", 1, 1, 1]
    assert made.waiting == 0


def eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def labels_model(path, labels):
    """Of three classes, with other labels."""
    import onnx

    tiny_model(path)
    model = onnx.load(path)
    for entry in model.metadata_props:
        if entry.key == "paperkite.labels":
            entry.value = json.dumps(labels)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("way", ["rename", "copy", "link"])
def test_a_model_that_is_replaced_is_answered_from_without_a_failed_request(tmp_path, way):
    path = tmp_path / "m.onnx"
    first, second = labels_model(tmp_path / "1.onnx", ["a", "b", "c"]), labels_model(tmp_path / "2.onnx", ["d", "e", "f"])
    if way == "link":
        path.symlink_to(first)
    else:
        path.write_bytes(first.read_bytes())
    made = Service(path, watch=0.05, cache=False)
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 255
    seen = []

    def ask():
        seen.append(asyncio.run(made.classify([red]))[0].label)
        return seen[-1]

    assert ask() == "a"
    if way == "rename":
        os.replace(second, path)
    elif way == "copy":
        content = second.read_bytes()
        with open(path, "wb") as file:  # slowly, as a copy over a network
            for part in range(0, len(content), 100):
                file.write(content[part : part + 100])
                file.flush()
                time.sleep(0.02)
                ask()
    else:
        (tmp_path / "new").symlink_to(second)
        os.replace(tmp_path / "new", path)
    eventually(lambda: ask() == "d")
    assert set(seen) == {"a", "d"} and seen == sorted(seen)
    made.close()


def test_a_new_file_that_is_no_model_is_logged_and_the_old_one_answers(tmp_path, caplog):
    path = labels_model(tmp_path / "m.onnx", ["a", "b", "c"])
    complete = path.read_bytes()
    made = Service(path, watch=0.05, cache=False)
    path.write_bytes(complete[: len(complete) // 2])
    with caplog.at_level("ERROR", "paperkite"):
        eventually(lambda: any("is not used" in record.message for record in caplog.records))
    time.sleep(0.3)
    assert len(caplog.records) == 1, "said once for each state of the file"
    assert asyncio.run(made.classify([np.zeros((8, 8, 3), np.uint8)]))[0].label == "a"
    path.unlink()
    time.sleep(0.2)
    labels_model(path, ["d", "e", "f"])
    eventually(lambda: made.classifier.labels == ("d", "e", "f"))
    with pytest.raises(paperkite.Error):
        path.write_bytes(b"")
        made.reload()
    assert made.classifier.labels == ("d", "e", "f")
    made.close()


def test_reload_opens_the_file_without_a_watch(tmp_path):
    path = labels_model(tmp_path / "m.onnx", ["a", "b", "c"])
    made = Service(path, watch=0, cache=False)
    labels_model(path, ["d", "e", "f"])
    time.sleep(0.2)
    assert made.classifier.labels == ("a", "b", "c")
    made.reload()
    assert made.classifier.labels == ("d", "e", "f")


def test_a_file_that_changes_while_it_is_opened_is_opened_again(tmp_path, monkeypatch):
    path = labels_model(tmp_path / "m.onnx", ["a", "b", "c"])
    made = Service(path, watch=0, cache=False)

    def slow(model, **options):
        opened = paperkite.Classifier(model, **options)
        if opened.labels == ("a", "b", "c"):
            labels_model(path, ["d", "e", "f"])
        return opened

    monkeypatch.setattr(_service, "Classifier", slow)
    made.reload()
    assert made.classifier.labels == ("d", "e", "f")


def test_the_state_of_a_folder_is_that_of_its_files(tmp_path):
    (tmp_path / "1").mkdir()
    labels_model(tmp_path / "1/model.onnx", ["a", "b", "c"])
    before = model_state(str(tmp_path))
    assert model_state(str(tmp_path)) == before
    (tmp_path / "1/labels.txt").write_text("x\ny\nz\n")
    assert model_state(str(tmp_path)) != before


@pytest.mark.parametrize("wrong", [{"queue": -1}, {"queue": 1.5}, {"timeout": 0}, {"timeout": float("nan")}, {"watch": -1}, {"top": 0}, {"queue_bytes": 0}])
def test_wrong_options(wrong):
    with pytest.raises(paperkite.UsageError):
        service(**wrong)


class Client:
    """The server's side of one request: what the app is told, and what it answers."""

    def __init__(self, parts, headers=(), hangs_up=None):
        self._parts = list(parts)
        self._hangs_up = hangs_up
        self.scope = {"type": "http", "headers": list(headers)}
        self.sent = []

    async def receive(self):
        if self._parts:
            return {"type": "http.request", "body": self._parts.pop(0), "more_body": bool(self._parts)}
        await (asyncio.Event().wait() if self._hangs_up is None else self._hangs_up.wait())
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return next((message["status"] for message in self.sent if "status" in message), None)


async def echo(scope, receive, send):
    size = 0
    while True:
        message = await receive()
        size += len(message["body"])
        if not message["more_body"]:
            break
    await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def test_a_layer_lets_requests_through_and_refuses_long_ones():
    async def run(*client, **options):
        one = Client(*client, **options)
        await asyncio.wait_for(LeavesWithItsClient(echo, 10)(one.scope, one.receive, one.send), 5)
        return one

    assert asyncio.run(run([b"12345", b"67890"])).sent[-1]["body"] == b"10"
    assert asyncio.run(run([b"12345", b"67890", b"1"])).status == 413
    assert asyncio.run(run([b""], [(b"content-length", b"11")])).status == 413
    assert asyncio.run(run([b""], [(b"content-length", b"-1")])).status == 413
    assert json.loads(asyncio.run(run([b"12345678901"])).sent[-1]["body"])["code"] == "limit"
    assert len(asyncio.run(run([b"12345678901"])).sent) == 2


def test_a_layer_stops_the_work_when_its_client_hangs_up():
    stopped = []

    async def endless(scope, receive, send):
        await receive()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append(True)
            raise

    async def run():
        one = Client([b"x"], hangs_up=asyncio.Event())
        call = asyncio.ensure_future(LeavesWithItsClient(endless, 10)(one.scope, one.receive, one.send))
        await asyncio.sleep(0.05)
        assert not call.done()
        one._hangs_up.set()
        await asyncio.sleep(0.2)
        assert call.done()
        return one

    assert asyncio.run(run()).sent == [] and stopped == [True]


def test_an_error_of_the_app_comes_through_a_layer():
    async def broken(scope, receive, send):
        raise ZeroDivisionError

    async def run():
        one = Client([b"x"])
        await LeavesWithItsClient(broken, 10)(one.scope, one.receive, one.send)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


