// SPDX-License-Identifier: Apache-2.0
// Splits names into words and looks the words up.
#include "carriers/label_names.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/ascii.h"

namespace kite {
namespace {

// One of these must be among the words.
constexpr std::array<std::string_view, 18> kLabels{"label",      "labels",     "class",       "classes",    "classname",
                                                   "classnames", "classlabel", "classlabels", "classlist",  "labelmap",
                                                   "labelnames", "labellist",  "category",    "categories", "classmap",
                                                   "synset",     "synsets",    "classdict"};
// These say how they are written, or whose they are. Words of data sets' parts (train, val) are not among them: such a
// file holds the label of each picture.
constexpr std::array<std::string_view, 24> kAround{
    "id",  "ids",  "idx",  "index", "indices",  "to",     "map",   "mapping", "list",   "dict",  "name", "names",
    "cat", "file", "text", "words", "imagenet", "ilsvrc", "model", "output",  "simple", "human", "en",   "retrained"};
constexpr std::array<std::string_view, 8> kEndings{"txt", "csv", "tsv", "json", "yaml", "yml", "names", "labels"};

// As many as a file's name may have. The words of a key of metadata of 64 MB would need a gigabyte.
constexpr std::size_t kMostNameBytes = 255;

bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

// "ImageNetLabels-idx2name" is image, net, labels, idx, name; numbers are left out. Bytes beyond ASCII make words of
// their own, which are in no list.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  char before = ' ';
  for (const char c : name) {
    const bool is_letter = is_small(c) || is_capital(c) || static_cast<unsigned char>(c) >= 0x80;
    if (is_letter) {
      const bool goes_on = is_capital(before) || is_small(before) || static_cast<unsigned char>(before) >= 0x80;
      if (!goes_on || (is_capital(c) && is_small(before))) words.emplace_back();
      words.back() += is_capital(c) ? static_cast<char>(c | 0x20) : c;
    }
    before = c;
  }
  return words;
}

template <typename Words>
bool is_in(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

bool names_labels(std::string_view name, std::string_view stem) {
  if (name.size() > kMostNameBytes) return false;
  const std::vector<std::string> own = words_of(stem);
  bool found = false;
  for (const std::string& word : words_of(name)) {
    const bool says_it = is_in(kLabels, word);
    found = found || says_it;
    // "ImageNet" is written as one word and as two.
    if (!says_it && !is_in(kAround, word) && word != "image" && word != "net" && !is_in(own, word)) return false;
  }
  return found;
}

bool file_names_labels(std::string_view name, std::string_view stem) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string ending = lower_case(name.substr(dot + 1));
  if (!is_in(kEndings, ending)) return false;
  return names_labels(ending == "labels" ? name : name.substr(0, dot), stem);
}

}  // namespace kite
