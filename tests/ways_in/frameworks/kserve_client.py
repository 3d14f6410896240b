# SPDX-License-Identifier: Apache-2.0
"""Files as BYTES for KServe's server, by tritonclient; the last argument is http or grpc."""

import importlib
import pathlib
import sys

import numpy
from rows import arguments, show
from support import free_port, server

work, model, (*pictures, protocol) = arguments()
client_library = importlib.import_module(f"tritonclient.{protocol}")
ports = {"http": free_port(), "grpc": free_port()}
command = [sys.executable, "-W", "ignore", "-m", "paperkite.kserve", "--model_dir", model, "--model_name", "m", "--http_port", str(ports["http"]),
           "--grpc_port", str(ports["grpc"])]
with server(command, f"http://127.0.0.1:{ports['http']}/v2/health/ready", pathlib.Path(work, "server.log")):
    client = client_library.InferenceServerClient(f"127.0.0.1:{ports[protocol]}")
    content = numpy.empty(len(pictures), object)
    content[:] = [pathlib.Path(picture).read_bytes() for picture in pictures]
    stated = client_library.InferInput("picture", [len(pictures)], "BYTES")
    stated.set_data_from_numpy(content)
    answer = client.infer("m", [stated])
    labels, indices, scores = (answer.as_numpy(name) for name in ("labels", "indices", "scores"))
    for place, picture in enumerate(pictures):
        show(picture, zip(indices[place], [each.decode() for each in labels[place]], scores[place]))
    client.close()
