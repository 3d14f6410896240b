// SPDX-License-Identifier: Apache-2.0
// Pictures as Python has them, made into a kite::Picture whose memory is held.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "paperkite/classifier.h"

namespace kite::python {

namespace nb = nanobind;

// Made and let go of with Python's lock held; read without it.
class PictureHolder {
 public:
  [[nodiscard]] static PictureHolder of_path(nb::bytes path);
  // The content of a file. `bytes` cannot change while it is read.
  [[nodiscard]] static PictureHolder of_file(nb::bytes content);
  // Pixels without gaps.
  [[nodiscard]] static PictureHolder of_packed(nb::bytes pixels, std::int64_t height, std::int64_t width, int channels,
                                               int exif_orientation);
  // An array or a tensor that shows its memory by the buffer protocol or DLPack: uint8, height x width x 3, or height x
  // width of grey; of one axis: the content of a file. Borrowed where its rows are dense, else copied. A Failure
  // says what does not fit.
  [[nodiscard]] static nb::object of_array(nb::handle array);

  // A dense array of numbers in the order of this machine: the model's input. A Failure says what does not fit.
  [[nodiscard]] static nb::object of_tensor(nb::handle array);

  [[nodiscard]] const Picture& picture() const noexcept { return picture_; }

 private:
  Picture picture_;
  std::shared_ptr<void> owner_;
};

void bind_picture(nb::module_& module);

}  // namespace kite::python
