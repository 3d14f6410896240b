// SPDX-License-Identifier: Apache-2.0
//! The recipe with Rust's usual crates: `image` decodes, `fast_image_resize` resizes. Neither is exact to Pillow's last
//! bit; a race reports by how much the tensor differs.

use crate::Failure;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::ImageReader;
use serde_json::Value;

pub enum Resize {
    None,
    ShortSide(u32),
    Exact(u32, u32), // width, height
}

pub struct Recipe {
    resize: Resize,
    crop: Option<(u32, u32)>, // width, height
    algorithm: ResizeAlg,
    tables: [[f32; 256]; 3], // the float of each stored value
}

fn side(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| (1..=65536).contains(number))
}

/// A recipe's [height, width] as (width, height).
fn sides(value: &Value) -> Option<(u32, u32)> {
    match value.as_array().map(Vec::as_slice) {
        Some([height, width]) => Some((side(width)?, side(height)?)),
        _ => None,
    }
}

fn three(value: Option<&Value>, default: f32) -> Option<[f32; 3]> {
    let Some(value) = value else { return Some([default; 3]) };
    let numbers: Vec<f32> =
        value.as_array()?.iter().map(|number| number.as_f64().map(|n| n as f32)).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

fn algorithm(name: &str) -> Option<ResizeAlg> {
    Some(match name {
        "nearest" => ResizeAlg::Nearest,
        "box" => ResizeAlg::Convolution(FilterType::Box),
        "bilinear" => ResizeAlg::Convolution(FilterType::Bilinear),
        "hamming" => ResizeAlg::Convolution(FilterType::Hamming),
        "bicubic" => ResizeAlg::Convolution(FilterType::CatmullRom),
        "lanczos" => ResizeAlg::Convolution(FilterType::Lanczos3),
        _ => return None,
    })
}

impl Recipe {
    pub fn read(path: &str) -> Result<Recipe, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let value: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
        let object = value.as_object().ok_or_else(|| format!("{path}: no JSON object"))?;
        let wrong = |key: &str| format!("{path}: this contestant does not know the recipe's {key} = {}", value[key]);
        for key in object.keys() {
            let known = match key.as_str() {
                "resize" | "crop" | "interpolation" | "mean" | "std" => true,
                "crop_offset" => value[key] == "half_even",
                "arithmetic" => value[key] == "torchvision",
                "channels" => value[key] == "rgb",
                _ => false,
            };
            if !known {
                return Err(wrong(key).into());
            }
        }
        let resize = match &value["resize"] {
            Value::Null => Resize::None,
            pair @ Value::Array(_) => {
                sides(pair).map(|(width, height)| Resize::Exact(width, height)).ok_or_else(|| wrong("resize"))?
            }
            number => Resize::ShortSide(side(number).ok_or_else(|| wrong("resize"))?),
        };
        let crop = match &value["crop"] {
            Value::Null => None,
            pair @ Value::Array(_) => Some(sides(pair).ok_or_else(|| wrong("crop"))?),
            number => Some(side(number).map(|n| (n, n)).ok_or_else(|| wrong("crop"))?),
        };
        let name = value.get("interpolation").map_or(Some("bilinear"), Value::as_str);
        let algorithm = name.and_then(algorithm).ok_or_else(|| wrong("interpolation"))?;
        let mean = three(object.get("mean"), 0.0).ok_or_else(|| wrong("mean"))?;
        let std = three(object.get("std"), 1.0).ok_or_else(|| wrong("std"))?;
        let mut tables = [[0.0; 256]; 3];
        for (channel, table) in tables.iter_mut().enumerate() {
            for (stored, value) in table.iter_mut().enumerate() {
                *value = (stored as f32 / 255.0 - mean[channel]) / std[channel];
            }
        }
        Ok(Recipe { resize, crop, algorithm, tables })
    }

    fn resized_size(&self, width: u32, height: u32) -> (u32, u32) {
        match self.resize {
            Resize::None => (width, height),
            Resize::Exact(to_width, to_height) => (to_width, to_height),
            Resize::ShortSide(to) => {
                let long = |short: u32, long: u32| (u64::from(to) * u64::from(long) / u64::from(short)) as u32;
                if width <= height { (to, long(width, height)) } else { (long(height, width), to) }
            }
        }
    }

    /// Fills `values` with float32 [1, 3, H, W] and returns that shape.
    pub fn tensor(&self, path: &str, values: &mut Vec<f32>) -> Result<[usize; 4], Failure> {
        let failed = |error: &dyn std::fmt::Display| format!("{path}: {error}");
        let reader = ImageReader::open(path).map_err(|e| failed(&e))?.with_guessed_format().map_err(|e| failed(&e))?;
        let decoded = reader.decode().map_err(|e| failed(&e))?.into_rgb8();
        let size = self.resized_size(decoded.width(), decoded.height());
        let (from_width, from_height) = decoded.dimensions();
        let mut pixels = decoded.into_raw();
        if size != (from_width, from_height) {
            let mut resized = vec![0; size.0 as usize * size.1 as usize * 3];
            // Typed: the untyped call would compile the resizer for all thirteen kinds of pixels.
            let from = TypedImageRef::<U8x3>::from_buffer(from_width, from_height, &pixels)?;
            let mut to = TypedImage::<U8x3>::from_buffer(size.0, size.1, &mut resized)?;
            let options = ResizeOptions::new().resize_alg(self.algorithm).use_alpha(false);
            Resizer::new().resize_typed(&from, &mut to, &options)?;
            pixels = resized;
        }
        let (width, height) = self.crop.unwrap_or(size);
        let (left, top) = (offset(size.0, width), offset(size.1, height));
        let stored = |x: i64, y: i64, channel: usize| -> u8 {
            let inside = (0..i64::from(size.0)).contains(&x) && (0..i64::from(size.1)).contains(&y);
            if inside { pixels[(y * i64::from(size.0) + x) as usize * 3 + channel] } else { 0 } // padded with black
        };
        values.clear();
        for (channel, table) in self.tables.iter().enumerate() {
            for y in 0..i64::from(height) {
                values.extend((0..i64::from(width)).map(|x| table[usize::from(stored(x + left, y + top, channel))]));
            }
        }
        Ok([1, 3, height as usize, width as usize])
    }
}

/// Where a centred crop begins: half to even; a crop that is larger than the picture begins outside of it.
fn offset(length: u32, crop: u32) -> i64 {
    if crop > length {
        -i64::from((crop - length) / 2)
    } else {
        (f64::from(length - crop) / 2.0).round_ties_even() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_is_centred_half_to_even_and_may_stick_out() {
        assert_eq!([offset(256, 224), offset(227, 224), offset(229, 224)], [16, 2, 2]);
        assert_eq!([offset(224, 224), offset(220, 224), offset(221, 224)], [0, -2, -1]);
    }
}
