// SPDX-License-Identifier: Apache-2.0
// A good plan with any of its bytes changed, opened and, where it opens, run. The input is a list of changes: three
// bytes of place, one of value.
#include <cstring>
#include <memory>
#include <vector>

#include "driver.h"
#include "plan/lower/planner.h"
#include "plan/test_graph.h"
#include "runtime/session.h"

namespace kite::fuzz {

namespace {

std::vector<std::byte> good_plan() {
  const Graph graph = every_family();
  const Target target = fusing(targets::generic);
  const auto made = make_plan(graph, {.target = &target});
  KITE_CHECK(made.ok());
  return {(*made)->bytes().begin(), (*made)->bytes().end()};
}

void run(const std::shared_ptr<const Plan>& opened) {
  // Larger than this one ever was: nobody waits for it.
  if (opened->header().arena_bytes + opened->header().scratch_bytes > (std::uint64_t{1} << 24)) return;
  auto session = PlanSession::create(opened, 1);
  if (!session.ok()) return;
  std::vector<Tensor> tensors;
  for (const PlanPort& port : opened->inputs()) {
    if (port.type.size_bytes() > (std::int64_t{1} << 24)) return;
    tensors.emplace_back(port.type);
  }
  std::vector<TensorView> inputs;
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  (void)(*session)->run(inputs);
}

}  // namespace

void plan(Bytes bytes) {
  static const std::vector<std::byte> good = good_plan();
  auto buffer = PlanBuffer::allocate(good.size());
  if (!buffer.ok()) return;
  std::memcpy(buffer->bytes().data(), good.data(), good.size());
  for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
    const auto part = [&](int i) { return static_cast<std::size_t>(bytes[static_cast<std::size_t>(i)]); };
    buffer->bytes()[(part(0) + 256 * part(1) + 65536 * part(2)) % good.size()] = bytes[3];
  }
  const auto opened = Plan::open(std::move(*buffer));
  if (opened.ok()) run(*opened);
}

}  // namespace kite::fuzz
