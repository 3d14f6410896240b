# SPDX-License-Identifier: Apache-2.0
"""paperkite.kserve as its users meet it: KServe's own server, asked by curl, tritonclient and gRPC.

OVERLOAD_SECONDS: how long it is asked for twice as much as it can do (20; 600 in `make test-all`)."""

import asyncio
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc
import numpy as np
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
from load import Load, http_sender
from PIL import Image
from support import KITE, MODEL, PICTURES, bits, cli_top, curl, free_port, resident_bytes, server
from tritonclient.utils import InferenceServerException

import paperkite

OVERLOAD_SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "20"))


def setUpModule():
    global folder
    keeper = tempfile.TemporaryDirectory(prefix="kserve-")
    unittest.addModuleCleanup(keeper.cleanup)
    folder = pathlib.Path(keeper.name)
    os.environ["KITE_CACHE_DIR"] = str(folder / "cache")


class Served(unittest.TestCase):
    maxDiff = None
    options = ()
    model = MODEL

    @classmethod
    def setUpClass(cls):
        cls.http, cls.rpc = free_port(), free_port()
        cls.address = f"http://127.0.0.1:{cls.http}"
        cls.log = folder / f"{cls.__name__}.log"
        command = [sys.executable, "-m", "paperkite.kserve", "--model_dir", cls.model, "--model_name", "m", "--http_port", str(cls.http),
                   "--grpc_port", str(cls.rpc), *map(str, cls.options)]
        running = server(command, f"{cls.address}/v2/health/ready", cls.log)
        cls.program = running.__enter__()
        cls.addClassCleanup(running.__exit__, None, None, None)
        cls.triton = {"HTTP": (tritonclient.http, tritonclient.http.InferenceServerClient(f"127.0.0.1:{cls.http}", network_timeout=120)),
                      "gRPC": (tritonclient.grpc, tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{cls.rpc}"))}
        for _, client in cls.triton.values():
            cls.addClassCleanup(client.close)

    def v1(self, body, kind="application/json", *options):
        return curl(f"{self.address}/v1/models/m:predict", "-H", f"content-type: {kind}", *options, data=body)

    def assert_error(self, answer, status, code, words=""):
        self.assertEqual(answer[0], status, answer[1])
        stated = json.loads(answer[1])
        self.assertEqual(stated["code"], code)
        self.assertTrue(stated["error"].startswith(f"{code}: "), stated)
        self.assertIn(words, stated["error"])


def top_of_v1(answer):
    return tuple((each["index"], each["label"], bits(each["score"])) for each in answer["top"])


def tops_of_v2(answer):
    labels, indices, scores = (answer.as_numpy(name) for name in ("labels", "indices", "scores"))
    assert scores.dtype == np.float32
    return [tuple(zip(map(int, index), [each.decode() for each in label], map(bits, score))) for label, index, score in zip(labels, indices, scores)]


class Answers(Served):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expected = cli_top(PICTURES)
        cls.files = [path.read_bytes() for path in PICTURES]

    def test_a_file_as_the_body(self):
        for content, expected in zip(self.files, self.expected):
            status, body = self.v1(content, "image/jpeg")
            self.assertEqual(status, 200, body)
            prediction, = json.loads(body)["predictions"]
            self.assertEqual(top_of_v1(prediction), expected)
            self.assertEqual((prediction["index"], prediction["label"]), expected[0][:2])

    def test_png_and_webp(self):
        for kind, options in (("png", {}), ("webp", {"lossless": True})):
            path = folder / f"picture.{kind}"
            Image.open(PICTURES[0]).save(path, **options)
            status, body = self.v1(path.read_bytes(), f"image/{kind}")
            self.assertEqual(top_of_v1(json.loads(body)["predictions"][0]), *cli_top([path]))
            self.assertEqual(status, 200)

    def test_base64_in_json(self):
        texts = [base64.b64encode(content).decode() for content in self.files]
        for instances in (texts, [{"b64": text} for text in texts], [{"image": {"b64": text}} for text in texts]):
            status, body = self.v1(json.dumps({"instances": instances}).encode())
            self.assertEqual(status, 200, body)
            self.assertEqual([top_of_v1(each) for each in json.loads(body)["predictions"]], self.expected)
        _, body = self.v1(json.dumps({"instances": texts[:1], "k": 2}).encode())
        self.assertEqual(top_of_v1(json.loads(body)["predictions"][0]), self.expected[0][:2])

    def test_arrays_in_json(self):
        pixels = np.asarray(Image.open(PICTURES[0]).convert("RGB")).tolist()
        tensor = paperkite.Classifier(MODEL).preprocess(PICTURES[1])[0].astype(float).tolist()
        status, body = self.v1(json.dumps({"instances": [{"pixels": pixels}, tensor, {"tensor": tensor}]}).encode())
        self.assertEqual(status, 200, body)
        self.assertEqual([top_of_v1(each) for each in json.loads(body)["predictions"]], [self.expected[0], self.expected[1], self.expected[1]])

    def ask(self, name, values, datatype, **options):
        library, client = self.triton[name]
        stated = library.InferInput("picture", list(values.shape), datatype)
        stated.set_data_from_numpy(values)
        return client.infer("m", [stated], **options)

    def test_files_by_tritonclient(self):
        files = np.empty(len(self.files), object)
        files[:] = self.files
        for name in self.triton:
            self.assertEqual(tops_of_v2(self.ask(name, files, "BYTES")), self.expected, name)
            self.assertEqual(tops_of_v2(self.ask(name, files[:1].reshape(1, 1), "BYTES", parameters={"k": 3})), [self.expected[0][:3]], name)
            self.assertEqual(tops_of_v2(self.ask(name, np.frombuffer(self.files[0], np.uint8), "UINT8")), self.expected[:1], name)

    def test_arrays_by_tritonclient(self):
        pixels = np.asarray(Image.open(PICTURES[0]).convert("RGB"))
        classifier = paperkite.Classifier(MODEL)
        tensors = np.concatenate([classifier.preprocess(path) for path in PICTURES[:3]])
        for name in self.triton:
            self.assertEqual(tops_of_v2(self.ask(name, pixels, "UINT8")), self.expected[:1], name)
            self.assertEqual(tops_of_v2(self.ask(name, np.stack([pixels, pixels]), "UINT8")), self.expected[:1] * 2, name)
            self.assertEqual(tops_of_v2(self.ask(name, tensors, "FP32")), self.expected[:3], name)

    def test_outputs_by_tritonclient(self):
        scores = paperkite.Classifier(MODEL)(PICTURES[0]).scores
        for name, (library, _) in self.triton.items():
            outputs = [library.InferRequestedOutput("scores", class_count=2), library.InferRequestedOutput("all_scores")]
            answer = self.ask(name, np.array([self.files[0], b""], object)[:1], "BYTES", outputs=outputs, request_id="7")
            self.assertEqual([each.decode().split(":")[1:] for each in answer.as_numpy("scores")[0]], [[str(i), label] for i, label, _ in self.expected[0][:2]])
            self.assertEqual(answer.as_numpy("all_scores").tobytes(), scores.tobytes())
            with self.assertRaisesRegex(InferenceServerException, "invalid-input: there is no output 'logits'"):
                self.ask(name, np.array([self.files[0], b""], object)[:1], "BYTES", outputs=[library.InferRequestedOutput("logits")])

    def test_v2_in_plain_json(self):
        stated = {"inputs": [{"name": "picture", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(self.files[0]).decode()]}]}
        status, body = curl(f"{self.address}/v2/models/m/infer", "-H", "content-type: application/json", data=json.dumps(stated).encode())
        self.assertEqual(status, 200, body)
        outputs = {each["name"]: each["data"] for each in json.loads(body)["outputs"]}
        self.assertEqual(tuple(zip(outputs["indices"], outputs["labels"], map(bits, outputs["scores"]))), self.expected[0])

    def test_broken_pictures(self):
        for content, kind in ((b"no picture", "image/jpeg"), (b"", "image/jpeg"), (self.files[0][:500], "image/jpeg")):
            self.assert_error(self.v1(content, kind), 400, "invalid-image")
        good, bad = (base64.b64encode(content).decode() for content in (self.files[0], b"no picture"))
        self.assert_error(self.v1(json.dumps({"instances": [good, bad]}).encode()), 400, "invalid-image", "picture 1")
        self.assert_error(self.v1(json.dumps({"instances": ["?"]}).encode()), 400, "invalid-input", "instances[0] is not base64")
        self.assert_error(self.v1(json.dumps({"instances": [str(MODEL)]}).encode()), 400, "invalid-input")
        self.assertEqual(self.v1(b"{")[0], 400)
        self.assertEqual(self.v1(b"[1]")[0], 400)
        for name in self.triton:
            for content in (b"no picture", b"", str(PICTURES[0]).encode()):
                with self.assertRaises(InferenceServerException) as raised:
                    self.ask(name, np.array([content, b"x"], object)[:1], "BYTES")
                self.assertIn("invalid-image: ", raised.exception.message())
                self.assertEqual(raised.exception.status(), "400" if name == "HTTP" else "StatusCode.INVALID_ARGUMENT")
            with self.assertRaises(InferenceServerException) as raised:
                self.ask(name, np.zeros((1, 3, 200, 200), np.float32), "FP32")
            self.assertIn("invalid-input: the tensor is float32[1,3,200,200]", raised.exception.message())

    def test_a_body_that_contradicts_its_header(self):
        for length, code in (("5", "invalid-input"), ("100000", "invalid-input"), ("x", "invalid-input")):
            self.assert_error(curl(f"{self.address}/v2/models/m/infer", "-H", f"Inference-Header-Content-Length: {length}",
                                   "-H", "content-type: application/octet-stream", data=b'{"inputs": []}'), 400, code)

    def test_raw_contents_that_contradict_their_shape_by_grpc(self):
        from tritonclient.grpc import service_pb2 as pb
        from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

        with grpc.insecure_channel(f"127.0.0.1:{self.rpc}") as channel:
            for datatype, shape, content in (("BYTES", [1], b"\xff\xff\xff\xffab"), ("BYTES", [1], b"ab"), ("FP32", [1, 3], b"12"), ("BYTES", [2], b"\0\0\0\0")):
                stated = pb.ModelInferRequest(model_name="m", inputs=[{"name": "x", "datatype": datatype, "shape": shape}], raw_input_contents=[content])
                with self.assertRaises(grpc.RpcError) as raised:
                    GRPCInferenceServiceStub(channel).ModelInfer(stated)
                self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT, raised.exception.details())

    def test_a_body_that_is_too_long_is_refused_before_it_is_read(self):
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.truncate(65 << 20)
            run = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", "-H", "content-type: image/jpeg", "-T", file.name, "-X", "POST",
                                  f"{self.address}/v1/models/m:predict"], capture_output=True, check=False)
        self.assertTrue(run.stdout.endswith(b"\n413"), run.stdout[-200:])

    def test_health_metadata_and_metrics(self):
        for name, (_, client) in self.triton.items():
            self.assertTrue(client.is_server_live() and client.is_server_ready() and client.is_model_ready("m"), name)
        self.assertEqual(self.triton["HTTP"][1].get_model_metadata("m")["inputs"][0]["datatype"], "BYTES")
        self.assertEqual(self.triton["gRPC"][1].get_model_metadata("m").outputs[0].name, "labels")
        self.v1(b"no picture", "image/jpeg")
        _, body = curl(f"{self.address}/metrics")
        self.assertRegex(body.decode(), r'paperkite_refused_total\{code="invalid-image",model_name="m"\} [1-9]')
        self.assertRegex(body.decode(), r'request_predict_seconds_count\{model_name="m"\} [1-9]')

    def test_a_deadline_that_has_passed(self):
        self.assert_error(self.v1(self.files[0], "image/jpeg", "-H", "x-envoy-expected-rq-timeout-ms: 0.001"), 504, "deadline")
        files = np.array([self.files[0], b""], object)[:1]
        for name, status in (("HTTP", "504"), ("gRPC", "StatusCode.DEADLINE_EXCEEDED")):
            with self.assertRaises(InferenceServerException) as raised:
                self.ask(name, files, "BYTES", timeout=1)
            self.assertEqual(raised.exception.status(), status)
        with self.assertRaises(InferenceServerException) as raised:
            self.ask("gRPC", files, "BYTES", client_timeout=0.0005)
        self.assertEqual(raised.exception.status(), "StatusCode.DEADLINE_EXCEEDED")
        self.assertEqual(tops_of_v2(self.ask("HTTP", files, "BYTES", timeout=100_000_000)), self.expected[:1])


