// SPDX-License-Identifier: Apache-2.0
// A zero byte ends each piece, because no symbol from an ONNX file contains one: names are cut at a zero byte.
#include "plan/format/ports.h"

#include <charconv>
#include <cstdint>

namespace kite {

std::string dims_text(const std::vector<InputDim>& dims) {
  std::string text;
  for (const InputDim& dim : dims) {
    text += dim.size ? std::to_string(*dim.size) : '?' + dim.symbol.substr(0, dim.symbol.find('\0'));
    text += '\0';
  }
  return text;
}

std::optional<std::vector<InputDim>> parse_dims(std::string_view text) {
  std::vector<InputDim> dims;
  while (!text.empty()) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (piece.front() == '?') {
      dims.push_back({std::nullopt, std::string(piece.substr(1))});
      continue;
    }
    std::int64_t size = -1;
    const auto [last, error] = std::from_chars(piece.data(), piece.data() + piece.size(), size);
    if (error != std::errc() || last != piece.data() + piece.size() || size < 0) return std::nullopt;
    dims.push_back({size, {}});
  }
  return dims;
}

}  // namespace kite
