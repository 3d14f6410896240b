// SPDX-License-Identifier: Apache-2.0
// For tests in other languages: writes a planted journal and its report into a folder.
//   kite_race_planted FOLDER [ROUNDS [SEED [NOISE]]]
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "race/report/analysis/planted_journal.h"
#include "race/report/write.h"

namespace {

using namespace kite;
using namespace kite::race;

kite::Status write_journal(const Journal& journal, const std::string& path) {
  auto writer = JournalWriter::create(path, journal.plan);
  if (!writer.ok()) return writer.error();
  const auto append = [&](const Record& record) { return writer->append(record); };
  for (const auto& record : journal.parity) {
    if (auto status = append(record); !status.ok()) return status;
  }
  if (journal.decision) {
    if (auto status = append(*journal.decision); !status.ok()) return status;
  }
  for (const auto& record : journal.processes) {
    if (auto status = append(record); !status.ok()) return status;
  }
  for (const auto& record : journal.notes) {
    if (auto status = append(record); !status.ok()) return status;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: kite_race_planted FOLDER [ROUNDS [SEED [NOISE]]]\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  PlantedOptions options;
  if (argc > 2) options.rounds = options.planned_rounds = std::atoi(argv[2]);
  if (argc > 3) options.seed = std::strtoull(argv[3], nullptr, 10);
  if (argc > 4) options.process_noise = std::strtod(argv[4], nullptr);
  std::filesystem::create_directories(folder);
  // The report is made from the file on the disk, so that reading a journal is tested as well.
  auto status = write_journal(planted_journal(options), folder + "/journal.jsonl");
  if (status.ok()) {
    const auto journal = read_journal(folder + "/journal.jsonl");
    status = journal.ok() ? write_report(*journal, folder) : kite::Status(journal.error());
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "kite_race_planted: %s\n", status.error().message().c_str());
  return 1;
}
