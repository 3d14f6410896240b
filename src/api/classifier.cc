// SPDX-License-Identifier: Apache-2.0
// The public Classifier: decode, preprocess, run, rank.
#include "paperkite/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "api/internals.h"
#include "api/model_meaning.h"
#include "api/picture_rows.h"
#include "api/ranking.h"
#include "api/scores.h"
#include "carriers/interpretation.h"
#include "carriers/recipe_carriers.h"
#include "paperkite/try.h"
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
  ViewOptions views;
  Limits limits;
  bool keep_scores = false;
  Trace* trace = nullptr;
};

struct Classifier::State {
  std::shared_ptr<const Shared> shared;
  Session session;
  PictureRows rows;

  void answer(std::span<const Picture> pictures, int k, std::vector<Result<Classification>>& answers);
  [[nodiscard]] Classification answer_of(FilledRow picture, std::int64_t row, int k, std::int64_t run_ns) const;
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

Status check_threshold(const MeaningOptions& meaning) {
  if (!meaning.threshold || (*meaning.threshold > 0 && *meaning.threshold < 1)) return {};
  return Error{
      ErrorCode::kUsage, "a threshold of " + std::to_string(*meaning.threshold), {}, "it lies between 0 and 1"};
}

// Of the row of one picture in the outputs of the last run.
RankedScores best_of(const Session& session, const Shared& shared, std::int64_t row, int k) {
  const ScoreChoice& choice = shared.choice;
  const auto numbers = row_of(session.output(choice.output), row, choice.row);
  std::vector<double> classes;
  if (choice.index_of) classes = row_of(session.output(*choice.index_of), row, choice.row);
  return rank_scores(choice, numbers, classes, {k, shared.threshold, shared.keep_scores}, shared.interpretation.labels);
}

// When the pictures of one run were begun, and when they lay in their rows.
struct GroupClock {
  std::int64_t start_ns = 0;
  std::int64_t filled_ns = 0;
};

void trace_group(Trace& trace, const std::vector<Result<FilledRow>>& rows, const GroupClock& clock) {
  if (rows.size() == 1) {
    // Both go on row by row in turn: the trace shows the sum of each.
    const std::int64_t resize_ns = clock.filled_ns - rows[0]->preprocess_ns;
    trace.add("decode", clock.start_ns, resize_ns);
    trace.add("resize, crop, normalise", resize_ns, clock.filled_ns);
  } else {
    trace.add("decode, resize, crop, normalise", clock.start_ns, clock.filled_ns);
  }
  trace.add("infer", clock.filled_ns, Trace::now_ns());
}

}  // namespace

// At most as many pictures as one run takes. Their answers are put behind those that are there.
void Classifier::State::answer(std::span<const Picture> pictures, int k, std::vector<Result<Classification>>& answers) {
  GroupClock clock{Trace::now_ns()};
  std::vector<Result<FilledRow>> filled = rows.fill(shared->interpretation.recipe, pictures, session);
  clock.filled_ns = Trace::now_ns();
  const auto good = std::ranges::count_if(filled, [](const auto& row) { return row.ok(); });
  const Status ran = good == 0 ? Status() : run_traced(shared->model, session, rows.tensor(), shared->trace);
  if (!ran.ok() && pictures.size() > 1) {
    // Some operators refuse some numbers: whose these were is seen when each picture runs alone.
    for (const Picture& picture : pictures) answer({&picture, 1}, k, answers);
    return;
  }
  const std::int64_t run_ns = good == 0 ? 0 : (Trace::now_ns() - clock.filled_ns) / good;
  for (std::size_t i = 0; i < filled.size(); ++i) {
    if (filled[i].ok() && ran.ok()) {
      answers.emplace_back(answer_of(std::move(filled[i]).value(), static_cast<std::int64_t>(i), k, run_ns));
    } else if (!filled[i].ok()) {
      answers.emplace_back(std::move(filled[i]).error());
    } else {
      const auto* path = std::get_if<std::string>(&pictures[i]);
      answers.emplace_back(path == nullptr ? ran.error() : Error(ran.error()).in(*path));
    }
  }
  if (shared->trace != nullptr && good > 0) trace_group(*shared->trace, filled, clock);
}

Classification Classifier::State::answer_of(FilledRow picture, std::int64_t row, int k, std::int64_t run_ns) const {
  const std::int64_t start_ns = Trace::now_ns();
  Classification answer;
  answer.kind = shared->choice.kind;
  answer.warnings = std::move(picture.facts.warnings);
  answer.views = std::move(picture.views);
  RankedScores ranked = best_of(session, *shared, row, k);
  answer.top = std::move(ranked.top);
  answer.scores = std::move(ranked.scores);
  // A NaN or an infinity among logits leaves no probability a number.
  if (!answer.top.empty() && answer.top.front().has_score && std::isnan(answer.top.front().score)) {
    answer.warnings.push_back("the model's scores for this picture are no numbers (NaN or infinite)");
  }
  answer.timings = {milliseconds(picture.decode_ns), milliseconds(picture.preprocess_ns),
                    milliseconds(run_ns + Trace::now_ns() - start_ns)};
  return answer;
}

