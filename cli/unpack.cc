// SPDX-License-Identifier: Apache-2.0
// kite unpack: writes what a packed model states about itself into a file beside it.
#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "carriers/find_model.h"
#include "carriers/labels.h"
#include "carriers/own_carriers.h"
#include "carriers/recipe_carriers.h"
#include "carriers/text_file.h"
#include "cli/output/output.h"
#include "cli/output/output_file.h"
#include "command.h"
#include "json_output.h"
#include "onnx/parse.h"
#include "paperkite/try.h"
#include "plan/source/source.h"

namespace kite::cli {

namespace {

using Json = nlohmann::ordered_json;

struct UnpackOptions {
  std::string model;
  std::string output;
  bool json = false;
};

// The value for the key of <model>.kite.json that means the same as the metadata.
Result<Json> value_of(const OwnCarrier& carrier, const std::string& text) {
  const std::string_view key = carrier.key;
  if (key == kLabelsKey) {
    // How lines of text are read depends on the number of classes, which only an opened model has.
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos || std::string_view("[{(").find(text[first]) == std::string_view::npos) {
      return Error{ErrorCode::kUnsupportedModel, "the labels are lines of text", "metadata key " + std::string(key),
                   "pack the model again, and unpack that"};
    }
    KITE_TRY_ASSIGN(const ReadLabels labels, labels_from_any_text(text, kMaxLabels));
    return Json(labels.names);
  }
  if (key == kPreprocessKey) {
    KITE_TRY(parse_recipe(text));
    return Json::parse(text);
  }
  return Json(text);
}

Result<Json> carriers_of(const FoundModel& found) {
  KITE_TRY_ASSIGN(const MappedFile model, MappedFile::open(found.path));
  if (is_plan(model.bytes())) {
    return Error{ErrorCode::kUsage, "a plan holds no ONNX model", found.path,
                 "name the .onnx file that it was made of"};
  }
  KITE_TRY_ASSIGN(const onnx::Model parsed, onnx::parse_model(model.bytes(), found.path));
  std::map<std::string_view, std::string_view> metadata;
  for (const auto& [key, value] : parsed.metadata) metadata.insert_or_assign(key, value);
  Json carriers = Json::object();
  for (const OwnCarrier& carrier : kOwnCarriers) {
    const auto stated = metadata.find(carrier.key);
    if (stated == metadata.end()) continue;
    auto value = value_of(carrier, std::string(stated->second));
    if (!value.ok()) return Error(value.error()).in(found.path);
    carriers[carrier.name] = std::move(*value);
  }
  if (carriers.empty()) {
    return Error{ErrorCode::kInvalidModel, "the model carries nothing of paperkite's", found.path,
                 "`kite pack` makes a model that does; `kite inspect` shows what other tools wrote"};
  }
  return carriers;
}

// "a/photo.kite.json" of "a/photo.onnx".
std::string file_beside(const std::string& model) {
  return std::filesystem::path(model).replace_extension(".kite.json").string();
}

Status unpack(const UnpackOptions& options) {
  KITE_TRY_ASSIGN(const FoundModel found, find_model(options.model));
  if (options.output.empty() && found.unpacked != nullptr) {
    return Error{ErrorCode::kUsage, "nothing can be written beside a model in a zip", options.model,
                 "name the file with -o"};
  }
  const std::string output = options.output.empty() ? file_beside(found.path) : options.output;
  KITE_TRY_ASSIGN(const Json carriers, carriers_of(found));
  const std::string text = json_text(carriers, 2) + '\n';
  std::error_code ignored;
  const bool is_there = std::filesystem::is_regular_file(output, ignored);
  if (is_there) {
    const auto old = read_text_file(output);
    if (!old.ok() || *old != text) {
      return Error{ErrorCode::kUsage, "the file exists and holds something else", output,
                   "remove it, or name another file with -o"};
    }
  } else {
    KITE_TRY(write_file(output, text));
  }
  if (options.json) {
    print_json({{"model", options.model}, {"output", output}, {"carriers", carriers}});
    return {};
  }
  std::string names;
  for (const auto& [name, value] : carriers.items()) names += (names.empty() ? "" : ", ") + name;
  Output& to = becomes_a_file(output) ? standard_output() : standard_error();  // the text may be on the first
  print(to, "{}: {}{}; the model is unchanged\n", output, names, is_there ? " (it was there already)" : "");
  return {};
}

}  // namespace

Verb unpack_verb() {
  auto options = std::make_shared<UnpackOptions>();
  Verb verb{.name = "unpack",
            .summary = "Write what a packed model carries into a .kite.json file; the model is unchanged"};
  verb.add({{.names = "MODEL", .into = &options->model, .help = "A model that kite pack wrote", .required = true},
            {.names = "-o,--output",
             .into = &options->output,
             .help = "The file to write (default: MODEL's name with .kite.json)",
             .type = "FILE.kite.json"},
            {.names = "--json", .into = &options->json, .help = "Print JSON for programs"}});
  verb.run = [options] { return exit_code_after(unpack(*options), options->json); };
  return verb;
}

}  // namespace kite::cli
