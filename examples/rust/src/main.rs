// SPDX-License-Identifier: Apache-2.0
//! usage: classify MODEL PICTURE: the five best classes of a picture.
use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;

fn run(model: CString, picture: &std::path::Path) -> Result<(), String> {
    let text = |error: paperkite::Error| format!("error[{}]: {}", error.name, error.message);
    let classifier = paperkite::Classifier::open(&model).map_err(text)?;
    for notice in classifier.notices() {
        eprintln!("warning: {notice}");
    }
    let bytes = std::fs::read(picture).map_err(|error| format!("error[io]: {}: {error}", picture.display()))?;
    for prediction in classifier.classify(&bytes, 5).map_err(text)? {
        println!("{}, {}, {}", prediction.index, prediction.label, prediction.score);
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let [_, model, picture] = arguments.as_slice() else {
        eprintln!("usage: classify MODEL PICTURE");
        return ExitCode::from(2);
    };
    let model = CString::new(model.clone().into_vec()).expect("an argument has no zero byte");
    match run(model, picture.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
