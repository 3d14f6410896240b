// SPDX-License-Identifier: Apache-2.0
// The protocol of peers/README.md for contestants written in JavaScript: they only load a model and infer.
//
//   run({ start(request) -> versions, load(request) -> engine, prepare(request) })
//   engine: { infer(values, shape) -> scores, threads, settings }; infer is timed and may be asynchronous.
'use strict';

const fs = require('node:fs');
const npy = require('./npy.js');
const { Recipe } = require('./picture.js');
const { parse } = require('./request.js');

const TENSORS_KEPT = 16;

// CLOCK_MONOTONIC in nanoseconds. A double holds them exactly for the first hundred days after the machine started;
// after that, in steps of two.
const now = () => Number(process.hrtime.bigint());

// A line is written at once, so that the output of a killed process shows how far it came.
function say(...lines) {
  let bytes = Buffer.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  while (bytes.length > 0) bytes = bytes.subarray(fs.writeSync(1, bytes));
}

// Threads of this process. The size of a pool is the number of threads that making it adds, plus the calling thread.
const tasks = () => fs.readdirSync('/proc/self/task').length;

// Resident and proportional memory now; a figure that this kernel does not report is left out.
function memoryMark(name, peak) {
  const mark = { mark: name };
  // A file mapped from a tmpfs counts as shared memory.
  const status = { RssAnon: 'rss_anon_bytes', RssFile: 'rss_file_bytes', RssShmem: 'rss_file_bytes' };
  if (peak) status.VmHWM = 'vm_hwm_bytes';
  for (const [file, keys] of [['status', status], ['smaps_rollup', { Pss: 'pss_bytes' }]]) {
    let text = '';
    try {
      text = fs.readFileSync(`/proc/self/${file}`, 'latin1');
    } catch {
      continue;
    }
    for (const [, key, kibibytes] of text.matchAll(/^(\w+):\s+([0-9]+) kB$/gm)) {
      if (keys[key]) mark[keys[key]] = (mark[keys[key]] ?? 0) + Number(kibibytes) * 1024;
    }
  }
  return mark;
}

// The first of the largest, and its probability.
function best(scores) {
  let index = 0;
  for (let i = 1; i < scores.length; ++i) if (scores[i] > scores[index]) index = i;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - scores[index]);
  return { index, score: 1 / sum };
}

async function oneshot(request, load) {
  const recipe = new Recipe(request.recipe, request.package('sharp'));
  const engine = await load(request);
  const { values, shape } = await recipe.tensor(request.picture);
  const { index, score } = best(await engine.infer(values, shape));
  const label = fs.readFileSync(request.labels, 'utf8').split('\n')[index] || String(index);
  say(`${index}, ${label}, ${score.toFixed(4)}`);
}

// Returns `input(index)`, which prepares one sample: work that is timed like the inference, and work that is not timed.
function openInputs(request) {
  if (request.command === 'no_pre') {
    const tensors = new npy.Tensors(request.inputs);
    return { count: tensors.count, ready: (index) => ({ values: tensors.read(index), shape: tensors.shape }), made: undefined };
  }
  const recipe = new Recipe(request.recipe, request.package('sharp'));
  const paths = fs.readFileSync(request.inputs, 'utf8').split('\n').filter(Boolean);
  if (paths.length === 0) throw new Error(`${request.inputs}: names no picture`);
  return { count: paths.length, ready: () => undefined, made: (index) => recipe.tensor(paths[index]) };
}

// One sample: {input, ms, end, scores, tensor}.
async function sample(engine, inputs, index) {
  const ready = inputs.ready(index);
  const begin = now();
  const tensor = ready ?? (await inputs.made(index));
  const scores = await engine.infer(tensor.values, tensor.shape);
  const end = now();
  return { input: index, ms: (end - begin) / 1e6, end, scores, tensor };
}

// Lines of standard input. They are read only on request, so nothing runs while it waits.
function* inputLines() {
  const chunk = Buffer.alloc(256);
  let text = '';
  for (;;) {
    const end = text.indexOf('\n');
    if (end >= 0) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
      continue;
    }
    const bytes = fs.readSync(0, chunk, 0, chunk.length, null);
    if (bytes === 0) break;
    text += chunk.toString('latin1', 0, bytes);
  }
  if (text !== '') yield text;
}

// Returns when the last inference ended.
async function blocks(request, engine, inputs, end) {
  say({ ready: true });
  let block = 0;
  for (const line of inputLines()) {
    const begin = now();
    const first = Number(/^go ([0-9]+)$/.exec(line)?.[1] ?? NaN);
    if (!(first < inputs.count)) throw new Error(`"${line}" on standard input is no "go K" with K below ${inputs.count}`);
    const samples = [];
    do {
      samples.push(await sample(engine, inputs, (first + samples.length) % inputs.count));
      end = samples.at(-1).end;
      samples.at(-1).tensor = undefined;
    } while (end - begin < request.blocks * 1e6);
    say({ block, samples: samples.map(({ input, ms, scores }) => [input, ms, best(scores).index, best(scores).score]) });
    ++block;
  }
  return end;
}

async function series(request, runtimeNs, versions, load) {
  say({ phase: 'runtime', t_ns: runtimeNs });
  const inputs = openInputs(request);
  const engine = await load(request);
  say({ phase: 'loaded', t_ns: now() }, memoryMark('loaded', false));
  const samples = [];
  const kept = [];
  let keptShape = [];
  for (let i = 0; i < request.count; ++i) {
    const taken = await sample(engine, inputs, i % inputs.count);
    if (i === 0) say({ phase: 'first', t_ns: taken.end });
    if (request.tensors && i < TENSORS_KEPT) {
      kept.push(taken.tensor.values);
      keptShape = taken.tensor.shape;
    }
    samples.push({ input: taken.input, ms: taken.ms, end: taken.end, scores: Float32Array.from(taken.scores) });
  }
  let end = samples.at(-1).end;
  let mark = memoryMark('end', true);
  say(...samples.map(({ input, ms, scores }, i) => ({ sample: i, input, ms, ...best(scores) })));
  if (request.blocks > 0) {
    end = await blocks(request, engine, inputs, end);
    mark = memoryMark('end', true);
  }
  say(mark, { info: { threads: engine.threads, versions, settings: engine.settings } });
  if (request.logits) npy.write(request.logits, [samples.length, samples[0].scores.length], samples.map(({ scores }) => scores));
  if (request.tensors) npy.write(request.tensors, [kept.length, ...keptShape.slice(1)], kept);
  say({phase: 'done', t_ns: end});  // the last line; time after the last sample is not inference
}

// The whole program. `start` makes the runtime ready and returns its versions; `load` makes an engine from the model;
// `prepare`, if it is set, writes the files that later runs read.
async function run({ start, load, prepare }) {
  try {
    const request = parse(process.argv.slice(2));
    const versions = { ...(await start(request)), node: process.versions.node };
    if (['version', 'oneshot', 'inc_pre'].includes(request.command)) versions.sharp = request.package('sharp/package.json').version;
    const runtimeNs = now();
    if (request.command === 'version') say({ info: { versions } });
    else if (request.command === 'oneshot') await oneshot(request, load);
    else if (request.command !== 'prepare') await series(request, runtimeNs, versions, load);
    else if (prepare) await prepare(request);
    else throw new Error('there is nothing to prepare');
  } catch (error) {
    process.stderr.write(`contestant: ${error.message}\n`);
    process.exitCode = 1;
  }
}

module.exports = { run, tasks };
