// SPDX-License-Identifier: Apache-2.0
// Makes the tables, and applies them to the pixels.
#include "image/normalize.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "tensor/half.h"

namespace kite {
namespace {

template <typename T>
T element(float value) noexcept {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return to_half<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

// Writes channel `channel` of the tensor from byte `source` of each pixel.
template <typename T>
void write_channel(const Image& image, const std::array<T, 256>& table, std::int64_t source, std::int64_t channel,
                   const TensorForm& form, T* tensor) noexcept {
  const std::int64_t pixels = image.width() * image.height();
  const std::uint8_t* const from = image.row(0);
  T* const to = tensor + (form.is_planar() ? channel * pixels : channel);
  const std::int64_t step = form.is_planar() ? 1 : form.channels();
  for (std::int64_t i = 0; i < pixels; ++i) to[i * step] = table[from[3 * i + source]];
}

template <typename T>
void write_pixels(const Image& image, const ChannelTables& tables, ChannelOrder order, const TensorForm& form,
                  Tensor& tensor) noexcept {
  for (std::int64_t c = 0; c < form.channels(); ++c) {
    const bool is_alpha = c == 3;
    std::array<T, 256> table;
    for (std::size_t v = 0; v < 256; ++v) {
      table[v] = element<T>(is_alpha ? tables[0][255] : tables[static_cast<std::size_t>(c)][v]);
    }
    const std::int64_t source = is_alpha ? 0 : order == ChannelOrder::kRgb || form.channels() == 1 ? c : 2 - c;
    write_channel(image, table, source, c, form, tensor.as<T>());
  }
}

template <typename T>
bool holds(float value) noexcept {
  return value == std::floor(value) && value >= static_cast<float>(std::numeric_limits<T>::min()) &&
         value <= static_cast<float>(std::numeric_limits<T>::max());
}

bool holds(DType dtype, float value) noexcept {
  switch (dtype) {
    case DType::kUInt8: return holds<std::uint8_t>(value);
    case DType::kInt8: return holds<std::int8_t>(value);
    case DType::kInt32: return holds<std::int32_t>(value);
    case DType::kInt64: return holds<std::int64_t>(value);
    default: return true;
  }
}

}  // namespace

std::int64_t TensorForm::channels() const noexcept {
  switch (pixels) {
    case PixelMode::kRgb: return 3;
    case PixelMode::kGrey: return 1;
    case PixelMode::kRgba: return 4;
  }
  return 3;
}

bool TensorForm::is_planar() const noexcept {
  const std::size_t channel = axes.find('C');
  return channel == std::string::npos || channel < axes.find('H');
}

Shape TensorForm::shape(Size size) const {
  std::array<std::int64_t, kMaxRank> dims{};
  const std::size_t rank = std::min(axes.size(), dims.size());
  for (std::size_t i = 0; i < rank; ++i) {
    switch (axes[i]) {
      case 'C': dims[i] = channels(); break;
      case 'H': dims[i] = size.height; break;
      case 'W': dims[i] = size.width; break;
      default: dims[i] = 1; break;
    }
  }
  return Shape::make({dims.data(), rank}).value();  // cannot fail, since kMaxSide limits the number of pixels
}

namespace {

// A stored value before mean and std.
float rescaled(std::size_t value, const Normalization& normalization) noexcept {
  const auto x = static_cast<float>(value);
  float unit = x;
  switch (normalization.arithmetic) {
    case Arithmetic::kTorchvision: unit = x / 255.0F; break;
    case Arithmetic::kHuggingFace: unit = static_cast<float>(static_cast<double>(value) * normalization.rescale); break;
    case Arithmetic::kProduct: unit = x * static_cast<float>(normalization.rescale); break;
    case Arithmetic::kFused: break;  // the factor is in mean and std
  }
  return normalization.offset == 0.0 ? unit : unit + static_cast<float>(normalization.offset);
}

}  // namespace

ChannelTables make_tables(const Normalization& normalization) noexcept {
  ChannelTables tables;
  for (std::size_t c = 0; c < 3; ++c) {
    auto mean = static_cast<float>(normalization.mean[c]);
    auto deviation = static_cast<float>(normalization.std[c]);
    const auto second = static_cast<float>(normalization.second_std[c]);
    if (normalization.arithmetic == Arithmetic::kFused) {
      const auto inverse = static_cast<float>(1.0 / normalization.rescale);
      mean *= inverse;
      deviation *= inverse;
    }
    for (std::size_t v = 0; v < 256; ++v) {
      const float unit = rescaled(v, normalization);
      tables[c][v] = (unit - mean) / deviation / second;
    }
  }
  return tables;
}

Status validate_normalization(const Normalization& normalization, const TensorForm& form) {
  const ChannelTables tables = make_tables(normalization);
  if (form.pixels != PixelMode::kRgb && (tables[0] != tables[1] || tables[0] != tables[2])) {
    return Error{ErrorCode::kInvalidModel,
                 "the mean or std differs between red, green and blue, the model's input has " +
                     std::string(form.pixels == PixelMode::kGrey ? "one grey channel" : "an alpha channel as well"),
                 "", "state one number for mean and one for std, e.g. with --recipe 0-1, -1-1 or 0-255"};
  }
  for (const auto& table : tables) {
    for (const float value : table) {
      if (holds(form.dtype, value)) continue;
      return Error{
          ErrorCode::kInvalidModel,
          "the recipe makes numbers from " + std::to_string(table.front()) + " to " + std::to_string(table.back()) +
              ", which an input of type " + std::string(dtype_name(form.dtype)) + " cannot hold",
          "", "pass the pixels unchanged with --recipe 0-255, or state mean, std and rescale that give integers"};
    }
  }
  return {};
}

Tensor to_tensor(const Image& image, const ChannelTables& tables, ChannelOrder order, const TensorForm& form) {
  Tensor tensor(form.dtype, form.shape(image.size()));
  switch (form.dtype) {
    case DType::kFloat64: write_pixels<double>(image, tables, order, form, tensor); break;
    case DType::kFloat16: write_pixels<Float16>(image, tables, order, form, tensor); break;
    case DType::kBFloat16: write_pixels<BFloat16>(image, tables, order, form, tensor); break;
    case DType::kUInt8: write_pixels<std::uint8_t>(image, tables, order, form, tensor); break;
    case DType::kInt8: write_pixels<std::int8_t>(image, tables, order, form, tensor); break;
    case DType::kInt32: write_pixels<std::int32_t>(image, tables, order, form, tensor); break;
    case DType::kInt64: write_pixels<std::int64_t>(image, tables, order, form, tensor); break;
    default:  // read_picture_form() takes no input of another type
    case DType::kFloat32: write_pixels<float>(image, tables, order, form, tensor); break;
  }
  return tensor;
}

}  // namespace kite
