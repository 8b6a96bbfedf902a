// The recording of one process: its stages, its threads, and the gate every hook goes through.
//
//   kNone -> kEarly: first event. The ledger is anonymous; events are serialized by stage_lock.
//   kEarly -> kLive: the ledger has got its file (CommitLedger). Threads record without a lock.
//   kLive/kEarly -> kOver: the end has begun, or recording was given up or stopped from outside.
//                          Hooks pass events by.
//
// All of it lies in fork-wiped memory: after any kind of fork the child finds stage kNone and
// `live` 0, whatever the thread that forked was doing, and starts over.
// Context: hook. Locks: stage_lock, then threads_lock, then the parts' own. Signals: guarded.
#ifndef MEMSHIM_SHIM_HOOKS_PROCESS_H_
#define MEMSHIM_SHIM_HOOKS_PROCESS_H_

#include <atomic>

#include "cpu.h"
#include "shim/base/attributes.h"
#include "shim/hooks/companion.h"
#include "shim/hooks/config.h"
#include "shim/ledger/ledger.h"
#include "shim/record/recorder.h"
#include "shim/unwind/oracle.h"
#include "shim/unwind/stack_trie.h"
#include "shim/unwind/unwinder.h"
#include "this_thread.h"

namespace memshim::hooks {

// What a thread records with. Handed on when the thread ends.
struct ThreadSlot {
  record::Shard* shard;
  ThreadSlot* next_free;
  unwind::LastStack last_stack;
  unwind::Memo memo;
  unwind::CaptureScratch capture;
  unwind::OracleScratch* oracle;  // libunwind's, too; null before its first use
};

enum class Stage : uint32_t { kNone, kEarly, kLive, kOver };

struct Process {
  std::atomic<uint32_t> live;  // incarnation while kLive, else 0
  std::atomic<Stage> stage;
  base::Lock stage_lock;
  base::Lock threads_lock;
  bool is_forked;
  bool is_first;

  int pid;
  uint32_t early_events;
  uint64_t early_start_ns;
  uint32_t shard_count;
  ThreadSlot* free_slots;
  base::Path output;       // of this process
  base::Path ledger_path;  // "" while anonymous
  base::Path scratch;      // paths are too long for a hook's stack
  base::Arena arena;
  ledger::Ledger ledger;
  unwind::CodeCache codes;
  unwind::StackTrie trie;
  record::Recorder recorder;
  record::Shard shards[ledger::kShardHeads];
};

struct CodeRange {
  uint64_t start, bytes;

  bool Has(uint64_t pc) const { return pc - start < bytes; }
};

extern MEMSHIM_LOCAL Process* g_process;  // null before the first event; the address outlives forks
extern MEMSHIM_LOCAL Config g_config;
extern MEMSHIM_LOCAL base::Path
    g_family_output;  // of the first process; its descendants' files lie in <it>.d
// Where the dynamic linker's own code lies; 0 bytes until the constructor has run.
extern MEMSHIM_LOCAL uint64_t g_loader_start, g_loader_bytes;
// What the dynamic linker tells debuggers of its work (r_state of <link.h>); null until then.
extern MEMSHIM_LOCAL const int* g_loader_state;
// What may call an allocation function on behalf of another: the allocator, and the C library for
// it. Empty while unknown, or where the C library is the allocator.
extern MEMSHIM_LOCAL CodeRange g_allocator_code, g_libc_code;
extern MEMSHIM_LOCAL LoadedObjects g_loaded_objects;

// What an event records with, where the gate is open.
struct Recording {
  Process& process;
  ThreadSlot& slot;
};

// The gate of an event on its usual way: of a thread that has its slot, in a live recording. False:
// Event knows what to do. True: LeaveQuickly, afterwards.
inline bool EnterQuickly() {
  ThreadState& thread = ThisThread();
  if (thread.busy != Busy::kNo) [[unlikely]]
    return false;
  // Before the rest is looked at: a handler that forks now lets the child keep our memory.
  thread.busy.BeginRecording(base::StackPointer());
  // Nothing of the event moves before the one store or behind the other.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // relaxed, both: `live` only has to differ from another incarnation's; what it guards, and the
  // process itself, was published to this thread when it got its slot (threads_lock).
  // (Where a thread has a slot, there is a process.)
  if (thread.slot != nullptr &&
      thread.incarnation ==
          __atomic_load_n(&g_process, __ATOMIC_RELAXED)->live.load(std::memory_order_relaxed))
      [[likely]] {
    return true;
  }
  thread.busy = Busy::kNo;
  return false;
}
inline void LeaveQuickly() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  ThisThread().busy = Busy::kNo;
}

