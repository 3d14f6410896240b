// SPDX-License-Identifier: Apache-2.0
// What a race writes into its journal: the plan once, then one record for each process, set of a heat, parity check,
// decision and note. A record is one line of JSON that begins with "kind". A reader ignores unknown keys, and members
// whose key is absent keep their default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kite::race {

enum class Mode : std::uint8_t { kOneshot, kNoPre, kIncPre };
enum class Track : std::uint8_t { kMatched, kDefault };
// How a process ended, or why a contestant has no result.
enum class Outcome : std::uint8_t { kOk, kMissing, kFailed, kTimeout, kUnequal };
// What a process was run for. Processes for which is_compared() is true are compared. kPass is the one long pass over
// the whole picture list, on which parity is judged. kMemory is traced until its exit and kInstructions runs under
// valgrind, so their times do not count. kRerun exists only in older journals: a round that was run once more.
enum class Purpose : std::uint8_t { kPass, kPilot, kRound, kRerun, kMemory, kProfile, kInstructions, kHeat };
[[nodiscard]] constexpr bool is_compared(Purpose purpose) noexcept {
  return purpose == Purpose::kRound || purpose == Purpose::kRerun || purpose == Purpose::kHeat;
}

struct ModelRecord {
  std::string id;  // file name without .onnx; unique in a race
  std::string path, sha256;
  std::uint64_t bytes = 0, macs = 0, parameters = 0;
  std::vector<std::int64_t> input_shape;
  std::int64_t classes = 0;
  std::string recipe;  // JSON
};

// A file that a contestant's command runs. Its hash distinguishes two builds of one program.
struct ProgramRecord {
  std::string path, xxh3;  // absolute; 64 bits of its contents, as hexadecimal digits
  std::uint64_t bytes = 0;
};

struct ContestantRecord {
  // "peer", "peer:variant", each with "@default" on the default track; "control" for the reference's second entry.
  std::string id;
  std::string peer, variant, title, runtime, language, settings;
  Track track = Track::kMatched;
  bool control = false;
  bool prepared = false;  // something was made for it before the race and not timed: a saved model, a plan
  bool ready = true;
  std::string reason;  // why it is not ready, and the command that makes it ready
  std::map<std::string, std::string> versions;
  std::uint64_t installed_bytes = 0;    // what a deployment copies; 0: not known
  std::vector<ProgramRecord> programs;  // the command, then the file that an interpreter runs; older journals have none
};

struct CellRecord {
  std::int32_t id = 0;  // its index in PlanRecord::cells
  std::string contestant, model;
  Mode mode = Mode::kOneshot;
  std::int32_t threads = 1;
  std::string command;  // as a person would type it, for the picture or list of the race
};

// The machine that a race ran on, as text. An empty member: the journal does not say. The names of these facts, and
// what each of them decides, are in race/journal/machine_facts.h.
struct MachineRecord {
  std::string processor, processors, memory, caches, kernel, distribution, virtualisation;
  std::string governor, turbo, huge_pages, address_randomisation;
  std::string perf_event_paranoid, counters;
  std::string smallest_peak_memory;  // of an empty program
  std::string arguments;             // of `kite race`, so that --resume needs no other option than --out
};

struct PlanRecord {
  std::int32_t format = 1;
  std::string created;       // UTC, ISO 8601
  std::string preset, hash;  // hash of everything that decides what is run: a resumed race must have the same
  std::string environment;   // fingerprint of what decides the times (processor, kernel, versions): the same must hold
  std::uint64_t seed = 0;
  double budget_minutes = 0;
  std::int32_t rounds = 0;  // asked for; 0: the pilot decides (DecisionRecord)
  double margin = 0.02;
  std::string reference;                 // contestant id
  std::string pictures_folder, picture;  // the list, and the one picture of oneshot
  std::int64_t pictures = 0;
  MachineRecord machine;
  std::vector<ModelRecord> models;
  std::vector<ContestantRecord> contestants;  // also those that are not ready
  std::vector<CellRecord> cells;
};

struct PhaseRecord {
  std::string name;
  std::int64_t t_ns = 0;  // since exec
};

struct MarkRecord {
  std::string name;  // "loaded", "end", "exit"
  std::uint64_t rss_anon_bytes = 0, rss_file_bytes = 0, pss_bytes = 0, vm_hwm_bytes = 0;
};

struct CounterRecord {
  std::string name;             // perf's own: "task-clock", "instructions", ...
  std::optional<double> value;  // absent: see reason
  std::string reason;           // also set if a value was not counted plainly ("scaled, counted 62 % of the time")
};

struct Sample {
  std::int32_t input = 0;
  double ms = 0;
  std::int32_t index = -1;
  double score = 0;
};

// What shows the noise of the machine around one process.
struct NoiseRecord {
  double probe_before_ms = 0, probe_after_ms = 0;  // a fixed piece of work
  double steal_ms = 0;                             // of all processors, during the process
  double psi_cpu_some_ms = 0;
  double load = 0;
};

