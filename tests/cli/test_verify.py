# SPDX-License-Identifier: Apache-2.0
"""kite verify: one fault is planted in each stage, and the program has to name it."""

import io
import json
import struct
import unittest
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import onnx
from onnx import helper
from PIL import Image

from kite import PICTURES, Case, save

PICTURE = PICTURES / "paper_kite_1.jpg"
MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
RECIPE = {"resize": 64, "crop": 56, "interpolation": "bilinear", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def save_network(path, change=lambda weights, attributes: None, opset=17):
    """Three convolutions, a batch norm, a residual sum, pooling, a classifier; `change` edits weights and attributes."""
    rng = np.random.default_rng(7)

    def normal(*shape):
        return rng.standard_normal(shape, np.float32) / np.float32(np.sqrt(np.prod(shape[1:]) or 1))

    weights = {"w1": normal(8, 3, 3, 3), "b1": normal(8), "w2": normal(8, 8, 3, 3), "gamma": normal(8) + 1, "beta": normal(8),
               "mean": normal(8), "variance": np.abs(normal(8)) + np.float32(0.5), "w3": normal(8, 8, 1, 1), "w": normal(5, 8), "b": normal(5)}
    attributes = {"epsilon": 1e-5, "alpha": 0.25}
    change(weights, attributes)
    node = helper.make_node
    nodes = [node("Conv", ["x", "w1", "b1"], ["c1"], "first", strides=[2, 2], pads=[1, 1, 1, 1]),
             node("Relu", ["c1"], ["r1"], "relu1"),
             node("Conv", ["r1", "w2"], ["c2"], "second", pads=[1, 1, 1, 1]),
             node("BatchNormalization", ["c2", "gamma", "beta", "mean", "variance"], ["n2"], "norm", epsilon=attributes["epsilon"]),
             node("LeakyRelu", ["n2"], ["r2"], "leaky", alpha=attributes["alpha"]),
             node("Conv", ["r2", "w3"], ["c3"], "third"),
             node("Add", ["c3", "r1"], ["sum"], "residual"),
             node("GlobalAveragePool", ["sum"], ["pool"], "pool"),
             node("Flatten", ["pool"], ["flat"], "flatten"),
             node("Gemm", ["flat", "w", "b"], ["logits"], "classifier", transB=1)]
    metadata = {"paperkite.preprocess": json.dumps(RECIPE), "paperkite.labels": json.dumps(list("abcde"))}
    return save(path, nodes, [("x", [1, 3, 56, 56])], [("logits", [1, 5])], weights, opset=opset, metadata=metadata)


def record(path, *, resample=Image.BILINEAR, reducing=True, shift=(0, 0), swap_at=None, mean=MEAN, std=STD, **values):
    """What a Python program would have saved: the stages by Pillow and numpy, each with one thing that can be wrong."""
    picture = Image.open(PICTURE).convert("RGB")
    stages = {"decode": np.asarray(picture)}
    if swap_at == "decode":
        picture = Image.fromarray(stages["decode"][:, :, ::-1])
        stages["decode"] = np.asarray(picture)
    stages["orientation"] = stages["decode"]
    width, height = picture.size
    size = (64, int(64 * height / width)) if width < height else (int(64 * width / height), 64)
    resized = picture.resize(size, resample)
    if not reducing:  # what bilinear interpolation without antialiasing gives: two pixels along each axis
        resized = Image.fromarray(sampled(np.asarray(picture), size))
    stages["resize"] = np.asarray(resized)
    left, top = round((size[0] - 56) / 2) + shift[0], round((size[1] - 56) / 2) + shift[1]
    stages["crop"] = np.asarray(resized.crop((left, top, left + 56, top + 56)))
    pixels = stages["crop"][:, :, ::-1] if swap_at == "normalise" else stages["crop"]
    tensor = (pixels.astype(np.float32) / np.float32(255) - mean) / std
    stages["normalise"] = np.ascontiguousarray(tensor.transpose(2, 0, 1)[None])
    np.savez(path, **stages, **values)
    return stages


def sampled(pixels, size):
    """Bilinear interpolation without antialiasing, centres at (i + 0.5) * scale - 0.5."""
    def axis(inputs, outputs):
        at = np.clip((np.arange(outputs) + 0.5) * inputs / outputs - 0.5, 0, inputs - 1)
        low = np.minimum(at.astype(int), inputs - 2)
        return low, at - low
    y, dy = axis(pixels.shape[0], size[1])
    x, dx = axis(pixels.shape[1], size[0])
    p = pixels.astype(np.float64)
    rows = p[y] * (1 - dy)[:, None, None] + p[y + 1] * dy[:, None, None]
    return np.round(rows[:, x] * (1 - dx)[None, :, None] + rows[:, x + 1] * dx[None, :, None]).astype(np.uint8)


class VerifyCase(Case):
    def setUp(self):
        super().setUp()
        self.model = save_network(self.folder / "m.onnx")
        self.npz = self.folder / "other.npz"

    def verify(self, *arguments, exit_code=None):
        """The only picture's report."""
        result = self.kite("verify", self.model, *arguments, "--json", "-o", self.folder)
        self.assertIn(result.returncode, (0, 1), result.stderr.decode())
        report = json.loads(result.stdout)
        self.assertEqual(result.returncode, 0 if report["agrees"] else 1)
        if exit_code is not None:
            self.assertEqual(result.returncode, exit_code, json.dumps(report, indent=1)[:4000])
        return report["pictures"][0]

    def found(self, picture):
        return " | ".join(finding["what"] + " -> " + finding["remedy"] for finding in picture["findings"])

    def logits(self, tensor):
        np.save(self.folder / "in.npy", tensor)
        result = self.kite("run", self.model, "--input", f"x={self.folder}/in.npy", "--output", f"logits={self.folder}/out.npy")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return np.load(self.folder / "out.npy")


class Equal(VerifyCase):
    def test_the_engine_agrees_with_its_own_graph(self):
        picture = self.verify(exit_code=0)
        names = [row["name"] for row in picture["values"]]
        self.assertEqual(names, ["r1", "n2", "r2", "sum", "pool", "flat", "logits"])
        self.assertEqual((picture["named_values"], picture["hidden_values"]), (10, 3))
        self.assertTrue(all(row["difference"]["relative"] < 1e-6 for row in picture["values"]), picture["values"])
        self.assertIsNone(picture["drawing"])

    def test_a_recording_of_the_same_pipeline_agrees_stage_by_stage(self):
        stages = record(self.npz)
        record(self.npz, logits=self.logits(stages["normalise"]))
        picture = self.verify(PICTURE, "--reference", self.npz, exit_code=0)
        self.assertEqual([row["stage"] for row in picture["stages"]], ["decode", "orientation", "resize", "crop", "normalise"])
        self.assertEqual([row["result"] for row in picture["stages"][:4]], ["equal"] * 4)
        self.assertEqual([row["name"] for row in picture["values"]], ["logits"])

    def test_the_recording_s_tensor_is_the_input_where_no_picture_is_given(self):
        stages = record(self.npz)
        record(self.npz, logits=self.logits(stages["normalise"]))
        picture = self.verify("--reference", self.npz, exit_code=0)
        self.assertEqual((picture["stages"], [row["result"] for row in picture["values"]]), ([], ["equal"]))

    def test_a_model_agrees_with_itself_as_reference_with_a_picture(self):
        picture = self.verify(PICTURE, "--reference", self.model, exit_code=0)
        self.assertEqual([row["result"] for row in picture["stages"]], ["equal"] * 5)
        self.assertEqual(len(picture["values"]), 7)

    def test_the_terminal_gets_a_table(self):
        record(self.npz)
        result = self.kite("verify", self.model, PICTURE, "--reference", self.npz, cwd=self.folder)
        text = result.stdout.decode()
        self.assertEqual(result.returncode, 0, text + result.stderr.decode())
        for word in ("stage", "decode", "uint8[", "normalise", "float32[1,3,56,56]", "equal"):
            self.assertIn(word, text)
        self.assertEqual(list(self.folder.glob("*.svg")), [])


class PictureFaults(VerifyCase):
    """The stage that is wrong is named, and none before it."""

    def first_stage(self, **fault):
        record(self.npz, **fault)
        picture = self.verify(PICTURE, "--reference", self.npz, exit_code=1)
        wrong = [row["stage"] for row in picture["stages"] if row["result"] == "differs"]
        self.assertEqual(picture["first_stage"], wrong[0])
        return picture

    def test_another_interpolation(self):
        self.assertEqual(self.first_stage(resample=Image.BICUBIC)["first_stage"], "resize")

    def test_antialias_off(self):
        self.assertEqual(self.first_stage(reducing=False)["first_stage"], "resize")

    def test_another_rounding_of_the_crop(self):
        self.assertEqual(self.first_stage(shift=(-1, 0))["first_stage"], "crop")

    def test_the_mean_of_another_recipe(self):
        picture = self.first_stage(mean=np.float32([0.5] * 3), std=np.float32([0.5] * 3))
        self.assertEqual(picture["first_stage"], "normalise")
        channels = picture["stages"][4]["channels"]
        self.assertEqual(channels["from"], [0, 1, 2])
        np.testing.assert_allclose(channels["scale"], STD / 0.5, rtol=1e-4)
        np.testing.assert_allclose(channels["offset"], (MEAN - 0.5) / 0.5, rtol=1e-3, atol=1e-4)

    def test_swapped_channels_of_the_tensor(self):
        picture = self.first_stage(swap_at="normalise", mean=MEAN[::-1].copy(), std=STD[::-1].copy())
        self.assertEqual(picture["first_stage"], "normalise")
        self.assertIn("B, G, R", self.found(picture))
        self.assertIn('"channels"', self.found(picture))

    def test_swapped_channels_of_the_file(self):
        picture = self.first_stage(swap_at="decode")
        self.assertEqual(picture["first_stage"], "decode")
        self.assertIn("OpenCV", self.found(picture))

    def test_the_drawing_shows_both_sides_and_the_difference(self):
        picture = self.first_stage(resample=Image.BICUBIC)
        root = ElementTree.parse(picture["drawing"]).getroot()
        images = root.findall("{http://www.w3.org/2000/svg}image")
        self.assertEqual(len(images), 3)
        self.assertTrue(all(image.get("href").startswith("data:image/png;base64,") for image in images))


class ModelFaults(VerifyCase):
    def against(self, change, *arguments):
        save_network(self.folder / "original.onnx", change)
        return self.verify("--reference", self.folder / "original.onnx", *arguments, exit_code=1)

    def test_one_changed_weight_is_named_with_its_place(self):
        def change(weights, _):
            weights["w2"][3, 0, 1, 2] += np.float32(0.25)

        picture = self.against(change)
        self.assertEqual((picture["first_value"], picture["first_fault"]), ("n2", "n2"))
        for word in ("second", "w2", "1 of 576", "[3,0,1,2]"):
            self.assertIn(word, self.found(picture))

    def test_one_changed_attribute_is_named_with_both_values(self):
        def change(_, attributes):
            attributes["epsilon"] = 0.125

        picture = self.against(change, PICTURE)
        self.assertEqual(picture["first_fault"], "n2")
        for word in ("norm", "epsilon", "1e-05", "0.125"):
            self.assertIn(word, self.found(picture))

    def test_values_behind_the_fault_only_carry_it(self):
        def change(weights, _):
            weights["b1"] += np.float32(1)

        picture = self.against(change)
        at_fault = [row["name"] for row in picture["values"] if (row.get("reference_step") or {}).get("at_fault")]
        self.assertEqual(at_fault, ["r1"])
        self.assertTrue(all(row["result"] == "differs" for row in picture["values"]))

    def test_a_recording_tells_the_step_and_the_channel(self):
        def change(weights, _):
            weights["w3"][5, 2, 0, 0] += np.float32(1)

        save_network(self.folder / "original.onnx", change)
        graph = onnx.load(self.folder / "original.onnx")
        for name in ("r1", "r2", "sum"):
            graph.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        onnx.save(graph, self.folder / "open.onnx")
        stages = record(self.npz)
        np.save(self.folder / "in.npy", stages["normalise"])
        outputs = [word for name in ("r1", "r2", "sum", "logits") for word in ("--output", f"{name}={self.folder}/{name}.npy")]
        result = self.kite("run", self.folder / "open.onnx", "--input", f"x={self.folder}/in.npy", *outputs)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        record(self.npz, **{name: np.load(self.folder / f"{name}.npy") for name in ("r1", "r2", "sum", "logits")})
        picture = self.verify(PICTURE, "--reference", self.npz, exit_code=1)
        self.assertIsNone(picture["first_stage"])
        self.assertEqual((picture["first_value"], picture["first_fault"]), ("sum", "sum"))
        self.assertIn("only at 5 of 8 along axis 1", self.found(picture))

    def test_a_second_model_s_recipe_is_compared_too(self):
        save_network(self.folder / "original.onnx")
        model = onnx.load(self.folder / "original.onnx")
        for entry in model.metadata_props:
            if entry.key == "paperkite.preprocess":
                entry.value = json.dumps({**RECIPE, "interpolation": "bicubic"})
        onnx.save(model, self.folder / "original.onnx")
        picture = self.verify(PICTURE, "--reference", self.folder / "original.onnx", exit_code=1)
        self.assertEqual(picture["first_stage"], "resize")

    def test_several_pictures_are_summed_up(self):
        def change(weights, _):
            weights["b"] += np.float32([0, 0, 1, 0, 0])

        save_network(self.folder / "original.onnx", change)
        pictures = sorted(PICTURES.glob("*.jpg"))[:3]
        result = self.kite("verify", self.model, *pictures, "--reference", self.folder / "original.onnx", "-o", self.folder)
        self.assertEqual(result.returncode, 1, result.stderr.decode())
        text = result.stdout.decode()
        self.assertIn("3 of 3 pictures differ", text)
        self.assertIn('weight "b" differs in 1 of 5 elements', text)


class OtherFiles(VerifyCase):
    """The same network in files that state it in another way."""

    def renamed(self, change=lambda weights, attributes: None):
        path = save_network(self.folder / "renamed.onnx", change)
        model = onnx.load(path)
        named = {"x": "images", "logits": "scores"}
        for node in model.graph.node:
            node.name = ""
            for names in (node.input, node.output):
                weights = {weight.name for weight in model.graph.initializer}
                names[:] = [name if name in weights else named.get(name, "/" + name + ":0") for name in names]
        model.graph.input[0].name, model.graph.output[0].name = "images", "scores"
        onnx.save(model, path)
        return path

    def test_values_are_compared_where_every_name_is_another(self):
        picture = self.verify("--reference", self.renamed(), exit_code=0)
        self.assertEqual((len(picture["values"]), picture["absent_values"], picture["findings"]), (7, 0, []))

    def test_a_fault_is_named_where_every_name_is_another(self):
        def change(weights, _):
            weights["w2"][3, 0, 1, 2] += np.float32(0.25)

        picture = self.verify(PICTURE, "--reference", self.renamed(change), exit_code=1)
        self.assertEqual(picture["first_fault"], "n2")
        self.assertIn('node "second" (Conv): weight "w2" differs in 1 of 576 elements', self.found(picture))

    def test_inputs_are_matched_by_name(self):
        inputs = [("x", [1, 4]), ("y", [3, 4])]
        for name, order in (("a", inputs), ("b", inputs[::-1])):
            save(self.folder / f"{name}.onnx", [helper.make_node("Sub", ["x", "y"], ["z"])], order, [("z", [3, 4])])
        result = self.json("verify", self.folder / "a.onnx", "--reference", self.folder / "b.onnx", "--json")
        self.assertTrue(result["agrees"], result)

    def test_ties_of_scaled_quantised_numbers_are_no_difference(self):
        nodes = [helper.make_node("QuantizeLinear", ["x", "s", "zero"], ["q"]),
                 helper.make_node("DequantizeLinear", ["q", "s", "zero"], ["d"]),
                 helper.make_node("Mul", ["d", "factor"], ["a"]),
                 helper.make_node("QuantizeLinear", ["a", "t", "zero"], ["y8"]),
                 helper.make_node("DequantizeLinear", ["y8", "t", "zero"], ["y"])]
        model = save(self.folder / "ties.onnx", nodes, [("x", [1, 8, 28, 28])], [("y", [1, 8, 28, 28])],
                     {"s": np.float32(0.0157), "factor": np.float32(0.3), "t": np.float32(0.0157 * 0.3 * 2), "zero": np.int8(0)})
        report = self.json("verify", model, "--json")["pictures"][0]
        self.assertEqual([row["result"] for row in report["values"] if row["name"] == "y8"], ["ties"])

    def test_drawings_of_one_name_in_two_folders_are_two_files(self):
        pictures = []
        for name in ("a", "b"):
            (self.folder / name).mkdir()
            pictures.append(self.folder / name / "photo.jpg")
            pictures[-1].write_bytes(PICTURE.read_bytes())

        def change(_, attributes):
            attributes["alpha"] = 0.5

        result = self.kite("verify", self.model, *pictures, "--reference", save_network(self.folder / "o.onnx", change), "--json",
                           "-o", self.folder)
        drawings = [picture["drawing"] for picture in json.loads(result.stdout)["pictures"]]
        self.assertEqual(drawings, [f"{self.folder}/photo.verify.svg", f"{self.folder}/photo-2.verify.svg"])
        self.assertIn("a/photo.jpg", (self.folder / "photo.verify.svg").read_text())
        self.assertIn("b/photo.jpg", (self.folder / "photo-2.verify.svg").read_text())
        for text in (">r2</text>", ">this step is at fault</text>"):  # the first fault's name, and the legend
            self.assertIn(text, (self.folder / "photo.verify.svg").read_text())

    def test_a_picture_that_cannot_be_read_does_not_stop_the_others(self):
        (self.folder / "in").mkdir()
        (self.folder / "in/a.jpg").write_text("no picture")
        (self.folder / "in/b.jpg").write_bytes(PICTURE.read_bytes())
        result = self.kite("verify", self.model, self.folder / "in", "--json")
        self.assertEqual(result.returncode, 4, result.stderr)
        report = json.loads(result.stdout)
        self.assertFalse(report["agrees"])
        self.assertEqual(report["pictures"][0]["error"]["code"], "invalid-image")
        self.assertTrue(report["pictures"][1]["agrees"])
        result = self.kite("verify", self.model, self.folder / "in")
        self.assertIn(b"1 could not be compared", result.stdout)
        self.assertIn(b"a.jpg", result.stderr)


class Hostile(VerifyCase):
    """Recordings that are none: an error with its place, and never a crash."""

    def refused(self, *words, code="invalid-input", exit_code=3, arguments=()):
        self.assert_error(self.kite("verify", self.model, *arguments, "--reference", self.npz, cwd=self.folder), code, exit_code, *words)

    def test_damaged_archives(self):
        record(self.npz)
        sound = self.npz.read_bytes()
        for name, damaged in {"cut": sound[:len(sound) // 2], "no directory": sound[:-22],
                              "flipped": sound[:5000] + bytes([sound[5000] ^ 1]) + sound[5001:]}.items():
            self.npz.write_bytes(damaged)
            with self.subTest(name):
                self.refused("other.npz", arguments=[PICTURE])

    def test_every_byte_of_the_directory_may_be_wrong(self):
        np.savez(self.npz, logits=np.zeros((1, 5), np.float32), normalise=np.zeros((1, 3, 56, 56), np.float32))
        sound = self.npz.read_bytes()
        begin = sound.rindex(b"PK\x01\x02")
        for at in range(begin, len(sound), 3):
            self.npz.write_bytes(sound[:at] + bytes([sound[at] ^ 0x55]) + sound[at + 1:])
            result = self.kite("verify", self.model, "--reference", self.npz, cwd=self.folder)
            self.assertIn(result.returncode, (0, 1, 2, 3, 5), (at, result.stderr))

    def test_a_bomb_is_refused_by_its_sizes(self):
        with zipfile.ZipFile(self.npz, "w", zipfile.ZIP_DEFLATED) as archive:
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (1, 3, 56, 56)})
            archive.writestr("normalise.npy", header.getvalue() + bytes(400_000_000))
        self.refused("normalise", "bytes", arguments=[PICTURE])

    def test_other_arrays_than_numbers(self):
        np.savez(self.npz, logits=np.array([{"a": 1}], object))
        self.refused("logits", "|O", "numbers")
        np.savez(self.npz, logits=np.array(["text"]))
        self.refused("logits")
        with zipfile.ZipFile(self.npz, "w") as archive:
            archive.writestr("notes.txt", "hello")
        self.refused("notes.txt", "numpy.savez")

    def test_pictures_of_another_type(self):
        np.savez(self.npz, decode=np.zeros((4, 4, 3), np.float32))
        self.refused("decode", "uint8", arguments=[PICTURE])
        np.savez(self.npz, resize=np.zeros((4, 4, 4), np.uint8))
        self.refused("resize", "[4,4,4]", arguments=[PICTURE])

    def test_a_recording_without_an_input_needs_a_picture(self):
        np.savez(self.npz, logits=np.zeros((1, 5), np.float32))
        self.refused("normalise", code="usage", exit_code=2)

    def test_a_tensor_of_another_shape_is_an_error_as_input_and_a_difference_as_value(self):
        np.savez(self.npz, normalise=np.zeros((1, 3, 32, 32), np.float32))
        self.refused("[1,3,32,32]", "[1,3,56,56]")
        record(self.npz, logits=np.zeros((1, 7), np.float32))
        picture = self.verify(PICTURE, "--reference", self.npz, exit_code=1)
        self.assertEqual(picture["values"][0]["result"], "other-type")
        self.assertIn("float32[1,7]", self.found(picture))

    def test_one_row_of_a_batch_of_one_is_that_batch(self):
        stages = record(self.npz)
        logits = self.logits(stages["normalise"])
        np.savez(self.npz, **{**stages, "normalise": stages["normalise"][0]}, logits=logits[0])
        for arguments in ([], [PICTURE]):
            picture = self.verify(*arguments, "--reference", self.npz, exit_code=0)
            self.assertEqual([row["name"] for row in picture["values"]], ["logits"])

    def test_a_recording_of_nothing_that_the_model_has_is_no_agreement(self):
        np.savez(self.npz, nonsense=np.zeros(3, np.float32))
        self.refused("nothing could be compared", code="usage", exit_code=2, arguments=[PICTURE])
        np.savez(self.npz, x=np.zeros((1, 3, 56, 56), np.float32))
        self.refused("nothing could be compared", code="usage", exit_code=2)

    def test_names_that_are_not_in_the_model_are_counted(self):
        record(self.npz, nonsense=np.zeros(3), **{"/layer/Relu_output_0": np.zeros(3)})
        picture = self.verify(PICTURE, "--reference", self.npz, exit_code=0)
        self.assertEqual((picture["foreign_values"], picture["values"]), (2, []))

    def test_about_json_is_shown(self):
        record(self.npz)
        with zipfile.ZipFile(self.npz, "a") as archive:
            archive.writestr("about.json", json.dumps({"program": "my script 1.0", "stages": {"resize": "bilinear"}}))
        result = self.kite("verify", self.model, PICTURE, "--reference", self.npz, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("my script 1.0", result.stdout.decode())
        with zipfile.ZipFile(self.npz, "a") as archive:
            archive.writestr("about.json", "[" * 100000)
        self.refused("about.json", arguments=[PICTURE])

    def test_the_command_line_is_refused_where_it_cannot_mean_anything(self):
        record(self.npz)
        self.refused("one picture", code="usage", exit_code=2, arguments=[PICTURE, PICTURES / "adonis_1.jpg"])
        self.assert_error(self.kite("verify", self.model, "--reference", self.folder / "none.npz"), "io", 6, "none.npz")
        self.assert_error(self.kite("verify", self.model, self.folder / "none.jpg"), "io", 6, "none.jpg")
        self.assertEqual(self.kite("compile", self.model, "-o", self.folder / "m.kite").returncode, 0)
        self.assert_error(self.kite("verify", self.folder / "m.kite"), "usage", 2, ".onnx")
        self.assertEqual(self.kite("verify", self.model, "--bound", "-1").returncode, 2)

    def test_deflated_and_zip64_recordings_are_read(self):
        stages = record(self.npz)
        np.savez_compressed(self.npz, **stages)
        self.verify(PICTURE, "--reference", self.npz, exit_code=0)
        record(self.npz)
        self.npz.write_bytes(as_zip64(self.npz.read_bytes()))
        self.verify(PICTURE, "--reference", self.npz, exit_code=0)


def as_zip64(archive):
    """The same archive with all numbers of its directory in the zip64 form."""
    end = archive.rindex(b"PK\x05\x06")
    count, _, begin = struct.unpack("<HII", archive[end + 10:end + 20])
    directory, at = b"", begin
    for _ in range(count):
        entry = bytearray(archive[at:at + 46])
        packed, size, name, extra, comment = struct.unpack("<IIHHH", entry[20:34])
        header_at = struct.unpack("<I", entry[42:46])[0]
        body = archive[at + 46:at + 46 + name]
        at += 46 + name + extra + comment
        entry[20:34] = struct.pack("<IIHHH", 0xFFFFFFFF, 0xFFFFFFFF, name, 28, 0)
        entry[42:46] = struct.pack("<I", 0xFFFFFFFF)
        directory += bytes(entry) + body + struct.pack("<HHQQQ", 1, 24, size, packed, header_at)
    record64 = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), begin)
    locator = struct.pack("<IIQI", 0x07064B50, 0, begin + len(directory), 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return archive[:begin] + directory + record64 + locator + last


if __name__ == "__main__":
    unittest.main()
