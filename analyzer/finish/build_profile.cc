// See build_profile.h.
#include "analyzer/finish/build_profile.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analyzer/finish/frame_names.h"
#include "analyzer/finish/live_over_time.h"

namespace memshim::analyzer::finish {
namespace {

namespace format = ledger::format;

// What follows the count of each format::Loss.
constexpr const char* kLossTexts[] = {
    "events of signal handlers that interrupted memshim",
    "frees or resizes of blocks whose allocation was not seen",
    "frees or resizes of blocks inherited from the parent process",
    "blocks freed unseen (their addresses were handed out again)",
    "allocations whose stack could not be taken up to its end (often the caller alone is shown)",
    "allocations whose stack was deeper than 512 frames (the middle is left out)",
    "allocations counted under [out of ledger space]",
    "events that could not be followed for lack of memory (their blocks may be shown as live)",
    "events given up because a lock stayed held",
    "sandbox that allows no system call (PR_SET_SECCOMP, strict): nothing after it was recorded",
    "sizes, lifetimes or moments that passed for others, failed requests (no room in the ledger)",
};
static_assert(sizeof(kLossTexts) / sizeof(char*) == format::kLosses);

uint64_t ToMicroseconds(const ledger::Contents& contents, uint64_t ticks) {
  // 2^53: the largest number that every JSON reader takes as it is; a damaged rate could pass it.
  constexpr double kLargest = 9007199254740992.0;
  const double time = static_cast<double>(ticks) * contents.microseconds_per_tick + 0.5;
  return static_cast<uint64_t>(std::min(time, kLargest));
}

void FillEnding(const ledger::Contents& contents, ProcessState state, model::Profile* profile) {
  if (contents.phase == format::Phase::kEnded && contents.end == format::End::kStopped) {
    profile->ending = model::Ending::kRunning;
  } else if (contents.phase == format::Phase::kEnded) {
    profile->ending = contents.end == format::End::kExit       ? model::Ending::kExit
                      : contents.end == format::End::kFastExit ? model::Ending::kFastExit
                                                               : model::Ending::kUnknown;
    profile->exit_status = contents.exit_status;
  } else if (contents.phase == format::Phase::kReplaced || state == ProcessState::kReplaced) {
    profile->ending = model::Ending::kExec;
  } else {
    const bool is_running = state == ProcessState::kRunning || state == ProcessState::kStopped;
    profile->ending = is_running ? model::Ending::kRunning : model::Ending::kKilled;
  }
}

void FillHead(const ledger::Contents& contents, model::Profile* profile) {
  profile->mode = "heap";
  profile->is_ours = true;
  profile->memshim_version = MEMSHIM_VERSION;
  profile->command = absl::StrJoin(contents.command, " ");
  profile->pid = static_cast<uint64_t>(contents.pid);
  profile->t_end = std::max<uint64_t>(1, ToMicroseconds(contents, contents.end_ticks));
  profile->t_gmax = std::min(profile->t_end, ToMicroseconds(contents, contents.peak_ticks));
  profile->thread_count = contents.threads;
  profile->start_unix_ms = contents.start_realtime_ns / 1000000;
  for (const ledger::LoadedModule& module : contents.modules) {
    profile->modules.push_back({module.path, module.build_id});
  }
  for (const format::TimelineSample& sample : LiveOverTime(contents)) {
    profile->timeline.push_back(
        {ToMicroseconds(contents, sample.ticks), sample.live_bytes, sample.live_blocks});
  }
  for (const format::ResidentSample& sample : contents.resident) {
    if (sample.monotonic_ns < contents.start_monotonic_ns) continue;
    const uint64_t time = (sample.monotonic_ns - contents.start_monotonic_ns) / 1000;
    if (time <= profile->t_end) profile->resident.push_back({time, sample.bytes});
  }
  for (const uint64_t ticks : contents.moments) {
    profile->moments.push_back(ToMicroseconds(contents, ticks));
  }
  profile->has_details = true;
  profile->t_late = ToMicroseconds(contents, contents.late_ticks);
  // A rate from two samples of a stalled machine may be anything; a tick is below a millisecond.
  profile->lifetime_tick_us = std::min(contents.microseconds_per_tick, 1000.0);
  for (uint32_t i = 0; i < format::kLosses; ++i) {
    if (contents.losses[i] != 0) profile->losses.push_back({kLossTexts[i], contents.losses[i]});
  }
}

void FillVerification(const ledger::Contents& contents, model::Profile* profile) {
  const auto count = [&](format::Verdict verdict) {
    return contents.verdicts[static_cast<uint32_t>(verdict)];
  };
  const model::Verification found = {
      count(format::Verdict::kEqual), count(format::Verdict::kEqualWhereDescribed),
      count(format::Verdict::kDifferent), count(format::Verdict::kNotCompared)};
  if (found.equal + found.equal_where_described + found.different + found.not_compared == 0) return;
  profile->verification = found;
}

// How what `bypass` names is seen all the same; "" for not at all.
std::string AdviceFor(absl::string_view bypass) {
  const bool is_jemallocs = absl::StrContains(bypass.substr(0, bypass.find(' ')), "allocx");
  if (!is_jemallocs && !absl::StartsWith(bypass, "operator new ")) return "";
  return absl::StrCat("memshim run sees these allocations; without it preload libmemshim_",
                      is_jemallocs ? "jemalloc" : "cxx", ".so behind libmemshim.so.");
}

// Why there is nothing in the profile, or less than the program allocated.
void AddNotes(const ledger::Contents& contents, model::Profile* profile) {
  const bool is_empty =
      std::all_of(contents.sums.begin(), contents.sums.end(),
                  [](const ledger::PointSums& sums) { return sums.total_blocks == 0; });
  if (!contents.bypass.empty()) {
    profile->notes.push_back(
        absl::StrCat("The program uses the ", contents.bypass,
                     ", which goes past memshim: its allocations are not recorded."));
    std::string advice = AdviceFor(contents.bypass);
    if (!advice.empty()) profile->notes.push_back(std::move(advice));
  } else if (is_empty) {
    profile->notes.push_back(
        "No allocation was recorded: the program made none, or its allocator is built into it.");
  }
}

// Frames of a stack, innermost first; the ids are of ledger frames.
std::vector<uint32_t> FramesOf(const ledger::Contents& contents, uint32_t stack) {
  std::vector<uint32_t> frames;
  for (uint32_t node = stack; node != 0; node = contents.nodes[node].parent) {
    frames.push_back(contents.nodes[node].frame);
  }
  return frames;
}

bool IsStartUp(const model::Frame& frame) {
  return frame.function == "_start" || absl::StartsWith(frame.function, "__libc_start_");
}

// Nothing below main, as in valgrind: the C library's start-up frames say nothing.
void CutBelowMain(const model::Profile& profile, std::vector<uint32_t>* stack) {
  size_t end = stack->size();
  // A stripped program's _start has no name either.
  const bool is_stripped = end > 2 && profile.frames[(*stack)[end - 1]].function.empty() &&
                           IsStartUp(profile.frames[(*stack)[end - 2]]);
  if (is_stripped) --end;
  while (end > 1 && IsStartUp(profile.frames[(*stack)[end - 1]])) --end;
  if (end == stack->size()) return;
  // Without debug symbols the innermost start-up function of the C library has no name.
  const model::Frame& start = profile.frames[(*stack)[end]];
  const model::Frame& last = profile.frames[(*stack)[end - 1]];
  if (last.function.empty() && last.module == start.module && end > 1 &&
      absl::StartsWith(start.function, "__libc_start_main")) {
    --end;
  }
  stack->resize(end);
}

model::Counters ConvertSums(const ledger::Contents& contents, const ledger::PointSums& sums) {
  model::Counters counters;
  counters.total_bytes = sums.total_bytes;
  counters.total_blocks = sums.total_blocks;
  counters.lifetime = ToMicroseconds(contents, sums.lifetime_ticks);
  counters.max_bytes = sums.max_bytes;
  counters.max_blocks = sums.max_blocks;
  counters.gmax_bytes = sums.gmax_bytes;
  counters.gmax_blocks = sums.gmax_blocks;
  counters.end_bytes = sums.live_bytes;
  counters.end_blocks = sums.live_blocks;
  counters.temporary_bytes = sums.temporary_bytes;
  counters.temporary_blocks = sums.temporary_blocks;
  counters.smallest_request = sums.smallest_request;
  counters.largest_request = sums.largest_request;
  counters.slack_bytes = sums.slack_bytes;
  counters.remote_blocks = sums.remote_blocks;
  counters.moved_resizes = sums.moved_resizes;
  counters.settled_resizes = sums.settled_resizes;
  counters.moved_bytes = sums.moved_bytes;
  counters.late_freed_bytes = sums.late_freed_bytes;
  counters.threads = sums.threads;
  counters.request_sizes = sums.requests;
  counters.lifetimes = sums.lifetimes;
  counters.moment_bytes = sums.moment_bytes;
  return counters;
}

// Turns stacks of ledger frames into stacks of the profile's.
class Stacks {
 public:
  // Names the frames of the stacks that are of use.
  Stacks(const ledger::Contents& contents, model::Profile* profile);

