// SPDX-License-Identifier: Apache-2.0
// First the output, by name, shape and number of labels; then the activation, by what the graph ends in.
#include "api/scores.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// The part of a name that says something: "model/dense_1/Softmax:0" is "softmax".
std::string telling_part(std::string_view name) {
  name = name.substr(0, name.rfind(':') == std::string_view::npos ? name.size() : name.rfind(':'));
  if (const auto slash = name.find_last_of("/."); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::string word = lower_case(name);
  while (!word.empty() && (std::isdigit(static_cast<unsigned char>(word.back())) != 0 || word.back() == '_')) {
    word.pop_back();
  }
  return word;
}

bool contains_any(std::string_view word, std::initializer_list<std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return word.find(part) != std::string_view::npos; });
}

bool names_features(std::string_view name) {
  const std::string word = telling_part(name);
  return contains_any(word, {"feature", "embed", "hidden_state", "pooler_output", "pooled_output", "attention"}) ||
         word == "feat" || word == "feats" || word.starts_with("feat_") || word.ends_with("_feat");
}

bool names_auxiliary_head(std::string_view name) {
  const std::string word = telling_part(name);
  return word.starts_with("aux") || contains_any(word, {"_aux", "auxiliary"});
}

// 0: says "class scores" and no more; 1: says it among other things; 2: says nothing.
int name_rank(std::string_view name) {
  const std::string word = telling_part(name);
  constexpr std::array<std::string_view, 12> kExact = {"logits", "logit",       "probabilities", "probability",
                                                       "probs",  "prob",        "scores",        "score",
                                                       "output", "predictions", "prediction",    "output_probability"};
  if (std::ranges::find(kExact, word) != kExact.end()) return 0;
  if (contains_any(word, {"logit", "prob", "score", "predict", "softmax", "dense", "class"})) return 1;
  return 2;
}

std::string port_text(const Port& port) {
  return in_quotes(port.name) + " " + std::string(dtype_name(port.type.dtype)) + port.type.shape.to_string();
}

class ScoreChooser {
 public:
  explicit ScoreChooser(const ScoreSources& sources) : sources_(sources), meaning_(*sources.meaning) {}

  Result<ScoreChoice> run();

 private:
  Result<std::size_t> output();
  Result<std::size_t> named_output(const std::string& name, const std::string& source);
  Result<std::size_t> only_output();
  [[nodiscard]] std::vector<std::size_t> candidates() const;
  void drop_activated_logits(std::vector<std::size_t>& among) const;
  Status activation();
  Status stated_activation(ScoreActivation stated, const std::string& source);
  Status activation_of_logits();
  // The softmax of a single number is always 1, so no file means that.
  [[nodiscard]] bool suits_logits(const std::optional<ScoreStatement>& stated) const {
    return stated && (choice_.classes > 1 || stated->activation != ScoreActivation::kSoftmax);
  }
  void class_index();

  [[nodiscard]] Error refusal(std::string what, std::string remedy) const {
    return {ErrorCode::kUnsupportedModel, std::move(what), sources_.model_path, std::move(remedy)};
  }
  // `source` contradicts the model: the caller's flag, or a statement that was written for this model.
  [[nodiscard]] Error contradiction(const std::string& source, std::string what, std::string remedy) const {
    if (source.starts_with("--")) return {ErrorCode::kUsage, std::move(what), sources_.model_path, std::move(remedy)};
    return Error{ErrorCode::kInvalidModel, std::move(what), source, std::move(remedy)}.in(sources_.model_path);
  }
  [[nodiscard]] Error no_vector(std::size_t i) const {
    return refusal("output " + port_text(sources_.ports[i]) + ": a classifier gives one vector of scores",
                   "use `kite run` to get the raw tensor");
  }
  [[nodiscard]] Error several(const std::vector<std::size_t>& among) const;
  void decide(std::string subject, std::string value, std::string source, bool is_guess = false) {
    choice_.decisions.push_back({std::move(subject), std::move(value), std::move(source), is_guess});
  }
  void use(ScoreActivation activation, ScoreKind kind, std::string source) {
    choice_.activation = activation;
    choice_.kind = kind;
    decide("activation", std::string(activation_name(activation)), std::move(source));
  }
  [[nodiscard]] const OutputScores& facts() const { return sources_.outputs[choice_.output]; }

