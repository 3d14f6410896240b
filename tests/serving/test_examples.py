# SPDX-License-Identifier: Apache-2.0
"""What lies in examples/serving: the service is read into the types of KServe's own SDK, and every step of the image is known."""

import contextlib
import datetime
import io
import re
import unittest

import kserve
import kubernetes.client
import yaml
from image_steps import script_of
from support import ROOT

SERVING = ROOT / "examples/serving"
PLAIN = {"str": str, "int": int, "float": (int, float), "bool": bool, "datetime": (str, datetime.datetime), "object": object}


def type_of(name):
    return getattr(kserve, name, None) or getattr(kubernetes.client, name)


def read(value, name, where):
    """The value as an object of the SDK's type `name`. A field that the type does not have, and a value of another type, is an
    error: the SDK itself leaves both unnoticed."""
    if match := re.fullmatch(r"[lL]ist\[(.+)\]", name):
        if not isinstance(value, list):
            raise TypeError(f"{where} is {value!r}, not a list")
        return [read(each, match[1], f"{where}[{place}]") for place, each in enumerate(value)]
    if match := re.fullmatch(r"[dD]ict(?:\(|\[)str, (.+)(?:\)|\])", name):
        if not isinstance(value, dict):
            raise TypeError(f"{where} is {value!r}, not a map")
        return {key: read(each, match[1], f"{where}.{key}") for key, each in value.items()}
    if name in PLAIN:
        if not isinstance(value, PLAIN[name]):
            raise TypeError(f"{where} is {value!r}, not of the type {name}")
        return value
    kind = type_of(name)
    if not isinstance(value, dict):
        if name == "V1IntOrString" or kind is object:
            return value
        raise TypeError(f"{where} is {value!r}, not a {name}")
    attributes = {written: attribute for attribute, written in kind.attribute_map.items()}
    unknown = sorted(set(value) - set(attributes))
    if unknown:
        raise TypeError(f"{where} has the unknown field {unknown[0]}")
    return kind(**{attributes[key]: read(each, kind.openapi_types[attributes[key]], f"{where}.{key}") for key, each in value.items()})


class TheService(unittest.TestCase):
    def setUp(self):
        self.stated = yaml.safe_load((SERVING / "inference_service.yaml").read_text())

    def test_is_what_the_sdk_knows(self):
        service = read(self.stated, "V1beta1InferenceService", "service")
        self.assertIsInstance(service, kserve.V1beta1InferenceService)
        container, = service.spec.predictor.containers
        self.assertIsInstance(container, kubernetes.client.V1Container)
        self.assertEqual(container.name, "kserve-container")
        self.assertEqual(container.readiness_probe.http_get.path, "/v2/models/butterflies/ready")
        self.assertEqual(kserve.ApiClient().sanitize_for_serialization(service), self.stated)

    def test_an_unknown_field_is_an_error_wherever_it_is(self):
        def change(path, key, value):
            holder = yaml.safe_load(yaml.safe_dump(self.stated))
            place = holder
            for each in path:
                place = place[each]
            place[key] = value
            return holder

        predictor = ("spec", "predictor")
        for path, key, value, words in (((), "specs", {}, "service has the unknown field specs"), (predictor, "replicas", 2, "unknown field replicas"),
                                        ((*predictor, "containers", 0), "images", "x", "unknown field images"), (predictor, "minReplicas", "two", "not of the type int"),
                                        ((*predictor, "containers", 0, "readinessProbe", "httpGet"), "url", "/", "unknown field url"),
                                        ((*predictor, "volumes"), 0, "plans", "not a V1Volume"), (predictor, "containers", {}, "not a list")):
            with self.assertRaisesRegex(TypeError, words):
                read(change(path, key, value), "V1beta1InferenceService", "service")

    def test_its_arguments_are_those_of_the_server(self):
        from paperkite.kserve import _parser

        container = self.stated["spec"]["predictor"]["containers"][0]
        stated = _parser().parse_args(container["args"])
        self.assertEqual((stated.model_name, stated.queue, stated.timeout), ("butterflies", 64, 25.0))
        self.assertIn({"containerPort": stated.http_port, "name": "http1", "protocol": "TCP"}, container["ports"])
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            _parser().parse_args([*container["args"], "--queues=3"])


class TheImage(unittest.TestCase):
    text = (SERVING / "Dockerfile").read_text()

    def test_every_step_is_known_and_what_it_copies_is_there(self):
        script = script_of(self.text, str(ROOT))
        self.assertIn("paperkite.kserve", script)
        for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", self.text, re.MULTILINE):
            for path in copied.split():
                self.assertTrue((ROOT / path).exists(), path)

    def test_an_instruction_that_is_not_known_is_an_error(self):
        for line in ("HEALTHCHECK NONE", "FROM alpine", "COPY --chown=1 a b"):
            with self.assertRaises(ValueError):
                script_of(f"{self.text}\n{line}\n", str(ROOT))

    def test_its_packages_are_those_of_the_tests(self):
        pinned = {line for line in (ROOT / "tests/serving/kserve.txt").read_text().splitlines() if "==" in line}
        wanted = {line for line in (SERVING / "requirements.txt").read_text().splitlines() if "==" in line}
        self.assertEqual(wanted - pinned, set())
        self.assertIn("kserve==0.21.0", wanted)


if __name__ == "__main__":
    unittest.main()
