# SPDX-License-Identifier: Apache-2.0
"""Paired ratios: the Hodges-Lehmann estimate of their logarithms with its exact Walsh-average interval, as race/stats has
it (Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd ed., sections 3.2 and 3.4)."""

import math

# Beyond this many pairs the normal approximation of the rank sum is off by less than one Walsh average in a thousand.
EXACT_PAIRS = 60


def least_rank(pairs, confidence=0.95):
    """How many Walsh averages lie below the interval: the largest k with 2 P(T <= k - 1) <= 1 - confidence, where T is the
    signed-rank statistic; None where the pairs are too few for any interval."""
    tail = (1 - confidence) / 2
    total = pairs * (pairs + 1) // 2
    if pairs > EXACT_PAIRS:
        spread = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
        return int(total / 2 - normal_quantile(1 - tail) * spread)
    counts = [1] + [0] * total
    for rank in range(1, pairs + 1):
        for at in range(total, rank - 1, -1):
            counts[at] += counts[at - rank]
    below = 0
    for k in range(total + 1):
        below += counts[k]
        if below > tail * 2**pairs:
            return k if k > 0 else None
    return None


def normal_quantile(p):
    low, high = -10.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if 0.5 * math.erfc(-middle / math.sqrt(2)) < p else (low, middle)
    return low


def estimate(ratios, confidence=0.95):
    """(ratio, low, high); low and high are None if there are too few pairs."""
    logs = [math.log(ratio) for ratio in ratios]
    walsh = sorted((logs[i] + logs[j]) / 2 for i in range(len(logs)) for j in range(i, len(logs)))
    middle = (walsh[(len(walsh) - 1) // 2] + walsh[len(walsh) // 2]) / 2
    rank = least_rank(len(logs), confidence)
    if rank is None:
        return math.exp(middle), None, None
    return math.exp(middle), math.exp(walsh[rank - 1]), math.exp(walsh[len(walsh) - rank])


def is_slower(interval, limit):
    """Whether the whole interval lies above the limit: an interval that is too wide says nothing."""
    return interval[1] is not None and interval[1] > limit


def blocks_of(samples_ms, stopped_ms):
    """The medians of the blocks of a process that was stopped between them. Its samples follow each other without a gap,
    so a sample that spans a stop is longer than the rest by that stop; it belongs to no block, nor does the one behind it,
    which finds its caches cold. `stopped_ms`: the shortest stop."""
    blocks, block = [], []
    for sample in [*samples_ms, math.inf]:
        if sample < stopped_ms:
            block.append(sample)
            continue
        kept = sorted(block[1:] if len(block) > 2 else block)
        blocks.append((kept[(len(kept) - 1) // 2] + kept[len(kept) // 2]) / 2 if kept else None)
        block = []
    return blocks
