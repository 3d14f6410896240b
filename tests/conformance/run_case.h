// SPDX-License-Identifier: Apache-2.0
// One case through the float64 oracle, the portable operators, and the whole engine.
#pragma once

#include <string>

#include "conformance/cases.h"

namespace kite::conformance {

enum class Verdict : std::uint8_t { kPassed, kRefused, kFailed };

// A plan is for concrete shapes, and some operators know the shape of their output only from the numbers of an input.
// A case is run with every input fed. Where that is refused, it is run with its integers and bools as constants of the
// graph, and then with all of its inputs as constants, as a model would hold them.
enum class Constants : std::uint8_t { kNone, kIntegers, kAll };

// Passed: every output of every data set is the expected one in all three runs. Refused: all three runs say, by the
// code of their error, that they do not support the model. Failed: anything else, the runs disagreeing included.
struct Outcome {
  Verdict verdict = Verdict::kPassed;
  Constants constants = Constants::kNone;
  std::string message;  // of the refusal; or which run differs, and how
};
[[nodiscard]] Outcome run_case(const Case& entry);

}  // namespace kite::conformance
