// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime through the npm package onnxruntime-node. README.md says which settings, and why they are fair.
'use strict';

const path = require('node:path');
const sdk = require('../sdk/node/contestant.js');

const LEVELS = ['disabled', 'basic', 'extended', 'all'];
let ort;

function start(request) {
  process.env.ORT_DISABLE_TELEMETRY = '1'; // read when the library's environment is made
  ort = request.package('onnxruntime-node');
  return { onnxruntime: request.package('onnxruntime-node/package.json').version };
}

// The default track sets nothing at all. Settings whose names begin with "session." are the library's own configuration
// entries and are handed over as they are.
function sessionOptions(request, level) {
  if (!LEVELS.includes(level)) throw new Error(`--set optimisation=${level}: one of ${LEVELS.join(', ')}`);
  if (request.track === 'default') return {};
  const entries = [...request.settings].filter(([key]) => key.startsWith('session.'));
  return {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: level,
    intraOpNumThreads: request.threads,
    extra: Object.fromEntries(entries),
  };
}

async function load(request) {
  const saved = request.settings.get('saved_model');
  // A saved model is optimised already; optimising it again would only take time.
  const level = saved ? 'disabled' : (request.settings.get('optimisation') ?? 'all');
  const before = sdk.tasks();
  const session = await ort.InferenceSession.create(path.resolve(saved ?? request.model), sessionOptions(request, level));
  const threads = sdk.tasks() - before + 1;
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  const infer = async (values, shape) => {
    const outputs = await session.run({ [input]: new ort.Tensor('float32', values, shape) });
    return outputs[output].data;
  };
  const how = saved ? 'graph optimisation: all, done before and saved' : `graph optimisation: ${level}`;
  const settings = request.track === 'default' ? 'nothing set' : `${how}; sequential; the pool spins between calls, as it does by default`;
  return { infer, threads, settings };
}

async function prepare(request) {
  const options = { ...sessionOptions(request, 'all'), optimizedModelFilePath: request.required('saved_model') };
  await ort.InferenceSession.create(path.resolve(request.model), options);
}

sdk.run({ start, load, prepare });
