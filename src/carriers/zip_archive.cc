// SPDX-License-Identifier: Apache-2.0
// Reads the central directory, which is checked before anything is unpacked, and the two methods of compression that
// archives of models use.
// Format: PKWARE's APPNOTE 6.3, sections 4.3 and 4.4. All numbers are little-endian.
#include "carriers/zip_archive.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr std::size_t kMaxEntries = 4096;
constexpr std::uint64_t kMaxBytes = std::uint64_t{8} << 30;
constexpr std::ptrdiff_t kMaxParts = 8;
constexpr std::size_t kEndBytes = 22;        // the record at the end, without its comment
constexpr std::size_t kDirectoryBytes = 46;  // an entry of the directory, without its name
constexpr std::size_t kHeaderBytes = 30;     // the header before an entry's bytes, without its name
constexpr std::size_t kMaxComment = 65535;

Error broken(std::string what) {
  return {ErrorCode::kInvalidModel, "not a sound zip archive: " + std::move(what), "", ""};
}
Error unsupported(std::string what) {
  return {ErrorCode::kUnsupportedModel, std::move(what), "", "unpack it, and name the folder"};
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i - 1]);
  return value;
}

bool has_magic(std::span<const std::byte> bytes, std::size_t at, std::uint32_t magic) {
  return at + 4 <= bytes.size() && number_at(bytes, at, 4) == magic;
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

// Decompresses `packed` with zlib; it never produces more bytes than the directory states.
Status inflate_into(NewFile& file, std::span<const std::byte> packed, const ZipEntry& entry, uLong& crc) {
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
    KITE_TRY(file.write(std::span(buffer).first(got)));
  }
  if (state != Z_STREAM_END || produced != entry.size_bytes) {
    return broken(in_quotes(entry.name) + " cannot be unpacked");
  }
  return {};
}

}  // namespace

Result<ZipArchive> ZipArchive::open(const std::string& path) {
  KITE_TRY_ASSIGN(MappedFile file, MappedFile::open(path));
  ZipArchive archive(std::move(file));
  const Status read = archive.read_directory();
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

// An entry of the directory at `at`, and its length there.
struct Listed {
  ZipEntry entry;
  std::uint32_t flags = 0;
  std::uint32_t method = 0;
  bool is_file = false;
  std::size_t length = 0;
};

Result<Listed> read_listed(std::span<const std::byte> bytes, std::size_t at, std::size_t end) {
  if (at > end || end - at < kDirectoryBytes || !has_magic(bytes, at, 0x02014b50)) {
    return broken("its directory is cut");
  }
  const std::size_t name_bytes = number_at(bytes, at + 28, 2);
  const std::size_t rest = name_bytes + number_at(bytes, at + 30, 2) + number_at(bytes, at + 32, 2);
  if (end - at - kDirectoryBytes < rest) return broken("its directory is cut");
  Listed listed;
  ZipEntry& entry = listed.entry;
  entry.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + kDirectoryBytes, name_bytes);
  listed.flags = number_at(bytes, at + 8, 2);
  listed.method = number_at(bytes, at + 10, 2);
  entry.is_deflated = listed.method == 8;
  entry.crc = number_at(bytes, at + 16, 4);
  entry.packed_bytes = number_at(bytes, at + 20, 4);
  entry.size_bytes = number_at(bytes, at + 24, 4);
  entry.header_at = number_at(bytes, at + 42, 4);
  const std::uint32_t unix_mode = number_at(bytes, at + 38, 4) >> 16;
  const bool is_link = (unix_mode & 0170000) == 0120000;
  listed.is_file = !entry.name.ends_with('/') && !is_link;
  listed.length = kDirectoryBytes + rest;
  return listed;
}

Status judge(const Listed& listed) {
  const ZipEntry& entry = listed.entry;
  if (!is_safe(entry.name)) return broken("the name " + in_quotes(entry.name) + " leads out of it");
  if ((listed.flags & 1) != 0) return unsupported("the archive is encrypted");
  if (listed.method != 0 && listed.method != 8) {
    return unsupported(in_quotes(entry.name) + " is packed with another method than deflate");
  }
  if (entry.size_bytes == 0xffffffff || entry.packed_bytes == 0xffffffff || entry.header_at == 0xffffffff) {
    return unsupported("archives in the zip64 form are not read");
  }
  return {};
}

}  // namespace

Status ZipArchive::read_directory() {
  const auto bytes = file_.bytes();
  KITE_TRY_ASSIGN(const std::size_t end, find_end(bytes));
  const std::size_t count = number_at(bytes, end + 10, 2);
  std::size_t at = number_at(bytes, end + 16, 4);
  if (count == 0xffff || at == 0xffffffff) return unsupported("archives in the zip64 form are not read");
  if (count > kMaxEntries) return Error{ErrorCode::kLimit, "more than 4096 files in the archive", "", ""};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    KITE_TRY_ASSIGN(Listed listed, read_listed(bytes, at, end));
    at += listed.length;
    if (!listed.is_file) continue;
    KITE_TRY(judge(listed));
    total += listed.entry.size_bytes;
    if (total > kMaxBytes) return Error{ErrorCode::kLimit, "the archive unpacks to more than 8 GiB", "", ""};
    entries_.push_back(std::move(listed.entry));
  }
  return {};
}

Result<std::span<const std::byte>> ZipArchive::packed(const ZipEntry& entry) const {
  const auto bytes = file_.bytes();
  const std::size_t at = entry.header_at;
  if (at > bytes.size() || bytes.size() - at < kHeaderBytes || !has_magic(bytes, at, 0x04034b50)) {
    return broken(in_quotes(entry.name) + " is not at the position that the directory states");
  }
  const std::size_t begin = at + kHeaderBytes + number_at(bytes, at + 26, 2) + number_at(bytes, at + 28, 2);
  if (begin > bytes.size() || bytes.size() - begin < entry.packed_bytes) {
    return broken(in_quotes(entry.name) + " is cut");
  }
  return bytes.subspan(begin, entry.packed_bytes);
}

Status ZipArchive::unpack(const ZipEntry& entry, const std::string& path) const {
  KITE_TRY_ASSIGN(const auto bytes, packed(entry));
  NewFile file(path);
  uLong crc = crc32(0, nullptr, 0);
  if (entry.is_deflated) {
    KITE_TRY(inflate_into(file, bytes, entry, crc));
  } else {
    if (entry.packed_bytes != entry.size_bytes)
      return broken(in_quotes(entry.name) + " is stored, but states two different sizes");
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    KITE_TRY(file.write(bytes));
  }
  if (crc != entry.crc) return broken(in_quotes(entry.name) + " has another checksum than the directory states");
  return {};
}

}  // namespace kite
