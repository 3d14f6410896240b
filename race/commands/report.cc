// SPDX-License-Identifier: Apache-2.0
// kite race report DIR: writes all files of a race again from its journal.
#include "cli/output/output.h"
#include "race/commands/commands.h"
#include "race/report/write.h"

namespace kite::race {

int remake_report(const Options& options) {
  const std::string& folder = options.folders.front();
  const auto journal = read_journal(folder + "/journal.jsonl");
  if (!journal.ok()) {
    Error error = journal.error();
    if (error.code == ErrorCode::kIo && error.remedy.empty())
      error.remedy = "name the folder that `kite race --out` wrote";
    return print_error(error);
  }
  const kite::Status written = write_report(*journal, folder);
  if (!written.ok()) return print_error(written.error());
  if (journal->torn) cli::warn("the journal's last line is cut off and was left out");
  cli::standard_output().write(folder + "/report.html\n");
  return kOk;
}

}  // namespace kite::race
