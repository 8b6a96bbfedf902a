// See shim_data_reader.h.
#include "analyzer/dhat/shim_data_reader.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "analyzer/model/ending_name.h"

namespace memshim::analyzer::dhat {
namespace {

// Reads small arrays of mixed values, such as [PATH, BUILD_ID], one cell after the other.
class Reader {
 public:
  Reader(const JsonInput& input, model::Profile* profile, FrameExtras* extras)
      : input_(input), profile_(profile), extras_(extras) {}

  absl::Status ReadField(absl::string_view key, JsonValue value);

 private:
  absl::Status ReadEnding(JsonValue value);
  absl::Status ReadExitStatus(JsonValue value);
  absl::Status ReadModules(JsonValue value);
  absl::Status ReadFrameModules(JsonValue value);
  absl::Status ReadInlinedFrames(JsonValue value);
  absl::Status ReadTimeline(JsonValue value);
  absl::Status ReadResident(JsonValue value);
  absl::Status ReadVerification(JsonValue value);
  absl::Status ReadLifetimeTick(JsonValue value);
  absl::Status ReadMoments(JsonValue value);
  absl::Status ReadFailedRequests(JsonValue value);
  absl::Status ReadLosses(JsonValue value);
  absl::Status ReadNotes(JsonValue value);

