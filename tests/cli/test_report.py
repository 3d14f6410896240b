# SPDX-License-Identifier: Apache-2.0
"""kite classify --report: the page's pictures, text and place; what a browser makes of it is in test_report_browser.py."""

import base64
import io
import json
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from kite import DEMO_MODEL, KITE, PICTURES, Case, picture_bytes, save, save_classifier, save_picture
from sanitizers import SLOWNESS

SVG = "{http://www.w3.org/2000/svg}"


def tree_of(page):
    """The page as XML; script and style are not XML's business."""
    text = re.sub(r"(?s)<(script|style)([^>]*)>.*?</\1>", r"<\1\2/>", page)
    return ElementTree.fromstring(text.replace("<!DOCTYPE html>", "", 1))


def pixels_of(url):
    kind, _, data = url.partition(";base64,")
    assert kind.startswith("data:image/"), url[:40]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def data_of(page):
    return json.loads(re.search(r'(?s)<script type="application/json" id="data">(.*?)</script>', page).group(1))


class ReportCase(Case):
    def report(self, *arguments, returncode=0, **options):
        """The page's text and its tree."""
        path = self.folder / "page.html"
        result = self.kite("classify", *arguments, "--report", path, **options)
        self.assertEqual(result.returncode, returncode, result.stderr.decode())
        page = path.read_text(encoding="utf-8")
        return page, tree_of(page)

    def seen(self, tree):
        (image,) = (image for image in tree.iter("img") if "seen-pixels" in image.get("class", ""))
        return pixels_of(image.get("src"))


