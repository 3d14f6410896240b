// SPDX-License-Identifier: Apache-2.0
// `.npy` files of float32 in C order: read one tensor at a time, written whole.
'use strict';

const fs = require('node:fs');

// A stack of equal tensors. `read` fills one buffer, so that the file does not count as the contestant's memory.
class Tensors {
  constructor(path) {
    const broken = (what) => new Error(`${path}: ${what}; save it with numpy.save() as float32 [N, C, H, W]`);
    this.path = path;
    this.file = fs.openSync(path, 'r');
    const start = Buffer.alloc(12);
    if (fs.readSync(this.file, start, 0, 12, 0) < 12 || start.toString('latin1', 0, 6) !== '\x93NUMPY') {
      throw broken('not a .npy file');
    }
    const size = start[6] === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
    const begin = start[6] === 1 ? 10 : 12;
    if (size > 1 << 20) throw broken('its header is too long');
    const header = Buffer.alloc(size);
    if (fs.readSync(this.file, header, 0, size, begin) < size) throw broken('its header is cut off');
    const text = header.toString('latin1');
    if (!/'descr':\s*'<f4'/.test(text) || !/'fortran_order':\s*False/.test(text)) throw broken('it holds something else');
    const dims = (/'shape':\s*\(([0-9, ]*)\)/.exec(text)?.[1] ?? '').split(',').map((dim) => dim.trim()).filter(Boolean).map(Number);
    if (dims.length !== 4 || dims.some((dim) => dim < 1)) throw broken('its shape has no four dimensions');
    this.dataAt = begin + size;
    this.count = dims[0];
    this.shape = [1, ...dims.slice(1)]; // of one tensor
    this.values = new Float32Array(dims[1] * dims[2] * dims[3]);
    this.bytes = Buffer.from(this.values.buffer);
  }

  read(index) {
    const at = this.dataAt + index * this.bytes.length;
    if (fs.readSync(this.file, this.bytes, 0, this.bytes.length, at) < this.bytes.length) {
      throw new Error(`${this.path}: ends within tensor ${index}`);
    }
    return this.values;
  }
}

// parts: arrays of float32 that stand one after another in the file.
function write(path, dims, parts) {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.map((dim) => `${dim},`).join(' ')}), }`;
  const header = dict.padEnd(Math.ceil((10 + dict.length + 1) / 64) * 64 - 11) + '\n'; // data begins at a multiple of 64
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  const bytes = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  fs.writeFileSync(path, Buffer.concat([start, Buffer.from(header, 'latin1'), ...bytes]));
}

module.exports = { Tensors, write };
