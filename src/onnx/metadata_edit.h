// SPDX-License-Identifier: Apache-2.0
// Changes the metadata of an ONNX file without reading or writing anything else of it again.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite::onnx {

// The bytes of the changed model: `kept`, one after the other, then `added`.
struct MetadataEdit {
  std::vector<Bytes> kept;  // runs of the model's own bytes in their order, borrowed from it
  std::string added;        // the new entries

  [[nodiscard]] std::uint64_t size_bytes() const noexcept;
};

// Drops every entry of metadata_props whose key is in `dropped`, also where a key is there twice, and appends
// `entries`. All other fields, unknown ones too, keep their bytes and their order. kInvalidModel with the offset where
// `model` is not a sequence of well-formed fields; the fields inside the graph are not looked at. kLimit where the
// entries would make a file too large for the readers that are written with protocol buffers' own library (2 GiB).
[[nodiscard]] Result<MetadataEdit> replace_metadata(Bytes model, std::string_view where,
                                                    std::span<const std::string_view> dropped,
                                                    const std::map<std::string, std::string>& entries);

}  // namespace kite::onnx
