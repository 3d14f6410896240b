// SPDX-License-Identifier: Apache-2.0
// The public Classifier: decode, preprocess, run, rank.
#include "paperkite/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>
#include <utility>

#include "carriers/interpretation.h"
#include "carriers/recipe_carriers.h"
#include "image/preprocess.h"
#include "image/picture_file.h"
#include "paperkite/try.h"
#include "plan/plan.h"
#include "runtime/session.h"
#include "tensor/convert.h"

namespace kite {

// What all classifiers over one model have in common.
struct Shared {
  Model model;
  Interpretation interpretation;
  std::vector<std::string> warnings;
  std::int64_t classes = 0;
  bool ends_in_softmax = false;
  Trace* trace = nullptr;
};

struct Classifier::State {
  std::shared_ptr<const Shared> shared;
  Session session;
};

namespace {

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

// A run; with a trace a span for each of its steps.
Status run_traced(Session& session, const TensorView& input, Trace* trace) {
  if (trace == nullptr) return session.run({&input, 1});
  struct Steps {
    const Plan& plan;
    Trace& trace;
  } steps{session.internals().plan(), *trace};
  const auto observe = [](void* context, std::size_t step, std::uint64_t duration_ns) {
    auto& [plan, spans] = *static_cast<Steps*>(context);
    const std::int64_t end_ns = Trace::now_ns();
    const plan_format::Step& record = *plan.steps()[step].record;
    spans.add(std::string(plan.text(record.op)) + ' ' + std::string(plan.text(record.node)),
              end_ns - static_cast<std::int64_t>(duration_ns), end_ns);
  };
  return session.internals().run_profiled({&input, 1}, observe, &steps);
}

Error no_classifier(const Model& model, std::string what, std::string remedy) {
  return Error{ErrorCode::kUnsupportedModel, std::move(what), model.path(), std::move(remedy)};
}

// The number of classes: the first output must hold one vector of floating-point numbers, [1,C] with any number of 1s
// around it.
Result<std::int64_t> class_count(const Model& model) {
  if (model.inputs().size() != 1) {
    return no_classifier(model,
                         "the model has " + std::to_string(model.inputs().size()) + " inputs, a classifier has one",
                         "use `kite run` with a tensor for each");
  }
  if (!is_floating_point(model.inputs()[0].type.dtype) || model.inputs()[0].type.shape.rank() != 4) {
    return no_classifier(model,
                         "the input is " + std::string(dtype_name(model.inputs()[0].type.dtype)) +
                             model.inputs()[0].type.shape.to_string() + ", a picture is float32[1,3,H,W]",
                         "use `kite run` with a tensor");
  }
  if (model.outputs().empty()) return no_classifier(model, "the model has no output", {});
  const TensorType& type = model.outputs()[0].type;
  std::int64_t longest = 1;
  for (const std::int64_t dim : type.shape.dims()) longest = std::max(longest, dim);
  if (!is_floating_point(type.dtype) || type.shape.elements() == 0 || longest != type.shape.elements()) {
    return no_classifier(model,
                         "output \"" + std::string(model.outputs()[0].name) + "\" is " +
                             std::string(dtype_name(type.dtype)) + type.shape.to_string() +
                             ", a classifier gives one float32 vector of scores",
                         "use `kite run` to get the raw tensor");
  }
  return longest;
}

// Whether the scores come from a Softmax: the last step that writes where output 0 lies.
bool ends_in_softmax(const Plan& plan) {
  const plan_format::Operand& scores = plan.operand(plan.outputs()[0].operand);
  if (scores.place != plan_format::Place::kArena) return false;
  for (const PlanStep& step : plan.steps() | std::views::reverse) {
    for (const std::uint32_t ref : step.outputs) {
      const plan_format::Operand& result = plan.operand(ref);
      if (result.place == scores.place && result.offset == scores.offset)
        return plan.text(step.record->op) == "Softmax";
    }
  }
  return false;
}

// The `k` best of the scores as probabilities. Softmax in double: the sum of many small terms keeps its digits.
std::vector<Prediction> rank(std::span<const float> scores, bool are_probabilities, int k,
                             const std::vector<std::string>& labels) {
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::int64_t{0});
  const std::size_t count = std::min(static_cast<std::size_t>(std::max(k, 0)), order.size());
  if (count == 0) return {};
  const auto better = [&](std::int64_t a, std::int64_t b) {
    const float x = scores[static_cast<std::size_t>(a)];
    const float y = scores[static_cast<std::size_t>(b)];
    // A NaN ranks last, so that the order is total.
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) || (std::isnan(y) && a < b);
    return x != y ? x > y : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
  double sum = 1.0;
  double largest = 0.0;
  if (!are_probabilities) {
    largest = scores[static_cast<std::size_t>(order[0])];
    sum = 0.0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score) - largest);
  }
  std::vector<Prediction> top;
  for (std::size_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(order[i]);
    const double score =
        are_probabilities ? scores[index] : std::exp(static_cast<double>(scores[index]) - largest) / sum;
    top.push_back({order[i], index < labels.size() ? labels[index] : std::string(), static_cast<float>(score)});
  }
  return top;
}

}  // namespace

