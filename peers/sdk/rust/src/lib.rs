// SPDX-License-Identifier: Apache-2.0
//! The protocol of peers/README.md for contestants written in Rust: they only load a model and infer.

pub mod memory;
pub mod npy;
pub mod picture;
mod request;

pub use request::{Command, Request};

use picture::Recipe;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Versions = Vec<(&'static str, String)>;

const TENSORS_KEPT: usize = 16;

/// A loaded model. `infer` is what is timed: it borrows the input and copies the scores out, a few hundred bytes.
pub trait Engine {
    fn infer(&mut self, input: &[f32], shape: [usize; 4], scores: &mut Vec<f32>) -> Result<(), Failure>;
    /// What it really uses.
    fn threads(&self) -> usize;
    fn settings(&self) -> String;
}

/// CLOCK_MONOTONIC in nanoseconds.
pub fn now_ns() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec that lives through the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The version of a crate, from the text of a Cargo.lock.
pub fn locked_version(lock: &str, name: &str) -> String {
    let package = lock.split("[[package]]").find(|package| package.contains(&format!("name = \"{name}\"\n")));
    let version = package.and_then(|text| text.split_once("version = \"")).and_then(|(_, rest)| rest.split_once('"'));
    version.map_or("unknown", |(version, _)| version).to_string()
}

fn say(line: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?) // a process that is killed later has said how far it came
}

fn say_phase(name: &str, t_ns: i64) -> Result<(), Failure> {
    say(&json!({"phase": name, "t_ns": t_ns}))
}

/// The first of the largest, and its probability; softmax in double.
fn best(scores: &[f32]) -> (usize, f64) {
    let index = (0..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best });
    let sum: f64 = scores.iter().map(|score| f64::from(score - scores[index]).exp()).sum();
    (index, 1.0 / sum)
}

fn oneshot<E: Engine>(request: &Request, load: impl FnOnce(&Request) -> Result<E, Failure>) -> Result<(), Failure> {
    let recipe = Recipe::read(&request.recipe)?;
    let mut engine = load(request)?;
    let (mut tensor, mut scores) = (Vec::new(), Vec::new());
    let shape = recipe.tensor(&request.picture, &mut tensor)?;
    engine.infer(&tensor, shape, &mut scores)?;
    let (index, score) = best(&scores);
    let labels = std::fs::read_to_string(&request.labels).map_err(|error| format!("{}: {error}", request.labels))?;
    let label = labels.lines().nth(index).map_or_else(|| index.to_string(), str::to_string);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{index}, {label}, {score:.4}")?;
    Ok(out.flush()?)
}

enum Inputs {
    Tensors(npy::Tensors),
    Pictures(Vec<String>, Recipe),
}

fn open_inputs(request: &Request) -> Result<(Inputs, usize), Failure> {
    if request.command == Command::NoPre {
        let tensors = npy::Tensors::open(&request.inputs)?;
        let count = tensors.count;
        return Ok((Inputs::Tensors(tensors), count));
    }
    let list = std::fs::read_to_string(&request.inputs).map_err(|error| format!("{}: {error}", request.inputs))?;
    let paths: Vec<String> = list.lines().filter(|line| !line.is_empty()).map(str::to_string).collect();
    if paths.is_empty() {
        return Err(format!("{}: names no picture", request.inputs).into());
    }
    let count = paths.len();
    Ok((Inputs::Pictures(paths, Recipe::read(&request.recipe)?), count))
}

fn series<E: Engine>(
    request: &Request,
    runtime_ns: i64,
    versions: Versions,
    load: impl FnOnce(&Request) -> Result<E, Failure>,
) -> Result<(), Failure> {
    say_phase("runtime", runtime_ns)?;
    let (inputs, input_count) = open_inputs(request)?;
    let mut engine = load(request)?;
    say_phase("loaded", now_ns())?;
    say(&memory::mark("loaded", false))?;
    let (mut tensor, mut bytes, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    let (mut times, mut logits, mut kept, mut kept_shape) = (Vec::new(), Vec::new(), Vec::new(), [0; 4]);
    let mut end = 0;
    for sample in 0..request.count {
        let begin;
        match &inputs {
            Inputs::Tensors(tensors) => {
                tensors.read(sample % input_count, &mut tensor, &mut bytes)?;
                begin = now_ns();
                engine.infer(&tensor, tensors.shape, &mut scores)?;
                end = now_ns();
            }
            Inputs::Pictures(paths, recipe) => {
                let path = &paths[sample % input_count];
                begin = now_ns();
                let shape = recipe.tensor(path, &mut tensor)?;
                engine.infer(&tensor, shape, &mut scores)?;
                end = now_ns();
                if !request.tensors.is_empty() && sample < TENSORS_KEPT {
                    kept.extend_from_slice(&tensor);
                    kept_shape = shape;
                }
            }
        }
        if sample == 0 {
            say_phase("first", end)?;
        }
        times.push(end - begin);
        logits.extend_from_slice(&scores);
    }
    let end_mark = memory::mark("end", true);
    for (sample, elapsed) in times.iter().enumerate() {
        let (index, score) = best(&logits[sample * scores.len()..][..scores.len()]);
        let ms = *elapsed as f64 / 1e6;
        say(&json!({"sample": sample, "input": sample % input_count, "ms": ms, "index": index, "score": score}))?;
    }
    say(&end_mark)?;
    say(&info(versions, Some(&engine)))?;
    if !request.logits.is_empty() {
        npy::write(&request.logits, &[request.count, scores.len()], &logits)?;
    }
    if !request.tensors.is_empty() {
        kept_shape[0] = request.count.min(TENSORS_KEPT);
        npy::write(&request.tensors, &kept_shape, &kept)?;
    }
    say_phase("done", end) // the last line; what came after the last sample is no inference
}

fn info(versions: Versions, engine: Option<&dyn Engine>) -> Value {
    let versions: serde_json::Map<String, Value> =
        versions.into_iter().map(|(name, version)| (name.into(), version.into())).collect();
    match engine {
        None => json!({"info": {"versions": versions}}),
        Some(engine) => {
            json!({"info": {"threads": engine.threads(), "versions": versions, "settings": engine.settings()}})
        }
    }
}

/// The whole program. `start` makes the runtime ready and says what it is; `load` makes an engine of the model.
/// `prepare` makes what later runs read; for a contestant that has something to make.
pub fn run<E: Engine>(
    start: impl FnOnce(&Request) -> Result<Versions, Failure>,
    load: impl FnOnce(&Request) -> Result<E, Failure>,
    prepare: impl FnOnce(&Request) -> Result<(), Failure>,
) -> ExitCode {
    let go = || -> Result<(), Failure> {
        let request = Request::parse(std::env::args().skip(1))?;
        let versions = start(&request)?;
        let runtime_ns = now_ns();
        match request.command {
            Command::Version => say(&info(versions, None)),
            Command::Prepare => prepare(&request),
            Command::Oneshot => oneshot(&request, load),
            Command::NoPre | Command::IncPre => series(&request, runtime_ns, versions, load),
        }
    };
    match go() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("contestant: {failure}");
            ExitCode::FAILURE
        }
    }
}
