// SPDX-License-Identifier: Apache-2.0
// Errors of paperkite.h, and how an exception becomes one.
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/presentable.h"
#include "c/boundary.h"

namespace kite {

namespace {

struct OwnedError : paperkite_error {
  OwnedError(Error from, std::string text) : error(std::move(from)), line(std::move(text)) {
    code = error.code;
    what = error.what.c_str();
    where = error.where.c_str();
    remedy = error.remedy.c_str();
    message = line.c_str();
  }
  Error error;
  std::string line;
};

// Never freed.
paperkite_error out_of_memory{ErrorCode::kLimit, KITE_OUT_OF_MEMORY, KITE_THIS_PROCESS, KITE_MORE_MEMORY,
                              KITE_OUT_OF_MEMORY "; " KITE_THIS_PROCESS "; " KITE_MORE_MEMORY};

}  // namespace

paperkite_error* new_error(Error error) {
  error = presentable(std::move(error));
  std::string line = error.message();
  return new OwnedError(std::move(error), std::move(line));
}

paperkite_error* error_of_exception() noexcept {
  try {
    try {
      throw;
    } catch (const std::bad_alloc&) {
      return &out_of_memory;
    } catch (const std::length_error&) {  // a size that no memory has
      return &out_of_memory;
    } catch (const std::system_error& error) {  // a thread that could not be started
      const bool is_shortage =
          error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
      return new_error({is_shortage ? ErrorCode::kLimit : ErrorCode::kIo, error.what(), KITE_THIS_PROCESS,
                        is_shortage ? KITE_MORE_PROCESSES : ""});
    } catch (const std::exception& error) {
      return new_error({ErrorCode::kLimit, error.what(), KITE_THIS_PROCESS, {}});
    } catch (...) {
      return new_error({ErrorCode::kLimit, "an exception that is no std::exception", KITE_THIS_PROCESS, {}});
    }
  } catch (...) {
    return &out_of_memory;
  }
}

Status check_given(const void* pointer, const char* name, const char* function) {
  if (pointer != nullptr) return {};
  return Error{ErrorCode::kUsage, std::string("the ") + name + " is a null pointer", function, {}};
}

Status check_path(const char* path, const char* function) {
  KITE_TRY(check_given(path, "path", function));
  if (*path != '\0') return {};
  return Error{ErrorCode::kUsage, "the path is empty", function, {}};
}

Status check_bytes(const void* bytes, std::size_t size, const char* function) {
  if (size > 0) KITE_TRY(check_given(bytes, "pointer to the bytes", function));
  if (size <= static_cast<std::size_t>(PTRDIFF_MAX)) return {};
  return Error{ErrorCode::kUsage, std::to_string(size) + " bytes are more than memory can hold", function, {}};
}

Result<bool> is_borrowed(std::int32_t ownership, const char* function) {
  if (ownership == PAPERKITE_COPY) return false;
  if (ownership == PAPERKITE_BORROW) return true;
  return Error{ErrorCode::kUsage, "an ownership of " + std::to_string(ownership), function,
               "PAPERKITE_COPY is 0, PAPERKITE_BORROW 1"};
}

}  // namespace kite

extern "C" {

std::int32_t paperkite_error_code(const paperkite_error* error) {
  // The enumeration of C counts from 1, because 0 is no error.
  return error == nullptr ? PAPERKITE_OK : static_cast<std::int32_t>(error->code) + 1;
}

const char* paperkite_error_name(const paperkite_error* error) {
  return error == nullptr ? "" : kite::error_code_name(error->code).data();  // of a literal
}

const char* paperkite_error_what(const paperkite_error* error) { return error == nullptr ? "" : error->what; }
const char* paperkite_error_where(const paperkite_error* error) { return error == nullptr ? "" : error->where; }
const char* paperkite_error_remedy(const paperkite_error* error) { return error == nullptr ? "" : error->remedy; }
const char* paperkite_error_message(const paperkite_error* error) { return error == nullptr ? "" : error->message; }

void paperkite_error_free(paperkite_error* error) {
  if (error != &kite::out_of_memory) delete static_cast<kite::OwnedError*>(error);
}

}  // extern "C"

namespace kite {
static_assert(static_cast<int>(ErrorCode::kUsage) + 1 == PAPERKITE_USAGE);
static_assert(static_cast<int>(ErrorCode::kInvalidModel) + 1 == PAPERKITE_INVALID_MODEL);
static_assert(static_cast<int>(ErrorCode::kUnsupportedModel) + 1 == PAPERKITE_UNSUPPORTED_MODEL);
static_assert(static_cast<int>(ErrorCode::kInvalidInput) + 1 == PAPERKITE_INVALID_INPUT);
static_assert(static_cast<int>(ErrorCode::kInvalidImage) + 1 == PAPERKITE_INVALID_IMAGE);
static_assert(static_cast<int>(ErrorCode::kUnsupportedImage) + 1 == PAPERKITE_UNSUPPORTED_IMAGE);
static_assert(static_cast<int>(ErrorCode::kLimit) + 1 == PAPERKITE_LIMIT);
static_assert(static_cast<int>(ErrorCode::kIo) + 1 == PAPERKITE_IO);
static_assert(static_cast<int>(ErrorCode::kInterrupted) + 1 == PAPERKITE_INTERRUPTED);
}  // namespace kite
