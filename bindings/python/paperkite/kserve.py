# SPDX-License-Identifier: Apache-2.0
"""A classifier behind KServe's Python SDK, which brings the V1 and V2 protocols over HTTP and gRPC, health and metrics.

    python -m paperkite.kserve --model_dir /mnt/models --model_name butterflies

    >>> from paperkite.kserve import Model, ModelServer
    >>> ModelServer().start([Model("butterflies", "model.onnx")])
"""

from __future__ import annotations

import argparse
import asyncio
import os
import struct

import kserve
from fastapi.responses import JSONResponse
from grpc import StatusCode
from grpc_interceptor.exceptions import GrpcException
from kserve.model_server import app
from kserve.model_server import parser as kserve_parser
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.infer_type import to_http_parameters
from prometheus_client import Counter

from paperkite import _v2
from paperkite._disconnect import LeavesWithItsClient
from paperkite._requests import Tensor, Wanted, check_results, notices_of, pictures_of_json, pictures_of_tensors, prediction, seconds_of
from paperkite._service import Refusal, Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from paperkite import Result

__all__ = ["Model", "ModelServer"]

_COMPUTED = Counter("paperkite_computed", "pictures that were classified", ["model_name"])
_REFUSED = Counter("paperkite_refused", "requests without an answer, by the name of the error", ["model_name", "code"])


class _Refused(GrpcException):
    """A Refusal as both servers of the SDK know one."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal), StatusCode[refusal.grpc_status])
        self.refusal = refusal


async def _answer_refusal(_: Any, refused: _Refused) -> JSONResponse:
    refusal = refused.refusal
    headers = {"retry-after": "1"} if refusal.http_status == 503 else None
    return JSONResponse({"error": str(refusal), "code": refusal.code}, refusal.http_status, headers)


app.add_exception_handler(_Refused, _answer_refusal)


def _v2_tensor(stated: kserve.InferInput) -> Tensor:
    """Arrays as they came; the SDK does not check their sizes."""
    try:
        return Tensor(stated.name, stated.datatype, stated.shape, stated.as_numpy())
    except (ValueError, TypeError, OverflowError, struct.error) as error:
        raise Refusal("invalid-input", f"input {stated.name} does not hold {stated.datatype} of the shape {stated.shape}: {error}") from None


def _output(tensor: Tensor, request: kserve.InferRequest) -> kserve.InferOutput:
    name, datatype, shape, values = tensor
    if not request.from_grpc:
        return kserve.InferOutput(name, list(shape), datatype, values)  # as JSON or bytes, as the request wants each
    if not request.use_binary_outputs:
        return kserve.InferOutput(name, list(shape), datatype, values.reshape(-1).tolist())
    output = kserve.InferOutput(name, list(shape), datatype)
    output.set_data_from_numpy(values, binary_data=True)
    return output


class Model(kserve.Model):
    """A model of KServe. It is opened here; `options` are those of Service (queue, timeout, watch ...) and of Classifier.

    V1 takes `{"instances": [...]}`, or the file of one picture as the body with its content type. V2 takes one input, BYTES
    (files), UINT8 (pixels) or the model's own tensor, and gives labels, indices and scores."""

    def __init__(self, name: str, model: Any, **options: Any) -> None:
        super().__init__(name)
        self.service = Service(model, on_computed=_COMPUTED.labels(name).inc, **options)
        self.ready = True

    def load(self) -> bool:
        """Opens the model's file again; what the protocol's `repository/models/NAME/load` calls in ModelServer."""
        self.service.reload()
        return self.ready

    def stop(self) -> None:
        super().stop()
        self.service.close()

    def validate(self, payload: Any) -> Any:
        return payload  # predict() does, for each form

    def get_input_types(self) -> list[dict[str, Any]]:
        return [{"name": "picture", "datatype": "BYTES", "shape": [-1]}]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [{"name": "labels", "datatype": "BYTES", "shape": [-1, self.service.top]},
                {"name": "indices", "datatype": "INT64", "shape": [-1, self.service.top]},
                {"name": "scores", "datatype": "FP32", "shape": [-1, self.service.top]}]

    async def predict(self, payload: Any, headers: Any = None, response_headers: Any = None) -> Any:
        try:
            if isinstance(payload, kserve.InferRequest):
                return await self._predict_v2(payload, headers or {})
            return await self._predict_v1(payload, headers or {})
        except Refusal as refusal:
            _REFUSED.labels(self.name, refusal.code).inc()
            raise _Refused(refusal) from None

    async def _results(self, pictures: list[Any], k: int, seconds: float | None) -> list[Result]:
        results = await self.service.classify(pictures, k, self.service.deadline_in(seconds))
        check_results(results)
        return results

    async def _predict_v1(self, payload: Any, headers: Any) -> dict[str, Any]:
        pictures, k = ([payload], None) if isinstance(payload, bytes) else pictures_of_json(payload)
        results = await self._results(pictures, k or self.service.top, seconds_of(headers, {}))
        return {"predictions": [prediction(result) for result in results]}

    async def _predict_v2(self, request: kserve.InferRequest, headers: Any) -> kserve.InferResponse:
        parameters = to_http_parameters(request.parameters or {})
        wanted = Wanted([(each.name, each.parameters or {}) for each in request.request_outputs or ()], parameters)
        pictures = pictures_of_tensors([_v2_tensor(each) for each in request.inputs])
        results = await self._results(pictures, wanted.most(self.service.top), seconds_of(headers, parameters))
        notices = notices_of(results)
        return kserve.InferResponse(
            response_id=request.id or "",
            model_name=self.name,
            infer_outputs=[_output(each, request) for each in wanted.tensors(results, self.service.top)],
            parameters={"notices": notices} if notices else None,
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs,
        )


