# SPDX-License-Identifier: Apache-2.0
"""The places where programs look for the names that onnxruntime keeps here. They are defined elsewhere, so that a module which
is imported under two names has one class for each."""

from . import _pybind_state as _pybind_state
from . import onnxruntime_inference_collection as onnxruntime_inference_collection
from . import onnxruntime_pybind11_state as onnxruntime_pybind11_state
