// SPDX-License-Identifier: Apache-2.0
// kite race: options -> job -> schedule -> report.
#include <fmt/format.h>

#include <filesystem>

#include "cli/output/output.h"
#include "paperkite/try.h"
#include "race/commands/commands.h"
#include "race/commands/profile.h"
#include "race/commands/terminal.h"
#include "race/job/command.h"
#include "race/job/job.h"
#include "race/journal/words.h"
#include "race/report/document/report.h"
#include "race/report/render/terminal.h"
#include "race/report/write.h"
#include "race/schedule/job_setup.h"
#include "race/schedule/process_runner.h"
#include "race/schedule/rounds.h"
#include "race/spawn/machine.h"

namespace kite::race {

namespace {

// A status line for each process on a terminal, a line for each round elsewhere.
class Announcer final : public ProgressSink {
 public:
  explicit Announcer(Terminal& terminal) : terminal_(terminal) {}

  void starts(const Progress& progress) override {
    what_ = progress.what;
    std::string text = what_;
    if (progress.total > 0) text = fmt::format("[{}/{}] {}", progress.done, progress.total, text);
    if (progress.seconds_left >= 0) text += fmt::format(", {} left", duration_text(progress.seconds_left));
    terminal_.status(text);
    const std::string stage = stage_of(progress);
    if (stage == stage_) return;
    stage_ = stage;
    const std::string left =
        progress.seconds_left >= 0 ? fmt::format(", {} left", duration_text(progress.seconds_left)) : "";
    if (!terminal_.interactive()) terminal_.note(stage + left);
  }
  void ended(const ProcessRecord& record) override {
    if (record.status == Outcome::kOk || terminal_.interactive()) return;
    terminal_.note(fmt::format("  {}: {}", what_, record.reason.empty() ? "a process failed" : record.reason));
  }
  void noted(const NoteRecord& note) override { terminal_.note(note_text(note)); }

 private:
  static std::string stage_of(const Progress& progress) {
    switch (progress.purpose) {
      case Purpose::kPass: return "parity: every contestant over all pictures";
      case Purpose::kPilot: return fmt::format("pilot round {}", progress.round);
      case Purpose::kRound:
        return progress.rounds > 0 ? fmt::format("round {} of {}", progress.round, progress.rounds)
                                   : fmt::format("round {}", progress.round);
      case Purpose::kHeat: return fmt::format("heat {} of {}, set {}", progress.heat, progress.heats, progress.round);
      case Purpose::kRerun: return "re-runs";
      case Purpose::kMemory: return "memory";
      case Purpose::kProfile: return "profiles";
      case Purpose::kInstructions: return "instructions, under valgrind";
    }
    return {};
  }

  Terminal& terminal_;
  std::string stage_, what_;
};

// With --resume and no further option, the options of the race that is resumed.
Result<Options> resumed(const Options& options) {
  if (!options.resume) return options;
  const std::string path = options.out + "/journal.jsonl";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error{ErrorCode::kUsage, "there is no race to continue", options.out,
                 "name its folder with --out, or remove --resume"};
  }
  if (!options.given.empty()) return options;
  const auto journal = read_journal(path);
  if (!journal.ok()) return options;
  const std::string& written = journal->plan.machine.arguments;
  if (written.empty()) return options;
  KITE_TRY_ASSIGN(std::vector<std::string> arguments, split_words(written));
  for (const char* word : {"--resume", "--out"}) arguments.emplace_back(word);
  arguments.push_back(options.out);
  KITE_TRY_ASSIGN(Options all, parse_options(arguments));
  all.keep = options.keep;
  return all;
}

// Prints where the results are; the path of the page goes to standard output, for programs.
int conclude(const Job& job, RaceEnd end, Terminal& terminal) {
  const auto journal = read_journal(job.folder + "/journal.jsonl");
  if (!journal.ok()) return print_error(journal.error());
  const kite::Status written = write_report(*journal, job.folder);
  if (!written.ok()) return print_error(written.error());
  terminal.clear();
  if (const auto analysis = analyse(*journal); analysis.ok()) {
    terminal.note('\n' + terminal_text(front_blocks(*analysis), terminal.columns()));
    for (const NotRanked& row : analysis->not_ranked) {
      terminal.note(
          fmt::format("not ranked: {}{}: {}", row.label, row.model.empty() ? "" : " on " + row.model, row.reason));
    }
  }
  if (end == RaceEnd::kInterrupted)
    terminal.note("interrupted; `kite race --resume --out " + job.folder + "` continues it");
  cli::standard_output().write(job.folder + "/report.html\n");
  return end == RaceEnd::kInterrupted ? kInterrupted : kOk;
}

Result<JournalWriter::Opened> open_journal(const Job& job, bool resume) {
  const std::string path = job.folder + "/journal.jsonl";
  if (resume) return JournalWriter::resume(path, job.plan);
  KITE_TRY_ASSIGN(JournalWriter writer, JournalWriter::create(path, job.plan));
  Journal past;
  past.plan = job.plan;
  return JournalWriter::Opened{std::move(writer), std::move(past)};
}

Result<RaceEnd> run(Job& job, const Options& options, const InstallPaths& paths, Terminal& terminal,
                    const JobWatch& watch) {
  KITE_TRY_ASSIGN(Spawner spawner, Spawner::start());
  job.plan.machine = machine_record(spawner.empty_run());
  job.plan.environment = environment_fingerprint(job.plan.machine);
  job.plan.machine.arguments = quoted(options.given);
  // The journal is opened before anything slow, so that a race that cannot be resumed says so at once.
  KITE_TRY_ASSIGN(JournalWriter::Opened opened, open_journal(job, options.resume));
  prepare(job, watch);
  RaceSetup setup = setup_of(job, options.reference.empty() ? paths.kite : std::string(), watch.stop);
  setup.timeout_s = options.timeout_s;
  ProcessRunnerOptions runner_options;
  runner_options.folder = job.folder;
  runner_options.interrupted = watch.stop;
  ProcessRunner runner(std::move(spawner), runner_options);
  Announcer announcer(terminal);
  KITE_TRY_ASSIGN(const RaceEnd end, run_race(setup, std::move(opened.past), opened.writer, runner, &announcer));
  if (!job.profile || end == RaceEnd::kInterrupted) return end;
  KITE_TRY(profile_contestants(job, opened.writer, options.timeout_s, terminal, *watch.stop));
  return watch.stop->load() ? RaceEnd::kInterrupted : end;
}

}  // namespace

int race(const Options& asked, const InstallPaths& paths) {
  const auto options = resumed(asked);
  if (!options.ok()) return print_error(options.error());
  Terminal terminal;
  const std::atomic<bool>& stop = catch_interrupts();
  JobWatch watch;
  watch.stop = &stop;
  watch.on_note = [&](std::string_view text) { terminal.note(text); };
  watch.on_progress = [&](std::string_view what, std::size_t done, std::size_t total) {
    terminal.progress(what, done, total);
  };
  auto job = make_job(*options, paths, watch);
  terminal.clear();
  if (!job.ok()) return stop.load() ? static_cast<int>(kInterrupted) : print_error(job.error());
  terminal.note(fmt::format("{} contestants, {} cells, {} pictures; all files are written to {}",
                            job->plan.contestants.size(), job->plan.cells.size(), job->plan.pictures, job->folder));
  const auto end = run(*job, *options, paths, terminal, watch);
  terminal.clear();
  if (!end.ok()) return print_error(end.error());
  const int exit_code = conclude(*job, *end, terminal);
  if (*end == RaceEnd::kFinished) remove_work(*job);
  return exit_code;
}

}  // namespace kite::race
