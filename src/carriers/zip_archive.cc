// SPDX-License-Identifier: Apache-2.0
// Reads the central directory, which is checked before anything is unpacked, and the two methods of compression that
// archives of models and of arrays use.
// Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.4. All numbers are little-endian.
#include "carriers/zip_archive.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::uint64_t kMostZipEntries = 65536;
constexpr std::uint64_t kMostArchiveBytes = std::uint64_t{8} << 30;
constexpr std::ptrdiff_t kMaxParts = 8;
constexpr std::size_t kEndBytes = 22;        // the record at the end, without its comment
constexpr std::size_t kDirectoryBytes = 46;  // an entry of the directory, without its name
constexpr std::size_t kHeaderBytes = 30;     // the header before an entry's bytes, without its name
constexpr std::size_t kMaxComment = 65535;
constexpr std::size_t kLocatorBytes =
    20;  // of zip64, before the record at the end: it tells where that form's own end is
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::uint64_t kElsewhere = 0xffffffff;  // instead of a number of 32 bits: zip64 states it elsewhere
// Deflate packs at most 258 bytes into 2 bits, so no sound entry states more bytes than this for each packed one.
constexpr std::uint64_t kMaxRatio = 1032;

Error broken(std::string what) {
  return {ErrorCode::kInvalidModel, "not a sound zip archive: " + std::move(what), "", ""};
}
Error unsupported(std::string what) {
  return {ErrorCode::kUnsupportedModel, std::move(what), "", "unpack it, and name the folder"};
}

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8 | static_cast<std::uint64_t>(bytes[at + i - 1]);
  return value;
}

bool has_magic(std::span<const std::byte> bytes, std::size_t at, std::uint32_t magic) {
  return bytes.size() >= 4 && at <= bytes.size() - 4 && number_at(bytes, at, 4) == magic;
}

// Whether a name is relative, and stays inside the folder into which it is unpacked.
bool is_safe(const std::string& name) {
  if (name.empty() || name.size() > 1024 || std::count(name.begin(), name.end(), '/') >= kMaxParts) return false;
  if (name.find('\\') != std::string::npos || name.find('\0') != std::string::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    begin = end + 1;
  }
  return true;
}

// A file that is written once; the first failure is remembered.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] Status write(std::span<const std::byte> bytes) {
    while (fd_ >= 0 && !bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return failure();
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return fd_ < 0 ? Status(failure()) : Status{};
  }

 private:
  [[nodiscard]] Error failure() const {
    return {ErrorCode::kIo, std::string("cannot write: ") + std::strerror(errno), path_,
            "set TMPDIR to a folder with room"};
  }
  const std::string& path_;
  int fd_;
};

// Takes the next bytes of an entry. False ends the reading early, and is no failure.
using Sink = std::function<Result<bool>(std::span<const std::byte> bytes)>;

// Decompresses `packed` with zlib; it never produces more bytes than the directory states. Returns whether the sink
// took all of them.
Result<bool> inflate_into(const Sink& sink, std::span<const std::byte> packed, const ZipEntry& entry, uLong& crc) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return Error{ErrorCode::kLimit, "no memory to unpack", "", ""};
  struct Ender {
    z_stream& stream;
    ~Ender() { inflateEnd(&stream); }
  } const ender{stream};
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  std::uint64_t produced = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    if (stream.avail_in == 0 && !packed.empty()) {
      const std::size_t chunk = std::min(packed.size(), std::size_t{1} << 30);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
      stream.avail_in = static_cast<uInt>(chunk);
      packed = packed.subspan(chunk);
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = buffer.size() - stream.avail_out;
    produced += got;
    if (produced > entry.size_bytes) return broken(in_quotes(entry.name) + " is larger than the directory states");
    crc = crc32(crc, reinterpret_cast<const Bytef*>(buffer.data()), static_cast<uInt>(got));
    KITE_TRY_ASSIGN(const bool goes_on, sink(std::span(buffer).first(got)));
    if (!goes_on) return false;
  }
  if (state != Z_STREAM_END || produced != entry.size_bytes) {
    return broken(in_quotes(entry.name) + " cannot be unpacked");
  }
  return true;
}

}  // namespace

Result<ZipArchive> ZipArchive::open(const std::string& path, ZipNames names) {
  KITE_TRY_ASSIGN(MappedFile file, MappedFile::open(path));
  ZipArchive archive(std::move(file));
  const Status read = archive.read_directory(names);
  if (!read.ok()) return Error(read.error()).in(path);
  return archive;
}

