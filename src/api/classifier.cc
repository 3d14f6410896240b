// SPDX-License-Identifier: Apache-2.0
// The public Classifier: decode, preprocess, run, rank.
#include "paperkite/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "analysis/scores.h"
#include "api/picture_source.h"
#include "api/ranking.h"
#include "api/scores.h"
#include "carriers/interpretation.h"
#include "carriers/recipe_carriers.h"
#include "image/picture_file.h"
#include "image/preprocess.h"
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
  ScoreChoice choice;
  std::optional<double> threshold;
  std::vector<Decision> decisions;
  Trace* trace = nullptr;
};

struct Classifier::State {
  std::shared_ptr<const Shared> shared;
  Session session;
};

namespace {

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-6; }

// A run; with a trace a span for each of its steps.
Status run_traced(const Model& model, Session& session, const TensorView& input, Trace* trace) {
  if (trace == nullptr) return session.run({&input, 1});
  const std::vector<ModelStep> steps = model.steps();
  return session.run({&input, 1}, [&](std::size_t step, std::uint64_t duration_ns) {
    const std::int64_t end_ns = Trace::now_ns();
    trace->add(std::string(steps[step].op) + ' ' + std::string(steps[step].node),
               end_ns - static_cast<std::int64_t>(duration_ns), end_ns);
  });
}

// A model of several pictures gets this one in every row: rows do not meet, and one picture is asked about.
Tensor in_every_row(Tensor picture, const TensorType& wanted) {
  const Shape& one = picture.shape();
  const bool is_row = one.rank() == wanted.shape.rank() && one.rank() > 0 && one[0] == 1 && wanted.shape[0] > 1 &&
                      std::ranges::equal(one.dims().subspan(1), wanted.shape.dims().subspan(1));
  if (!is_row || picture.dtype() != wanted.dtype) return picture;
  Tensor rows(wanted);
  const std::span<const std::byte> row = picture.view().bytes();
  for (std::int64_t i = 0; i < wanted.shape[0]; ++i) {
    std::memcpy(rows.mutable_view().data + i * static_cast<std::int64_t>(row.size()), row.data(), row.size());
  }
  return rows;
}

Status check_threshold(const MeaningOptions& meaning) {
  if (!meaning.threshold || (*meaning.threshold > 0 && *meaning.threshold < 1)) return {};
  return Error{ErrorCode::kUsage, "a threshold of " + std::to_string(*meaning.threshold), {}, "it lies between 0 and 1"};
}

Result<InterpretationSources> interpretation_sources(const Model& model, const ClassifierOptions& options) {
  InterpretationSources sources;
  sources.model_path = model.path();
  sources.metadata = model.metadata();
  const MeaningOptions& meaning = options.model.meaning;
  KITE_TRY(describe_picture(model, sources));
  if (!meaning.labels.empty()) sources.labels_path = meaning.labels;
  if (!meaning.recipe.empty()) sources.preprocess_json = meaning.recipe;
  sources.processor = meaning.processor;
  sources.size_is_asked = meaning.size.has_value();
  sources.report_conflicts = options.report_conflicts;
  return sources;
}

Result<ScoreChoice> choose_scores(const Model& model, const InterpretationSources& labels,
                                  const MeaningOptions& meaning) {
  ScoreSources sources;
  sources.model_path = model.path();
  sources.ports.assign(model.outputs().begin(), model.outputs().end());
  sources.outputs = parse_scores(model.plan()->note(kScoresNote)).value_or(std::vector<OutputScores>{});
  sources.metadata = model.metadata();
  sources.meaning = &meaning;
  sources.files = labels.files;
  sources.count_labels = [&labels]() -> std::size_t {
    const auto found = resolve_interpretation(labels);
    return found.ok() ? found->labels.size() : 0;
  };
  return choose_scores(sources);
}

// One probability stands for two classes where two are named: the second one's, and what is left.
Status fit_binary_labels(const Model& model, ScoreChoice& choice, Interpretation& interpretation) {
  const std::size_t count = interpretation.labels.size();
  if (!is_binary(choice) || count < 2) return {};
  if (count > 2) {
    return Error{ErrorCode::kInvalidModel,
                 std::to_string(count) + " labels for a model that gives one number", model.path(),
                 "name two classes, of which the number is the second one's probability"};
  }
  if (choice.kind == ScoreKind::kRaw) return {};
  choice.classes = 2;
  choice.kind = ScoreKind::kProbabilities;
  choice.decisions.push_back({"classes", "p is that of \"" + interpretation.labels[1] + "\", 1 - p that of \"" +
                                             interpretation.labels[0] + '"',
                              "two labels for one probability", false});
  return {};
}

