// SPDX-License-Identifier: Apache-2.0
// What is known of an array is read into a Layout, whichever protocol it came by, and judged in one place.
#include "native/picture.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "base/limits.h"
#include "native/array.h"
#include "native/failure.h"
#include "paperkite/try.h"

namespace kite::python {

namespace {

// Memory of another program part, with sizes and strides in bytes.
struct Layout {
  const std::uint8_t* data = nullptr;
  int rank = 0;
  std::array<std::int64_t, 3> sizes{};
  std::array<std::int64_t, 3> strides{};
  std::shared_ptr<void> owner;
};

constexpr const char* kWanted = "an array of uint8, height x width x 3 in the order R, G, B, or height x width of grey";

Error misfit(std::string what, std::string remedy = std::string("pass ") + kWanted) {
  return {ErrorCode::kInvalidImage, std::move(what), "", std::move(remedy)};
}

std::string shape_text(std::span<const std::int64_t> sizes) {
  std::string out = "(";
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    out += (axis == 0 ? "" : ", ") + std::to_string(sizes[axis]);
  }
  return out + (sizes.size() == 1 ? ",)" : ")");
}

Status check_shape(std::span<const std::int64_t> sizes) {
  if (sizes.size() == 4) {
    return misfit("the array has the shape " + shape_text(sizes) + ", and a picture has 2 or 3 axes",
                  "pass a list of pictures, as list(array)");
  }
  if (sizes.empty() || sizes.size() > 4) {
    return misfit("the array has " + std::to_string(sizes.size()) + " axes, and a picture has 2 or 3");
  }
  for (const std::int64_t size : sizes) {
    if (size <= 0) return misfit("the array has the shape " + shape_text(sizes) + " and holds no pixel");
  }
  if (sizes.size() == 3 && sizes[2] != 1 && sizes[2] != 3) {
    if (sizes[2] == 4) {
      return misfit("the array has the shape " + shape_text(sizes) + ", whose fourth channel has no meaning here",
                    "leave it out with array[:, :, :3], in the order R, G, B");
    }
    return misfit("the array has the shape " + shape_text(sizes) + ", and its last axis is not 3 channels",
                  sizes[0] == 3
                      ? "put the channels last: numpy's array.transpose(1, 2, 0), torch's tensor.permute(1, 2, 0)"
                      : std::string("pass ") + kWanted);
  }
  return {};
}

Status fill_layout(Layout& layout, std::span<const std::int64_t> sizes, std::span<const std::int64_t> strides) {
  KITE_TRY(check_shape(sizes));
  layout.rank = static_cast<int>(sizes.size());
  std::copy(sizes.begin(), sizes.end(), layout.sizes.begin());
  std::copy(strides.begin(), strides.end(), layout.strides.begin());
  return {};
}

// "B" is the only letter of an unsigned byte; a mark of byte order before it means nothing for one byte.
bool is_uint8(const char* format, Py_ssize_t item_size) noexcept {
  if (format == nullptr) return item_size == 1;
  std::string_view letters(format);
  if (letters.size() == 2 && std::string_view("@=<>!|").find(letters[0]) != std::string_view::npos)
    letters.remove_prefix(1);
  return item_size == 1 && letters == "B";
}

struct BufferOwner {
  Py_buffer view{};
  ~BufferOwner() { PyBuffer_Release(&view); }
};

Result<Layout> layout_of_buffer(nb::handle array) {
  auto owner = std::make_shared<BufferOwner>();
  if (PyObject_GetBuffer(array.ptr(), &owner->view, PyBUF_FULL_RO) != 0) {
    const nb::python_error raised;
    return misfit(std::string("the object does not show its memory: ") + nb::str(raised.value()).c_str());
  }
  const Py_buffer& view = owner->view;
  if (!is_uint8(view.format, view.itemsize)) {
    return misfit(std::string("the elements of the array are of the type '") + (view.format ? view.format : "?") +
                  "' (in the letters of Python's struct), not uint8 ('B')");
  }
  if (view.suboffsets != nullptr) return misfit("the array is scattered over several pieces of memory");
  Layout layout;
  layout.data = static_cast<const std::uint8_t*>(view.buf);
  if (view.ndim == 1 && (view.shape == nullptr || view.strides == nullptr)) {
    const std::array<std::int64_t, 1> size{view.len};
    const std::array<std::int64_t, 1> stride{1};
    KITE_TRY(fill_layout(layout, size, stride));
  } else {
    const std::vector<std::int64_t> sizes(view.shape, view.shape + view.ndim);
    const std::vector<std::int64_t> strides(view.strides, view.strides + view.ndim);
    KITE_TRY(fill_layout(layout, sizes, strides));
  }
  layout.owner = std::move(owner);
  return layout;
}

Result<Layout> layout_of_dlpack(nb::handle tensor) {
  using Tensor = nb::ndarray<nb::ro>;
  auto owner = std::make_shared<Tensor>();
  if (!nb::try_cast(tensor, *owner, false)) {
    return misfit("the object gives no tensor by DLPack or the buffer protocol, or has given it already");
  }
  if (owner->device_type() != nb::device::cpu::value) {
    return misfit("the tensor is not in the memory of the CPU", "move it there, as with tensor.cpu()");
  }
  if (owner->dtype() != nb::dtype<std::uint8_t>()) {
    const nb::dlpack::dtype dtype = owner->dtype();
    const char* kind = dtype.code == 0 ? "int" : dtype.code == 1 ? "uint" : dtype.code == 2 ? "float" : "type ";
    return misfit("the elements of the tensor are of the type " +
                  (dtype.code <= 2 ? kind + std::to_string(dtype.bits) : kind + std::to_string(dtype.code)) +
                  ", not uint8");
  }
  Layout layout;
  layout.data = static_cast<const std::uint8_t*>(owner->data());
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
  for (std::size_t axis = 0; axis < owner->ndim(); ++axis) {
    sizes.push_back(static_cast<std::int64_t>(owner->shape(axis)));
    strides.push_back(owner->stride(axis));
  }
  KITE_TRY(fill_layout(layout, sizes, strides));
  layout.owner = std::move(owner);
  return layout;
}

// Such memory need not be there: numpy.broadcast_to() makes a picture of 2^40 pixels out of one. The copy costs what is
// stated, so that this is limited as the picture of a file is by default.
Status check_copy(const Layout& layout) {
  const bool is_file = layout.rank == 1;
  const Limit limit = is_file ? Limit::kPictureBytes : Limit::kPixels;
  Checked count(layout.sizes[0]);
  if (!is_file) count = count * layout.sizes[1];
  if (count.at_most(row_of(limit).standard)) return {};
  return Error{ErrorCode::kLimit,
               "an array that is not in one piece has more than " + std::to_string(row_of(limit).standard) + ' ' +
                   std::string(row_of(limit).unit),
               "array of the shape " + shape_text(std::span(layout.sizes).first(static_cast<std::size_t>(layout.rank))),
               "scale it down, or pass it in one piece, as numpy.ascontiguousarray() makes it"};
}

// As bytes without gaps.
std::shared_ptr<std::vector<std::uint8_t>> packed(const Layout& layout) {
  const std::int64_t rows = layout.sizes[0];
  const std::int64_t columns = layout.rank > 1 ? layout.sizes[1] : 1;
  const std::int64_t channels = layout.rank > 2 ? layout.sizes[2] : 1;
  auto out = std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(rows * columns * channels));
  std::uint8_t* to = out->data();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::uint8_t* from = layout.data + row * layout.strides[0] + column * layout.strides[1];
      for (std::int64_t channel = 0; channel < channels; ++channel) *to++ = from[channel * layout.strides[2]];
    }
  }
  return out;
}

