// SPDX-License-Identifier: Apache-2.0
// Takes time stamps when things happen, and prints the lines that cost time after the last sample.
#include "bench_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <iostream>
#include <span>
#include <string>
#include <utility>

#include "base/json.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "json_output.h"
#include "large_output.h"
#include "paperkite/try.h"
#include "process_memory.h"

namespace kite::cli {

namespace {

constexpr std::int64_t kTensorsKept = 16;  // the number that the protocol defines

// Prints a line and flushes it, so that the lines show how far a process came that is killed later.
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

nlohmann::ordered_json end_mark() {
  auto mark = memory_mark("end");
  mark["vm_hwm_bytes"] = process_memory().peak;
  return mark;
}

// The softmax of the largest score; a NaN is never the largest.
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

struct Answer {
  std::size_t index = 0;
  double score = 0.0;
};

// `logits`: [samples, classes].
Answer answer_of(std::span<const float> logits, std::int64_t classes, std::size_t sample) {
  const auto scores = logits.subspan(sample * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes));
  const auto best = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  return {best, probability(scores, best)};
}

void say_samples(const Series& series, std::int64_t inputs) {
  for (std::size_t i = 0; i < series.samples_ms.size(); ++i) {
    const Answer answer = answer_of(series.logits, series.classes, i);
    print_json({{"sample", i},
                {"input", static_cast<std::int64_t>(i) % inputs},
                {"ms", series.samples_ms[i]},
                {"index", answer.index},
                {"score", answer.score}});
  }
}

struct Stamps {
  std::int64_t begin_ns = 0, end_ns = 0;
  [[nodiscard]] double ms() const { return static_cast<double>(end_ns - begin_ns) * 1e-6; }
};

Result<Stamps> take_sample(Workload& workload, std::int64_t input) {
  KITE_TRY(workload.prepare(input));
  Stamps stamps;
  stamps.begin_ns = monotonic_ns();
  KITE_TRY(workload.run(input));
  stamps.end_ns = monotonic_ns();
  return stamps;
}

// The K of a line "go K".
Result<std::int64_t> first_input(std::string_view line, std::int64_t inputs) {
  const std::string_view digits = line.substr(std::min<std::size_t>(3, line.size()));
  std::int64_t first = -1;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, first);
  if (!line.starts_with("go ") || read.ec != std::errc() || read.ptr != end || first < 0 || first >= inputs) {
    return Error{ErrorCode::kUsage, fmt::format("a line is not \"go K\" with K below {}", inputs), "standard input",
                 "see peers/README.md"};
  }
  return first;
}

// Runs samples from number `first` on until `block_ns` have passed since `begin_ns`, and reports them as one line.
Result<std::int64_t> run_block(std::int64_t block, std::int64_t first, std::int64_t begin_ns, std::int64_t block_ns,
                               Workload& workload) {
  std::vector<double> samples_ms;
  std::vector<float> logits;
  std::int64_t classes = 0, input = first, end_ns = begin_ns;
  while (samples_ms.empty() || end_ns - begin_ns < block_ns) {
    KITE_TRY_ASSIGN(const Stamps stamps, take_sample(workload, input));
    end_ns = stamps.end_ns;
    samples_ms.push_back(stamps.ms());
    const TensorView scores = workload.scores();
    classes = scores.type.shape.elements();
    logits.insert(logits.end(), scores.as<float>(), scores.as<float>() + classes);
    input = (input + 1) % workload.inputs();
  }
  nlohmann::ordered_json samples = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < samples_ms.size(); ++i) {
    const Answer answer = answer_of(logits, classes, i);
    samples.push_back(
        {(first + static_cast<std::int64_t>(i)) % workload.inputs(), samples_ms[i], answer.index, answer.score});
  }
  print_json({{"block", block}, {"samples", std::move(samples)}});
  standard_output().flush();
  return end_ns;
}

// Returns when the last sample ended; `end_ns` where there was no block.
Result<std::int64_t> run_blocks(const BenchOptions& options, Workload& workload, bool (*stopped)(),
                                std::int64_t end_ns) {
  print_json({{"ready", true}});
  standard_output().flush();
  std::string line;
  for (std::int64_t block = 0; !stopped() && std::getline(std::cin, line); ++block) {
    const std::int64_t begin_ns = monotonic_ns();
    KITE_TRY_ASSIGN(const std::int64_t first, first_input(line, workload.inputs()));
    KITE_TRY_ASSIGN(end_ns, run_block(block, first, begin_ns, options.block_ms * 1'000'000, workload));
  }
  return end_ns;
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
    KITE_TRY_ASSIGN(const Stamps stamps, take_sample(workload, i % workload.inputs()));
    series.end_ns = stamps.end_ns;
    series.samples_ms.push_back(stamps.ms());
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
    KITE_TRY(write_tensor_file(options.logits, {{DType::kFloat32, shape}, bytes.data()}));
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
  return write_tensor_file(options.tensors, all.view());
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
  auto end = end_mark();
  say_samples(series, workload->inputs());
  std::int64_t end_ns = series.end_ns;
  if (options.block_ms > 0) {
    KITE_TRY_ASSIGN(end_ns, run_blocks(options, *workload, stopped, end_ns));
    if (stopped()) return {};
    end = end_mark();
  }
  print_json(end);
  const Model& model = workload->model();
  print_json({{"info",
               {{"threads", workload->threads()},
                {"versions", {{"paperkite", KITE_VERSION}}},
                {"settings", fmt::format("{}, float32, {}", model.isa(), origin_name(model.origin()))}}}});
  KITE_TRY(write_series(options, *workload, series));
  say_phase("done", end_ns);
  return {};
}

}  // namespace kite::cli
