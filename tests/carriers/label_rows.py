# SPDX-License-Identifier: Apache-2.0
"""Labels in the forms that libraries and people write."""

import csv
import io
import json

from rows import LABELS, Row, beside, write_model

WNIDS = ["n02281406", "n02279972", "n02281787"]


def image_folder_row():
    """torchvision's ImageFolder decides the order of a tree; three labels would do for any other list as well."""
    import torchvision
    from PIL import Image
    from torchvision.datasets import ImageFolder

    def write(folder, shape):
        for name in LABELS:
            (folder / "train" / name).mkdir(parents=True)
            Image.new("RGB", (4, 4)).save(folder / "train" / name / "a.png")
        if ImageFolder(folder / "train").classes != sorted(LABELS):
            raise AssertionError("ImageFolder has another order")
        return write_model(folder / "model.onnx", shape)

    version = torchvision.__version__.split("+")[0]
    yield Row("ImageFolder's tree, train/", f"torchvision {version}", write, None, sorted(LABELS))


def table(delimiter, *rows):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def rows():
    import yaml

    yield from image_folder_row()
    pyyaml = f"PyYAML {yaml.__version__}"
    index = {str(i): [wnid, name] for i, (wnid, name) in enumerate(zip(WNIDS, LABELS, strict=True))}
    numbered = list(enumerate(LABELS))
    backwards = {name: i for i, name in reversed(numbered)}
    windows = "\ufeff" + "\r\n".join([*LABELS, "", ""])
    synsets = "".join(f"{wnid} {name}\n" for wnid, name in zip(WNIDS, LABELS, strict=True))
    both = json.dumps({"int_to_class": dict(numbered), "class_to_int": backwards})
    for carrier, judge, file, text in (
        ("labels.txt, CRLF, a byte order mark, a blank line at the end", "the order of its lines", "labels.txt", windows),
        ("labels.txt, index first", "its indices", "labels.txt", "".join(f"{i}: {name}\n" for i, name in reversed(numbered))),
        ("labels.json, a list", "json of Python", "labels.json", json.dumps(LABELS)),
        ("class_to_idx.json", "torchvision's ImageFolder.class_to_idx", "class_to_idx.json", json.dumps(backwards)),
        ("imagenet_class_index.json", "the form of keras.applications", "imagenet_class_index.json", json.dumps(index)),
        ("synset_words.txt", "the form of the ONNX model zoo", "synset_words.txt", synsets),
        ("labels.csv, with titles", "csv of Python", "labels.csv", table(",", ["index", "name"], *reversed(numbered))),
        ("labels.csv, semicolons", "csv of Python", "labels.csv", table(";", *numbered)),
        ("data.yaml", pyyaml, "data.yaml", yaml.safe_dump({"path": "set", "nc": 3, "names": dict(numbered)})),
        ("labels_mapping.json, both directions", "json of Python", "labels_mapping.json", both),
    ):
        yield Row(carrier, judge, beside({file: text}), None, LABELS)
