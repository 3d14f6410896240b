# SPDX-License-Identifier: Apache-2.0
"""Finds what is wrong with a contestant's output, as a list of sentences. The rules are those of peers/README.md."""

import json
import math

import numpy as np

PHASES = ["runtime", "loaded", "first", "done"]
TOLERANCE = 1e-3  # of the largest |logit|: the race's own limit in no_pre
# The tolerance for a contestant whose settings say that it computes in bfloat16, which a runtime may choose on the default
# track. A race does not rank it by logits, but it obeys the protocol.
BFLOAT16_TOLERANCE = 2e-2
# inc_pre: decoders differ by 4 of 255 in single values; another filter or another mean moves the whole picture.
TENSOR_LIMIT, TENSOR_MEAN_LIMIT = 0.5, 0.02


def _lines(output):
    for number, line in enumerate(output.splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        yield number, value if isinstance(value, dict) else None, line


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def series_faults(output, count, inputs, begin_ns, end_ns, threads):
    """threads: 0 if the contestant chose."""
    faults, phases, marks, samples, infos, last = [], [], {}, [], [], None
    for number, line, text in _lines(output):
        if line is None:
            faults.append(f"line {number} is not a JSON object: {text[:60]!r}")
            continue
        last = line
        if "phase" in line:
            phases.append((line["phase"], line.get("t_ns")))
        elif "sample" in line:
            samples.append(line)
            if [name for name, _ in phases] != PHASES[:3]:
                faults.append(f"line {number}: a sample before phase \"first\"")
        elif "mark" in line:
            marks[line["mark"]] = line
        elif "info" in line:
            infos.append(line["info"])
    if [name for name, _ in phases] != PHASES:
        faults.append(f"phases are {[name for name, _ in phases]}, not {PHASES}")
    elif last is None or last.get("phase") != "done":
        faults.append("lines stand behind phase \"done\"")
    stamps = [stamp for _, stamp in phases]
    if not all(_is_count(stamp) for stamp in stamps):
        faults.append(f"stamps are not whole numbers: {stamps}")
    elif stamps != sorted(stamps) or (stamps and not begin_ns <= stamps[0] <= stamps[-1] <= end_ns):
        faults.append(f"stamps are not in order within {begin_ns}..{end_ns}: {stamps}")
    if len(samples) != count:
        faults.append(f"{len(samples)} samples instead of {count}")
    for i, sample in enumerate(samples):
        if sample.get("sample") != i or sample.get("input") != i % inputs:
            faults.append(f"sample {i} says sample {sample.get('sample')}, input {sample.get('input')}")
        ms, score = sample.get("ms"), sample.get("score")
        if not isinstance(ms, (int, float)) or not 0 < ms < (end_ns - begin_ns) / 1e6:
            faults.append(f"sample {i}: ms = {ms!r}")
        if not isinstance(score, (int, float)) or not 0 <= score <= 1.0001:
            faults.append(f"sample {i}: score = {score!r} is not a probability")
    for mark, keys in (("loaded", 3), ("end", 4)):
        for key in ("rss_anon_bytes", "rss_file_bytes", "pss_bytes", "vm_hwm_bytes")[:keys]:
            if not _is_count(marks.get(mark, {}).get(key)):
                faults.append(f"mark \"{mark}\" has no {key}")
    info = infos[-1] if infos and isinstance(infos[-1], dict) else {}
    if not _is_count(info.get("threads")) or (threads and info["threads"] != threads):
        faults.append(f"info: threads = {info.get('threads')!r}, asked for {threads or 'its own choice'}")
    versions = info.get("versions")
    if not isinstance(versions, dict) or not versions or not all(isinstance(v, str) and v for v in versions.values()):
        faults.append(f"info: versions = {versions!r}")
    return faults


def block_faults(line, block, first, inputs, elapsed_ms, least_ms, answers):
    """The answer to one `go`. answers: the class of each input, or nothing if it is not checked."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("samples"), list):
        return [f"block {block}: no answer but {line[:60]!r}"]
    faults, total, samples = [], 0, value["samples"]
    if value.get("block") != block:
        faults.append(f"block {block} says block {value.get('block')!r}")
    if not samples:
        faults.append(f"block {block} has no sample")
    for i, sample in enumerate(samples):
        wanted = (first + i) % inputs
        if not isinstance(sample, list) or len(sample) != 4 or not all(isinstance(v, (int, float)) for v in sample):
            return [*faults, f"block {block}: sample {i} is {sample!r}, not [input, ms, index, score]"]
        if sample[0] != wanted:
            faults.append(f"block {block}: sample {i} is of input {sample[0]!r}, not {wanted}")
        elif answers and sample[2] != answers[wanted]:
            faults.append(f"block {block}: input {wanted} is class {sample[2]!r}, not {answers[wanted]}")
        if not sample[1] > 0 or not 0 <= sample[3] <= 1.0001:
            faults.append(f"block {block}: sample {i} has ms {sample[1]!r}, score {sample[3]!r}")
        total += sample[1]
    if total > elapsed_ms:
        faults.append(f"block {block}: its samples take {total:.1f} ms, the block took {elapsed_ms:.1f} ms")
    if elapsed_ms < least_ms:
        faults.append(f"block {block} took {elapsed_ms:.1f} ms, {least_ms} were asked for")
    return faults


def _says_bfloat16(output):
    infos = [line.get("info") for _, line, _ in _lines(output) if line]
    return any("bf16" in str(info.get("settings")) for info in infos if isinstance(info, dict))


def softmax(logits):
    values = np.exp(logits.astype(np.float64) - logits.max())
    return values / values.sum()


def parity_faults(output, mode, files, logits_path, tensors_path, count):
    """Logits against files.logits, samples against logits, tensors against files.tensors. files: tensors and logits of
    all inputs, [N, ...]."""
    faults = []
    try:
        logits = np.load(logits_path)
    except (OSError, ValueError) as error:
        return [f"--logits: {error}"]
    if logits.dtype != np.float32 or logits.shape != (count, files.logits.shape[1]) or not np.isfinite(logits).all():
        return [f"--logits: {logits.dtype} {list(logits.shape)}, not finite float32 {[count, files.logits.shape[1]]}"]
    wanted = files.logits[np.arange(count) % len(files.logits)]
    difference = np.abs(logits - wanted).max() / np.abs(wanted).max()
    if mode == "no_pre" and difference > (BFLOAT16_TOLERANCE if _says_bfloat16(output) else TOLERANCE):
        faults.append(f"logits differ from ONNX Runtime's by {difference:.2g} of the largest")
    if (logits.argmax(1) != wanted.argmax(1)).any():
        faults.append(f"names classes {logits.argmax(1).tolist()}, ONNX Runtime {wanted.argmax(1).tolist()}")
    for _, line, _ in _lines(output):
        if line is None or not isinstance(line.get("sample"), int) or not 0 <= line["sample"] < count:
            continue
        row = logits[line["sample"]]
        index = line.get("index")
        if index != int(row.argmax()) or not math.isclose(line.get("score") or 0, softmax(row)[index], abs_tol=1e-3):
            faults.append(f"sample {line['sample']}: index {index}, score {line.get('score')} are not those of its logits")
    if mode == "inc_pre":
        faults += _tensor_faults(tensors_path, files.tensors[np.arange(min(count, 16)) % len(files.tensors)])
    return faults


def _tensor_faults(path, wanted):
    try:
        tensors = np.load(path)
    except (OSError, ValueError) as error:
        return [f"--tensors: {error}"]
    if tensors.dtype != np.float32 or tensors.shape != wanted.shape:
        return [f"--tensors: {tensors.dtype} {list(tensors.shape)}, not float32 {list(wanted.shape)}"]
    difference = np.abs(tensors - wanted)
    if not difference.max() <= TENSOR_LIMIT or not difference.mean() <= TENSOR_MEAN_LIMIT:
        return [f"its tensors differ from the recipe's by {difference.max():.3g} at most, {difference.mean():.3g} on average"]
    return []


def answer_faults(output, labels, logits):
    if output.count("\n") > 1 or not output.strip() or "\n" in output.rstrip("\n"):
        return [f"one line was expected: {output[:80]!r}"]
    line = output.strip()
    try:
        if line.startswith("{"):
            top = json.loads(line)["top"][0]
            index, label, score = top["index"], top["label"], top["score"]
        else:
            index, rest = line.split(",", 1)
            label, score = rest.rsplit(",", 1)
            index, label, score = int(index), label.strip(), float(score)
    except (ValueError, KeyError, IndexError, TypeError):
        return [f"no \"index, label, probability\": {line[:80]!r}"]
    best = int(logits.argmax())
    faults = []
    if index != best or label != labels[best]:
        faults.append(f"says {index}, {label}; ONNX Runtime says {best}, {labels[best]}")
    if not abs(score - softmax(logits)[best]) <= 0.05:  # other picture libraries change it a little
        faults.append(f"probability {score}, ONNX Runtime says {softmax(logits)[best]:.4f}")
    return faults
