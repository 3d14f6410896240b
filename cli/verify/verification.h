// SPDX-License-Identifier: Apache-2.0
// One model against the other side: opened once, then compared for each picture.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/verify/against.h"
#include "cli/verify/comparison.h"
#include "cli/verify/engine_values.h"
#include "cli/verify/oracle_graph.h"
#include "cli/verify/recording.h"
#include "cli/verify/reference.h"
#include "cli/verify/report.h"
#include "cli/verify/value_pairs.h"
#include "paperkite/classifier.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

struct VerifyOptions {
  CommonOptions common;
  std::string model;
  std::vector<std::string> images;
  std::string reference;
  std::string against;
  std::string references_dir;
  std::string folder = ".";
  double bound = kOutputBound;
  bool all = false;
};

// A second model, for its values and its picture stages.
struct SecondModel {
  std::string path;
  OracleGraph graph;
  ValuePairs pairs;                      // of the model's values and its own
  std::vector<std::size_t> inputs;       // for each input of the model, the index of its own
  std::optional<Classifier> classifier;  // only with pictures
};

// Move-only. The options must outlive it.
class Verification {
 public:
  static Result<Verification> open(const VerifyOptions& options);

  // `image`: empty for noise, or for the recording's own input. Writes a drawing of what differs.
  Result<ReportedPicture> compare(const std::string& image);
  [[nodiscard]] std::string their_title() const;

 private:
  Verification(const VerifyOptions& options, std::string path, EngineValues engine, OracleGraph oracle)
      : options_(&options), path_(std::move(path)), engine_(std::move(engine)), oracle_(std::move(oracle)) {}
  Status open_reference(const ModelOptions& model_options);
  Status open_library();
  Result<RecordingRequest> recording_request(const std::string& image,
                                             const std::unordered_map<ValueId, EngineValue>& ours) const;
  Result<std::vector<Tensor>> inputs_without_picture() const;
  Result<std::unique_ptr<Reference>> reference_for(const std::string& image, const std::vector<Tensor>& inputs) const;
  Result<std::unordered_map<ValueId, Tensor>> their_inputs(const Reference& reference,
                                                           const std::vector<Tensor>& inputs) const;
  Status draw(ReportedPicture& picture, const Reference& reference);
  std::string drawing_file(const std::string& subject);

  const VerifyOptions* options_;
  std::string path_;
  EngineValues engine_;
  OracleGraph oracle_;
  std::optional<Classifier> classifier_;
  std::unique_ptr<Recording> recording_;
  std::unique_ptr<AgainstLibrary> library_;  // that makes the recording of each picture
  std::unique_ptr<SecondModel> second_;
  std::set<std::string> drawings_;  // the files of this run
};

}  // namespace kite::cli