std::span<const std::byte> content_of(nb::bytes bytes) {
  return {static_cast<const std::byte*>(bytes.data()), bytes.size()};
}

std::shared_ptr<void> held(nb::object object) { return std::make_shared<nb::object>(std::move(object)); }

}  // namespace

PictureHolder PictureHolder::of_path(nb::bytes path) {
  PictureHolder holder;
  holder.picture_ = std::string(path.c_str(), path.size());
  return holder;
}

PictureHolder PictureHolder::of_file(nb::bytes content) {
  PictureHolder holder;
  holder.picture_ = content_of(content);
  holder.owner_ = held(std::move(content));
  return holder;
}

PictureHolder PictureHolder::of_packed(nb::bytes pixels, std::int64_t height, std::int64_t width, int channels,
                                       int exif_orientation) {
  if (height <= 0 || width <= 0 || channels <= 0 || height > (std::int64_t{1} << 31) / width / channels ||
      static_cast<std::int64_t>(pixels.size()) != height * width * channels) {
    throw nb::value_error("the pixels are not of the size that is stated");
  }
  PictureHolder holder;
  holder.picture_ = PixelView{.data = static_cast<const std::uint8_t*>(pixels.data()),
                              .height = height,
                              .width = width,
                              .channels = channels,
                              .exif_orientation = exif_orientation};
  holder.owner_ = held(std::move(pixels));
  return holder;
}

