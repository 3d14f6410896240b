# SPDX-License-Identifier: Apache-2.0
"""A packed model alone gives the answers that the model gave with its files, and loses nothing of what it was."""

import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import time
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from kite import KITE, Case, picture_bytes, save, save_classifier
from sanitizers import SLOWNESS

LABELS = ["paper kite", 'mon"arch', "Ž 白"]
RECIPE = {"resize": 12, "crop": 8, "interpolation": "lanczos", "mean": [0.1, 0.2, 0.30000000000000004], "std": [0.3, 0.2, 0.1]}
TIMM = {"architecture": "x", "num_classes": 3, "label_names": LABELS,
        "pretrained_cfg": {"input_size": [3, 8, 8], "crop_pct": 0.9, "interpolation": "bicubic", "mean": [0.5, 0.4, 0.3],
                           "std": [0.2, 0.3, 0.4]}}
HF = {"image_processor_type": "ViTImageProcessorFast", "size": {"height": 8, "width": 8}, "image_mean": [0.1, 0.2, 0.3]}
HF_CONFIG = {"model_type": "vit", "id2label": dict(enumerate(LABELS)), "problem_type": "multi_label_classification"}


def save_two_heads(path, **options):
    """Two outputs of three classes, of which nothing says which one holds the scores."""
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["p"]), helper.make_node("Flatten", ["p"], ["first"]),
             helper.make_node("Neg", ["first"], ["second"])]
    return save(path, nodes, [("x", [1, 3, 8, 8])], [("first", [1, 3]), ("second", [1, 3])], **options)


# A name -> the files beside m.onnx, the metadata inside it, how the model is made, and flags.
CARRIERS = {
    "kite.json": ({"m.kite.json": {"labels": LABELS, "preprocess": RECIPE, "activation": "sigmoid"}}, {}, save_classifier, []),
    "label file": ({"labels.txt": "a\nb\nc\n"}, {}, save_classifier, ["--recipe", json.dumps(RECIPE)]),
    "timm": ({"config.json": TIMM}, {}, save_classifier, []),
    "hugging face": ({"config.json": HF_CONFIG, "preprocessor_config.json": HF}, {}, save_classifier, []),
    "processor": ({"config.json": HF_CONFIG, "preprocessor_config.json": {"image_processor_type": "ViTImageProcessor", "size": 8}},
                  {}, save_classifier, ["--processor", "torchvision"]),
    "metadata that is overruled": (
        {"m.kite.json": {"preprocess": RECIPE, "labels": LABELS}},
        {"paperkite.labels": '["x", "y", "z"]', "paperkite.activation": "none", "Image.BitmapPixelFormat": "Bgr8",
         "names": "{0: 'u', 1: 'v', 2: 'w'}"}, save_classifier, []),
    "ultralytics": ({}, {"task": "classify", "imgsz": "[8, 8]", "names": "{0: 'u', 1: 'v', 2: 'w'}"}, save_classifier, []),
    "a chosen output": ({"m.kite.json": {"preprocess": RECIPE, "scores_from": "second", "activation": "none"}}, {},
                        save_two_heads, []),
    "flags": ({"labels.txt": "a\nb\nc\n"}, {}, save_two_heads,
              ["--scores-from", "second", "--activation", "sigmoid", "--recipe", json.dumps(RECIPE), "--exif", "apply"]),
    "an open size": ({"config.json": TIMM}, {}, lambda path, **options: save_classifier(path, dims=["n", 3, "h", "w"], **options),
                     ["--size", "10x12"]),
}


