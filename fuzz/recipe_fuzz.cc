// SPDX-License-Identifier: Apache-2.0
// Any bytes as each carrier of labels and preprocessing. The first byte chooses the carrier.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text_escape.h"
#include "carriers/interpretation.h"
#include "carriers/labels.h"
#include "carriers/python_literal.h"
#include "carriers/recipe_carriers.h"

namespace {

void try_labels(std::string_view text) {
  for (const char* name : {"labels.csv", "labels.yaml", "labels.json", "labels.txt"}) {
    (void)kite::labels_from_file(name, text, 2);
  }
  const auto labels = kite::labels_from_any_text(text);
  if (!labels.ok()) return;
  for (const std::string& label : labels->names) {
    if (!kite::is_valid_utf8(label)) std::abort();
    for (const char c : kite::escape_for_terminal(label)) {
      if (static_cast<unsigned char>(c) < 0x20) std::abort();
    }
  }
}

void try_recipes(std::string_view text) {
  const auto json = kite::parse_json(text);
  if (!json.ok()) return;
  for (const auto& fields : {kite::recipe_from_object(*json), kite::recipe_from_huggingface(*json)}) {
    if (fields.ok() && !kite::validate(*fields).ok()) std::abort();
  }
  if (kite::is_timm_config(*json)) (void)kite::recipe_from_timm(*json);
}

void try_metadata(std::string_view text) {
  kite::InterpretationSources sources;
  const std::size_t half = text.size() / 2;
  sources.input_shape = {1, 3, 224, 224};
  sources.metadata = {{"task", "classify"},
                      {"imgsz", std::string(text.substr(0, half))},
                      {"names", std::string(text.substr(half))},
                      {"paperkite.preprocess", std::string(text)}};
  (void)kite::resolve_interpretation(sources);
  sources.metadata.erase("paperkite.preprocess");
  (void)kite::resolve_interpretation(sources);
  sources.metadata = {{"model_info", std::string(text)},
                      {"model_info mean_values", std::string(text.substr(0, half))},
                      {"model_info labels", std::string(text.substr(half))}};
  (void)kite::resolve_interpretation(sources);
  sources.metadata = {{"Image.BitmapPixelFormat", std::string(text.substr(0, half))},
                      {"Image.NominalPixelRange", std::string(text.substr(half))},
                      {"classes", std::string(text)}};
  (void)kite::resolve_interpretation(sources);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: try_labels(text); break;
    case 1: try_recipes(text); break;
    case 2: try_metadata(text); break;
    default:
      (void)kite::parse_python_names(text);
      (void)kite::parse_python_int_list(text);
      break;
  }
  return 0;
}
