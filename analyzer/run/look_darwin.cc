// See look.h. For macOS: what the system knows of a program, for macho_look.cc.
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "analyzer/run/look.h"
#include "analyzer/run/macho_look.h"

// Exported by libsystem_kernel.dylib; in no header. The first gives the parts of System Integrity
// Protection that are off.
extern "C" int csr_get_active_config(uint32_t* config);

namespace memshim::analyzer::run {
namespace {

bool IsRestricted(const std::string& path) {
  struct stat info;
  constexpr uint32_t kRestricted = 0x00080000;  // SF_RESTRICTED
  return stat(path.c_str(), &info) == 0 && (info.st_flags & kRestricted) != 0;
}

std::string MoreRights(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return "";
  if ((info.st_mode & S_ISUID) != 0 && info.st_uid != geteuid()) return "set-user-ID";
  if ((info.st_mode & S_ISGID) != 0 && info.st_gid != getegid()) return "set-group-ID";
  return "";
}

bool HasIntegrityProtection() {
  constexpr uint32_t kAllowUnrestrictedFilesystem = 1 << 1;
  uint32_t config = 0;
  return csr_get_active_config(&config) != 0 || (config & kAllowUnrestrictedFilesystem) == 0;
}

// A number that the system tells; 0 where it knows none of that name.
int Fact(const char* name) {
  int value = 0;
  size_t bytes = sizeof(value);
  return sysctlbyname(name, &value, &bytes, nullptr, 0) == 0 ? value : 0;
}

// Of which kind the system prefers an image: of the machine's, but what a translated process starts
// is translated, too.
macho::Processor PreferredProcessor() {
  const bool is_native = Fact("hw.optional.arm64") != 0 && Fact("sysctl.proc_translated") == 0;
  return is_native ? macho::Processor::kArm64 : macho::Processor::kX86_64;
}

}  // namespace

Look LookAt(const Program& program) {
  return LookAtMacho(program,
                     {PreferredProcessor(), HasIntegrityProtection(), IsRestricted, MoreRights});
}

}  // namespace memshim::analyzer::run
