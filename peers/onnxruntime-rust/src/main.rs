// SPDX-License-Identifier: Apache-2.0
//! ONNX Runtime through the crate `ort`, from the same library file that the Python contestant loads.

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;
use paperkite_contestant as sdk;
use sdk::{Engine, Failure, Request};
use std::cell::OnceCell;
use std::path::Path;
use std::process::ExitCode;

struct OnnxRuntime {
    session: Session,
    input: String,
    threads: usize,
    settings: String,
}

impl Engine for OnnxRuntime {
    fn infer(&mut self, input: &[f32], shape: [usize; 4], scores: &mut Vec<f32>) -> Result<(), Failure> {
        let tensor = TensorRef::from_array_view((shape, input))?;
        let outputs = self.session.run(ort::inputs![self.input.as_str() => tensor])?;
        let (_, values) = outputs[0].try_extract_tensor::<f32>()?;
        scores.clear();
        scores.extend_from_slice(values);
        Ok(())
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn settings(&self) -> String {
        self.settings.clone()
    }
}

fn level(name: &str) -> Result<GraphOptimizationLevel, Failure> {
    Ok(match name {
        "disabled" => GraphOptimizationLevel::Disable,
        "basic" => GraphOptimizationLevel::Level1,
        "extended" => GraphOptimizationLevel::Level2,
        "all" => GraphOptimizationLevel::All,
        _ => return Err(format!("--set optimisation={name}: disabled, basic, extended or all").into()),
    })
}

fn builder(
    environment: &Environment,
    request: &Request,
    level: GraphOptimizationLevel,
) -> Result<SessionBuilder, Failure> {
    let mut builder =
        Session::builder(environment)?.with_optimization_level(level).map_err(|error| error.to_string())?;
    // Settings with these names are the own configuration entries of the library.
    for (key, value) in request.settings().filter(|(key, _)| key.starts_with("session.")) {
        builder = builder.with_config_entry(key, value).map_err(|error| error.to_string())?;
    }
    if request.threads == 0 {
        return Ok(builder);
    }
    Ok(builder.with_intra_threads(request.threads).map_err(|error| error.to_string())?)
}

fn load(environment: &Environment, request: &Request) -> Result<OnnxRuntime, Failure> {
    let before = sdk::memory::tasks();
    let saved = request.setting("saved_model");
    // A saved model is optimised already; optimising it again would only take time.
    let name = if saved.is_some() { "disabled" } else { request.setting("optimisation").unwrap_or("all") };
    let session = builder(environment, request, level(name)?)?.commit_from_file(saved.unwrap_or(&request.model))?;
    let input = session.inputs().first().ok_or("the model has no input")?.name().to_string();
    let graph = if saved.is_some() { "saved optimised model" } else { "unchanged model" };
    let settings = format!("{graph}, graph optimisation {name}, sequential execution");
    Ok(OnnxRuntime { session, input, threads: sdk::memory::tasks() - before + 1, settings })
}

fn prepare(environment: &Environment, request: &Request) -> Result<(), Failure> {
    let path = request.required("saved_model")?;
    let builder = builder(environment, request, GraphOptimizationLevel::All)?;
    builder.with_optimized_model_path(path).map_err(|error| error.to_string())?.commit_from_file(&request.model)?;
    Ok(())
}

/// "1.32.0" of .../libonnxruntime.so.1.32.0.
fn library_version(library: &str) -> Result<String, Failure> {
    let path = Path::new(library).canonicalize().map_err(|error| format!("{library}: {error}"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(name.split_once(".so.").map_or("unknown", |(_, version)| version).to_string())
}

fn main() -> ExitCode {
    let environment = OnceCell::new();
    let started = || environment.get().ok_or_else(|| Failure::from("the runtime was not started"));
    sdk::run(
        |request| {
            let library = request.required("library")?;
            // SAFETY: no other thread exists yet.
            unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") }; // read when the environment is made
            let made = ort::init_from(library)?.with_telemetry(false).build()?;
            environment.set(made).map_err(|_| "started twice")?;
            let ort = sdk::locked_version(include_str!("../Cargo.lock"), "ort");
            Ok(vec![("onnxruntime", library_version(library)?), ("ort", ort)])
        },
        |request| load(started()?, request),
        |request| prepare(started()?, request),
    )
}
