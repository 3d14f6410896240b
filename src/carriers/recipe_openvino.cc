// SPDX-License-Identifier: Apache-2.0
// OpenVINO's Model API: "model_info" in the metadata of an ONNX file, one key for each field or all in one JSON object.
#include <array>
#include <charconv>
#include <string>

#include "base/ascii.h"
#include "base/printable.h"
#include "carriers/json_fields.h"
#include "carriers/pixel_range.h"
#include "carriers/recipe_carriers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// A field's text; empty where the field is missing, or holds one of the texts that mean "no value".
std::string field(const Offers& offers, const Json& object, const std::string& key) {
  std::string text;
  for (const char* separator : {" ", "/", "."}) {
    if (const std::string* value = offers.metadata("model_info" + (separator + key))) text = *value;
  }
  if (const Json* value = object.is_object() ? find_member(object, key.c_str()) : nullptr) {
    text = value->is_string() ? value->get<std::string>() : value->dump();
  }
  return text == "None" || text == "null" || text == "[]" ? "" : text;
}

// "123.675 116.28 103.53", also with commas or brackets; one number is used for all three channels.
Result<std::array<double, 3>> numbers(std::string_view text, const char* key) {
  std::vector<double> found;
  constexpr std::string_view kBetween = " \t,;[]()";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
    if (text.empty()) break;
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc{} || found.size() == 3)
      return bad_json(std::string(key) + " is not a list of three numbers");
    found.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  if (found.size() == 1) found.assign(3, found.front());
  if (found.size() != 3) return bad_json(std::string(key) + " is not a list of three numbers");
  return std::array<double, 3>{found[0], found[1], found[2]};
}

Error not_supported(std::string what) { return {ErrorCode::kUnsupportedModel, std::move(what), "", kStateIt}; }

// The colour of the rest of the input, where the resized picture is smaller than the input.
Result<Colour> border(const std::string& pad_value) {
  if (pad_value.empty()) return Colour{};
  std::uint8_t level = 0;
  const auto [end, status] = std::from_chars(pad_value.data(), pad_value.data() + pad_value.size(), level);
  if (status != std::errc{} || end != pad_value.data() + pad_value.size()) {
    return bad_json("pad_value is " + in_quotes(pad_value), "use a whole number from 0 to 255");
  }
  return Colour{level, level, level};
}

Status take_geometry(RecipeFields& fields, const Offers& offers, const Json& object) {
  const PictureForm& input = offers.input();
  const std::string word = field(offers, object, "resize_type");
  const std::string type = lower_case(word);
  if (input.height < 1 || input.width < 1) return {};  // an open size is not decided here
  ResizeMode mode = ResizeMode::kExact;
  if (type == "crop") {
    // For other shapes, Model API's two readers disagree about which part of the picture is kept.
    if (input.height != input.width) return not_supported("resize_type \"crop\" for an input that is not square");
    fields.first_crop = FirstCrop{1.0, 1.0};
  } else if (type == "fit_to_window") {
    mode = ResizeMode::kFitByRatio;
    fields.crop_rule = CropRule::kStart;
  } else if (type == "fit_to_window_letterbox") {
    mode = ResizeMode::kFitScaled;
    fields.crop_rule = CropRule::kFloorBoth;
  } else if (!type.empty() && type != "standard") {
    return not_supported("resize_type " + in_quotes(word) + " is not known");
  }
  if (mode != ResizeMode::kExact) {
    KITE_TRY_ASSIGN(fields.fill, border(field(offers, object, "pad_value")));
  }
  const std::string filter = lower_case(field(offers, object, "interpolation_mode"));
  if (!filter.empty() && filter != "linear") return not_supported("interpolation_mode " + in_quotes(filter));
  fields.resize = ResizeRule{mode, input.height, input.width};
  fields.crop = Size{input.width, input.height};
  fields.filter = Filter::kBilinear;
  fields.resampler = Resampler::kOpenCv;
  return {};
}