class PackCase(Case):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"  # of the model and its files
        self.alone = self.folder / "alone"  # of what was packed
        self.pictures = []
        for i, size in enumerate([(40, 31), (17, 50)]):
            self.pictures.append(self.folder / f"{i}.jpg")
            exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"  # turned by 90 degrees
            self.pictures[-1].write_bytes(picture_bytes("JPEG", size, i, exif=exif))

    def make(self, files, metadata=None, writer=save_classifier):
        for folder in (self.home, self.alone):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        for name, value in files.items():
            (self.home / name).write_text(value if isinstance(value, str) else json.dumps(value))
        return writer(self.home / "m.onnx", metadata=metadata or {})

    def pack(self, *flags, model=None, output=None, **options):
        output = output or self.alone / "p.onnx"
        result = self.kite("pack", model or self.home / "m.onnx", "-o", output, *flags, **options)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return output

    def answers(self, model, *flags):
        """All labels and scores of both pictures, and the tensor of the first one."""
        answers = self.json("classify", model, *self.pictures, "-k", "3", "--json", *flags)
        tensor = self.folder / "tensor.npy"
        bench = self.kite("bench", model, "--image", self.pictures[0], "--samples", "1", "--tensors", tensor, *flags)
        self.assertEqual(bench.returncode, 0, bench.stderr.decode())
        return [[answer["scores"], answer["top"]] for answer in answers], np.load(tensor).tobytes()

    def names(self, folder):
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class Carriers(PackCase):
    def test_a_packed_model_alone_gives_the_same_bits(self):
        for name, (files, metadata, writer, flags) in CARRIERS.items():
            with self.subTest(name):
                model = self.make(files, metadata, writer)
                before = self.answers(model, *flags)
                packed = self.pack(*flags)
                self.assertEqual(self.names(self.alone), ["p.onnx"])
                self.assertEqual(self.answers(packed), before)
                sources = self.json("inspect", packed, "--json")
                self.assertIn("metadata key paperkite.preprocess", sources["preprocessing"])
                if before[0][0][1][0]["label"]:
                    self.assertEqual(sources["labels"], "metadata key paperkite.labels")

                bare = onnx.load(model)
                written = onnx.load(packed)
                own = {p.key: p.value for p in written.metadata_props if p.key.startswith("paperkite.")}
                kept = [p for p in bare.metadata_props if not p.key.startswith("paperkite.")]
                self.assertEqual(list(written.metadata_props)[:len(kept)], kept)
                del bare.metadata_props[:], written.metadata_props[:]
                self.assertEqual(written, bare)
                x = np.random.default_rng(0).random((1, 3, 8, 8), np.float32)
                logits = [onnxruntime.InferenceSession(path).run(None, {"x": x}) for path in (model, packed)]
                for left, right in zip(*logits, strict=True):
                    self.assertEqual(left.tobytes(), right.tobytes())

                # Unpacked again beside the bare model, and packed once more.
                self.assertEqual(self.kite("unpack", packed).returncode, 0)
                (self.alone / "p.kite.json").rename(self.alone / "bare.kite.json")
                onnx.save(bare, self.alone / "bare.onnx")
                self.assertEqual(self.answers(self.alone / "bare.onnx"), before)
                again = onnx.load(self.pack(model=self.alone / "bare.onnx", output=self.alone / "again.onnx"))
                self.assertEqual({p.key: p.value for p in again.metadata_props}, own)
                self.pack(model=packed, output=self.alone / "twice.onnx")
                self.assertEqual((self.alone / "twice.onnx").read_bytes(), packed.read_bytes())

    def test_a_guess_is_refused_with_the_option_that_states_it(self):
        self.make({"labels.txt": "a\nb\nc\n"})
        for flags in ([], ["--recipe", "0-1"], ["--recipe", '{"mean": [0, 0, 0], "std": [1, 1, 1], "crop": 8}']):
            model, output = self.home / "m.onnx", self.alone / "p.onnx"
            result = self.kite("pack", model, "-o", output, *flags)
            self.assert_error(result, "usage", 2, "a guess, which is not packed", str(model))
            self.assertEqual(self.names(self.alone), [])
            statement = shlex.split(result.stderr.decode().strip().splitlines()[-1].rsplit("state it: ", 1)[1])
            if not flags:
                self.assertEqual(statement, ["--recipe", "imagenet"])
            self.assertEqual(self.answers(self.pack(*statement)), self.answers(model, *flags))
            output.unlink()

    def test_labels_that_are_a_guess_are_packed_with_a_word(self):
        self.make({})
        for name in ("c", "b", "a"):
            (self.home / "train" / name).mkdir(parents=True)
        result = self.kite("pack", self.home / "m.onnx", "-o", self.alone / "p.onnx", "--recipe", "imagenet")
        self.assertIn(b"the labels were a guess (folder train) and are now stated", result.stderr)
        self.assertEqual(self.answers(self.alone / "p.onnx")[0], self.answers(self.home / "m.onnx")[0])

    def test_from_names_a_folder_of_a_library(self):
        model = self.make({"labels.txt": "a\nb\nc\n"})
        theirs = self.folder / "theirs"
        for library, files in (("timm", {"config.json": TIMM}), ("hf", {"config.json": HF_CONFIG, "preprocessor_config.json": HF})):
            shutil.rmtree(theirs, ignore_errors=True)
            theirs.mkdir()
            for name, value in files.items():
                (theirs / name).write_text(json.dumps(value))
            packed = self.pack("--from", library, theirs)
            shutil.copy(model, theirs / "m.onnx")
            self.assertEqual(self.answers(packed), self.answers(theirs / "m.onnx"), library)
            flagged = self.pack("--from", library, theirs, "--labels", self.home / "labels.txt", "--activation", "none")
            self.assertIn(self.answers(flagged)[0][0][1][0]["label"], "abc")

        def refused(code, exit_code, *words, **changes):
            for name, value in changes.items():
                (theirs / name.replace("_json", ".json")).write_text(json.dumps(value))
            for library in words[0]:
                result = self.kite("pack", model, "-o", self.alone / "no.onnx", "--from", library, theirs)
                self.assert_error(result, code, exit_code, *words[1:])

        refused("usage", 2, ["timm"], "config.json", "--from hf")
        refused("usage", 2, ["hf"], "2 labels for a model of 3 classes", config_json={**HF_CONFIG, "id2label": {"0": "a", "1": "b"}})
        refused("usage", 2, ["hf", "timm"], "the model takes 8x8", config_json={"pretrained_cfg": {"input_size": [3, 9, 9]}},
                preprocessor_config_json={**HF, "size": 9})
        refused("usage", 2, ["torch"], "timm or hf")
        (theirs / "preprocessor_config.json").unlink()
        refused("usage", 2, ["hf"], "preprocessor_config.json", "transformers")
        self.assertEqual(self.kite("pack", model, "-o", self.alone / "no.onnx", "--from", "timm").returncode, 2)
        self.assertNotIn("no.onnx", self.names(self.alone))

    def test_a_compiled_plan_keeps_what_files_beside_the_model_say_of_its_scores(self):
        model = self.make({"config.json": HF_CONFIG, "preprocessor_config.json": HF})
        self.assertEqual(self.kite("compile", model, "-o", self.alone / "m.plan").returncode, 0)
        self.assertEqual(self.answers(self.alone / "m.plan"), self.answers(model))

    def test_a_folder_and_a_zip_are_packed(self):
        self.make({"config.json": TIMM})
        shutil.make_archive(str(self.folder / "z"), "zip", self.home)
        first = self.pack(model=self.home).read_bytes()
        self.assertEqual(self.pack(model=self.folder / "z.zip").read_bytes(), first)
        result = self.kite("pack", self.home, "-o", self.home / "m.onnx")
        self.assert_error(result, "usage", 2, "overwrite the input")


