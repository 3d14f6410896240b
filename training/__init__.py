# SPDX-License-Identifier: Apache-2.0
"""Drawing the demo pictures, fine-tuning RegNets, exporting them to ONNX."""