// Whether pixels are divided by 255 before mean and scale. The other modes are for pictures of 16 bits.
Result<bool> states_unit_range(const Offers& offers, const Json& object) {
  const std::string mode = lower_case(field(offers, object, "intensity_mode"));
  if (mode.empty() || mode == "none") return false;
  const std::string most = field(offers, object, "intensity_max_value");
  const std::string type = lower_case(field(offers, object, "input_dtype"));
  const bool is_bytes = (most.empty() || most == "255" || most == "255.0") && (type.empty() || type == "u8");
  if (mode == "scale_to_unit" && is_bytes) return true;
  return not_supported("intensity_mode " + in_quotes(mode) + (is_bytes ? "" : " of other numbers than bytes"));
}

// Model API reads RGB pictures of 0..255, and reverses the channels before mean and scale.
Result<RecipeFields> recipe_from(const Offers& offers, const Json& object) {
  const std::string type = field(offers, object, "model_type");
  if (!type.empty() && lower_case(type) != "classification") {
    return Error{ErrorCode::kUnsupportedModel, "model_type is " + in_quotes(type) + ", not \"Classification\"", "", ""};
  }
  KITE_TRY_ASSIGN(const bool scales_to_unit, states_unit_range(offers, object));
  RecipeFields fields;
  std::array<double, 3> mean{0, 0, 0};
  std::array<double, 3> scale{1, 1, 1};
  if (const std::string text = field(offers, object, "mean_values"); !text.empty()) {
    KITE_TRY_ASSIGN(mean, numbers(text, "mean_values"));
  }
  if (const std::string text = field(offers, object, "scale_values"); !text.empty()) {
    KITE_TRY_ASSIGN(scale, numbers(text, "scale_values"));
  }
  if (scales_to_unit) {
    fields.mean = mean;
    fields.std = scale;
    fields.arithmetic = Arithmetic::kTorchvision;
  } else {
    take_raw_range(fields, mean, scale);
  }
  const std::string reverse = lower_case(field(offers, object, "reverse_input_channels"));
  if (!reverse.empty() && reverse != "true" && reverse != "false" && reverse != "yes" && reverse != "no" &&
      reverse != "1" && reverse != "0") {
    return bad_json("reverse_input_channels is " + in_quotes(reverse), "use True or False");
  }
  const bool reversed = reverse == "true" || reverse == "yes" || reverse == "1";
  fields.channel_order = reversed ? ChannelOrder::kBgr : ChannelOrder::kRgb;
  KITE_TRY(take_geometry(fields, offers, object));
  KITE_TRY(validate(fields));
  return fields;
}

// Names separated by blanks, where '_' means a blank inside a name; or JSON.
Result<ReadLabels> labels_in(const std::string& text, std::int64_t classes) {
  if (text.starts_with('[') || text.starts_with('{')) return labels_from_any_text(text, classes);
  ReadLabels read;
  std::string name;
  for (const char c : text + " ") {
    if (c != ' ') {
      name += c == '_' ? ' ' : c;
    } else if (!name.empty()) {
      read.names.push_back(std::move(name));
      name.clear();
    }
  }
  KITE_TRY(validate(read.names));
  return read;
}

}  // namespace

Status read_openvino(Offers& offers) {
  Json object;
  if (const std::string* whole = offers.metadata("model_info")) {
    Result<Json> read = parse_json(*whole);
    if (!read.ok()) return offers.refuse("metadata key model_info", Bond::kBeside, std::move(read).error());
    object = std::move(*read);
  }
  const std::string labels = field(offers, object, "labels");
  if (!labels.empty() && offers.wants_labels()) {
    KITE_TRY(offers.labels("metadata key model_info labels", Bond::kBeside, labels_in(labels, offers.asked().classes)));
  }
  bool states_pixels = false;
  for (const char* key : {"mean_values", "scale_values", "reverse_input_channels", "resize_type", "pad_value",
                          "interpolation_mode", "intensity_mode"}) {
    states_pixels = states_pixels || !field(offers, object, key).empty();
  }
  if (!states_pixels || !offers.wants_recipe()) return {};
  return offers.recipe("metadata key model_info (OpenVINO)", Bond::kNamed, recipe_from(offers, object));
}

}  // namespace kite
