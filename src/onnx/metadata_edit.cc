// SPDX-License-Identifier: Apache-2.0
// Walks the fields of ModelProto, the outermost message, and notes which bytes stay.
#include "onnx/metadata_edit.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "onnx/wire.h"

namespace kite::onnx {

namespace {

// ModelProto.metadata_props, and the key and value of its entries.
constexpr std::uint32_t kMetadataProps = 14;
constexpr std::uint32_t kKey = 1;
constexpr std::uint32_t kValue = 2;
// The largest message that the C++ and Python libraries of protocol buffers read.
constexpr std::uint64_t kLargestMessage = (std::uint64_t{1} << 31) - 1;

void append_varint(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

void append_field(std::string& bytes, std::uint32_t field, std::string_view value) {
  append_varint(bytes, std::uint64_t{field} << 3 | static_cast<std::uint64_t>(WireType::kBytes));
  append_varint(bytes, value.size());
  bytes += value;
}

// Of an entry that states its key several times, the last one counts, as for every field of protocol buffers.
std::string_view key_of(Bytes entry, ParseState& state) {
  std::string_view key;
  for (FieldReader reader(entry, state); reader.next();) {
    if (reader.field() == kKey) {
      key = reader.text();
    } else {
      reader.skip();
    }
  }
  return key;
}

class KeptBytes {
 public:
  explicit KeptBytes(Bytes model) : model_(model) {}
  // The bytes from `begin` to `end` are left out. Called in the order of the bytes.
  void leave_out(const std::byte* begin, const std::byte* end) {
    keep_until(begin);
    from_ = static_cast<std::size_t>(end - model_.data());
  }
  std::vector<Bytes> finish() {
    keep_until(model_.data() + model_.size());
    return std::move(kept_);
  }

 private:
  void keep_until(const std::byte* end) {
    const auto to = static_cast<std::size_t>(end - model_.data());
    if (to > from_) kept_.push_back(model_.subspan(from_, to - from_));
  }
  Bytes model_;
  std::size_t from_ = 0;  // where the bytes begin that are kept and not yet noted
  std::vector<Bytes> kept_;
};

}  // namespace

std::uint64_t MetadataEdit::size_bytes() const noexcept {
  std::uint64_t size = added.size();
  for (const Bytes run : kept) size += run.size();
  return size;
}

Result<MetadataEdit> replace_metadata(Bytes model, std::string_view where, std::span<const std::string_view> dropped,
                                      const std::map<std::string, std::string>& entries) {
  ParseState state(model.data());
  KeptBytes kept(model);
  const std::byte* dropped_at = nullptr;  // the beginning of an entry whose end is not known yet
  for (FieldReader reader(model, state); reader.next();) {
    if (dropped_at != nullptr) kept.leave_out(std::exchange(dropped_at, nullptr), reader.position());
    if (reader.field() != kMetadataProps) {
      reader.skip();
      continue;
    }
    const std::byte* const at = reader.position();
    const std::string_view key = key_of(reader.bytes(), state);
    if (std::ranges::find(dropped, key) != dropped.end()) dropped_at = at;
  }
  if (state.failed()) return Error(state.failure()).in(where);
  if (dropped_at != nullptr) kept.leave_out(dropped_at, model.data() + model.size());
  MetadataEdit edit;
  edit.kept = kept.finish();
  for (const auto& [key, value] : entries) {
    std::string entry;
    append_field(entry, kKey, key);
    append_field(entry, kValue, value);
    append_field(edit.added, kMetadataProps, entry);
  }
  if (edit.size_bytes() > kLargestMessage && model.size() <= kLargestMessage) {
    return Error{ErrorCode::kLimit,
                 "with " + std::to_string(edit.added.size()) + " bytes of metadata the model is larger than 2 GiB, " +
                     "which other readers of ONNX files refuse",
                 std::string(where), "save it with external data first"};
  }
  return edit;
}

}  // namespace kite::onnx
