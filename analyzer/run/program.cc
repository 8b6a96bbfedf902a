// See program.h.
#include "analyzer/run/program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::run {
namespace {

constexpr char kShell[] = "/bin/sh";
constexpr int kMostInterpreters = 4;  // of one another, as Linux allows

bool IsExecutable(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string FindInPath(const std::string& command) {
  if (command.find('/') != std::string::npos) return IsExecutable(command) ? command : "";
  const char* path = getenv("PATH");
  for (const absl::string_view folder :
       absl::StrSplit(path == nullptr ? "/bin:/usr/bin" : path, ':')) {
    std::string file = absl::StrCat(folder.empty() ? "." : folder, "/", command);
    if (IsExecutable(file)) return file;
  }
  return "";
}

// The words of a "#!" line; none in another file. A text without one is run by the shell.
std::vector<std::string> InterpreterOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char start[4] = {};
  file.read(start, sizeof(start));
  for (const absl::string_view magic : {"\177ELF", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"}) {
    if (absl::string_view(start, 4) == magic) return {};  // the latter two of macOS
  }
  if (start[0] != '#' || start[1] != '!') return {kShell};
  file.clear();
  file.seekg(2);
  std::string line;
  std::getline(file, line);
  std::vector<std::string> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipWhitespace());
  if (words.empty()) words.push_back(kShell);
  return words;
}

// What "#!/usr/bin/env -S NAME=value python3" will run.
std::string RunByEnv(const std::vector<std::string>& words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i][0] != '-' && !absl::StrContains(words[i], '=')) return FindInPath(words[i]);
  }
  return "";
}

}  // namespace

Program FindProgram(const std::string& command) {
  Program program;
  program.path = FindInPath(command);
  std::string executable = program.path;
  for (int i = 0; i < kMostInterpreters && !executable.empty(); ++i) {
    const std::vector<std::string> interpreter = InterpreterOf(executable);
    if (interpreter.empty()) break;
    program.is_script = true;
    program.launchers.push_back(interpreter[0]);
    executable =
        metrics::BaseName(interpreter[0]) == "env" ? RunByEnv(interpreter) : interpreter[0];
  }
  std::error_code error;
  program.executable = std::filesystem::canonical(executable, error).string();
  return program;
}

}  // namespace memshim::analyzer::run
