// See code_signature.h. Format: XNU's <kern/cs_blobs.h>; numbers are big-endian. A "super blob" is
// an index of (kind, offset), each leading to a blob: its magic, its length, its content.
#include "analyzer/macho/code_signature.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "analyzer/macho/macho_bytes.h"

namespace memshim::analyzer::macho {
namespace {

constexpr uint32_t kSuperBlob = 0xfade0cc0, kCodeDirectory = 0xfade0c02, kEntitlements = 0xfade7171;
constexpr uint32_t kMostBlobs = 64;

// A blob with its magic and length, as far as it is there.
absl::string_view BlobAt(absl::string_view bytes, uint32_t offset) {
  if (offset > bytes.size()) return "";
  const absl::string_view rest = bytes.substr(offset);
  return rest.substr(0, BigEndian32(rest, 4));
}

void ReadCodeDirectory(absl::string_view blob, CodeSignature* signature) {
  constexpr uint32_t kAdHoc = 0x2, kRestrict = 0x800, kRequireValidation = 0x2000,
                     kRuntime = 0x10000;
  constexpr uint32_t kFirstVersionWithTeam = 0x20200;
  const uint32_t flags = BigEndian32(blob, 12);
  signature->is_ad_hoc = (flags & kAdHoc) != 0;
  signature->has_hardened_runtime = (flags & kRuntime) != 0;
  signature->is_restricted = (flags & kRestrict) != 0;
  // The hardened runtime has it of its own.
  signature->requires_validated_libraries = (flags & (kRequireValidation | kRuntime)) != 0;
  const uint32_t team = BigEndian32(blob, 48);
  if (BigEndian32(blob, 8) >= kFirstVersionWithTeam && team != 0) {
    signature->team = std::string(TextAt(blob, team));
  }
}

}  // namespace

bool HasTrueKey(absl::string_view plist, absl::string_view key) {
  const std::string element = absl::StrCat("<key>", key, "</key>");
  const size_t at = plist.find(element);
  if (at == absl::string_view::npos) return false;
  absl::string_view value = plist.substr(at + element.size());
  value.remove_prefix(std::min(value.find('<'), value.size()));
  return absl::StartsWith(value, "<true/>") || absl::StartsWith(value, "<true></true>");
}

std::optional<CodeSignature> ReadCodeSignature(absl::string_view bytes) {
  if (BigEndian32(bytes, 0) != kSuperBlob) return std::nullopt;
  const uint32_t count = std::min(BigEndian32(bytes, 8), kMostBlobs);
  CodeSignature signature;
  bool has_directory = false;
  for (uint32_t i = 0; i < count; ++i) {
    const absl::string_view blob = BlobAt(bytes, BigEndian32(bytes, 12 + 8 * uint64_t{i} + 4));
    const uint32_t magic = BigEndian32(blob, 0);
    // Further directories are of other hash functions and say the same.
    if (magic == kCodeDirectory && !has_directory) {
      ReadCodeDirectory(blob, &signature);
      has_directory = true;
    } else if (magic == kEntitlements && blob.size() > 8) {
      const absl::string_view plist = blob.substr(8);
      signature.allows_dyld_variables =
          HasTrueKey(plist, "com.apple.security.cs.allow-dyld-environment-variables");
      signature.allows_any_library =
          HasTrueKey(plist, "com.apple.security.cs.disable-library-validation");
    }
  }
  if (!has_directory) return std::nullopt;
  return signature;
}

}  // namespace memshim::analyzer::macho
