// SPDX-License-Identifier: Apache-2.0
// Includes nlohmann/json; no other file does. Its destructor, which must not throw, first collects the children of an
// array or an object in a std::vector. So that vector has an allocator that does not fail when the system refuses
// memory.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <nlohmann/json_fwd.hpp>

#include "base/last_memory.h"

namespace kite {

// The member functions are compiled where they are used, because a JSON value is not yet complete here.
template <typename T>
class JsonAllocator {
 public:
  using value_type = T;
  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_at_last(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t) noexcept { free_at_last(memory); }
};

}  // namespace kite

template <>
class std::allocator<nlohmann::json> : public kite::JsonAllocator<nlohmann::json> {
 public:
  allocator() = default;
  template <typename Other>
  allocator(const allocator<Other>&) noexcept {}  // NOLINT(google-explicit-constructor): as the standard's
  friend bool operator==(const allocator&, const allocator&) noexcept { return true; }
};

template <>
class std::allocator<nlohmann::ordered_json> : public kite::JsonAllocator<nlohmann::ordered_json> {
 public:
  allocator() = default;
  template <typename Other>
  allocator(const allocator<Other>&) noexcept {}  // NOLINT(google-explicit-constructor): as the standard's
  friend bool operator==(const allocator&, const allocator&) noexcept { return true; }
};

#include <nlohmann/json.hpp>
