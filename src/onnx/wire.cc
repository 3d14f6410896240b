// SPDX-License-Identifier: Apache-2.0
// Wire-format decoding. protozero's exceptions end here.
#include "onnx/wire.h"

#include <algorithm>
#include <cstring>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <utility>
#include <vector>

namespace kite::onnx {

namespace {

constexpr std::uint64_t kEndGroup = 4;

}  // namespace

void ParseState::fail(ErrorCode code, std::string what, const std::byte* at, std::string remedy) {
  if (failed()) return;
  failure_ = Error{code, std::move(what), "byte " + std::to_string(at - begin_), std::move(remedy)};
}

std::optional<std::uint64_t> take_varint(Bytes& run) {
  const auto* at = reinterpret_cast<const char*>(run.data());
  try {
    const std::uint64_t value = protozero::decode_varint(&at, at + run.size());
    run = run.subspan(static_cast<std::size_t>(at - reinterpret_cast<const char*>(run.data())));
    return value;
  } catch (const protozero::exception&) {
    run = {};
    return std::nullopt;
  }
}

std::int64_t count_varints(Bytes run) {
  return std::ranges::count_if(run, [](std::byte b) { return (b & std::byte{0x80}) == std::byte{0}; });
}

std::uint64_t FieldReader::read_varint() {
  if (at_ != end_ && (*at_ & std::byte{0x80}) == std::byte{0}) return static_cast<std::uint64_t>(*at_++);
  Bytes rest(at_, end_);
  const auto value = take_varint(rest);
  if (!value) {
    const bool is_cut = end_ - at_ < 10;
    state_.fail(ErrorCode::kInvalidModel,
                is_cut ? "the message ends inside a number" : "a number of more than ten bytes", at_);
    return 0;
  }
  at_ = rest.data();
  return *value;
}

bool FieldReader::next() {
  if (state_.failed() || at_ == end_) return false;
  field_at_ = at_;
  const std::uint64_t tag = read_varint();
  if (state_.failed()) return false;
  const std::uint64_t wire_type = tag & 7;
  if (tag >> 3 == 0 || tag >> 32 != 0) {
    state_.fail(ErrorCode::kInvalidModel, "field number " + std::to_string(tag >> 3) + " does not exist", field_at_);
    return false;
  }
  if (wire_type == kEndGroup) {
    state_.fail(ErrorCode::kInvalidModel, "a group ends without a beginning", field_at_);
    return false;
  }
  if (wire_type > 5) {
    state_.fail(ErrorCode::kInvalidModel, "wire type " + std::to_string(wire_type) + " does not exist", field_at_);
    return false;
  }
  field_ = static_cast<std::uint32_t>(tag >> 3);
  type_ = static_cast<WireType>(wire_type);
  return true;
}

bool FieldReader::expect(WireType type) {
  if (type_ == type) return true;
  state_.fail(ErrorCode::kInvalidModel,
              "field " + std::to_string(field_) + " has wire type " + std::to_string(static_cast<int>(type_)) +
                  ", expected " + std::to_string(static_cast<int>(type)),
              field_at_);
  return false;
}

Bytes FieldReader::take(std::uint64_t size_bytes) {
  if (state_.failed()) return {};
  const auto left = static_cast<std::uint64_t>(end_ - at_);
  if (size_bytes > left) {
    state_.fail(ErrorCode::kInvalidModel,
                "field " + std::to_string(field_) + " claims " + std::to_string(size_bytes) + " bytes where " +
                    std::to_string(left) + " are left",
                field_at_, "if the file was cut short, download or export it again");
    return {};
  }
  const Bytes taken(at_, static_cast<std::size_t>(size_bytes));
  at_ += size_bytes;
  return taken;
}

std::int64_t FieldReader::varint() { return expect(WireType::kVarint) ? static_cast<std::int64_t>(read_varint()) : 0; }

float FieldReader::fixed32_float() {
  float value = 0.F;
  if (!expect(WireType::kFixed32)) return value;
  const Bytes raw = take(sizeof value);
  if (raw.size() == sizeof value) std::memcpy(&value, raw.data(), sizeof value);
  return value;
}

Bytes FieldReader::bytes() {
  if (!expect(WireType::kBytes)) return {};
  return take(read_varint());
}

std::string_view FieldReader::text() {
  const Bytes raw = bytes();
  return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

Bytes FieldReader::run(WireType unpacked) {
  if (type_ == WireType::kBytes) return bytes();
  if (!expect(unpacked)) return {};
  if (unpacked == WireType::kFixed32) return take(4);
  if (unpacked == WireType::kFixed64) return take(8);
  const std::byte* begin = at_;
  (void)read_varint();
  return {begin, at_};
}

// The group's fields are skipped in a loop, not by recursion, because the file decides how deep groups nest.
void FieldReader::skip_group() {
  constexpr std::size_t kMostGroups = 100;  // the limit of protobuf's own readers
  std::vector<std::uint64_t> open{field_};
  while (!open.empty() && !state_.failed()) {
    if (at_ == end_) return state_.fail(ErrorCode::kInvalidModel, "the message ends inside a group", field_at_);
    const std::byte* const tag_at = at_;
    const std::uint64_t tag = read_varint();
    if (state_.failed()) return;
    switch (tag & 7) {
      case 0: (void)read_varint(); break;
      case 1: (void)take(8); break;
      case 2: (void)take(read_varint()); break;
      case 3: open.push_back(tag >> 3); break;
      case kEndGroup:
        if (open.back() != tag >> 3) {
          return state_.fail(ErrorCode::kInvalidModel, "a group ends without a beginning", tag_at);
        }
        open.pop_back();
        break;
      case 5: (void)take(4); break;
      default:
        return state_.fail(ErrorCode::kInvalidModel, "wire type " + std::to_string(tag & 7) + " does not exist",
                           tag_at);
    }
    if (open.size() > kMostGroups) {
      return state_.fail(ErrorCode::kLimit, "more than 100 groups inside each other", tag_at);
    }
  }
}

void FieldReader::skip() {
  switch (type_) {
    case WireType::kVarint: (void)read_varint(); break;
    case WireType::kFixed64: (void)take(8); break;
    case WireType::kFixed32: (void)take(4); break;
    case WireType::kBytes: (void)take(read_varint()); break;
    case WireType::kGroup: skip_group(); break;
  }
}

}  // namespace kite::onnx
