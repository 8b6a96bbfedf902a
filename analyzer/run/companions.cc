// See companions.h.
#include "analyzer/run/companions.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "analyzer/metrics/frame_kind.h"
#include "analyzer/run/elf_facts.h"
#include "analyzer/run/preload.h"

namespace memshim::analyzer::run {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr size_t kMostText = 1 << 20;
constexpr char kFolder[] = "memshim";  // beside libmemshim.so: see shim/memshim/meson.build

// What comes out of `fd` until it is closed or the time is over.
std::string ReadAll(int fd) {
  std::string text;
  const absl::Time deadline = absl::Now() + kPatience;
  while (text.size() < kMostText && absl::Now() < deadline) {
    pollfd wait = {fd, POLLIN, 0};
    if (poll(&wait, 1, 100) <= 0) continue;
    char buffer[4096];
    const ssize_t bytes = read(fd, buffer, sizeof(buffer));
    if (bytes <= 0) break;
    text.append(buffer, static_cast<size_t>(bytes));
  }
  return text;
}

// Runs nothing of the program's: the loader lists what it would load, with `library` before what is
// in LD_PRELOAD, and ends.
std::string AskLoader(const std::string& executable, const std::string& library) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const absl::Cleanup clean_up = [&] {
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
  };
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> variables = RecordingEnvironment({library}, "");
  variables.emplace_back("LD_TRACE_LOADED_OBJECTS=1");
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string name = executable;
  char* arguments[] = {name.data(), nullptr};
  pid_t pid;
  const int error =
      posix_spawn(&pid, executable.c_str(), &actions, nullptr, arguments, environment.data());
  close(ends[1]);
  if (error != 0) return "";
  std::string told = ReadAll(ends[0]);
  kill(pid, SIGKILL);  // it has ended, or will not
  waitpid(pid, nullptr, 0);
  return told;
}

}  // namespace

// Lines such as "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f...)" or "\t/a/b.so
// (0x...)".
std::vector<std::string> LoadedFiles(const std::string& told) {
  std::vector<std::string> files;
  for (absl::string_view line : absl::StrSplit(told, '\n')) {
    const size_t address = line.rfind(" (0x");
    if (address == absl::string_view::npos || !absl::ConsumePrefix(&line, "\t")) continue;
    line = line.substr(0, address - 1);  // the tab is gone
    const size_t arrow = line.find(" => ");
    if (arrow != absl::string_view::npos) line.remove_prefix(arrow + 4);
    if (absl::StartsWith(line, "/")) files.emplace_back(line);
  }
  return files;
}

std::vector<std::string> LibrariesFor(const Program& program, const std::string& library) {
  const std::optional<ElfFacts> own = ReadElfFacts(program.executable);
  const bool is_asked = own.has_value() && own->is_of_our_kind &&
                        absl::StartsWith(metrics::BaseName(own->interpreter), "ld-linux");
  // Where it has no such loader, what it starts may have.
  const std::string asked = is_asked ? program.executable : "/proc/self/exe";
  const std::filesystem::path folder = std::filesystem::path(library).parent_path();
  const std::string for_each_loader = folder / kFolder;
  const std::string by_platform =
      absl::StrCat(for_each_loader, "/$PLATFORM/", metrics::BaseName(library));
  bool is_completed = false, needs_cxx = false, has_jemallocs = false;
  bool uses_jemallocs = is_asked && own->uses_jemallocs_api;
  for (const std::string& file : LoadedFiles(AskLoader(asked, by_platform))) {
    is_completed |= absl::StartsWith(file, absl::StrCat(for_each_loader, "/"));
    const std::optional<ElfFacts> facts = is_asked ? ReadElfFacts(file) : std::nullopt;
    if (!facts.has_value()) continue;
    uses_jemallocs |= facts->uses_jemallocs_api;
    if (!facts->exports_malloc) continue;
    needs_cxx |= facts->has_operator_new;
    has_jemallocs |=
        std::count(facts->telling_names.begin(), facts->telling_names.end(), "mallctl") != 0;
  }
  std::vector<std::string> result = {is_completed ? by_platform : library};
  const auto add = [&](const char* name) {
    if (access((folder / name).c_str(), R_OK) != 0) return;
    result.push_back(is_completed ? absl::StrCat(for_each_loader, "/$PLATFORM/", name)
                                  : (folder / name).string());
  };
  if (needs_cxx) add("libmemshim_cxx.so");
  if (uses_jemallocs && has_jemallocs) add("libmemshim_jemalloc.so");
  return result;
}

}  // namespace memshim::analyzer::run
