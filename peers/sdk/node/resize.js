// SPDX-License-Identifier: Apache-2.0
// Pillow's resampling of 8-bit pictures. It gives the same bits, except where the results of sin() differ. The filter
// is stretched when a picture shrinks (antialiased), weights are rounded to 22 bits after the point, and the horizontal
// pass is rounded to bytes before the vertical one begins.
'use strict';

const PRECISION = 22; // 32 bits, less 8 of a byte and 2 for sums of weights that are negative in part

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
// Name in a recipe -> how far the filter reaches, and its value at a distance that is not negative.
const FILTERS = {
  box: { support: 0.5, at: (x) => (x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(1 - x, 0) },
  hamming: { support: 1, at: (x) => (x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))) },
  // Keys' cubic with a = -0.5.
  bicubic: { support: 2, at: (x) => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0) },
  lanczos: { support: 3, at: (x) => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

// For each of `to` positions: the first of the `from` positions that it uses, how many, and their weights (`taps` for
// each).
function weightsOf(filter, from, to) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const [first, count, weights] = [new Int32Array(to), new Int32Array(to), new Int32Array(to * taps)];
  for (let position = 0; position < to; ++position) {
    const centre = (position + 0.5) * scale;
    const begin = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    const values = Array.from({ length: end - begin }, (_, i) => {
      const distance = (begin + i - centre + 0.5) / stretch;
      // A box excludes its left end, so that two neighbours never share a position.
      return filter === FILTERS.box && distance === -0.5 ? 0 : filter.at(Math.abs(distance));
    });
    const sum = values.reduce((total, value) => total + value, 0);
    first[position] = begin;
    count[position] = end - begin;
    values.forEach((value, i) => {
      const scaled = (value / sum) * (1 << PRECISION);
      weights[position * taps + i] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
  }
  return { first, count, weights, taps };
}

const byte = (sum) => {
  const value = sum >> PRECISION;
  return value < 0 ? 0 : value > 255 ? 255 : value;
};

// `pixels` has `rows` x `from` positions with `channels` bytes each; each row becomes `to` positions.
function horizontal(pixels, rows, from, to, channels, filter) {
  const { first, count, weights, taps } = weightsOf(filter, from, to);
  const result = new Uint8Array(rows * to * channels);
  for (let row = 0; row < rows; ++row) {
    for (let position = 0; position < to; ++position) {
      for (let channel = 0; channel < channels; ++channel) {
        let sum = 1 << (PRECISION - 1);
        let at = (row * from + first[position]) * channels + channel;
        for (let tap = 0; tap < count[position]; ++tap, at += channels)
          sum += pixels[at] * weights[position * taps + tap];
        result[(row * to + position) * channels + channel] = byte(sum);
      }
    }
  }
  return result;
}

// `pixels` of `from` rows of `width` bytes become `to` rows.
function vertical(pixels, width, from, to, filter) {
  const { first, count, weights, taps } = weightsOf(filter, from, to);
  const result = new Uint8Array(to * width);
  const sums = new Int32Array(width);
  for (let position = 0; position < to; ++position) {
    sums.fill(1 << (PRECISION - 1));
    for (let tap = 0; tap < count[position]; ++tap) {
      const weight = weights[position * taps + tap];
      const row = (first[position] + tap) * width;
      for (let i = 0; i < width; ++i) sums[i] += pixels[row + i] * weight;
    }
    for (let i = 0; i < width; ++i) result[position * width + i] = byte(sums[i]);
  }
  return result;
}

// `from` and `to` are {width, height}; `filter` is a name of FILTERS, or "nearest".
function resize(pixels, from, to, channels, filter) {
  if (filter === 'nearest') return nearest(pixels, from, to, channels);
  const chosen = FILTERS[filter];
  // A direction whose length does not change is not resampled.
  const wide = from.width === to.width ? pixels : horizontal(pixels, from.height, from.width, to.width, channels, chosen);
  return from.height === to.height ? wide : vertical(wide, to.width * channels, from.height, to.height, chosen);
}

// For each of `to` positions the position of `from` that it takes. The steps are added up as Pillow does it, since its
// rounding shows in the result.
function nearestPlaces(from, to) {
  const scale = from / to;
  const positions = new Int32Array(to);
  for (let position = 0, at = scale / 2; position < to; ++position, at += scale) positions[position] = Math.floor(at);
  return positions;
}

function nearest(pixels, from, to, channels) {
  const result = new Uint8Array(to.width * to.height * channels);
  const [columns, rows] = [nearestPlaces(from.width, to.width), nearestPlaces(from.height, to.height)];
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (let channel = 0; channel < channels; ++channel) result[at++] = pixels[(row * from.width + column) * channels + channel];
    }
  }
  return result;
}

module.exports = { resize, names: ['nearest', ...Object.keys(FILTERS)] };
