// SPDX-License-Identifier: Apache-2.0
// Finds the model where the user named a folder or a zip: a hub's snapshot, an export's folder, an export's download.
#pragma once

#include <memory>
#include <string>

#include "paperkite/error.h"

namespace kite {

struct FoundModel {
  std::string path;                      // of the model's own file; its carriers lie beside it
  std::shared_ptr<const void> unpacked;  // a zip's content, which is removed with the last owner; null for others
};

// A file is its own place. In a folder it is model.onnx, onnx/model.onnx, weights/best.onnx, the model of the only
// version (Triton's 1/model.onnx), or the only .onnx file. A zip is unpacked into a folder of its own in the system's
// temporary folder and read like one.
// kIo: nothing there can be read. kUsage: several models and nothing that says which; the error names them.
// kInvalidModel, kLimit, kUnsupportedModel: see ZipArchive.
[[nodiscard]] Result<FoundModel> find_model(const std::string& named);

}  // namespace kite
