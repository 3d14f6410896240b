// SPDX-License-Identifier: Apache-2.0
// Runs a Model: raw tensors in, raw tensors out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/tensor.h"

namespace kite {

class PlanSession;  // the engine's own

struct SessionOptions {
  int threads = 0;  // 0: as many as the process may use (affinity, control group, physical cores)
};

// One for each thread of the caller. The result has the same bits for any number of threads.
class Session {
 public:
  [[nodiscard]] static Result<Session> create(const Model& model, const SessionOptions& options = {});
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // `inputs` in the order of Model::inputs(), each of exactly its type. Allocates nothing.
  [[nodiscard]] Status run(std::span<const TensorView> inputs);

  // The same, and calls `on_step(step, duration_ns)` after each of Model::steps(); slower by a few clock reads a step.
  [[nodiscard]] Status run(std::span<const TensorView> inputs,
                           const std::function<void(std::size_t, std::uint64_t)>& on_step);

  // Borrowed until the next run().
  [[nodiscard]] TensorView output(std::size_t index) const;

  [[nodiscard]] int threads() const noexcept;

 private:
  friend struct Internals;
  explicit Session(std::unique_ptr<PlanSession> session);
  std::unique_ptr<PlanSession> session_;
};

}  // namespace kite
