// See run.h.
#include "analyzer/run/run.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "analyzer/dhat/output_file.h"
#include "analyzer/finish/file_size_limit.h"
#include "analyzer/finish/ledger_files.h"
#include "analyzer/run/child.h"
#include "analyzer/run/companions.h"
#include "analyzer/run/launch.h"
#include "analyzer/run/look.h"
#include "analyzer/run/preload.h"
#include "analyzer/run/process_table.h"
#include "analyzer/run/process_tree.h"
#include "analyzer/run/program.h"
#include "analyzer/run/progress.h"
#include "analyzer/run/shim_options.h"
#include "analyzer/run/signals.h"
#include "analyzer/run/watcher.h"

namespace memshim::analyzer::run {
namespace {

// For processes to notice that their recording is over.
constexpr absl::Duration kStopTime = absl::Milliseconds(300);
constexpr absl::Duration kBetweenDiscards = absl::Milliseconds(200);

class Runner {
 public:
  Runner(const RunOptions& options, const std::function<void(absl::string_view)>& print_line)
      : options_(options),
        print_line_(print_line),
        program_(FindProgram(options.command[0])),
        look_(LookAt(program_)),
        start_(absl::Now()),
        shim_options_(options, program_.executable) {}

  int Run();

 private:
  bool Prepare();
  Environment EnvironmentOf(int pid) const;
  void Watch(const Child& child, Watcher* watcher, Signals* signals) const;
  void StopRecording(const Child& child, Watcher* watcher, Signals* signals) const;
  int WaitForEnd(const Child& child, Watcher* watcher, Signals* signals) const;
  void Finish(const std::string& output, int pid, int signal) const;
  void FinishApart(const std::string& output, int pid, int signal) const;

