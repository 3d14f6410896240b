// SPDX-License-Identifier: Apache-2.0
// What the scheduler asks for on the command line.
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

const USAGE = `usage: version
       oneshot --model F --picture F --recipe F --labels F COMMON
       no_pre  --model F --inputs F.npy --count N [--logits F.npy | --blocks MS] COMMON
       inc_pre --model F --inputs F.txt --recipe F --count N [--logits F.npy] [--tensors F.npy] [--blocks MS] COMMON
       prepare --model F COMMON
COMMON: --threads N (0: the runtime's choice)  --track matched|default  [--set KEY=VALUE]...`;

const NEEDS = {
  version: [],
  prepare: ['model'],
  oneshot: ['model', 'picture', 'recipe', 'labels'],
  no_pre: ['model', 'inputs', 'count'],
  inc_pre: ['model', 'inputs', 'recipe', 'count'],
};
const OPTIONAL = ['threads', 'track', 'set', 'logits', 'tensors', 'blocks'];

// Texts that do not belong to the command are undefined. threads: 0 if the runtime chooses, as on the default track.
// blocks: milliseconds, or 0 for a plain series. settings: those of --set; all values are texts.
class Request {
  constructor(command, values, settings) {
    const whole = (name, otherwise, least) => {
      const text = values.get(name);
      if (text === undefined) return otherwise;
      if (!/^[0-9]+$/.test(text) || Number(text) < least) {
        throw new Error(`--${name} ${text}: a whole number of at least ${least} is needed`);
      }
      return Number(text);
    };
    const track = values.get('track') ?? 'matched';
    if (track !== 'matched' && track !== 'default') throw new Error(`--track ${track}: matched or default`);
    this.command = command;
    for (const name of ['model', 'picture', 'recipe', 'labels', 'inputs', 'logits', 'tensors']) this[name] = values.get(name);
    this.track = track;
    this.count = whole('count', 1, 1);
    this.threads = track === 'default' ? 0 : whole('threads', 0, 0);
    this.blocks = whole('blocks', 0, 1);
    this.settings = settings;
    if (this.blocks > 0 && (this.logits || this.tensors)) throw new Error('--blocks goes with neither --logits nor --tensors');
  }

  // A setting that the contestant must have.
  required(key) {
    const value = this.settings.get(key);
    if (value === undefined) throw new Error(`--set ${key}=... is missing`);
    return value;
  }

  // The package `name` from the contestant's home: packages are there, not beside the sources.
  package(name) {
    return createRequire(path.resolve(this.required('packages'), 'index.js'))(name);
  }
}

function parse(words) {
  const [command, ...rest] = words;
  if (!Object.hasOwn(NEEDS, command ?? '') || rest.length % 2 !== 0) throw new Error(USAGE);
  const values = new Map();
  const settings = new Map();
  for (let i = 0; i < rest.length; i += 2) {
    const name = rest[i].startsWith('--') ? rest[i].slice(2) : '';
    if (!NEEDS[command].includes(name) && !OPTIONAL.includes(name)) {
      throw new Error(`${rest[i]} is no option of ${command}\n${USAGE}`);
    }
    const equals = rest[i + 1].indexOf('=');
    if (name === 'set' && equals < 0) throw new Error(`--set ${rest[i + 1]}: KEY=VALUE is needed`);
    if (name === 'set') settings.set(rest[i + 1].slice(0, equals), rest[i + 1].slice(equals + 1));
    else values.set(name, rest[i + 1]);
  }
  const missing = NEEDS[command].find((name) => !values.has(name));
  if (missing) throw new Error(`--${missing} is missing\n${USAGE}`);
  return new Request(command, values, settings);
}

module.exports = { parse };