class ExternalData(PackCase):
    def make(self, *locations):
        """A classifier whose weights and bias lie at two locations."""
        super().make({"config.json": TIMM})
        model = onnx.load(self.home / "m.onnx")
        for tensor, location in zip(model.graph.initializer, locations, strict=True):
            (self.home / location).parent.mkdir(parents=True, exist_ok=True)
            (self.home / location).write_bytes(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=location)
        onnx.save(model, self.home / "m.onnx")
        return self.home / "m.onnx"

    def refused(self, *words, code="usage", exit_code=2, output=None, **options):
        before = {name: (self.alone / name).read_bytes() for name in self.names(self.alone) if (self.alone / name).is_file()}
        names = self.names(self.alone)
        result = self.kite("pack", self.home / "m.onnx", "-o", output or self.alone / "p.onnx", **options)
        self.assert_error(result, code, exit_code, *words)
        self.assertEqual(self.names(self.alone), names)
        for name, content in before.items():
            self.assertEqual((self.alone / name).read_bytes(), content)

    def test_it_stays_where_it_is_in_the_same_folder(self):
        model = self.make("w.bin", "sub/b.bin")
        names = self.names(self.home)
        packed = self.pack(output=self.home / "p.onnx")
        self.assertEqual(self.names(self.home), sorted([*names, "p.onnx"]))
        (self.home / "config.json").unlink()
        onnx.load(packed)
        self.assertEqual(self.kite("classify", packed, self.pictures[0]).returncode, 0)
        self.assertEqual(self.kite("pack", packed, "-o", packed).returncode, 2)
        self.assertTrue(model.exists())

    def test_it_is_copied_beside_an_output_in_another_folder(self):
        model = self.make("w.bin", "deep/sub/b.bin")
        before = self.answers(model)
        result = self.json("pack", model, "-o", self.alone / "p.onnx", "--json")
        self.assertEqual(result["copied"], [{"file": "w.bin", "bytes": 36}, {"file": "deep/sub/b.bin", "bytes": 12}])
        self.assertEqual(self.names(self.alone), ["deep", "deep/sub", "deep/sub/b.bin", "p.onnx", "w.bin"])
        self.assertEqual(self.answers(self.alone / "p.onnx"), before)
        x = np.ones((1, 3, 8, 8), np.float32)
        logits = [onnxruntime.InferenceSession(path).run(None, {"x": x})[0] for path in (model, self.alone / "p.onnx")]
        self.assertEqual(logits[0].tobytes(), logits[1].tobytes())
        self.assertEqual(self.json("pack", model, "-o", self.alone / "p.onnx", "--json")["copied"], [])  # the same bytes are there

    def test_nothing_else_is_overwritten_and_a_failure_leaves_nothing(self):
        self.make("w.bin", "deep/sub/b.bin")
        (self.alone / "w.bin").write_bytes(b"another")
        self.refused("would overwrite another file", "w.bin")
        (self.alone / "w.bin").unlink()
        (self.alone / "deep").write_bytes(b"a file")
        self.refused("needs a folder where a file is", "deep")
        (self.alone / "deep").unlink()
        (self.folder / "elsewhere").mkdir()
        (self.alone / "deep").symlink_to(self.folder / "elsewhere")
        self.refused("through a symbolic link", "deep")
        self.assertEqual(self.names(self.folder / "elsewhere"), [])
        (self.alone / "deep").unlink()
        self.refused("has the name of the output", output=self.alone / "w.bin")
        (self.alone / "link.onnx").symlink_to(self.alone / "w.bin")
        self.refused("has the name of the output", output=self.alone / "link.onnx")
        (self.alone / "link.onnx").unlink()
        (self.home / "w.bin").unlink()
        self.refused("w.bin", code="io", exit_code=6)
        self.make("w.bin", "deep/sub/b.bin")
        self.refused("name a file", output="/dev/null")
        os.truncate(self.home / "w.bin", 2_000_000)
        command = [KITE, "pack", str(self.home / "m.onnx"), "-o", str(self.alone / "p.onnx")]
        full = subprocess.run(command, capture_output=True, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)))
        self.assertEqual(full.returncode, 6, full.stderr)
        self.assertEqual(self.names(self.alone), [])

    def test_a_location_beyond_the_folder_is_refused(self):
        self.make("w.bin", "b.bin")
        model = onnx.load(self.home / "m.onnx", load_external_data=False)
        for location in ("../w.bin", str(self.home / "w.bin")):
            model.graph.initializer[0].external_data[0].value = location
            (self.home / "m.onnx").write_bytes(model.SerializeToString())
            self.refused("external data", code="invalid-model", exit_code=3)

    def test_a_signal_leaves_nothing(self):
        model = self.make("w.bin", "b.bin")
        os.truncate(self.home / "w.bin", 1_000_000_000)  # sparse; the copy would take seconds
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen([KITE, "pack", model, "-o", self.alone / "p.onnx"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, env={**os.environ, "KITE_CACHE_DIR": str(self.folder / "cache")})
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not any(self.alone.glob(".kite-*/*")):
                time.sleep(0.001)
            process.send_signal(number)
            errors = process.communicate(timeout=60 * SLOWNESS)[1]
            self.assertEqual(process.returncode, 130, errors)
            self.assertEqual(self.names(self.alone), [])


class Outputs(PackCase):
    def test_a_plan_and_other_files_are_no_model_to_pack(self):
        model = self.make({"config.json": TIMM})
        self.kite("compile", model, "-o", self.home / "m.plan")
        result = self.kite("pack", self.home / "m.plan", "-o", self.alone / "p.onnx")
        self.assert_error(result, "usage", 2, "a plan holds no ONNX model", ".onnx")
        self.assert_error(self.kite("unpack", self.home / "m.plan"), "usage", 2, "a plan holds no ONNX model")
        self.assert_error(self.kite("pack", self.home / "config.json", "-o", self.alone / "p.onnx"), "invalid-model", 3)
        self.assertEqual(self.names(self.alone), [])

    def test_damaged_models_are_errors(self):
        content = self.make({"config.json": TIMM}).read_bytes()
        metadata = bytes([14 << 3 | 2])  # the tag of an entry
        broken = {"cut": content[:-1], "overlong": content + metadata + b"\xff" * 11, "claim": content + metadata + b"\xff\xff\xff\xff\x07",
                  "huge claim": content + metadata + b"\xff" * 9 + b"\x01", "in the entry": content + metadata + b"\x02\x0a\x7f"}
        for name, damaged in broken.items():
            (self.home / "m.onnx").write_bytes(damaged)
            for verb, output in (("pack", ["-o", self.alone / "p.onnx"]), ("unpack", [])):
                self.assert_error(self.kite(verb, self.home / "m.onnx", *output), "invalid-model", 3, "m.onnx: byte")
            self.assertEqual(self.names(self.alone), [], name)
            self.assertNotIn("m.kite.json", self.names(self.home))

    def test_metadata_that_stands_twice_is_replaced_by_one(self):
        model = self.make({"labels.txt": "a\nb\nc\n"})
        proto = onnx.load(model)
        for value in ("other", '["x", "y", "z"]'):
            proto.metadata_props.add(key="paperkite.labels", value=value)
        onnx.save(proto, model)
        self.pack("--recipe", "imagenet", "--labels", self.home / "labels.txt")
        stated = [p.value for p in onnx.load(self.alone / "p.onnx").metadata_props if p.key == "paperkite.labels"]
        self.assertEqual(stated, ['["a","b","c"]'])

    def test_the_model_can_go_to_standard_output(self):
        model = self.make({"config.json": TIMM})
        result = self.kite("pack", model, "-o", "/dev/stdout")
        self.assertEqual(result.stdout, self.pack().read_bytes())
        carriers = self.kite("unpack", self.alone / "p.onnx", "-o", "/dev/stdout").stdout
        self.assertEqual(json.loads(carriers)["labels"], LABELS)

    def test_unpack_overwrites_no_other_file(self):
        self.make({"config.json": TIMM})
        packed = self.pack()
        before = packed.read_bytes()
        self.assertEqual(self.json("unpack", packed, "--json")["carriers"]["labels"], LABELS)
        self.assertIn(b"it was there already", self.kite("unpack", packed).stdout)
        (self.alone / "p.kite.json").write_text("{}")
        self.assert_error(self.kite("unpack", packed), "usage", 2, "p.kite.json", "-o")
        self.assert_error(self.kite("unpack", packed, "-o", packed), "usage", 2, "holds something else")
        self.assertEqual((self.alone / "p.kite.json").read_text(), "{}")
        self.assertEqual(self.kite("unpack", packed, "-o", self.alone / "x.json").returncode, 0)
        self.assertEqual(packed.read_bytes(), before)
        self.assert_error(self.kite("unpack", self.home / "m.onnx"), "invalid-model", 3, "carries nothing", "kite pack")


if __name__ == "__main__":
    unittest.main()
