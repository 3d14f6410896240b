// SPDX-License-Identifier: Apache-2.0
// toml++ parses; this file defines which keys and values a peer.toml may have.
#include "race/job/peer.h"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>

#include "base/folder_reader.h"
#include "base/regular_file.h"
#include "paperkite/try.h"
#include "race/job/command.h"

namespace kite::race {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 15> kPeerKeys = {"title",   "runtime", "language", "model",    "settings",
                                                        "tracks",  "setup",   "check",    "prepare",  "setup_note",
                                                        "oneshot", "no_pre",  "inc_pre",  "variants", "files"};
constexpr std::array<std::string_view, 10> kVariantKeys = {"title",   "settings", "model",   "tracks",    "prepare",
                                                           "oneshot", "no_pre",   "inc_pre", "arguments", "presets"};
constexpr std::array<std::string_view, 3> kPresetNames = {"quick", "study", "full"};
constexpr std::size_t kLargestFile = 1 << 20;  // bytes; a peer.toml has a few thousand

// Reads one table and remembers the first error in it.
class Reader {
 public:
  Reader(const toml::table& table, std::string file, std::string section)
      : table_(table), file_(std::move(file)), section_(std::move(section)) {}

  void allow(std::span<const std::string_view> known) {
    for (const auto& [key, node] : table_) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      fail(node, fmt::format("unknown key '{}'", key.str()),
           fmt::format("the keys here are {}", fmt::join(known, ", ")));
    }
  }

  void text(std::string_view key, std::string& value, bool required = false) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
      if (required) fail(table_, fmt::format("the key '{}' is missing", key), fmt::format("add {} = \"...\"", key));
      return;
    }
    const auto read = node->value_exact<std::string>();
    if (!read) return fail(*node, fmt::format("'{}' is not a text", key), fmt::format("write {} = \"...\"", key));
    if (read->empty() && required)
      return fail(*node, fmt::format("'{}' is empty", key), "write a text for the reader of a report");
    value = *read;
  }

  void words(std::string_view key, std::vector<std::string>& value) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return not_texts(*node, key);
    value.clear();
    for (const toml::node& item : *array) {
      const auto read = item.value_exact<std::string>();
      if (!read) return not_texts(item, key);
      if (read->find('\0') != std::string::npos)
        return fail(item, fmt::format("'{}' has a zero byte", key), "remove it");
      value.push_back(*read);
    }
  }

  void command(std::string_view key, CommandTemplate& value, std::span<const std::string_view> known) {
    words(key, value);
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    if (!value.empty() && value[0].empty()) fail(*node, fmt::format("'{}' names no program", key), "name one");
    for (const std::string& word : value) {
      for (const std::string& name : placeholders_of(word)) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        fail(*node, fmt::format("'{}' uses the placeholder {{{}}}, which does not exist there", key, name),
             fmt::format("there are {{{}}}", fmt::join(known, "} {")));
      }
    }
  }

  void one_of(std::string_view key, const std::vector<std::string>& values, std::span<const std::string_view> known) {
    for (const std::string& value : values) {
      if (std::find(known.begin(), known.end(), value) != known.end()) continue;
      fail(*table_.get(key), fmt::format("'{}' cannot be \"{}\"", key, value),
           fmt::format("there are {}", fmt::join(known, ", ")));
    }
  }

  void fail(const toml::node& node, std::string what, std::string remedy) {
    if (error_) return;
    const auto line = node.source().begin.line;
    error_ = Error{ErrorCode::kUsage, section_.empty() ? std::move(what) : fmt::format("{}: {}", section_, what),
                   line == 0 ? file_ : fmt::format("{}:{}", file_, line), std::move(remedy)};
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void not_texts(const toml::node& node, std::string_view key) {
    fail(node, fmt::format("'{}' is not a list of texts", key), fmt::format("write {} = [\"...\", \"...\"]", key));
  }

  const toml::table& table_;
  std::string file_, section_;
  std::optional<Error> error_;
};

// Reads the keys that every variant may have, the plain one included. If a key is absent, its value does not change.
void read_variant_keys(Reader& reader, Variant& variant) {
  reader.text("title", variant.title);
  reader.text("settings", variant.settings);
  reader.text("model", variant.model);
  constexpr std::array<std::string_view, 2> kModels = {"onnx", "state_dict"};
  reader.one_of("model", {variant.model}, kModels);
  std::vector<std::string> tracks;
  reader.words("tracks", tracks);
  constexpr std::array<std::string_view, 2> kTracks = {"matched", "default"};
  reader.one_of("tracks", tracks, kTracks);
  if (!tracks.empty()) variant.tracks.clear();
  for (const std::string& track : tracks)
    variant.tracks.push_back(track == "default" ? Track::kDefault : Track::kMatched);
  reader.command("prepare", variant.prepare, kPlaceholders);
  reader.command("oneshot", variant.oneshot, kPlaceholders);
  reader.command("no_pre", variant.no_pre, kPlaceholders);
  reader.command("inc_pre", variant.inc_pre, kPlaceholders);
}

