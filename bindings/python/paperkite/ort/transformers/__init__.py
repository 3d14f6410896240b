# SPDX-License-Identifier: Apache-2.0
"""Of onnxruntime.transformers what a library needs to run a session."""