def computed(case):
    """Pictures that the server has computed, by its metrics."""
    _, body = curl(f"{case.address}/metrics")
    lines = [line for line in body.decode().splitlines() if line.startswith("paperkite_computed_total{")]
    return int(float(lines[0].rpartition(" ")[2])) if lines else 0


class Overload(Served):
    options = ("--queue", 8, "--threads", 1, "--configure_logging", "false", "--enable_latency_logging", "false")

    def test_what_nobody_waits_for_is_not_computed(self):
        content = PICTURES[0].read_bytes()

        async def leave():
            async with http_sender(f"{self.address}/v1/models/m:predict", [content], "image/jpeg") as send:
                calls = [asyncio.ensure_future(send(number)) for number in range(9)]
                await asyncio.sleep(0.02)
                for call in calls[1:]:
                    call.cancel()
                return await asyncio.gather(*calls, return_exceptions=True)

        before = computed(self)
        outcomes = asyncio.run(leave())
        self.assertEqual(outcomes[0], "ok")
        self.assertEqual(sum(isinstance(each, asyncio.CancelledError) for each in outcomes), 8)
        time.sleep(1.5)
        self.assertLess(computed(self) - before, 9)

    async def overload(self, seconds):
        content = [path.read_bytes() for path in PICTURES]
        client = tritonclient.grpc.aio.InferenceServerClient(f"127.0.0.1:{self.rpc}")

        async def by_grpc(number):
            stated = tritonclient.grpc.InferInput("picture", [1], "BYTES")
            stated.set_data_from_numpy(np.array([content[number % len(content)], b""], object)[:1])
            try:
                await client.infer("m", [stated])
                return "ok"
            except InferenceServerException as error:
                return "refused" if error.status() == "StatusCode.RESOURCE_EXHAUSTED" else f"{error}"

        async with http_sender(f"{self.address}/v1/models/m:predict", content, "image/jpeg") as by_http:
            load = Load(lambda number: by_http(number) if number % 2 else by_grpc(number))
            await load.closed(4, 2)
            capacity = await load.closed(4, 4)
            memory = []
            begin_ok, begin = load.outcomes["ok"], time.monotonic()
            await load.open(2 * capacity, seconds, lambda now: memory.append((now, resident_bytes(self.program.pid))))
            carried = (load.outcomes["ok"] - begin_ok) / (time.monotonic() - begin)
        await client.close()
        return load, capacity, carried, memory

    def test_twice_the_load_that_it_can_carry(self):
        load, capacity, carried, memory = asyncio.run(self.overload(OVERLOAD_SECONDS))
        late = sorted(load.seconds)[int(0.99 * len(load.seconds))]
        # The first fifth fills what is kept: connections, sessions, the allocator's own.
        settled = [size for now, size in memory if now >= OVERLOAD_SECONDS / 5]
        growth = max(settled) - settled[0]
        print(f"\n{OVERLOAD_SECONDS:.0f} s: capacity {capacity:.1f} answers/s, under twice that {carried:.1f}; {load.sent} sent, {dict(load.outcomes)}; "
              f"at most {load.most_at_once} at once; 99 % of the answers within {late:.2f} s; memory {settled[0] / 2**20:.1f} MB, growth {growth / 2**20:.1f} MB")
        self.assertEqual(sum(load.outcomes.values()), load.sent)
        self.assertEqual(set(load.outcomes), {"ok", "refused"})
        self.assertGreater(load.outcomes["refused"], 0)
        self.assertLess(growth, 24 << 20)
        self.assertTrue(self.triton["HTTP"][1].is_server_ready())


