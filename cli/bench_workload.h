// SPDX-License-Identifier: Apache-2.0
// What one sample of `kite bench` is: a run of the model on a tensor, or the whole way from a picture's path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "command.h"
#include "paperkite/tensor.h"

namespace kite::cli {

struct BenchOptions {
  CommonOptions common;
  std::string model;
  std::string input;            // .npy
  std::string image;            // a picture, a folder, @list.txt
  std::int64_t iterations = 0;  // 0: until `seconds` are over
  std::int64_t warmup = 10;
  double seconds = 3.0;
  std::int64_t samples = 0;  // above 0: exactly these, the first run included
  std::string format = "table";
  std::string logits, tensors;  // .npy to write; only with `samples`
  std::int64_t block_ms = 0;    // above 0: after the samples, a block of that length for each line of standard input

  // Whether a sample begins with a picture's path. One picture without `samples` is only the source of the tensor.
  [[nodiscard]] bool from_pictures() const;
};

class Workload {
 public:
  virtual ~Workload() = default;
  // The model is loaded when this returns.
  [[nodiscard]] static Result<std::unique_ptr<Workload>> load(const BenchOptions& options);

  // Finds the inputs; once, before the rest.
  [[nodiscard]] virtual Status open_inputs() = 0;
  [[nodiscard]] virtual std::int64_t inputs() const = 0;
  // Only run() is timed; prepare() is not.
  [[nodiscard]] virtual Status prepare(std::int64_t input) = 0;
  [[nodiscard]] virtual Status run(std::int64_t input) = 0;
  // The first output of the last run.
  [[nodiscard]] virtual TensorView scores() const = 0;
  // The tensor that run() passes to the model for an input.
  [[nodiscard]] virtual Result<Tensor> tensor(std::int64_t input) const = 0;
  [[nodiscard]] virtual const Model& model() const = 0;
  [[nodiscard]] virtual int threads() const = 0;
};

}  // namespace kite::cli
