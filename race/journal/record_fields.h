// SPDX-License-Identifier: Apache-2.0
// The members of each record with their names in JSON. Writing and reading use the same lists.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "race/journal/machine_facts.h"
#include "race/journal/record.h"

namespace kite::race {

// `Self` is the record, const when it is written.
template <typename Self, typename T>
concept As = std::is_same_v<std::remove_const_t<Self>, T>;

template <As<ModelRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("id", r.id);
  visit("path", r.path);
  visit("sha256", r.sha256);
  visit("bytes", r.bytes);
  visit("macs", r.macs);
  visit("parameters", r.parameters);
  visit("input_shape", r.input_shape);
  visit("classes", r.classes);
  visit("recipe", r.recipe);
}

template <As<ProgramRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("path", r.path);
  visit("xxh3", r.xxh3);
  visit("bytes", r.bytes);
}

template <As<ContestantRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("id", r.id);
  visit("peer", r.peer);
  visit("variant", r.variant);
  visit("title", r.title);
  visit("runtime", r.runtime);
  visit("language", r.language);
  visit("settings", r.settings);
  visit("track", r.track);
  visit("control", r.control);
  visit("prepared", r.prepared);
  visit("ready", r.ready);
  visit("reason", r.reason);
  visit("versions", r.versions);
  visit("installed_bytes", r.installed_bytes);
  visit("programs", r.programs);
}

template <As<CellRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("id", r.id);
  visit("contestant", r.contestant);
  visit("model", r.model);
  visit("mode", r.mode);
  visit("threads", r.threads);
  visit("command", r.command);
}

template <As<MachineRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  for (const MachineFact& fact : kMachineFacts) visit(fact.name, r.*fact.value);
}

template <As<PlanRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("format", r.format);
  visit("created", r.created);
  visit("preset", r.preset);
  visit("hash", r.hash);
  visit("environment", r.environment);
  visit("seed", r.seed);
  visit("budget_minutes", r.budget_minutes);
  visit("rounds", r.rounds);
  visit("margin", r.margin);
  visit("reference", r.reference);
  visit("pictures_folder", r.pictures_folder);
  visit("picture", r.picture);
  visit("pictures", r.pictures);
  visit("machine", r.machine);
  visit("models", r.models);
  visit("contestants", r.contestants);
  visit("cells", r.cells);
}

template <As<PhaseRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("name", r.name);
  visit("t_ns", r.t_ns);
}

template <As<MarkRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("name", r.name);
  visit("rss_anon_bytes", r.rss_anon_bytes);
  visit("rss_file_bytes", r.rss_file_bytes);
  visit("pss_bytes", r.pss_bytes);
  visit("vm_hwm_bytes", r.vm_hwm_bytes);
}

template <As<CounterRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("name", r.name);
  visit("value", r.value);
  visit("reason", r.reason);
}

template <As<NoiseRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("probe_before_ms", r.probe_before_ms);
  visit("probe_after_ms", r.probe_after_ms);
  visit("steal_ms", r.steal_ms);
  visit("psi_cpu_some_ms", r.psi_cpu_some_ms);
  visit("load", r.load);
}

// The samples of a process are one array for each field: that takes a few bytes for each number, instead of five names
// for each sample.
struct SampleColumns {
  std::vector<std::int32_t> input, index;
  std::vector<double> ms, score;
};

template <As<SampleColumns> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("input", r.input);
  visit("ms", r.ms);
  visit("index", r.index);
  visit("score", r.score);
}

template <As<ProcessRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("cell", r.cell);
  visit("round", r.round);
  visit("position", r.position);
  visit("heat", r.heat);
  visit("purpose", r.purpose);
  visit("status", r.status);
  visit("reason", r.reason);
  visit("exit_code", r.exit_code);
  visit("signal", r.signal);
  visit("argv", r.argv);
  visit("environment_padding", r.environment_padding);
  visit("begin_ns", r.begin_ns);
  visit("wall_ns", r.wall_ns);
  visit("label_ns", r.label_ns);
  visit("user_ns", r.user_ns);
  visit("system_ns", r.system_ns);
  visit("peak_rss_bytes", r.peak_rss_bytes);
  visit("peak_rss_floor_bytes", r.peak_rss_floor_bytes);
  visit("minor_faults", r.minor_faults);
  visit("major_faults", r.major_faults);
  visit("voluntary_switches", r.voluntary_switches);
  visit("involuntary_switches", r.involuntary_switches);
  visit("counters", r.counters);
  visit("phases", r.phases);
  visit("marks", r.marks);
  visit("samples", r.samples);
  visit("answer_index", r.answer_index);
  visit("answer_label", r.answer_label);
  visit("answer_score", r.answer_score);
  visit("info", r.info);
  visit("noise", r.noise);
  visit("flags", r.flags);
  visit("log", r.log);
}

template <As<ParityRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("contestant", r.contestant);
  visit("model", r.model);
  visit("judge", r.judge);
  visit("mode", r.mode);
  visit("pictures", r.pictures);
  visit("max_logit_difference", r.max_logit_difference);
  visit("largest_logit", r.largest_logit);
  visit("top1_agreement", r.top1_agreement);
  visit("max_tensor_difference", r.max_tensor_difference);
  visit("differing_tensor_share", r.differing_tensor_share);
  visit("equal", r.equal);
  visit("reason", r.reason);
  visit("differences", r.differences);
}

template <As<BlockRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("cell", r.cell);
  visit("cycle", r.cycle);
  visit("begin_ns", r.begin_ns);
  visit("wall_ns", r.wall_ns);
  visit("cpu_ns", r.cpu_ns);
  visit("samples", r.samples);
  visit("stopped", r.stopped);
}

template <As<SetRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("heat", r.heat);
  visit("set", r.set);
  visit("steal_ms", r.steal_ms);
  visit("blocks", r.blocks);
  visit("processes", r.processes);
}

template <As<HeatRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("id", r.id);
  visit("cells", r.cells);
  visit("cycles", r.cycles);
  visit("sets", r.sets);
  visit("seconds", r.seconds);
  visit("fewest", r.fewest);
}

template <As<DecisionRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("rounds", r.rounds);
  visit("counts", r.counts);
  visit("cut", r.cut);
  visit("why", r.why);
  visit("heats", r.heats);
}

template <As<NoteRecord> Self, typename Visit>
void each_field(Self& r, Visit&& visit) {
  visit("about", r.kind);  // "kind" says that the line is a note
  visit("model", r.model);
  visit("text", r.text);
}

}  // namespace kite::race
