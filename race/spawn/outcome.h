// SPDX-License-Identifier: Apache-2.0
// What becomes of a command that was handed to the helper: its output while it runs, its outcome afterwards.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "race/spawn/exchange.h"
#include "race/spawn/helper/wire.h"
#include "race/spawn/spawner.h"

namespace kite::race {

// Anonymous files for what the child prints: they take part in neither the helper's memory nor the disk.
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
  SpawnOutcome missing;  // its status is not ok where there is no such program
};

// How often the kernel has killed a process for want of memory since it started.
[[nodiscard]] std::uint64_t oom_kills();

// "SIGSEGV (Segmentation fault)".
[[nodiscard]] std::string signal_text(int number);

[[nodiscard]] SpawnOutcome outcome_of(const SpawnRequest& request, const std::string& program,
                                      const EncodedRequest& encoded, const wire::Reply& reply, const KeptOutput& kept,
                                      std::uint64_t oom_kills_before);

}  // namespace kite::race
