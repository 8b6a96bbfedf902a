// See process.h.
#include "shim/hooks/process.h"

#include <cstring>

#include "shim/base/restricted.h"
#include "shim/base/single_threaded.h"
#include "shim/hooks/ancestry.h"
#include "shim/hooks/real_functions.h"
#include "shim/hooks/thread_end.h"
#include "shim/ledger/place.h"
#include "system_calls.h"

namespace memshim::hooks {

using base::IsError;
using base::LockScope;
using base::Path;
using ledger::Loss;

Process* g_process;
constinit Config g_config = {};
constinit Path g_family_output;
uint64_t g_loader_start, g_loader_bytes;
const int* g_loader_state;
CodeRange g_allocator_code, g_libc_code;
constinit LoadedObjects g_loaded_objects = {nullptr, 1};

namespace {

// A child gets a file once it has shown that it is more than a short helper.
constexpr uint32_t kEarlyEvents = 1000;
constexpr uint64_t kEarlyNanoseconds = 100'000'000;
constexpr unsigned kMaxImages = 1000;

// Counts the incarnations of this memory image: 1 for the program as started, one more for each
// fork on the way here. Ordinary memory on purpose.
uint32_t g_incarnation;
bool g_was_started;

Process* MapProcess() {
  Process* fresh = static_cast<Process*>(base::MapPrivate(sizeof(Process)));
  if (fresh == nullptr) return nullptr;
  // Most of it is touched by large programs alone.
  base::UseHugePages(fresh, sizeof(Process), false);
  Process* expected = nullptr;
  // acq_rel: pairs with the acquire in EnterSlow. (Zeros is all there is to see yet.)
  if (__atomic_compare_exchange_n(&g_process, &expected, fresh, false, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE)) {
    return fresh;
  }
  base::UnmapPrivate(fresh, base::RoundUp(sizeof(Process), base::kPageBytes));
  return expected;
}

void FillHeader(Process* process) {
  ledger::Header& header = process->ledger.header();
  header.pid = process->pid;
  header.parent_pid = base::SysGetppid();
  header.is_cycle_counter = process->recorder.clock().is_cycle_counter();
  header.start_boottime_ns = base::BoottimeNanoseconds();
  header.start_realtime_ns = base::ClockNanoseconds(CLOCK_REALTIME);
  header.phase.store(ledger::Phase::kRecording, std::memory_order_release);
}

// While there is room: who begins when the ledger is full has it, at least.
bool StartSharedShard(Process* process) {
  return process->recorder.StartShard(&process->shards[ledger::kMaxShards], ledger::kMaxShards);
}

// kNone -> kEarly, in a new process or in a child after fork. Requires: stage_lock.
void BeginEarly(Process* process) {
  if (g_was_started) {
    base::RenewAfterFork();
    ledger::Ledger::DetachInherited();
    process->is_forked = true;
  }
  g_was_started = true;
  ++g_incarnation;
  process->pid = base::SysGetpid();
  if (process->is_forked) SetDescendantOutput(process);
  process->early_start_ns = base::ClockNanoseconds(CLOCK_MONOTONIC);
  const bool is_unwanted = g_config.is_off || (process->is_forked && !g_config.is_followed);
  const bool is_ready = !is_unwanted && process->ledger.Create() &&
                        process->trie.Start(&process->ledger, g_config.executable.c_str()) &&
                        process->recorder.Start(&process->ledger, unwind::kOutOfSpaceStack,
                                                process->is_forked, !Real().is_foreign) &&
                        StartSharedShard(process);
  if (is_ready) FillHeader(process);
  process->recorder.SetGate(&process->live);
  // release: pairs with the acquire in EnterSlow, whose caller may find kOver without the lock.
  process->stage.store(is_ready ? Stage::kEarly : Stage::kOver, std::memory_order_release);
}

// A shard for a new slot: one of its own; beyond kMaxShards, and where the ledger has no room for
// another, the one that is shared. Requires: threads_lock.
record::Shard* NewShard(Process* process) {
  const uint32_t index = process->shard_count;
  if (index < ledger::kMaxShards && process->recorder.StartShard(&process->shards[index], index)) {
    process->shard_count += 1;
    return &process->shards[index];
  }
  return &process->shards[ledger::kMaxShards];
}

// Null, and a loss: the thread's event passes unseen.
ThreadSlot* TakeSlot(Process* process) {
  LockScope scope(process->threads_lock);
  if (!scope.ok()) {
    process->ledger.CountLoss(Loss::kLockTimeout);
    return nullptr;
  }
  ThreadSlot* slot = process->free_slots;
  if (slot != nullptr) {
    process->free_slots = slot->next_free;
  } else {
    slot = static_cast<ThreadSlot*>(process->arena.Allocate(sizeof(ThreadSlot)));
    if (slot == nullptr) {
      process->ledger.CountLoss(Loss::kOutOfMemory);
      return nullptr;
    }
    slot->shard = NewShard(process);
  }
  const bool is_known = ThisThread().is_ending && ThisThread().incarnation == g_incarnation;
  if (!is_known) {  // else it comes back for a late event
    slot->shard->head().threads += 1;
    record::t_thread = process->ledger.header().threads.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  slot->shard->TakeFor(record::t_thread, is_known);
  if (record::t_thread > 1) base::NoteSecondThread();
  slot->shard->ForgetLastAllocation();
  slot->capture.readable.Forget();  // they know of another thread's stack
  slot->memo.Start();
  return slot;
}

bool BindThread(Process* process) {
  // g_incarnation changes only in a child with one thread, so a plain read is enough.
  if (ThisThread().slot != nullptr && ThisThread().incarnation == g_incarnation) return true;
  ThisThread().slot = TakeSlot(process);
  // Then the thread has no number in this process yet.
  if (ThisThread().slot == nullptr) return false;
  ThisThread().incarnation = g_incarnation;
  if (!ThisThread().is_ending) NoteThread();
  return true;
}

void GiveSlotBack() {
  Process* process = g_process;
  if (process == nullptr || ThisThread().slot == nullptr ||
      ThisThread().incarnation != g_incarnation)
    return;
  // Before and after, other threads have no part in the figures, or nobody changes them any more.
  if (process->live.load(std::memory_order_relaxed) == g_incarnation) {
    process->recorder.EndShard(*ThisThread().slot->shard);
  }
  LockScope scope(process->threads_lock);
  if (!scope.ok()) return;
  ThisThread().slot->next_free = process->free_slots;
  process->free_slots = ThisThread().slot;
  ThisThread().slot = nullptr;
}

bool IsCommitDue(Process* process) {
  // The constructor has not said yet where to: it runs, or has not begun. (Seen with a slow start:
  // a ledger without a name in the start directory.)
  if (!g_config.is_ready || process->output.empty()) return false;
  return ++process->early_events > kEarlyEvents ||
         base::ClockNanoseconds(CLOCK_MONOTONIC) - process->early_start_ns > kEarlyNanoseconds;
}

uint32_t AddString(Process* process, std::string_view text, uint32_t* bytes) {
  const uint32_t at = process->ledger.AppendString(text.data(), static_cast<uint32_t>(text.size()));
  *bytes = at == ledger::Ledger::kNoString ? 0 : static_cast<uint32_t>(text.size());
  return *bytes == 0 ? 0 : at;
}

void DescribeProcess(Process* process) {
  ledger::Header& header = process->ledger.header();
  header.is_first = process->is_first;
  header.is_unfolded = g_config.is_unfolded;
  header.command = AddString(process, g_config.command.view(), &header.command_bytes);
  header.executable = AddString(process, g_config.executable.view(), &header.executable_bytes);
  header.output = AddString(process, process->output.view(), &header.output_bytes);
  header.bypass = AddString(process, g_config.bypass.view(), &header.bypass_bytes);
}

// Creates "<folder>/<name of the output>.<pid>.ledger", or the next image's.
int CreateIn(Process* process, std::string_view folder, uint64_t* capacity) {
  Path& base_path = process->scratch;
  base_path.Clear();
  base_path.Append(folder).AppendChar('/').Append(base::NameOf(process->output.view()));
  for (unsigned image = 0; image < kMaxImages; ++image) {
    LedgerPath(base_path.view(), process->pid, image, &process->ledger_path);
    if (process->ledger_path.overflowed()) return -1;
    const int fd = ledger::CreateLedgerFile(process->ledger_path.c_str(), capacity);
    if (fd >= 0) return fd;
    if (IsError(base::SysAccess(process->ledger_path.c_str(), 0))) return -1;  // not: it exists
  }
  return -1;
}

// Whether a stack pointer is on another stack than the event under way, for sure: the C library
// keeps a thread's own state at the end of the stack that it has made for it. (Of a signal stack
// with SS_AUTODISARM the kernel does not tell. The main thread's stack lies above all others.)
bool IsOnAnotherStack(const ThreadState& thread, uintptr_t stack_pointer) {
  const uintptr_t end = reinterpret_cast<uintptr_t>(&thread);
  return thread.busy.stack_pointer() < end && end <= stack_pointer;
}

// Whether the event under way will never be gone on with: its frame is no longer there, because a
// handler that interrupted it has left by siglongjmp. A handler on the same stack runs below it,
// and below what the kernel puts there for it: the floating-point registers alone take 512 bytes. A
// hook takes less between where it opens an event and where it comes here.
bool IsAbandoned(const ThreadState& thread, uintptr_t stack_pointer) {
  constexpr uintptr_t kMostOfHook = 512;
  return thread.busy == Busy::kRecording &&
         stack_pointer + kMostOfHook >= thread.busy.stack_pointer() && !base::IsRestricted() &&
         !IsOnAnotherStack(thread, stack_pointer) && !base::IsOnSignalStack();
}

// What such an event may have left half done: what the next walk would begin with.
void ForgetWalks(ThreadSlot* slot) {
  memset(static_cast<void*>(&slot->memo), 0, sizeof(slot->memo));
  slot->memo.Start();
  slot->capture.readable.Forget();
  slot->last_stack = {};
}

}  // namespace

bool IsProgramsOwn(uint64_t caller) {
  return caller != 0 && g_allocator_code.bytes != 0 && !g_allocator_code.Has(caller) &&
         !g_libc_code.Has(caller) && !IsInLoader(caller) && !unwind::IsOwnCode(caller);
}

void CommitLedger(Process* process) {
  DescribeProcess(process);
  const std::string_view folders[] = {base::FolderOf(process->output.view()),
                                      g_config.runtime_dir.view(), g_config.temporary_dir.view()};
  if (!process->is_first && !base::IsRestricted()) {
    process->scratch.Clear();
    base::SysMkdir(process->scratch.Append(folders[0]).c_str(), 0700);
  }
  bool is_moved = false;
  const auto try_folder = [&](std::string_view folder) {
    if (is_moved || folder.empty() || base::IsRestricted()) return;
    uint64_t capacity = 0;
    const int fd = CreateIn(process, folder, &capacity);
    if (fd < 0) return;
    is_moved = process->ledger.MoveToFile(fd, process->ledger_path.c_str(), capacity);
    base::SysClose(fd);
    if (!is_moved) base::SysUnlink(process->ledger_path.c_str());
  };
  try_folder(g_config.dir.view());
  for (const std::string_view folder : folders) try_folder(folder);
  if (!is_moved) process->ledger_path.Clear();
  if (!is_moved && (!process->is_first || process->ledger.is_torn())) {
    process->stage.store(Stage::kOver, std::memory_order_release);
    return;
  }
  process->stage.store(Stage::kLive, std::memory_order_release);
  // release: pairs with the acquire in EnterSlow; threads get their slots behind it.
  process->live.store(g_incarnation, std::memory_order_release);
}

bool ShutGate(Process* process) {
  // seq_cst, both, as it happens once: stage pairs with the acquire in EnterSlow, `live` with the
  // relaxed look in EnterQuickly, which may be late by an event.
  const bool was_open = process->stage.exchange(Stage::kOver) != Stage::kOver;
  process->live.store(0);
  return was_open;
}

bool StopRecording(Process* process) {
  LockScope scope(process->stage_lock);
  return ShutGate(process);
}

void NoteEnd(Process* process, ledger::End end, int status) {
  ShutGate(process);
  ledger::Header& header = process->ledger.header();
  header.end_ticks = process->recorder.Now();
  header.end_monotonic_ns = base::IsRestricted() ? 0 : base::ClockNanoseconds(CLOCK_MONOTONIC);
  header.end = end;
  header.exit_status = status;
  // release: pairs with the fence of the ledger's readers; what is said of the end is complete.
  header.phase.store(ledger::Phase::kEnded, std::memory_order_release);
}

void AdvanceGeneration() {
  // Companions use theirs after the end of the recording, too. release: who sees the change sees
  // what the loader did before.
  g_loaded_objects.changes.fetch_add(1, std::memory_order_release);
  Event event;
  if (!event.is_open()) return;
  unwind::StackTrie& trie = event.process().trie;
  event.process().codes.Prepare(trie.generation() + 1);
  trie.AdvanceGeneration();
}

void SetDescendantOutput(Process* process) {
  process->output.Clear();
  process->output.Append(g_family_output.view()).Append(".d/");
  process->output.AppendNumber(static_cast<uint64_t>(process->pid)).Append(".json");
}

void ReleaseThread() {
  ThisThread().is_ending = true;
  if (ThisThread().busy != Busy::kNo) return;
  ThisThread().busy.BeginRecording(base::StackPointer());
  GiveSlotBack();
  ThisThread().busy = Busy::kNo;
}

void Event::Enter(uint64_t caller, uintptr_t stack_pointer) {
  ThreadState& thread = ThisThread();
  if (IsAbandoned(thread, stack_pointer)) {
    Refuse();  // counts it, as what was lost
    if (thread.slot != nullptr) ForgetWalks(thread.slot);
  } else if (thread.busy == Busy::kRealCall && IsProgramsOwn(caller)) {
    is_within_real_call_ = true;
  } else if (thread.busy != Busy::kNo) {
    return Refuse();
  }
  thread.busy.BeginRecording(stack_pointer);
  is_busy_ours_ = true;
  is_open_ = EnterSlow();
}

void Event::Refuse() {
  if (ThisThread().busy == Busy::kOwnWork) {
    is_own_ = true;
  } else if (ThisThread().busy == Busy::kRecording && g_process != nullptr &&
             g_process->stage.load(std::memory_order_acquire) == Stage::kLive) {
    g_process->ledger.CountLoss(Loss::kEventInHandler);
  }
}

bool Event::EnterSlow() {
  // acquire: pairs with the exchange in MapProcess.
  Process* process = __atomic_load_n(&g_process, __ATOMIC_ACQUIRE);
  if (process == nullptr) process = MapProcess();
  if (process == nullptr) return false;
  if (process->stage.load(std::memory_order_acquire) == Stage::kOver) return false;
  if (ThisThread().is_ending) is_slow_ = true;  // a late event: its slot goes back at once
  if (process->live.load(std::memory_order_acquire) != 0) return BindThread(process);
  if (!process->stage_lock.Acquire()) return false;
  has_stage_lock_ = is_slow_ = true;
  if (process->stage.load(std::memory_order_relaxed) == Stage::kNone) BeginEarly(process);
  if (process->stage.load(std::memory_order_relaxed) == Stage::kEarly && IsCommitDue(process)) {
    CommitLedger(process);
  }
  if (process->stage.load(std::memory_order_relaxed) == Stage::kLive && IsStopWanted(process)) {
    NoteEnd(process, ledger::End::kStopped, 0);
  }
  if (process->stage.load(std::memory_order_relaxed) == Stage::kOver) return false;
  return BindThread(process);
}

void Event::LeaveSlow() {
  if (ThisThread().is_ending) GiveSlotBack();
  if (has_stage_lock_) g_process->stage_lock.Release();
}

}  // namespace memshim::hooks
