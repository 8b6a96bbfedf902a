// See macho_look.h. What dyld heeds: System Integrity Protection, the code signature's flags and
// entitlements, the kind of processor. docs/platforms.md has it in words.
#include "analyzer/run/macho_look.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "analyzer/macho/code_signature.h"
#include "analyzer/metrics/frame_kind.h"

namespace memshim::analyzer::run {
namespace {

using macho::Processor;

bool IsProtected(const std::string& path, const MacosFacts& facts) {
  return facts.has_integrity_protection && (IsInSystemFolder(path) || facts.is_restricted(path));
}

// A script is started by what its first line names; protected, that drops the variable by which
// memshim comes, for itself and for all it starts.
std::string LookAtLaunchers(const Program& program, const MacosFacts& facts) {
  for (const std::string& launcher : program.launchers) {
    if (!IsProtected(launcher, facts)) continue;
    std::string line =
        absl::StrCat(program.path, " is a script that ", launcher,
                     " runs, which macOS protects: it drops what memshim is loaded by, and "
                     "nothing is recorded; ");
    if (metrics::BaseName(launcher) == "env" && !program.executable.empty() &&
        !IsProtected(program.executable, facts)) {
      return absl::StrCat(line, "run it as: ", program.executable, " ", program.path);
    }
    return absl::StrCat(line,
                        "run the program it starts, or the script by an interpreter of your own");
  }
  return "";
}

// The image that will run: of this processor, or of the other one by translation; null: none can.
const macho::Image* ChooseImage(const macho::File& file, Processor processor) {
  const macho::Image* chosen = nullptr;
  for (const macho::Image& image : file.images()) {
    if (image.type != macho::kExecutable) continue;
    if (image.processor == processor) return &image;
    const bool may_run = image.processor == Processor::kX86_64 ||
                         (image.processor == Processor::kArm64e && processor == Processor::kArm64);
    // (The system prefers its own kind, arm64e, before translating.)
    if (may_run && (chosen == nullptr || image.processor == Processor::kArm64e)) chosen = &image;
  }
  return chosen;
}

std::string SanitizerOf(const macho::Image& image) {
  for (const std::string& library : image.libraries) {
    const absl::string_view name = metrics::BaseName(library);
    for (const char* runtime : {"libclang_rt.asan_", "libclang_rt.tsan_", "libclang_rt.lsan_"}) {
      if (absl::StartsWith(name, runtime)) return std::string(name);
    }
  }
  return "";
}

Look LookAtSignature(const std::string& path, const macho::CodeSignature& signature) {
  if (signature.is_restricted) {
    return {absl::StrCat(path,
                         " is signed as restricted: dyld heeds no variables for it; record a copy "
                         "signed anew: codesign --force --sign - COPY"),
            false};
  }
  if (signature.has_hardened_runtime && !signature.allows_dyld_variables) {
    return {absl::StrCat(path,
                         " has the hardened runtime, which keeps memshim out; record a copy signed "
                         "anew, without it: codesign --force --sign - COPY; or sign it with the "
                         "entitlements com.apple.security.cs.allow-dyld-environment-variables and "
                         "com.apple.security.cs.disable-library-validation"),
            false};
  }
  if (signature.requires_validated_libraries && !signature.allows_any_library) {
    // dyld ends a program that a library to be inserted may not be loaded into.
    return {
        absl::StrCat(path, " loads libraries of ",
                     signature.team.empty() ? std::string("its own signer")
                                            : absl::StrCat("its own team, ", signature.team, ","),
                     " and Apple alone: it runs unrecorded; sign it with the entitlement "
                     "com.apple.security.cs.disable-library-validation"),
        true};
  }
  return {};
}

Look LookAtImage(const std::string& path, const macho::File& file, const macho::Image& image) {
  if (image.processor == Processor::kArm64e) {
    return {
        absl::StrCat(path,
                     " is for arm64e, the kind of the system's own programs: memshim is none, and "
                     "it runs unrecorded; build it for arm64"),
        true};
  }
  if (!image.has_loader) {
    return {absl::StrCat(path, " is statically linked: it cannot be recorded, only what it starts"),
            false};
  }
  if (image.is_restricted) {
    return {absl::StrCat(path,
                         " has a segment __RESTRICT: dyld heeds no variables for it; link it "
                         "without -sectcreate __RESTRICT __restrict"),
            false};
  }
  const std::optional<macho::CodeSignature> signature =
      macho::ReadCodeSignature(file.Read(image, image.code_signature));
  if (signature.has_value()) {
    Look look = LookAtSignature(path, *signature);
    if (!look.line.empty()) return look;
  }
  if (const std::string sanitizer = SanitizerOf(image); !sanitizer.empty()) {
    return {absl::StrCat(path, " is built with a sanitizer (", sanitizer,
                         "), which needs malloc for itself: it runs unrecorded; build it without "
                         "-fsanitize"),
            true};
  }
  return {};
}

}  // namespace

bool IsInSystemFolder(const std::string& path) {
  for (const char* folder : {"/usr/local/", "/System/Volumes/Data/"}) {  // the user's own
    if (absl::StartsWith(path, folder)) return false;
  }
  for (const char* folder : {"/bin/", "/sbin/", "/usr/", "/System/"}) {
    if (absl::StartsWith(path, folder)) return true;
  }
  return false;
}

Look LookAtMacho(const Program& program, const MacosFacts& facts) {
  const std::string& path = program.executable;
  if (path.empty()) return {};
  if (std::string line = LookAtLaunchers(program, facts); !line.empty()) {
    return {std::move(line), false};
  }
  if (IsProtected(path, facts)) {
    return {absl::StrCat(
                path,
                " is one of the system's programs, which macOS protects: it drops what memshim "
                "is loaded by, and neither it nor what it starts is recorded; use one of your "
                "own, or a copy that is signed anew: codesign --force --sign - COPY"),
            false};
  }
  if (const std::string rights = facts.more_rights(path); !rights.empty()) {
    return {absl::StrCat(path, " runs with other rights than yours (", rights,
                         "): dyld keeps memshim out; run it as the user it runs as"),
            false};
  }
  std::string problem;
  const std::optional<macho::File> file = macho::File::Open(path, &problem);
  if (!file.has_value()) return {};
  const macho::Image* image = ChooseImage(*file, facts.processor);
  if (image == nullptr) return {};  // running it will tell
  Look look = LookAtImage(path, *file, *image);
  if (!look.line.empty() || !program.is_script) return look;
  look.line = absl::StrCat(program.path, " is a script: recorded is what runs it, ", path,
                           ", and what that starts");
  return look;
}

}  // namespace memshim::analyzer::run