namespace {

// The position of the record at the end of the archive; a comment may follow it.
Result<std::size_t> find_end(std::span<const std::byte> bytes) {
  if (bytes.size() < kEndBytes) return broken("too short");
  const std::size_t last = bytes.size() - kEndBytes;
  std::size_t end = last;
  while (!has_magic(bytes, end, 0x06054b50)) {
    if (end == 0 || last - end >= kMaxComment) return broken("it has no directory at its end");
    --end;
  }
  return end;
}

// Where the directory begins, where it ends at the latest, and how many entries it has.
struct DirectoryPlace {
  std::uint64_t begin = 0;
  std::size_t end = 0;
  std::uint64_t count = 0;
};

Result<DirectoryPlace> find_directory(std::span<const std::byte> bytes) {
  KITE_TRY_ASSIGN(const std::size_t end, find_end(bytes));
  DirectoryPlace place{number_at(bytes, end + 16, 4), end, number_at(bytes, end + 10, 2)};
  if (place.begin != kElsewhere && place.count != 0xffff) return place;
  if (end < kLocatorBytes || !has_magic(bytes, end - kLocatorBytes, 0x07064b50)) return place;
  const std::uint64_t at = number_at(bytes, end - kLocatorBytes + 8, 8);
  if (at > end || end - at < kEnd64Bytes || !has_magic(bytes, at, 0x06064b50)) {
    return broken("its zip64 record is not at the position that the archive states");
  }
  return DirectoryPlace{number_at(bytes, at + 48, 8), static_cast<std::size_t>(at), number_at(bytes, at + 32, 8)};
}

// Numbers that do not fit 32 bits are in the extra field 1 of an entry, in this order, each only where it is missing.
Status read_zip64(std::span<const std::byte> extra, ZipEntry& entry) {
  std::vector<std::uint64_t*> missing;
  for (std::uint64_t* number : {&entry.size_bytes, &entry.packed_bytes, &entry.header_at}) {
    if (*number == kElsewhere) missing.push_back(number);
  }
  if (missing.empty()) return {};
  while (extra.size() >= 4) {
    const std::size_t size = number_at(extra, 2, 2);
    if (size > extra.size() - 4) break;
    if (number_at(extra, 0, 2) == 1 && size >= 8 * missing.size()) {
      for (std::size_t i = 0; i < missing.size(); ++i) *missing[i] = number_at(extra, 4 + 8 * i, 8);
      return {};
    }
    extra = extra.subspan(4 + size);
  }
  return broken("the zip64 sizes of " + in_quotes(entry.name) + " are missing");
}

// An entry of the directory at `at`, and its length there.
struct Listed {
  ZipEntry entry;
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  bool is_file = false;
  std::size_t length = 0;
};

Result<Listed> read_listed(std::span<const std::byte> bytes, std::size_t at, std::size_t end) {
  if (at > end || end - at < kDirectoryBytes || !has_magic(bytes, at, 0x02014b50)) {
    return broken("its directory is cut");
  }
  const std::size_t name_bytes = number_at(bytes, at + 28, 2);
  const std::size_t extra_bytes = number_at(bytes, at + 30, 2);
  const std::size_t rest = name_bytes + extra_bytes + number_at(bytes, at + 32, 2);
  if (end - at - kDirectoryBytes < rest) return broken("its directory is cut");
  Listed listed;
  ZipEntry& entry = listed.entry;
  entry.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + kDirectoryBytes, name_bytes);
  listed.flags = number_at(bytes, at + 8, 2);
  listed.method = number_at(bytes, at + 10, 2);
  entry.is_deflated = listed.method == 8;
  entry.crc = static_cast<std::uint32_t>(number_at(bytes, at + 16, 4));
  entry.packed_bytes = number_at(bytes, at + 20, 4);
  entry.size_bytes = number_at(bytes, at + 24, 4);
  entry.header_at = number_at(bytes, at + 42, 4);
  KITE_TRY(read_zip64(bytes.subspan(at + kDirectoryBytes + name_bytes, extra_bytes), entry));
  const std::uint64_t unix_mode = number_at(bytes, at + 38, 4) >> 16;
  const bool is_link = (unix_mode & 0170000) == 0120000;
  listed.is_file = !entry.name.ends_with('/') && !is_link;
  listed.length = kDirectoryBytes + rest;
  return listed;
}