  std::vector<uint32_t> Frames(uint32_t stack, uint32_t function) const;

 private:
  const ledger::Contents& contents_;
  const model::Profile& profile_;
  std::vector<std::vector<uint32_t>> entries_;  // of each ledger frame, inlined ones first
  std::vector<uint32_t> functions_;
};

Stacks::Stacks(const ledger::Contents& contents, model::Profile* profile)
    : contents_(contents), profile_(*profile) {
  std::vector<bool> is_used(contents.frames.size());
  const auto use = [&](uint32_t stack) {
    for (const uint32_t frame : FramesOf(contents, stack)) is_used[frame] = true;
  };
  for (size_t i = 0; i < contents.points.size(); ++i) {
    if (contents.sums[i].total_blocks != 0) use(contents.points[i].stack);
  }
  for (const ledger::FailedRequests& failed : contents.failed_requests) use(failed.stack);
  entries_ = NameFrames(contents, is_used, profile);
  for (uint32_t f = 0; f < static_cast<uint32_t>(format::AllocationFunction::kCount); ++f) {
    functions_.push_back(
        AddAllocationFunction(static_cast<format::AllocationFunction>(f), profile));
  }
}

std::vector<uint32_t> Stacks::Frames(uint32_t stack, uint32_t function) const {
  std::vector<uint32_t> frames = {functions_[function]};
  for (const uint32_t frame : FramesOf(contents_, stack)) {
    frames.insert(frames.end(), entries_[frame].begin(), entries_[frame].end());
  }
  CutBelowMain(profile_, &frames);
  return frames;
}

}  // namespace

model::Profile BuildProfile(const ledger::Contents& contents, ProcessState state) {
  model::Profile profile;
  FillHead(contents, &profile);
  FillEnding(contents, state, &profile);
  FillVerification(contents, &profile);
  AddNotes(contents, &profile);
  model::Frame root;
  root.text = "[root]";
  profile.frames.push_back(root);
  const Stacks stacks(contents, &profile);
  for (size_t i = 0; i < contents.points.size(); ++i) {
    const ledger::PointSums& sums = contents.sums[i];
    if (sums.total_blocks == 0) continue;
    model::Point& point = profile.points.emplace_back();
    point.counters = ConvertSums(contents, sums);
    point.max_is_lower_bound = sums.max_is_lower_bound;
    point.frames = stacks.Frames(contents.points[i].stack, contents.points[i].function);
  }
  for (const ledger::FailedRequests& failed : contents.failed_requests) {
    profile.failed_requests.push_back(
        {failed.count, failed.bytes, failed.largest, stacks.Frames(failed.stack, failed.function)});
  }
  return profile;
}

}  // namespace memshim::analyzer::finish
