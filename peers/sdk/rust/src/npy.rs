// SPDX-License-Identifier: Apache-2.0
//! `.npy` files of float32 in C order: read one tensor at a time, written whole.

use crate::Failure;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;

/// A stack of equal tensors; `read` fills one buffer, so that the file does not count as the contestant's memory.
pub struct Tensors {
    file: File,
    path: String,
    data_at: u64,
    pub count: usize,
    /// Of one tensor: [1, C, H, W].
    pub shape: [usize; 4],
}

fn value_of<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'"))?;
    Some(header[at..].split_once(':')?.1.trim_start())
}

fn dims_of(header: &str) -> Option<Vec<usize>> {
    let inside = value_of(header, "shape")?.strip_prefix('(')?.split_once(')')?.0;
    inside.split(',').map(str::trim).filter(|dim| !dim.is_empty()).map(|dim| dim.parse().ok()).collect()
}

impl Tensors {
    pub fn open(path: &str) -> Result<Tensors, Failure> {
        let broken = |what: &str| format!("{path}: {what}; save it with numpy.save() as float32 [N, C, H, W]");
        let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
        let mut start = [0u8; 12];
        file.read_exact_at(&mut start, 0).map_err(|_| broken("not a .npy file"))?;
        if &start[..6] != b"\x93NUMPY" {
            return Err(broken("not a .npy file").into());
        }
        let (size, header_at) = match start[6] {
            1 => (u64::from(u16::from_le_bytes([start[8], start[9]])), 10),
            _ => (u64::from(u32::from_le_bytes([start[8], start[9], start[10], start[11]])), 12),
        };
        if size > 1 << 20 {
            return Err(broken("its header is too long").into());
        }
        let mut header = vec![0u8; size as usize];
        file.read_exact_at(&mut header, header_at).map_err(|_| broken("its header is cut off"))?;
        let header = String::from_utf8_lossy(&header);
        let plain = value_of(&header, "descr").is_some_and(|text| text.starts_with("'<f4'"))
            && value_of(&header, "fortran_order").is_some_and(|text| text.starts_with("False"));
        let dims = dims_of(&header).ok_or_else(|| broken("it has no shape"))?;
        let [count, channels, height, width] = dims[..] else {
            return Err(broken("its shape has no four dimensions").into());
        };
        if !plain || count == 0 || channels * height * width == 0 {
            return Err(broken("it holds something else").into());
        }
        Ok(Tensors {
            file,
            path: path.to_string(),
            data_at: header_at + size,
            count,
            shape: [1, channels, height, width],
        })
    }

    pub fn read(&self, index: usize, values: &mut Vec<f32>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        let elements: usize = self.shape.iter().product();
        bytes.resize(elements * 4, 0);
        let at = self.data_at + (index * bytes.len()) as u64;
        self.file.read_exact_at(bytes, at).map_err(|error| format!("{}: tensor {index}: {error}", self.path))?;
        values.clear();
        values.extend(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])));
        Ok(())
    }
}

pub fn write(path: &str, dims: &[usize], values: &[f32]) -> Result<(), Failure> {
    let shape: String = dims.iter().map(|dim| format!("{dim},")).collect();
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = BufWriter::new(File::create(path).map_err(|error| format!("{path}: {error}"))?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value.to_le_bytes())?;
    }
    Ok(file.flush()?)
}
