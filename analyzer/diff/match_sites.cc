// See match_sites.h.
#include "analyzer/diff/match_sites.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "analyzer/diff/site_identity.h"
#include "analyzer/model/counters.h"

namespace memshim::analyzer::diff {
namespace {

using metrics::SiteGroup;

struct Entry {
  SiteIdentity id;
  SiteGroup site;
  bool is_matched = false;
};

// Paths of modules whose build-id the other profile has, too.
absl::flat_hash_set<absl::string_view> SameBuilds(const model::Profile& profile,
                                                  const model::Profile& other) {
  absl::flat_hash_set<absl::string_view> builds, paths;
  for (const model::Module& module : other.modules) {
    if (!module.build_id.empty()) builds.insert(module.build_id);
  }
  for (const model::Module& module : profile.modules) {
    if (builds.contains(module.build_id)) paths.insert(module.path);
  }
  return paths;
}

// The sites of a profile with those of one identity added up.
std::vector<Entry> EntriesOf(const model::Profile& profile, const model::Profile& other) {
  const absl::flat_hash_set<absl::string_view> same_builds = SameBuilds(profile, other);
  std::vector<Entry> entries;
  absl::flat_hash_map<SiteIdentity, size_t> by_id;
  for (SiteGroup& site : metrics::GroupBySite(profile, metrics::SiteFinder(profile))) {
    SiteIdentity id = IdentityOf(site, same_builds.contains(site.module_path));
    const auto [known, is_new] = by_id.try_emplace(id, entries.size());
    if (is_new) {
      if (id.module_offset == 0) site.address = site.module_offset = 0;
      entries.push_back({std::move(id), std::move(site), false});
      continue;
    }
    SiteGroup& sum = entries[known->second].site;
    model::AddCounters(site.counters, &sum.counters);
    sum.points.insert(sum.points.end(), site.points.begin(), site.points.end());
    if (sum.line != site.line) sum.line = 0;
  }
  return entries;
}

// What has to be equal in one round of matching; nullopt: the site takes no part in it.
using Aspect = std::optional<SiteIdentity> (*)(const SiteIdentity&);

constexpr Aspect kAspects[] = {
    [](const SiteIdentity& id) { return std::optional(id); },
    [](const SiteIdentity& id) -> std::optional<SiteIdentity> {
      if (id.function.empty() || id.file.empty()) return std::nullopt;
      return SiteIdentity{id.kind, "", id.function, id.file, "", 0};
    },
    [](const SiteIdentity& id) -> std::optional<SiteIdentity> {
      if (id.function.empty() || id.module.empty()) return std::nullopt;
      return SiteIdentity{id.kind, "", id.function, "", id.module, 0};
    },
    [](const SiteIdentity& id) -> std::optional<SiteIdentity> {
      if (id.function.empty()) return std::nullopt;
      return SiteIdentity{id.kind, "", id.function, "", "", 0};
    },
};
constexpr Aspect kFunctionAlone = kAspects[3];

constexpr size_t kSeveral = static_cast<size_t>(-1);

absl::flat_hash_map<SiteIdentity, size_t> Unmatched(const std::vector<Entry>& entries,
                                                    Aspect aspect) {
  absl::flat_hash_map<SiteIdentity, size_t> by_aspect;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].is_matched) continue;
    const std::optional<SiteIdentity> key = aspect(entries[i].id);
    if (!key.has_value()) continue;
    const auto [known, is_new] = by_aspect.try_emplace(*key, i);
    if (!is_new) known->second = kSeveral;
  }
  return by_aspect;
}

}  // namespace

std::vector<SitePair> MatchSites(const model::Profile& before, const model::Profile& after) {
  std::vector<Entry> old_entries = EntriesOf(before, after);
  std::vector<Entry> new_entries = EntriesOf(after, before);
  std::vector<SitePair> pairs;
  for (const Aspect aspect : kAspects) {
    const auto old_sites = Unmatched(old_entries, aspect);
    const auto new_sites = Unmatched(new_entries, aspect);
    for (Entry& entry : new_entries) {
      if (entry.is_matched) continue;
      const std::optional<SiteIdentity> key = aspect(entry.id);
      if (!key.has_value() || new_sites.at(*key) == kSeveral) continue;
      const auto found = old_sites.find(*key);
      if (found == old_sites.end() || found->second == kSeveral) continue;
      Entry& old_entry = old_entries[found->second];
      // Two files of different names are two functions of one name.
      if (aspect == kFunctionAlone && !entry.id.file.empty() && !old_entry.id.file.empty())
        continue;
      entry.is_matched = old_entry.is_matched = true;
      pairs.push_back({std::move(old_entry.site), std::move(entry.site)});
    }
  }
  for (Entry& entry : old_entries) {
    if (!entry.is_matched) pairs.push_back({std::move(entry.site), std::nullopt});
  }
  for (Entry& entry : new_entries) {
    if (!entry.is_matched) pairs.push_back({std::nullopt, std::move(entry.site)});
  }
  return pairs;
}

}  // namespace memshim::analyzer::diff
