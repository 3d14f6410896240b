// SPDX-License-Identifier: Apache-2.0
// The inputs of one call of a session, read from the dict that the caller hands over.
#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "paperkite/error.h"
#include "paperkite/model.h"
#include "paperkite/tensor.h"

namespace kite::python {

namespace nb = nanobind;

// Raises the exception that paperkite.ort has for an error; `doing` is a key of its table.
[[noreturn]] void raise(Error error, const char* doing);

// An object as a text for a message, whatever its characters are.
[[nodiscard]] std::string printed(nb::handle object);

// Holds what the views borrow from. With the lock held it is made, filled and ended.
class Feed {
 public:
  explicit Feed(std::size_t inputs);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  // Zero copy where the value has a dense buffer of a known type; else what _feeds.py makes of it. Raises where it is
  // no tensor, or none of the input's type.
  void add(nb::handle value, const Port& port);
  [[nodiscard]] std::span<const TensorView> views() const noexcept { return views_; }

 private:
  // False where the value has no such buffer.
  [[nodiscard]] bool add_buffer(nb::handle value, const Port& port);
  void add_view(TensorView view, const Port& port);

  std::vector<TensorView> views_;
  std::unique_ptr<Py_buffer[]> buffers_;
  std::size_t buffer_count_ = 0;
  std::vector<Tensor> copies_;
  std::vector<nb::object> converted_;  // what the buffers and views of converted values belong to
};

}  // namespace kite::python
