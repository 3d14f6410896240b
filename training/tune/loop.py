# SPDX-License-Identifier: Apache-2.0
"""The optimisation: a schedule that is a pure function of the step, averaged weights, atomic checkpoints."""

from __future__ import annotations

import copy
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from training.labels import PREPROCESS

from .images import Evaluation, Training

_MEAN = torch.tensor(PREPROCESS["mean"]).view(1, 3, 1, 1)
_STD = torch.tensor(PREPROCESS["std"]).view(1, 3, 1, 1)


@dataclass
class Stage:
    side: int  # training picture's side in pixels
    epochs: int


@dataclass
class Recipe:
    stages: list[Stage]
    batch: int
    lr: float
    seed: int
    smoothing: float = 0.1
    decay: float = 5e-5  # weights only: not normalisation, not biases
    max_steps: int = 0  # 0: no limit


class Plan:
    """The epoch, position and picture side of a step, which all follow from the step's number."""

    def __init__(self, recipe: Recipe, count: int):
        self.per_epoch = max(1, count // recipe.batch)
        self.sides = [stage.side for stage in recipe.stages for _ in range(stage.epochs)]
        self.steps = self.per_epoch * len(self.sides)
        if recipe.max_steps:
            self.steps = min(self.steps, recipe.max_steps)
        self.recipe = recipe

    def rate(self, step: int) -> float:
        """Linear warm-up over a tenth of the run, then a cosine down to 1 %."""
        warm = max(1, self.steps // 10)
        if step < warm:
            return self.recipe.lr * (step + 1) / warm
        t = (step - warm) / max(1, self.steps - warm)
        return self.recipe.lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * t)))

    def places(self, epoch: int, count: int) -> list[int]:
        """The order of the pictures in an epoch."""
        return np.random.default_rng([self.recipe.seed, 5, epoch]).permutation(count).tolist()


class Average:
    """Exponential moving average of the weights; short memory at first, about 200 steps later."""

    def __init__(self, net: nn.Module):
        self.net = copy.deepcopy(net).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, net: nn.Module, step: int) -> None:
        keep = min(0.995, (step + 1) / (step + 10))
        for mine, theirs in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def optimiser(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    heavy = [p for p in net.parameters() if p.ndim > 1]
    light = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": heavy, "weight_decay": recipe.decay}, {"params": light, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=0.9, nesterov=True)


def save_checkpoint(path: Path, step: int, net: nn.Module, average: Average, opt, identity: dict) -> None:
    """Writes a temporary file, syncs and renames it: a process that is killed at any time leaves a complete checkpoint."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        torch.save({"step": step, "net": net.state_dict(), "average": average.net.state_dict(),
                    "optimiser": opt.state_dict(), "identity": identity}, file)  # fmt: skip
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def to_device(pixels: torch.Tensor, device: str) -> torch.Tensor:
    x = (pixels.float().div_(255) - _MEAN) / _STD
    return x.to(device, memory_format=torch.channels_last)


@torch.no_grad()
def evaluate(net: nn.Module, data: Evaluation, batch: int, device: str, workers: int = 0) -> np.ndarray:
    """Confusion matrix [truth, answer] in the deployed preprocessing, float32."""
    net.eval()
    classes = len(data.listing.names)
    matrix = np.zeros((classes, classes), np.int64)
    for pixels, truth in tqdm(DataLoader(data, batch, num_workers=workers), "evaluate", disable=None, leave=False):
        answer = net(to_device(pixels, device)).argmax(1).cpu().numpy()
        np.add.at(matrix, (truth.numpy(), answer), 1)
    return matrix


def report(matrix: np.ndarray, names: list[str]) -> dict:
    """Top-1 and the most frequent confusions of a confusion matrix."""
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None)[::-1][:15]
    pairs = [(int(k) // len(names), int(k) % len(names)) for k in order]
    confusions = [{"truth": names[t], "answer": names[a], "count": int(wrong[t, a])} for t, a in pairs if wrong[t, a]]
    total = int(matrix.sum())
    return {"pictures": total, "correct": int(np.trace(matrix)), "top1": float(np.trace(matrix) / max(1, total)), "confusions": confusions}


class Run:
    """One training run: step by step, resumable at every checkpoint."""

    def __init__(self, net: nn.Module, data: Training, recipe: Recipe, checkpoint: Path, every: int, device: str,
                 workers: int, identity: dict):  # fmt: skip
        self.net = net.to(device, memory_format=torch.channels_last)
        self.data, self.recipe, self.device, self.workers = data, recipe, device, workers
        self.plan = Plan(recipe, len(data))
        self.average = Average(self.net)
        self.optimiser = optimiser(self.net, recipe)
        self.checkpoint, self.every, self.identity = checkpoint, every, identity
        self.step = 0

    def resume(self) -> None:
        saved = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if saved["identity"] != self.identity:
            changed = [k for k in self.identity if saved["identity"].get(k) != self.identity[k]]
            raise ValueError(f"{self.checkpoint}: made with another {', '.join(changed)}; use a new --out or the same options")
        self.net.load_state_dict(saved["net"])
        self.average.net.load_state_dict(saved["average"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step = saved["step"]

    def train(self) -> None:
        bar = tqdm(total=self.plan.steps, initial=self.step, desc="train", unit="step", mininterval=1)
        loss = 0.0
        while self.step < self.plan.steps:
            for pixels, truth in self._rest_of_epoch():
                value = self._one_step(pixels, truth)
                loss = value if not loss else 0.95 * loss + 0.05 * value
                bar.set_postfix(px=self.data.side, loss=f"{loss:.3f}", refresh=False)
                bar.update()
                if self.step % self.every == 0 or self.step == self.plan.steps:
                    save_checkpoint(self.checkpoint, self.step, self.net, self.average, self.optimiser, self.identity)
                if self.step >= self.plan.steps:
                    break
        bar.close()

    def _rest_of_epoch(self) -> DataLoader:
        epoch, done = divmod(self.step, self.plan.per_epoch)
        self.data.epoch, self.data.side = epoch, self.plan.sides[epoch]
        batch = self.recipe.batch
        places = self.plan.places(epoch, len(self.data))
        batches = [places[k * batch : (k + 1) * batch] for k in range(done, self.plan.per_epoch)]
        return DataLoader(self.data, batch_sampler=batches, num_workers=self.workers)

    def _one_step(self, pixels: torch.Tensor, truth: torch.Tensor) -> float:
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate(self.step)
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.net(to_device(pixels, self.device))
        loss = nn.functional.cross_entropy(logits.float(), truth.to(self.device), label_smoothing=self.recipe.smoothing)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        self.average.update(self.net, self.step)
        return loss.item()
