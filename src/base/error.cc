// SPDX-License-Identifier: Apache-2.0
// Names of error codes and the one way an Error becomes a line of text.
#include "paperkite/error.h"

namespace kite {

std::string_view error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kInvalidModel: return "invalid-model";
    case ErrorCode::kUnsupportedModel: return "unsupported-model";
    case ErrorCode::kInvalidInput: return "invalid-input";
    case ErrorCode::kInvalidImage: return "invalid-image";
    case ErrorCode::kUnsupportedImage: return "unsupported-image";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kInterrupted: return "interrupted";
  }
  return "unknown";
}

std::string Error::message() const {
  std::string text = what;
  for (const std::string* part : {&where, &remedy}) {
    if (part->empty()) continue;
    if (!text.empty()) text += "; ";
    text += *part;
  }
  return text;
}

Error Error::in(std::string_view outer) && {
  if (outer.empty()) return std::move(*this);
  where = where.empty() ? std::string(outer) : std::string(outer) + ": " + where;
  return std::move(*this);
}

}  // namespace kite
