#!/usr/bin/python3
"""Takes out, one at a time, checks that matter, and demands that a test turns red.

    tests/controls/mutations.py           builds a copy of the tree in a temporary folder; minutes
    tests/controls/mutations.py WORD...   only those whose description has one of the words

A test that stays green with its subject broken proves nothing. Part of `tools/check --full`.
"""
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import typing

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

CLANG = {**os.environ, "CC": "clang", "CXX": "clang++"}
# The builds beside the plain one, made when a mutation asks for them.
SANITIZED = {
    "address": ["-Dfuzz=true", "-Db_sanitize=address,undefined"],
    "thread": ["-Db_sanitize=thread"],
}


class Sanitized(typing.NamedTuple):
    """A test in one of these builds."""
    build: str
    target: str
    command: tuple  # {} stands for the build directory


FUZZ_CFI = Sanitized("address", "tests/fuzz/cfi_fuzzer",
                     ("tests/fuzz/run.py", "{}", "--replay", "cfi_fuzzer"))
ALIASING = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
            "tests/e2e/test_oracle.py", "-k", "aliasing")
STORM = Sanitized("thread", "tests/unit/storm_test", ("{}/tests/unit/storm_test",))
UNIT = "tests/unit/"
E2E = ("/usr/bin/python3", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
CONVERT = (*E2E, "tests/e2e/test_convert.py")
PAGE = (*E2E, "tests/e2e/test_page.py")
# What is broken, where, from, to, the targets to build, and the test that must notice.
MUTATIONS = [
    ("a decrease ends no maximum", "shim/record/peak.h",
     "if (figures.is_at_peak()) figures.epoch += 1;", "", UNIT + "recorder_test"),
    ("a decrease by one of several threads ends no maximum", "shim/record/peak.h",
     "if (figures.is_at_peak()) figures.epoch += 1;", "",
     (*E2E, "tests/e2e/test_semantics.py", "-k", "freely")),
    ("a decrease in a program of one thread ends no maximum", "shim/record/peak.h",
     "    figures.epoch += 1;\n    header_.peak", "    header_.peak",
     (*E2E, "tests/e2e/test_semantics.py")),
    ("frames of one file are one in the page", "analyzer/page/stack_tree.cc",
     "absl::StrCat(label, ", 'absl::StrCat("", ', PAGE),
    ("a point of a known stack is left out of the page", "analyzer/page/page_data.cc",
     "sums[rows.row_of[i]] +=", "sums[rows.row_of[i]] =", PAGE),
    ("the page is readable by all", "analyzer/dhat/output_file.cc", "O_NOCTTY, 0600", "O_NOCTTY, 0644",
     PAGE),
    ("a semicolon stays in the name of a collapsed frame", "analyzer/convert/collapsed.cc",
     'absl::StrReplaceAll({{";", ","}}, &label);', "", CONVERT),
    ("a quote in a cell is not doubled", "analyzer/convert/csv.cc",
     'absl::StrReplaceAll(text, {{"\\"", "\\"\\""}})', "text", CONVERT),
    ("a bar ends a cell of a table", "analyzer/convert/markdown.cc", '{"|", "\\\\|"}',
     '{"|", "|"}', CONVERT),
    ("sites left out of a table are not summed", "analyzer/convert/markdown.cc",
     "i = shown; i < ranked", "i = shown + 1; i < ranked", CONVERT),
    ("a recursion is entered as often as it goes", "analyzer/convert/callgrind.cc",
     "if (met_[function] == stacks_) continue;", "", CONVERT),
    ("nothing calls the outermost functions", "analyzer/convert/callgrind.cc",
     "if (!point.frames.empty()) AddCall", "if (false) AddCall", CONVERT),
    ("what is live at the peak goes for the end", "analyzer/convert/pprof.cc",
     "live_at_peak_ ? c.gmax_bytes", "true ? c.gmax_bytes", CONVERT),
    ("control characters stay in names", "analyzer/convert/label.cc",
     "const std::string clean = render::CleanText(text);", "const std::string clean(text);", CONVERT),
    ("the tree of the peak shows the end", "analyzer/convert/massif.cc",
     "peak(profile, &Counters::gmax_bytes)", "peak(profile, &Counters::end_bytes)", CONVERT),
    ("a guessed frame is read without asking", "shim/unwind/compact_rule.h",
     "if (!readable->AreThere(frame.frame_pointer, 2)) return Step::kUnknown;", "",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "unmapped_stack")),
    ("a guessed stack is compared without asking", "shim/unwind/memo.h",
     "(frame.is_guess ? IsGuessUnchanged(met, readable) : IsUnchanged(met));", "IsUnchanged(met);",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "unmapped_stack")),
    ("pages that hold blocks are given back", "shim/record/block_shadow.cc",
     "while (slot != page + kSlotsOfAPage && slot->is_free()) ++slot;",
     "slot = page + kSlotsOfAPage;", UNIT + "block_table_test"),
    ("a shard settles only when its thread ends", "shim/record/peak.h",
     "return -allowance <= unsettled && unsettled <= allowance;", "return true;",
     UNIT + "recorder_test"),
    ("cells are not noted when an epoch begins", "shim/record/peak.h",
     "cell->epoch_bytes = cell->live_bytes();", "", UNIT + "recorder_test"),
    ("a shrinking resize does not end a maximum", "shim/record/recorder.cc",
     "if (counted < old_size) peak.OnShrink(old_size - counted);", "", UNIT + "recorder_test"),
    ("zero-size blocks count nothing", "shim/record/recorder.h",
     "return size == 0 ? 1 : size;", "return size;", UNIT + "recorder_test"),
    ("a resize leaves a block temporary", "shim/record/recorder.cc",
     "block.size = counted;\n  shard.SetLastAllocation(0);", "block.size = counted;",
     UNIT + "recorder_test"),
    ("own maxima are not kept", "shim/record/recorder.h",
     "cell->max_bytes = cell->live_bytes();", "", UNIT + "recorder_test"),
    ("a birth is not subtracted", "shim/record/recorder.h",
     "cell->lifetime_ticks -= static_cast<int64_t>(now);", "", UNIT + "recorder_test"),
    ("removal leaves a hole in a probe run", "shim/record/block_hash.cc",
     "    Close(stripe, at);\n",
     "    stripe->entries[at & stripe->mask].address = 0;\n", UNIT + "block_table_test"),
    ("growth of the hash of blocks forgets one", "shim/record/block_hash.cc",
     "if (entry.address == 0) continue;\n    uint64_t",
     "if (entry.address == 0 || i == 5) continue;\n    uint64_t", UNIT + "block_table_test"),
    ("a small block is not looked for in the shadow", "shim/record/block_table.h",
     "slot != nullptr && slot->Holds(address)", "false", UNIT + "block_table_test"),
    ("a slot of the shadow tells of 16 bytes further on, too", "shim/record/block_shadow.h",
     "return owner != 0 && (owner >> kHalfShift & 1) == (address >> 4 & 1);", "return owner != 0;",
     UNIT + "block_table_test"),
    ("a node is matched by its frame alone", "shim/unwind/node_index.h",
     "const uint64_t key = uint64_t{parent} << kFrameBits | frame;",
     "const uint64_t key = frame | uint64_t{parent} * 0;", UNIT + "stack_trie_test"),
    ("a node is looked for too far from its home", "shim/unwind/node_index.h",
     "if (slot == 0 || home == last) return kNone;",
     "if (slot == 0 || home == last + 1000) return kNone;", UNIT + "code_tables_test"),
    ("what is known of code outlives its generation", "shim/unwind/code_cache.h",
     "(generation & ((1u << kGenerationBits) - 1)) << 1;",
     "(generation & 0) << 1;", UNIT + "code_tables_test"),
    ("a memory of the last stack ignores the frame pointer", "shim/unwind/memo.h",
     "(!frame.needs_frame_pointer || frame.state.frame_pointer == state.frame_pointer) &&",
     "true &&", ALIASING),
    ("a saved frame pointer is not compared", "shim/unwind/memo.cc",
     "if (is_needed && rule.saves_frame_pointer()) {", "if (false) {", ALIASING),
    ("a frame pointer that is handed through is not needed", "shim/unwind/memo.cc",
     "(is_needed && !rule.saves_frame_pointer())", "false", ALIASING),
    ("return addresses are not compared", "shim/unwind/memo.h",
     "    if (*check->address != check->value) [[unlikely]]", "    if (false) [[unlikely]]",
     ALIASING),
    ("the words of a path are not compared", "shim/unwind/memo.h",
     "if (*reinterpret_cast<const uint64_t*>(address) != path.values[i]) return false;", "(void)address;",
     ALIASING),
    ("a path ignores the frame pointer", "shim/unwind/memo.h",
     "(!path.needs_frame_pointer || path.first.frame_pointer == first.frame_pointer);", "true;", ALIASING),
    ("a path leads to any stack", "shim/unwind/memo.h",
     " || (*met)->stack != path.outer_stack ||", " ||",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "cc1plus")),
    ("a path outlives its module", "shim/unwind/memo.h", "      ++age_;\n", "",
     (*E2E, "tests/e2e/test_unwinding.py", "-k", "another_thread")),
    ("a path outlives the thread that came by it", "shim/unwind/memo.h", "    ++age_;  // the paths",
     "    age_ = 1;  // the paths", (*E2E, "tests/e2e/test_unwinding.py", "-k", "thread_each")),
    ("a guess is asked for once for all walks", "shim/unwind/readable.h", "    asked_.page = 0;\n", "",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "unmapped_stack")),
    ("the memory of the last stack outlives its module", "shim/unwind/memo.h",
     "if (generation != generation_ || readable_moves != readable_moves_) [[unlikely]] {",
     "if (readable_moves != readable_moves_) [[unlikely]] {",
     (*E2E, "tests/e2e/test_unwinding.py", "-k", "another_thread")),
    ("a large frame makes a stack another one", "shim/unwind/readable.cc",
     "if (end != 0 && page >= end && page - end < kFarthest && ProbePages(end, page_end)) {",
     "if (page == end && ProbePage(page)) {", UNIT + "readable_test"),
    ("unchanged outer frames are taken one too many", "shim/unwind/stack_trie.cc",
     "while (same < limit && pcs[depth - 1 - same] == last->pcs[last->depth - 1 - same]) ++same;",
     "while (same < limit && pcs[depth - 1 - same] == last->pcs[last->depth - 1 - same]) ++same;\n"
     "    if (same > 0 && same < limit) ++same;", UNIT + "stack_trie_test"),
    ("children of a DIE are taken for its siblings", "analyzer/symbolize/die_cursor.cc",
     "if (shape_->has_children) ++next_depth_;", "", UNIT + "die_cursor_test"),
    ("values of a damaged DIE reach out of its unit", "analyzer/symbolize/die_cursor.cc",
     "if (bytes > static_cast<uint64_t>(end_ - next_)) return false;", "", UNIT + "die_cursor_test"),
    ("a debug file that leads to another is inflated alone", "analyzer/symbolize/inflated_dwarf.cc",
     "if (IsAmong(name, kLeadsElsewhere) ||", "if (", UNIT + "inflated_dwarf_test"),
    ("frames of stacks that stay are not counted", "analyzer/dhat/fold.cc",
     "use(stack[stack.size() - 1 - depth]);", "", UNIT + "dhat_writer_test"),
    ("the largest frame index is forgotten", "analyzer/dhat/point_reader.cc",
     "largest_frame_ = std::max(largest_frame_, frames_.back());", "", UNIT + "dhat_reader_test"),
    ("counts of a ledger are believed", "analyzer/ledger/ledger_file.h",
     "absl::Status status = CheckTable(header, table);", "absl::Status status;",
     UNIT + "ledger_test"),
    ("ids of a ledger are believed", "analyzer/ledger/reader.cc",
     "if (node.parent >= i || node.frame >= contents.frames.size())", "if (false)",
     UNIT + "ledger_test"),
    ("the last unit is not copied into the file", "shim/ledger/ledger.cc",
     "unit < used; ++unit", "unit + 1 < used; ++unit", UNIT + "ledger_test"),
    ("rules outlive their module", "shim/unwind/stack_trie.cc",
     "fetch_add(1, std::memory_order_release)", "fetch_add(0, std::memory_order_release)",
     (*E2E, "tests/e2e/test_unwinding.py", "-k", "plugin")),
    ("the interrupted address is taken for a return address", "shim/unwind/full_unwind.cc",
     "registers[kReturnAddress] - (is_exact ? 0 : 1)",
     "registers[kReturnAddress] - 1", (*E2E, "tests/e2e/test_unwinding.py", "-k", "engine or hard")),
    ("saved frame pointers are not followed", "shim/unwind/compact_rule.h",
     "*frame = {return_address - 1, cfa, frame_pointer};",
     "*frame = {return_address - 1, cfa, frame->frame_pointer};", (*E2E, "tests/e2e/test_unwinding.py")),
    ("a caller's frame is taken to begin 8 bytes further out", "shim/unwind/compact_rule.h",
     "*frame = {return_address - 1, cfa, frame_pointer};",
     "*frame = {return_address - 1, cfa + 8, frame_pointer};",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "containers")),
    ("a realigned frame's caller keeps its frame pointer", "shim/unwind/compact_rule.cc",
     "  rule->kind = CompactRule::Kind::kIndirect;\n  rule->saves_frame_pointer = true;",
     "  rule->kind = CompactRule::Kind::kIndirect;\n  rule->saves_frame_pointer = false;",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "torture")),
    ("a remembered row is not restored", "shim/unwind/cfi.cc",
     "row() = scratch_->remembered[--remembered_];", "--remembered_;",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "perl")),
    ("the last row of a function is taken for all of it", "shim/unwind/cfi.cc",
     "while (!bytes.is_done() && location <= pc) {", "while (!bytes.is_done()) {",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "perl")),
    ("a stack's id leads back to another stack", "shim/unwind/memo.cc",
     "StackId stack = outer->stack;",
     "StackId stack = outer == frames_ ? 0 : outer[-1].stack;",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "perl")),
    ("a stack that has the hash of another is taken for it", "shim/unwind/memo.cc",
     "is_known = frame.code == known->codes[i];", "",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "cc1plus")),
    ("a stack with other outer frames is taken for the same", "shim/unwind/memo.cc",
     "bool is_known = known->count == count && known->outer == named_->stack;",
     "bool is_known = known->count == count;",
     (*E2E, "tests/e2e/test_oracle.py", "-k", "cc1plus")),
    ("moments are not carried over to a coarser scale", "shim/record/details.cc",
     "slots[j] = from < kMoments ? slots[from] : 0;", "slots[j] = slots[j];",
     UNIT + "details_test"),
    ("a window's frees are forgotten with it", "shim/record/details.cc",
     "window == cell->era.window + 1 ? cell->window_freed_bytes : freed;", "freed;",
     UNIT + "details_test"),
    ("the first sizes are not in the histogram", "shim/record/details.cc",
     "    Add(cell, BitWidth(cell->smallest_request), cell->total_blocks);\n", "",
     UNIT + "recorder_test"),
    ("a block freed by another thread passes for its own's", "shim/record/recorder.h",
     "if (block.thread != t_thread) cell->remote_blocks += 1;", "", UNIT + "recorder_test"),
    ("a free is not recorded on another thread's block", "shim/record/recorder.h",
     "if (!TakeOut(address, &block) || IsOwn(block)) [[unlikely]]",
     "if (!TakeOut(address, &block) || IsOwn(block) || block.thread != t_thread)",
     (*E2E, "tests/e2e/test_real_programs.py", "-k", "eight")),
    ("the size of a search table is believed", "shim/unwind/cfi.cc",
     "bytes.is_broken() || count > bytes.left() / sizeof(Entry)", "bytes.is_broken()", FUZZ_CFI),
    ("the length of a frame description is believed", "shim/unwind/dwarf_bytes.h",
     "void CutAfter(uint64_t bytes) {\n    if (bytes > left()) {",
     "void CutAfter(uint64_t bytes) {\n    if (false) {", FUZZ_CFI),
    ("an offset takes the place of an expression", "shim/unwind/cfi.cc",
     "// def_cfa_offset\n        if (r.cfa_is_expression) return false;", "// def_cfa_offset",
     FUZZ_CFI),
    ("blocks are added without a lock", "shim/record/block_hash.cc",
     "  base::LockScope scope(stripe->lock);\n"
     "  if (!scope.ok()) return Outcome::kLockTimeout;\n"
     "  if (stripe->entries == nullptr ||", "  if (stripe->entries == nullptr ||", STORM),
    ("live blocks are summed while they are written", "shim/record/shard.h",
     "__atomic_store_n(&head_->live_blocks, head_->live_blocks + n, __ATOMIC_RELAXED)",
     "head_->live_blocks += n", STORM),
    ("memory that is not there is not told of", "shim/hooks/lifecycle.cc",
     "  if (!event.is_open()) {\n    GiveUp();\n    return;", "  if (!event.is_open()) {\n    return;",
     (*E2E, "tests/e2e/test_no_memory.py", "-k", "semantics")),
    ("a profiler of the benchmark may have recorded nothing", "tests/bench/bench.py",
     "if blocks < fewest:", "if False:", (*E2E, "tests/bench/test_bench.py", "-k", "recorded")),
    ("a program that a profiler of the benchmark broke has a figure", "tests/bench/profilers.py",
     "if sample.status != bare_status:", "if False:", (*E2E, "tests/bench/test_bench.py", "-k", "status")),
    ("within the spread of the run before, all the same moved", "tests/bench/results.py",
     " and not min(values) <= old_median <= max(values)", "", (*E2E, "tests/bench/test_bench.py", "-k", "moved")),
    ("a line that nobody reads raises its signal", "shim/hooks/standard_error.cc",
     "kWriteSignals = base::SignalBit(SIGPIPE) | base::SignalBit(SIGXFSZ)",
     "kWriteSignals = base::SignalBit(SIGXFSZ)",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "no_reader")),
    ("a daemon's ledger is left for when it has its first thousand events", "shim/hooks/lifecycle.cc",
     "== Stage::kEarly) CommitLedger(process);\n}", "== Stage::kOver) CommitLedger(process);\n}",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "daemon")),
    ("an allocator's operator new is not named", "shim/hooks/bypass.cc",
     "base::IsImported(entry.symbol)", "!base::IsImported(entry.symbol)",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "cppnew")),
    ("what jemalloc's operator new calls is a call of its own", "shim/hooks/process.cc",
     "!g_allocator_code.Has(caller) &&", "", (*E2E, "tests/e2e/test_hazards.py", "-k", "cppnew")),
    ("what a handler does within operator new passes unseen", "shim/hooks/process.cc",
     "caller != 0 && g_allocator_code.bytes != 0", "false && g_allocator_code.bytes != 0",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "cppnew")),
    ("an operator new that throws never ends", "shim/companions/cxx.cc",
     "if ((actions & kCleanupPhase) != 0) memshim_companion_leaves();", "(void)actions, (void)kCleanupPhase;",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "cppnew")),
    ("a companion is in the stacks", "shim/companions/companion.h",
     "  memshim_companion_loaded(", "  if (false) memshim_companion_loaded(",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "cppnew")),
    ("a pool's block takes the place of the one it was cut out of", "shim/hooks/pool.cc",
     "kInPool = uint64_t{1} << 63", "kInPool = 0", (*E2E, "tests/e2e/test_hazards.py", "-k", "pools")),
    ("jemalloc's libraries come to every program", "analyzer/run/companions.cc",
     "if (needs_cxx)", "if (!needs_cxx)", (*E2E, "tests/e2e/test_run_looks_first.py", "-k", "libraries")),
    ("the ledger is in core files", "shim/ledger/ledger.cc",
     "    base::SysMadvise(extent.at, extent.bytes, MADV_DONTDUMP);\n", "",
     (*E2E, "tests/properties/test_at_run_time.py", "-k", "core")),
    ("the ledger's descriptor stays open", "shim/hooks/process.cc", "    base::SysClose(fd);\n", "",
     (*E2E, "tests/e2e/test_what_the_program_sees.py", "-k", "system_calls")),
    ("a strict sandbox goes on being recorded", "shim/hooks/lifecycle.cc",
     "a[0] == SECCOMP_MODE_STRICT && is_ours", "false && is_ours",
     (*E2E, "tests/e2e/test_hazards.py", "-k", "strict")),
    ("a folder's name reaches the terminal as it is", "shim/hooks/lifecycle.cc",
     "made in \").AppendPlain(folder)", "made in \").Append(folder)", (*E2E, "tests/e2e/test_terminal.py")),
    ("JSON on a terminal turns its direction round", "analyzer/render/format.cc",
     "(point >= 0x202a && point <= 0x202e)", "false", (*E2E, "tests/e2e/test_terminal.py")),
    ("anybody's map names code", "analyzer/finish/jit_names.cc", " || info.st_uid != owner", "",
     UNIT + "jit_names_test"),
    ("another process's map names code", "analyzer/finish/jit_names.cc",
     "if (written < start_realtime_ns / 1'000'000'000) return {};", "", UNIT + "jit_names_test"),
    ("the clock is a system call", "shim/base/syscall.h", "if (g_clock_gettime == nullptr ||", "if (true ||",
     (*E2E, "tests/e2e/test_what_the_program_sees.py", "-k", "system_calls")),
    ("the analyzer inherits what closes standard error", "shim/hooks/start_analyzer_linux.cc",
     "RawSyscall(SYS_fcntl, 2, F_SETFD, 0);", "",
     (*E2E, "tests/e2e/test_said_plainly.py", "-k", "closed_on_exec")),
    ("the run ends when its end is noted, whatever threads do", "analyzer/ledger/reader.cc",
     "    last_ticks = std::max(last_ticks, contents->timeline.back().ticks);", "", UNIT + "ledger_test"),
    ("a signal to memshim run is not passed on", "analyzer/run/signals.cc",
     "kill(pid, signal);", "{}", (*E2E, "tests/e2e/test_run.py", "-k", "goes_to_the_program")),
    ("a signal of the terminal is sent once more", "analyzer/run/signals.cc",
     "if (!is_from_terminal) kill", "kill", (*E2E, "tests/e2e/test_run.py", "-k", "once")),
    ("the program begins with memshim's signals blocked", "analyzer/run/signals.cc",
     "  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);\n}\n\nbool Signals::Wait", "}\n\nbool Signals::Wait",
     (*E2E, "tests/e2e/test_run.py", "-k", "would_see")),
    ("an orphan's program takes itself for the first", "shim/hooks/ancestry_linux.cc",
     "if (config.first_pid != 0) {", "if (config.first_pid == base::SysGetpid()) {",
     (*E2E, "tests/e2e/test_run.py", "-k", "orphan")),
    ("what ran before exec passes for an earlier run's", "analyzer/finish/finish.cc",
     "std::min(start_realtime_ns, file.summary.start_realtime_ns)", "start_realtime_ns",
     (*E2E, "tests/e2e/test_said_plainly.py", "-k", "before_exec")),
    ("a merge keeps the first one's maxima alone", "analyzer/merge/merger.cc",
     "    model::AddCounters(point.counters, &sum.counters);\n", "",
     (*E2E, "tests/e2e/test_merge.py")),
    ("frames of any place in a page are the same to a merge", "analyzer/merge/merger.cc",
     "frame.address % kPageBytes : frame.address", "0 : frame.address",
     (*E2E, "tests/e2e/test_merge.py", "-k", "itself")),
    ("memshim is handed to programs that it breaks", "analyzer/run/run.cc",
     "look_.may_be_harmed || is_nested_", "is_nested_",
     (*E2E, "tests/e2e/test_run_looks_first.py", "-k", "sanitizers")),
    ("a recording that was stopped goes on", "shim/record/recorder.cc",
     "gate_->store(0, std::memory_order_relaxed);", "",
     (*E2E, "tests/e2e/test_run_duration.py", "-k", "records_no_more")),
    ("a process that was stopped starts the analyzer", "shim/hooks/lifecycle.cc",
     "if (IsStopWanted(process)) return;", "",
     (*E2E, "tests/e2e/test_run_duration.py", "-k", "idle")),
    ("what stays up is called a spike", "analyzer/metrics/course.cc",
     "return !is_high(values.back()) && !is_high(last) &&", "return !is_high(values.back()) &&",
     UNIT + "verdict_test"),
    ("whatever rises is called growing", "analyzer/metrics/course.cc",
     "         MedianOf(values, n - eighth, n) > MedianOf(values, n - 2 * eighth, n - eighth);",
     "         true || strictness > 0;", UNIT + "verdict_test"),
    ("what was freed late is not looked for", "analyzer/metrics/leaks.cc",
     "if (late > 0) add(", "if (false) add(", UNIT + "verdict_test"),
    ("a full cache passes for a leak", "analyzer/metrics/leaks.cc",
     "2 * rises >= steps && 4 * falls <= steps && rises_late &&", "4 * falls <= steps &&",
     UNIT + "verdict_test"),
    ("shares of a selection are of itself", "analyzer/metrics/findings.cc",
     "if (!findings.is_selection) findings.totals", "findings.totals", UNIT + "views_test"),
    ("hidden frames are charged", "analyzer/metrics/selection.cc",
     "return hide.Matches(frame); });\n    return point", "return false; });\n    return point",
     UNIT + "views_test"),
    ("recursion counts a stack again", "analyzer/metrics/source_lines.cc",
     "if (std::find(seen.begin(), seen.end(), place) != seen.end()) continue;", "", UNIT + "views_test"),
    ("recursion is a tree of itself", "analyzer/metrics/call_tree.cc",
     "if (path->empty() || path->back() != name) path", "path", UNIT + "views_test"),
    ("a small screen gets the sections of a large one", "analyzer/render/text_report.cc",
     "while (sections_.size() > 1 && wanted() > lines_left)", "while (false)", UNIT + "render_test"),
    ("pipes are paged", "analyzer/cli/report_command.cc",
     "screen.is_terminal && arguments.allow_pager", "arguments.allow_pager",
     (*E2E, "tests/e2e/test_report_views.py", "-k", "pager")),
    ("a key of the JSON report is not in its schema", "analyzer/render/json_verdict.cc",
     '"restBytes"', '"restOfBytes"', (*E2E, "tests/e2e/test_report_views.py", "-k", "schema")),
    ("a locale without UTF-8 gets bars", "analyzer/cli/report_command.cc",
     "options.unicode = screen.takes_utf8;", "options.unicode = true;",
     (*E2E, "tests/e2e/test_report_views.py", "-k", "locales")),
    ("only= is of no effect", "shim/hooks/config.cc",
     "!IsNamed(options.only.view(), argv, *config)", "false",
     (*E2E, "tests/e2e/test_run.py", "-k", "only")),
    ("a diff guesses what is not unique", "analyzer/diff/match_sites.cc",
     "if (!is_new) known->second = kSeveral;", "(void)is_new;", UNIT + "diff_test"),
    ("a diff takes functions of one name in two files for one", "analyzer/diff/match_sites.cc",
     "if (aspect == kFunctionAlone &&", "if (false && aspect == kFunctionAlone &&", UNIT + "diff_test"),
    ("a diff goes by places in different builds", "analyzer/diff/site_identity.cc",
     "if (site.function.empty() && is_same_build)", "if (site.function.empty())",
     UNIT + "diff_test"),
    ("a diff loses small changes", "analyzer/diff/compare.cc",
     "sum = model::SaturatingAdd(sum, difference);", "", UNIT + "diff_test"),
    ("a diff keeps versions behind .so", "analyzer/diff/site_identity.cc",
     "at == absl::string_view::npos ? name :", "true ? name :", UNIT + "diff_test"),
    ("a budget may be passed by one", "analyzer/check/check.cc",
     "  if (outcome.found > outcome.limit) {\n    outcome.verdict",
     "  if (outcome.found > outcome.limit + 1) {\n    outcome.verdict", UNIT + "check_test"),
    ("a budget for leaks counts the runtime's own", "analyzer/check/measure.cc",
     "for (const uint32_t point : site.points) is_leak_[point] = false;", "", UNIT + "check_test"),
    ("a budget that cannot be checked is kept", "analyzer/check/check.cc",
     "    outcome.verdict = Verdict::kUnknown;\n    return outcome;", "    return outcome;",
     UNIT + "check_test"),
    ("a budget passes by an older profile", "analyzer/cli/check_command.cc",
     "if (status.ok() && has_command) status = CheckIsOfThisRun", "if (false) status = CheckIsOfThisRun",
     (*E2E, "tests/e2e/test_check.py", "-k", "older_file")),
    ("a budget's status hides the command's", "analyzer/cli/check_command.cc",
     "if (command_status != 0) EndProcess(command_status);", "",
     (*E2E, "tests/e2e/test_check.py", "-k", "recorded_first")),
    ("a budget's suppressions ignore the anchor at the end", "analyzer/check/place.cc",
     "if (pattern.front() == '$') return text.empty() || is_after_asterisk;",
     "if (pattern.front() == '$') return true;", UNIT + "check_test"),
    ("a budget's XML has control characters", "analyzer/check/junit.cc",
     "dhat::MakeValidUtf8(render::CleanText(text))", "dhat::MakeValidUtf8(text)",
     UNIT + "check_test"),
    ("for budgets a constructor's blocks are the loader's", "analyzer/metrics/site.cc",
     "if (kinds_[frame] == FrameKind::kUser) break;", "", UNIT + "metrics_test"),
    ("bash is not told an option's values", "tools/make_completion.py",
     "        if values:\n            lines.append(f'      --{name}) COMPREPLY",
     "        if False:\n            lines.append(f'      --{name}) COMPREPLY",
     (*E2E, "tests/e2e/test_manual_and_completion.py", "-k", "completion")),
]