class OnePicture(ReportCase):
    def test_the_picture_in_the_page_has_exactly_the_pixels_of_pillows_pipeline(self):
        recipe = {"resize": 40, "crop": [24, 32], "interpolation": "bicubic"}
        model = save_classifier(self.folder / "m.onnx", dims=["batch", 3, 24, 32])
        for kind, size in (("JPEG", (101, 67)), ("PNG", (50, 90)), ("WEBP", (40, 40))):
            picture = self.folder / f"p.{kind.lower()}"
            picture.write_bytes(picture_bytes(kind, size))
            _, tree = self.report(model, picture, "--recipe", json.dumps(recipe))
            image = Image.open(picture).convert("RGB")
            width, height = image.size
            short = min(image.size)
            resized = image.resize((int(40 * width / short), int(40 * height / short)), Image.Resampling.BICUBIC)
            left, top = round((resized.width - 32) / 2), round((resized.height - 24) / 2)
            wanted = np.asarray(resized.crop((left, top, left + 32, top + 24)))
            np.testing.assert_array_equal(self.seen(tree), wanted, kind)

    def test_its_pixels_give_the_tensor_that_the_model_gets(self):
        picture = PICTURES / "paper_kite_1.jpg"
        _, tree = self.report(DEMO_MODEL, picture)
        self.kite("bench", DEMO_MODEL, "--image", picture, "--samples", 1, "--tensors", self.folder / "x.npy")
        tensor = np.load(self.folder / "x.npy").reshape(3, 224, 224)
        mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)
        again = ((self.seen(tree).astype(np.float32) / np.float32(255) - mean) / std).transpose(2, 0, 1)
        np.testing.assert_array_equal(again, tensor)

    def test_grey_rgba_and_one_frame_inputs_show_what_the_model_gets(self):
        source = self.folder / "p.png"
        source.write_bytes(picture_bytes("PNG", (30, 30)))
        image = Image.open(source).convert("RGB")
        for dims, mode in ((["b", 1, 8, 8], "L"), (["b", 8, 8, 4], "RGB"), ([1, 1, 3, 8, 8], "RGB")):
            spatial = [axis for axis, size in enumerate(dims) if size == 8]
            channels = next(size for size in reversed(dims) if size in (1, 3, 4)) if mode == "RGB" else 1
            nodes = [helper.make_node("ReduceMean", ["x"], ["m"], axes=spatial, keepdims=0),
                     helper.make_node("Flatten", ["m"], ["logits"])]
            model = save(self.folder / f"{len(dims)}{mode}.onnx", nodes, [("x", dims)], [("logits", [dims[0], channels])])
            page, tree = self.report(model, source, "--recipe", '{"resize": 8, "crop": 8, "mean": 0, "std": 1}', "--raw")
            wanted = image.convert(mode).resize((8, 8), Image.Resampling.BILINEAR).convert("RGB")
            np.testing.assert_array_equal(self.seen(tree), np.asarray(wanted), dims)

    def test_an_orientation_that_is_applied_turns_the_picture_and_the_page_says_so(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        picture = self.folder / "p.png"
        Image.fromarray(np.arange(8 * 12 * 3, dtype=np.uint8).reshape(8, 12, 3)).save(picture, exif=exif)
        model = save_classifier(self.folder / "m.onnx")
        for policy, words in (("apply", "6: applied"), ("ignore", "6: not applied")):
            page, tree = self.report(model, picture, "--recipe", '{"resize": [8, 8]}', "--exif", policy)
            self.assertTrue(words in page, words)
            with Image.open(picture) as file:
                image = file.convert("RGB")
            upright = image.transpose(Image.Transpose.ROTATE_270) if policy == "apply" else image
            np.testing.assert_array_equal(self.seen(tree), np.asarray(upright.resize((8, 8), Image.Resampling.BILINEAR)))

    def test_the_frame_is_the_part_that_is_seen(self):
        picture = save_picture(self.folder / "p.png", size=(400, 200))
        model = save_classifier(self.folder / "m.onnx", dims=["batch", 3, 8, 8])
        _, tree = self.report(model, picture, "--recipe", '{"resize": 10, "crop": 8}')
        (frame,) = (path.get("d") for path in tree.iter("path") if path.get("class") == "crop")
        self.assertEqual(frame, "M120.00 20.00h160.00v160.00h-160.00z")

    def test_scores_decisions_times_and_the_model_are_in_the_page(self):
        page, tree = self.report(DEMO_MODEL, PICTURES / "paper_kite_1.jpg", "-k", 3)
        text = " ".join("".join(tree.itertext()).split())
        self.assertIn("Paper Kite", tree.find(".//h1").text)
        self.assertEqual(len(tree.findall(".//ol[@class='scores']/li")), 3)
        self.assertRegex(text, r"72 other classes: \d\.\d\d.% together")
        for word in ("metadata key paperkite.preprocess", "metadata key paperkite.labels", "softmax", "the graph, which ends in logits",
                     "load the model", "decode", "infer", "multiply-adds", "float32 [1,3,224,224]"):
            self.assertIn(word, text)
        self.assertEqual([section.get("id") for section in tree.iter("section")],
                         ["answer", "picture", "time", "decisions", "model"])

    def test_a_guess_and_a_warning_are_marked(self):
        model = save_classifier(self.folder / "m.onnx")
        page, _ = self.report(model, save_picture(self.folder / "p.png"))
        self.assertIn("(a guess)", page)
        self.assertIn('<div class="banner open"><b>Warning</b> preprocessing guessed', page)

    def test_a_picture_that_fails_has_a_page_with_its_reason(self):
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        page, tree = self.report(DEMO_MODEL, self.folder / "bad.jpg", returncode=4)
        self.assertEqual(tree.find(".//h1").text, "No answer")
        self.assertIn('class="banner bad"', page)
        self.assertIn("bad.jpg", page)

    def test_standard_input_has_a_page(self):
        page, tree = self.report(DEMO_MODEL, "-", stdin=(PICTURES / "paper_kite_1.jpg").read_bytes())
        self.assertIn("standard input", page)
        self.assertEqual(self.seen(tree).shape, (224, 224, 3))


class ManyPictures(ReportCase):
    def test_rows_are_the_answers_and_every_thumbnail_belongs_to_its_picture(self):
        (self.folder / "bad.jpg").write_bytes(b"nothing of the kind")
        pictures = sorted(PICTURES.iterdir())[:30]
        page, tree = self.report(DEMO_MODEL, *pictures, self.folder / "bad.jpg", returncode=1)
        answers = json.loads(self.kite("classify", DEMO_MODEL, *pictures, "--json").stdout)
        data = data_of(page)
        self.assertEqual(len(data["rows"]), 30)
        for row, answer in zip(data["rows"], answers):
            self.assertTrue(answer["image"].endswith(row[0]))
            for place, top in zip((1, 3), answer["top"]):
                self.assertEqual(row[place], top["index"])
                self.assertEqual(data["labels"][str(top["index"])], top["label"])
                self.assertAlmostEqual(row[place + 1] / 1e4, top["score"], delta=0.5001e-4)
        self.assertEqual(data["pictured"], list(range(30)))
        thumbnails = [thumbnail for block in re.findall(r'(?s)class="thumbnails">(.*?)</script>', page) for thumbnail in json.loads(block)]
        for thumbnail, picture in zip(thumbnails, pictures, strict=True):
            small = pixels_of("data:image/webp;base64," + thumbnail).astype(int)
            image = Image.open(picture).convert("RGB")
            scale = 256 / min(image.size)
            image = image.resize((int(image.width * scale), int(image.height * scale)))
            left, top = (image.width - 224) // 2, (image.height - 224) // 2
            wanted = np.asarray(image.crop((left, top, left + 224, top + 224)).resize((128, 128))).astype(int)
            self.assertEqual(small.shape, (128, 128, 3))
            self.assertLess(np.abs(small - wanted).mean(), 8, picture)
        (failure,) = tree.findall(".//section[@id='failures']//tbody/tr")
        self.assertIn("bad.jpg", "".join(failure.itertext()))

    def test_without_a_script_the_least_certain_pictures_come_first(self):
        pictures = sorted(PICTURES.iterdir())[:40]
        page, tree = self.report(DEMO_MODEL, *pictures)
        data = data_of(page)
        margins = {row[0]: row[2] - row[4] for row in data["rows"]}
        cards = tree.findall(".//ul[@id='cards']/li")
        names = ["".join(card.find("div[@class='name']").itertext()) for card in cards]
        self.assertEqual(len(names), 24)
        shown = [margins[name] for name in names]
        self.assertLessEqual(max(shown), min(margins[name] for name in set(margins) - set(names)) + 1)
        for before, after in zip(shown, shown[1:]):
            self.assertLessEqual(before, after + 1)  # rounded to 0.01 %
        for card in cards:
            self.assertTrue(card.find(".//img").get("alt"))

    def test_answers_on_standard_output_are_the_same_with_a_page(self):
        pictures = sorted(PICTURES.iterdir())[:7]
        for arguments in (["-k", 1], ["--threshold", 0.3], ["--raw"], ["--batch", 3], ["--threads", 2]):
            plain = self.kite("classify", DEMO_MODEL, *pictures, "--format", "csv", *arguments)
            page = self.kite("classify", DEMO_MODEL, *pictures, "--format", "csv", *arguments, "--report", self.folder / "p.html")
            self.assertEqual((plain.stdout, plain.stderr), (page.stdout, page.stderr), arguments)

    def test_the_page_does_not_depend_on_threads_or_batches(self):
        pictures = sorted(PICTURES.iterdir())[:12]
        datas = [data_of(self.report(DEMO_MODEL, *pictures, *arguments)[0])
                 for arguments in (["--threads", 1], ["--threads", 2], ["--batch", 5])]
        self.assertEqual(datas[0], datas[1])
        self.assertEqual(datas[0], datas[2])

    def test_hostile_names_and_labels_stay_text(self):
        folder = self.folder / "pictures"
        folder.mkdir()
        for name in ("</script><script>alert(1)<", "a\"'&<b>.png", b"bad\xff\xfeutf8.png".decode("utf8", "surrogateescape"),
                     "line\nbreak.png", "<!--.png"):
            path = folder / name.replace("/", "\u2215")
            save_picture(path, format="PNG")
        (folder / "script.png").write_bytes(b"</script><script>")
        labels = self.folder / "labels.txt"
        labels.write_text("</script><img src=x onerror=alert(1)>\n<b>b</b>\nc\n")
        page, tree = self.report(save_classifier(self.folder / "m.onnx"), folder, "--labels", labels, returncode=1)
        self.assertEqual(len([script for script in tree.iter("script") if script.get("type") is None]), 1)
        self.assertEqual(len(data_of(page)["rows"]), 5)
        self.assertIn("</script><img src=x onerror=alert(1)>", data_of(page)["labels"].values())
        for element in tree.iter():
            self.assertFalse([name for name in element.attrib if name.startswith("on")])
            self.assertNotIn("style", element.attrib)
            self.assertTrue(element.get("src", "data:").startswith("data:"))
        self.assertNotIn("http:", re.sub(r'xmlns="[^"]*"', "", page))

    def test_classes_without_scores_have_a_page(self):
        nodes = [helper.make_node("GlobalAveragePool", ["x"], ["p"]), helper.make_node("Flatten", ["p"], ["f"]),
                 helper.make_node("ArgMax", ["f"], ["class"], axis=1, keepdims=0)]
        graph = helper.make_graph(nodes, "test", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
                                  [helper.make_tensor_value_info("class", TensorProto.INT64, [1])])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.folder / "m.onnx")
        pictures = [save_picture(self.folder / f"{i}.png", colour) for i, colour in enumerate(((200, 0, 0), (0, 200, 0)))]
        page, _ = self.report(self.folder / "m.onnx", *pictures)
        self.assertIn("The model gives no scores.", page)
        self.assertEqual([row[1] for row in data_of(page)["rows"]], [0, 1])
        page, _ = self.report(self.folder / "m.onnx", pictures[1])
        self.assertIn("<h1>class 1</h1>", page)


