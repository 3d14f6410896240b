// SPDX-License-Identifier: Apache-2.0
// The attributes of a node, under their ONNX names, with typed lookup.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "paperkite/tensor.h"

namespace kite {

struct Body;

struct Attribute {
  // A TensorView borrows from the model file or from the Graph's own tensors (Graph::own).
  using Value = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                             std::vector<std::string>, TensorView, std::shared_ptr<const Body>>;
  std::string name;
  Value value;
};

// A handful of entries in file order; lookup is linear. A wrong type reads as absent: Operator::infer has
// already refused it through the checked getters of InferContext.
class Attributes {
 public:
  void set(std::string name, Attribute::Value value);
  void erase(std::string_view name);
  [[nodiscard]] const Attribute* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

  [[nodiscard]] std::int64_t get_int(std::string_view name, std::int64_t fallback) const noexcept;
  [[nodiscard]] float get_float(std::string_view name, float fallback) const noexcept;
  [[nodiscard]] std::string_view get_string(std::string_view name, std::string_view fallback) const noexcept;
  // Empty when absent.
  [[nodiscard]] std::span<const std::int64_t> get_ints(std::string_view name) const noexcept;
  [[nodiscard]] std::span<const float> get_floats(std::string_view name) const noexcept;
  [[nodiscard]] const TensorView* get_tensor(std::string_view name) const noexcept;

  [[nodiscard]] const std::vector<Attribute>& all() const noexcept { return attributes_; }

 private:
  std::vector<Attribute> attributes_;
};

}  // namespace kite
