// Start and ends of the process, as they are the same on every platform. What calls these (the
// constructor, exit handlers, hooks of functions that end or restrict the process) is the
// platform's: lifecycle_linux.cc, lifecycle_darwin.cc.
//
// Context: start, exit. Allocates: the dynamic linker may, under Busy::kOwnWork.
#include "shim/hooks/lifecycle.h"

#include <sys/stat.h>

#include "shim/base/restricted.h"
#include "shim/hooks/ancestry.h"
#include "shim/hooks/process.h"
#include "shim/hooks/standard_error.h"
#include "shim/hooks/start_analyzer.h"

namespace memshim::hooks {
namespace {

using base::IsError;

// Descriptor 2 as it was at the start: a program that closed it and opened something else under
// the same number must not find our lines in there.
struct stat g_stderr;
bool g_has_stderr;

bool IsStderrUnchanged() {
  struct stat now = {};
  return g_has_stderr && !IsError(base::SysFstat(2, &now)) && now.st_dev == g_stderr.st_dev &&
         now.st_ino == g_stderr.st_ino && now.st_rdev == g_stderr.st_rdev;
}

bool HasImageCount(std::string_view pattern) {
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] == '%' && pattern[i + 1] == 'n') return true;
  }
  return false;
}

// A long run must not be lost to a mistyped folder, so this is said at once, to everybody: but
// once, not by each command of a script, whose output may be what the script works with.
void SayWhereItGoes(Process& process) {
  // A parent that only= leaves out has said nothing.
  const bool is_said = !g_config.has_only && IsParentPreloaded();
  if (g_config.is_silent || base::IsRestricted() || is_said) return;
  const std::string_view wanted = base::FolderOf(process.output.view());
  const std::string_view found = base::FolderOf(process.ledger_path.view());
  const bool is_there = !process.ledger_path.empty();
  if (is_there && (found == wanted || found == g_config.dir.view())) return;
  base::Path& line = process.scratch;
  line.Clear();
  line.Append("memshim: no ledger can be made in ").AppendPlain(wanted);
  if (is_there) {
    line.Append(": it is in ").AppendPlain(found);
    line.Append(", where the profile goes, too, if it cannot be written either");
  } else {
    line.Append(": a profile is made only if the program ends by itself, and a file can be made ");
    line.Append("there then");
  }
  WriteLine(line.view());
}

// No memory for memshim itself. A later event that found some would begin without an output.
void GiveUp() {
  g_config.is_off = true;
  // release: pairs with the acquire in EnterSlow.
  if (g_process != nullptr) g_process->stage.store(Stage::kOver, std::memory_order_release);
  if (g_config.is_silent || base::IsRestricted()) return;
  bool is_anothers;
  if (FindRecordedAncestor(g_config, &g_family_output, &is_anothers)) return;
  WriteLines(g_config.messages.view());
  WriteLine("memshim: there is no memory to record with: nothing is recorded");
}

// Where the data is when the analyzer did not make a profile of it.
void SayWhatIsLeft(Process* process, FinishResult result) {
  base::Path& line = process->scratch;
  const bool is_file = !process->ledger_path.empty();
  if (result == FinishResult::kDone &&
      (!is_file || IsError(base::SysAccess(process->ledger_path.c_str(), 0)))) {
    return;
  }
  line.Clear();
  if (result == FinishResult::kStillWorking) {
    line.Append("memshim: memshim-report is still at work on ").AppendPlain(process->output.view());
  } else if (result == FinishResult::kLeft) {
    line.Append("memshim: recorded in ").AppendPlain(process->ledger_path.view());
    line.Append("; make the profile with: memshim-report ").AppendPlain(process->output.view());
  } else if (is_file) {
    line.Append("memshim: no profile was made, its data is in ");
    line.AppendPlain(process->ledger_path.view()).Append("; finish it with: memshim-report ");
    line.AppendPlain(process->output.view());
  } else {
    line.Append("memshim: the profile is lost: memshim-report made none, and there was no file ");
    line.Append("for the ledger");
  }
  WriteLine(line.view());
}

}  // namespace

void NoteStandardError() { g_has_stderr = !IsError(base::SysFstat(2, &g_stderr)); }

void StartProcess() {
  Event event;  // the first one, unless the loader has allocated already
  if (!event.is_open()) {
    GiveUp();
    return;
  }
  Process* process = &event.process();
  bool is_anothers;
  process->is_first = !FindRecordedAncestor(g_config, &g_family_output, &is_anothers);
  if (process->is_first) {
    WriteLines(g_config.messages.view());
    const bool counts_images = HasImageCount(g_config.output_pattern.view());
    ExpandOutput(g_config, process->pid,
                 counts_images ? CountEarlierImages(g_config, process->pid) : 0, &g_family_output);
    if (is_anothers) {
      g_family_output.AppendChar('.').AppendNumber(static_cast<uint64_t>(process->pid));
      g_family_output.Append(".json");
    }
    process->output = g_family_output;
    CommitLedger(process);
    SayWhereItGoes(*process);
  } else if (g_config.is_followed) {
    SetDescendantOutput(process);
  } else {
    process->stage.store(Stage::kOver, std::memory_order_release);  // as in GiveUp
  }
}

void CommitWhileItCanBeDone() {
  Event event;
  if (!event.is_open()) return;
  Process* process = &event.process();
  if (process->stage.load(std::memory_order_relaxed) == Stage::kEarly) CommitLedger(process);
}

void EndProcess(ledger::End end, int status) {
  Process* process = g_process;
  if (process == nullptr) return;
  if (base::IsRestricted()) {
    if (end == ledger::End::kFastExit) return;  // the ledger stays; no call is safe here
  } else if (process->pid != base::SysGetpid()) {
    return;  // a vfork child shares our memory: its _exit is not our end
  }
  const Stage stage = process->stage.load(std::memory_order_acquire);
  if (stage != Stage::kLive && !(stage == Stage::kEarly && process->is_first)) return;
  if (!StopRecording(process)) return;
  // Who has asked to stop has made the profile.
  const bool is_finished_here =
      process->is_first && !IsStopWanted(process) && !base::IsRestricted();
  if (!process->ledger_path.empty() && !base::IsRestricted()) {
    process->ledger.GiveBackRest(process->ledger_path.c_str());
  }
  if (is_finished_here) PrepareFinish(end);
  NoteEnd(process, end, status);
  if (!is_finished_here) return;
  const bool is_announced = g_config.is_announced && IsStderrUnchanged();
  const FinishResult result = FinishProfile(process, is_announced);
  if (is_announced) SayWhatIsLeft(process, result);
  EndFinish(status);
}

}  // namespace memshim::hooks