class Place(ReportCase):
    def test_after_an_interruption_the_page_holds_what_was_classified_and_says_so(self):
        pictures = [str(picture) for picture in sorted(PICTURES.iterdir())] * 100
        (self.folder / "list.txt").write_text("\n".join(pictures))
        process = subprocess.Popen([KITE, "classify", "--no-cache", DEMO_MODEL, f"@{self.folder}/list.txt", "--format", "jsonl",
                                    "--report", self.folder / "page.html"], stdout=subprocess.PIPE, bufsize=0)
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30 * SLOWNESS)
        self.assertEqual(process.returncode, 130)
        rows = data_of((self.folder / "page.html").read_text())["rows"]
        self.assertEqual(len(rows), len((first + rest).splitlines()))
        self.assertIn(f"Interrupted:</b> {15000 - len(rows):,} of 15,000 pictures were", (self.folder / "page.html").read_text())

    def test_a_run_that_fails_leaves_the_old_page_and_no_half_one(self):
        page = self.folder / "page.html"
        page.write_text("before")
        result = self.kite("classify", self.folder / "none.onnx", PICTURES / "paper_kite_1.jpg", "--report", page)
        self.assert_error(result, "io", 6)
        self.assertEqual(page.read_text(), "before")
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith(".kite-")], [])

    def test_a_full_disk_is_an_error(self):
        result = self.kite("classify", DEMO_MODEL, PICTURES / "paper_kite_1.jpg", "--report", "/dev/full")
        self.assertEqual(result.returncode, 6, result.stderr)
        self.assertIn(b"No space left", result.stderr)
