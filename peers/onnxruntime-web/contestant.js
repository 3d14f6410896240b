// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime compiled to WebAssembly, run by Node.js. README.md says which settings, and why they are fair.
'use strict';

const fs = require('node:fs');
const sdk = require('../sdk/node/contestant.js');

let ort;

function start(request) {
  ort = request.package('onnxruntime-web');
  return { 'onnxruntime-web': ort.env.versions.web };
}

async function load(request) {
  const matched = request.track !== 'default';
  if (matched) ort.env.wasm.numThreads = request.threads;
  await fs.promises.access(request.model); // makes Node's own pool, which reads files; it is not the runtime's
  const before = sdk.tasks();
  const options = matched ? { executionProviders: ['wasm'], executionMode: 'sequential', graphOptimizationLevel: 'all' } : {};
  // As bytes: this build has no files.
  const session = await ort.InferenceSession.create(fs.readFileSync(request.model), options);
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const infer = async (values, shape) => {
    const outputs = await session.run({ [input]: new ort.Tensor('float32', values, shape) });
    return outputs[output].data;
  };
  return {
    infer,
    threads: sdk.tasks() - before + 1,
    settings: matched ? 'WebAssembly with vector instructions; graph optimisation: all; sequential' : 'nothing set',
  };
}

sdk.run({ start, load });
