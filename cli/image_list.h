// SPDX-License-Identifier: Apache-2.0
// The pictures that the arguments of `kite classify` name.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

struct ImageItem {
  std::string name;            // as it is printed; "-" is standard input
  std::vector<Error> failure;  // one Error when the item cannot even be looked at, e.g. a path that does not exist
};

// Files as given; a folder's pictures by name (its subfolders' too with `recursive`), files of other kinds left out;
// "@list.txt" one path a line; "-" once. An argument that cannot be read becomes an item that carries the Error, so
// that the others are still classified.
[[nodiscard]] std::vector<ImageItem> list_images(const std::vector<std::string>& arguments, bool recursive);

}  // namespace kite::cli
