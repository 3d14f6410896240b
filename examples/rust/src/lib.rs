// SPDX-License-Identifier: Apache-2.0
//! A thin safe layer over paperkite.h: a classifier for any number of threads, its answers and its errors.
mod sys;

use std::ffi::{c_char, CStr, CString};
use std::ptr::null_mut;
use sys::*;

#[derive(Debug)]
pub struct Error {
    pub name: String, // "invalid-image"
    pub message: String,
}

pub struct Prediction {
    pub index: i64,
    pub label: String,
    pub score: f32,
}

/// What is freed with the function of its kind.
struct Owned(Handle, unsafe extern "C" fn(Handle));
impl Drop for Owned {
    fn drop(&mut self) {
        unsafe { (self.1)(self.0) }
    }
}

fn text(from: *const c_char) -> String {
    unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned()
}

fn made(free: unsafe extern "C" fn(Handle), make: impl FnOnce(*mut Handle) -> Handle) -> Result<Owned, Error> {
    let mut out = null_mut();
    let error = Owned(make(&mut out), paperkite_error_free);
    if error.0.is_null() {
        return Ok(Owned(out, free));
    }
    unsafe { Err(Error { name: text(paperkite_error_name(error.0)), message: text(paperkite_error_message(error.0)) }) }
}

pub struct Classifier(Owned);
unsafe impl Send for Classifier {}
unsafe impl Sync for Classifier {} // paperkite.h: any number of threads may use one at the same time

impl Classifier {
    pub fn open(path: &CString) -> Result<Self, Error> {
        made(paperkite_classifier_free, |out| unsafe { paperkite_classifier_open(path.as_ptr(), null_mut(), out) })
            .map(Self)
    }
    pub fn notices(&self) -> Vec<String> {
        let handle = self.0 .0;
        unsafe {
            (0..paperkite_classifier_notice_count(handle))
                .map(|i| text(paperkite_classifier_notice(handle, i)))
                .collect()
        }
    }
    /// The best `k` classes for the bytes of a picture's file.
    pub fn classify(&self, bytes: &[u8], k: i32) -> Result<Vec<Prediction>, Error> {
        let from_bytes = |out| unsafe { paperkite_picture_from_bytes(bytes.as_ptr(), bytes.len(), BORROW, out) };
        let picture = made(paperkite_picture_free, from_bytes)?;
        let result = made(paperkite_result_free, |out| unsafe { paperkite_classify(self.0 .0, picture.0, k, out) })?;
        let prediction = |i| unsafe {
            Prediction {
                index: paperkite_result_index(result.0, i),
                label: text(paperkite_result_label(result.0, i)),
                score: paperkite_result_score(result.0, i),
            }
        };
        Ok((0..unsafe { paperkite_result_count(result.0) }).map(prediction).collect())
    }
}
