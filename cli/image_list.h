// SPDX-License-Identifier: Apache-2.0
// The pictures that the arguments of `kite classify` name.
#pragma once

#include <string>
#include <vector>

#include "paperkite/error.h"

namespace kite::cli {

struct ImageItem {
  std::string name;            // as it will be printed; "-" is standard input
  std::vector<Error> failure;  // one Error when the item cannot be examined, e.g. a folder that may not be read
};

struct ImageList {
  std::vector<ImageItem> items;
  std::vector<std::string> warnings;  // about entries of folders that are not among the items
};

// 1. A file is one item.
// 2. A folder gives its pictures in the order of their names, with `recursive` also those of its subfolders. A picture
//    is recognised by its extension or by its first bytes. Pictures of a format that cannot be read are items, too, so
//    that they are reported as failed.
// 3. "@list.txt" gives one item for each line, which holds a path.
// 4. "-" is standard input, and may be given once.
// 5. What cannot be read becomes an item with an Error, and the others are still classified.
[[nodiscard]] ImageList list_images(const std::vector<std::string>& arguments, bool recursive);

// All files that are read for the items: the pictures, the lists that name them, and what standard input is connected
// to.
[[nodiscard]] std::vector<std::string> files_of_images(const std::vector<std::string>& arguments,
                                                       const std::vector<ImageItem>& items);

}  // namespace kite::cli