// Of the row of one picture in the outputs of the last run.
std::vector<Prediction> best_of(const Session& session, const Shared& shared, std::int64_t row, int k) {
  const ScoreChoice& choice = shared.choice;
  const auto numbers = row_of(session.output(choice.output), row, choice.row);
  std::vector<double> classes;
  if (choice.index_of) classes = row_of(session.output(*choice.index_of), row, choice.row);
  return rank_scores(choice, numbers, classes, k, shared.threshold, shared.interpretation.labels);
}

}  // namespace

Result<Classifier> Classifier::open(const std::string& path, const ClassifierOptions& options) {
  Trace* const trace = options.model.trace;
  KITE_TRY_ASSIGN(Model model, Model::open(path, options.model));
  const MeaningOptions& meaning = options.model.meaning;
  KITE_TRY(check_threshold(meaning));
  KITE_TRY_ASSIGN(InterpretationSources sources, interpretation_sources(model, options));
  KITE_TRY_ASSIGN(ScoreChoice choice, choose_scores(model, sources, meaning));
  // One number may have two labels.
  sources.classes = is_binary(choice) ? 0 : choice.classes;
  // The session first: its workers touch its memory while the labels are read.
  auto session = [&] {
    const TraceScope scope(trace, "start the session");
    return Session::create(model, options.session);
  }();
  if (!session.ok()) return std::move(session).error();
  const TraceScope scope(trace, "read labels and recipe");
  KITE_TRY_ASSIGN(Interpretation interpretation, resolve_interpretation(sources));
  KITE_TRY(fit_binary_labels(model, choice, interpretation));
  std::vector<std::string> warnings = model.warnings();
  warnings.insert(warnings.end(), choice.warnings.begin(), choice.warnings.end());
  warnings.insert(warnings.end(), interpretation.warnings.begin(), interpretation.warnings.end());
  std::vector<Decision> decisions = model.decisions();
  if (const Shape& shape = model.inputs()[0].type.shape; meaning.batch == 0 && shape.rank() > 3 && shape[0] > 1) {
    decisions.push_back({"batch", std::to_string(shape[0]) + " rows, all with the same picture", "the model", false});
  }
  decisions.insert(decisions.end(), choice.decisions.begin(), choice.decisions.end());
  decisions.insert(decisions.end(), interpretation.decisions.begin(), interpretation.decisions.end());
  auto shared = std::make_shared<const Shared>(Shared{std::move(model), std::move(interpretation), std::move(warnings),
                                                      std::move(choice), meaning.threshold, std::move(decisions), trace});
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
  answer.kind = shared.choice.kind;
  const std::int64_t start_ns = Trace::now_ns();
  KITE_TRY_ASSIGN(PreparedPicture prepared, prepare_picture(picture, shared.interpretation.recipe));
  answer.warnings = prepared.facts.warnings;
  const Port& input = shared.model.inputs()[0];
  prepared.tensor = in_every_row(std::move(prepared.tensor), input.type);
  if (prepared.tensor.type() != input.type) {
    return Error{ErrorCode::kInvalidInput,
                 "the recipe gives a picture of " + prepared.tensor.shape().to_string() + ", the model wants " +
                     input.type.shape.to_string(),
                 shared.model.path(), "state the crop in " + shared.model.path() + "'s .kite.json file"};
  }

  const std::int64_t prepared_ns = Trace::now_ns();
  KITE_TRY(run_traced(shared.model, state_->session, prepared.tensor.view(), shared.trace));
  answer.top = best_of(state_->session, shared, 0, k);
  // A NaN or an infinity among logits leaves no probability a number.
  if (!answer.top.empty() && answer.top.front().has_score && std::isnan(answer.top.front().score)) {
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
std::int64_t Classifier::classes() const noexcept { return state_->shared->choice.classes; }
ScoreKind Classifier::score_kind() const noexcept { return state_->shared->choice.kind; }
const std::vector<Decision>& Classifier::decisions() const noexcept { return state_->shared->decisions; }
const std::vector<std::string>& Classifier::labels() const noexcept { return state_->shared->interpretation.labels; }
const std::string& Classifier::labels_source() const noexcept { return state_->shared->interpretation.labels_source; }
const std::string& Classifier::recipe_source() const noexcept { return state_->shared->interpretation.recipe_source; }
std::string Classifier::recipe() const { return state_->shared->interpretation.recipe.to_string(); }
std::string Classifier::recipe_json() const { return kite::recipe_json(state_->shared->interpretation.recipe); }
TensorView Classifier::scores() const { return state_->session.output(state_->shared->choice.output); }
const std::vector<std::string>& Classifier::warnings() const noexcept { return state_->shared->warnings; }
const std::vector<std::string>& Classifier::conflicts() const noexcept {
  return state_->shared->interpretation.conflicts;
}

}  // namespace kite
