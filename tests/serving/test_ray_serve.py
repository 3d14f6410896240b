# SPDX-License-Identifier: Apache-2.0
"""paperkite.serve_ray on a real Ray Serve of this machine: answers, errors, overload, and models that are swapped."""

import os
import secrets

# Read when Ray is imported. The cluster of the test is for nobody else.
os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))

import asyncio
import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import document
import local_ray
import numpy as np
import ray
import tritonclient.http
import yaml
from load import Load, http_sender
from PIL import Image
from ray import serve
from ray.serve.schema import ServeDeploySchema
from support import KITE, MODEL, PICTURES, bits, cli_top, curl, free_port
from tritonclient.utils import InferenceServerException

import paperkite
from paperkite import serve_ray


def setUpModule():
    global folder, port, address, expected, files
    keeper = tempfile.TemporaryDirectory(prefix="serve-")
    unittest.addModuleCleanup(keeper.cleanup)
    folder = pathlib.Path(keeper.name)
    os.environ["KITE_CACHE_DIR"] = str(folder / "cache")
    unittest.addModuleCleanup(ray.shutdown)
    local_ray.start(num_cpus=4, object_store_memory=200_000_000, _temp_dir=str(folder / "r"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    unittest.addModuleCleanup(serve.shutdown)
    expected = cli_top(PICTURES)
    files = [path.read_bytes() for path in PICTURES]


def top_of_v1(answer):
    return tuple((each["index"], each["label"], bits(each["score"])) for each in answer["top"])


class OnRayServe(unittest.TestCase):
    maxDiff = None
    args = {"model": str(MODEL), "name": "m"}

    @classmethod
    def setUpClass(cls):
        cls.handle = serve.run(serve_ray.app(cls.args), name=cls.__name__, route_prefix="/")
        cls.addClassCleanup(serve.delete, cls.__name__)

    def v1(self, body, kind="application/json", *options):
        return curl(f"{address}/v1/models/m:predict", "-H", f"content-type: {kind}", *options, data=body)


class Answers(OnRayServe):
    def test_files_by_curl(self):
        for content, wanted in zip(files, expected):
            status, body = self.v1(content, "image/jpeg")
            self.assertEqual(status, 200, body)
            self.assertEqual(top_of_v1(json.loads(body)["predictions"][0]), wanted)
        texts = [base64.b64encode(content).decode() for content in files]
        status, body = self.v1(json.dumps({"instances": texts, "k": 3}).encode())
        self.assertEqual([top_of_v1(each) for each in json.loads(body)["predictions"]], [top[:3] for top in expected])
        self.assertEqual(status, 200)

    def test_files_and_arrays_by_tritonclient(self):
        client = tritonclient.http.InferenceServerClient(f"127.0.0.1:{port}", network_timeout=120)
        self.assertTrue(client.is_server_live() and client.is_server_ready() and client.is_model_ready("m"))
        self.assertEqual(client.get_model_metadata("m")["inputs"][0]["datatype"], "BYTES")
        self.assertIn("binary_tensor_data", client.get_server_metadata()["extensions"])
        every = np.empty(len(files), object)
        every[:] = files
        pixels = np.asarray(Image.open(PICTURES[0]).convert("RGB"))
        tensor = paperkite.Classifier(MODEL).preprocess(PICTURES[0])
        for values, kind, wanted in ((every, "BYTES", expected), (pixels, "UINT8", expected[:1]), (tensor, "FP32", expected[:1])):
            for binary in (True, False):
                if kind == "BYTES" and not binary:
                    continue  # JSON has no bytes
                stated = tritonclient.http.InferInput("picture", list(values.shape), kind)
                stated.set_data_from_numpy(values, binary_data=binary)
                answer = client.infer("m", [stated])
                labels, indices, scores = (answer.as_numpy(name) for name in ("labels", "indices", "scores"))
                tops = [tuple(zip(map(int, i), [each.decode() for each in label], map(bits, score))) for label, i, score in zip(labels, indices, scores)]
                self.assertEqual(tops, wanted)
        outputs = [tritonclient.http.InferRequestedOutput("scores", class_count=1, binary_data=False)]
        answer = client.infer("m", [stated], outputs=outputs)
        self.assertEqual(answer.as_numpy("scores").reshape(-1)[0].split(":")[1:], [str(expected[0][0][0]), expected[0][0][1]])
        with self.assertRaises(InferenceServerException) as raised:
            client.infer("m", [stated], timeout=1)
        self.assertEqual(raised.exception.status(), "504")

    def test_a_handle(self):
        answers = self.handle.classify.remote([files[0], b"no picture", np.asarray(Image.open(PICTURES[1]).convert("RGB"))], k=2).result()
        self.assertEqual(top_of_v1(answers[0]), expected[0][:2])
        self.assertEqual((answers[1]["error"], "text" in answers[1]["error_text"]), ("invalid-image", True))
        self.assertEqual(top_of_v1(answers[2]), expected[1][:2])

    def test_errors(self):
        for body, kind, status, code in ((b"no picture", "image/jpeg", 400, "invalid-image"), (b"", "image/jpeg", 400, "invalid-image"),
                                         (b"{", "application/json", 400, "invalid-input"), (b"[]", "application/json", 400, "invalid-input"),
                                         (json.dumps({"instances": [str(MODEL)]}).encode(), "application/json", 400, "invalid-input")):
            got, text = self.v1(body, kind)
            self.assertEqual((got, json.loads(text)["code"]), (status, code), text)
        got, text = self.v1(files[0], "image/jpeg", "-H", "x-envoy-expected-rq-timeout-ms: 0.001")
        self.assertEqual((got, json.loads(text)["code"]), (504, "deadline"))
        for path in ("/v1/models/other:predict", "/v2/models/other/infer", "/x"):
            self.assertEqual(curl(address + path, data=b"x")[0], 404)
        self.assertEqual(curl(f"{address}/v2/models/m/infer", "-H", "Inference-Header-Content-Length: 9", data=b"{}")[0], 400)

    def test_a_body_that_is_too_long(self):
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.truncate(65 << 20)
            run = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", "-H", "content-type: image/jpeg", "-T", file.name, "-X", "POST",
                                  f"{address}/v1/models/m:predict"], capture_output=True, check=False)
        self.assertTrue(run.stdout.endswith(b"\n413"), run.stdout[-300:])


