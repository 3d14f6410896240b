// SPDX-License-Identifier: Apache-2.0
// Writes pieces of a few megabytes.
#include "large_output.h"

#include <algorithm>

#include "cli/output/interrupt.h"
#include "cli/output/output_file.h"
#include "paperkite/npy.h"
#include "paperkite/try.h"
#include "progress.h"

namespace kite::cli {

Status write_in_pieces(Output& output, std::span<const std::byte> bytes, const std::string& what) {
  constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
  Progress progress(what + " (MB)", bytes.size() / 1'000'000);
  for (std::size_t at = 0; at < bytes.size() && output.failure() == 0; at += kPieceBytes) {
    if (is_interrupted()) return Error{ErrorCode::kInterrupted, "interrupted", what, {}};
    const auto piece = bytes.subspan(at, std::min(kPieceBytes, bytes.size() - at));
    output.write({reinterpret_cast<const char*>(piece.data()), piece.size()});
    progress.advance_to(at / 1'000'000);
  }
  return {};
}

Status write_tensor_file(const std::string& path, const TensorView& tensor) {
  KITE_TRY_ASSIGN(OutputFile file, OutputFile::create(path));
  file.stream().write(npy_header(tensor.type));
  const auto elements = tensor.bytes();
  file.stream().write({reinterpret_cast<const char*>(elements.data()), elements.size()});
  return file.publish();
}

}  // namespace kite::cli
