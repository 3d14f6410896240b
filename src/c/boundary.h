// SPDX-License-Identifier: Apache-2.0
// The line between C and C++: what a function of paperkite.h does with its arguments, its result and whatever is
// thrown.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "c/handles.h"
#include "paperkite/error.h"
#include "paperkite/try.h"

namespace kite {

// Of what `body` throws, nothing passes. For the catch block of the exception.
[[nodiscard]] paperkite_error* error_of_exception() noexcept;
// Throws std::bad_alloc.
[[nodiscard]] paperkite_error* new_error(Error error);

// `body` returns a Status; nullptr where it is good.
template <typename Body>
[[nodiscard]] paperkite_error* guarded(const Body& body) noexcept {
  try {
    Status status = body();
    return status.ok() ? nullptr : new_error(std::move(status).error());
  } catch (...) {
    return error_of_exception();
  }
}

// The same where there is one result: `body` returns a Result<std::unique_ptr<Handle>>.
template <typename Handle, typename Body>
[[nodiscard]] paperkite_error* guarded_into(const char* function, Handle** out, const Body& body) noexcept {
  if (out != nullptr) *out = nullptr;
  return guarded([&]() -> Status {
    if (out == nullptr)
      return Error{ErrorCode::kUsage, "there is no place for the result", function, "give an address"};
    KITE_TRY_ASSIGN(std::unique_ptr<Handle> handle, body());
    *out = handle.release();
    return {};
  });
}

// kUsage where `pointer` is null: "the picture is a null pointer; paperkite_classify".
[[nodiscard]] Status check_given(const void* pointer, const char* name, const char* function);
// The same of a path, which may not be empty either.
[[nodiscard]] Status check_path(const char* path, const char* function);
// The same of `size` bytes at `bytes`, which may be null where there are none; and of a size that no memory has.
[[nodiscard]] Status check_bytes(const void* bytes, std::size_t size, const char* function);
// PAPERKITE_COPY or PAPERKITE_BORROW.
[[nodiscard]] Result<bool> is_borrowed(std::int32_t ownership, const char* function);

// Of a list that a handle has: the string at a place, "" where there is none.
template <typename List>
[[nodiscard]] const char* string_at(const List& list, std::size_t place) noexcept {
  return place < list.size() ? list[place].c_str() : "";
}

}  // namespace kite
