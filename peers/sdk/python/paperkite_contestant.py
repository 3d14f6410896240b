# SPDX-License-Identifier: Apache-2.0
"""The protocol of peers/README.md for contestants written in Python: they only load a model and infer.

    import paperkite_contestant as sdk
    def load(request): ... return sdk.Engine(infer, threads=..., settings=...)
    sdk.run(load, {"runtime": runtime.__version__})

Imports here are part of what a race measures, so there are few: numpy always, Pillow where a picture is read.
"""

import json
import os
import sys
import time

import numpy as np

USAGE = """usage: contestant.py version
       contestant.py oneshot --model F --picture F --recipe F --labels F COMMON
       contestant.py no_pre  --model F --inputs F.npy --count N [--logits F.npy] [--blocks MS] COMMON
       contestant.py inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy]
                     [--blocks MS] COMMON
       contestant.py prepare --model F COMMON
COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]..."""
NEEDS = {
    "version": (),
    "prepare": ("model",),
    "oneshot": ("model", "picture", "recipe", "labels"),
    "no_pre": ("model", "inputs", "count"),
    "inc_pre": ("model", "inputs", "recipe", "count"),
}
OPTIONAL = {"threads", "track", "set", "logits", "tensors", "blocks"}
TENSORS_KEPT = 16


class Request:
    """What was asked for. threads: 0 if the runtime chooses. settings: those of --set; all values are texts."""

    def __init__(self, command, values, settings):
        self.command = command
        self.model = values.get("model")
        self.picture, self.recipe, self.labels = values.get("picture"), values.get("recipe"), values.get("labels")
        self.inputs, self.count = values.get("inputs"), whole(values, "count", 1, least=1)
        self.logits, self.tensors = values.get("logits"), values.get("tensors")
        self.blocks = whole(values, "blocks", 0, least=1) if "blocks" in values else None  # ms; None: no blocks
        self.track = values.get("track", "matched")
        self.threads = 0 if self.track == "default" else whole(values, "threads", 0, least=0)
        self.settings = settings


class Engine:
    """A loaded model. `infer` is timed: tensor -> output. `wrap` makes the tensor of the runtime from a numpy array
    [1, C, H, W] and `unwrap` a numpy array of its output, both without computing. threads: how many it really uses."""

    def __init__(self, infer, threads, settings, wrap=lambda array: array, unwrap=np.asarray):
        self.infer, self.threads, self.settings, self.wrap, self.unwrap = infer, threads, settings, wrap, unwrap


def fail(text):
    sys.exit(f"contestant: {text}")


def whole(values, name, default, least):
    text = values.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        fail(f"--{name} {text}: a whole number of at least {least} is needed")
    return int(text)


def parse(arguments):
    if not arguments or arguments[0] not in NEEDS or len(arguments) % 2 == 0:
        fail(USAGE)
    command, values, settings = arguments[0], {}, {}
    for key, value in zip(arguments[1::2], arguments[2::2]):
        name = key.removeprefix("--")
        if not key.startswith("--") or name not in OPTIONAL.union(NEEDS[command]):
            fail(f"{key} is no option of {command}\n{USAGE}")
        if name == "set":
            setting, _, settings_value = value.partition("=")
            settings[setting] = settings_value
        else:
            values[name] = value
    for name in NEEDS[command]:
        if name not in values:
            fail(f"{command} needs --{name}\n{USAGE}")
    if values.get("track", "matched") not in ("matched", "default"):
        fail(f"--track {values['track']}: matched or default")
    for name in ("model", "picture", "recipe", "labels", "inputs"):
        if name in values and not os.path.isfile(values[name]):
            fail(f"--{name}: there is no file {values[name]}")
    return Request(command, values, settings)


def tasks():
    """Threads of this process. The size of a pool is the number of threads that making it adds, plus the calling thread."""
    return len(os.listdir("/proc/self/task"))


# --- pictures: torchvision's Resize, CenterCrop, ToTensor and Normalize over Pillow, to the bit ---


def read_recipe(path):
    with open(path, encoding="utf-8") as file:
        recipe = json.load(file)
    plain = {"crop_offset": "half_even", "arithmetic": "torchvision", "channels": "rgb"}
    known = {"resize", "crop", "interpolation", "mean", "std"}
    for key, value in recipe.items():
        if key not in known and plain.get(key) != value:
            fail(f"{path}: this contestant does not know the recipe's {key} = {value!r}")
    if recipe.get("interpolation", "bilinear") not in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"):
        fail(f"{path}: unknown interpolation {recipe['interpolation']!r}")
    for key, default in (("mean", [0, 0, 0]), ("std", [1, 1, 1])):
        recipe[key] = np.array(recipe.get(key, default), np.float32).reshape(-1, 1, 1)
    return recipe


