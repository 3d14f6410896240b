// SPDX-License-Identifier: Apache-2.0
//! What of paperkite.h the crate uses.
use std::ffi::{c_char, c_void};

pub type Handle = *mut c_void;

extern "C" {
    pub fn paperkite_error_name(error: Handle) -> *const c_char;
    pub fn paperkite_error_message(error: Handle) -> *const c_char;
    pub fn paperkite_error_free(error: Handle);
    pub fn paperkite_classifier_open(path: *const c_char, options: Handle, classifier: *mut Handle) -> Handle;
    pub fn paperkite_classifier_free(classifier: Handle);
    pub fn paperkite_classifier_notice_count(classifier: Handle) -> usize;
    pub fn paperkite_classifier_notice(classifier: Handle, place: usize) -> *const c_char;
    pub fn paperkite_picture_from_bytes(bytes: *const u8, size: usize, ownership: i32, picture: *mut Handle) -> Handle;
    pub fn paperkite_picture_free(picture: Handle);
    pub fn paperkite_classify(classifier: Handle, picture: Handle, k: i32, result: *mut Handle) -> Handle;
    pub fn paperkite_result_count(result: Handle) -> usize;
    pub fn paperkite_result_index(result: Handle, place: usize) -> i64;
    pub fn paperkite_result_label(result: Handle, place: usize) -> *const c_char;
    pub fn paperkite_result_score(result: Handle, place: usize) -> f32;
    pub fn paperkite_result_free(result: Handle);
}

pub const BORROW: i32 = 1;