  const RunOptions& options_;
  const std::function<void(absl::string_view)>& print_line_;
  const Program program_;
  const Look look_;
  const absl::Time start_;
  const ShimOptions shim_options_;
  std::vector<std::string> libraries_;  // to preload
};

// False: something is missing or wrong, and it has been said.
bool Runner::Prepare() {
  if (!shim_options_.problem().empty()) {
    print_line_(shim_options_.problem());
    return false;
  }
  absl::StatusOr<std::string> library = FindLibrary();
  if (!library.ok()) {
    print_line_(library.status().message());
    return false;
  }
  if (!look_.may_be_harmed && !shim_options_.is_nested()) {
    libraries_ = LibrariesFor(program_, *library);
  }
  return true;
}

Environment Runner::EnvironmentOf(int pid) const {
  if (look_.may_be_harmed) return UnrecordedEnvironment();
  if (shim_options_.is_nested()) return PlainEnvironment();
  return RecordingEnvironment(libraries_, shim_options_.TextFor(pid));
}

// `signal`: that ended the first process; 0: it was none, or it runs.
void Runner::Finish(const std::string& output, int pid, int signal) const {
  finish::LiftFileSizeLimit();
  ProcessTree tree = FinishTree(output, static_cast<uint64_t>(absl::ToUnixMillis(start_)), pid,
                                shim_options_.LedgerFolder());
  for (RecordedProcess& process : tree.processes) {
    if (process.pid == static_cast<uint64_t>(pid)) process.signal = signal;
  }
  if (options_.is_merged) {
    const absl::Status status = MergeTree(output, &tree);
    if (!status.ok()) tree.failures.emplace_back(status.message());
  }
  for (const std::string& failure : tree.failures) print_line_(failure);
  if (options_.is_quiet) return;
  if (tree.processes.empty() && tree.failures.empty()) {
    const absl::Status status = dhat::OutputFile::Create(output).status();
    print_line_(status.ok() ? "nothing was recorded"
                            : absl::StrCat("no profile was left: ", status.message(),
                                           "; --output=PATH puts it elsewhere"));
  }
  for (const std::string& line : ProcessTable(tree)) print_line_(line);
}

// In a process of its own: whatever goes wrong there, the status of the program is told.
void Runner::FinishApart(const std::string& output, int pid, int signal) const {
  fflush(nullptr);  // what is buffered must not be written twice
  const pid_t child = fork();
  if (child < 0) return Finish(output, pid, signal);
  if (child == 0) {
    Finish(output, pid, signal);
    fflush(nullptr);
    _exit(0);
  }
  int finished = 0;
  while (waitpid(child, &finished, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(finished) && WEXITSTATUS(finished) == 0) return;
  print_line_(absl::StrCat(
      "the profile could not be made (",
      WIFSIGNALED(finished) ? absl::StrCat("ended by signal ", WTERMSIG(finished))
                            : absl::StrCat("ended with ", WEXITSTATUS(finished)),
      "; is there too little memory?); what was recorded is left: memshim-report ", output));
}

// Until the program has ended. With a duration: until that is over or nothing is recorded any more.
void Runner::Watch(const Child& child, Watcher* watcher, Signals* signals) const {
  Progress progress;
  const bool has_duration = options_.duration != absl::InfiniteDuration();
  const absl::Time stop_at = start_ + options_.duration;
  while (absl::Now() < stop_at) {
    watcher->Look();
    child.CollectOthers();
    const bool is_ended = child.ExitStatus().has_value();
    if (is_ended && (!has_duration || watcher->empty())) break;
    if (!options_.is_quiet) progress.Show(watcher);
    const absl::Duration time = std::min(watcher->interval(), stop_at - absl::Now());
    const bool is_signal = signals->Wait(child.pid(), std::max(time, absl::ZeroDuration()));
    if (is_signal && is_ended) break;  // it cannot be meant for the program any more
  }
  progress.Clear();
}

// Processes that have nothing to record do not notice; what they have done is taken as it stands.
void Runner::StopRecording(const Child& child, Watcher* watcher, Signals* signals) const {
  watcher->Look();
  watcher->StopAll();
  const absl::Time deadline = absl::Now() + kStopTime;
  while (!watcher->IsAllStopped() && absl::Now() < deadline) {
    signals->Wait(child.pid(), absl::Milliseconds(20));
  }
}

int Runner::WaitForEnd(const Child& child, Watcher* watcher, Signals* signals) const {
  std::optional<int> status;
  while (!(status = child.ExitStatus()).has_value()) {
    watcher->Look();
    watcher->Discard();
    child.CollectOthers();
    signals->Wait(child.pid(), kBetweenDiscards);
  }
  return *status;
}

int Runner::Run() {
  std::optional<Signals> signals(std::in_place);
  if (!Prepare()) return kRunFailed;
  const bool is_nested = shim_options_.is_nested();
  if (is_nested) print_line_("another memshim run records this; --output=PATH records apart");
  if (!look_.line.empty()) print_line_(look_.line);
  Child child(options_.command, *signals, [&](int pid) { return EnvironmentOf(pid); });
  if (child.start_error() != 0) {
    return SayWhyNotStarted(options_.command[0], child.start_error(), print_line_);
  }
  const std::string output = shim_options_.OutputOf(child.pid());
  // What an earlier run has left there would be taken for this one's.
  if (!is_nested) {
    finish::RemoveEarlierDescendants(output, static_cast<uint64_t>(absl::ToUnixNanos(start_)));
  }
  Watcher watcher(output, child.pid());
  Watch(child, &watcher, &*signals);
  const std::optional<int> status = child.ExitStatus();
  const bool goes_on = !status.has_value() || options_.duration != absl::InfiniteDuration();
  if (goes_on) {
    StopRecording(child, &watcher, &*signals);
  } else {
    signals.reset();  // from here on Ctrl+C is for us; what is not finished is left for the report
  }
  if (!is_nested) FinishApart(output, child.pid(), child.EndingSignal());
  if (status.has_value()) return *status;
  return WaitForEnd(child, &watcher, &*signals);
}

}  // namespace

int Run(const RunOptions& options, const std::function<void(absl::string_view)>& print_line) {
  return Runner(options, print_line).Run();
}

}  // namespace memshim::analyzer::run
