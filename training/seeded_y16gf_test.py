# SPDX-License-Identifier: Apache-2.0
"""The fitted head and the calibration of the seeded y_16gf, on sizes that take a second."""

from __future__ import annotations

import unittest

import torch
from torch import nn

from training.seeded_y16gf import calibrate, fit_head, provenance


class SeededTest(unittest.TestCase):
    def test_the_head_names_the_rows_it_was_fitted_on_and_its_logits_vary(self):
        generator = torch.Generator().manual_seed(4)
        labels = torch.arange(12).repeat(3)
        centres = torch.randn(12, 200, generator=generator, dtype=torch.float64)
        rows = 5 + 3 * (centres[labels] + 0.3 * torch.randn(36, 200, generator=generator, dtype=torch.float64))
        weight, bias = fit_head(rows, labels, 12)
        logits = rows.float() @ weight.T + bias
        self.assertTrue(torch.equal(logits.argmax(1), labels))
        self.assertAlmostEqual(float(logits.std()), 4.0, delta=0.5)

    def test_calibration_sets_each_norm_to_the_pictures_statistics_and_leaves_eval_mode(self):
        torch.manual_seed(1)
        net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        batches = [torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8) for _ in range(3)]
        calibrate(net, batches)
        self.assertFalse(net.training)
        self.assertEqual(net[1].momentum, 0.1)
        from training.tune.loop import to_device

        with torch.no_grad():
            out = net(to_device(torch.cat(batches), "cpu"))
        self.assertLess(float(out.mean((0, 2, 3)).abs().max()), 0.02)
        self.assertLess(float((out.std((0, 2, 3)) - 1).abs().max()), 0.02)

    def test_provenance_says_that_it_is_not_trained(self):
        self.assertTrue(provenance(1, 4).startswith("seeded backbone, not trained"))


if __name__ == "__main__":
    unittest.main()