Status judge(const Listed& listed, ZipNames names) {
  const ZipEntry& entry = listed.entry;
  if (names == ZipNames::kPaths && !is_safe(entry.name))
    return broken("the name " + in_quotes(entry.name) + " leads out of it");
  if ((listed.flags & 1) != 0) return unsupported("the archive is encrypted");
  if (listed.method != 0 && listed.method != 8) {
    return unsupported(in_quotes(entry.name) + " is packed with another method than deflate");
  }
  const bool fits = listed.entry.is_deflated ? entry.size_bytes / kMaxRatio <= entry.packed_bytes
                                             : entry.size_bytes == entry.packed_bytes;
  if (!fits) return broken(in_quotes(entry.name) + " states a size that its packed bytes cannot have");
  return {};
}

}  // namespace

Status ZipArchive::read_directory(ZipNames names) {
  const auto bytes = file_.bytes();
  KITE_TRY_ASSIGN(const DirectoryPlace place, find_directory(bytes));
  if (place.count > kMostZipEntries) return Error{ErrorCode::kLimit, "more than 65536 files in the archive", "", ""};
  if (place.begin > place.end) return broken("its directory is not at the position that it states");
  auto at = static_cast<std::size_t>(place.begin);
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < place.count; ++i) {
    KITE_TRY_ASSIGN(Listed listed, read_listed(bytes, at, place.end));
    at += listed.length;
    if (!listed.is_file) continue;
    KITE_TRY(judge(listed, names));
    if (listed.entry.size_bytes > kMostArchiveBytes - total) {
      return Error{ErrorCode::kLimit, "the archive unpacks to more than 8 GiB", "", ""};
    }
    total += listed.entry.size_bytes;
    entries_.push_back(std::move(listed.entry));
  }
  return {};
}

Result<std::span<const std::byte>> ZipArchive::packed(const ZipEntry& entry) const {
  const auto bytes = file_.bytes();
  const auto at = static_cast<std::size_t>(entry.header_at);
  if (entry.header_at > bytes.size() || bytes.size() - at < kHeaderBytes || !has_magic(bytes, at, 0x04034b50)) {
    return broken(in_quotes(entry.name) + " is not at the position that the directory states");
  }
  const std::size_t begin = at + kHeaderBytes + number_at(bytes, at + 26, 2) + number_at(bytes, at + 28, 2);
  if (begin > bytes.size() || bytes.size() - begin < entry.packed_bytes) {
    return broken(in_quotes(entry.name) + " is cut");
  }
  return bytes.subspan(begin, entry.packed_bytes);
}

namespace {

// All bytes of an entry go to `sink`, until it has enough. Where it takes all of them, their checksum is tested.
Status pass_on(const ZipEntry& entry, std::span<const std::byte> packed, const Sink& sink) {
  uLong crc = crc32(0, nullptr, 0);
  bool is_whole = true;
  if (entry.is_deflated) {
    KITE_TRY_ASSIGN(is_whole, inflate_into(sink, packed, entry, crc));
  } else {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(packed.data()), packed.size());
    KITE_TRY_ASSIGN(is_whole, sink(packed));
  }
  if (is_whole && crc != entry.crc) {
    return broken(in_quotes(entry.name) + " has another checksum than the directory states");
  }
  return {};
}

}  // namespace

Status ZipArchive::unpack(const ZipEntry& entry, const std::string& path) const {
  KITE_TRY_ASSIGN(const auto bytes, packed(entry));
  NewFile file(path);
  return pass_on(entry, bytes, [&](std::span<const std::byte> next) -> Result<bool> {
    KITE_TRY(file.write(next));
    return true;
  });
}

Result<std::vector<std::byte>> ZipArchive::read(const ZipEntry& entry, std::uint64_t at_most) const {
  KITE_TRY_ASSIGN(const auto bytes, packed(entry));
  const std::uint64_t wanted = std::min(entry.size_bytes, at_most);
  std::vector<std::byte> content;
  content.reserve(static_cast<std::size_t>(wanted));
  KITE_TRY(pass_on(entry, bytes, [&](std::span<const std::byte> next) -> Result<bool> {
    const std::size_t taken = std::min<std::size_t>(next.size(), static_cast<std::size_t>(wanted) - content.size());
    content.insert(content.end(), next.begin(), next.begin() + static_cast<std::ptrdiff_t>(taken));
    return content.size() < wanted || wanted == entry.size_bytes;
  }));
  return content;
}

}  // namespace kite
