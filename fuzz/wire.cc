// SPDX-License-Identifier: Apache-2.0
// Any bytes as the fields of an ONNX file, below all meaning: as a model, as a model whose metadata is replaced, and as
// a single tensor, whose data may lie in the files of a folder.
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/test_folder.h"
#include "driver.h"
#include "onnx/external_data.h"
#include "onnx/external_file.h"
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

// Of everything that a location may name: a file, one in a folder, links to both and out of the folder, and no file.
struct DataFolder {
  DataFolder() {
    (void)folder.write("model/w", std::string(64, '\1'));
    (void)folder.write("model/d/w", std::string(8, '\0'));
    (void)folder.write("more/m", std::string(32, '\2'));
    (void)folder.write("out/x", "x");
    std::filesystem::create_symlink("w", folder / "model/l");
    std::filesystem::create_symlink("d", folder / "model/e");
    std::filesystem::create_symlink("../out/x", folder / "model/o");
    std::filesystem::create_symlink("nothing", folder / "model/n");
  }
  [[nodiscard]] onnx::DataSearchPath search_path() const {
    return {folder / "model/model.onnx", {folder / "more"}, FileAccess::kMapped};
  }
  TestFolder folder;
};

void read_one_tensor(Bytes bytes) {
  static const DataFolder data;
  const auto tensor = onnx::parse_tensor(bytes, "fuzz");
  if (!tensor.ok()) return check_error(tensor.error(), {ErrorCode::kInvalidModel, ErrorCode::kLimit});
  onnx::ExternalFiles none;
  if (const auto inside = onnx::read_tensor(*tensor, none); !inside.ok()) {
    check_error(inside.error(), {ErrorCode::kInvalidModel, ErrorCode::kUnsupportedModel, ErrorCode::kLimit});
  }
  Budget budget;
  onnx::ExternalFiles files(data.search_path(), budget);
  const auto read = onnx::read_tensor(*tensor, files);
  if (!read.ok()) {
    using enum ErrorCode;
    return check_error(read.error(), {kInvalidModel, kUnsupportedModel, kLimit, kIo});
  }
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
