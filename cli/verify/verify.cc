// SPDX-License-Identifier: Apache-2.0
// kite verify: where the engine's answer and another one part.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "cli/command.h"
#include "cli/image_list.h"
#include "cli/json_output.h"
#include "cli/output/output.h"
#include "cli/parser/number_option.h"
#include "cli/verify/comparison.h"
#include "cli/verify/report.h"
#include "cli/verify/verification.h"
#include "paperkite/error.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

// The pictures that the arguments name. One that cannot be listed is an error: a comparison leaves nothing out.
Result<std::vector<std::string>> list_pictures(const std::vector<std::string>& arguments) {
  ImageList list = list_images(arguments, false);
  for (const std::string& warning : list.warnings) warn(warning);
  std::vector<std::string> paths;
  for (ImageItem& item : list.items) {
    if (!item.failure.empty()) return std::move(item.failure.front());
    if (item.name == "-") {
      return Error{ErrorCode::kUsage, "a picture on standard input can be read only once", "-",
                   "save it in a file: both sides read it"};
    }
    paths.push_back(std::move(item.name));
  }
  return paths;
}

// Every picture that was compared, and the first error of those that could not be.
struct Outcome {
  std::vector<ReportedPicture> pictures;
  nlohmann::ordered_json reports = nlohmann::ordered_json::array();
  std::size_t failed = 0;
  ExitCode failure = kOk;
  [[nodiscard]] std::size_t differing() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(pictures, [](const ReportedPicture& picture) { return !picture.comparison.agrees(); }));
  }
};

void print_summary(const Outcome& outcome) {
  print("{} of {} pictures differ beyond the bound\n", outcome.differing(), outcome.pictures.size());
  for (const ReportedPicture& picture : outcome.pictures) {
    if (!picture.comparison.agrees()) print("  {}: {}\n", picture.comparison.image, verdict(picture.comparison));
  }
  if (outcome.failed > 0) print("{} could not be compared\n", outcome.failed);
}

// A picture that cannot be read, among others that can: it is told, and the next one is compared.
void add_failure(Outcome& outcome, const std::string& image, const Error& error, bool json) {
  ++outcome.failed;
  if (outcome.failure == kOk) outcome.failure = exit_code_of(error.code);
  outcome.reports.push_back({{"image", image}, {"error", describe_error(error)}});
  if (!json) report(error, false);
}

Result<Outcome> compare_all(Verification& verification, const VerifyOptions& options) {
  const ReportStyle style{options.all, ::isatty(STDOUT_FILENO) != 0};
  std::vector<std::string> images = options.images;
  if (images.empty()) images.emplace_back();
  Outcome outcome;
  for (const std::string& image : images) {
    auto compared = verification.compare(image);
    if (!compared.ok()) {
      const ErrorCode code = compared.error().code;
      const bool ends = images.size() == 1 || code == ErrorCode::kUsage || code == ErrorCode::kInterrupted;
      if (ends) return std::move(compared).error();
      add_failure(outcome, image, compared.error(), options.common.json);
      continue;
    }
    if (options.common.json) {
      outcome.reports.push_back(report_json(*compared));
    } else {
      // Only now, so that an error leaves standard output empty.
      if (outcome.pictures.empty()) print("{} against {}\n", options.model, verification.their_title());
      print("{}", report_text(*compared, style));
    }
    for (StageRow& row : compared->comparison.stages) row.ours = Tensor(), row.theirs = Tensor();
    outcome.pictures.push_back(std::move(*compared));
  }
  return outcome;
}

Result<ExitCode> verify(const VerifyOptions& options) {
  VerifyOptions listed = options;
  KITE_TRY_ASSIGN(listed.images, list_pictures(options.images));
  KITE_TRY_ASSIGN(Verification verification, Verification::open(listed));
  KITE_TRY_ASSIGN(Outcome outcome, compare_all(verification, listed));
  const ExitCode found = outcome.differing() > 0 ? kSomeFailed : kOk;
  if (options.common.json) {
    print_json({{"model", options.model},
                {"reference", verification.their_title()},
                {"bounds",
                 {{"output", options.bound},
                  {"inner", kInnerFactor * options.bound},
                  {"step", kStepFactor * options.bound},
                  {"tensor", kTensorBound}}},
                {"agrees", found == kOk && outcome.failed == 0},
                {"pictures", std::move(outcome.reports)}});
  } else if (listed.images.size() > 1) {
    print_summary(outcome);
  }
  return outcome.failed > 0 ? outcome.failure : found;
}

}  // namespace

Verb verify_verb() {
  auto options = std::make_shared<VerifyOptions>();
  Verb verb{.name = "verify", .summary = "See where two answers part, stage by stage"};
  verb.add({model_option(options->model),
            {.names = "IMAGE", .into = &options->images, .help = "Pictures to compare; without one, seeded noise"},
            {.names = "--reference",
             .into = &options->reference,
             .help = "A second model, or a recording (.npz) of another program; without it, the model's own graph in "
                     "double precision",
             .type = "FILE"},
            {.names = "--against",
             .into = &options->against,
             .help = "A Python library that prepares the pictures and runs the model: ort, torchvision, timm, hf, or a "
                     "folder of your own (references/README.md); its environment is made at the first use",
             .type = "NAME"},
            {.names = "--references-dir",
             .into = &options->references_dir,
             .help = "Folder of the references of --against (default: the installed ones; or KITE_REFERENCES_DIR)",
             .type = "DIR"},
            {.names = "--bound",
             .into = &options->bound,
             .help = "Largest difference of an output, as a part of its largest number (default: 1e-4)",
             .values = real_within(0.0, 1.0)},
            {.names = "-o,--output",
             .into = &options->folder,
             .help = "Folder for the drawings of what differs (default: this one)",
             .type = "DIR"},
            {.names = "--all", .into = &options->all, .help = "Print a line for every value"}});
  add_model_options(verb, options->common);
  verb.run = [options]() -> int {
    const auto code = verify(*options);
    return code.ok() ? *code : report(code.error(), options->common.json);
  };
  return verb;
}

}  // namespace kite::cli