class Swap(Served):
    options = ("--watch", 0.2)

    @classmethod
    def setUpClass(cls):
        labels = folder / "numbers.txt"
        labels.write_text("".join(f"changed-{i}\n" for i in range(75)))
        cls.first, cls.second, cls.model = folder / "first.onnx", folder / "second.onnx", folder / "swapped.onnx"
        shutil.copy(MODEL, cls.first)
        subprocess.run([KITE, "pack", MODEL, "--labels", labels, "-o", cls.second], check=True, capture_output=True)
        shutil.copy(cls.first, cls.model)
        super().setUpClass()

    def test_models_are_swapped_under_load_without_a_failed_request(self):
        content = PICTURES[0].read_bytes()
        seen, failed, is_over = [], [], threading.Event()

        def ask():
            while not is_over.is_set():
                status, body = self.v1(content, "image/jpeg")
                (seen if status == 200 else failed).append(json.loads(body)["predictions"][0]["label"] if status == 200 else (status, body))

        clients = [threading.Thread(target=ask) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            label = json.loads(self.v1(content, "image/jpeg")[1])["predictions"][0]["label"]
            for number, (source, way) in enumerate([(self.second, "rename"), (self.first, "copy"), (self.second, "load"), (self.first, "rename")]):
                wanted = label if source == self.first else "changed-" + str(cli_top(PICTURES[:1])[0][0][0])
                if way == "rename":
                    shutil.copy(source, folder / "next.onnx")
                    os.replace(folder / "next.onnx", self.model)
                else:
                    shutil.copy(source, self.model)
                if way == "load":
                    status, body = curl(f"{self.address}/v2/repository/models/m/load", "-X", "POST")
                    self.assertEqual(status, 200, body)
                begin, place = time.monotonic(), len(seen)
                while wanted not in seen[place:]:
                    self.assertLess(time.monotonic() - begin, 60, f"swap {number} by {way}; {failed[:1]}")
                    time.sleep(0.05)
        finally:
            is_over.set()
            for client in clients:
                client.join()
        self.assertEqual(failed, [])
        self.assertEqual(len(set(seen)), 2)
        self.assertGreater(len(seen), 20)

    def test_a_file_that_is_no_model_changes_nothing(self):
        before = self.v1(PICTURES[0].read_bytes(), "image/jpeg")
        self.model.write_bytes(b"no model")
        status, body = curl(f"{self.address}/v2/repository/models/m/load", "-X", "POST")
        self.assertEqual(status, 503, body)
        time.sleep(1)
        self.assertEqual(self.v1(PICTURES[0].read_bytes(), "image/jpeg")[0], 200)
        shutil.copy(self.first, self.model)
        self.assertEqual(before[0], 200)


class Stop(Served):
    def test_what_was_admitted_is_answered_when_the_server_is_told_to_stop(self):
        text = base64.b64encode(PICTURES[0].read_bytes()).decode()
        body = json.dumps({"instances": [text] * 60}).encode()
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.v1(body)[0]))
        client.start()
        while computed(self) == 0:
            time.sleep(0.01)
        self.assertEqual(answers, [], "it was too fast to be stopped")
        self.program.terminate()
        client.join()
        self.assertEqual(answers, [200])
        self.assertEqual(self.program.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
