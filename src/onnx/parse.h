// SPDX-License-Identifier: Apache-2.0
// Bytes of an ONNX file to the structs of model.h; wire format and limits only, no meaning.
#pragma once

#include <string_view>

#include "base/budget.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// The structs borrow from `bytes`, which must outlive them. Unknown fields are skipped, messages that come in pieces
// are merged as protocol buffers say, sub-graphs of attributes are noted and not read.
// kInvalidModel when the bytes are no ONNX model: it then says what they look like instead; kLimit for a budget.
// `where` is the file's name for messages. Takes from `budget` before it stores anything.
[[nodiscard]] Result<Model> parse_model(Bytes bytes, std::string_view where, Budget& budget);
// The same with a budget of its own.
[[nodiscard]] Result<Model> parse_model(Bytes bytes, std::string_view where);

// The bytes of one TensorProto, as the .pb files of the ONNX test suites hold it.
[[nodiscard]] Result<TensorProto> parse_tensor(Bytes bytes, std::string_view where);

}  // namespace kite::onnx
