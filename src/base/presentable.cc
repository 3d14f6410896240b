// SPDX-License-Identifier: Apache-2.0
// One sentence for each code, and the length of texts.
#include "base/presentable.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace kite {
namespace {

std::string_view usual_remedy(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage: return "correct this argument, or the file that it names";
    case ErrorCode::kInvalidModel: return "correct the file at this place, or export or download it again";
    case ErrorCode::kUnsupportedModel: return "export the model without it; kite inspect lists all that is missing";
    case ErrorCode::kInvalidInput: return "give tensors that fit what the model states and computes";
    case ErrorCode::kInvalidImage: return "save, copy or download the picture again";
    case ErrorCode::kUnsupportedImage: return "convert the picture to PNG";
    case ErrorCode::kLimit: return "give something smaller, or raise the limit";
    case ErrorCode::kIo: return "check the path, the permissions and the free space";
    case ErrorCode::kInterrupted: return "start it again for the rest";
  }
  return {};
}

// A path of Linux has up to 4096 bytes.
constexpr std::size_t kMostBytes = 5000;

void shorten(std::string& text) {
  if (text.size() <= kMostBytes) return;
  constexpr std::size_t kKept = kMostBytes / 2 - 10;
  text.replace(kKept, text.size() - 2 * kKept, " [...] ");
}

}  // namespace

Error presentable(Error error) {
  if (error.remedy.empty()) error.remedy = usual_remedy(error.code);
  shorten(error.what);
  shorten(error.where);
  return error;
}

}  // namespace kite
