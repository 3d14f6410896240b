// SPDX-License-Identifier: Apache-2.0
// A good plan with any of its bytes changed, opened and, where it opens, run. The input is a list of changes: three
// bytes of place, one of value.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "plan/lower/planner.h"
#include "plan/test_graph.h"
#include "runtime/session.h"

namespace {

using Bytes = std::vector<std::byte>;

Bytes good_plan() {
  const kite::Graph graph = kite::every_family();
  const auto plan = kite::make_plan(graph, {});
  return {(*plan)->bytes().begin(), (*plan)->bytes().end()};
}

void run(const std::shared_ptr<const kite::Plan>& plan) {
  // Larger than this one ever was: nobody waits for it.
  if (plan->header().arena_bytes + plan->header().scratch_bytes > (std::uint64_t{1} << 24)) return;
  auto session = kite::PlanSession::create(plan, 1);
  if (!session.ok()) return;
  std::vector<kite::Tensor> tensors;
  for (const kite::PlanPort& port : plan->inputs()) {
    if (port.type.size_bytes() > (std::int64_t{1} << 24)) return;
    tensors.emplace_back(port.type);
  }
  std::vector<kite::TensorView> inputs;
  for (const kite::Tensor& tensor : tensors) inputs.push_back(tensor.view());
  (void)(*session)->run(inputs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Bytes good = good_plan();
  auto buffer = kite::PlanBuffer::allocate(good.size());
  if (!buffer.ok()) return 0;
  std::memcpy(buffer->bytes().data(), good.data(), good.size());
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    const std::size_t place = data[i] + 256u * data[i + 1] + 65536u * data[i + 2];
    buffer->bytes()[place % good.size()] = static_cast<std::byte>(data[i + 3]);
  }
  const auto plan = kite::Plan::open(std::move(*buffer));
  if (plan.ok()) run(*plan);
  return 0;
}
