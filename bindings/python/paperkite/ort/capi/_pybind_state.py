# SPDX-License-Identifier: Apache-2.0
from paperkite.ort._errors import EngineError as EngineError
from paperkite.ort._errors import EPFail as EPFail
from paperkite.ort._errors import Fail as Fail
from paperkite.ort._errors import InvalidArgument as InvalidArgument
from paperkite.ort._errors import InvalidGraph as InvalidGraph
from paperkite.ort._errors import InvalidProtobuf as InvalidProtobuf
from paperkite.ort._errors import ModelLoadCanceled as ModelLoadCanceled
from paperkite.ort._errors import ModelLoaded as ModelLoaded
from paperkite.ort._errors import NoModel as NoModel
from paperkite.ort._errors import NoSuchFile as NoSuchFile
from paperkite.ort._errors import NotImplemented as NotImplemented  # noqa: A004
from paperkite.ort._errors import RuntimeException as RuntimeException
from paperkite.ort._options import ExecutionMode as ExecutionMode
from paperkite.ort._options import ExecutionOrder as ExecutionOrder
from paperkite.ort._options import GraphOptimizationLevel as GraphOptimizationLevel
from paperkite.ort._options import OrtAllocatorType as OrtAllocatorType
from paperkite.ort._options import OrtMemType as OrtMemType
from paperkite.ort._options import RunOptions as RunOptions
from paperkite.ort._options import SessionOptions as SessionOptions
from paperkite.ort._providers import get_all_providers as get_all_providers
from paperkite.ort._providers import get_available_providers as get_available_providers
from paperkite.ort._session import InferenceSession as InferenceSession
from paperkite.ort._session import ModelMetadata as ModelMetadata
from paperkite.ort._session import NodeArg as NodeArg
from paperkite.ort._value import OrtDevice as OrtDevice
from paperkite.ort._value import OrtValue as OrtValue
