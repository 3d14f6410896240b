// SPDX-License-Identifier: Apache-2.0
#include "cli/report/page_facts.h"

#include <fmt/format.h>

#include "paperkite/model.h"
#include "paperkite/tensor.h"

namespace kite::cli {

namespace {

std::string described(const Port& port) {
  return fmt::format("{} {} {}", port.name, dtype_name(port.type.dtype), port.type.shape.to_string());
}

std::string_view origin_text(PlanOrigin origin) {
  switch (origin) {
    case PlanOrigin::kBuilt: return "made for this run";
    case PlanOrigin::kCached: return "from the cache";
    case PlanOrigin::kPlanFile: return "a plan file";
  }
  return "";
}

NamedValues values_of(const Model& model, const std::string& path, int threads) {
  NamedValues values = {{"file", path}};
  for (const Port& port : model.inputs()) values.emplace_back("input", described(port));
  for (const Port& port : model.outputs()) values.emplace_back("output", described(port));
  const auto millions = [](std::uint64_t count) {
    return count < 100'000 ? std::to_string(count) : fmt::format("{:.2f} million", static_cast<double>(count) * 1e-6);
  };
  const auto megabytes = [](std::uint64_t bytes) {
    return bytes < 100'000 ? fmt::format("{:.1f} KB", static_cast<double>(bytes) * 1e-3)
                           : fmt::format("{:.2f} MB", static_cast<double>(bytes) * 1e-6);
  };
  const ModelMemory memory = model.memory();
  values.emplace_back("parameters", millions(model.parameters()));
  values.emplace_back("multiply-adds", millions(model.macs()));
  values.emplace_back("steps", std::to_string(model.steps().size()));
  values.emplace_back("plan", fmt::format("{}, {}", megabytes(memory.plan_bytes), origin_text(model.origin())));
  values.emplace_back("activations", megabytes(memory.arena_bytes));
  values.emplace_back("instruction set", model.isa());
  values.emplace_back("threads of a run", std::to_string(threads));
  values.emplace_back("program", "kite " KITE_VERSION);
  return values;
}

}  // namespace

PageFacts facts_of(const Classifier& classifier, const std::string& model) {
  PageFacts facts;
  facts.model = model;
  facts.kind = classifier.score_kind();
  facts.classes = classifier.classes();
  facts.is_from_cache = classifier.model().origin() != PlanOrigin::kBuilt;
  const std::string labels = classifier.labels().empty() ? "none: classes are shown as numbers"
                                                         : fmt::format("{}", classifier.labels().size());
  facts.decisions = {{"labels", labels, classifier.labels_source(), false},
                     {"preprocessing", classifier.recipe(), classifier.recipe_source(), false}};
  const auto& others = classifier.decisions();
  facts.decisions.insert(facts.decisions.end(), others.begin(), others.end());
  facts.recipe_json = classifier.recipe_json();
  facts.warnings = classifier.warnings();
  facts.conflicts = classifier.conflicts();
  facts.model_values = values_of(classifier.model(), model, classifier.threads());
  return facts;
}

}  // namespace kite::cli
