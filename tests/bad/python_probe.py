# SPDX-License-Identifier: Apache-2.0
"""Asks the Python package what the rows of the table ask, in the form of library_probe.cc."""

import json
import pathlib
import sys
import urllib.parse
import warnings

import numpy as np
import paperkite
import paperkite._service

KINDS = {"1": "float32", "2": "uint8", "7": "int64", "11": "float64"}
KEYWORDS = {"scores-from": "scores_from", "memory-limit": "memory_limit", "no-cache": "cache"}


def classify(model, picture, *options):
    keywords = {}
    for option in options:
        name, value = option.split("=", 1)
        keywords[KEYWORDS.get(name, name)] = float(value) if name == "threshold" else int(value) if name == "threads" else value
    with paperkite.Classifier(model, **keywords) as classifier:
        best = classifier(picture, 1).top[0]
        return f"{best.index} {np.float32(best.score).tobytes().hex()}"


def run(model, *dims):
    import paperkite.ort as ort

    stated = dict(each.split("=", 1) for each in dims)
    session = ort.InferenceSession(model)
    feeds = {}
    for port in session.get_inputs():
        if port.name in stated:
            kind, sizes = stated[port.name].split(":")
            feeds[port.name] = np.zeros([int(size) for size in sizes.split("x")], KINDS[kind])
            continue
        kind = port.type.removeprefix("tensor(").removesuffix(")").replace("float16", "half").replace("double", "float64")
        kind = {"float": "float32", "half": "float16"}.get(kind, kind)
        feeds[port.name] = np.zeros([size if isinstance(size, int) and size >= 0 else 1 for size in port.shape], kind)
    return str(len(session.run(None, feeds)))


def stopped(model, _):
    import paperkite.ort as ort

    options = ort.RunOptions()
    options.terminate = True
    return str(len(ort.InferenceSession(model).run(None, {"x": np.zeros((1, 3, 8, 8), "f4")}, options)))


def array(model, expression):
    with paperkite.Classifier(model, recipe="imagenet") as classifier:
        return classifier(eval(expression, {"np": np}), 1).label or ""  # noqa: S307  # the table's own text


def feed(model, expression):
    import paperkite.ort as ort

    return str(len(ort.InferenceSession(model).run(None, eval(expression, {"np": np}))))  # noqa: S307


def v1(_, body):
    """The pictures of a request of the V1 protocol, which comes from a file as a server reads it."""
    from paperkite._requests import pictures_of_json

    pictures, _ = pictures_of_json(json.loads(pathlib.Path(body).read_bytes()))
    return str(len(pictures))


def v2(header_length, body):
    from paperkite import _v2
    from paperkite._requests import Wanted, pictures_of_tensors, seconds_of

    request = _v2.parse(pathlib.Path(body).read_bytes(), header_length or None)
    Wanted(request.outputs, request.parameters)
    seconds_of({}, request.parameters)
    return str(len(pictures_of_tensors(request.inputs)))


QUESTIONS = {"classify": classify, "run": run, "stopped": stopped, "array": array, "feed": feed, "v1": v1, "v2": v2}


def main():
    warnings.simplefilter("ignore")
    for place, line in enumerate(sys.stdin.buffer):
        verb, *fields = [urllib.parse.unquote(field, errors="surrogateescape") for field in line.decode().rstrip("\n").split("\t")]
        try:
            said = ["ok", QUESTIONS[verb](*fields), "", ""]
        except paperkite.Error as error:
            said = [error.code, error.what, error.where, error.remedy]
        except paperkite._service.Refusal as error:  # one text, which a client gets
            said = [error.code, str(error), "request", str(error)]
        except Exception as error:  # nothing else may come
            said = [type(error).__name__, str(error), "", ""]
        print("\t".join([str(place), *[" ".join(part.split()) for part in said]]).encode("utf-8", "replace").decode(), flush=True)


if __name__ == "__main__":
    main()
