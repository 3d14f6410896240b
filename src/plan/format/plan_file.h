// SPDX-License-Identifier: Apache-2.0
// A plan that is being written to disk: under its final name, no process ever finds an incomplete plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/unfinished_file.h"
#include "paperkite/error.h"
#include "plan/format/plan.h"

namespace kite {

// Stands between the plan's name and 64 random bits in the name of a file that is still being written.
inline constexpr std::string_view kTemporaryMark = ".tmp-";

// Move-only. Without publish() the file is removed, unless the process is killed.
class PlanFile {
 public:
  // In the target's folder, so that rename() stays within one file system. kIo where it cannot be made.
  [[nodiscard]] static Result<PlanFile> create(const std::string& path);
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  // The pages of the file itself, so that the plan needs no private memory and no second copy. The space on disk is
  // reserved first, so that a full disk is an error here and not a signal later. kIo when the disk is full.
  [[nodiscard]] Result<PlanBuffer> map(std::uint64_t size_bytes);
  [[nodiscard]] Status publish();

 private:
  PlanFile(std::string path, UnfinishedFile file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  UnfinishedFile file_;
};

// Writes a complete plan that was made in other memory. kUsage for a plan with a lender.
[[nodiscard]] Status write_plan_file(const Plan& plan, const std::string& path);

}  // namespace kite