def run(command, cwd, env=None, timeout=900):
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True,
                          timeout=timeout, check=False)


def main():
    started = time.monotonic()
    chosen = [mutation for mutation in MUTATIONS
              if not sys.argv[1:] or any(word in mutation[0] for word in sys.argv[1:])]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="memshim-controls-"))
    tree, build = folder / "tree", folder / "build"
    try:
        files = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                    REPOSITORY).stdout.split("\n")
        for name in filter(None, files):
            if (REPOSITORY / name).is_file():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, tree / name)
        done = run(["/usr/bin/meson", "setup", build, tree], folder)
        assert done.returncode == 0, done.stdout + done.stderr
        failed = 0
        for what, name, old, new, test in chosen:
            failed += not is_noticed(what, tree, build, name, old, new, test)
        print(f"controls: {len(chosen)} mutations, {failed} unnoticed, "
              f"{time.monotonic() - started:.0f} s")
        return 1 if failed else 0
    finally:
        shutil.rmtree(folder)


def how_to_run(test, tree, build):
    """(build directory, targets, command) of a test; a sanitized build is set up at its first."""
    if isinstance(test, Sanitized):
        build = build.with_name(f"{build.name}-{test.build}")
        if not build.exists():
            done = run(["/usr/bin/meson", "setup", build, tree, "-Ddebug=false", "-Doptimization=1",
                        "-Db_lundef=false", "-Dpage=disabled", *SANITIZED[test.build]], tree, CLANG)
            assert done.returncode == 0, done.stdout + done.stderr
        return build, [test.target], [word.replace("{}", str(build)) for word in test.command]
    if isinstance(test, str):
        return build, [test], [build / test]
    return build, [], test


