// SPDX-License-Identifier: Apache-2.0
// Opens the model as a classifier to ask it.
#include "inspect_sources.h"

#include "paperkite/classifier.h"

namespace kite::cli {

Sources describe_sources(const InspectOptions& options) {
  ClassifierOptions classifier_options;
  classifier_options.model = options.common.model_options();
  classifier_options.session.threads = 1;
  classifier_options.report_conflicts = true;
  const auto classifier = Classifier::open(options.model, classifier_options);
  if (!classifier.ok()) return {{{"classifier", "no: " + classifier.error().message()}}, {}, {}, {}};
  std::vector<std::pair<std::string, std::string>> rows = {
      {"classes", std::to_string(classifier->classes())},
      {"labels", classifier->labels_source()},
      {"preprocessing", classifier->recipe() + "  (" + classifier->recipe_source() + ")"}};
  for (const Decision& decision : classifier->decisions()) {
    rows.emplace_back(decision.subject,
                      decision.value + "  (" + decision.source + (decision.is_guess ? ", a guess)" : ")"));
  }
  return Sources{std::move(rows), classifier->warnings(), classifier->conflicts(),
                 nlohmann::ordered_json::parse(classifier->recipe_json())};
}

}  // namespace kite::cli