class Document(unittest.TestCase):
    def test_the_snippets_for_ray_serve(self):
        text = document.section(document.page("serving.md"), "## Ray Serve")
        with document.folder_of_the_reader() as reader:
            snippets = dict(document.blocks(text))
            self.assertEqual(set(snippets), {"python", "yaml"})
            self.assertEqual(document.run_python(snippets["python"].replace("model.onnx", str(reader / "model.onnx"))), "")
            stated = yaml.safe_load(snippets["yaml"])
            config = ServeDeploySchema.model_validate(stated)
            application, = config.applications
            self.assertEqual(application.import_path, "paperkite.serve_ray:app")
            self.assertLessEqual(set(stated["applications"][0]), set(type(application).model_fields), "Ray does not refuse unknown fields here")
            args = {**application.args, "model": str(reader / "model.onnx")}
            args["deployment"] = {**args["deployment"], "num_replicas": 1, "user_config": {"model": str(reader / "model.onnx")}}
            serve.run(serve_ray.app(args), name="default", route_prefix="/")
            status, body = curl(f"{address}/v1/models/butterflies:predict", "-H", "content-type: image/jpeg", data=files[0])
            self.assertEqual((status, top_of_v1(json.loads(body)["predictions"][0])), (200, expected[0]))
            serve.delete("default")


class Overload(OnRayServe):
    args = {"model": str(MODEL), "name": "m", "queue": 4, "threads": 1}

    def test_more_than_it_can_carry_is_answered_with_503(self):
        async def overload():
            async with http_sender(f"{address}/v1/models/m:predict", files, "image/jpeg") as send:
                load = Load(send)
                capacity = await load.closed(2, 4)
                await load.open(2 * capacity + 20, 10)
                return load, capacity

        load, capacity = asyncio.run(overload())
        print(f"\ncapacity {capacity:.1f} answers/s; {load.sent} sent, {dict(load.outcomes)}; at most {load.most_at_once} at once")
        self.assertEqual(sum(load.outcomes.values()), load.sent)
        self.assertEqual(set(load.outcomes), {"ok", "refused"})


class Swap(OnRayServe):
    @classmethod
    def setUpClass(cls):
        labels = folder / "numbers.txt"
        labels.write_text("".join(f"changed-{i}\n" for i in range(75)))
        subprocess.run([KITE, "pack", MODEL, "--labels", labels, "-o", folder / "second.onnx"], check=True, capture_output=True)
        shutil.copy(MODEL, folder / "swapped.onnx")
        cls.args = {"model": str(folder / "swapped.onnx"), "name": "m", "watch": 0.2}
        super().setUpClass()

    def test_models_are_swapped_under_load_without_a_failed_request(self):
        seen, failed, is_over = [], [], threading.Event()

        def ask():
            while not is_over.is_set():
                status, body = self.v1(files[0], "image/jpeg")
                (seen if status == 200 else failed).append(json.loads(body)["predictions"][0]["label"] if status == 200 else (status, body))

        def wait_for(label):
            begin, place = time.monotonic(), len(seen)
            while label not in seen[place:]:
                self.assertLess(time.monotonic() - begin, 120, failed[:1])
                time.sleep(0.05)

        clients = [threading.Thread(target=ask) for _ in range(2)]
        for client in clients:
            client.start()
        try:
            index, label, _ = expected[0][0]
            wait_for(label)
            shutil.copy(folder / "second.onnx", folder / "next.onnx")
            os.replace(folder / "next.onnx", folder / "swapped.onnx")
            wait_for(f"changed-{index}")
            # Another path, by the configuration of Ray Serve; the replica stays.
            serve.run(serve_ray.app({**self.args, "deployment": {"user_config": {"model": str(MODEL)}}}), name=type(self).__name__, route_prefix="/")
            wait_for(label)
        finally:
            is_over.set()
            for client in clients:
                client.join()
        self.assertEqual(failed, [])
        self.assertEqual(len(set(seen)), 2)


if __name__ == "__main__":
    unittest.main()
