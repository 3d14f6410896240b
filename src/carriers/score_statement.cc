// SPDX-License-Identifier: Apache-2.0
// Reads activation, scores_from, problem_type, multilabel and similar fields.
#include "carriers/score_statement.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/printable.h"
#include "carriers/json_document.h"
#include "carriers/own_carriers.h"
#include "paperkite/try.h"

namespace kite {

namespace {

using Statement = std::optional<ScoreStatement>;

constexpr std::array<std::string_view, 4> kActivationNames = {"softmax", "sigmoid", "exp", "none"};

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

// Null where the file does not exist, or holds something else.
const Json* object_in(ModelFolder& folder, std::string_view name, JsonFiles& files, std::int64_t classes) {
  const FolderEntry* file = folder.file(name);
  if (file == nullptr) return nullptr;
  const Result<Json>& json = files.read(file->path, classes);
  return json.ok() && json->is_object() ? &*json : nullptr;
}

Result<Statement> from_folder(ModelFolder& folder, JsonFiles& files, std::int64_t classes) {
  if (const Json* config = object_in(folder, "config.json", files, classes)) {
    const auto type = config->find("problem_type");
    if (type != config->end() && type->is_string()) {
      KITE_TRY_ASSIGN(Statement found, from_problem_type(type->get<std::string>(), "config.json: problem_type"));
      if (found) return found;
    }
  }
  if (const Json* properties = object_in(folder, "metadata_properties.json", files, classes)) {
    for (const auto& [key, value] : properties->items()) {
      if (!is_custom_vision(key) || !value.is_string()) continue;
      auto found = from_custom_vision(value.get<std::string>(), "metadata_properties.json: " + key);
      if (found) return found;
    }
  }
  return Statement();
}

// An own statement, in the source that has precedence.
struct Stated {
  std::string text;
  std::string source;
};

Result<std::optional<Stated>> own_statement(const OwnCarrier& carrier, const Json* object, const std::string& file,
                                            const std::map<std::string, std::string>& metadata) {
  if (object != nullptr && object->contains(carrier.name)) {
    const Json& value = object->at(carrier.name);
    const std::string source = file + ": " + carrier.name;
    if (!value.is_string()) return Error{ErrorCode::kInvalidModel, "not a string", source, ""};
    return std::optional<Stated>({value.get<std::string>(), source});
  }
  const auto found = metadata.find(carrier.key);
  if (found == metadata.end()) return std::optional<Stated>();
  return std::optional<Stated>({found->second, std::string("metadata key ") + carrier.key});
}

}  // namespace

std::optional<ScoreActivation> parse_activation(std::string_view word) noexcept {
  const auto* found = std::ranges::find(kActivationNames, word);
  if (found == kActivationNames.end()) return std::nullopt;
  return static_cast<ScoreActivation>(found - kActivationNames.begin());
}

std::string_view activation_name(ScoreActivation activation) noexcept {
  return kActivationNames[static_cast<std::size_t>(activation)];
}

Result<OwnScores> own_scores(ModelFolder& folder, const std::map<std::string, std::string>& metadata, JsonFiles& files,
                             std::int64_t classes) {
  OwnScores own;
  const std::string file = folder.stem() + ".kite.json";
  const Json* object = object_in(folder, file, files, classes);
  KITE_TRY_ASSIGN(const auto output, own_statement({kScoresFromKey, kScoresFromName}, object, file, metadata));
  if (output) {
    own.output = output->text;
    own.output_source = output->source;
  }
  KITE_TRY_ASSIGN(const auto activation, own_statement({kActivationKey, kActivationName}, object, file, metadata));
  if (!activation) return own;
  const auto parsed = parse_activation(activation->text);
  if (!parsed || *parsed == ScoreActivation::kExp) {
    return Error{ErrorCode::kInvalidModel, in_quotes(activation->text) + " is no activation", activation->source,
                 "say softmax, sigmoid or none"};
  }
  own.activation = ScoreStatement{*parsed, activation->source};
  return own;
}

Result<std::optional<ScoreStatement>> stated_scores(ModelFolder& folder,
                                                    const std::map<std::string, std::string>& metadata,
                                                    JsonFiles& files, std::int64_t classes) {
  KITE_TRY_ASSIGN(Statement found, from_metadata(metadata));
  if (found) return found;
  return from_folder(folder, files, classes);
}

}  // namespace kite
