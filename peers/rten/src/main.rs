// SPDX-License-Identifier: Apache-2.0
//! rten as a contestant.

use paperkite_contestant as sdk;
use rten::{Model, ModelOptions};
use rten_tensor::NdTensorView;
use rten_tensor::prelude::*;
use sdk::{Engine, Failure, Request};
use std::process::ExitCode;

struct Rten {
    model: Model,
    threads: usize,
    prepacked: bool,
}

impl Engine for Rten {
    fn infer(&mut self, input: &[f32], shape: [usize; 4], scores: &mut Vec<f32>) -> Result<(), Failure> {
        let view = NdTensorView::from_data(shape, input);
        let output = self.model.run_one(view.into(), None)?;
        let output: rten_tensor::Tensor<f32> = output.try_into()?;
        scores.clear();
        scores.extend_from_slice(output.data().ok_or("the output is not contiguous")?);
        Ok(())
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn settings(&self) -> String {
        format!("optimised graph, weights {}", if self.prepacked { "prepacked when loading" } else { "as they are" })
    }
}

fn load(request: &Request) -> Result<Rten, Failure> {
    let before = sdk::memory::tasks();
    if request.threads > 0 {
        // SAFETY: no other thread exists yet; rten reads it once, when its pool is made.
        unsafe { std::env::set_var("RTEN_NUM_THREADS", request.threads.to_string()) };
    }
    let prepacked = request.setting("prepack") == Some("yes");
    let mut options = ModelOptions::with_all_ops();
    // SAFETY: the files of the model do not change during a race.
    let model = unsafe { options.prepack_weights(prepacked).load_mmap(&request.model)? };
    rten::thread_pool().run(|| ()); // makes the pool if loading did not; the calling thread waits for it
    Ok(Rten { model, threads: sdk::memory::tasks() - before, prepacked })
}

fn main() -> ExitCode {
    let version = sdk::locked_version(include_str!("../Cargo.lock"), "rten");
    sdk::run(|_| Ok(vec![("rten", version)]), load, |_| Err("there is nothing to prepare".into()))
}
