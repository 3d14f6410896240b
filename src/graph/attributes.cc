// SPDX-License-Identifier: Apache-2.0
// Linear lookup over a node's few attributes.
#include "graph/attributes.h"

#include <algorithm>
#include <utility>

namespace kite {

namespace {

// The value of `attribute` when it exists and holds a T.
template <typename T>
const T* get(const Attribute* attribute) noexcept {
  return attribute == nullptr ? nullptr : std::get_if<T>(&attribute->value);
}

}  // namespace

void Attributes::set(std::string name, Attribute::Value value) {
  for (Attribute& attribute : attributes_) {
    if (attribute.name == name) {
      attribute.value = std::move(value);
      return;
    }
  }
  attributes_.push_back({std::move(name), std::move(value)});
}

void Attributes::erase(std::string_view name) {
  std::erase_if(attributes_, [&](const Attribute& attribute) { return attribute.name == name; });
}

const Attribute* Attributes::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(attributes_, name, &Attribute::name);
  return found == attributes_.end() ? nullptr : &*found;
}

std::int64_t Attributes::get_int(std::string_view name, std::int64_t fallback) const noexcept {
  const auto* value = get<std::int64_t>(find(name));
  return value != nullptr ? *value : fallback;
}

float Attributes::get_float(std::string_view name, float fallback) const noexcept {
  const auto* value = get<float>(find(name));
  return value != nullptr ? *value : fallback;
}

std::string_view Attributes::get_string(std::string_view name, std::string_view fallback) const noexcept {
  const auto* value = get<std::string>(find(name));
  return value != nullptr ? std::string_view(*value) : fallback;
}

std::span<const std::int64_t> Attributes::get_ints(std::string_view name) const noexcept {
  const auto* value = get<std::vector<std::int64_t>>(find(name));
  return value != nullptr ? std::span<const std::int64_t>(*value) : std::span<const std::int64_t>();
}

std::span<const float> Attributes::get_floats(std::string_view name) const noexcept {
  const auto* value = get<std::vector<float>>(find(name));
  return value != nullptr ? std::span<const float>(*value) : std::span<const float>();
}

const TensorView* Attributes::get_tensor(std::string_view name) const noexcept { return get<TensorView>(find(name)); }

}  // namespace kite