  const ScoreSources& sources_;
  const MeaningOptions& meaning_;
  ScoreChoice choice_;
  OwnScores own_;
  std::string output_source_;
};

Error ScoreChooser::several(const std::vector<std::size_t>& among) const {
  std::string list;
  for (const std::size_t i : among) list += (list.empty() ? "" : ", ") + port_text(sources_.ports[i]);
  return refusal("several outputs could hold the class scores, and nothing says which: " + list,
                 "name one with --scores-from NAME");
}

Result<std::size_t> ScoreChooser::named_output(const std::string& name, const std::string& source) {
  const auto found = std::ranges::find(sources_.ports, name, &Port::name);
  if (found == sources_.ports.end()) {
    std::string list;
    for (const Port& port : sources_.ports) list += (list.empty() ? "" : ", ") + port_text(port);
    return contradiction(source, "the model has no output " + in_quotes(name), "its outputs are " + list);
  }
  const auto i = static_cast<std::size_t>(found - sources_.ports.begin());
  if (sources_.outputs[i].kind == OutputKind::kNoVector) return no_vector(i);
  output_source_ = source;
  return i;
}

Result<std::size_t> ScoreChooser::only_output() {
  if (sources_.outputs[0].kind == OutputKind::kNoVector) return no_vector(0);
  if (names_features(sources_.ports[0].name)) {
    return refusal(
        "the output is called " + in_quotes(sources_.ports[0].name) + ": features, not class scores",
        "use `kite run` to get them, or --scores-from " + std::string(sources_.ports[0].name) + " if they are scores");
  }
  output_source_ = "the only output";
  return std::size_t{0};
}

// Outputs that could hold the scores. Ranked scores go with the output that holds their classes, which stands for both;
// a class alone is less than the scores of all.
std::vector<std::size_t> ScoreChooser::candidates() const {
  std::vector<std::size_t> vectors;
  std::vector<std::size_t> indices;
  std::vector<std::size_t> auxiliary;
  for (std::size_t i = 0; i < sources_.ports.size(); ++i) {
    const OutputScores& scores = sources_.outputs[i];
    if (scores.kind == OutputKind::kNoVector || names_features(sources_.ports[i].name)) continue;
    if (scores.kind == OutputKind::kClassIndex) {
      indices.push_back(i);
    } else if (scores.ranked > 0 && (scores.partner >= 0 || scores.ranked == 1)) {
      continue;
    } else {
      (names_auxiliary_head(sources_.ports[i].name) ? auxiliary : vectors).push_back(i);
    }
  }
  if (!vectors.empty()) return vectors;
  return auxiliary.empty() ? indices : auxiliary;
}

// What the graph itself makes of its logits goes before them: only it shows whether that is a softmax, sigmoids, or a
// softmax with a temperature. Who states an activation, or wants the graph's numbers, may mean the logits.
void ScoreChooser::drop_activated_logits(std::vector<std::size_t>& among) const {
  if (meaning_.raw || !meaning_.activation.empty() || own_.activation) return;
  const std::vector<std::size_t> all = among;
  std::erase_if(among, [&](std::size_t i) {
    const OutputScores& scores = sources_.outputs[i];
    return scores.kind == OutputKind::kLogits && scores.partner >= 0 &&
           std::ranges::find(all, static_cast<std::size_t>(scores.partner)) != all.end();
  });
}

