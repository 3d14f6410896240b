# SPDX-License-Identifier: Apache-2.0
"""Files as the bodies of requests for Ray Serve."""

import os
import secrets

os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))

import json
import pathlib
import urllib.request

import local_ray
import ray
from ray import serve
from rows import arguments, show
from support import free_port

from paperkite import serve_ray

_, model, pictures = arguments()
local_ray.start(num_cpus=4, logging_level="error", object_store_memory=200_000_000)
port = free_port()
serve.start(http_options={"host": "127.0.0.1", "port": port})
serve.run(serve_ray.app({"model": os.path.abspath(model), "name": "m"}))
for picture in pictures:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/models/m:predict", pathlib.Path(picture).read_bytes(), {"content-type": "image/jpeg"})
    with urllib.request.urlopen(request) as response:
        answer, = json.load(response)["predictions"]
    show(picture, [(each["index"], each["label"], each["score"]) for each in answer["top"]])
serve.shutdown()
ray.shutdown()
