// SPDX-License-Identifier: Apache-2.0
// Answers: of every kernel beside the portable operators', and on any number of threads.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/run_oracle.h"
#include "cli/selftest/checks.h"
#include "cli/selftest/small_models.h"
#include "kernels/targets.h"
#include "paperkite/model.h"
#include "paperkite/session.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

Tensor tensor_of(const std::vector<float>& values, const std::vector<std::int64_t>& dims) {
  auto shape = Shape::make(dims);
  KITE_CHECK(shape.ok());
  Tensor tensor(DType::kFloat32, *shape);
  std::memcpy(tensor.as<float>(), values.data(), values.size() * sizeof(float));
  return tensor;
}

Result<Tensor> result_of(const SmallModel& model, const Tensor& x, std::string_view isa, int threads) {
  ModelOptions options;
  options.isa = std::string(isa);
  options.threads = threads;
  options.input_shapes.emplace("x", x.shape());
  KITE_TRY_ASSIGN(const Model opened, Model::open(bytes_of(model.bytes), options));
  KITE_TRY_ASSIGN(Session session, Session::create(opened, {.threads = threads}));
  const TensorView input = x.view();
  KITE_TRY(session.run({&input, 1}));
  return Tensor::copy_of(session.output(0));
}

Result<Tensor> oracle(const std::string& bytes, const Tensor& x, const std::string& folder) {
  const std::string path = folder + "/model.onnx";
  std::ofstream(path, std::ios::binary) << bytes;
  std::map<std::string, Tensor, std::less<>> inputs;
  inputs.emplace("x", Tensor::copy_of(x.view()));
  KITE_TRY_ASSIGN(auto outputs, run_oracle(path, std::move(inputs), {}, std::int64_t{1} << 30));
  return std::move(outputs.front().tensor);
}

// The first element that is further away than sums of float32 can be, as text.
//
// A sum of K products has an error of at most (K + 8) * 2^-24 times the sum of their absolute values, whatever its
// order; that sum is what the model gives for absolute weights and inputs. 64: Winograd's transforms add and subtract
// before and after they multiply, each at most 3 numbers along both axes.
std::optional<std::string> difference(const Tensor& result, const Tensor& exact, const Tensor& absolute, double terms) {
  if (result.shape() != exact.shape()) return "another shape";
  const double bound = 64 * (terms + 8) * 0x1p-24;
  for (std::int64_t i = 0; i < exact.shape().elements(); ++i) {
    const double error =
        std::fabs(static_cast<double>(result.as<float>()[i]) - static_cast<double>(exact.as<float>()[i]));
    const double most = bound * static_cast<double>(absolute.as<float>()[i]);
    if (!(error <= most))
      return fmt::format("element {}: {:.9g}, right is {:.9g}", i, result.as<float>()[i], exact.as<float>()[i]);
  }
  return std::nullopt;
}

bool is_native(const Target& target) { return parse_target(target.name).ok(); }

}  // namespace

void check_kernels(Checks& checks) {
  for (const SmallModel& model : models_of_kernels(checks)) {
    std::int64_t count = 1;
    for (const std::int64_t dim : model.dims) count *= dim;
    std::vector<float> values = checks.reals(count);
    const Tensor x = tensor_of(values, model.dims);
    for (float& value : values) value = std::fabs(value);
    const auto exact = oracle(model.bytes, x, checks.folder());
    const auto absolute = oracle(model.absolute_bytes, tensor_of(values, model.dims), checks.folder());
    for (const Target* target : all_targets()) {
      if (!is_native(*target)) continue;
      const auto result = result_of(model, x, target->name, 1);
      const std::string name = fmt::format("{} on {}: ", model.name, target->name);
      if (!result.ok() || !exact.ok() || !absolute.ok()) {
        checks.that(false, name + (!result.ok() ? result : !exact.ok() ? exact : absolute).error().message());
        continue;
      }
      const auto found = difference(*result, *exact, *absolute, model.terms);
      checks.that(!found, name + found.value_or(""));
    }
  }
}

void check_threads(Checks& checks) {
  constexpr std::int64_t kBatch = 3;
  constexpr int kMostThreads = 8;
  const std::int64_t side = 32 + checks.below(17);
  const SmallModel model = small_network(checks, -1, side);
  const std::vector<float> values = checks.reals(kBatch * 3 * side * side);
  const Tensor together = tensor_of(values, {kBatch, 3, side, side});
  for (const Target* target : all_targets()) {
    if (!is_native(*target)) continue;
    const auto first = result_of(model, together, target->name, 1);
    checks.that(first.ok(), first.ok() ? "" : first.error().message());
    if (!first.ok()) continue;
    const std::span<const std::byte> expected = first->view().bytes();
    for (int threads = 2; threads <= kMostThreads; ++threads) {
      const auto again = result_of(model, together, target->name, threads);
      checks.that(again.ok() && std::ranges::equal(again->view().bytes(), expected),
                  fmt::format("{} on {} threads has other bits than on one", target->name, threads));
    }
    const std::size_t each = values.size() / kBatch;
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Tensor alone = tensor_of({values.begin() + static_cast<std::ptrdiff_t>(i * each),
                                      values.begin() + static_cast<std::ptrdiff_t>((i + 1) * each)},
                                     {1, 3, side, side});
      const auto result = result_of(model, alone, target->name, 1);
      checks.that(
          result.ok() && std::ranges::equal(result->view().bytes(),
                                            expected.subspan(i * expected.size() / kBatch, expected.size() / kBatch)),
          fmt::format("{}: picture {} of a batch has other bits than alone", target->name, i));
    }
  }
}

}  // namespace kite::cli