nb::object PictureHolder::of_array(nb::handle array) {
  Result<Layout> read = PyObject_CheckBuffer(array.ptr()) != 0 ? layout_of_buffer(array) : layout_of_dlpack(array);
  if (!read.ok()) return failure(std::move(read).error());
  const Layout& layout = *read;
  PictureHolder holder;
  if (layout.rank == 1) {
    // It may change while it is read, and a decoder relies on what it has read.
    if (Status fits = check_copy(layout); !fits.ok()) return failure(std::move(fits).error());
    auto content = packed(layout);
    holder.picture_ = std::as_bytes(std::span(*content));
    holder.owner_ = std::move(content);
    return nb::cast(std::move(holder));
  }
  PixelView pixels{.data = layout.data, .height = layout.sizes[0], .width = layout.sizes[1]};
  pixels.channels = layout.rank == 3 ? static_cast<int>(layout.sizes[2]) : 1;
  const std::int64_t row_bytes = pixels.width * pixels.channels;
  const bool are_channels_dense = pixels.channels == 1 || layout.strides[2] == 1;
  if (are_channels_dense && (layout.strides[1] == pixels.channels || pixels.width == 1) &&
      layout.strides[0] >= row_bytes) {
    pixels.row_stride = layout.strides[0];
    holder.owner_ = layout.owner;
  } else {
    if (Status fits = check_copy(layout); !fits.ok()) return failure(std::move(fits).error());
    auto copy = packed(layout);
    pixels.data = copy->data();
    holder.owner_ = std::move(copy);
  }
  holder.picture_ = pixels;
  return nb::cast(std::move(holder));
}

nb::object PictureHolder::of_tensor(nb::handle array) {
  const auto refusal = [](std::string what) {
    return failure(
        {ErrorCode::kInvalidInput, std::move(what), "", "pass an array as Classifier.preprocess() gives it"});
  };
  auto owner = std::make_shared<BufferOwner>();
  if (PyObject_GetBuffer(array.ptr(), &owner->view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0) {
    const nb::python_error raised;
    return refusal(std::string("the object does not show its memory: ") + nb::str(raised.value()).c_str());
  }
  const Py_buffer& view = owner->view;
  const auto dtype = dtype_of_format(view.format, view.itemsize);
  if (!dtype) {
    return refusal(std::string("no tensor has elements of the type '") + view.format +
                   "' (in the letters of Python's struct)");
  }
  if (view.ndim > kMaxRank) return refusal("the array has " + std::to_string(view.ndim) + " axes");
  const std::vector<std::int64_t> sizes(view.shape, view.shape + view.ndim);
  auto shape = Shape::make(sizes);
  if (!shape.ok()) return failure(std::move(shape).error());
  PictureHolder holder;
  holder.picture_ = TensorView{{*dtype, *shape}, static_cast<const std::byte*>(view.buf)};
  holder.owner_ = std::move(owner);
  return nb::cast(std::move(holder));
}

void bind_picture(nb::module_& module) {
  using namespace nb::literals;
  nb::class_<PictureHolder>(module, "Picture");
  module.def("picture_of_path", &PictureHolder::of_path, "path"_a);
  module.def("picture_of_file", &PictureHolder::of_file, "content"_a);
  module.def("picture_of_packed", &PictureHolder::of_packed, "pixels"_a, "height"_a, "width"_a, "channels"_a,
             "exif_orientation"_a);
  module.def("picture_of_tensor", &PictureHolder::of_tensor, "array"_a,
             nb::sig("def picture_of_tensor(array: object) -> Picture | Failure"));
  module.def("picture_of_array", &PictureHolder::of_array, "array"_a,
             nb::sig("def picture_of_array(array: object) -> Picture | Failure"));
}

}  // namespace kite::python
