// SPDX-License-Identifier: Apache-2.0
// The page for many pictures.
#pragma once

#include "cli/output/output.h"
#include "cli/report/page_facts.h"
#include "cli/report/report.h"

namespace kite::cli {

// Writes the page piece by piece. Names and scores are JSON that the page's script shows a few rows of at a time; the
// first rows are also HTML, for browsers without a script.
void write_folder_page(const PageFacts& facts, ManyPictures&& pictures, Output& out);

}  // namespace kite::cli
