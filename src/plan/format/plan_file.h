// SPDX-License-Identifier: Apache-2.0
// A plan on its way to disk: nobody ever finds half of one under the name that was asked for.
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

// What lies between a plan's name and the 64 random bits in the name of a file that is still being written.
inline constexpr std::string_view kTemporaryMark = ".tmp-";

// Move-only. Without publish() it leaves nothing behind, unless the process is killed.
class PlanFile {
 public:
  // In the target's folder, so that rename() stays within one file system. kIo where it cannot be made.
  [[nodiscard]] static Result<PlanFile> create(const std::string& path);
  [[nodiscard]] Status write(std::span<const std::byte> bytes);
  // The file's own pages to write into: no private memory, and no second copy. The room on disk is taken first, so
  // that a full disk is an error here and not a signal later. kIo where there is none.
  [[nodiscard]] Result<PlanBuffer> map(std::uint64_t size_bytes);
  [[nodiscard]] Status publish();

 private:
  PlanFile(std::string path, UnfinishedFile file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  UnfinishedFile file_;
};

// A plan that was made elsewhere, whole. kUsage for one whose constants are lent.
[[nodiscard]] Status write_plan_file(const Plan& plan, const std::string& path);

}  // namespace kite