Result<std::size_t> ScoreChooser::output() {
  if (!meaning_.scores_from.empty()) return named_output(meaning_.scores_from, "--scores-from");
  if (!own_.output.empty()) return named_output(own_.output, own_.output_source);
  if (sources_.ports.empty()) return refusal("the model has no output", {});
  if (sources_.ports.size() == 1) return only_output();
  std::vector<std::size_t> left = candidates();
  if (left.empty()) {
    return refusal("none of the " + std::to_string(sources_.ports.size()) +
                       " outputs is one vector of scores, as a classifier gives",
                   "use `kite run` to get the raw tensors, or name one with --scores-from NAME");
  }
  output_source_ = "the only output of its kind";
  if (left.size() == 1) return left.front();
  drop_activated_logits(left);
  output_source_ = "the graph, which makes it of the logits of another output";
  if (left.size() == 1) return left.front();

  const std::size_t labels = sources_.count_labels();
  std::vector<std::size_t> fitting = left;
  std::erase_if(fitting,
                [&](std::size_t i) { return sources_.outputs[i].classes != static_cast<std::int64_t>(labels); });
  if (!fitting.empty()) left = fitting;
  output_source_ = "as many classes as labels";
  if (left.size() == 1) return left.front();

  const auto rank = [&](std::size_t i) { return name_rank(sources_.ports[i].name); };
  const int best = rank(*std::ranges::min_element(left, {}, rank));
  std::vector<std::size_t> named = left;
  std::erase_if(named, [&](std::size_t i) { return rank(i) != best; });
  output_source_ = "its name";
  if (named.size() == 1) return named.front();
  // The same scores before and after their softmax: either gives the same answer.
  const OutputScores& first = sources_.outputs[left[0]];
  const OutputScores& second = sources_.outputs[left[1]];
  if (left.size() == 2 && first.classes == second.classes && first.kind != second.kind &&
      first.kind != OutputKind::kUnclear && second.kind != OutputKind::kUnclear) {
    choice_.is_output_guess = best == 2;
    output_source_ = "the first of two that look like the same scores";
    return left.front();
  }
  return several(left);
}

// The caller, or a file that goes before the graph, says what the numbers need.
Status ScoreChooser::stated_activation(ScoreActivation stated, const std::string& source) {
  const OutputKind kind = facts().kind;
  const bool may_be_logits = kind == OutputKind::kLogits || kind == OutputKind::kUnclear;
  if (stated != ScoreActivation::kNone && !may_be_logits) {
    const std::string subject = source.starts_with("--") ? "--activation " : "activation ";
    return contradiction(source,
                         subject + std::string(activation_name(stated)) + " of an output that holds " +
                             std::string(output_kind_name(kind)) + " already",
                         "leave it out, or say none");
  }
  choice_.is_activation_stated = true;
  use(stated, stated == ScoreActivation::kSoftmax ? ScoreKind::kProbabilities : ScoreKind::kIndependent, source);
  if (stated == ScoreActivation::kNone && facts().sums_to_one) choice_.kind = ScoreKind::kProbabilities;
  return {};
}

Status ScoreChooser::activation_of_logits() {
  KITE_TRY_ASSIGN(const auto stated,
                  stated_scores(*sources_.folder, sources_.metadata, *sources_.files, choice_.classes));
  if (suits_logits(stated)) {
    return stated_activation(stated->activation, stated->source);
  }
  if (facts().ranked > 0) {
    // Without the scores of all others their softmax is unknown: the classes are all that is left.
    class_index();
    choice_.warnings.emplace_back(
        "the model gives the logits of its best classes only, which are no probabilities: "
        "they are left out (--raw shows them)");
    return {};
  }
  if (choice_.classes > 1) {
    use(ScoreActivation::kSoftmax, ScoreKind::kProbabilities, "the graph, which ends in logits");
    return {};
  }
  return refusal("output " + port_text(sources_.ports[choice_.output]) +
                     " is one number without an activation, and nothing says what it means",
                 "state --activation sigmoid for a logit, --activation none for a probability, or use `kite run`");
}

void ScoreChooser::class_index() {
  if (choice_.index_of) choice_.output = *choice_.index_of;
  choice_.index_of.reset();
  choice_.kind = ScoreKind::kNone;
  decide("activation", "none", "the graph, which gives the class without a score");
}

