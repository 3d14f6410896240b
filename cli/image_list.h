// SPDX-License-Identifier: Apache-2.0
// The pictures that the arguments of `kite classify` name.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

struct ImageItem {
  std::string name;            // as it is printed; "-" is standard input
  std::vector<Error> failure;  // one Error when the item cannot even be looked at, e.g. a folder that may not be read
};

struct ImageList {
  std::vector<ImageItem> items;
  std::vector<std::string> warnings;  // what a folder holds and is not among the items
};

// Files as given; a folder's pictures by name (its subfolders' too with `recursive`), "@list.txt" one path a line; "-"
// once. In a folder a picture is what says so by its extension or by its first bytes, also one of a format that is not
// read, so that it is named as failed. What cannot be read becomes an item that carries the Error, and the others are
// still classified.
[[nodiscard]] ImageList list_images(const std::vector<std::string>& arguments, bool recursive);

}  // namespace kite::cli
