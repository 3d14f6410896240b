// SPDX-License-Identifier: Apache-2.0
// Reads block by block, because a list may come through a pipe, and a file that is not a list may be endless.
#include "path_list.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "paperkite/try.h"

namespace kite::cli {

namespace {

constexpr std::size_t kMaxLineBytes = 65536;  // PATH_MAX is 4096

class Lines {
 public:
  explicit Lines(const std::string& path) : path_(path) {}

  Status take(std::string_view block) {
    if (block.find('\0') != std::string_view::npos) {
      return error(ErrorCode::kUsage, "the list holds a zero byte, so it is not text in UTF-8");
    }
    while (!block.empty()) {
      const std::size_t end = block.find('\n');
      line_ += block.substr(0, end);
      if (line_.size() > kMaxLineBytes) return error(ErrorCode::kLimit, "a line of the list is longer than any path");
      if (end == std::string_view::npos) return {};
      end_line();
      block.remove_prefix(end + 1);
    }
    return {};
  }

  Result<std::vector<std::string>> finish() {
    end_line();
    if (paths_.empty()) return error(ErrorCode::kUsage, "the list is empty");
    return std::move(paths_);
  }

 private:
  Error error(ErrorCode code, std::string what) const {
    return Error{code, std::move(what), "@" + path_, "name a text file with one path on each line"};
  }
  void end_line() {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (is_first_ && line_.starts_with(kByteOrderMark)) line_.erase(0, kByteOrderMark.size());
    is_first_ = false;
    if (line_.ends_with('\r')) line_.pop_back();
    if (!line_.empty()) paths_.push_back(std::move(line_));
    line_.clear();
  }

  const std::string& path_;
  std::string line_;
  bool is_first_ = true;
  std::vector<std::string> paths_;
};

}  // namespace

Result<std::vector<std::string>> read_path_list(const std::string& path) {
  const auto io_error = [&](int code) {
    return Error{ErrorCode::kIo, std::string("cannot read the list: ") + std::strerror(code), "@" + path,
                 "check the path"};
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(errno);
  Lines lines(path);
  char block[8192];
  for (;;) {
    const ssize_t count = ::read(fd, block, sizeof block);
    if (count < 0 && errno == EINTR) continue;
    Status status;
    if (count < 0) status = io_error(errno);
    if (count > 0) status = lines.take({block, static_cast<std::size_t>(count)});
    if (count > 0 && status.ok()) continue;
    ::close(fd);
    KITE_TRY(status);
    return lines.finish();
  }
}

}  // namespace kite::cli
