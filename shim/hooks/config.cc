// See config.h. The options: docs/options.md.
#include "shim/hooks/config.h"

#include <cstring>

#include "shim/hooks/surroundings.h"
#include "shim/ledger/format.h"
#include "shim/unwind/unwinder.h"
#include "system_calls.h"

namespace memshim::hooks {
namespace {

using base::Path;

constexpr std::string_view kHelp =
    "memshim: MEMSHIM_OPTIONS=key=value:key=value (\\: for a colon in a value)\n"
    "memshim:   output=PATH    the profile; %p pid, %e program, %h host, %n images before it\n"
    "memshim:   depth=N        frames recorded of each stack, 1 to 512 (512)\n"
    "memshim:   fold=on|off    keep the profile under 50 MB (on)\n"
    "memshim:   quiet=0|1      0: print the totals always, 1: never (only on a terminal)\n"
    "memshim:   dir=PATH       folder of the ledger while the program runs (beside the output)\n"
    "memshim:   unwinder=NAME  cfi or libunwind (cfi)\n"
    "memshim:   verify=on|off  compare each stack with libunwind's; for tests, slow (off)\n"
    "memshim:   analyzer=PATH  memshim-report to be started at the end\n"
    "memshim:   follow=on|off  record forked and started children, too (on)\n"
    "memshim:   only=NAMES     record only programs of these names, with commas between them\n"
    "memshim:   first=PID      the first process of the tree; memshim run sets it\n"
    "memshim:   wait=S         seconds to wait for the profile at the end (10)\n"
    "memshim:   help=1         this text\n";

void Warn(Config* config, std::string_view what, std::string_view text, std::string_view expected) {
  config->messages.Append("memshim: MEMSHIM_OPTIONS: ")
      .Append(what)
      .Append(" \"")
      .AppendPlain(text);
  config->messages.Append("\"; ").Append(expected).Append("\n");
}

bool ReadSwitch(Config* config, std::string_view key, std::string_view value, bool* result) {
  if (value == "on" || value == "1") {
    *result = true;
  } else if (value == "off" || value == "0") {
    *result = false;
  } else {
    base::Text<64> what;
    what.Append("bad value of ").Append(key);
    Warn(config, what.view(), value, "expected on or off; the default stays");
    return false;
  }
  return true;
}

void ReadNumber(Config* config, std::string_view key, std::string_view value, int low, int high,
                int* result) {
  uint64_t number = 0;
  std::string_view rest = value;
  if (base::ConsumeNumber(&rest, &number) && rest.empty() && number >= static_cast<uint64_t>(low) &&
      number <= static_cast<uint64_t>(high)) {
    *result = static_cast<int>(number);
    return;
  }
  base::Text<64> what;
  base::Text<128> expected;
  what.Append("bad value of ").Append(key);
  expected.Append("expected ").AppendNumber(static_cast<uint64_t>(low)).Append(" to ");
  expected.AppendNumber(static_cast<uint64_t>(high)).Append("; the default stays");
  Warn(config, what.view(), value, expected.view());
}

struct Options {
  Path output;
  Path only;
  int quiet = -1;  // not given
};

void ApplyOption(std::string_view key, std::string_view value, Config* config, Options* options) {
  if (key == "output") {
    options->output.Clear();
    options->output.Append(value);
  } else if (key == "dir") {
    config->dir.Clear();
    config->dir.Append(value);
  } else if (key == "analyzer") {
    config->analyzer.Clear();
    config->analyzer.Append(value);
  } else if (key == "unwinder") {
    if (unwind::EngineByName(value) == unwind::Engine::kNone) {
      Warn(config, "bad value of unwinder", value, "expected cfi or libunwind; the default stays");
      return;
    }
    config->unwinder.Clear();
    config->unwinder.Append(value);
  } else if (key == "depth") {
    ReadNumber(config, key, value, 1, static_cast<int>(ledger::kMaxDepth), &config->depth);
  } else if (key == "wait") {
    ReadNumber(config, key, value, 0, 3600, &config->wait_seconds);
  } else if (key == "fold") {
    bool is_on = true;
    if (ReadSwitch(config, key, value, &is_on)) config->is_unfolded = !is_on;
  } else if (key == "first") {
    ReadNumber(config, key, value, 1, 1 << 22, &config->first_pid);
  } else if (key == "only") {
    options->only.Clear();
    options->only.Append(value);
  } else if (key == "follow") {
    ReadSwitch(config, key, value, &config->is_followed);
  } else if (key == "verify") {
    ReadSwitch(config, key, value, &config->is_verified);
  } else if (key == "quiet") {
    bool is_on = false;
    if (ReadSwitch(config, key, value, &is_on)) options->quiet = is_on ? 1 : 0;
  } else if (key == "help") {
    config->messages.Append(kHelp);
  } else {
    Warn(config, "unknown key", key, "it is ignored; help=1 lists the keys");
  }
}

// Cuts one "key=value" off, with \: and \\ undone in place of the value.
void ApplyOptions(std::string_view text, Config* config, Options* options) {
  while (!text.empty()) {
    Path item;
    size_t i = 0;
    for (; i < text.size() && text[i] != ':'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ':' || text[i + 1] == '\\'))
        ++i;
      item.AppendChar(text[i]);
    }
    text.remove_prefix(i < text.size() ? i + 1 : i);
    if (item.empty()) continue;
    const void* equals = memchr(item.c_str(), '=', item.size());
    if (equals == nullptr) {
      Warn(config, "no value in", item.view(), "expected key=value; it is ignored");
      continue;
    }
    const size_t at = static_cast<size_t>(static_cast<const char*>(equals) - item.c_str());
    ApplyOption({item.c_str(), at}, {item.c_str() + at + 1, item.size() - at - 1}, config, options);
  }
}

