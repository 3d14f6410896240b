# SPDX-License-Identifier: Apache-2.0
"""Models that are broken, foreign, hostile or too large: an error each, never a crash."""

import os
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper

from kite import Case, save, save_classifier, save_picture


class Foreign(Case):
    def test_files_that_are_no_model_say_what_they_are(self):
        contents = {
            "empty": b"", "text": b"This is a text file named like a model.\n" * 20, "html": b"<!DOCTYPE html><html><body>404</body></html>",
            "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n", "zip": b"PK\x03\x04" + bytes(100),
            "pickle": b"\x80\x02}q\x00.", "random": np.random.default_rng(1).bytes(4096), "nested": b"\x0b" * 10000 + b"\x0c" * 10000,
        }
        for name, content in contents.items():
            path = self.folder / f"{name}.onnx"
            path.write_bytes(content)
            self.assert_error(self.kite("inspect", path), "invalid-model", 3, str(path))

    def test_paths_that_are_no_file(self):
        (self.folder / "folder").mkdir()
        self.assert_error(self.kite("inspect", self.folder / "missing.onnx"), "io", 6, "missing.onnx")
        self.assert_error(self.kite("inspect", self.folder / "folder"), "io", 6, "folder holds no .onnx file")
        os.mkfifo(self.folder / "pipe.onnx")
        self.assert_error(self.kite("inspect", self.folder / "pipe.onnx", timeout=5), "io", 6, "pipe")
        self.assert_error(self.kite("inspect", "/dev/zero", timeout=5), "io", 6, "device")

    def test_every_truncation_is_an_error(self):
        content = save_classifier(self.folder / "m.onnx").read_bytes()
        path = self.folder / "cut.onnx"
        for size in range(0, len(content), 7):
            path.write_bytes(content[:size])
            self.assertIn(self.kite("inspect", path, "--no-cache").returncode, (0, 3), size)


