// SPDX-License-Identifier: Apache-2.0
// Stamps are taken as things happen; lines that cost time are printed after the last sample.
#include "bench_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "json_output.h"
#include "npy.h"
#include "output.h"
#include "paperkite/try.h"
#include "process_memory.h"

namespace kite::cli {

namespace {

constexpr std::int64_t kTensorsKept = 16;  // as the protocol has it

// Flushed: a process that is killed later has said how far it came.
void say_phase(std::string_view name, std::int64_t t_ns) {
  print_json({{"phase", name}, {"t_ns", t_ns}});
  standard_output().flush();
}

nlohmann::ordered_json memory_mark(std::string_view name) {
  const ProcessMemory memory = process_memory();
  return {{"mark", name},
          {"rss_anon_bytes", memory.rss_anon},
          {"rss_file_bytes", memory.rss_file},
          {"pss_bytes", memory.pss}};
}

// Softmax of the largest score, which a NaN never is.
double probability(std::span<const float> scores, std::size_t best) {
  double sum = 0.0;
  for (const float score : scores) sum += std::exp(static_cast<double>(score) - scores[best]);
  return 1.0 / sum;
}

std::string_view origin_name(PlanOrigin origin) {
  switch (origin) {
    case PlanOrigin::kBuilt: return "plan made at the start";
    case PlanOrigin::kCached: return "plan from the cache";
    case PlanOrigin::kPlanFile: return "plan file";
  }
  return "";
}

void say_samples(const Series& series, std::int64_t inputs) {
  const auto classes = static_cast<std::size_t>(series.classes);
  for (std::size_t i = 0; i < series.samples_ms.size(); ++i) {
    const std::span<const float> scores(series.logits.data() + i * classes, classes);
    const auto best = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
    print_json({{"sample", i},
         {"input", static_cast<std::int64_t>(i) % inputs},
         {"ms", series.samples_ms[i]},
         {"index", best},
         {"score", probability(scores, best)}});
  }
}

}  // namespace

std::int64_t monotonic_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<Series> take_series(const BenchOptions& options, Workload& workload, bool (*stopped)(), bool announce) {
  Series series;
  series.samples_ms.reserve(static_cast<std::size_t>(options.samples));
  for (std::int64_t i = 0; i < options.samples && !stopped(); ++i) {
    const std::int64_t input = i % workload.inputs();
    KITE_TRY(workload.prepare(input));
    const std::int64_t begin_ns = monotonic_ns();
    KITE_TRY(workload.run(input));
    series.end_ns = monotonic_ns();
    series.samples_ms.push_back(static_cast<double>(series.end_ns - begin_ns) * 1e-6);
    const TensorView scores = workload.scores();
    if (i == 0) {
      if (scores.type.dtype != DType::kFloat32 || scores.type.shape.elements() == 0) {
        return Error{ErrorCode::kUnsupportedModel, "the first output holds no float32 scores", options.model,
                     "leave out --samples"};
      }
      if (announce) say_phase("first", series.end_ns);
      series.classes = scores.type.shape.elements();
      series.logits.resize(static_cast<std::size_t>(options.samples * series.classes));
    }
    std::copy_n(scores.as<float>(), series.classes, series.logits.begin() + i * series.classes);
  }
  return series;
}

Status write_series(const BenchOptions& options, const Workload& workload, const Series& series) {
  if (!options.logits.empty()) {
    KITE_TRY_ASSIGN(const Shape shape, Shape::make(std::array{options.samples, series.classes}));
    const auto bytes = std::as_bytes(std::span(series.logits));
    KITE_TRY(write_npy(options.logits, {{DType::kFloat32, shape}, bytes.data()}));
  }
  if (options.tensors.empty()) return {};
  const std::int64_t kept = std::min(options.samples, kTensorsKept);
  Tensor all;
  for (std::int64_t i = 0; i < kept; ++i) {
    KITE_TRY_ASSIGN(const Tensor tensor, workload.tensor(i % workload.inputs()));
    if (i == 0) {
      std::vector<std::int64_t> dims(tensor.shape().dims().begin(), tensor.shape().dims().end());
      dims[0] *= kept;
      KITE_TRY_ASSIGN(const Shape shape, Shape::make(dims));
      all = Tensor(tensor.dtype(), shape);
    }
    const auto bytes = tensor.view().bytes();
    std::memcpy(all.mutable_view().data + static_cast<std::size_t>(i) * bytes.size(), bytes.data(), bytes.size());
  }
  return write_npy(options.tensors, all.view());
}

Status run_protocol(const BenchOptions& options, std::int64_t runtime_ns, bool (*stopped)()) {
  say_phase("runtime", runtime_ns);
  KITE_TRY_ASSIGN(const std::unique_ptr<Workload> workload, Workload::load(options));
  say_phase("loaded", monotonic_ns());
  print_json(memory_mark("loaded"));
  standard_output().flush();
  KITE_TRY(workload->open_inputs());
  KITE_TRY_ASSIGN(const Series series, take_series(options, *workload, stopped, true));
  if (stopped()) return {};
  auto end = memory_mark("end");
  end["vm_hwm_bytes"] = process_memory().peak;
  say_samples(series, workload->inputs());
  print_json(end);
  const Model& model = workload->model();
  print_json({{"info",
        {{"threads", workload->threads()},
         {"versions", {{"paperkite", KITE_VERSION}}},
         {"settings", fmt::format("{}, float32, {}", model.isa(), origin_name(model.origin()))}}}});
  KITE_TRY(write_series(options, *workload, series));
  say_phase("done", series.end_ns);
  return {};
}

}  // namespace kite::cli