std::string_view FindVariable(char** envp, std::string_view name) {
  for (char** entry = envp; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.size() > name.size() && memcmp(text.data(), name.data(), name.size()) == 0 &&
        text[name.size()] == '=') {
      return {text.data() + name.size() + 1, text.size() - name.size() - 1};
    }
  }
  return {};
}

// Whether `names`, with commas between them, has the program's, as its file or its caller calls it.
bool IsNamed(std::string_view names, char** argv, const Config& config) {
  const std::string_view executable = base::NameOf(config.executable.view());
  const bool is_called = argv != nullptr && argv[0] != nullptr;
  const std::string_view called = is_called ? base::NameOf(argv[0]) : executable;
  while (!names.empty()) {
    size_t end = 0;
    while (end < names.size() && names[end] != ',') ++end;
    const std::string_view name(names.data(), end);
    if (!name.empty() && (name == executable || name == called)) return true;
    names.remove_prefix(end < names.size() ? end + 1 : end);
  }
  return false;
}

}  // namespace

void ExpandOutput(const Config& config, int pid, unsigned image, Path* path) {
  std::string_view pattern = config.output_pattern.view();
  if (pattern.empty()) pattern = "dhat-heap.json";
  path->Clear();
  if (pattern[0] != '/') {
    path->Append(config.start_directory.view());
    if (path->view() != "/") path->Append("/");
  }
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (next == 'p') {
      path->AppendNumber(static_cast<uint64_t>(pid));
    } else if (next == 'e') {
      path->Append(base::NameOf(config.executable.view()));
    } else if (next == 'n') {
      path->AppendNumber(image);
    } else if (next == '%') {
      path->AppendChar('%');
    } else if (next != 'h' || !AppendHostName(path)) {
      path->AppendChar(pattern[i]);
      continue;
    }
    ++i;
  }
}

void ReadConfig(int argc, char** argv, char** envp, Config* config) {
  config->depth = static_cast<int>(ledger::kMaxDepth);
  config->wait_seconds = 10;
  config->is_followed = true;
  config->unwinder.Append("cfi");
  Options options;
  if (HasMoreRights()) {
    // A program with more rights than its caller: nothing of the caller's may steer where files
    // appear, so nothing is recorded.
    config->is_off = true;
    return;
  }
  ApplyOptions(FindVariable(envp, "MEMSHIM_OPTIONS"), config, &options);
  config->runtime_dir.Append(FindVariable(envp, "XDG_RUNTIME_DIR"));
  config->temporary_dir.Append(FindVariable(envp, "TMPDIR"));
  config->is_silent = options.quiet == 1;
  // A message may go out at the end only if descriptor 2 still is what it is now (lifecycle checks)
  // and somebody reads it: a terminal, or quiet=0. memshim run has its own words at the end.
  config->is_announced =
      options.quiet == 0 || (options.quiet == -1 && config->first_pid == 0 && IsTerminal(2));
  AppendExecutable(argv, &config->executable);
  config->has_only = !options.only.empty();
  if (!options.only.empty() && !IsNamed(options.only.view(), argv, *config)) config->is_off = true;
  for (int i = 0; i < argc && !config->command.overflowed(); ++i) {
    config->command.Append(argv[i]).AppendChar('\0');
  }
  config->output_pattern.Append(options.output.view());
  char directory[base::kPathCapacity] = {};
  const long size = base::SysGetcwd(directory, sizeof(directory));
  // Deleted, or out of reach: then nothing can be written there, and there is never a folder of
  // this name.
  const bool is_there = size > 0 && directory[0] == '/';
  config->start_directory.Append(is_there ? directory : "/proc/self/cwd (deleted)");
}

}  // namespace memshim::hooks