def is_red(test, tree, build):
    """Builds and runs a test. None: it does not compile."""
    env = {**os.environ, "MEMSHIM_BUILD": str(build)}
    folder, targets, command = how_to_run(test, tree, build)
    done = run(["/usr/bin/ninja", "-C", folder, *targets], tree)
    if done.returncode != 0:
        print(done.stdout[-2000:])
        return None
    try:
        return run(command, tree, env, timeout=90).returncode != 0
    except subprocess.TimeoutExpired:
        return True  # a broken table may make its test wait for ever


@functools.lru_cache(maxsize=None)
def is_green_as_it_is(tree, build, test):
    """A test that is red anyway would notice everything."""
    return is_red(test, tree, build) is False


def is_noticed(what, tree, build, name, old, new, test):
    path = tree / name
    text = path.read_text()
    if text.count(old) != 1:
        print(f"STALE   {what}: the text to change occurs {text.count(old)} times in {name}")
        return False
    if not is_green_as_it_is(tree, build, test):
        print(f"BROKEN  {what}: its test fails without any change", flush=True)
        return False
    path.write_text(text.replace(old, new))
    try:
        found = is_red(test, tree, build)
    finally:
        path.write_text(text)
    verdict = {None: "BROKEN ", True: "red    ", False: "GREEN  "}[found]
    print(f"{verdict} {what}", flush=True)
    return found is True


if __name__ == "__main__":
    sys.exit(main())
