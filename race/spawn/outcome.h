// SPDX-License-Identifier: Apache-2.0
// The result of a command that was passed to the helper: its output while it runs, and its outcome afterwards.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "race/spawn/exchange.h"
#include "race/spawn/helper/wire.h"
#include "race/spawn/spawner.h"

namespace kite::race {

// Anonymous files for what the child prints: they use neither the helper's memory nor the disk.
class KeptOutput {
 public:
  KeptOutput()
      : output_(memfd_create("standard-output", MFD_CLOEXEC)), errors_(memfd_create("standard-error", MFD_CLOEXEC)) {}
  ~KeptOutput() {
    if (output_ >= 0) close(output_);
    if (errors_ >= 0) close(errors_);
  }
  KeptOutput(const KeptOutput&) = delete;
  KeptOutput& operator=(const KeptOutput&) = delete;
  [[nodiscard]] bool ok() const { return output_ >= 0 && errors_ >= 0; }
  [[nodiscard]] int output() const { return output_; }
  [[nodiscard]] int errors() const { return errors_; }

 private:
  int output_, errors_;
};

// A request that is ready for the helper.
struct Spawner::Prepared {
  std::string program;
  EncodedRequest encoded;
  SpawnOutcome missing;  // its status is not ok if the program does not exist
};

// How many processes the kernel has killed since its start because memory ran out.
[[nodiscard]] std::uint64_t oom_kills();

// "SIGSEGV (Segmentation fault)".
[[nodiscard]] std::string signal_text(int number);

[[nodiscard]] SpawnOutcome outcome_of(const SpawnRequest& request, const std::string& program,
                                      const EncodedRequest& encoded, const wire::Reply& reply, const KeptOutput& kept,
                                      std::uint64_t oom_kills_before);

}  // namespace kite::race