class Hostile(Case):
    def model(self, nodes, dims=(1, 3, 8, 8), **options):
        return save(self.folder / "m.onnx", nodes, [("x", list(dims))], [("y", None)], **options)

    def refuse(self, path, code, exit_code, *words):
        self.assert_error(self.kite("run", path), code, exit_code, *words)
        screen = self.kite("inspect", path)
        self.assertEqual(screen.returncode, exit_code, screen.stderr)
        text = " ".join(screen.stdout.decode().split())
        for word in ("does not run", *words):
            self.assertIn(word, text)

    def test_all_unsupported_operators_are_listed_at_once(self):
        nodes = [helper.make_node("RandomNormalLike", ["x"], ["a"], "first"), helper.make_node("StringConcat", ["a"], ["b"]), helper.make_node("RandomNormalLike", ["b"], ["c"]),
                 helper.make_node("Fancy", ["c"], ["y"], domain="com.example")]
        path = self.model(nodes, domain_opsets=[helper.make_opsetid("com.example", 1)])
        self.refuse(path, "unsupported-model", 3, "RandomNormalLike", "StringConcat", "Fancy", "2")

    def test_opsets_and_versions_outside_the_range(self):
        relu = [helper.make_node("Relu", ["x"], ["y"])]
        self.refuse(self.model(relu, opset=99), "unsupported-model", 3, "99")
        self.refuse(self.model(relu, ir_version=99), "unsupported-model", 3, "99")

    def test_a_bomb_of_65_bytes_is_refused_before_memory_is_taken(self):
        shape = onnx.numpy_helper.from_array(np.int64([2 ** 20, 2 ** 22]), "s")
        nodes = [helper.make_node("ConstantOfShape", ["s"], ["y"])]
        graph = helper.make_graph(nodes, "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [shape])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.folder / "m.onnx")
        result = self.kite("inspect", self.folder / "m.onnx")
        self.assertIn(result.returncode, (3, 5), result.stderr)

    def test_overflowing_shapes_and_contradictions_name_the_node(self):
        w = np.zeros((4, 3, 3, 3), np.float32)
        conv = lambda **attributes: [helper.make_node("Conv", ["x", "w"], ["y"], "layer/conv", **attributes)]
        for attributes, word in (({"group": 0}, "group"), ({"group": 2}, "group"), ({"strides": [0, 1]}, "stride"), ({"dilations": [0, 1]}, "dilation"),
                                 ({"pads": [-9, 0, 0, 0]}, "pad"), ({"kernel_shape": [5, 5]}, "kernel")):
            self.refuse(self.model(conv(**attributes), initializers={"w": w}), "invalid-model", 3, "layer/conv", word)
        self.refuse(self.model([helper.make_node("Reshape", ["x", "s"], ["y"], "r")], initializers={"s": np.int64([-1, -1])}), "invalid-model", 3, '"r"')

    def test_cycles_and_duplicates(self):
        self.refuse(self.model([helper.make_node("Relu", ["b"], ["a"]), helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Add", ["x", "a"], ["y"])]), "invalid-model", 3)
        self.refuse(self.model([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])]), "invalid-model", 3, "y")
        self.refuse(self.model([helper.make_node("Relu", ["nowhere"], ["y"])]), "invalid-model", 3, "nowhere")

    def test_external_data_outside_the_folder_is_refused(self):
        (self.folder / "secret").write_bytes(bytes(16))
        (self.folder / "inner").mkdir()
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
        for location in ("../secret", str(self.folder / "secret"), "a/../../secret", ""):
            del tensor.external_data[:]
            tensor.external_data.add(key="location", value=location)
            graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", 1, [4])],
                                      [helper.make_tensor_value_info("y", 1, [4])], [tensor])
            path = self.folder / "inner/m.onnx"
            path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())
            result = self.kite("inspect", path)
            self.assertIn(result.returncode, (3, 6), (location, result.stderr))
            self.assertNotIn(b"Traceback", result.stderr)

    def test_external_data_in_the_folder_is_read_and_its_change_counts(self):
        data = self.folder / "w.bin"
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="w.bin")
        graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", 1, [4])],
                                  [helper.make_tensor_value_info("y", 1, [4])], [tensor])
        (self.folder / "m.onnx").write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString())
        np.save(self.folder / "x.npy", np.zeros(4, np.float32))
        for values in ([1, 2, 3, 4], [5, 6, 7, 8]):
            data.write_bytes(np.float32(values).tobytes())
            result = self.kite("run", self.folder / "m.onnx", "--input", f"x={self.folder}/x.npy", "--output", f"y={self.folder}/y.npy")
            self.assertEqual(result.returncode, 0, result.stderr.decode())
            np.testing.assert_array_equal(np.load(self.folder / "y.npy"), values)

    def test_a_memory_limit_refuses_beforehand(self):
        path = self.model([helper.make_node("Relu", ["x"], ["y"])], dims=(1, 3, 1000, 1000))
        self.refuse_with_limit(path)
        self.assertEqual(self.kite("inspect", path).returncode, 0)
        self.refuse_with_limit(path)  # now from the cache

    def refuse_with_limit(self, path):
        self.assert_error(self.kite("run", path, "--memory-limit", "1MB"), "limit", 5, "memory-limit")

    def test_models_that_classify_no_picture_say_so(self):
        picture = save_picture(self.folder / "p.png")
        path = self.model([helper.make_node("Relu", ["x"], ["y"])])
        self.assert_error(self.kite("classify", path, picture), "unsupported-model", 3, "scores")
        path = self.model([helper.make_node("Relu", ["x"], ["y"])], dims=(1, 10))
        self.assert_error(self.kite("classify", path, picture), "unsupported-model", 3, "picture")

    def test_a_chain_of_5000_nodes_loads(self):
        nodes = [helper.make_node("Relu", [f"v{i}" if i else "x"], [f"v{i + 1}" if i < 4999 else "y"]) for i in range(5000)]
        self.assertEqual(self.kite("inspect", self.model(nodes), timeout=20).returncode, 0)


if __name__ == "__main__":
    unittest.main()
