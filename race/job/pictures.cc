// SPDX-License-Identifier: Apache-2.0
// The list is sorted, so that sample i is the same picture in every process and on every machine.
#include "race/job/pictures.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "base/ascii.h"
#include "base/folder_reader.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;
constexpr std::string_view kDemoPicture = "/paper_kite_1.jpg";

bool is_picture(const fs::path& path) {
  const std::string extension = lower_case(path.extension().string());
  constexpr std::array<std::string_view, 5> kExtensions = {".jpg", ".jpeg", ".png", ".webp", ".jfif"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

}  // namespace

Result<std::vector<std::string>> list_pictures(const std::string& path, std::int64_t count) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed).lexically_normal();
  const fs::file_status status = fs::status(absolute, failed);
  if (!fs::exists(status))
    return Error{ErrorCode::kIo, "there is no such folder", path, "name a folder of pictures with --images"};
  if (fs::is_regular_file(status)) return std::vector<std::string>{absolute.string()};
  std::vector<std::string> pictures;
  // A folder below that may not be read is an error, too: a race over fewer pictures is another race.
  for (std::vector<std::string> folders = {absolute.string()}; !folders.empty();) {
    const std::string folder = std::move(folders.back());
    folders.pop_back();
    FolderReader reader(folder);
    while (reader.next()) {
      const std::string& name = reader.path();
      if (reader.is_folder() && !reader.is_link()) folders.push_back(name);
      // A newline would break the list that contestants read line by line.
      if (is_picture(name) && reader.is_regular_file() && name.find('\n') == std::string::npos)
        pictures.push_back(name);
    }
    if (reader.failure() != 0) {
      return reader.error("cannot be read: ", folder, "check the permissions in this folder");
    }
  }
  if (pictures.empty()) {
    return Error{ErrorCode::kIo, "the folder holds no picture (.jpg, .png, .webp)", path,
                 "name a folder of pictures with --images"};
  }
  std::sort(pictures.begin(), pictures.end());
  const auto total = static_cast<std::int64_t>(pictures.size());
  if (count == 0 || count >= total) return pictures;
  std::vector<std::string> spaced;
  for (std::int64_t i = 0; i < count; ++i)
    spaced.push_back(std::move(pictures[static_cast<std::size_t>(i * total / count)]));
  return spaced;
}

const std::string& picture_of_oneshot(const std::vector<std::string>& pictures) {
  for (const std::string& picture : pictures) {
    if (picture.ends_with(kDemoPicture)) return picture;
  }
  return pictures.front();
}

}  // namespace kite::race