Status ScoreChooser::activation() {
  if (facts().kind == OutputKind::kClassIndex) {
    class_index();
    return {};
  }
  if (meaning_.raw) {
    use(ScoreActivation::kNone, ScoreKind::kRaw, "--raw");
    return {};
  }
  if (!meaning_.activation.empty()) {
    const auto stated = parse_activation(meaning_.activation);
    if (!stated || *stated == ScoreActivation::kExp) {
      return Error{
          ErrorCode::kUsage, in_quotes(meaning_.activation) + " is no activation", {}, "say softmax, sigmoid or none"};
    }
    return stated_activation(*stated, "--activation");
  }
  if (sources_.huggingface_folder != nullptr && facts().kind == OutputKind::kLogits) {
    KITE_TRY_ASSIGN(const auto stated,
                    stated_scores(*sources_.huggingface_folder, {}, *sources_.files, choice_.classes));
    if (suits_logits(stated)) return stated_activation(stated->activation, "--from: " + stated->source);
  }
  if (own_.activation) return stated_activation(own_.activation->activation, own_.activation->source);
  choice_.divisor = facts().sums_to_one || facts().total > 1 ? facts().total : 1;
  const std::string from_graph = "the graph, which gives " + std::string(output_kind_name(facts().kind));
  switch (facts().kind) {
    case OutputKind::kLogits: return activation_of_logits();
    case OutputKind::kProbabilities: use(ScoreActivation::kNone, ScoreKind::kProbabilities, from_graph); break;
    case OutputKind::kIndependent: use(ScoreActivation::kNone, ScoreKind::kIndependent, from_graph); break;
    case OutputKind::kLogProbabilities: use(ScoreActivation::kExp, ScoreKind::kProbabilities, from_graph); break;
    case OutputKind::kLogIndependent: use(ScoreActivation::kExp, ScoreKind::kIndependent, from_graph); break;
    case OutputKind::kClassIndex:
    case OutputKind::kUnclear:
    case OutputKind::kNoVector:
      return refusal("output " + port_text(sources_.ports[choice_.output]) +
                         " is neither logits nor probabilities: " + facts().reason,
                     "state --activation softmax, sigmoid or none, or use --raw");
  }
  if (!facts().reason.empty()) {
    choice_.warnings.push_back("output " + in_quotes(sources_.ports[choice_.output].name) + ": " + facts().reason);
  }
  return {};
}

Result<ScoreChoice> ScoreChooser::run() {
  if (sources_.outputs.size() != sources_.ports.size()) {
    return refusal("the plan does not say what the model's outputs hold", "make it again with `kite compile`");
  }
  std::int64_t classes = 0;  // the file that own_scores() reads may also hold the labels of any output
  for (const OutputScores& output : sources_.outputs) classes = std::max(classes, output.classes);
  KITE_TRY_ASSIGN(own_, own_scores(*sources_.folder, sources_.metadata, *sources_.files, classes));
  KITE_TRY_ASSIGN(choice_.output, output());
  decide("scores", "output " + in_quotes(sources_.ports[choice_.output].name), output_source_, choice_.is_output_guess);
  if (choice_.is_output_guess) {
    choice_.warnings.push_back("the scores are taken from output " + in_quotes(sources_.ports[choice_.output].name) +
                               ", the first of two; --scores-from NAME names another");
  }
  choice_.classes = facts().classes;
  choice_.row = facts().ranked > 0 ? facts().ranked : facts().classes;
  if (facts().ranked > 0 && facts().partner >= 0) {
    const auto partner = static_cast<std::size_t>(facts().partner);
    const bool is_index = facts().kind == OutputKind::kClassIndex;
    choice_.index_of = is_index ? choice_.output : partner;
    choice_.output = is_index ? partner : choice_.output;
    choice_.classes = sources_.outputs[*choice_.index_of].classes;
  } else if (facts().ranked > 0 && facts().kind != OutputKind::kClassIndex) {
    return refusal("output " + port_text(sources_.ports[choice_.output]) +
                       " holds the scores of the best classes, and no output says which these are",
                   "export the indices of TopK as well, or use `kite run`");
  }
  KITE_TRY(activation());
  return std::move(choice_);
}

}  // namespace

Result<ScoreChoice> choose_scores(const ScoreSources& sources) { return ScoreChooser(sources).run(); }

}  // namespace kite
