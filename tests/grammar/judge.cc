// SPDX-License-Identifier: Apache-2.0
// Runs the ways of one model and compares their outputs.
#include "grammar/judge.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "grammar/oracle.h"
#include "graph/import.h"
#include "graph/verify.h"
#include "kernels/targets.h"
#include "paperkite/try.h"
#include "passes/pass.h"
#include "plan/lower/planner.h"
#include "plan/source/optimise.h"
#include "runtime/session.h"
#include "tensor/convert.h"

namespace kite::grammar {

namespace {

constexpr int kQuickRuns = 2;      // with noise, of every graph
constexpr int kThoroughRuns = 24;  // of a graph whose error those do not explain

std::vector<TensorView> views_of(std::span<const Tensor> tensors) {
  std::vector<TensorView> views;
  for (const Tensor& tensor : tensors) views.push_back(tensor.view());
  return views;
}

double element(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat32: return static_cast<double>(tensor.as<float>()[i]);
    case DType::kFloat64: return tensor.as<double>()[i];
    default: return 0;
  }
}

// float16 and the like as float32.
Tensor readable(const Tensor& tensor) {
  return is_half(tensor.dtype()) ? converted(tensor.view(), DType::kFloat32) : Tensor::copy_of(tensor.view());
}

// One way to run a model.
struct Way {
  const Target* target;
  bool with_passes;
  int threads;

  [[nodiscard]] std::string name() const {
    return std::string(target->name) + (with_passes ? ", passes on" : ", passes off") +
           (threads == 1 ? ", 1 thread" : ", 2 threads");
  }
};

Result<std::shared_ptr<const Plan>> plan_of(std::span<const std::byte> bytes, const Way& way) {
  std::vector<std::string> disabled;
  for (const Pass& pass : pass_pipeline()) {
    if (!way.with_passes) disabled.emplace_back(pass.name);
  }
  KITE_TRY_ASSIGN(ImportedModel imported, import_bytes(bytes, "graph"));
  KITE_TRY_ASSIGN(const OptimisedModel model, optimise(std::move(imported), {}, disabled));
  KITE_TRY(verify(model.graph));
  PlanOptions options;
  options.target = way.target;
  return make_plan(model.graph, options);
}

// The outputs of two runs of one session. The second one begins with what the first left in the arena.
Result<std::vector<Tensor>> run_twice(const std::shared_ptr<const Plan>& plan, int threads,
                                      std::span<const TensorView> inputs, std::vector<std::string>& faults) {
  KITE_TRY_ASSIGN(const std::unique_ptr<PlanSession> session, PlanSession::create(plan, threads));
  std::vector<Tensor> outputs;
  for (int run = 0; run < 2; ++run) {
    KITE_TRY(session->run(inputs));
    for (std::size_t i = 0; i < plan->outputs().size(); ++i) {
      const TensorView view = session->output(i);
      if (run == 0) {
        outputs.push_back(Tensor::copy_of(view));
      } else if (!std::ranges::equal(view.bytes(), outputs[i].view().bytes())) {
        faults.push_back("output " + std::to_string(i) + " differs in a second run");
      }
    }
  }
  return outputs;
}

class Judge {
 public:
  Judge(std::span<const std::byte> model, std::span<const std::span<const std::byte>> inputs, Care care)
      : model_(model),
        input_bytes_(inputs),
        random_(model.size()),
        is_thorough_(care != Care::kQuick),
        absolute_(care == Care::kForAnother) {}

  Result<Judgement> run() {
    KITE_TRY(compute_oracle());
    const auto targets = all_targets();
    for (const Target* target : targets) {
      if (parse_target(target->name).ok()) KITE_TRY(judge_way(*target, true));
    }
    // Without passes nearly every step is portable or has the kernels of few families: one target for each graph.
    const Target* const some = targets[model_.size() % targets.size()];
    KITE_TRY(judge_way(parse_target(some->name).ok() ? *some : *targets.back(), false));
    return std::move(judged_);
  }

