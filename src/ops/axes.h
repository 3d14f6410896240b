// SPDX-License-Identifier: Apache-2.0
// The axes and other small integer lists that moved from attributes to inputs as opsets went by.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

// Reads an int32 or int64 tensor element by element, without allocating and without asking for alignment.
class IndexView {
 public:
  explicit IndexView(const TensorView& view)
      : data_(view.data), size_(view.data == nullptr ? 0 : view.type.shape.elements()), dtype_(view.type.dtype) {}

  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  [[nodiscard]] std::int64_t operator[](std::int64_t i) const noexcept {
    if (dtype_ == DType::kInt32) {
      std::int32_t value = 0;
      std::memcpy(&value, data_ + i * static_cast<std::int64_t>(sizeof value), sizeof value);
      return value;
    }
    std::int64_t value = 0;
    std::memcpy(&value, data_ + i * static_cast<std::int64_t>(sizeof value), sizeof value);
    return value;
  }

 private:
  const std::byte* data_;
  std::int64_t size_;
  DType dtype_;
};

// The list named `name`: an attribute below opset `input_since`, constant input `input` from it on. Nothing when it
// is left out (or, as an input, empty and allowed to be: an empty list is returned as such).
[[nodiscard]] Result<std::optional<std::vector<std::int64_t>>> list_of(const InferContext& context,
                                                                       std::string_view name, int input,
                                                                       int input_since);

// The same list where compute() needs it, without allocating; empty when left out.
class ListView {
 public:
  explicit ListView(std::span<const std::int64_t> values) : values_(values), view_(TensorView{}) {}
  explicit ListView(const TensorView& view) : view_(view) {}  // int32 or int64; empty when data is null
  ListView(const ComputeContext& context, std::string_view name, std::size_t input, int input_since)
      : values_(context.opset < input_since ? context.attributes.get_ints(name) : std::span<const std::int64_t>{}),
        view_(context.opset >= input_since && context.has_input(input) ? context.inputs[input] : TensorView{}) {}

  [[nodiscard]] std::int64_t size() const noexcept {
    return values_.empty() ? view_.size() : static_cast<std::int64_t>(values_.size());
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] std::int64_t operator[](std::int64_t i) const noexcept {
    return values_.empty() ? view_[i] : values_[static_cast<std::size_t>(i)];
  }

 private:
  std::span<const std::int64_t> values_;
  IndexView view_;
};

// Maps negative axes, refuses axes outside [-rank, rank) and repeated ones. The order is kept.
[[nodiscard]] Result<std::vector<int>> normalize_axes(const InferContext& context, std::span<const std::int64_t> axes,
                                                      int rank);

}  // namespace kite
