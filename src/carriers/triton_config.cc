// SPDX-License-Identifier: Apache-2.0
// Triton's config.pbtxt: the file of labels that an output names.
#include <string>
#include <utility>

#include "base/printable.h"
#include "carriers/sources.h"
#include "carriers/text_file.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// The value of `key: "value"` in text protobuf, at any depth; empty where the key is missing. Comments and the content
// of other strings are skipped; two different values are an error.
Result<std::string> text_field(std::string_view text, std::string_view key) {
  std::string value;
  std::string word;       // the name that was read last
  bool is_value = false;  // a colon came after it
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '"' || c == '\'') {
      const std::size_t end = text.find(c, i + 1);
      const std::string_view content = text.substr(i + 1, end - i - 1);
      if (end == std::string_view::npos) {
        return Error{ErrorCode::kInvalidModel, "a quote that is never closed", "byte " + std::to_string(i), ""};
      }
      if (is_value && word == key) {
        if (content.find('\\') != std::string_view::npos || (!value.empty() && value != content)) {
          return Error{ErrorCode::kUnsupportedModel, std::string(key) + " is not one plain name", "",
                       "give the labels with --labels FILE"};
        }
        value = content;
      }
      i = end;
      word.clear();
      is_value = false;
    } else if (c == ':') {
      is_value = true;
    } else if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
      const bool continues = i > 0 && !word.empty() && !is_value &&
                             std::string_view(" \t\r\n").find(text[i - 1]) == std::string_view::npos;
      if (!continues) word.clear();
      is_value = false;
      word += c;
    }
  }
  return value;
}

}  // namespace

Result<std::string> triton_label_file(const std::string& config_path) {
  KITE_TRY_ASSIGN(const std::string text, read_text_file(config_path));
  return text_field(text, "label_filename");
}

Status read_triton(Offers& offers) {
  const FolderEntry* config = offers.wants_labels() ? offers.folder().file("config.pbtxt") : nullptr;
  if (config == nullptr) return {};
  const auto file_name = triton_label_file(config->path);
  if (!file_name.ok()) return offers.refuse(config->name, Bond::kBeside, file_name.error());
  if (file_name->empty()) return {};
  const FolderEntry* file = offers.folder().file(*file_name);  // a name that contains a path is never found
  if (file == nullptr) {
    return offers.refuse(config->name, Bond::kBeside,
                         {ErrorCode::kInvalidModel, "its label_filename " + in_quotes(*file_name) + " is not there", "",
                          "put it beside config.pbtxt"});
  }
  Result<std::string> text = read_text_file(file->path);
  if (!text.ok()) return offers.refuse(file->name, Bond::kBeside, std::move(text).error());
  return offers.labels(file->name, Bond::kBeside, labels_from_any_text(*text, offers.asked().classes));
}

}  // namespace kite