 private:
  Status read_inputs(const Graph& graph) {
    if (graph.inputs.size() != input_bytes_.size()) return Error{ErrorCode::kUsage, "inputs are missing", {}, {}};
    for (std::size_t i = 0; i < input_bytes_.size(); ++i) {
      Tensor tensor(*graph.value(graph.inputs[i].value).type);
      const auto to = tensor.mutable_view();
      if (static_cast<std::size_t>(to.type.size_bytes()) != input_bytes_[i].size()) {
        return Error{ErrorCode::kUsage, "input " + std::to_string(i) + " has another size", {}, {}};
      }
      if (!input_bytes_[i].empty()) std::memcpy(to.data, input_bytes_[i].data(), input_bytes_[i].size());
      inputs_.push_back(std::move(tensor));
    }
    return {};
  }

  Status compute_oracle() {
    KITE_TRY_ASSIGN(plain_, plain_graph(model_));
    KITE_TRY(read_inputs(plain_));
    KITE_TRY_ASSIGN(oracle_, oracle_graph(model_));
    wide_ = with_floats_as(DType::kFloat64, views_of(inputs_));
    KITE_TRY_ASSIGN(std::vector<Tensor> exact, compute(oracle_, views_of(wide_)));
    for (Tensor& tensor : exact) {
      JudgedOutput output;
      if (is_half(tensor.dtype())) tensor = converted(tensor.view(), DType::kFloat64);
      output.oracle = std::move(tensor);
      judged_.outputs.push_back(std::move(output));
    }
    KITE_TRY(widen_by_portable());
    return widen_by_noise(is_thorough_ ? kThoroughRuns : kQuickRuns);
  }

  // The error of the portable operators in the model's own types is one that a good implementation has.
  Status widen_by_portable() {
    KITE_TRY_ASSIGN(const std::vector<Tensor> rounded, compute(plain_, views_of(inputs_)));
    for (std::size_t i = 0; i < rounded.size(); ++i) {
      JudgedOutput& output = judged_.outputs[i];
      const Tensor found = readable(rounded[i]);
      const double size = largest_of(output.oracle);
      output.allowed = 32 * 0x1p-24 * size + 0x1p-120;
      widen(output, found, 4);
    }
    return {};
  }

  Status widen_by_noise(int runs) {
    for (int run = 0; run < runs; ++run) {
      KITE_TRY_ASSIGN(const std::vector<Tensor> moved, compute(oracle_, views_of(wide_), &random_, absolute_));
      for (std::size_t i = 0; i < moved.size(); ++i) widen(judged_.outputs[i], readable(moved[i]), 8);
    }
    return {};
  }

  static double largest_of(const Tensor& tensor) {
    double most = 0;
    if (!is_floating_point(tensor.dtype())) return most;
    for (std::int64_t i = 0; i < tensor.shape().elements(); ++i) {
      const double size = std::abs(element(tensor, i));
      if (std::isfinite(size)) most = std::max(most, size);
    }
    return most;
  }

  // The largest difference of two outputs of floating-point types; nullopt where one is infinite or no number and the
  // other is not so, too.
  static std::optional<double> difference(const Tensor& a, const Tensor& b) {
    double most = 0;
    for (std::int64_t i = 0; i < a.shape().elements(); ++i) {
      const double x = element(a, i), y = element(b, i);
      if (x == y || (std::isnan(x) && std::isnan(y))) continue;
      // Beyond float32 a double is infinite there.
      const auto is_beyond = [](double v) { return std::abs(v) > 3.4e38; };
      if (is_beyond(x) && is_beyond(y) && std::signbit(x) == std::signbit(y)) continue;
      const double apart = std::abs(x - y);
      if (!std::isfinite(apart)) return std::nullopt;
      most = std::max(most, apart);
    }
    return most;
  }

