// What an image's code signature lets dyld do: the flags of its code directory, and entitlements.
#ifndef MEMSHIM_ANALYZER_MACHO_CODE_SIGNATURE_H_
#define MEMSHIM_ANALYZER_MACHO_CODE_SIGNATURE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace memshim::analyzer::macho {

struct CodeSignature {
  bool is_ad_hoc = false;                     // signed by nobody
  bool has_hardened_runtime = false;          // dyld heeds no variables, but by an entitlement
  bool is_restricted = false;                 // the same, without exception
  bool requires_validated_libraries = false;  // none but its own team's and Apple's are loaded
  bool allows_dyld_variables = false;         // entitlements
  bool allows_any_library = false;
  std::string team;
};

// Of the bytes that LC_CODE_SIGNATURE tells of. Nullopt: there is no code directory in them.
std::optional<CodeSignature> ReadCodeSignature(absl::string_view bytes);

// Whether a property list in XML has the key with the value true.
bool HasTrueKey(absl::string_view plist, absl::string_view key);

}  // namespace memshim::analyzer::macho

#endif  // MEMSHIM_ANALYZER_MACHO_CODE_SIGNATURE_H_
