// SPDX-License-Identifier: Apache-2.0
// The pictures of a page: rows as data for its script, and some of them as cards.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/image_list.h"
#include "cli/output/output.h"
#include "cli/report/report.h"
#include "cli/report/selection.h"
#include "paperkite/classifier.h"

namespace kite::cli {

class FolderRows {
 public:
  FolderRows(const std::vector<ImageItem>& items, std::vector<Chosen<PageRow>> rows,
             std::vector<Chosen<std::string>> thumbnails, ScoreKind kind, const Tally& tally);

  // The folder that all names begin with, with its "/"; it is shown once.
  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
  [[nodiscard]] std::size_t count() const noexcept { return rows_.size(); }
  [[nodiscard]] std::size_t thumbnails() const noexcept { return thumbnails_.size(); }

  // At most `most` list items, the least certain pictures first.
  [[nodiscard]] std::string cards(std::size_t most) const;
  // A card of a picture with a thumbnail, which the script fills.
  [[nodiscard]] static std::string empty_card();
  // Elements with JSON: the rows, and the thumbnails in blocks, so that the script parses only those that it shows.
  void write_data(Output& out) const;

 private:
  [[nodiscard]] std::string card_of(std::size_t row) const;
  [[nodiscard]] std::string name_of(std::size_t row) const;
  [[nodiscard]] const std::string* thumbnail_of(std::size_t row) const;

  const std::vector<ImageItem>& items_;
  std::string folder_;
  std::vector<Chosen<PageRow>> rows_;
  std::vector<Chosen<std::string>> thumbnails_;  // each of a picture that has a row
  ScoreKind kind_;
  const Tally& tally_;
};

}  // namespace kite::cli