  static void widen(JudgedOutput& output, const Tensor& other, double factor) {
    if (other.type().shape != output.oracle.shape()) return;
    if (!is_floating_point(output.oracle.dtype())) {
      output.is_tied = output.is_tied || !std::ranges::equal(other.view().bytes(), output.oracle.view().bytes());
      return;
    }
    const auto apart = difference(other, output.oracle);
    output.is_tied = output.is_tied || !apart;
    if (apart) output.allowed = std::max(output.allowed, factor * *apart);
  }

  Status judge_way(const Target& target, bool with_passes) {
    const Way way{&target, with_passes, 1};
    KITE_TRY_ASSIGN(const std::shared_ptr<const Plan> plan, plan_of(model_, way));
    const std::vector<TensorView> inputs = views_of(inputs_);
    std::vector<std::string> faults;
    KITE_TRY_ASSIGN(std::vector<Tensor> one, run_twice(plan, 1, inputs, faults));
    KITE_TRY_ASSIGN(const std::vector<Tensor> two, run_twice(plan, 2, inputs, faults));
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (!std::ranges::equal(one[i].view().bytes(), two[i].view().bytes())) {
        faults.push_back("output " + std::to_string(i) + " has other bits with 2 threads");
      }
    }
    for (const std::string& fault : faults) judged_.faults.push_back(way.name() + ": " + fault);
    KITE_TRY(compare(way, one));
    if (judged_.steps != 0) return {};
    for (const PlanStep& step : plan->steps()) {
      ++judged_.steps;
      judged_.portable_steps += step.kernel == nullptr ? 1 : 0;
    }
    for (std::size_t i = 0; i < one.size(); ++i) judged_.outputs[i].engine = std::move(one[i]);
    return {};
  }

  Status compare(const Way& way, std::span<const Tensor> found) {
    if (found.size() != judged_.outputs.size()) {
      judged_.faults.push_back(way.name() + ": the number of outputs differs");
      return {};
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      std::string fault = fault_of(judged_.outputs[i], found[i]);
      if (!fault.empty() && !is_thorough_) {
        is_thorough_ = true;
        KITE_TRY(widen_by_noise(kThoroughRuns));
        fault = fault_of(judged_.outputs[i], found[i]);
      }
      if (!fault.empty()) judged_.faults.push_back(way.name() + ": output " + std::to_string(i) + ' ' + fault);
    }
    return {};
  }

  static std::string fault_of(JudgedOutput& output, const Tensor& found) {
    const Tensor engine = readable(found);
    if (engine.shape() != output.oracle.shape()) {
      return "is " + engine.shape().to_string() + ", expected " + output.oracle.shape().to_string();
    }
    if (is_floating_point(output.oracle.dtype()) != is_floating_point(engine.dtype())) return "has another type";
    if (!is_floating_point(output.oracle.dtype())) {
      const bool is_same = engine.type() == output.oracle.type() &&
                           std::ranges::equal(engine.view().bytes(), output.oracle.view().bytes());
      return is_same || output.is_tied ? std::string() : "is not equal";
    }
    const auto apart = difference(engine, output.oracle);
    if (!apart)
      return output.is_tied ? std::string() : "has an infinity or a NaN where the oracle has none, or the reverse";
    const double half = found.dtype() == DType::kFloat16 ? 0x1p-11 : found.dtype() == DType::kBFloat16 ? 0x1p-8 : 0.0;
    const double allowed = output.allowed + half * largest_of(output.oracle);
    output.error = std::max(output.error, *apart);
    if (*apart <= allowed) return {};
    return "is off by " + std::to_string(*apart / allowed) + " times what rounding explains (" +
           std::to_string(*apart) + " of " + std::to_string(largest_of(output.oracle)) + ")";
  }

  std::span<const std::byte> model_;
  std::span<const std::span<const std::byte>> input_bytes_;
  std::mt19937_64 random_;
  bool is_thorough_;
  bool absolute_;
  Graph plain_;
  Graph oracle_;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> wide_;
  Judgement judged_;
};

}  // namespace

Result<Judgement> judge(std::span<const std::byte> model, std::span<const std::span<const std::byte>> inputs,
                        Care care) {
  return Judge(model, inputs, care).run();
}

}  // namespace kite::grammar
