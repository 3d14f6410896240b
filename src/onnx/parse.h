// SPDX-License-Identifier: Apache-2.0
// Parses the bytes of an ONNX file into the structs of model.h. It checks the wire format and limits, not the meaning.
#pragma once

#include <string_view>

#include "base/budget.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// 1. The structs borrow from `bytes`, which must outlive them.
// 2. Unknown fields are skipped. Messages that come in pieces are merged, as protocol buffers demand.
// 3. kInvalidModel when the bytes are no ONNX model: the message then says which kind of file they look like. kLimit
//    when the budget is used up, or where graphs lie too deep in graphs, since parsing, importing and destroying them
//    recurses; `budget` is charged before anything is stored.
// `where` is the file's name for messages.
[[nodiscard]] Result<Model> parse_model(Bytes bytes, std::string_view where, Budget& budget);
// The same with a new budget.
[[nodiscard]] Result<Model> parse_model(Bytes bytes, std::string_view where);

// The bytes of one TensorProto, as the .pb files of the ONNX test suites hold it.
[[nodiscard]] Result<TensorProto> parse_tensor(Bytes bytes, std::string_view where);

}  // namespace kite::onnx