def resized_size(width, height, resize):
    """(width, height) with the short side `resize` and the long side truncated; [height, width] is used directly."""
    if resize is None:
        return width, height
    if isinstance(resize, list):
        return resize[1], resize[0]
    long_side = int(resize * max(width, height) / min(width, height))
    return (resize, long_side) if width <= height else (long_side, resize)


def picture_tensor(path, recipe):
    """float32 [1, 3, H, W]."""
    from PIL import Image  # imported by run() before any clock matters; here it is a look-up

    image = Image.open(path).convert("RGB")
    size = resized_size(*image.size, recipe.get("resize"))
    if size != image.size:
        image = image.resize(size, Image.Resampling[recipe.get("interpolation", "bilinear").upper()])
    crop = recipe.get("crop")
    if crop is not None:
        crop_height, crop_width = crop if isinstance(crop, list) else (crop, crop)
        if crop_width > image.width or crop_height > image.height:  # torchvision pads with black first
            wide, high = max(crop_width - image.width, 0), max(crop_height - image.height, 0)
            padded = Image.new("RGB", (image.width + wide, image.height + high))
            padded.paste(image, (wide // 2, high // 2))
            image = padded
        left, top = round((image.width - crop_width) / 2), round((image.height - crop_height) / 2)  # half to even
        image = image.crop((left, top, left + crop_width, top + crop_height))
    values = np.asarray(image).transpose(2, 0, 1).astype(np.float32, order="C")
    values /= np.float32(255)
    values -= recipe["mean"]
    values /= recipe["std"]
    return values[np.newaxis]


# --- inputs: one buffer, filled before the clock starts; a mapped file would count as the contestant's memory ---


class Tensors:
    def __init__(self, path):
        self.file = open(path, "rb")
        version = np.lib.format.read_magic(self.file)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(self.file)
        if dtype != np.float32 or fortran or len(shape) < 2 or shape[0] < 1:
            fail(f"{path}: {dtype} {shape} is no float32 [N, ...] in C order")
        self.begin, self.count = self.file.tell(), shape[0]
        self.buffer = np.empty((1, *shape[1:]), np.float32)

    def read(self, index):
        done = os.preadv(self.file.fileno(), [self.buffer.data.cast("B")], self.begin + index * self.buffer.nbytes)
        if done != self.buffer.nbytes:
            fail(f"{self.file.name}: ends within tensor {index}")
        return self.buffer


# --- output ---


def say(line):
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def say_phase(name, t_ns):
    say({"phase": name, "t_ns": t_ns})
    sys.stdout.flush()  # the output of a killed process shows how far it came


def memory_mark(name, peak=False):
    """Resident and proportional memory now; a figure that this kernel does not report is left out."""
    # A file mapped from a tmpfs counts as shared memory.
    keys = {"RssAnon": "rss_anon_bytes", "RssFile": "rss_file_bytes", "RssShmem": "rss_file_bytes"}
    if peak:
        keys["VmHWM"] = "vm_hwm_bytes"
    mark = {"mark": name}
    for path, wanted in (("status", keys), ("smaps_rollup", {"Pss": "pss_bytes"})):
        try:
            with open(f"/proc/self/{path}", encoding="ascii", errors="replace") as file:
                for line in file:
                    key, _, value = line.partition(":")
                    if key in wanted and value.split()[1:] == ["kB"]:
                        mark[wanted[key]] = mark.get(wanted[key], 0) + int(value.split()[0]) * 1024
        except OSError:
            continue
    return mark


def softmax(logits):
    shifted = np.exp(logits.astype(np.float64) - logits.max())
    return shifted / shifted.sum()


def oneshot(load, request):
    recipe = read_recipe(request.recipe)
    engine = load(request)
    logits = engine.unwrap(engine.infer(engine.wrap(picture_tensor(request.picture, recipe)))).reshape(-1)
    index = int(logits.argmax())
    with open(request.labels, encoding="utf-8") as file:
        labels = file.read().split("\n")
    label = labels[index] if index < len(labels) else str(index)
    sys.stdout.write(f"{index}, {label}, {softmax(logits)[index]:.4f}\n")
    sys.stdout.flush()


now = time.monotonic_ns  # CLOCK_MONOTONIC


def open_inputs(request):
    """The number of inputs, and a function that makes from an engine the function that takes a sample:
    input -> (begin_ns, end_ns, output, input tensor)."""
    if request.command == "no_pre":
        tensors = Tensors(request.inputs)

        def sampler(engine):
            infer, wrap = engine.infer, engine.wrap

            def take(index):
                array = tensors.read(index)
                tensor = wrap(array)
                begin = now()
                output = infer(tensor)
                return begin, now(), output, array

            return take

        return tensors.count, sampler
    recipe = read_recipe(request.recipe)
    with open(request.inputs, encoding="utf-8") as file:
        paths = file.read().splitlines()
    if not paths:
        fail(f"{request.inputs}: holds no input")

    def sampler(engine):
        infer, wrap = engine.infer, engine.wrap

        def take(index):
            path = paths[index]
            begin = now()
            array = picture_tensor(path, recipe)
            output = infer(wrap(array))
            return begin, now(), output, array

        return take

    return len(paths), sampler


def best(row):
    index = int(row.argmax())
    return index, round(float(softmax(row)[index]), 6)


def series(load, request, versions, runtime_ns):
    say_phase("runtime", runtime_ns)
    inputs, sampler = open_inputs(request)
    engine = load(request)
    loaded_ns = now()
    say({"phase": "loaded", "t_ns": loaded_ns})
    say(memory_mark("loaded"))
    sys.stdout.flush()
    take, times, logits, kept = sampler(engine), [], None, []
    for sample in range(request.count):
        begin, done_ns, output, array = take(sample % inputs)
        times.append(done_ns - begin)
        row = engine.unwrap(output).reshape(-1)
        if logits is None:
            say_phase("first", done_ns)
            logits = np.empty((request.count, row.size), np.float32)
        logits[sample] = row
        if request.tensors and sample < TENSORS_KEPT:
            kept.append(array[0].copy())
    end_mark = memory_mark("end", peak=True)
    for sample, (elapsed, row) in enumerate(zip(times, logits)):
        index, score = best(row)
        say({"sample": sample, "input": sample % inputs, "ms": elapsed / 1e6, "index": index, "score": score})
    if request.blocks is not None:
        done_ns = blocks(request.blocks * 1_000_000, inputs, take, engine.unwrap) or done_ns
        end_mark = memory_mark("end", peak=True)
    say(end_mark)
    say({"info": {"threads": engine.threads, "versions": versions, "settings": engine.settings}})
    for path, values in ((request.logits, logits), (request.tensors, kept)):
        if path:
            with open(path, "wb") as file:
                np.save(file, np.asarray(values))
    say_phase("done", done_ns)  # the last line; time after the last sample is not inference


def blocks(least_ns, inputs, take, unwrap):
    """Runs a block for each line of standard input. Returns when the last sample ended, if there was one."""
    say({"ready": True})
    sys.stdout.flush()
    end = None
    for block, line in enumerate(sys.stdin):
        begin = now()
        go, _, first = line.strip().partition(" ")
        if go != "go" or not first.isdecimal() or int(first) >= inputs:
            fail(f"{line.strip()!r}: not \"go K\" with K < {inputs}")
        index, taken, end = int(first), [], begin
        while not taken or end - begin < least_ns:
            sample_begin, end, output, _ = take(index)
            taken.append((index, end - sample_begin, unwrap(output).reshape(-1).copy()))
            index = (index + 1) % inputs
        say({"block": block, "samples": [[i, elapsed / 1e6, *best(row)] for i, elapsed, row in taken]})
        sys.stdout.flush()
    return end


def run(load, versions, prepare=None):
    """The whole program. load(request) -> Engine; prepare(request), if it is set, writes the files that later runs read."""
    request = parse(sys.argv[1:])
    versions = {**versions, "python": sys.version.split()[0], "numpy": np.__version__}
    if request.command in ("oneshot", "inc_pre", "version"):
        import PIL.Image

        versions["pillow"] = PIL.__version__
    runtime_ns = time.monotonic_ns()
    if request.command == "version":
        say({"info": {"versions": versions}})
    elif request.command == "prepare":
        if prepare is None:
            fail("there is nothing to prepare")
        prepare(request)
    elif request.command == "oneshot":
        oneshot(load, request)
    else:
        series(load, request, versions, runtime_ns)
