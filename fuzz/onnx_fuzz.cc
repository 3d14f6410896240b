// SPDX-License-Identifier: Apache-2.0
// Bytes as an ONNX file: they are refused with an Error, or import as a graph that is sound and can be printed. With
// types, and with what stands in the places of loops and branches, it is sound again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "graph/dump.h"
#include "graph/import.h"
#include "graph/verify.h"
#include "onnx/external_data.h"
#include "onnx/metadata_edit.h"
#include "onnx/parse.h"
#include "onnx/tensor_data.h"
#include "paperkite/try.h"
#include "passes/pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (auto imported = kite::import_bytes(bytes, "fuzz"); imported.ok()) {
    KITE_CHECK(kite::verify(imported->graph).ok());
    KITE_CHECK(!kite::dump(imported->graph).empty());
    // Little of each, so that a loop without end ends soon.
    imported->graph.budget().nodes = 2000;
    imported->graph.budget().constant_steps = 100'000;
    if (kite::bind_inputs(imported->graph, {}).ok() && kite::infer_types(imported->graph).ok()) {
      KITE_CHECK(kite::verify(imported->graph).ok());
    }
  } else {
    KITE_CHECK(!imported.error().what.empty());
  }
  // Their metadata is replaced: what imports stays a sequence of fields that an edit can walk, and a second edit with
  // nothing to add finds nothing to drop.
  constexpr std::array<std::string_view, 1> kDropped = {"paperkite.labels"};
  const auto edit = kite::onnx::replace_metadata(bytes, "fuzz", kDropped, {{"paperkite.labels", "[]"}});
  if (edit.ok()) {
    std::string edited;
    for (const auto run : edit->kept) edited.append(reinterpret_cast<const char*>(run.data()), run.size());
    const auto rest = kite::onnx::replace_metadata(std::as_bytes(std::span(edited)), "fuzz", kDropped, {});
    KITE_CHECK(rest.ok() && rest->size_bytes() == edited.size());
    KITE_CHECK(edit->size_bytes() == edited.size() + edit->added.size());
  } else {
    KITE_CHECK(!kite::import_bytes(bytes, "fuzz").ok());
  }
  // The same bytes as a single tensor, as the .pb files of test suites hold it.
  if (const auto tensor = kite::onnx::parse_tensor(bytes, "fuzz"); tensor.ok()) {
    kite::onnx::ExternalFiles none;
    if (const auto read = kite::onnx::read_tensor(*tensor, none); read.ok()) {
      unsigned sum = 0;  // every byte of the view can be read
      for (const std::byte b : read->view.bytes()) sum += static_cast<unsigned>(b);
      KITE_CHECK(read->view.type.size_bytes() > 0 || sum == 0);
    }
  }
  return 0;
}