Result<Variant> read_variant(const toml::table& table, const Variant& plain, const std::string& name,
                             const std::string& file) {
  Reader reader(table, file, fmt::format("[variants.{}]", name));
  if (!is_peer_name(name)) reader.fail(table, "the name is not made of a-z 0-9 . _ -", "rename the variant");
  Variant variant = plain;
  variant.name = name;
  variant.title = name;
  reader.allow(kVariantKeys);
  read_variant_keys(reader, variant);
  CommandTemplate arguments;
  reader.command("arguments", arguments, kPlaceholders);
  reader.words("presets", variant.presets);
  reader.one_of("presets", variant.presets, kPresetNames);
  if (reader.error()) return *reader.error();
  if (variant.presets.empty()) variant.presets = {"full"};
  for (CommandTemplate* command : {&variant.oneshot, &variant.no_pre, &variant.inc_pre}) {
    if (!command->empty()) command->insert(command->end(), arguments.begin(), arguments.end());
  }
  return variant;
}

}  // namespace

const CommandTemplate& Variant::command(Mode mode) const {
  return mode == Mode::kOneshot ? oneshot : mode == Mode::kNoPre ? no_pre : inc_pre;
}

bool is_peer_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name[0] != '-' && name != "." && name != ".." &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == std::string_view::npos;
}

Result<Peer> parse_peer(std::string_view toml, const std::string& name, const std::string& folder) {
  const std::string file = folder + "/peer.toml";
  if (!is_peer_name(name) || name == "control") {
    return Error{ErrorCode::kUsage, fmt::format("\"{}\" cannot be a contestant's name", name), folder,
                 "rename the folder: a-z 0-9 . _ -, and not \"control\""};
  }
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed) {
    return Error{ErrorCode::kUsage, std::string(parsed.error().description()),
                 fmt::format("{}:{}", file, parsed.error().source().begin.line), "correct the TOML"};
  }
  const toml::table& table = parsed.table();
  Peer peer;
  peer.name = name;
  peer.folder = folder;
  Variant plain;
  plain.tracks = {Track::kMatched};
  Reader reader(table, file, "");
  reader.allow(kPeerKeys);
  reader.text("title", peer.title, true);
  reader.text("runtime", peer.runtime, true);
  reader.text("language", peer.language, true);
  reader.text("setup_note", peer.setup_note);
  reader.command("setup", peer.setup, kSetupPlaceholders);
  reader.command("check", peer.check, kSetupPlaceholders);
  reader.command("files", peer.files, kSetupPlaceholders);
  read_variant_keys(reader, plain);
  if (plain.oneshot.empty() && plain.no_pre.empty() && plain.inc_pre.empty()) {
    reader.fail(table, "there is no command to run", "give at least one of oneshot, no_pre, inc_pre");
  }
  const toml::node* variants = table.get("variants");
  if (variants != nullptr && !variants->is_table())
    reader.fail(*variants, "'variants' is not a table", "write [variants.NAME]");
  if (reader.error()) return *reader.error();
  peer.variants.push_back(plain);
  if (variants == nullptr) return peer;
  for (const auto& [key, node] : *variants->as_table()) {
    const std::string variant_name(key.str());
    if (!node.is_table()) {
      return Error{ErrorCode::kUsage, fmt::format("'{}' is not a table", variant_name),
                   fmt::format("{}:{}", file, node.source().begin.line),
                   fmt::format("write [variants.{}]", variant_name)};
    }
    KITE_TRY_ASSIGN(Variant variant, read_variant(*node.as_table(), plain, variant_name, file));
    peer.variants.push_back(std::move(variant));
  }
  return peer;
}

Result<Peer> read_peer(const std::string& folder) {
  const std::string file = folder + "/peer.toml";
  // No stream reads it: where memory is refused, a stream behaves as at the end of the file.
  KITE_TRY_ASSIGN(const RegularFile opened, RegularFile::open(file));
  if (opened.state().size_bytes > kLargestFile) {
    return Error{ErrorCode::kLimit, fmt::format("{} bytes are too many for a peer.toml", opened.state().size_bytes),
                 file, "it may have at most 1 MB"};
  }
  KITE_TRY_ASSIGN(const FileBytes read, opened.read(kLargestFile));
  const std::span<const std::byte> bytes = read.bytes();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return parse_peer(text, fs::path(folder).filename().string(), folder);
}

Result<std::vector<FoundPeer>> find_peers(const std::string& peers_dir) {
  FolderReader reader(peers_dir);
  std::vector<std::string> folders;
  while (reader.next()) {
    std::error_code failed, ignored;
    const fs::path folder = reader.path();
    // One that cannot be looked at is a contestant, too, and read_peer() says why it cannot run.
    if (fs::exists(folder / "peer.toml", failed) || failed) {
      folders.push_back(fs::absolute(folder, ignored).lexically_normal());
    }
  }
  if (reader.failure() != 0) {
    return reader.error("the contestants' folder cannot be read: ", peers_dir,
                        "name it with --peers-dir or KITE_PEERS_DIR");
  }
  std::sort(folders.begin(), folders.end());
  std::vector<FoundPeer> found;
  for (const std::string& folder : folders) {
    FoundPeer entry;
    entry.name = fs::path(folder).filename().string();
    auto peer = read_peer(folder);
    if (peer.ok()) {
      entry.peer = std::move(peer).value();
    } else {
      entry.reason = peer.error().message();
    }
    found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace kite::race