class _Repository(kserve.ModelRepository):
    async def load(self, name: str) -> bool:
        model = self.get_model(name)
        if model is None:
            raise kserve.errors.ModelNotFound(name)
        return bool(await asyncio.get_running_loop().run_in_executor(None, model.load))


class _DataPlane(DataPlane):
    """The SDK makes text of BYTES that follow the JSON of a request, which no picture is."""

    def decode_inference_request(self, body: Any, headers: Any, model_name: str) -> kserve.InferRequest:
        if not isinstance(body, bytes):
            return super().decode_inference_request(body, headers, model_name)
        try:
            request = _v2.parse(body, headers.get(_v2.HEADER_LENGTH))
        except Refusal as refusal:
            raise _Refused(refusal) from None
        return kserve.InferRequest(
            model_name,
            [kserve.InferInput(name, list(shape), datatype, values) for name, datatype, shape, values in request.inputs],
            request.id,
            parameters=request.parameters,
            request_outputs=[kserve.protocol.infer_type.RequestedOutput(*each) for each in request.outputs] or None,
        )


class ModelServer(kserve.ModelServer):
    """KServe's server, which also takes pictures as BYTES behind the JSON of V2 over HTTP (as tritonclient sends them), opens
    a model's file again when it is asked to, refuses bodies over `most_bytes`, and stops with what nobody waits for."""

    def __init__(self, *, most_bytes: int = 64 << 20, **options: Any) -> None:
        options.setdefault("registered_models", _Repository())
        super().__init__(**options)
        self.dataplane = _DataPlane(model_registry=self.registered_models)
        app.add_middleware(LeavesWithItsClient, most_bytes=most_bytes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m paperkite.kserve", parents=[kserve_parser], description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--model_dir", default="/mnt/models", help="the model's file, or a folder with one model")
    parser.add_argument("--top", default=5, type=int, help="classes in an answer")
    parser.add_argument("--queue", default=64, type=int, help="pictures that may wait; more are refused")
    parser.add_argument("--timeout", default=30.0, type=float, help="seconds until a request is given up")
    parser.add_argument("--watch", default=2.0, type=float, help="seconds between looks at the model's file; 0: never")
    parser.add_argument("--threads", type=int, help="threads to compute with (default: what the container grants)")
    return parser


def main() -> None:
    arguments = _parser().parse_args()
    model = Model(arguments.model_name, os.fspath(arguments.model_dir), top=arguments.top, queue=arguments.queue,
                  timeout=arguments.timeout, watch=arguments.watch, threads=arguments.threads)
    ModelServer().start([model])


if __name__ == "__main__":
    main()