Result<Classifier> Classifier::open(const std::string& path, const ClassifierOptions& options) {
  KITE_TRY_ASSIGN(Model model, Model::open(path, options.model));
  return over(std::move(model), options);
}

Result<Classifier> Classifier::open(std::span<const std::byte> bytes, const ClassifierOptions& options) {
  KITE_TRY_ASSIGN(Model model, Model::open(bytes, options.model));
  return over(std::move(model), options);
}

Result<Classifier> Internals::open(const ModelFile& file, const ClassifierOptions& options) {
  KITE_TRY_ASSIGN(Model model, Model::open(file, options.model, nullptr));
  return Classifier::over(std::move(model), options);
}

Result<Classifier> Classifier::over(Model model, const ClassifierOptions& options) {
  Trace* const trace = options.model.trace;
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
  PictureRows rows(interpretation.recipe, model.inputs()[0].type, options.views, sources.limits);
  if (meaning.batch == 0 && rows.count() > 1) {
    decisions.push_back({"batch", std::to_string(rows.count()) + " pictures a run, a row without one repeats another",
                         "the model", false});
  }
  decisions.insert(decisions.end(), choice.decisions.begin(), choice.decisions.end());
  decisions.insert(decisions.end(), interpretation.decisions.begin(), interpretation.decisions.end());
  auto shared = std::make_shared<const Shared>(Shared{std::move(model), std::move(interpretation), std::move(warnings),
                                                      std::move(choice), meaning.threshold, std::move(decisions),
                                                      options.views, sources.limits, options.keep_scores, trace});
  return Classifier(std::make_unique<State>(State{std::move(shared), std::move(session).value(), std::move(rows)}));
}

Result<Classifier> Classifier::share(const SessionOptions& options) const {
  KITE_TRY_ASSIGN(Session session, Session::create(state_->shared->model, options));
  const Shared& shared = *state_->shared;
  PictureRows rows(shared.interpretation.recipe, shared.model.inputs()[0].type, shared.views, shared.limits);
  return Classifier(std::make_unique<State>(State{state_->shared, std::move(session), std::move(rows)}));
}

Classifier::Classifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Tensor> Classifier::input_tensor(const Picture& picture) const {
  PictureRows rows(state_->shared->interpretation.recipe, state_->shared->model.inputs()[0].type, {},
                   state_->shared->limits);
  KITE_TRY(rows.fill(state_->shared->interpretation.recipe, {&picture, 1}, state_->session).front());
  return std::move(rows).release();
}

std::vector<Result<Classification>> Classifier::classify_batch(std::span<const Picture> pictures, int k) {
  std::vector<Result<Classification>> answers;
  answers.reserve(pictures.size());
  while (!pictures.empty()) {
    const auto group = pictures.first(std::min(static_cast<std::size_t>(batch()), pictures.size()));
    state_->answer(group, k, answers);
    pictures = pictures.subspan(group.size());
  }
  return answers;
}

Result<Classification> Classifier::classify(std::span<const std::byte> picture, int k) {
  const Picture file(picture);
  return std::move(classify_batch({&file, 1}, k).front());
}

Result<Classification> Classifier::classify_file(const std::string& path, int k) {
  const Picture file(path);
  return std::move(classify_batch({&file, 1}, k).front());
}

std::int64_t Classifier::batch() const noexcept { return state_->rows.count(); }
const Model& Classifier::model() const noexcept { return state_->shared->model; }
int Classifier::threads() const noexcept { return state_->session.threads(); }
std::int64_t Classifier::classes() const noexcept { return state_->shared->choice.classes; }
ScoreKind Classifier::score_kind() const noexcept { return state_->shared->choice.kind; }
const std::vector<Decision>& Classifier::decisions() const noexcept { return state_->shared->decisions; }
const std::vector<std::string>& Classifier::labels() const noexcept { return state_->shared->interpretation.labels; }
const std::string& Classifier::labels_source() const noexcept { return state_->shared->interpretation.labels_source; }
const std::string& Classifier::recipe_source() const noexcept { return state_->shared->interpretation.recipe_source; }
const PreprocessRecipe& Internals::recipe(const Classifier& classifier) noexcept {
  return classifier.state_->shared->interpretation.recipe;
}
const Limits& Internals::limits(const Classifier& classifier) noexcept { return classifier.state_->shared->limits; }
std::string Classifier::recipe() const { return state_->shared->interpretation.recipe.to_string(); }
bool Classifier::is_labels_guess() const noexcept { return state_->shared->interpretation.is_labels_guess; }
bool Classifier::is_recipe_guess() const noexcept { return state_->shared->interpretation.is_recipe_guess; }
Result<std::map<std::string, std::string>> Classifier::self_description() const {
  return describe_itself(model(), state_->shared->choice, state_->shared->interpretation);
}
std::string Classifier::recipe_json() const { return kite::recipe_json(state_->shared->interpretation.recipe); }
TensorView Classifier::scores() const { return state_->session.output(state_->shared->choice.output); }
const std::vector<std::string>& Classifier::warnings() const noexcept { return state_->shared->warnings; }
const std::vector<std::string>& Classifier::conflicts() const noexcept {
  return state_->shared->interpretation.conflicts;
}

}  // namespace kite
