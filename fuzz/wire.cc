// SPDX-License-Identifier: Apache-2.0
// Any bytes as the fields of an ONNX file, below all meaning: as a model, as a model whose metadata is replaced, and as
// a single tensor.
#include <array>
#include <string>
#include <string_view>

#include "driver.h"
#include "onnx/external_data.h"
#include "onnx/foreign.h"
#include "onnx/metadata_edit.h"
#include "onnx/parse.h"
#include "onnx/tensor_data.h"

namespace kite::fuzz {

namespace {

// What parses stays a sequence of fields that an edit can walk, and a second edit with nothing to add finds nothing to
// drop.
void replace(Bytes bytes, bool parses) {
  constexpr std::array<std::string_view, 1> kDropped = {"paperkite.labels"};
  const auto edit = onnx::replace_metadata(bytes, "fuzz", kDropped, {{"paperkite.labels", "[]"}});
  KITE_CHECK(edit.ok() || !parses);
  if (!edit.ok()) return check_error(edit.error(), {ErrorCode::kInvalidModel, ErrorCode::kLimit});
  std::string edited;
  for (const auto run : edit->kept) edited.append(reinterpret_cast<const char*>(run.data()), run.size());
  const auto rest = onnx::replace_metadata(std::as_bytes(std::span(edited)), "fuzz", kDropped, {});
  KITE_CHECK(rest.ok() && rest->size_bytes() == edited.size());
  KITE_CHECK(edit->size_bytes() == edited.size() + edit->added.size());
}

void read_one_tensor(Bytes bytes) {
  const auto tensor = onnx::parse_tensor(bytes, "fuzz");
  if (!tensor.ok()) return check_error(tensor.error(), {ErrorCode::kInvalidModel, ErrorCode::kLimit});
  onnx::ExternalFiles none;
  const auto read = onnx::read_tensor(*tensor, none);
  if (!read.ok()) return;
  unsigned sum = 0;  // every byte of the view can be read
  for (const std::byte b : read->view.bytes()) sum += static_cast<unsigned>(b);
  KITE_CHECK(read->view.type.size_bytes() > 0 || sum == 0);
}

}  // namespace

void wire(Bytes bytes) {
  const auto model = onnx::parse_model(bytes, "fuzz");
  if (model.ok()) {
    (void)onnx::external_locations(*model);
  } else {
    check_error(model.error(), {ErrorCode::kInvalidModel, ErrorCode::kLimit});
  }
  replace(bytes, model.ok());
  (void)onnx::describe_foreign(bytes);
  read_one_tensor(bytes);
}

}  // namespace kite::fuzz
