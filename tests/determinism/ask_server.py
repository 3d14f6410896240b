# SPDX-License-Identifier: Apache-2.0
"""usage: ask_server.py FOLDER MODEL ISA RECIPE CLASSES PICTURE...: KServe's server with one model, asked for each picture alone, for
all at once, and by several clients at the same time, over HTTP and gRPC. One line of JSON an answer, with all scores by index."""

import json
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
import tritonclient.grpc
import tritonclient.http
from support import free_port, server

SERVER = """
import sys
from paperkite.kserve import Model, ModelServer
http, grpc, model, isa, recipe, classes = sys.argv[1:]
ModelServer(http_port=int(http), grpc_port=int(grpc)).start([Model("m", model, isa=isa, recipe=recipe, cache=False, top=int(classes), watch=0)])
"""


def show(how, place, indices, scores):
    by_index = numpy.empty(len(scores), numpy.float32)
    by_index[indices] = scores
    print(json.dumps({"how": how, "place": place, "scores": by_index.tobytes().hex()}), flush=True)


def asked(library, client, files):
    content = numpy.empty(len(files), object)
    content[:] = files
    stated = library.InferInput("picture", [len(files)], "BYTES")
    stated.set_data_from_numpy(content)
    answer = client.infer("m", [stated])
    return [*zip(answer.as_numpy("indices"), answer.as_numpy("scores"))]


def main():
    folder, model, isa, recipe, classes, *pictures = sys.argv[1:]
    files = [pathlib.Path(picture).read_bytes() for picture in pictures]
    http, grpc = str(free_port()), str(free_port())
    command = [sys.executable, "-W", "ignore", "-c", SERVER, http, grpc, model, isa, recipe, classes]
    with server(command, f"http://127.0.0.1:{http}/v2/health/ready", pathlib.Path(folder, "server.log")):
        for name, library, port in (("HTTP", tritonclient.http, http), ("gRPC", tritonclient.grpc, grpc)):

            def ask(wanted, library=library, port=port):
                client = library.InferenceServerClient(f"127.0.0.1:{port}")
                answers = asked(library, client, wanted)
                client.close()
                return answers

            for place, file in enumerate(files):
                show(f"{name}, one", place, *ask([file])[0])
            for place, answer in enumerate(ask(files * 2)):
                show(f"{name}, many", place % len(files), *answer)
            places = [*range(len(files))] * 4
            with ThreadPoolExecutor(4) as pool:
                for place, answers in zip(places, pool.map(lambda place: ask([files[place]]), places)):
                    show(f"{name}, at once", place, *answers[0])


if __name__ == "__main__":
    main()
