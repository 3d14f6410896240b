// SPDX-License-Identifier: Apache-2.0
// `kite verify --against`: a library of references/ that records one picture after the other.
#pragma once

#include <memory>
#include <string>

#include "base/temporary_folder.h"
#include "cli/verify/recording.h"
#include "cli/verify/reference_program.h"
#include "paperkite/error.h"

namespace kite::cli {

// Tells people on standard error what takes time. An interrupt ends the program that runs, and becomes the error.
class AgainstLibrary {
 public:
  // See ReferenceProgram::open().
  [[nodiscard]] static Result<AgainstLibrary> open(const std::string& library, const std::string& references_dir);

  [[nodiscard]] const std::string& title() const noexcept { return program_.title(); }
  // The recording of the picture before is removed.
  [[nodiscard]] Result<std::unique_ptr<Recording>> record(const RecordingRequest& request);

 private:
  AgainstLibrary(ReferenceProgram program, TemporaryFolder folder)
      : program_(std::move(program)), folder_(std::move(folder)) {}
  ReferenceProgram program_;
  TemporaryFolder folder_;
  std::string recording_;  // the last one
  int recordings_ = 0;
};

}  // namespace kite::cli