struct ProcessRecord {
  std::int32_t cell = 0, round = 0, position = 0;
  std::int32_t heat = 0;  // for kHeat: HeatRecord::id; `round` is then the number of the set
  Purpose purpose = Purpose::kRound;
  Outcome status = Outcome::kOk;
  std::string reason;  // of any status but ok
  std::int32_t exit_code = 0, signal = 0;
  std::vector<std::string> argv;
  std::int32_t environment_padding = 0;
  std::int64_t begin_ns = 0;  // CLOCK_MONOTONIC at exec
  std::int64_t wall_ns = 0;   // exec to exit
  std::int64_t label_ns = 0;  // exec to the first byte on standard output
  std::int64_t user_ns = 0, system_ns = 0;
  std::uint64_t peak_rss_bytes = 0, peak_rss_floor_bytes = 0;  // from wait4; the floor is the peak of an empty program
  std::int64_t minor_faults = 0, major_faults = 0, voluntary_switches = 0, involuntary_switches = 0;
  std::vector<CounterRecord> counters;
  std::vector<PhaseRecord> phases;
  std::vector<MarkRecord> marks;
  std::vector<Sample> samples;     // empty for oneshot; for kHeat the first inference, then those of its blocks
  std::int32_t answer_index = -1;  // of oneshot; below 0: not known, and info[kNoAnswer] says why
  std::string answer_label;
  double answer_score = 0;
  std::map<std::string, std::string> info;  // what the contestant reported about itself
  NoiseRecord noise;
  std::vector<std::string> flags;  // "steal", "frequency", "busy machine", "more processors than asked", ...
  std::string log;                 // file of its standard error, relative to the race's folder; empty: it printed none
};

// One contestant against the judge on one model and mode (no_pre or inc_pre), over the whole picture list.
struct ParityRecord {
  std::string contestant, model, judge;
  Mode mode = Mode::kNoPre;
  std::int64_t pictures = 0;
  double max_logit_difference = 0, largest_logit = 0;  // over all pictures
  double top1_agreement = 1;  // share of pictures; in no_pre near ties of the judge count as equal
  double max_tensor_difference = 0, differing_tensor_share = 0;  // inc_pre: its input compared with the recipe's
  bool equal = true;
  std::string reason;
  std::vector<float> differences;  // for the plot: per picture, largest logit difference / largest |logit|
};

// One turn of a contestant in a heat (peers/README.md, Blocks).
struct BlockRecord {
  std::int32_t cell = 0;
  std::int32_t cycle = 0;                // each process has one turn in a cycle; cycle 0 warms up and is not compared
  std::int64_t begin_ns = 0;             // CLOCK_MONOTONIC, when it got the turn
  std::int64_t wall_ns = 0, cpu_ns = 0;  // until its answer; processor time of it and its children
  std::int32_t samples = 0;              // the next ones of its process
  bool stopped = false;                  // it went on working after its answer, so it was stopped until its next turn
};

// The fresh processes that were alive at once in a heat, and their turns: one replicate. It is one line of the journal,
// so the journal never holds an incomplete set.
struct SetRecord {
  std::int32_t heat = 0, set = 0;        // HeatRecord::id; from 1
  double steal_ms = 0;                   // of all processors, while it ran
  std::vector<BlockRecord> blocks;       // in the order in which they were run
  std::vector<ProcessRecord> processes;  // empty after reading: Journal::processes has them
};

// Contestants that are alive at once: the reference, its control and up to four others on one model, in one mode, at
// one number of threads.
struct HeatRecord {
  std::int32_t id = 0;              // from 1
  std::vector<std::int32_t> cells;  // the reference first; then the control, where there is one
  std::int32_t cycles = 0;          // turns of each process in a set, without the warm-up turn
  std::int32_t sets = 0;            // at most
  double seconds = 0;               // after this time no set beyond the fewest begins; 0: no limit
  std::int32_t fewest = 6;          // sets: with fewer no bounded interval holds for all contestants at once
};

// What the pilot decided.
struct DecisionRecord {
  std::int32_t rounds = 0;
  std::map<std::int32_t, std::int32_t> counts;  // cell id -> samples a process of a round takes
  std::vector<std::string> cut;                 // what was left out because of the budget, as text
  std::string why;
  std::vector<HeatRecord> heats;
};

// Key of ProcessRecord::info of a whole program that is not a peer: why its output holds no answer.
inline constexpr std::string_view kNoAnswer = "no answer";

enum class NoteKind : std::uint8_t {
  kUntyped,  // written before notes had kinds; reading a journal gives it a kind (older_notes.h)
  kWarning,  // what a reader of the report has to know, with the remedy
  kInterrupted,
  kResumed,
  kJudge,    // which judge the outputs on `model` are compared with
  kUnranked  // why no contestant is ranked on `model`; if that is empty, on any model
};

struct NoteRecord {
  NoteKind kind = NoteKind::kUntyped;
  std::string model;  // id; empty where the note is about the whole race
  std::string text;
};

using Record = std::variant<PlanRecord, ProcessRecord, ParityRecord, DecisionRecord, NoteRecord, SetRecord>;

}  // namespace kite::race
