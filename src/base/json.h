// SPDX-License-Identifier: Apache-2.0
// Includes nlohmann/json; no other file does. When the system refuses memory, the library fails in two places where it
// must not:
// - A destructor, which must not throw, first collects the children of an array or an object in a std::vector.
// - A null value that gets its first member or element becomes an object or an array before it has memory for one, and
//   its destructor then follows a null pointer.
// So that vector, and the objects and arrays themselves (not their members), have an allocator that does not fail then.
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

// As the standard's, which every allocator can be converted to.
#define KITE_JSON_ALLOCATOR(type)                                                            \
  template <>                                                                                \
  class std::allocator<type> : public kite::JsonAllocator<type> {                            \
   public:                                                                                   \
    allocator() = default;                                                                   \
    template <typename Other>                                                                \
    allocator(const allocator<Other>&) noexcept {} /* NOLINT(google-explicit-constructor) */ \
    friend bool operator==(const allocator&, const allocator&) noexcept { return true; }     \
  }
KITE_JSON_ALLOCATOR(nlohmann::json);
KITE_JSON_ALLOCATOR(nlohmann::ordered_json);

#include <nlohmann/json.hpp>

KITE_JSON_ALLOCATOR(nlohmann::json::object_t);
KITE_JSON_ALLOCATOR(nlohmann::json::array_t);
KITE_JSON_ALLOCATOR(nlohmann::ordered_json::object_t);
KITE_JSON_ALLOCATOR(nlohmann::ordered_json::array_t);
#undef KITE_JSON_ALLOCATOR