Result<Classifier> Classifier::open(const std::string& path, const ClassifierOptions& options) {
  Trace* const trace = options.model.trace;
  KITE_TRY_ASSIGN(Model model, Model::open(path, options.model));
  KITE_TRY_ASSIGN(const std::int64_t classes, class_count(model));
  InterpretationSources sources;
  sources.model_path = path;
  sources.metadata = model.metadata();
  const auto dims = model.inputs()[0].type.shape.dims();
  sources.input_shape.assign(dims.begin(), dims.end());
  sources.classes = classes;
  const MeaningOptions& meaning = options.model.meaning;
  if (!meaning.labels.empty()) sources.labels_path = meaning.labels;
  if (!meaning.recipe.empty()) sources.preprocess_json = meaning.recipe;
  sources.report_conflicts = options.report_conflicts;
  // The session first: its workers touch its memory while the labels are read.
  auto session = [&] {
    const TraceScope scope(trace, "start the session");
    return Session::create(model, options.session);
  }();
  if (!session.ok()) return std::move(session).error();
  const TraceScope scope(trace, "read labels and recipe");
  KITE_TRY_ASSIGN(Interpretation interpretation, resolve_interpretation(sources));
  const bool softmax = ends_in_softmax(*model.plan());
  std::vector<std::string> warnings = model.warnings();
  warnings.insert(warnings.end(), interpretation.warnings.begin(), interpretation.warnings.end());
  auto shared = std::make_shared<const Shared>(
      Shared{std::move(model), std::move(interpretation), std::move(warnings), classes, softmax, trace});
  return Classifier(std::make_unique<State>(State{std::move(shared), std::move(session).value()}));
}

Result<Classifier> Classifier::share(const SessionOptions& options) const {
  KITE_TRY_ASSIGN(Session session, Session::create(state_->shared->model, options));
  return Classifier(std::make_unique<State>(State{state_->shared, std::move(session)}));
}

Classifier::Classifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Tensor> Classifier::input_tensor(std::span<const std::byte> picture) const {
  KITE_TRY_ASSIGN(PreparedPicture prepared, prepare_picture(picture, state_->shared->interpretation.recipe));
  return std::move(prepared.tensor);
}

Result<Classification> Classifier::classify(std::span<const std::byte> picture, int k) {
  const Shared& shared = *state_->shared;
  Classification answer;
  const std::int64_t start_ns = Trace::now_ns();
  KITE_TRY_ASSIGN(const PreparedPicture prepared, prepare_picture(picture, shared.interpretation.recipe));
  answer.warnings = prepared.facts.warnings;
  const Port& input = shared.model.inputs()[0];
  if (prepared.tensor.shape() != input.type.shape) {
    return Error{ErrorCode::kInvalidInput,
                 "the recipe gives a picture of " + prepared.tensor.shape().to_string() + ", the model wants " +
                     input.type.shape.to_string(),
                 shared.model.path(), "state the crop in " + shared.model.path() + "'s .kite.json file"};
  }

  const std::int64_t prepared_ns = Trace::now_ns();
  Tensor stored;  // of models that take float16 or float64
  TensorView tensor = prepared.tensor.view();
  if (tensor.type.dtype != input.type.dtype) tensor = (stored = converted(tensor, input.type.dtype)).view();
  KITE_TRY(run_traced(state_->session, tensor, shared.trace));
  TensorView scores = state_->session.output(0);
  Tensor narrowed;
  if (scores.type.dtype != DType::kFloat32) scores = (narrowed = converted(scores, DType::kFloat32)).view();
  answer.top = rank({scores.as<float>(), static_cast<std::size_t>(shared.classes)}, shared.ends_in_softmax, k,
                    shared.interpretation.labels);
  // A NaN or an infinity among logits leaves no probability a number.
  if (!answer.top.empty() && std::isnan(answer.top.front().score)) {
    answer.warnings.push_back("the model's scores for this picture are no numbers (NaN or infinite)");
  }
  const std::int64_t done_ns = Trace::now_ns();
  answer.timings = {milliseconds(prepared.decode_ns), milliseconds(prepared.preprocess_ns),
                    milliseconds(done_ns - prepared_ns)};
  if (shared.trace != nullptr) {
    // Both go on row by row in turn: the trace shows the sum of each.
    const std::int64_t resize_ns = prepared_ns - prepared.preprocess_ns;
    shared.trace->add("decode", start_ns, resize_ns);
    shared.trace->add("resize, crop, normalise", resize_ns, prepared_ns);
    shared.trace->add("infer", prepared_ns, done_ns);
  }
  return answer;
}

Result<Classification> Classifier::classify_file(const std::string& path, int k) {
  KITE_TRY_ASSIGN(const FileBytes file, read_picture_file(path));
  auto answer = classify(file.bytes(), k);
  if (!answer.ok()) return std::move(answer).error().in(path);
  return answer;
}

const Model& Classifier::model() const noexcept { return state_->shared->model; }
int Classifier::threads() const noexcept { return state_->session.threads(); }
std::int64_t Classifier::classes() const noexcept { return state_->shared->classes; }
const std::vector<std::string>& Classifier::labels() const noexcept { return state_->shared->interpretation.labels; }
const std::string& Classifier::labels_source() const noexcept { return state_->shared->interpretation.labels_source; }
const std::string& Classifier::recipe_source() const noexcept { return state_->shared->interpretation.recipe_source; }
std::string Classifier::recipe() const { return state_->shared->interpretation.recipe.to_string(); }
std::string Classifier::recipe_json() const { return kite::recipe_json(state_->shared->interpretation.recipe); }
TensorView Classifier::scores() const { return state_->session.output(0); }
const std::vector<std::string>& Classifier::warnings() const noexcept { return state_->shared->warnings; }
const std::vector<std::string>& Classifier::conflicts() const noexcept {
  return state_->shared->interpretation.conflicts;
}

}  // namespace kite
