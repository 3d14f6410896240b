// SPDX-License-Identifier: Apache-2.0
// Signatures of other formats, most specific first.
#include "onnx/foreign.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kite::onnx {

namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view what;
  std::string_view remedy;
};

using namespace std::string_view_literals;

constexpr std::string_view kExport = "export the model to ONNX (PyTorch: torch.onnx.export)";

constexpr Signature kSignatures[] = {
    {0, "version https://git-lfs"sv, "a Git LFS pointer; the model itself was not downloaded", "run git lfs pull"},
    {0, "PK\x03\x04"sv, "a zip archive, which may be a checkpoint of PyTorch", kExport},
    {0, "PK\x05\x06"sv, "an empty zip archive", kExport},
    {4, "TFL3"sv, "a TensorFlow Lite model", "convert it to ONNX"},
    {0, "GGUF"sv, "a GGUF file", "convert it to ONNX"},
    {0, "\x89HDF\r\n"sv, "an HDF5 file, as Keras writes its models", "convert it to ONNX"},
    {0, "\x93NUMPY"sv, "a NumPy array", "name the model's .onnx file"},
    {4, "ORTM"sv, "a model in ONNX Runtime's own format", "use the .onnx file that it was made from"},
    {0, "\x1f\x8b"sv, "a gzip archive", "unpack it first"},
    {0, "BZh"sv, "a bzip2 archive", "unpack it first"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "an xz archive", "unpack it first"},
    {0, "\x28\xb5\x2f\xfd"sv, "a zstd archive", "unpack it first"},
    {0, "Rar!\x1a\x07"sv, "a RAR archive", "unpack it first"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", "unpack it first"},
    {0, "\xff\xfe"sv, "a text file in UTF-16", "name an .onnx file"},
    {0, "\xfe\xff"sv, "a text file in UTF-16", "name an .onnx file"},
    {257, "ustar"sv, "a tar archive", "unpack it first"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program", "name the model's .onnx file"},
    {0, "\xff\xd8\xff"sv, "a JPEG picture", "the model comes first, then the pictures"},
    {0, "\x89PNG\r\n"sv, "a PNG picture", "the model comes first, then the pictures"},
    {8, "WEBP"sv, "a WebP picture", "the model comes first, then the pictures"},
    {0, "GIF8"sv, "a GIF picture", "the model comes first, then the pictures"},
    {0, "II*\0"sv, "a TIFF picture", "the model comes first, then the pictures"},
    {0, "MM\0*"sv, "a TIFF picture", "the model comes first, then the pictures"},
    {0, "%PDF"sv, "a PDF document", "name the model's .onnx file"},
};

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

// Eight bytes of header length, then a JSON object.
bool is_safetensors(std::string_view text) {
  std::uint64_t header_bytes = 0;
  if (text.size() < 10) return false;
  std::memcpy(&header_bytes, text.data(), sizeof header_bytes);
  return text[8] == '{' && header_bytes >= 2 && header_bytes <= text.size() - 8;
}

// A pickle of protocol 2 to 5, whose first opcodes build a dictionary, a tuple, a global, a frame or a number.
bool is_pickle(std::string_view text) {
  return text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5 &&
         std::string_view("}c(]\x95\x8a\x8cX").find(text[2]) != std::string_view::npos;
}

bool is_text(std::string_view text) {
  return std::ranges::all_of(text.substr(0, 512), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7F : byte == '\n' || byte == '\r' || byte == '\t';
  });
}

}  // namespace

std::optional<ForeignFile> describe_foreign(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 4096));
  if (text.empty()) return ForeignFile{"the file is empty (0 bytes)", "download or export it again"};
  for (const Signature& signature : kSignatures) {
    if (text.size() >= signature.offset && text.substr(signature.offset).starts_with(signature.bytes)) {
      return ForeignFile{std::string(signature.what), std::string(signature.remedy)};
    }
  }
  const std::string_view body = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (starts_with_ignoring_case(body, "<!doctype html") || starts_with_ignoring_case(body, "<html")) {
    return ForeignFile{"an HTML page, which a server sends instead of a missing file", "download the model itself"};
  }
  if (text.size() >= 10 && bytes.size() >= 10 &&
      is_safetensors({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
    return ForeignFile{"a safetensors file, which holds weights but no graph", std::string(kExport)};
  }
  if (is_pickle(text)) return ForeignFile{"a Python pickle, as older PyTorch checkpoints are", std::string(kExport)};
  if (std::ranges::all_of(text, [](char c) { return c == 0; })) {
    return ForeignFile{"it begins with nothing but zero bytes", "download or export it again"};
  }
  if (is_text(text) && body.starts_with("<?xml")) {
    return ForeignFile{"an XML file, as OpenVINO's models are", std::string(kExport)};
  }
  if (is_text(text) && body.starts_with('{')) return ForeignFile{"a JSON file", "name an .onnx file"};
  if (is_text(text)) return ForeignFile{"a text file", "name an .onnx file"};
  return std::nullopt;
}

}  // namespace kite::onnx
