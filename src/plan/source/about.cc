// SPDX-License-Identifier: Apache-2.0
#include "plan/source/about.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace kite {

namespace {

struct AboutField {
  std::string_view note;
  std::string ModelAbout::* text;
};
constexpr std::array kTexts = {
    AboutField{"paperkite.plan.producer-name", &ModelAbout::producer_name},
    AboutField{"paperkite.plan.graph-name", &ModelAbout::graph_name},
    AboutField{"paperkite.plan.domain", &ModelAbout::domain},
    AboutField{"paperkite.plan.description", &ModelAbout::description},
    AboutField{"paperkite.plan.graph-description", &ModelAbout::graph_description},
};
constexpr std::string_view kVersionNote = "paperkite.plan.model-version";

// Takes a number and the space behind it.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr == text.data() + text.size() || *read.ptr != ' ') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return number;
}

// "1 2 3 224 4 name": the type, the rank, the dimensions, the length of the name and the name.
std::optional<DefaultInput> take_default(std::string_view& text) {
  const auto dtype = take_number(text);
  const auto rank = take_number(text);
  if (!dtype || *dtype < 0 || *dtype > static_cast<int>(kLastDType) || !rank || *rank < 0 || *rank > kMaxRank) {
    return std::nullopt;
  }
  std::vector<std::int64_t> dims;
  for (std::int64_t axis = 0; axis < *rank; ++axis) {
    const auto dim = take_number(text);
    if (!dim) return std::nullopt;
    dims.push_back(*dim);
  }
  const auto shape = Shape::make(dims);
  const auto length = take_number(text);
  if (!shape.ok() || !length || *length < 0 || std::cmp_greater(*length, text.size())) return std::nullopt;
  const DefaultInput found{text.substr(0, static_cast<std::size_t>(*length)), {static_cast<DType>(*dtype), *shape}};
  text.remove_prefix(static_cast<std::size_t>(*length));
  return found;
}

}  // namespace

void note_about(Notes& notes, const ModelAbout& about) {
  for (const AboutField& field : kTexts) {
    if (!(about.*field.text).empty()) notes.insert_or_assign(std::string(field.note), about.*field.text);
  }
  if (about.version != 0) notes.insert_or_assign(std::string(kVersionNote), std::to_string(about.version));
}

ModelAbout about_of(const std::function<std::string_view(std::string_view)>& note) {
  ModelAbout about;
  for (const AboutField& field : kTexts) about.*field.text = note(field.note);
  const std::string_view version = note(kVersionNote);
  std::from_chars(version.data(), version.data() + version.size(), about.version);
  return about;
}

void note_defaults(Notes& notes, const Graph& graph) {
  std::string text;
  for (const GraphInput& input : graph.inputs_with_default) {
    const Value& value = graph.value(input.value);
    if (!value.constant) continue;
    text += std::to_string(static_cast<int>(input.dtype)) + ' ' + std::to_string(input.dims.size()) + ' ';
    for (const InputDim& dim : input.dims) text += std::to_string(dim.size.value_or(0)) + ' ';
    text += std::to_string(value.name.size()) + ' ' + value.name;
  }
  if (!text.empty()) notes.insert_or_assign(std::string(kDefaultsNote), std::move(text));
}

std::vector<DefaultInput> defaults_of(std::string_view text) {
  std::vector<DefaultInput> all;
  while (const auto found = take_default(text)) all.push_back(*found);
  return all;
}

}  // namespace kite
