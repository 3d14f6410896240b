// SPDX-License-Identifier: Apache-2.0
// Reads problem_type, multilabel and similar fields.
#include "carriers/score_statement.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/printable.h"
#include "carriers/json_document.h"
#include "paperkite/try.h"

namespace kite {

namespace {

namespace fs = std::filesystem;

using Statement = std::optional<ScoreStatement>;

constexpr std::array<std::string_view, 4> kNames = {"softmax", "sigmoid", "exp", "none"};

// Letters and digits in lower case: "Multi-Label", "multi_label" and "Multilabel" are one word.
std::string plain(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return word;
}

Error no_choice(const std::string& what, const std::string& source) {
  return {ErrorCode::kUnsupportedModel, what, source, "use `kite run` to get the raw numbers, or state --activation"};
}

// Hugging Face: problem_type.
Result<Statement> from_problem_type(const std::string& type, const std::string& source) {
  if (type == "multi_label_classification") return Statement({ScoreActivation::kSigmoid, source});
  if (type == "single_label_classification") return Statement({ScoreActivation::kSoftmax, source});
  if (type == "regression") return no_choice("the model is stated to be a regression, which has no classes", source);
  return Statement();
}

// Custom Vision states it under one of several keys, all with Custom Vision's prefix.
bool is_custom_vision(std::string_view key) { return key.starts_with("CustomVision."); }
Statement from_custom_vision(std::string_view value, const std::string& source) {
  const std::string word = plain(value);
  if (word.find("multilabel") != std::string::npos) return ScoreStatement{ScoreActivation::kSigmoid, source};
  if (word.find("multiclass") != std::string::npos) return ScoreStatement{ScoreActivation::kSoftmax, source};
  return std::nullopt;
}

Result<Statement> from_metadata(const std::map<std::string, std::string>& metadata) {
  const auto value = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  const auto source = [](const std::string& key) { return "metadata key " + key; };
  if (const auto own = parse_activation(value(kActivationKey))) {
    return Statement({*own, source(kActivationKey)});
  }
  if (plain(value("model_info hierarchical")) == "true") {
    return no_choice("the model's classes form a hierarchy of several groups", source("model_info hierarchical"));
  }
  const std::string multilabel = plain(value("model_info multilabel"));
  if (multilabel == "true") return Statement({ScoreActivation::kSigmoid, source("model_info multilabel")});
  if (multilabel == "false") return Statement({ScoreActivation::kSoftmax, source("model_info multilabel")});
  for (const auto& [key, text] : metadata) {
    if (!is_custom_vision(key)) continue;
    if (auto found = from_custom_vision(text, source(key))) return found;
  }
  return from_problem_type(value("problem_type"), source("problem_type"));
}

// Null where the file does not exist.
const Json* object_in(const fs::path& path, JsonFiles& files, std::int64_t classes) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return nullptr;
  const Result<Json>& json = files.read(path.string(), classes);
  return json.ok() && json->is_object() ? &*json : nullptr;
}

Result<Statement> from_folder(const fs::path& folder, JsonFiles& files, std::int64_t classes) {
  if (const Json* config = object_in(folder / "config.json", files, classes)) {
    const auto type = config->find("problem_type");
    if (type != config->end() && type->is_string()) {
      KITE_TRY_ASSIGN(Statement found, from_problem_type(type->get<std::string>(), "config.json: problem_type"));
      if (found) return found;
    }
  }
  if (const Json* properties = object_in(folder / "metadata_properties.json", files, classes)) {
    for (const auto& [key, value] : properties->items()) {
      if (!is_custom_vision(key) || !value.is_string()) continue;
      auto found = from_custom_vision(value.get<std::string>(), "metadata_properties.json: " + key);
      if (found) return found;
    }
  }
  return Statement();
}

}  // namespace

std::optional<ScoreActivation> parse_activation(std::string_view word) noexcept {
  const auto* found = std::ranges::find(kNames, word);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ScoreActivation>(found - kNames.begin());
}

std::string_view activation_name(ScoreActivation activation) noexcept {
  return kNames[static_cast<std::size_t>(activation)];
}

Result<std::optional<ScoreStatement>> stated_scores(const std::string& model_path,
                                                    const std::map<std::string, std::string>& metadata,
                                                    JsonFiles& files, std::int64_t classes) {
  KITE_TRY_ASSIGN(Statement found, from_metadata(metadata));
  if (found || model_path.empty()) return found;
  std::error_code ignored;
  const fs::path folder = fs::absolute(model_path, ignored).lexically_normal().parent_path();
  KITE_TRY_ASSIGN(found, from_folder(folder, files, classes));
  if (found || folder.filename() != "onnx") return found;
  return from_folder(folder.parent_path(), files, classes);
}

}  // namespace kite
