// SPDX-License-Identifier: Apache-2.0
// Finds the model where the user named a folder or a zip: a hub's snapshot, an export's folder, an export's download.
#pragma once

#include <memory>
#include <string>

#include "paperkite/error.h"

namespace kite {

struct FoundModel {
  std::string path;                      // of the model's file; labels and recipes lie beside it
  std::shared_ptr<const void> unpacked;  // the unpacked zip, which is removed with its last owner; null without a zip
};

// 1. A file is the model itself.
// 2. In a folder the model is model.onnx, onnx/model.onnx, weights/best.onnx, the model of the only version (Triton's
//    1/model.onnx), or the only .onnx file.
// 3. A zip is unpacked into a new folder inside the system's temporary folder, which is then read like any folder.
// kIo when nothing there can be read. kUsage when there are several models and nothing decides between them; the error
// names them. kInvalidModel, kLimit, kUnsupportedModel: see ZipArchive.
[[nodiscard]] Result<FoundModel> find_model(const std::string& named);

}  // namespace kite
