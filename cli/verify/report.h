// SPDX-License-Identifier: Apache-2.0
// A comparison for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/verify/comparison.h"
#include "cli/verify/diagnosis.h"

namespace kite::cli {

// A comparison and what follows from it.
struct ReportedPicture {
  Comparison comparison;
  std::vector<Finding> findings;
  std::string drawing;  // path of the file; empty where nothing was drawn
};

struct ReportStyle {
  bool all_values = false;  // otherwise those around the first difference, the worst one, and the last one
  bool map = false;         // the block that shows where a picture differs, for terminals
};

[[nodiscard]] std::string report_text(const ReportedPicture& picture, const ReportStyle& style);
[[nodiscard]] nlohmann::ordered_json report_json(const ReportedPicture& picture);

// One clause: `the stage resize differs: ...`, `value "conv1" ...`, `equal within the bound`.
[[nodiscard]] std::string verdict(const Comparison& comparison);

// Which step is at fault, and what the files state differently about it. `theirs`: see Reference::graph(); `pairs`: of
// the two graphs; both null without a second model.
[[nodiscard]] std::vector<Finding> blame(const Comparison& comparison, const OracleGraph& ours,
                                         const OracleGraph* theirs, const ValuePairs* pairs);
// What another order of channels explains.
[[nodiscard]] std::vector<Finding> channel_findings(const Comparison& comparison);

}  // namespace kite::cli
