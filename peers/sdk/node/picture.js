// SPDX-License-Identifier: Apache-2.0
// The recipe. The usual package of Node, sharp (libvips), decodes. The resizer is this kit's own, because sharp uses
// other positions of pixels when it enlarges a picture.
'use strict';

const fs = require('node:fs');
const { names, resize } = require('./resize.js');

const PLAIN = { crop_offset: 'half_even', arithmetic: 'torchvision', channels: 'rgb' };

const isSide = (value) => Number.isInteger(value) && value >= 1 && value <= 65536;
// A recipe's number or [height, width] as {width, height}; undefined if it is neither.
function sides(value) {
  if (isSide(value)) return { width: value, height: value };
  if (Array.isArray(value) && value.length === 2 && value.every(isSide)) return { width: value[1], height: value[0] };
  return undefined;
}

// Half to even, like Python's round().
function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

class Recipe {
  // sharp: the package.
  constructor(path, sharp) {
    const recipe = JSON.parse(fs.readFileSync(path, 'utf8'));
    const wrong = (key) => new Error(`${path}: this contestant does not know the recipe's ${key} = ${JSON.stringify(recipe[key])}`);
    for (const key of Object.keys(recipe)) {
      if (!['resize', 'crop', 'interpolation', 'mean', 'std'].includes(key) && PLAIN[key] !== recipe[key]) throw wrong(key);
    }
    this.sharp = sharp;
    this.interpolation = recipe.interpolation ?? 'bilinear';
    if (!names.includes(this.interpolation)) throw wrong('interpolation');
    this.resize = recipe.resize ?? null; // a number: of the short side
    this.crop = recipe.crop == null ? null : sides(recipe.crop);
    if (this.resize !== null && sides(this.resize) === undefined) throw wrong('resize');
    if (this.crop === undefined) throw wrong('crop');
    const three = (key, otherwise) => {
      const values = recipe[key] ?? [otherwise, otherwise, otherwise];
      if (!Array.isArray(values) || values.length !== 3 || !values.every(Number.isFinite)) throw wrong(key);
      return values;
    };
    const [mean, std] = [three('mean', 0), three('std', 1)];
    // The float of each stored value, in the order of operations that torchvision has.
    this.tables = mean.map((_, channel) =>
      Float32Array.from({ length: 256 }, (_, stored) =>
        Math.fround(Math.fround(Math.fround(stored / 255) - Math.fround(mean[channel])) / Math.fround(std[channel]))));
  }

  resizedSize(width, height) {
    if (this.resize === null) return { width, height };
    if (Array.isArray(this.resize)) return sides(this.resize);
    const long = Math.floor((this.resize * Math.max(width, height)) / Math.min(width, height));
    return width <= height ? { width: this.resize, height: long } : { width: long, height: this.resize };
  }

  // The picture as float32 [1, 3, H, W].
  async tensor(path) {
    const { data, info } = await this.sharp(path, { ignoreIcc: true }).toColourspace('srgb').removeAlpha().raw()
      .toBuffer({ resolveWithObject: true });
    const size = this.resizedSize(info.width, info.height);
    const pixels = resize(data, info, size, info.channels, this.interpolation);
    const crop = this.crop ?? size;
    return { values: this.normalised(pixels, size, crop, info.channels), shape: [1, 3, crop.height, crop.width] };
  }

  // Where a centred crop begins, rounded half to even; a crop that is larger than the picture begins outside of it.
  offset(length, crop) {
    return crop > length ? -Math.floor((crop - length) / 2) : roundHalfEven((length - crop) / 2);
  }

  normalised(pixels, size, crop, channels) {
    const [left, top] = [this.offset(size.width, crop.width), this.offset(size.height, crop.height)];
    const values = new Float32Array(3 * crop.width * crop.height);
    let to = 0;
    for (let channel = 0; channel < 3; ++channel) {
      const table = this.tables[channel];
      const from = channels === 1 ? 0 : channel; // a grey picture has one
      for (let y = top; y < top + crop.height; ++y) {
        for (let x = left; x < left + crop.width; ++x) {
          const inside = x >= 0 && y >= 0 && x < size.width && y < size.height;
          values[to++] = table[inside ? pixels[(y * size.width + x) * channels + from] : 0]; // padded with black
        }
      }
    }
    return values;
  }
}

module.exports = { Recipe };
