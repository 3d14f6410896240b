// SPDX-License-Identifier: Apache-2.0
// Any bytes as an archive of arrays that another program recorded for `kite verify`.
#include "cli/verify/recording.h"

#include <string>

#include "base/test_folder.h"
#include "driver.h"

namespace kite::fuzz {

namespace {

constexpr std::int64_t kMostBytes = 1 << 20;  // so that a run is short

}  // namespace

void recording(Bytes bytes) {
  static const TestFolder folder;
  using enum ErrorCode;
  const auto opened = cli::Recording::open(folder.write("recording.npz", bytes));
  if (!opened.ok()) return check_error(opened.error(), {kInvalidInput, kLimit});
  for (const std::string& name : opened->names()) {
    const TensorType* const type = opened->find(name);
    KITE_CHECK(type != nullptr);
    if (type->size_bytes() > kMostBytes) continue;
    const auto read = opened->read(name);
    if (read.ok()) {
      KITE_CHECK(read->type() == *type);
    } else {
      check_error(read.error(), {kInvalidInput, kLimit});
    }
    if (const auto stage = cli::find_stage(name)) (void)opened->read_picture(*stage);
  }
}

}  // namespace kite::fuzz
