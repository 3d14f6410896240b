// SPDX-License-Identifier: Apache-2.0
// One picture at a time: a model may have a fixed batch of one, and the time limit is checked between pictures.
#include "race/schedule/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/npy.h"
#include "paperkite/try.h"

namespace kite::race {

namespace {

constexpr std::int64_t kFewest = 2;
constexpr double kTimeoutSeconds = 3600;  // a big network in double, without a vector unit's help

kite::Status write_item(const NpyReader& inputs, std::int64_t item, const std::string& path) {
  KITE_TRY_ASSIGN(const std::vector<float> values, inputs.read_floats(item, 1));
  std::vector<std::int64_t> dims(inputs.type().shape.dims().begin(), inputs.type().shape.dims().end());
  dims[0] = 1;
  KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims));
  return write_npy(path, {{DType::kFloat32, shape}, std::as_bytes(std::span(values)).data()});
}

}  // namespace

Result<Logits> run_oracle(Conductor& conductor, const RaceModel& model, const std::string& prefix, std::int64_t most) {
  KITE_TRY_ASSIGN(const NpyReader inputs, NpyReader::open(model.inputs));
  if (inputs.type().shape.rank() == 0) {
    return Error{ErrorCode::kInvalidInput, "the inputs are not an array [N, ...]", model.inputs, {}};
  }
  most = std::min(most, inputs.items());
  Logits logits;
  const std::int64_t begin_ns = conductor.runner().now_ns();
  double spent = 0;
  double last = 0;  // seconds of the last picture
  for (std::int64_t picture = 0; picture < most; ++picture) {
    if (picture >= kFewest && spent + last > conductor.setup().oracle_seconds) break;
    const std::string output = fmt::format("{}-{}.npy", prefix, picture);
    std::error_code failed;
    if (!std::filesystem::exists(output, failed)) {
      const std::string input = prefix + "-input.npy";
      const std::string part = prefix + "-part.npy";
      KITE_TRY(write_item(inputs, picture, input));
      KITE_TRY(conductor.runner().run_unmeasured(model.oracle(input, part), kTimeoutSeconds));
      std::filesystem::rename(part, output, failed);
      if (failed) return Error{ErrorCode::kIo, "the oracle left no output: " + failed.message(), part, {}};
    }
    KITE_TRY_ASSIGN(const Logits row, read_logits(output));
    if (row.pictures != 1 || (logits.classes != 0 && row.classes != logits.classes)) {
      return Error{ErrorCode::kInvalidInput, "the oracle's output is not [1, classes]", output, {}};
    }
    logits.classes = row.classes;
    logits.values.insert(logits.values.end(), row.values.begin(), row.values.end());
    ++logits.pictures;
    const double now = static_cast<double>(conductor.runner().now_ns() - begin_ns) * 1e-9;
    last = now - spent;
    spent = now;
  }
  conductor.add_unmeasured(spent);
  return logits;
}

}  // namespace kite::race