  const JsonInput& input_;
  model::Profile* profile_;
  FrameExtras* extras_;
};

absl::Status Reader::ReadField(absl::string_view key, JsonValue value) {
  const FieldPlace place = {key};
  model::Profile& p = *profile_;
  if (key == "version") return input_.GetString(value, place, &p.memshim_version);
  if (key == "ending") return ReadEnding(value);
  if (key == "exitStatus") return ReadExitStatus(value);
  if (key == "peakRssBytes") return input_.GetUint(value, place, &p.peak_rss_bytes.emplace());
  if (key == "ownRssBytes") return input_.GetUint(value, place, &p.own_rss_bytes.emplace());
  if (key == "threads") return input_.GetUint(value, place, &p.thread_count);
  if (key == "startUnixMs") return input_.GetUint(value, place, &p.start_unix_ms);
  if (key == "modules") return ReadModules(value);
  if (key == "frameModules") return ReadFrameModules(value);
  if (key == "inlinedFrames") return ReadInlinedFrames(value);
  if (key == "timeline") return ReadTimeline(value);
  if (key == "resident") return ReadResident(value);
  if (key == "lifetimeTickUs") return ReadLifetimeTick(value);
  if (key == "lateSince") return input_.GetUint(value, place, &p.t_late);
  if (key == "moments") return ReadMoments(value);
  if (key == "failedRequests") return ReadFailedRequests(value);
  if (key == "verify") return ReadVerification(value);
  if (key == "losses") return ReadLosses(value);
  if (key == "notes") return ReadNotes(value);
  if (key == "mergedProfiles") return input_.GetUint(value, place, &p.merged_profiles);
  if (key == "foldedPoints") return input_.GetUint(value, place, &p.folded_points);
  if (key == "foldedBytes") return input_.GetUint(value, place, &p.folded_bytes);
  if (key == "cutPoints") return input_.GetUint(value, place, &p.cut_points);
  return absl::OkStatus();
}

absl::Status Reader::ReadEnding(JsonValue value) {
  std::string name;
  if (absl::Status status = input_.GetString(value, {"ending"}, &name); !status.ok()) {
    return status;
  }
  profile_->ending = model::EndingByName(name);
  return absl::OkStatus();
}

absl::Status Reader::ReadExitStatus(JsonValue value) {
  int64_t status = 0;
  if (value.get_int64().get(status) || status < std::numeric_limits<int>::min() ||
      status > std::numeric_limits<int>::max()) {
    return input_.WrongValue(value, {"exitStatus"}, "an exit status");
  }
  profile_->exit_status = static_cast<int>(status);
  return absl::OkStatus();
}

absl::Status Reader::ReadModules(JsonValue value) {
  profile_->modules.clear();
  return input_.ForEachElement(value, {"modules"}, [&](JsonValue pair) {
    model::Module& module = profile_->modules.emplace_back();
    int cell = 0;
    return input_.ForEachElement(pair, {"modules"}, [&](JsonValue text) -> absl::Status {
      ++cell;
      if (cell > 2) return absl::OkStatus();
      return input_.GetString(text, {"modules"}, cell == 1 ? &module.path : &module.build_id);
    });
  });
}

absl::Status Reader::ReadFrameModules(JsonValue value) {
  extras_->modules.clear();
  return input_.ForEachElement(value, {"frameModules"}, [&](JsonValue element) -> absl::Status {
    int64_t module = 0;
    if (element.get_int64().get(module) || module < -1 || module >= model::kNoModule) {
      return input_.WrongValue(element, {"frameModules"}, "the number of a module or -1");
    }
    extras_->modules.push_back(module < 0 ? model::kNoModule : static_cast<uint32_t>(module));
    return absl::OkStatus();
  });
}

absl::Status Reader::ReadInlinedFrames(JsonValue value) {
  extras_->inlined.clear();
  return input_.ForEachElement(value, {"inlinedFrames"}, [&](JsonValue element) {
    uint64_t frame = 0;
    absl::Status status = input_.GetUint(element, {"inlinedFrames"}, &frame);
    // An index too large is found out with the others, when the frame table is known.
    extras_->inlined.push_back(
        static_cast<uint32_t>(std::min<uint64_t>(frame, std::numeric_limits<uint32_t>::max())));
    return status;
  });
}

absl::Status Reader::ReadTimeline(JsonValue value) {
  profile_->timeline.clear();
  return input_.ForEachElement(value, {"timeline"}, [&](JsonValue triple) {
    model::TimelineSample& sample = profile_->timeline.emplace_back();
    uint64_t* const cells[] = {&sample.time, &sample.live_bytes, &sample.live_blocks};
    size_t cell = 0;
    return input_.ForEachElement(triple, {"timeline"}, [&](JsonValue number) -> absl::Status {
      if (cell == std::size(cells)) return absl::OkStatus();
      return input_.GetUint(number, {"timeline"}, cells[cell++]);
    });
  });
}

absl::Status Reader::ReadResident(JsonValue value) {
  profile_->resident.clear();
  return input_.ForEachElement(value, {"resident"}, [&](JsonValue pair) {
    model::ResidentSample& sample = profile_->resident.emplace_back();
    uint64_t* const cells[] = {&sample.time, &sample.bytes};
    size_t cell = 0;
    return input_.ForEachElement(pair, {"resident"}, [&](JsonValue number) -> absl::Status {
      if (cell == std::size(cells)) return absl::OkStatus();
      return input_.GetUint(number, {"resident"}, cells[cell++]);
    });
  });
}

absl::Status Reader::ReadVerification(JsonValue value) {
  model::Verification& v = profile_->verification.emplace();
  uint64_t* const cells[] = {&v.equal, &v.equal_where_described, &v.different, &v.not_compared};
  size_t cell = 0;
  return input_.ForEachElement(value, {"verify"}, [&](JsonValue number) -> absl::Status {
    if (cell == std::size(cells)) return absl::OkStatus();
    return input_.GetUint(number, {"verify"}, cells[cell++]);
  });
}

absl::Status Reader::ReadLifetimeTick(JsonValue value) {
  profile_->has_details = true;
  double& tick = profile_->lifetime_tick_us;
  if (value.get_double().get(tick) || !(tick >= 0) || tick > 1e6) {
    return input_.WrongValue(value, {"lifetimeTickUs"}, "a number of microseconds");
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadMoments(JsonValue value) {
  profile_->moments.clear();
  constexpr size_t kMostMoments = 64;  // more than any file of ours has
  return input_.ForEachElement(value, {"moments"}, [&](JsonValue number) -> absl::Status {
    if (profile_->moments.size() == kMostMoments) {
      return input_.WrongValue(number, {"moments"}, "fewer moments");
    }
    return input_.GetUint(number, {"moments"}, &profile_->moments.emplace_back());
  });
}

absl::Status Reader::ReadFailedRequests(JsonValue value) {
  constexpr FieldPlace kPlace = {"failedRequests"};
  profile_->failed_requests.clear();
  return input_.ForEachElement(value, kPlace, [&](JsonValue element) {
    model::FailedRequests& failed = profile_->failed_requests.emplace_back();
    return input_.ForEachField(
        element, kPlace, [&](absl::string_view key, JsonValue member) -> absl::Status {
          if (key == "count") return input_.GetUint(member, kPlace, &failed.count);
          if (key == "bytes") return input_.GetUint(member, kPlace, &failed.bytes);
          if (key == "largest") return input_.GetUint(member, kPlace, &failed.largest);
          if (key != "fs") return absl::OkStatus();
          return input_.ForEachElement(member, kPlace, [&](JsonValue index) {
            uint64_t frame = 0;
            absl::Status status = input_.GetUint(index, kPlace, &frame);
            // An index too large is found out with the others, when the frame table is known.
            failed.frames.push_back(static_cast<uint32_t>(
                std::min<uint64_t>(frame, std::numeric_limits<uint32_t>::max())));
            return status;
          });
        });
  });
}

absl::Status Reader::ReadLosses(JsonValue value) {
  profile_->losses.clear();
  return input_.ForEachElement(value, {"losses"}, [&](JsonValue pair) {
    model::Loss& loss = profile_->losses.emplace_back();
    int cell = 0;
    return input_.ForEachElement(pair, {"losses"}, [&](JsonValue member) -> absl::Status {
      ++cell;
      if (cell == 1) return input_.GetString(member, {"losses"}, &loss.what);
      if (cell == 2) return input_.GetUint(member, {"losses"}, &loss.count);
      return absl::OkStatus();
    });
  });
}

absl::Status Reader::ReadNotes(JsonValue value) {
  profile_->notes.clear();
  return input_.ForEachElement(value, {"notes"}, [&](JsonValue note) {
    return input_.GetString(note, {"notes"}, &profile_->notes.emplace_back());
  });
}

}  // namespace

absl::Status ReadShimData(const JsonInput& input, JsonValue value, model::Profile* profile,
                          FrameExtras* extras) {
  Reader reader(input, profile, extras);
  profile->is_ours = true;
  return input.ForEachField(value, {"memshim"}, [&](absl::string_view key, JsonValue member) {
    return reader.ReadField(key, member);
  });
}

}  // namespace memshim::analyzer::dhat