// Opens the gate for one event of the calling thread, or keeps it shut: inside memshim itself,
// after the end, or where recording failed.
class Event {
 public:
  // `caller`: of the hook, where it may be other code than that of the call under way; 0: it may
  // not.
  explicit Event(uint64_t caller = 0) {
    is_open_ = is_busy_ours_ = EnterQuickly();
    if (!is_open_) [[unlikely]]
      Enter(caller, base::StackPointer());
  }
  ~Event() {
    if (is_slow_) [[unlikely]]
      LeaveSlow();
    if (is_busy_ours_) LeaveQuickly();
    if (is_within_real_call_) [[unlikely]]
      ThisThread().busy = Busy::kRealCall;
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_open() const { return is_open_; }
  // Refused during kOwnWork: the event concerns a block of memshim's own.
  bool is_own() const { return is_own_; }
  Process& process() const { return *g_process; }
  ThreadSlot& slot() const { return *ThisThread().slot; }
  Recording recording() const { return {process(), slot()}; }

 private:
  void Enter(uint64_t caller, uintptr_t stack_pointer);
  void Refuse();
  bool EnterSlow();
  void LeaveSlow();

  bool is_busy_ours_;
  bool is_open_;
  bool is_own_ = false;
  bool is_slow_ = false;  // LeaveSlow has something to give back
  bool is_within_real_call_ = false;
  bool has_stage_lock_ = false;
};

// True for addresses of the dynamic linker's own code.
inline bool IsInLoader(uint64_t pc) { return pc - g_loader_start < g_loader_bytes; }

// Whether the dynamic linker may be removing objects: it says so before it unmaps the first one.
// (Objects of other namespaces it tells of elsewhere; those go by dlclose alone.)
inline bool MayLoaderUnload() {
  constexpr int kConsistent = 0;  // RT_CONSISTENT
  // relaxed: the loader itself calls, or another thread that has nothing to do with it.
  return g_loader_state == nullptr ||
         __atomic_load_n(g_loader_state, __ATOMIC_RELAXED) != kConsistent;
}

// Whether a call comes from neither the allocator nor what it may have called (tail calls seem to
// come from us). False as well where that cannot be told.
bool IsProgramsOwn(uint64_t caller);

// Gives the ledger its file. Requires: stage_lock held, stage kEarly. A first process records on
// without a file where none can be made; a child stops recording.
void CommitLedger(Process* process);

// Ends recording, once: later events pass by. False when it was over already.
bool StopRecording(Process* process);

// The same without a system call. Requires: stage_lock held, as far as it could be had.
bool ShutGate(Process* process);

// Whether memshim run has asked for the end of the recording.
inline bool IsStopWanted(Process* process) {
  return process->ledger.header().is_stop_wanted.load(std::memory_order_relaxed) != 0;
}

// Ends recording and tells readers of the ledger how and when. Requires: nobody else does so.
void NoteEnd(Process* process, ledger::End end, int status);

// Before and after objects go: code addresses may mean other code from here on. Context: hook.
void AdvanceGeneration();

// Sets the output of a descendant of the first process: "<family output>.d/<pid>.json".
void SetDescendantOutput(Process* process);

// The last destructor of a thread: gives its slot back.
void ReleaseThread();

}  // namespace memshim::hooks

#endif  // MEMSHIM_SHIM_HOOKS_PROCESS_H_
