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

/// A loaded model. `infer` is timed: it borrows the input and copies the scores out, a few hundred bytes.
pub trait Engine {
    fn infer(&mut self, input: &[f32], shape: [usize; 4], scores: &mut Vec<f32>) -> Result<(), Failure>;
    /// How many it really uses.
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
    Ok(out.flush()?) // the output of a killed process shows how far it came
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

/// The input of a sample: a tensor of a file, or a picture, which is timed from its path on.
enum Source {
    Tensors(npy::Tensors),
    Pictures(Vec<String>, Recipe),
}

struct Inputs {
    source: Source,
    count: usize,
    tensor: Vec<f32>, // of the last sample
    shape: [usize; 4],
    bytes: Vec<u8>,
}

impl Inputs {
    fn open(request: &Request) -> Result<Inputs, Failure> {
        let (source, count) = if request.command == Command::NoPre {
            let tensors = npy::Tensors::open(&request.inputs)?;
            let count = tensors.count;
            (Source::Tensors(tensors), count)
        } else {
            let list = std::fs::read_to_string(&request.inputs).map_err(|error| format!("{}: {error}", request.inputs))?;
            let paths: Vec<String> = list.lines().filter(|line| !line.is_empty()).map(str::to_string).collect();
            if paths.is_empty() {
                return Err(format!("{}: names no picture", request.inputs).into());
            }
            let count = paths.len();
            (Source::Pictures(paths, Recipe::read(&request.recipe)?), count)
        };
        Ok(Inputs { source, count, tensor: Vec::new(), shape: [0; 4], bytes: Vec::new() })
    }

    /// When the sample began and ended.
    fn take<E: Engine>(&mut self, index: usize, engine: &mut E, scores: &mut Vec<f32>) -> Result<(i64, i64), Failure> {
        let begin;
        match &self.source {
            Source::Tensors(tensors) => {
                tensors.read(index, &mut self.tensor, &mut self.bytes)?;
                begin = now_ns();
                engine.infer(&self.tensor, tensors.shape, scores)?;
            }
            Source::Pictures(paths, recipe) => {
                let path = &paths[index];
                begin = now_ns();
                self.shape = recipe.tensor(path, &mut self.tensor)?;
                engine.infer(&self.tensor, self.shape, scores)?;
            }
        }
        Ok((begin, now_ns()))
    }
}

fn series<E: Engine>(
    request: &Request,
    runtime_ns: i64,
    versions: Versions,
    load: impl FnOnce(&Request) -> Result<E, Failure>,
) -> Result<(), Failure> {
    say_phase("runtime", runtime_ns)?;
    let mut inputs = Inputs::open(request)?;
    let mut engine = load(request)?;
    say_phase("loaded", now_ns())?;
    say(&memory::mark("loaded", false))?;
    let mut scores = Vec::new();
    let (mut times, mut logits, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = 0;
    for sample in 0..request.count {
        let (begin, end) = inputs.take(sample % inputs.count, &mut engine, &mut scores)?;
        if !request.tensors.is_empty() && sample < TENSORS_KEPT {
            kept.extend_from_slice(&inputs.tensor);
        }
        if sample == 0 {
            say_phase("first", end)?;
        }
        done = end;
        times.push(end - begin);
        logits.extend_from_slice(&scores);
    }
    let mut end_mark = memory::mark("end", true);
    for (sample, elapsed) in times.iter().enumerate() {
        let (index, score) = best(&logits[sample * scores.len()..][..scores.len()]);
        let (input, ms) = (sample % inputs.count, *elapsed as f64 / 1e6);
        say(&json!({"sample": sample, "input": input, "ms": ms, "index": index, "score": score}))?;
    }
    if let Some(least_ns) = request.block_ns {
        done = blocks(least_ns, &mut inputs, &mut engine)?.unwrap_or(done);
        end_mark = memory::mark("end", true);
    }
    say(&end_mark)?;
    say(&info(versions, Some(&engine)))?;
    if !request.logits.is_empty() {
        npy::write(&request.logits, &[request.count, scores.len()], &logits)?;
    }
    if !request.tensors.is_empty() {
        let [_, channels, height, width] = inputs.shape;
        npy::write(&request.tensors, &[request.count.min(TENSORS_KEPT), channels, height, width], &kept)?;
    }
    say_phase("done", done) // the last line; time after the last sample is not inference
}

/// Runs a block for each line of standard input. When the last sample ended, if there was one.
fn blocks<E: Engine>(least_ns: i64, inputs: &mut Inputs, engine: &mut E) -> Result<Option<i64>, Failure> {
    say(&json!({"ready": true}))?;
    let (mut done, mut scores) = (None, Vec::new());
    for (block, line) in std::io::stdin().lines().enumerate() {
        let (line, begin) = (line?, now_ns());
        let first = line.strip_prefix("go ").and_then(|text| text.parse().ok()).filter(|first| *first < inputs.count);
        let Some(mut input) = first else {
            return Err(format!("{line:?}: not \"go K\" with K < {}", inputs.count).into());
        };
        let (mut taken, mut end) = (Vec::new(), begin);
        while taken.is_empty() || end - begin < least_ns {
            let sample_begin;
            (sample_begin, end) = inputs.take(input, engine, &mut scores)?;
            taken.push((input, end - sample_begin, scores.clone()));
            input = (input + 1) % inputs.count;
        }
        done = Some(end);
        let samples: Vec<Value> = taken
            .iter()
            .map(|(input, elapsed, scores)| {
                let (index, score) = best(scores);
                json!([input, *elapsed as f64 / 1e6, index, score])
            })
            .collect();
        say(&json!({"block": block, "samples": samples}))?;
    }
    Ok(done)
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
