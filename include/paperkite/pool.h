// SPDX-License-Identifier: Apache-2.0
// One model for all threads of a program, under one limit of threads for the process: what bindings and services use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "paperkite/about.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/session.h"
#include "paperkite/tensor.h"

namespace kite {

// How many threads all pools of this process may compute on at one time. By default what the process may use (affinity,
// control group, physical cores), and not more than OMP_NUM_THREADS says. A call that finds all of them busy waits.
[[nodiscard]] int compute_threads();
// 0: the default again. kUsage outside 0..1024. Calls that are running keep what they have.
[[nodiscard]] Status set_compute_threads(int threads);

// Copies are the same pool. Any number of threads may call it at one time, and a forked child may go on with it.
class ClassifierPool {
 public:
  // Errors as for Classifier::open(). SessionOptions::threads: at most so many for one call, 0: compute_threads().
  [[nodiscard]] static Result<ClassifierPool> open(const std::string& path, const ClassifierOptions& options = {});
  [[nodiscard]] static Result<ClassifierPool> open(std::span<const std::byte> bytes,
                                                   const ClassifierOptions& options = {});

  // One picture on as many threads as are free.
  [[nodiscard]] Result<Classification> classify(const Picture& picture, int k = 5) const;

  // Many pictures side by side, each on one thread; one result for each, in their order. `stop` is asked on the
  // caller's thread between pictures, and while it waits for a thread to be free; once it returns true, those that have
  // not begun get kInterrupted. What it throws comes out of here.
  [[nodiscard]] std::vector<Result<Classification>> classify_all(std::span<const Picture> pictures, int k = 5,
                                                                 const std::function<bool()>& stop = {}) const;

  // The tensor that classify() would hand to the model.
  [[nodiscard]] Result<Tensor> input_tensor(const Picture& picture) const;

  // For what is the same in every session of the pool: labels, recipe, decisions, warnings, the model. Its scores() are
  // those of any call.
  [[nodiscard]] const Classifier& classifier() const noexcept;
  [[nodiscard]] int threads() const noexcept;  // at most so many for one call

 private:
  struct State;
  explicit ClassifierPool(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

struct SessionPoolOptions {
  ModelOptions model;
  SessionOptions session;  // threads: at most so many for one call, 0: compute_threads()
  // Plans for different shapes of the inputs that are kept, over one set of weights. The one that was used least
  // recently is dropped first.
  int max_plans = 8;
};

// The same for raw tensors, whose shapes may differ from call to call where the model leaves dimensions open.
class SessionPool {
 public:
  // Errors as for Model::open(), but open dimensions wait for run(), and with them what depends on shapes. For that
  // the file must stay as it is; bytes are copied where the model leaves dimensions open.
  [[nodiscard]] static Result<SessionPool> open(const std::string& path, const SessionPoolOptions& options = {});
  [[nodiscard]] static Result<SessionPool> open(std::span<const std::byte> bytes,
                                                const SessionPoolOptions& options = {});

  // As the model states them: a size, a symbol or neither for each dimension. The shapes in `type` are one example.
  [[nodiscard]] std::span<const Port> inputs() const noexcept;
  [[nodiscard]] std::span<const Port> outputs() const noexcept;
  // Initializers that the model lists as inputs, too. They keep the value that the model gives them, and are no inputs
  // here, unless ModelOptions::input_shapes names them.
  [[nodiscard]] std::span<const Port> inputs_with_default() const noexcept;
  [[nodiscard]] const ModelAbout& about() const noexcept;
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

  // `inputs` in the order of inputs(). `wanted`: places among outputs(), none: all. kInvalidInput where a type or a
  // shape does not fit what the model states; errors of Model::open() where these shapes come for the first time, and
  // kIo where they would need a file that has changed since open().
  [[nodiscard]] Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                                std::span<const std::size_t> wanted = {}) const;

  [[nodiscard]] int threads() const noexcept;

 private:
  struct State;
  explicit SessionPool(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace kite
