# SPDX-License-Identifier: Apache-2.0
from paperkite.ort._binding import IOBinding as IOBinding
from paperkite.ort._session import InferenceSession as InferenceSession
from paperkite.ort._session import InferenceSession as Session  # noqa: F401
from paperkite.ort._value import OrtDevice as OrtDevice
from paperkite.ort._value import OrtDeviceVendorId as OrtDeviceVendorId
from paperkite.ort._value import OrtValue as OrtValue
