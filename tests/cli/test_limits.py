# SPDX-License-Identifier: Apache-2.0
"""What a file may cost: every limit can be stated by its name, ends in one form of error, and is the same with the plan cache."""

import re
import unittest

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from kite import ROOT, Case, save, save_classifier, save_picture

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
node = helper.make_node


def value(name, shape=None, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def chain(op, count, **attributes):
    names = ["x", *(f"v{i}" for i in range(count - 1)), "y"]
    return [node(op, [a], [b], **attributes) for a, b in zip(names, names[1:])]


def loop(count):
    body = helper.make_graph([node("Add", ["s", "s"], ["t"])], "b", [value("i", [], INT64), value("c", [], BOOL), value("s")], [value("c", [], BOOL), value("t")])
    return [node("Loop", ["n", "go", "x"], ["y"], "loop", body=body)], {"n": np.int64(count), "go": np.bool_(True)}


def nested_ifs(depth):
    graph = helper.make_graph([node("Relu", ["x"], ["o"])], "b", [], [value("o")])
    for _ in range(depth):
        graph = helper.make_graph([node("If", ["go"], ["o"], then_branch=graph, else_branch=graph)], "b", [], [value("o")])
    return [node("If", ["go"], ["y"], then_branch=graph, else_branch=graph)], {"go": np.bool_(True)}


class Limits(Case):
    def save(self, nodes, weights=(), dims=(1, 3, 8, 8), functions=(), outputs=("y",), **options):
        path = save(self.folder / "m.onnx", nodes, [("x", list(dims))], [(name, None) for name in outputs], weights, **options)
        if functions:
            import onnx

            model = onnx.load(path)
            model.functions.extend(functions)
            model.opset_import.append(helper.make_opsetid("f", 1))
            onnx.save(model, path)
        return path

    def compile(self, path, *more):
        return self.kite("compile", path, "-o", self.folder / "o.plan", *more)

    def check(self, path, name, just_enough):
        """`just_enough` is enough, and one less is not; the message names the limit."""
        within = self.compile(path, "--limit", f"{name}={just_enough}")
        self.assertEqual(within.returncode, 0, (name, within.stderr))
        refused = self.compile(path, "--limit", f"{name}={just_enough - 1}")
        self.assert_error(refused, "limit", 5, f"more than {just_enough - 1} ", f"--limit {name}=NUMBER", str(path))

    def least(self, path, name, most):
        """The least value that is enough."""
        low, high = 0, most
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.compile(path, "--limit", f"{name}={middle}").returncode == 0 else (middle + 1, high)
        return low

    def test_limits_of_records(self):
        identity = helper.make_function("f", "F", ["a"], ["b"], [node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 17)])
        twice = helper.make_function("f", "G", ["a"], ["b"], [node("F", ["a"], ["t"], domain="f"), node("F", ["t"], ["b"], domain="f")], [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)])
        self.check(self.save(chain("Relu", 7)), "nodes", 7)
        self.check(self.save(chain("Relu", 7)), "node-values", 14)
        self.check(self.save(chain("LeakyRelu", 7, alpha=0.5)), "attributes", 7)
        self.check(self.save(chain("Softmax", 7, axis=1)), "node-attributes", 1)
        self.check(self.save(chain("Transpose", 4, perm=[0, 1, 3, 2])), "list-elements", 4 * 4 + 4)
        self.check(self.save([node("Sum", ["x", "a", "b"], ["y"])], {"a": np.float32([1]), "b": np.float32([2])}), "initializers", 2)
        self.check(self.save([node("Relu", ["x"], [f"y{i}"]) for i in range(3)], outputs=("y0", "y1", "y2")), "outputs", 3)
        self.check(self.save(chain("Relu", 1), metadata={"k": "v" * 100}), "metadata-bytes", 105)
        self.check(self.save([node("G", ["x"], ["y"], "g", domain="f")], functions=[identity, twice]), "function-calls", 3)
        self.check(self.save(chain("Relu", 1)), "tensor-bytes", 3 * 8 * 8 * 4)

    def test_limits_of_what_is_unrolled(self):
        nodes, weights = loop(10)
        path = self.save(nodes, weights)
        self.check(path, "iterations", 10)
        self.check(path, "unrolled-nodes", self.least(path, "unrolled-nodes", 1000))
        self.check(path, "name-bytes", self.least(path, "name-bytes", 10_000))

    def test_limits_of_nesting_can_only_be_lowered(self):
        nodes, weights = nested_ifs(5)
        path = self.save(nodes, weights)
        self.assertEqual(self.compile(path, "--limit", "graph-depth=6").returncode, 0)
        self.assert_error(self.compile(path, "--limit", "graph-depth=5"), "limit", 5, "more than 5 levels of graphs")
        refused = self.compile(path, "--limit", "graph-depth=65")
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"between 0 and 64", refused.stderr)

    def test_external_files_are_counted(self):
        import onnx

        names = [f"w{i}" for i in range(3)]
        path = self.save([node("Sum", ["x", *names], ["y"])], {name: np.zeros((1, 3, 8, 8), np.float32) for name in names})
        onnx.save(onnx.load(path), path, save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0, convert_attribute=True)
        self.check(path, "external-files", 3)

    def test_the_steps_of_plan_making_grow_with_the_file(self):
        """No time is measured: 4 times the nodes need little more than 4 times the steps."""
        for op in ("Relu", "Softmax", "Identity"):
            few, many = (self.least(self.save(chain(op, count)), "plan-steps", 1 << 24) for count in (100, 400))
            self.assertLess(many, 4.4 * few, op)

    def test_constants_over_their_limits_are_computed_in_each_run(self):
        weight = np.full((64, 64), 0.01, np.float32)
        nodes = [node("MatMul", ["w", "w"], ["v0"]), *(node("MatMul", [f"v{i}", "w"], [f"v{i + 1}"]) for i in range(5)), node("MatMul", ["x", "v5"], ["y"])]
        path = self.save(nodes, {"w": weight}, dims=(1, 64))
        np.save(self.folder / "x.npy", np.ones((1, 64), np.float32))
        answers = []
        for limit in ("constant-steps=0", "constant-bytes=0", "nodes=100"):
            steps = self.json("profile", path, "--json", "--limit", limit)["steps"]
            ran = self.kite("run", path, "--input", f"x={self.folder / 'x.npy'}", "--output", f"y={self.folder / 'y.npy'}", "--limit", limit)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            answers.append((len(steps), np.load(self.folder / "y.npy")))
        self.assertEqual([count for count, _ in answers], [7, 7, 1])
        for _, answer in answers:
            np.testing.assert_allclose(answer, answers[0][1], rtol=1e-5)

    def test_the_verdict_is_the_same_with_the_plan_cache(self):
        path = save_classifier(self.folder / "c.onnx")
        picture = save_picture(self.folder / "p.png")
        for limit, code in (("nodes=100", 0), ("nodes=2", 5), ("nodes=100", 0), ("nodes=2", 5)):
            self.assertEqual(self.kite("classify", path, picture, "--limit", limit).returncode, code, limit)
        self.assertEqual(self.kite("classify", path, picture).returncode, 0)
        self.assertEqual(self.kite("classify", path, picture, "--limit", "memory=1000").returncode, 5)

    def test_limits_of_pictures(self):
        model = save_classifier(self.folder / "c.onnx")
        pixels = np.random.default_rng(1).integers(0, 255, (40, 30, 3), np.uint8)
        progressive = self.folder / "p.jpg"
        Image.fromarray(pixels).save(progressive, progressive=True)
        png = save_picture(self.folder / "p.png", size=(40, 30))
        scans = progressive.read_bytes().count(b"\xff\xda")
        for picture, name, enough in ((png, "pixels", 1200), (png, "picture-bytes", png.stat().st_size), (progressive, "scans", scans),
                                      (progressive, "scan-pixels", scans * 1200)):
            self.assertEqual(self.kite("classify", model, picture, "--limit", f"{name}={enough}").returncode, 0, name)
            self.assert_error(self.kite("classify", model, picture, "--limit", f"{name}={enough - 1}"), "limit", 5, f"more than {enough - 1} ", f"--limit {name}=NUMBER", str(picture))
        piped = self.kite("classify", model, "-", "--limit", f"picture-bytes={png.stat().st_size - 1}", stdin=png.read_bytes())
        self.assertEqual(piped.returncode, 5, piped.stderr)

    def test_limits_of_texts(self):
        model = save_classifier(self.folder / "c.onnx")
        picture = save_picture(self.folder / "p.png")
        labels = self.folder / "l.txt"
        labels.write_text("one\ntwo\nthree\n")
        for name, enough in (("labels", 3), ("label-bytes", 5), ("text-bytes", 14)):
            arguments = ("classify", model, picture, "--labels", labels)
            self.assertEqual(self.kite(*arguments, "--limit", f"{name}={enough}").returncode, 0, name)
            self.assert_error(self.kite(*arguments, "--limit", f"{name}={enough - 1}"), "limit", 5, f"more than {enough - 1} ", str(labels))

    def test_what_is_no_limit_is_a_usage_error(self):
        model = save_classifier(self.folder / "c.onnx")
        for text in ("pixels", "pixel=4", "pixels=", "pixels=-1", "pixels=1e6", "=4", "codec-bytes=4x"):
            refused = self.kite("inspect", model, "--limit", text)
            self.assertEqual(refused.returncode, 2, text)
            self.assertIn(b"--limit", refused.stderr)
        self.assertEqual(self.kite("inspect", model, "--limit", "nodes=9", "--limit", "nodes=9").returncode, 2)
        self.assertEqual(self.kite("inspect", model, "--limit", "codec-bytes=4MB").returncode, 0)

    def test_the_page_has_the_table_that_the_program_has(self):
        rows = self.json("limits", "--json")["limits"]
        table = {cells[0]: cells[1:] for cells in re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/limits.md").read_text(), re.M)}
        self.assertEqual(set(table), {row["name"] for row in rows})
        for row in rows:
            highest = "" if row["highest"] == row["default"] else f"{row['highest']:,}"
            self.assertEqual(tuple(cell.strip() for cell in table[row["name"]]), (f"{row['default']:,}", highest or "the same", row["meaning"]))
        self.assertIn(b"plan-steps", self.kite("limits").stdout)


class FewBytes(Case):
    """Files of a few kilobytes that ask for much: an error, or an answer, within steps that their size justifies."""

    STEPS = 30_000_000

    def try_model(self, name, nodes, weights=(), functions=(), codes=(0, 3, 5), **options):
        path = self.folder / f"{name}.onnx"
        options.setdefault("opset", 17)
        graph = helper.make_graph(nodes, "g", [value("x", [1, 3, 8, 8])], [value("y")], [numpy_helper.from_array(np.asarray(a), n) for n, a in dict(weights).items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", options["opset"]), helper.make_opsetid("f", 1)], functions=list(functions), ir_version=9)
        path.write_bytes(model.SerializeToString())
        self.assertLess(path.stat().st_size, 8192, name)
        result = self.kite("compile", path, "-o", self.folder / "o.plan", "--no-cache", "--memory-limit", "1GB", "--limit", f"plan-steps={self.STEPS}")
        self.assertIn(result.returncode, codes, (name, result.stderr))
        self.assertNotIn(b"plan-steps", result.stderr, name)

    def test_functions_that_call_functions(self):
        def doubling(depth, inner):
            functions = [helper.make_function("f", "f0", ["a"], ["b"], inner, [helper.make_opsetid("", 17)])]
            for i in range(1, depth):
                calls = [node(f"f{i - 1}", ["a"], ["t"], domain="f"), node(f"f{i - 1}", ["t"], ["b"], domain="f")]
                functions.append(helper.make_function("f", f"f{i}", ["a"], ["b"], calls, [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]))
            return functions

        relu = [node("Relu", ["a"], ["b"])]
        for depth, codes in ((10, (0,)), (25, (5,)), (30, (3,)), (60, (3,)), (65, (3,))):
            self.try_model(f"laughs_{depth}", [node(f"f{depth - 1}", ["x"], ["y"], domain="f")], functions=doubling(depth, relu), codes=codes)
        nothing = helper.make_function("f", "f0", ["a"], ["a"], [], [helper.make_opsetid("", 17)])
        functions = [nothing, *doubling(40, relu)[1:]]
        self.try_model("empty_laughs", [node("f39", ["x"], ["y"], domain="f")], functions=functions, codes=(3,))

    def test_loops(self):
        for count in (1 << 20, 1 << 62):
            nodes, weights = loop(count)
            self.try_model("loop", nodes, weights, codes=(5,))
        state = [value("i", [], INT64), value("c", [], BOOL), value("s")]
        nothing = helper.make_graph([], "b", state, [value("c", [], BOOL), value("s"), value("s")])
        many = {"n": np.int64(1 << 62), "go": np.bool_(True)}
        self.try_model("a_loop_of_nothing", [node("Loop", ["n", "go", "x"], ["z", "y"], body=nothing)], many, codes=(5,))
        self.try_model("a_loop_with_a_long_name", [node("Loop", ["n", "go", "x"], ["z", "y"], "n" * 7000, body=nothing)], {**many, "n": np.int64(100_000)}, codes=(5,))
        inner = helper.make_graph([node("Add", ["s", "s"], ["t"])], "b", state, [value("c", [], BOOL), value("t")])
        for _ in range(10):
            inner = helper.make_graph([node("Loop", ["n", "c", "s"], ["t"], body=inner)], "b", state, [value("c", [], BOOL), value("t")])
        self.try_model("loops_in_loops", [node("Loop", ["n", "go", "x"], ["y"], body=inner)], {"n": np.int64(1000), "go": np.bool_(True)}, codes=(5,))

    def test_nested_branches_and_chains_of_choices(self):
        condition = [node("ReduceSum", ["x"], ["q"], keepdims=0), node("Less", ["q", "zero"], ["go"])]
        nodes, _ = nested_ifs(5)
        self.try_model("ifs", condition + nodes, {"zero": np.float32(0)}, codes=(0,))
        wheres, last = [], "x"
        for i in range(80):
            wheres += [node("Tanh", [last], [f"t{i}"]), node("Where", ["go", f"t{i}", "zero"], [f"w{i}"])]
            last = f"w{i}"
        self.try_model("choices", [*condition, *wheres, node("Relu", [last], ["y"])], {"zero": np.float32(0)}, codes=(0,))

    def test_constants_that_grow(self):
        def added(nodes, last):
            return [*nodes, node("ReduceSum", [last], ["s"], keepdims=0), node("Cast", ["s"], ["f"], to=FLOAT), node("Add", ["x", "f"], ["y"])]

        for op, weights in (("Concat", {"c": np.ones(4, np.float32)}), ("Concat", {"c": np.ones(4, np.int64)}), ("MatMul", {"c": np.ones((30, 30), np.float32)}),
                            ("Add", {"c": np.ones(1000, np.float32)})):
            for count in (20, 100):
                attributes = {"axis": 0} if op == "Concat" else {}
                nodes = [node(op, ["c" if i == 0 else f"v{i - 1}"] * 2, [f"v{i}"], **attributes) for i in range(count)]
                self.try_model(f"{op}_{count}", added(nodes, f"v{count - 1}"), weights)
        shape = np.int64([1 << 20])
        for name, nodes, weights in (
            ("expand", [node("Expand", ["c", "s"], [f"v{i}"]) for i in range(50)], {"c": np.ones(1, np.float32), "s": shape}),
            ("fill", [node("ConstantOfShape", ["s"], [f"v{i}"]) for i in range(50)], {"s": shape}),
            ("fill_ints", [node("ConstantOfShape", ["s"], [f"v{i}"], value=numpy_helper.from_array(np.int64([1]))) for i in range(50)], {"s": shape // 16}),
            ("range", [node("Range", ["zero", "n", "one"], [f"v{i}"]) for i in range(50)], {"zero": np.int64(0), "n": np.int64(1 << 17), "one": np.int64(1)}),
            ("tile", [node("Tile", ["c", "s"], [f"v{i}"]) for i in range(50)], {"c": np.ones(1, np.float32), "s": shape}),
            ("resize", [node("Resize", ["c", "", "s"], [f"v{i}"], mode="cubic") for i in range(50)], {"c": np.ones((1, 1, 20, 20), np.float32), "s": np.float32([1, 1, 40, 40])}),
            ("einsum", [node("Einsum", ["c"] * 5, [f"v{i}"], equation="a,b,c,d,e->") for i in range(20)], {"c": np.ones(100, np.float32)}),
            ("sort", [node("TopK", ["c", "k"], [f"v{i}", f"i{i}"]) for i in range(50)], {"c": np.ones(1500, np.float32), "k": np.int64([1500])}),
        ):
            count = len(nodes)
            self.try_model(name, added([*nodes, node("Concat", [f"v{i}" for i in range(count)], ["all"], axis=0)], "all") if name != "einsum" else added([*nodes, node("Sum", [f"v{i}" for i in range(count)], ["all"])], "all"), weights)

    def test_tensors_larger_than_memory(self):
        huge = np.int64([1 << 20, 1 << 19])
        for name, nodes, weights in (
            ("expand", [node("ReduceSum", ["x"], ["q"], keepdims=0), node("Expand", ["q", "s"], ["e"]), node("ReduceMax", ["e"], ["y"], keepdims=0)], {"s": huge}),
            ("pad", [node("Pad", ["x", "p"], ["e"]), node("ReduceMax", ["e"], ["y"], keepdims=0)], {"p": np.int64([0, 0, 1 << 18, 1 << 18, 0, 0, 0, 0])}),
            ("resize", [node("Resize", ["x", "", "s"], ["e"]), node("ReduceMax", ["e"], ["y"], keepdims=0)], {"s": np.float32([1, 1, 30000, 30000])}),
            ("tile", [node("Tile", ["x", "t"], ["e"]), node("ReduceMax", ["e"], ["y"], keepdims=0)], {"t": np.int64([1, 1, 30000, 30000])}),
            ("upsample", [node("ConvTranspose", ["x", "w"], ["e"], strides=[30000, 30000]), node("ReduceMax", ["e"], ["y"], keepdims=0)], {"w": np.ones((3, 1, 1, 1), np.float32)}),
            ("kernel", [node("ConstantOfShape", ["s"], ["w"]), node("Conv", ["x", "w"], ["y"], pads=[20000] * 4)], {"s": np.int64([1, 3, 20000, 20000])}),
        ):
            self.try_model(name, nodes, weights, codes=(5,))


if __name__ == "__main__":
    unittest.main()
