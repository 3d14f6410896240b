// SPDX-License-Identifier: Apache-2.0
// The four forms in which answers are printed: a table for people; JSON, JSON lines and CSV for programs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/output/output.h"
#include "paperkite/classifier.h"

namespace kite::cli {

struct AnswerTimings {
  double load_ms = 0.0;  // opening the model; the same for every picture
  ClassifyTimings picture;
  double total_ms = 0.0;
};

// Receives answers in order. Every method except finish() may print immediately, so that a reader of a pipe gets each
// answer as soon as it is known.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;
  virtual void answer(const std::string& image, const Classification& answer, const AnswerTimings& timings) = 0;
  virtual void failure(const std::string& image, const Error& error) = 0;
  virtual void finish() {}
};

// The writer for "table", "json", "jsonl" or "csv"; the caller has checked the name. It writes to `out`,
// which the caller owns.
[[nodiscard]] std::unique_ptr<AnswerWriter> make_answer_writer(std::string_view format, Output& out);

}  // namespace kite::cli
