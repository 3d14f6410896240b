# SPDX-License-Identifier: Apache-2.0
"""A classifier as a deployment of Ray Serve, with the requests and answers that paperkite.kserve has over HTTP.

    >>> from ray import serve
    >>> from paperkite import serve_ray
    >>> serve.run(serve_ray.app({"model": "model.onnx", "name": "butterflies"}))

In a config file of Ray Serve: `import_path: paperkite.serve_ray:app`, and under `args` the same keys. `user_config: {"model":
PATH}` gives running replicas another model, without a restart."""

from __future__ import annotations

import asyncio
import json

from ray import serve
from starlette.responses import JSONResponse, Response

import paperkite
from paperkite import UsageError, _v2
from paperkite._requests import Wanted, check_results, notices_of, pictures_of_json, pictures_of_tensors, prediction, seconds_of
from paperkite._service import Refusal, Service
from paperkite.batch import granted_threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from starlette.requests import Request

__all__ = ["Pictures", "app"]


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(content, status, headers)


class Pictures:
    """The class that Ray Serve runs in each replica. `options` are those of Service and of paperkite.Classifier.

    Other deployments call `classify` of its handle: `await handle.classify.remote([picture], k=3)`."""

    def __init__(self, model: Any, name: str = "model", most_bytes: int = 64 << 20, **options: Any) -> None:
        if options.get("threads") is None:
            paperkite.set_threads(granted_threads())
        self._name = name
        self._most_bytes = most_bytes
        self._options = options
        self._service = Service(model, **options)

    async def reconfigure(self, user_config: Any) -> None:
        """Ray Serve calls this with `user_config` when it starts and whenever it changes. {"model": PATH}; the same path again
        opens the file again."""
        model = user_config.get("model") if isinstance(user_config, dict) else None
        if model is None:
            return
        loop = asyncio.get_running_loop()
        if self._service.is_of(model):
            await loop.run_in_executor(None, self._service.reload)
            return
        before, self._service = self._service, await loop.run_in_executor(None, lambda: Service(model, **self._options))
        before.close()

    def __del__(self) -> None:
        if service := getattr(self, "_service", None):
            service.close()

    async def classify(self, pictures: Sequence[Any], k: int | None = None, timeout: float | None = None) -> list[dict[str, Any]]:
        """For handles: a dict for each picture, as in a V1 answer; one that cannot be read has `error` and `error_text`."""
        service = self._service
        results = await service.classify(list(pictures), k or service.top, service.deadline_in(timeout))
        return [prediction(result) if result.error is None else {"error": result.error.code, "error_text": str(result.error)}
                for result in results]

    async def __call__(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return _json({"error": str(refusal), "code": refusal.code}, refusal.http_status,
                         {"retry-after": "1"} if refusal.http_status == 503 else None)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix(request.scope.get("root_path", "")).rstrip("/")
        model = f"/v2/models/{self._name}"
        if request.method == "POST":
            if path == f"/v1/models/{self._name}:predict":
                return await self._predict_v1(request)
            if path == f"{model}/infer":
                return await self._predict_v2(request)
        elif request.method == "GET":
            top = self._service.top
            answers: dict[str, Any] = {
                "/v2/health/live": {"live": True},
                "/v2/health/ready": {"ready": True},
                f"/v1/models/{self._name}": {"name": self._name, "ready": True},
                f"{model}/ready": {"name": self._name, "ready": True},
                model: {"name": self._name, "platform": "", "inputs": [{"name": "picture", "datatype": "BYTES", "shape": [-1]}],
                        "outputs": [{"name": "labels", "datatype": "BYTES", "shape": [-1, top]},
                                    {"name": "indices", "datatype": "INT64", "shape": [-1, top]},
                                    {"name": "scores", "datatype": "FP32", "shape": [-1, top]}]},
                "/v2": {"name": "paperkite", "version": paperkite.__version__, "extensions": ["binary_tensor_data", "classification"]},
            }
            if path in answers:
                return _json(answers[path])
        return _json({"error": f"there is no {request.method} {path}", "code": "usage"}, 404)

    async def _body(self, request: Request) -> bytes:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self._most_bytes:
                raise Refusal("limit", f"the request is longer than {self._most_bytes} bytes")
            parts.append(part)
        return b"".join(parts)

    async def _predict_v1(self, request: Request) -> Response:
        body = await self._body(request)
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        pictures: list[Any] = [body]
        k = None
        if kind in ("application/json", "application/x-www-form-urlencoded"):  # the latter is what curl sends unasked
            try:
                stated = json.loads(body)
            except (ValueError, RecursionError) as error:
                raise Refusal("invalid-input", f"the request is not JSON: {error}") from None
            pictures, k = pictures_of_json(stated)
        service = self._service
        results = await service.classify(pictures, k or service.top, service.deadline_in(seconds_of(request.headers, {})))
        check_results(results)
        return _json({"predictions": [prediction(result) for result in results]})

    async def _predict_v2(self, http: Request) -> Response:
        request = _v2.parse(await self._body(http), http.headers.get(_v2.HEADER_LENGTH))
        wanted = Wanted(request.outputs, request.parameters)
        service = self._service
        results = await service.classify(pictures_of_tensors(request.inputs), wanted.most(service.top),
                                         service.deadline_in(seconds_of(http.headers, request.parameters)))
        check_results(results)
        notices = notices_of(results)
        content, head = _v2.render(self._name, request, wanted.tensors(results, service.top), {"notices": notices} if notices else {})
        headers = {} if head is None else {_v2.HEADER_LENGTH: str(head)}
        return Response(content, 200, headers, "application/json" if head is None else "application/octet-stream")


def app(args: dict[str, Any]) -> serve.Application:
    """The application: `model`, `name`, the options of Pictures, and under `deployment` those of serve.deployment (num_replicas,
    autoscaling_config, user_config ...)."""
    options = dict(args)
    stated = dict(options.pop("deployment", {}))
    if "model" not in options:
        raise UsageError("the application has no model", "", 'pass {"model": PATH}')
    # A replica bounds its queue itself, and answers what goes beyond. Ray Serve's own bound, which holds where all replicas
    # are full, must be finite, too, and is answered with 503 as well.
    queue = options.get("queue", 64)
    stated.setdefault("max_ongoing_requests", 2 * queue + 8)
    stated.setdefault("max_queued_requests", 2 * queue + 8)
    return serve.deployment(Pictures, name=options.get("name", "model"), **stated).bind(**options)
