// SPDX-License-Identifier: Apache-2.0
// Bytes of an ONNX file to the structs of model.h; wire format and budgets only, no meaning.
#pragma once

#include <string_view>

#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// Records are larger in memory than on the wire (a node of two bytes takes some 150), so their number is bounded.
struct ParseLimits {
  std::int64_t nodes = std::int64_t{1} << 21;
  std::int64_t initializers = std::int64_t{1} << 20;
  std::int64_t attributes = std::int64_t{1} << 22;
  std::int64_t names = std::int64_t{1} << 23;     // node inputs and outputs
  std::int64_t elements = std::int64_t{1} << 24;  // of list attributes, and dimensions
  std::int64_t entries = std::int64_t{1} << 16;   // graph inputs, outputs, opsets, metadata, functions, external data
};

// The structs borrow from `bytes`, which must outlive them. Unknown fields are skipped, messages that come in pieces
// are merged as protocol buffers say, sub-graphs of attributes are noted and not read.
// kInvalidModel when the bytes are no ONNX model: it then says what they look like instead; kLimit for a budget.
// `where` is the file's name for messages.
[[nodiscard]] Result<Model> parse_model(Bytes bytes, std::string_view where, const ParseLimits& limits = {});

// The bytes of one TensorProto, as the .pb files of the ONNX test suites hold it.
[[nodiscard]] Result<TensorProto> parse_tensor(Bytes bytes, std::string_view where);

}  // namespace kite::onnx
